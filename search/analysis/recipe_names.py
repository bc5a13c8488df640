"""Names of recipes: the techniques that are on, with their dials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from search.results import HasRecipe, Results


def describe(recipe: HasRecipe, results: Results, *, levels: bool = False) -> str:
    """Name a recipe of a study; `levels` names those of another program's parameters too."""
    choices = (one.name for one in results.choices) if levels else ()
    return name_of(recipe, results.factors, results.usual or dict.fromkeys(choices))


def name_of(
    run: HasRecipe, factors: Sequence[str], usual: Mapping[str, Any] = MappingProxyType({})
) -> str:
    """List the techniques that are on in a run, with their dials; "none" where there are none.

    `usual` are the values that go without saying of dials and levels that every run has, whatever
    is on; None of what is always named.
    """
    dials: dict[str, dict[str, float]] = {name: {} for name in factors if name in run.on}
    for dial, value in run.params.items():
        owners = [name for name in factors if dial.startswith(f"{name}_")]
        owner = max(owners, key=len, default="")
        if owner in dials and dial not in (*factors, *usual) and isinstance(value, int | float):
            dials[owner][dial.removeprefix(f"{owner}_")] = value
    values = {name: run.params[name] for name in usual if name in run.params}
    beside = [
        f"{name} {format(value, '.4g') if isinstance(value, float) else value}"
        for name, value in values.items()
        if usual[name] is None or value != usual[name]
    ]
    levels = any(isinstance(value, str) for value in values.values()) or not factors
    techniques = with_dials(dials.items()) or ("" if levels and beside else "none")
    return ", ".join([*([techniques] if techniques else []), *beside])


def with_dials(techniques: Iterable[tuple[str, Mapping[str, float]]]) -> str:
    """List techniques, separated by commas, with their dials in brackets."""
    return ", ".join(
        f"{name} ({', '.join(f'{dial} {value:.4g}' for dial, value in dials.items())})"
        if dials
        else name
        for name, dials in techniques
    )
