"""The learning rates of a run: its schedule's, times what the budget says."""

from typing import Any

import keras
import numpy as np
import pytest
from keras.optimizers import schedules

from model_space.techniques.cosine_schedule import cosine
from model_space.training.rates import Multiplied, at_rate


class Halved(schedules.LearningRateSchedule):  # type: ignore[misc]
    """A schedule of a user's own."""

    def __call__(self, step: Any) -> Any:
        return 1e-3 * 0.5 ** keras.ops.cast(step, "float32")

    def get_config(self) -> dict[str, Any]:
        return {}


def test_one_rate_is_the_budgets_or_a_multiple_of_it() -> None:
    assert at_rate(1e-3, 1e-3) == 1e-3
    assert at_rate(1e-3, 3e-4) == 3e-4
    assert at_rate(0.1, 2e-3) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "schedule",
    [
        cosine(40),
        schedules.PolynomialDecay(1e-3, 30, 1e-4),
        schedules.ExponentialDecay(1e-3, 10, 0.5),
        schedules.PiecewiseConstantDecay([10, 20], [1e-3, 5e-4, 1e-4]),
        Halved(),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_a_schedule_is_multiplied_at_every_step(schedule: Any) -> None:
    assert at_rate(schedule, 1e-3) is schedule
    faster = at_rate(schedule, 3e-3)
    assert isinstance(faster, Multiplied) is isinstance(schedule, Halved)
    for step in range(40):
        expected = 3 * float(np.asarray(schedule(step)))
        assert float(np.asarray(faster(step))) == pytest.approx(expected, rel=1e-4)


def test_a_multiplied_schedule_is_made_again_from_its_options() -> None:
    made = Multiplied(schedules.ExponentialDecay(1e-3, 10, 0.5), 3.0)
    again = Multiplied.from_config(made.get_config())
    assert float(np.asarray(again(7))) == float(np.asarray(made(7)))
