"""The samplers of another program's trials: which learn, as far as a study tells."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.samplers import (
    BaseSampler,
    GridSampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)

from search import analyse
from search.storage.samplers import never_learned
from search.storage.studies import load_study

GRID: dict[str, list[str | float | int | bool | None]] = {
    "a": [False, True],
    "b": [False, True],
    "rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
}


def _objective(trial: optuna.Trial) -> float:
    worth = 0.1 * trial.suggest_categorical("a", [False, True])
    worth += 0.05 * trial.suggest_categorical("b", [False, True])
    luck = 0.01 * np.random.default_rng(trial.number).standard_normal()
    return float(0.5 + worth + 0.1 * trial.suggest_float("rate", 0, 1) + luck)


def _sequence() -> QMCSampler:
    return QMCSampler(seed=0, warn_independent_sampling=False)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize(
    ("sampler", "known"),
    [
        (lambda: GridSampler(GRID, seed=0), True),
        (_sequence, True),
        (lambda: RandomSampler(seed=0), False),
        (lambda: TPESampler(seed=0), False),
        (lambda: NSGAIISampler(seed=0, population_size=6), False),
    ],
    ids=["grid", "sequence", "random", "TPE", "NSGA-II"],
)
def test_trials_are_said_to_depend_on_luck_only_where_their_sampler_may_learn(
    tmp_path: Path, sampler: Callable[[], BaseSampler], known: bool
) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    study = optuna.create_study(
        study_name="theirs", storage=url, direction="maximize", sampler=sampler()
    )
    study.optimize(_objective, n_trials=24)
    assert never_learned(study, study.trials) is known
    told = " ".join(analyse(load_study(url, "theirs")).cautions)
    assert ("If their sampler learned from earlier trials" in told) is not known


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_sequence_that_another_sampler_went_on_from_may_have_been_learned_from() -> None:
    study = optuna.create_study(direction="maximize", sampler=_sequence())
    study.optimize(_objective, n_trials=12)
    assert never_learned(study, study.trials)
    study.sampler = TPESampler(seed=0)
    study.optimize(_objective, n_trials=12)
    assert not never_learned(study, study.trials)
