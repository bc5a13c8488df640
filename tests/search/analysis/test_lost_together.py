"""Choices of another program that fail together, as a solver that does not know a penalty."""

import numpy as np
import optuna

from search import analyse
from search.analysis.lost_together import lost_together
from search.storage.reading import read
from tests.support.foreign import foreign

KNOWN = {
    "liblinear": ("l1", "l2"),
    "saga": ("l1", "l2", "elasticnet", None),
    "lbfgs": ("l2", None),
}
"""The penalties that each solver knows, as in scikit-learn."""


def fitted(trial: optuna.Trial) -> float:
    """The best of all sums is one that fails: elasticnet by liblinear."""
    penalty = trial.suggest_categorical("penalty", [None, "l1", "l2", "elasticnet"])
    solver = trial.suggest_categorical("solver", [*KNOWN])
    scaled = trial.suggest_categorical("scale", [False, True])
    if penalty not in KNOWN[solver]:
        raise ValueError
    value = 0.7 + 0.05 * (penalty == "elasticnet") + 0.05 * (solver == "liblinear") + 0.02 * scaled
    return value + 0.005 * float(np.random.default_rng(trial.number).standard_normal())


def of(function: object, count: int, seed: int = 0) -> optuna.Study:
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=seed)
    )
    study.optimize(function, n_trials=count, catch=ValueError)  # type: ignore[arg-type]
    return study


def test_pairs_of_choices_that_fail_together_are_found() -> None:
    found = lost_together(read(of(fitted, 120)))
    named = {frozenset(one.phrase for one in lost.choices) for lost in found}
    wrong = {
        frozenset({f"penalty {penalty}", f"solver {solver}"})
        for solver, known in KNOWN.items()
        for penalty in (None, "l1", "l2", "elasticnet")
        if penalty not in known
    }
    assert named == wrong


def test_what_fails_together_is_told_and_is_in_no_recipe() -> None:
    study = of(fitted, 120)
    findings = analyse(study)
    told = findings.cautions[0]
    assert told.startswith("Every trial failed that had two choices that do not go together: ")
    assert "penalty elasticnet and solver liblinear (" in told
    # The penalty has more failed trials for that alone.
    assert "looks better than it is" not in " ".join(findings.cautions)
    assert findings.recommended is not None
    chosen = findings.recommended.params
    assert chosen["penalty"] in KNOWN[chosen["solver"]]


def test_all_off_is_a_recipe_that_works() -> None:
    findings = analyse(of(fitted, 120))
    first = {one.name: one.levels[0] for one in findings.results.categories}
    assert first["penalty"] is None
    assert first["solver"] != "liblinear"


def test_a_technique_that_fails_beside_another_is_named_by_its_choices() -> None:
    def function(trial: optuna.Trial) -> float:
        dual = trial.suggest_categorical("dual", [False, True])
        loss = trial.suggest_categorical("loss", ["hinge", "squared"])
        trial.suggest_categorical("scale", [False, True])
        if loss == "hinge" and not dual:
            raise ValueError
        return 0.5 + 1e-3 * trial.number

    (lost,) = lost_together(read(of(function, 60)))
    assert {one.phrase for one in lost.choices} == {"dual False", "loss hinge"}


def test_failures_at_random_are_no_pair() -> None:
    def function(trial: optuna.Trial) -> float:
        levels = [trial.suggest_categorical(name, [*"wxyz"]) for name in "abcde"]
        if np.random.default_rng([trial.number, seed]).random() < 0.3:
            raise ValueError
        return float(levels.count("w")) + 1e-3 * trial.number

    told = 0
    for seed in range(30):
        told += bool(lost_together(read(of(function, 60, seed))))
    assert told <= 3


def test_a_trial_that_failed_before_it_was_asked_has_no_choice() -> None:
    def function(trial: optuna.Trial) -> float:
        if trial.number % 3 == 0:
            raise ValueError
        penalty = trial.suggest_categorical("penalty", [None, "l1", "l2"])
        scaled = trial.suggest_categorical("scale", [False, True])
        return 0.5 + 0.1 * (penalty == "l1") + 0.1 * scaled + 1e-3 * trial.number

    assert not lost_together(read(of(function, 60)))
    assert not lost_together(read(foreign(20)))
