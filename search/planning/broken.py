"""Techniques that break a program, alone or two together: every run with them fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from search.results import Results, Run
from search.storage.schema import INTERRUPTED, TRIES

_OTHERS = 2
"""Runs without a technique that must have ended, so that it may be why those with it fail."""


def broken(results: Results) -> tuple[str, ...]:
    """Name the techniques with which all runs so far have failed, while others ended.

    They failed as often as a single run is tried, and in more than one recipe where more than one
    has the technique. So it is no chance, and their runs need no further tries.
    """
    alone = len(results.factors) + len(results.several) == 1
    ended = [run for run in results.runs if run.ended]
    failed = [run for run in results.runs if has_failed(run)]
    found = []
    for name in results.factors:
        lost = [run.on for run in failed if name in run.on]
        if len(ended) < _OTHERS or any(name in run.on for run in ended):
            continue
        if len(lost) >= TRIES and (alone or len(set(lost)) > 1):
            found.append(name)
    return tuple(found)


def has_failed(run: Run) -> bool:
    """Tell whether a run failed for a known reason, and was not only interrupted."""
    return run.failure not in (None, INTERRUPTED)


def are_alike(runs: Sequence[Run], results: Results) -> bool:
    """Tell whether some technique, or level, is the same in all of these runs.

    It may be why they fail, and runs with another one may not.
    """
    names = [*results.factors, *(one.name for one in results.several)]
    return any(len({run.params.get(name) for run in runs}) == 1 for name in names)


def is_broken(params: Mapping[str, Any], breaks: Iterable[Collection[str]]) -> bool:
    """Tell whether a recipe has all the techniques of one of the `breaks` on."""
    return any(all(params.get(name) for name in together) for together in breaks)


def breaks_of(results: Results) -> dict[str, frozenset[str]]:
    """Name what all runs so far have failed with: techniques alone, and pairs of others together.

    A pair fails as often as a technique alone would have to, while runs with either one ended.
    """
    alone = broken(results)
    ended = [run.on for run in results.runs if run.ended]
    failed = [run for run in results.runs if has_failed(run)]
    others = [name for name in results.factors if name not in alone]
    often = Counter(
        pair
        for run in failed
        for pair in combinations((name for name in others if name in run.on), 2)
    )
    together = [
        pair
        for pair, times in often.items()
        if times >= TRIES
        and len({run.on for run in failed if run.on.issuperset(pair)}) > 1
        and all(sum(name in on for on in ended) >= _OTHERS for name in pair)
        and not any(on.issuperset(pair) for on in ended)
    ]
    return {
        **{name: frozenset([name]) for name in alone},
        **{f"{a} and {b} together": frozenset([a, b]) for a, b in together},
    }
