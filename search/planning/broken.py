"""Techniques that break a program: every run with them fails."""

from __future__ import annotations

from search.results import Results
from search.storage.schema import INTERRUPTED, TRIES

_OTHERS = 2
"""Runs without a technique that must have ended, so that it may be why those with it fail."""


def broken(results: Results) -> tuple[str, ...]:
    """Name the techniques with which all runs so far have failed, while others ended.

    They failed as often as a single run is tried, and in more than one recipe. So it is no chance,
    and their runs need no further tries.
    """
    ended = [run for run in results.runs if run.ended]
    failed = [run for run in results.runs if run.failure not in (None, INTERRUPTED)]
    found = []
    for name in results.factors:
        lost = [run.on for run in failed if name in run.on]
        if len(ended) < _OTHERS or any(name in run.on for run in ended):
            continue
        if len(lost) >= TRIES and len(set(lost)) > 1:
            found.append(name)
    return tuple(found)
