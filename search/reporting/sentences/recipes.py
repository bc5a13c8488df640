"""Names of recipes in a sentence, and of the one with all techniques off."""

from __future__ import annotations

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


def in_words(found: HasRecipe, results: Results) -> str:
    """Name a recipe in a sentence."""
    return as_words(describe(found, results, levels=True))


def as_words(said: str) -> str:
    """Put the name of a recipe into a sentence, in which `none` would be read as a name."""
    return said.replace("none", "no technique", 1) if said.partition(",")[0] == "none" else said
