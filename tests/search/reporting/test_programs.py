"""Sentences about a user's program."""

from collections.abc import Sequence

import pytest

from search.commands.program import CommandFactor, CommandLevel, Metric, Program
from search.reporting.programs import ended_early
from search.results import Results, Run
from search.settings import Settings

UNNAMED, NAMED = Metric("acc", "acc"), Metric("acc", r"epoch (?P<epoch>\d+).*acc=([0-9.]+)")


def studied(metric: Metric, curves: Sequence[Sequence[int]], epochs: int = 40) -> Results:
    """Runs that printed a score after some epochs."""
    factor = CommandFactor("a", (CommandLevel("off"), CommandLevel("on", ("--a",))))
    program = Program("train --epochs {epochs} {flags}", "/", (factor,), metric)
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
