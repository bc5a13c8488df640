"""Names of recipes in a sentence, and of the one with all techniques off."""

from __future__ import annotations

from collections.abc import Sequence

from search.analysis.recipe_names import describe
from search.parameters import level_label
from search.results import HasRecipe, Results


def plain(results: Results) -> str:
    """Name the network with all techniques off, and what else other programs' have."""
    if results.settings is None:
        first = ", ".join(
            [f"{one.name} {level_label(one.levels[0])}" for one in results.choices]
            + [f"{name} on" for one in results.tied for name in one.opposite]
        )
        if not results.factors:
            return first
        return f"all techniques off ({first})" if first else "all techniques off"
    if results.program is not None:
        return "all techniques off"
    if network := results.settings.custom_code.network:
        return f"{network.at if network.application else 'your network'} with all techniques off"
    return "the plain network"


def plain_again(results: Results) -> str:
    """Name it where the sentences before have said what else it has."""
    return plain(results).partition(" (")[0]


def named_once(sentences: Sequence[str], results: Results, off: str = "") -> list[str]:
    """Leave what else it has out of all sentences but the first that says so.

    `off` is its name with more, as the numbers at which it is predicted.
    """
    for name in (off, plain(results)):
        sentences = _once(sentences, name, plain_again(results))
    return list(sentences)


def _once(sentences: Sequence[str], name: str, short: str) -> list[str]:
    # A sentence may begin with the name, and so with a capital.
    whole, again = name[1:], short[1:]
    if not whole or whole == again:
        return list(sentences)
    found, is_named = [], False
    for sentence in sentences:
        begin, named, rest = sentence.partition(whole)
        found.append(begin + (again if is_named and named else named) + rest.replace(whole, again))
        is_named = is_named or bool(named)
    return found


def in_words(found: HasRecipe, results: Results) -> str:
    """Name a recipe in a sentence."""
    return as_words(describe(found, results, levels=True))


def as_words(said: str) -> str:
    """Put the name of a recipe into a sentence, in which `none` would be read as a name."""
    return said.replace("none", "no technique", 1) if said.partition(",")[0] == "none" else said
