"""A balanced design in a study whose objective is a function in Python."""

import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from search import InputError, analyse, enqueue_design
from search.reporting.sentences.budget import describe_budget

CHOICES: dict[str, list[Any]] = {
    "mixup": [False, True], "optimizer": ["sgd", "adamw"], "ema": [False, True],
    "layers": [2, 4], "act": ["relu", "silu"],
}  # fmt: skip
THREE: dict[str, list[Any]] = {"optimizer": ["sgd", "adamw", "muon"], "ema": [False, True]}
EFFECTS = {("mixup", True): 0.05, ("optimizer", "adamw"): 0.02, ("optimizer", "muon"): -0.03}


def new_study(storage: str | None = None) -> optuna.Study:
    sampler = optuna.samplers.RandomSampler(seed=0)
    return optuna.create_study(
        study_name="mine", storage=storage, direction="maximize", sampler=sampler
    )


def objective_of(choices: dict[str, list[Any]]) -> Any:
    """An objective that has known effects, and a rate beside its choices."""

    def objective(trial: optuna.Trial) -> float:
        chosen = {name: trial.suggest_categorical(name, all_) for name, all_ in choices.items()}
        trial.suggest_float("lr", 1e-4, 1e-1, log=True)
        noise = 0.001 * ((trial.number * 7) % 16 - 7.5) / 7.5
        return 0.6 + sum(EFFECTS.get(one, 0.0) for one in chosen.items()) + noise

    return objective


def recipes(study: optuna.Study) -> list[tuple[Any, ...]]:
    return [tuple(trial.params[name] for name in CHOICES) for trial in study.trials]


def optimize(study: optuna.Study, runs: int | None = None) -> None:
    study.optimize(objective_of(CHOICES), n_trials=enqueue_design(study, CHOICES, runs))


def test_every_two_values_meet_in_their_share_of_the_trials() -> None:
    study = new_study()
    assert enqueue_design(study, CHOICES) == 16
    study.optimize(objective_of(CHOICES), n_trials=16)
    for one, other in combinations(CHOICES, 2):
        met = Counter((trial.params[one], trial.params[other]) for trial in study.trials)
        assert sorted(met.values()) == [4] * 4
    assert len(set(recipes(study))) == 16


def test_the_order_is_of_a_seed_and_clear_of_a_drift() -> None:
    def order(seed: int) -> list[tuple[Any, ...]]:
        study = new_study()
        enqueue_design(study, CHOICES, seed=seed)
        study.optimize(objective_of(CHOICES), n_trials=16)
        return recipes(study)

    assert order(0) == order(0) != order(1)
    assert sorted(map(str, order(0))) == sorted(map(str, order(1)))
    for place, name in enumerate(CHOICES):
        later = sum(at for at, one in enumerate(order(0)) if one[place] == CHOICES[name][1])
        assert abs(later - 60) < 6  # of 120 in all


def test_another_call_adds_nothing_but_what_failed(folder: Path) -> None:
    study = new_study("sqlite:///mine.db")

    def fails_twice(trial: optuna.Trial) -> float:
        if trial.number in (3, 7):
            raise ValueError
        return float(objective_of(CHOICES)(trial))

    assert enqueue_design(study, CHOICES) == 16
    study.optimize(fails_twice, n_trials=10, catch=ValueError)
    again = optuna.load_study(study_name="mine", storage="sqlite:///mine.db")
    assert enqueue_design(again, CHOICES) == 8  # six that wait, two that failed
    again.optimize(fails_twice, n_trials=8)
    assert enqueue_design(again, CHOICES) == 0
    complete = [trial for trial in again.trials if trial.state == TrialState.COMPLETE]
    assert len({str(trial.params) for trial in complete}) == len(complete) == 16
    assert len(again.trials) == 18


def test_it_grows_by_what_the_first_trials_lack() -> None:
    study = new_study()
    optimize(study)
    assert enqueue_design(study, CHOICES, 32) == 16
    assert enqueue_design(study, CHOICES) == 16
    study.optimize(objective_of(CHOICES), n_trials=16)
    assert len(set(recipes(study))) == 32


@pytest.mark.numeric
def test_its_effects_are_those_of_the_objective() -> None:
    study = new_study()
    optimize(study)
    findings = analyse(study)
    assert findings.effects is not None
    found = {one.technique: one for one in findings.effects.effects}
    assert found["mixup"].effect == pytest.approx(5, abs=0.2)
    assert found["mixup"].verdict == "helps"
    assert found["optimizer=adamw"].effect == pytest.approx(2, abs=0.2)


@pytest.mark.numeric
def test_verdicts_wait_for_the_trials_that_wait() -> None:
    def verdicts(study: optuna.Study) -> set[str]:
        effects = analyse(study).effects
        assert effects is not None
        return {one.verdict for one in effects.effects}

    def fails_once(trial: optuna.Trial) -> float:
        if trial.number == 12:
            raise ValueError
        return float(objective_of(CHOICES)(trial))

    study = new_study()
    enqueue_design(study, CHOICES)
    study.optimize(fails_once, n_trials=12)
    assert verdicts(study) == {"not yet"}
    study.optimize(fails_once, n_trials=4, catch=ValueError)
    assert "helps" in verdicts(study)
    enqueue_design(study, CHOICES)
    assert verdicts(study) == {"not yet"}


@pytest.mark.numeric
def test_parameters_of_three_values_and_a_rate_that_is_held() -> None:
    study = new_study()
    waiting = enqueue_design(study, THREE, fixed={"lr": 0.001})
    study.optimize(objective_of(THREE), n_trials=waiting)
    assert waiting == 16
    assert {trial.params["lr"] for trial in study.trials} == {0.001}
    counts = Counter(trial.params["optimizer"] for trial in study.trials)
    assert counts == {"sgd": 8, "adamw": 4, "muon": 4}
    findings = analyse(study)
    assert not [one for one in findings.cautions if "not planned" in one]


def test_one_parameter_has_a_design() -> None:
    study = new_study()
    study.optimize(objective_of({"ema": [0, 1]}), enqueue_design(study, {"ema": [0, 1]}, 8))
    assert Counter(trial.params["ema"] for trial in study.trials) == {0: 4, 1: 4}


def test_the_names_may_come_in_another_order(folder: Path) -> None:
    def fails(trial: optuna.Trial) -> float:
        objective_of(THREE)(trial)
        raise ValueError

    study = new_study("sqlite:///mine.db")
    enqueue_design(study, THREE)
    study.optimize(fails, n_trials=16, catch=ValueError)
    study = optuna.load_study(study_name="mine", storage="sqlite:///mine.db")
    assert enqueue_design(study, dict(reversed(THREE.items()))) == 16
    study.optimize(objective_of(THREE), n_trials=16)
    planned, again = study.trials[:16], study.trials[16:]
    assert {one.user_attrs["kouka_design_trial"]: one.params["optimizer"] for one in planned} == {
        one.user_attrs["kouka_design_trial"]: one.params["optimizer"] for one in again
    }


@pytest.mark.numeric
def test_the_objective_may_ask_for_the_choices_in_any_way() -> None:
    choices: dict[str, list[Any]] = {
        "layers": [2, 4], "drop": [0.3, 0.0], "act": ["relu", "silu"], "width": [16, 32, 64]
    }  # fmt: skip

    def objective(trial: optuna.Trial) -> float:
        layers, width = trial.suggest_int("layers", 1, 20), trial.suggest_int("width", 8, 512)
        drop = trial.suggest_float("drop", 0, 0.5, step=0.1)
        act = trial.suggest_categorical("act", ["gelu", "silu", "relu"])
        trial.suggest_categorical("optimizer", ["sgd", "adamw", "muon"])
        noise = 0.001 * ((trial.number * 7) % 16 - 7.5) / 7.5
        return 0.5 + layers / 100 + drop / 10 + 0.05 * (act == "silu") + width / 1000 + noise

    study = new_study()
    waiting = enqueue_design(study, choices, fixed={"optimizer": "adamw"})
    study.optimize(objective, n_trials=waiting)
    findings = analyse(study)
    assert findings.effects is not None
    found = {one.technique: round(one.effect) for one in findings.effects.effects}
    assert found == {"act=silu": 5, "width: 16 → 64": 5, "drop": 3, "layers=4": 2,
                     "width: 16 → 32": 2}  # fmt: skip
    assert not [one for one in findings.cautions if "complete trial" in one]


@pytest.mark.numeric
def test_values_that_the_objective_did_not_take_are_told() -> None:
    choices: dict[str, list[Any]] = {"ema": [False, True], "Mixup": [False, True], "k": ["2", "3"]}

    def objective(trial: optuna.Trial) -> float:
        ema, mixup = (trial.suggest_categorical(one, [False, True]) for one in ("ema", "mixup"))
        return 0.5 + 0.1 * ema + 0.01 * mixup + 0.001 * trial.suggest_int("k", 1, 9)

    study = new_study()
    study.optimize(objective, enqueue_design(study, choices, 8, fixed={"rate": 0.1}))
    told = " ".join(analyse(study).cautions)
    assert "The design sets Mixup, but no complete trial was asked for it" in told
    assert "The design sets rate, but no complete trial was asked for it" in told
    assert "8 of 8 complete trials of the design did not take its k, '2' or '3': the" in told
    assert "ema, but" not in told


def test_another_program_s_attribute_of_the_name_is_no_design() -> None:
    study = new_study()
    study.set_user_attr("kouka_design", "mine")
    optimize(study)
    study.set_user_attr("kouka_design", {"choices": 3})
    assert analyse(study).results.enqueued == ()


@pytest.mark.numeric
def test_trials_beside_the_design_are_left_out() -> None:
    study = new_study()
    study.optimize(objective_of(CHOICES), n_trials=3)
    enqueue_design(study, CHOICES)
    study.optimize(objective_of(CHOICES), n_trials=12)
    early = analyse(study)
    assert early.effects is not None
    assert {one.verdict for one in early.effects.effects} == {"not yet"}
    study.optimize(objective_of(CHOICES), n_trials=6)
    assert enqueue_design(study, CHOICES) == 0
    findings = analyse(study)
    assert findings.effects is not None
    assert {one.technique for one in findings.effects.effects} == {
        "mixup", "optimizer=adamw", "ema", "layers=4", "act=silu"
    }  # fmt: skip
    assert findings.effects.of("mixup").verdict == "helps"
    told = " ".join(findings.cautions)
    assert "5 trials of this study are not of the design that enqueue_design gave it" in told
    assert "not planned" not in told
    assert describe_budget(findings.results) == (
        "16 trials of another program, and 5 beside its design"
    )


@pytest.mark.numeric
def test_the_example_of_the_docs_runs(folder: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import optuna\n.*?)```", page, re.DOTALL)

    def train(seed: int, *, ema: bool, **more: object) -> float:
        return 0.6 + 0.05 * ema + 0.001 * (seed % 3)

    said: dict[str, Any] = {"train": train}
    exec(code, said)
    assert {one.technique for one in said["findings"].effects.effects} >= {"ema"}
    assert len(optuna.load_study(study_name="mine", storage="sqlite:///mine.db").trials) == 16
    exec(code, said)
    assert len(optuna.load_study(study_name="mine", storage="sqlite:///mine.db").trials) == 16


@pytest.mark.parametrize(
    ("choices", "options", "says"),
    [
        ({}, {}, "choices={} names nothing that varies"),
        ({"ema": [True]}, {}, r"choices\['ema'\]=\[True\] is no list of two to four different"),
        ({"ema": "on"}, {}, r"choices\['ema'\]='on' is no list"),
        ({"ema": [1, True]}, {}, "two to four different values; True equals 1, and False 0"),
        ({"ema": [[1], [2]]}, {}, r"choices\['ema'\] has \[1\]; it takes None, bool, int"),
        ({"lr": [float("nan"), 0.1]}, {}, r"choices\['lr'\] has NaN, which equals nothing"),
        ({1: [False, True]}, {}, "choices names 1; it takes the names of parameters, str"),
        ({"": [False, True]}, {}, "choices names ''; it takes the names of parameters"),
        (CHOICES, {"fixed": {1: 0.1}}, "fixed names 1; it takes the names of parameters"),
        (CHOICES, {"seed": -1}, "seed=-1 is no seed; it takes a whole number from 0"),
        (CHOICES, {"seed": "a"}, "seed='a' is no seed"),
        ({"ema": [(1,), (2,)]}, {}, r"choices\['ema'\] has \(1,\); it takes None, bool, int"),
        (CHOICES, {"runs": 12}, "runs=12 has no balanced design for these choices; it takes 16, "),
        (CHOICES, {"runs": "16"}, "runs='16' has no balanced design"),
        (CHOICES, {"fixed": {"ema": True}}, "'ema' is in choices and in fixed"),
        (CHOICES, {"fixed": ["lr"]}, r"fixed=\['lr'\] is no mapping"),
        ({str(at): [0, 1] for at in range(600)}, {}, "600 parameters have no balanced design"),
    ],
)
def test_what_has_no_design_is_refused(
    choices: dict[Any, Any], options: dict[str, Any], says: str
) -> None:
    study = new_study()
    with pytest.raises(InputError, match=says):
        enqueue_design(study, choices, **options)
    assert not study.trials
    assert not study.user_attrs


def test_a_study_keeps_its_design() -> None:
    study = new_study()
    enqueue_design(study, CHOICES, 32)
    with pytest.raises(InputError, match="the study 'mine' has another design, with choices="):
        enqueue_design(study, THREE)
    with pytest.raises(InputError, match="another design"):
        enqueue_design(study, CHOICES, fixed={"lr": 0.001})
    with pytest.raises(InputError, match="runs=16: the study's design has 32, and can only grow"):
        enqueue_design(study, CHOICES, 16)
    assert len(study.trials) == 32
    other = new_study()
    enqueue_design(other, THREE)
    with pytest.raises(InputError, match="runs=32: a design in which a parameter has"):
        enqueue_design(other, THREE, 32)
    with pytest.raises(InputError, match="'no study' is no study"):
        enqueue_design("no study", THREE)  # type: ignore[arg-type]
