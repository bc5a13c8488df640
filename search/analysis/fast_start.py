"""Signs that the effects of a study are those of a fast start, which longer runs would change."""

from __future__ import annotations

from dataclasses import dataclass

from search.analysis.movement import Movement, Rise, movements, rise
from search.commands.program import EPOCHS
from search.planning.durations import run_time
from search.planning.phases.confirm import expected
from search.planning.space import Space
from search.results import Results

_STILL_RISES = 0.04
"""Share of the whole rise that the last quarter of the epochs adds, from which a curve climbs."""
LONGER = 4
"""Times the epochs of the short runs that a verification is proposed with."""
_SHORTEST, LONGEST = 20, 100
"""Epochs of a proposed verification, unless the short runs are as long themselves."""
_RUNS = 16


@dataclass(frozen=True)
class Proposal:
    """A verification that would settle the effects."""

    runs: int
    epochs: int
    seconds: float | None
    """With one worker, `confirm` included; None where no run tells."""


@dataclass(frozen=True)
class FastStart:
    """Signs that the effects would be others after more epochs."""

    epochs: int
    """Of the measured runs."""
    rise: Rise | None
    """None where the mean learning curve has flattened."""
    moving: tuple[Movement, ...]
    """Effects that clearly move with the epochs, the largest change first."""
    proposal: Proposal | None
    """None in a study that this version of kouka cannot resume."""


def fast_start(results: Results, verified: int = 0) -> FastStart | None:
    """Find signs that the `measure` runs were too short for their effects to stay; None without.

    Runs of several lengths, as another program's may be, give none. `verified` are the long runs
    that the study has asked for, where `results` are these.
    """
    runs = results.of("measure")
    if len({max(run.curve) for run in runs if run.curve and not run.diverged}) > 1:
        return None
    climbing = rise(runs, results.objective.maximize)
    if climbing is not None and not (climbing.steady and climbing.share >= _STILL_RISES):
        climbing = None
    moving = tuple(move for move in movements(runs, results.factors, results.others) if move.clear)
    if climbing is None and not moving:
        return None
    epochs = max(max(run.curve) for run in runs if run.curve)
    return FastStart(epochs, climbing, moving, proposal(results, verified))


def has_flattened(results: Results) -> bool:
    """Tell whether the mean learning curve of the `measure` runs has surely flattened.

    Other than without a sign of a fast start, which few or noisy epochs may hide.
    """
    found = rise(results.of("measure"), results.objective.maximize)
    return found is not None and found.most < _STILL_RISES


def proposal(results: Results, verified: int = 0) -> Proposal | None:
    """Propose long runs, or longer ones; None in a study that this version of kouka could not go
    on with."""
    settings = results.settings
    space = Space.known_of(settings)
    if settings is None or space is None:
        return None
    if settings.program is not None and not settings.program.has(EPOCHS):
        return None
    epochs = max(2 * settings.epochs, min(LONGEST, max(_SHORTEST, LONGER * settings.epochs)))
    takes = run_time(results)
    runs = max(_RUNS, verified)
    in_all = runs + expected(settings, space)
    return Proposal(runs, epochs, None if takes is None else in_all * takes.of(epochs))
