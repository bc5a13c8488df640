"""Sentences on runs that are under way, or that a killed process left as if they were."""

from __future__ import annotations

from datetime import datetime

from search.reporting.formatting import duration
from search.results import Results, Run
from search.storage.schema import given_up_by

_OVERDUE = 3
"""Times the longest run beyond which another program's is perhaps run by nobody."""
_LEAST = 60.0
"""Seconds; workers may take as long to begin."""


def longest_running(results: Results) -> Run | None:
    """The run under way that began first; None where none is, or nothing says when it began."""
    begun = [run for run in results.runs if run.state == "running" and run.began is not None]
    return min(begun, key=lambda run: run.began or datetime.max, default=None)


def since(results: Results) -> str:
    """Follow a count of runs under way by when the first of them began; empty where unknown."""
    run = longest_running(results)
    if run is None or run.began is None:
        return ""
    several = sum(one.state == "running" for one in results.runs) > 1
    return f" ({'the first ' if several else ''}since {run.began:%Y-%m-%d %H:%M})"


def overdue(results: Results) -> str:
    """Continue by what to do with another program's trial that runs for longer than any has taken.

    Optuna has no sign of life of a worker that was not asked for one, so nobody else can tell.
    """
    run = longest_running(results)
    took = max((one.seconds for one in results.runs if one.seconds and one.ended), default=None)
    if not results.foreign or run is None or run.began is None or took is None:
        return ""
    if (datetime.now() - run.began).total_seconds() < max(_LEAST, _OVERDUE * took):
        return ""
    return (
        f" No other trial took longer than {duration(took)}: if no process runs trial {run.number} "
        f"any more, {given_up_by(run.number)} ends it."
    )
