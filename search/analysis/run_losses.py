"""Runs that are missing, failed, diverged or without a value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from search.analysis.chance_level import in_common
from search.analysis.model import varied
from search.analysis.recipe_names import describe
from search.planning.broken import breaks_of, has_failed
from search.results import Results, Run
from search.storage.schema import TRIES

_SEVERAL = 4
"""Runs; fewer have too much in common by chance."""


@dataclass(frozen=True)
class GivenUp:
    """A run that failed as often as it is tried."""

    run: Run
    """Its last try."""
    phase: str
    recipe: str
    tries: int
    reason: str
    """Of the last failure."""
    broken: tuple[str, ...] = ()
    """Its techniques with which every run failed."""


@dataclass(frozen=True)
class RunLosses:
    """Counts of runs that tell less than planned, or nothing."""

    measured: int
    """Complete runs of the `measure` phase."""
    planned: int | None
    """Runs of that phase that were asked for; None where the study does not say."""
    no_time: int
    """Those of them that a plan had no time to begin."""
    given_up: tuple[GivenUp, ...]
    failures: tuple[tuple[str, int], ...]
    """Reasons with the number of failed runs that are not given up, by reason."""
    no_value: int
    """Complete runs without a finite value."""
    diverged: int
    """Measured runs."""
    diverged_on: tuple[str, ...]
    """Techniques that are on in all of several such runs, and that vary in the measured ones."""
    diverged_off: tuple[str, ...]
    """Those that are off in all of them."""
    pruned: int
    """Runs of any phase."""
    unexplained: int
    """Failed runs that do not say why, as those of other programs."""
    running: int
    waiting: int
    infeasible: int
    """Complete trials of another program that break a constraint of its study."""
    all_equal: bool
    """True where all of several measured runs have the same value."""

    @property
    def all_diverged(self) -> bool:
        """True where no measured run is left that did not diverge."""
        return 0 < self.diverged == self.measured


def given_up(results: Results) -> tuple[GivenUp, ...]:
    """Find the runs that failed as often as they are tried, and are not tried again."""
    return _failures(results)[0]


def run_losses(results: Results) -> RunLosses:
    """Count the runs that are missing, failed, diverged or without a value."""
    measured = results.of("measure")
    lost, failures = _failures(results)
    diverged = [run for run in measured if run.diverged]
    on, off = (
        in_common(diverged, varied(measured, results.factors))
        if len(diverged) >= _SEVERAL
        else (frozenset[str](), frozenset[str]())
    )
    states = Counter(run.state for run in results.runs)
    planned = None if results.settings is None else results.settings.measure[-1]
    begun = len(measured) + sum(one.phase == "measure" for one in lost)
    over = "measure" in results.closed
    return RunLosses(
        measured=len(measured),
        planned=planned,
        no_time=max(0, planned - begun) if planned and over else 0,
        given_up=lost,
        failures=failures,
        no_value=sum(run.state == "complete" and run.value is None for run in results.runs),
        diverged=len(diverged),
        diverged_on=tuple(name for name in results.factors if name in on),
        diverged_off=tuple(name for name in results.factors if name in off),
        pruned=states["pruned"],
        unexplained=sum(run.state == "failed" and run.failure is None for run in results.runs),
        running=states["running"],
        waiting=states["waiting"],
        infeasible=sum(not run.feasible for run in measured),
        all_equal=len(measured) > 1 and len({run.value for run in measured}) == 1,
    )


def _failures(results: Results) -> tuple[tuple[GivenUp, ...], tuple[tuple[str, int], ...]]:
    tries: dict[tuple[str, int | None, str], list[Run]] = {}
    for run in filter(has_failed, results.runs):
        tries.setdefault((run.phase, run.seed, describe(run, results)), []).append(run)
    lost, breaks, reasons = [], breaks_of(results), Counter[str]()
    for (phase, seed, recipe), runs in tries.items():
        with_them = tuple(name for name, its in breaks.items() if its <= runs[-1].on)
        if seed is not None and (with_them or len(runs) >= TRIES):
            lost.append(
                GivenUp(runs[-1], phase, recipe, len(runs), str(runs[-1].failure), with_them)
            )
        else:
            reasons.update(str(run.failure) for run in runs)
    return tuple(lost), tuple(sorted(reasons.items()))
