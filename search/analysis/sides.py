"""The runs with and without each technique, and with and without each level of a category."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from search.results import Results, Run


def sides(results: Results, runs: Sequence[Run]) -> dict[str, tuple[list[Run], list[Run]]]:
    """Return the runs with and without each technique or level, of those asked for it.

    A level is called as in a sentence: `optimizer sgd`. What all of these runs have, or none, is
    left out.
    """
    parameters = {name for run in runs for name in run.params}
    found = {}
    first_of = {one.name: one.together[0] for one in results.tied}
    for name in results.factors:
        parameter = _parameter(first_of.get(name, name), parameters)
        asked = [run for run in runs if parameter in run.params]
        with_it = [run for run in asked if name in run.on]
        found[name] = with_it, [run for run in asked if name not in run.on]
    for one in results.categories:
        placed = [(one.place(run.params[one.name]), run) for run in runs if one.name in run.params]
        for at, level in enumerate(one.levels):
            found[f"{one.name} {level}"] = (
                [run for place, run in placed if place == at],
                [run for place, run in placed if place not in (at, -1)],
            )
    return {name: sides for name, sides in found.items() if all(sides)}


def _parameter(technique: str, parameters: Collection[str]) -> str:
    """The parameter of a technique, which may be called `PARAMETER=CHOICE`."""
    of = (one for one in parameters if technique.startswith((f"{one}=", f"{one}: ")))
    return technique if technique in parameters else max(of, key=len, default=technique)
