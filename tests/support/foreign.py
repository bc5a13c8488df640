"""Studies that another program made."""

from collections.abc import Callable

import numpy as np
import optuna
from optuna.storages import RDBStorage


def objective(trial: optuna.Trial) -> float:
    """Parameters of every kind that a person may have used for on and off."""
    points = 70.0
    points += 5 * (trial.suggest_categorical("aug", ["off", "on"]) == "on")
    points += 3 * trial.suggest_int("use_bn", 0, 1)
    points += 2 * (trial.suggest_categorical("mix", ["mixup", None]) == "mixup")
    points -= 4 * (trial.suggest_categorical("optimizer", ["adam", "sgd"]) == "sgd")
    if trial.suggest_categorical("drop", [False, True]):
        trial.suggest_float("drop_rate", 0.1, 0.5)
    trial.suggest_categorical("activation", ["relu", "gelu", "silu"])
    trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    return (points + 0.2 * np.random.default_rng(trial.number).standard_normal()) / 100


def foreign(
    trials: int,
    function: Callable[[optuna.Trial], float] = objective,
    direction: str = "maximize",
    storage: object = None,
) -> optuna.Study:
    study = optuna.create_study(
        study_name="theirs", direction=direction, storage=storage,  # type: ignore[arg-type]
        sampler=optuna.samplers.RandomSampler(seed=0),
    )  # fmt: skip
    study.optimize(function, n_trials=trials)
    return study


def foreign_study(
    name: str = "foreign",
    parameters: tuple[str, str, str] = ("a", "b", "long"),
    storage: str | RDBStorage = "sqlite:///studies.db",
) -> optuna.Study:
    """A study that another program made, with no settings, whose first parameter matters."""
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
    for number in range(8):
        levels = {each: bool(number >> bit & 1) for bit, each in enumerate(parameters)}
        distribution = optuna.distributions.CategoricalDistribution([False, True])
        study.add_trial(
            optuna.create_trial(
                params=levels,
                distributions=dict.fromkeys(levels, distribution),
                value=0.5 + 0.1 * (number & 1) + 0.003 * (number % 3),
            )
        )
    return study
