"""Sentences about a user's program."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from search.analysis.confirmation import Confirmed
from search.analysis.estimate import Estimate
from search.analysis.held_out import Difference
from search.commands.program import Metric, Program
from search.objective import OBJECTIVES
from search.reporting.programs import ended_early, more_scores_than_epochs
from search.reporting.sentences.budget import mean_of_last
from search.reporting.sentences.fresh_seeds import about_tests
from search.results import Results, Run
from search.settings import Settings
from tests.support.programs import switches

UNNAMED, NAMED = Metric("acc", "acc"), Metric("acc", r"epoch (?P<epoch>\d+).*acc=([0-9.]+)")


def studied(metric: Metric, curves: Sequence[Sequence[int]], epochs: int = 40) -> Results:
    """Runs that printed a score after some epochs."""
    program = Program("train --epochs {epochs} {flags}", "/", switches("a"), metric)
    runs = tuple(
        Run(number, "measure", "complete", {"a": False}, frozenset(), 0.5, seed=number,
            curve=dict.fromkeys(curve, 0.5), epochs=epochs)
        for number, curve in enumerate(curves)
    )  # fmt: skip
    settings = Settings(data="", program=program, epochs=epochs, measure=(4,))
    return Results("s", ("a",), runs, settings)


def upto(last: int, step: int = 1, first: int = 1) -> range:
    return range(first, last + 1, step)


@pytest.mark.parametrize(
    ("metric", "curves", "said"),
    [
        (
            UNNAMED,
            [upto(40), upto(17)],
            "1 of 2 runs ended early, those of run 1 after 17 of 40",
        ),
        (
            UNNAMED,
            [upto(26), upto(17)],
            "1 of 2 runs ended early, those of run 1 after 17 of 26",
        ),
        (
            NAMED,
            [upto(26), upto(17)],
            "2 of 2 runs ended early, those of run 1 after epoch 17 of 40",
        ),
    ],
)
def test_runs_that_stop_by_themselves_are_told(
    metric: Metric, curves: Sequence[Sequence[int]], said: str
) -> None:
    [caution] = ended_early(studied(metric, curves))
    assert said in caution
    assert "counts as one of 40 epochs here" in caution


@pytest.mark.parametrize(
    ("metric", "curves"),
    [
        (UNNAMED, [upto(40), upto(40)]),
        (UNNAMED, [upto(8), upto(8)]),  # every fifth epoch
        (UNNAMED, [upto(1), upto(1)]),  # at the end
        (NAMED, [upto(40, 5, 5), upto(36, 5, 1)]),
        (NAMED, [upto(39, 1, 0), upto(39, 1, 0)]),
        (NAMED, [upto(40), []]),
    ],
)
def test_runs_that_print_as_many_scores_as_all_are_whole(
    metric: Metric, curves: Sequence[Sequence[int]]
) -> None:
    assert not ended_early(studied(metric, curves))


def test_runs_with_more_scores_than_epochs_are_told_from_those_that_end_early() -> None:
    studied_runs = studied(UNNAMED, [upto(40), upto(41), upto(41)])
    assert not ended_early(studied_runs)
    [caution] = more_scores_than_epochs(studied_runs)
    assert caution.startswith(
        "2 runs printed more scores than epochs, as run 1 41 in 40 epochs, and were judged by the "
    )
    [early] = ended_early(studied(UNNAMED, [upto(40), upto(41), upto(17)]))
    assert "1 of 2 runs ended early, those of run 2 after 17 of 40" in early
    for metric, curves in ((UNNAMED, [upto(41)] * 2), (NAMED, [upto(40), upto(41)])):
        assert not more_scores_than_epochs(studied(metric, curves))


def test_the_epochs_that_judge_long_runs_are_told_from_those_of_short_ones() -> None:
    settings = Settings(epochs=4, verify=(8,), verify_epochs=8)
    for short, long, said in (
        (1, 1, ""),
        (1, 2, "last epoch, and long runs by the mean of the last 2"),
        (2, 3, "mean of the last 2 epochs, and long runs by the mean of the last 3"),
        (2, 1, "mean of the last 2 epochs, and long runs by the last"),
    ):
        lasts = replace(settings, last_epochs=short, verify_last_epochs=long)
        assert mean_of_last(lasts) == said
    assert mean_of_last(Settings(last_epochs=3)) == "mean of the last 3 epochs"


def test_nothing_is_said_of_intervals_where_there_are_none() -> None:
    program, alone = studied(UNNAMED, []), Estimate(50, math.nan, math.nan)
    judged = replace(program, settings=Settings(), objective=OBJECTIVES["balanced_accuracy"])
    row = Confirmed("recommended", "a", {"a": True}, 1, 0, alone, alone, alone, None)
    known = replace(row, test_objective=Estimate(50, 40, 60))
    for results, said in (
        (program, "The intervals hold for other seeds, on the same data."),
        (judged, "Those of balanced accuracy hold for other seeds alone."),
    ):
        assert about_tests(results, [row]) == []
        assert said in about_tests(results, [known])[0]


@pytest.mark.parametrize("by_seed", [True, False])
def test_differences_by_seed_are_told(by_seed: bool) -> None:
    known, gain = Estimate(50, 40, 60), Difference(1, 0, 2, paired=False, by_seed=by_seed)
    row = Confirmed("recommended", "a", {"a": True}, 3, 0, known, known, known, None, gain)
    said = " ".join(about_tests(studied(UNNAMED, []), [row]))
    assert ("differences are taken seed by seed" in said) == by_seed
