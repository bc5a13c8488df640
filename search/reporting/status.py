"""The status of a study: how far each of its phases is, and the best so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from search.analysis.recipe_names import describe
from search.planning.phases import confirm, ladder
from search.planning.phases.confirm import wants_candidates
from search.planning.space import Space
from search.reporting.formatting import outcome_unit
from search.reporting.sentences.budget import describe_budget, shorter_runs
from search.reporting.sentences.running import longest_running
from search.results import Results
from search.settings import LONG_PHASES, Settings
from search.storage.schema import INTERRUPTED, PHASES


@dataclass(frozen=True)
class PhaseStatus:
    """The runs of one phase."""

    phase: str
    """One of `schema.PHASES`; "measure" for trials of another program, which name none."""
    ended: int
    """Complete and pruned runs."""
    pruned: int
    planned: int | None
    """None where it is not known: of `confirm`, or of another program's trials."""


@dataclass(frozen=True)
class Best:
    """The best run so far."""

    run: int
    """Its number in the study."""
    phase: str
    epochs: int | None
    """Of its training; None where the study does not say."""
    value: float
    """In percent of a share, such as accuracy, else in the objective's unit."""
    recipe: str
    """The techniques that are on, with their dials; "none" where there are none."""
    params: Mapping[str, Any]
    """The trial's parameters."""


@dataclass(frozen=True)
class StudyStatus:
    """The progress of a study."""

    study: str
    budget: str
    objective: str
    """The name of what its runs are judged by."""
    unit: str
    """Of the best value: "%", or that of the objective, or nothing."""
    phases: tuple[PhaseStatus, ...]
    """Those that the study has, in order."""
    running: int
    running_since: str | None
    """When the first of these began, as `Run.began`, in ISO 8601; None without one."""
    waiting: int
    failed: int
    """Runs that failed, but for those that were interrupted."""
    interrupted: int
    shorter: int
    """Ended runs of `verify` and `confirm` that are shorter than those that decide now."""
    best: Best | None
    """Of the long runs of `verify`; where there is none, of the measured and searched runs, or of
    the ladder's."""


def status_of(results: Results) -> StudyStatus:
    """Count the runs of a study; needs neither the epochs nor the effects."""
    objective = results.objective
    states = [run.state for run in results.runs]
    first = longest_running(results)
    began = None if first is None else first.began
    interrupted = sum(run.failure == INTERRUPTED for run in results.runs)
    return StudyStatus(
        results.name,
        describe_budget(results),
        objective.name,
        outcome_unit(objective),
        tuple(_phases(results)),
        running=states.count("running"),
        running_since=None if began is None else began.isoformat(timespec="seconds"),
        waiting=states.count("waiting"),
        failed=states.count("failed") - interrupted,
        interrupted=interrupted,
        shorter=len(shorter_runs(results)),
        best=_best(results),
    )


def _phases(results: Results) -> Iterator[PhaseStatus]:
    for phase in PHASES:
        runs = [run for run in results.runs if run.phase == phase and results.at_budget(run)]
        planned = None if results.settings is None else _planned(results.settings, phase, results)
        if runs or planned:
            ended = [run for run in runs if run.ended]
            if phase in results.closed:
                planned = len(ended)
            pruned = sum(run.state == "pruned" for run in ended)
            yield PhaseStatus(phase, len(ended), pruned, planned)


def _confirming(settings: Settings, results: Results) -> int | None:
    """The runs of `confirm` that have ended, of earlier candidates too, and those that have not.

    None before one has, as its recipes are chosen when the search has ended.
    """
    ended = [run for run in results.runs
             if run.phase == "confirm" and run.ended and results.at_budget(run)]  # fmt: skip
    if not ended or wants_candidates(settings, results):
        return None
    planned = confirm.plan(settings, Space.of(settings), results)
    return len(ended) + sum(not any(map(one.is_run, ended)) for one in planned)


def _planned(settings: Settings, phase: str, results: Results) -> int | None:
    """The runs of a phase, as far as they are known."""
    if phase == "confirm":
        return _confirming(settings, results)
    asked: int | tuple[int, ...] = getattr(settings, phase)
    if not isinstance(asked, int):  # the sizes that a design grew to
        return max(asked, default=0)
    if phase == "ladder":
        return len(ladder.plan(settings, Space.of(settings), results))
    return asked


def _best(results: Results) -> Best | None:
    two = results.epochs_of("confirm") != results.epochs_of("measure")
    short = ("measure", "search")
    ranked = [LONG_PHASES, short] if two else [(*short, *LONG_PHASES)]
    runs = (results.best_of(*phases) for phases in (*ranked, ("ladder",)))
    best = next(filter(None, runs), None)
    if best is None:
        return None
    return Best(
        best.number,
        best.phase,
        results.epochs_of(best.phase),
        best.scaled,
        describe(best, results),
        dict(best.params),
    )
