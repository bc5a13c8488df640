"""Whether what a recipe gains on the validation data is gained on the test data too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from search.analysis.long_runs import deciding
from search.analysis.recommendation import Recommendation
from search.analysis.t_distribution import error_of_mean, welch
from search.results import Results, Run

_ALPHA = 0.002
_LEAST_SHARE = 0.5
"""Of the gain on the validation data, by which that on the test data must differ to be told."""


@dataclass(frozen=True)
class CarryOver:
    """Gains of the recommended recipe over all off by its `confirm` runs, in the unit."""

    validation: float
    test: float


def carry_over(results: Results, found: Recommendation | None) -> CarryOver | None:
    """Find a gain of the recommended recipe that is another on a program's test data.

    By Welch's test of the runs' differences of the two scores, in which a seed's luck has no part.
    None where they agree as far as seeds can tell, or either recipe has fewer than two runs with
    both scores.
    """
    program = results.program
    if program is None or program.test is None or found is None:
        return None
    runs = [run for run in deciding(results).of("confirm") if run.test_objective is not None]
    ours = [run for run in runs if run.params == found.params]
    off = [run for run in runs if results.end_of(run) == "all off"]
    if min(len(ours), len(off)) < 2 or ours == off:
        return None
    validation = fmean(run.scaled for run in ours) - fmean(run.scaled for run in off)
    apart = [_apart(some) for some in (ours, off)]
    errors = [error_of_mean(each) for each in apart]
    beside = fmean(apart[0]) - fmean(apart[1])
    if not any(error for error, _ in errors) or abs(beside) < _LEAST_SHARE * abs(validation):
        return None
    return None if welch(beside, *errors) > _ALPHA else CarryOver(validation, validation + beside)


def _apart(runs: Sequence[Run]) -> list[float]:
    """The test score less the validation score of each run, in the unit."""
    return [run.scale * (run.test_objective or 0.0) - run.scaled for run in runs]
