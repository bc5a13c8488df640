"""The learning rate of a run: its schedule's, multiplied by what the budget says."""

from __future__ import annotations

from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from model_space.budget import USUAL_RATE

_RATES = ("initial_learning_rate", "warmup_target", "end_learning_rate", "values")
"""The learning rates among the options of Keras' schedules."""


@keras.saving.register_keras_serializable()
class Multiplied(LearningRateSchedule):  # type: ignore[misc]
    """Another schedule's learning rates, times a factor."""

    def __init__(self, schedule: Any, factor: float) -> None:
        self.schedule, self.factor = schedule, factor

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step."""
        return self.schedule(step) * self.factor

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {
            "schedule": keras.saving.serialize_keras_object(self.schedule),
            "factor": self.factor,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make one of the arguments of `get_config`."""
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["factor"])


def at_rate(schedule: Any, learning_rate: float) -> Any:
    """Return what a technique's schedule is where the base rate is `learning_rate`.

    `schedule` is a number, or a Keras schedule, made for the usual base rate.
    """
    factor = learning_rate / USUAL_RATE
    if factor == 1:
        return schedule
    if not isinstance(schedule, LearningRateSchedule):
        return learning_rate if schedule == USUAL_RATE else schedule * factor
    if not type(schedule).__module__.startswith("keras."):
        return Multiplied(schedule, factor)
    config = schedule.get_config()
    for name in _RATES:
        rates = config.get(name)
        if rates is not None:
            many = isinstance(rates, (list, tuple))
            config[name] = [factor * rate for rate in rates] if many else factor * rates
    return type(schedule).from_config(config)
