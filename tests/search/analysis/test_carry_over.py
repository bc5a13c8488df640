"""Gains on the validation data that are others on the test data, from runs that are made up."""

from itertools import compress

import numpy as np
import pytest

from search.analysis.carry_over import carry_over
from search.analysis.recommendation import recommend
from search.commands.program import Metric, Program
from search.objective import Objective
from search.planning.design import fraction
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.reporting.findings import find
from search.results import Results, Run
from tests.support.programs import switches

NAMES = ("augment", "warmup")
PROGRAM = Program(
    "train {flags}", "/",
    switches(NAMES),
    Metric("val_acc", "val_acc"), test=Metric("test_acc", "test_acc"), unit="points", scale=100.0,
)  # fmt: skip
SETTINGS = settle(None, Requested(program=PROGRAM, measure=16, search=0, confirm=3))


def studied(on_test: float) -> Results:
    """Augment adds 3 points on the validation data, and so many on the test data."""
    random, runs = np.random.default_rng(2), []
    rows = [*fraction(2, 16), *[(False, False)] * 3, *[(True, False)] * 3]
    for number, row in enumerate(rows):
        on = frozenset(compress(NAMES, row))
        luck = random.standard_normal()
        value = 80 + 3 * ("augment" in on) + luck
        test = 79 + on_test * ("augment" in on) + luck + 0.2 * random.standard_normal()
        runs.append(
            Run(number, "measure" if number < 16 else "confirm", "complete",
                Space.of(SETTINGS).params(on), on, value / 100, {}, number,
                test_objective=test / 100, scale=100.0)
        )  # fmt: skip
    return Results("s", NAMES, tuple(runs), SETTINGS, objective=Objective.of(PROGRAM))


def test_a_gain_that_the_test_data_do_not_show_is_told() -> None:
    results = studied(-2.0)
    found = carry_over(results, recommend(results))
    assert found is not None
    assert found.validation - found.test == pytest.approx(5, abs=0.5)
    said = " ".join(find(results, []).cautions)
    assert "of val_acc over all techniques off, but " in said
    assert "of test_acc, and seeds do not explain that" in said


@pytest.mark.parametrize("on_test", [3.0, 2.6])
def test_gains_that_agree_are_not(on_test: float) -> None:
    results = studied(on_test)
    assert carry_over(results, recommend(results)) is None
