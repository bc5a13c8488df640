"""Parameters of many levels in studies that kouka did not make."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from search import analyse, export_study, frame, read, summarise
from search.parameters import Category
from search.reporting.answer.support import support
from search.reporting.sentences.effects import what_matters_most
from tests.support.faked import Kouka
from tests.support.foreign import foreign


def test_a_number_that_goes_in_steps_has_levels() -> None:
    """Of two of which one is zero it is a technique."""

    def stepped(trial: optuna.Trial) -> float:
        drop = trial.suggest_float("drop", 0, 0.5, step=0.5)
        warm = trial.suggest_int("warmup", 0, 500, step=500)
        rate = trial.suggest_float("rate", 0.1, 0.3, step=0.1)
        luck = 0.002 * np.random.default_rng(trial.number).standard_normal()
        return float(0.7 + 0.1 * drop + 0.03 * (warm > 0) + 0.2 * rate + luck)

    rows = frame(analyse(foreign(40, stepped))).set_index("technique")
    assert set(rows.index) >= {"drop", "warmup", "rate: 0.1 → 0.2"}
    assert rows.effect["drop"] == pytest.approx(5, abs=0.4)
    assert rows.effect["warmup"] == pytest.approx(3, abs=0.4)
    assert rows.effect["rate: 0.1 → 0.2"] == pytest.approx(2, abs=0.4)
    assert len(rows) == 4


def test_levels_are_compared_with_the_one_that_says_off() -> None:
    def augmented(trial: optuna.Trial) -> float:
        aug = trial.suggest_categorical("aug", ["randaug", "trivial", "none"])
        drop = trial.suggest_categorical("drop", [0.5, 0.0, 0.1])
        trial.suggest_categorical("norm", ["batch", None, "off"])
        luck = 0.002 * np.random.default_rng(trial.number).standard_normal()
        return 0.7 + 0.02 * (aug == "randaug") - 0.1 * drop + luck

    findings = analyse(foreign(40, augmented))
    assert {*frame(findings).technique} == {
        "aug: none → randaug", "aug: none → trivial", "drop: 0.0 → 0.1", "drop: 0.0 → 0.5",
        "norm: batch → None", "norm: batch → off",
    }  # fmt: skip
    assert frame(findings).set_index("technique").effect["aug: none → randaug"] > 1
    assert findings.effects is not None
    said = summarise(findings)["headline"]
    assert "drop 0, norm None: " in said
    assert said.endswith(" over aug none, drop 0, norm batch.")
    said = what_matters_most(findings.effects, findings.results)
    assert "The largest effect is one of drop, with a probability" in said


def test_levels_are_compared_with_one_that_was_tried_often_enough() -> None:
    """The sampler left one layer after a trial, and all effects were known to 10 points or so."""
    random = np.random.default_rng(0)
    study = optuna.create_study(direction="maximize")
    space = {
        "layers": optuna.distributions.IntDistribution(1, 4),
        "aug": optuna.distributions.CategoricalDistribution(["none", "flip", "crop"]),
    }
    for number in range(60):
        layers = 1 if number == 0 else 2 + number % 3
        aug = "none" if number == 1 else ("flip", "crop")[number // 3 % 2]
        value = 0.7 + 0.01 * layers + 0.005 * random.normal()
        study.add_trial(
            optuna.create_trial(
                params={"layers": layers, "aug": aug}, distributions=space, value=value
            )
        )
    findings = analyse(study)
    rows = frame(findings).set_index("technique")
    assert set(rows.index) == {
        "layers: 2 → 1", "layers: 2 → 3", "layers: 2 → 4", "aug: none → flip", "aug: none → crop"
    }  # fmt: skip
    assert rows.verdict["layers: 2 → 4"] == "helps"
    assert rows.high["layers: 2 → 4"] - rows.low["layers: 2 → 4"] < 1
    assert summarise(findings)["recommended"]["params"]["layers"] == 4


def _grid(values: dict[str, list[Any]], stray: bool) -> optuna.Study:
    """Trials of a grid, by an objective that asks for numbers; the sampler may go on from it."""

    def function(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
        decay = trial.suggest_float("decay", 0, 1e-2)
        trial.suggest_int("seed", 0, 10_000)
        luck = 0.002 * np.random.default_rng(trial.number).standard_normal()
        return float(0.7 + 0.03 * (rate == 1e-3) + 0.01 * (decay > 0) + luck)

    sampler = optuna.samplers.GridSampler(values, seed=0)
    study = optuna.create_study(study_name="grid", direction="maximize", sampler=sampler)
    study.optimize(function)
    if stray:
        study.sampler = optuna.samplers.RandomSampler(seed=0)
        study.optimize(function, n_trials=1)
    return study


@pytest.mark.parametrize("stray", [False, True])
def test_the_values_of_a_grid_are_levels_of_a_wide_range(stray: bool) -> None:
    values: dict[str, list[Any]]
    values = {"rate": [1e-4, 1e-3, 1e-2], "decay": [0.0, 1e-4], "seed": [0, 1, 2]}
    findings = analyse(_grid(values, stray))
    if stray:
        assert findings.effects is None
        return
    rows = frame(findings).set_index("technique")
    assert set(rows.index) == {"decay", "rate: 0.0001 → 0.001", "rate: 0.0001 → 0.01"}
    assert rows.effect["rate: 0.0001 → 0.001"] == pytest.approx(3, abs=0.4)
    assert rows.effect["decay"] == pytest.approx(1, abs=0.3)
    assert "The effects are adjusted for rate and seed." in findings.notes + findings.cautions
    assert "decay, rate 0.001" in summarise(findings)["headline"]


def test_a_seed_and_a_fold_are_no_techniques(kouka: Kouka) -> None:
    """Of a fold, which shifts the values, the effect that is there is adjusted for it."""

    def folded(trial: optuna.Trial) -> float:
        fold = trial.suggest_categorical("fold", [0, 1, 2, 3, 4])
        half = trial.suggest_categorical("data_seed", [1, 42])
        trial.suggest_int("random_state", 0, 10_000)
        on = trial.suggest_categorical("mixup", [False, True])
        luck = 0.002 * np.random.default_rng(trial.number).standard_normal()
        return 0.7 + 0.02 * on + 0.05 * fold + 0.03 * (half == 42) + luck

    findings = analyse(foreign(60, folded))
    (mixup,) = frame(findings).itertuples()
    assert mixup.technique == "mixup"
    assert mixup.effect == pytest.approx(2, abs=0.3)
    assert mixup.high - mixup.low < 0.5
    assert any("are adjusted for fold and data_seed." in one for one in findings.cautions)
    assert findings.recommended is not None
    assert findings.recommended.on == {"mixup"}


def test_a_number_of_folds_and_a_named_seed_are_techniques() -> None:
    def folded(trial: optuna.Trial) -> float:
        k, seed = trial.suggest_int("k_fold", 5, 7), trial.suggest_categorical("seed", [1, 2])
        return k + seed + float(np.random.default_rng(trial.number).standard_normal())

    study = foreign(40, folded)
    assert {*frame(analyse(study)).technique} == {"k_fold: 5 → 6", "k_fold: 5 → 7"}
    assert "seed" in {*frame(analyse(study, {"seed": 2})).technique}


def test_names_of_choices_are_short_and_each_its_own() -> None:
    long = ["data/of/years/" * 20 + end for end in ("train", "more")]

    def odd(trial: optuna.Trial) -> float:
        trial.suggest_categorical("opt", ["sgd", "adam"])
        trial.suggest_categorical("opt=adam", [False, True])
        trial.suggest_categorical("files", long)
        return float(np.random.default_rng(trial.number).standard_normal())

    names = analyse(foreign(24, odd)).results.factors
    assert len(set(names)) == 3
    assert {"opt: adam", "opt=adam"} < set(names)
    (files,) = (name for name in names if name.startswith("files="))
    assert files.endswith("more")
    assert len(files) < 70


@pytest.mark.parametrize(
    ("choices", "name"), [([1, "1"], "lvl='1'"), ([None, "None"], "lvl='None'")]
)
def test_choices_that_look_alike_are_told_apart(choices: list[Any], name: str) -> None:
    def odd(trial: optuna.Trial) -> float:
        trial.suggest_categorical("lvl", choices)
        return float(np.random.default_rng(trial.number).standard_normal())

    assert analyse(foreign(12, odd)).results.factors == (name,)


def test_levels_are_in_the_table_the_answer_and_every_file(kouka: Kouka, folder: Path) -> None:
    """Three optimizers, up to three layers, a learning rate and a momentum of one optimizer."""

    def function(trial: optuna.Trial) -> float:
        points = 70.0 + trial.suggest_categorical("bn", [False, True])
        kind = trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"])
        points += {"sgd": 0, "adam": 6, "lion": -1}[kind]
        points += trial.suggest_int("layers", 1, 3)
        points -= 3 * (math.log10(trial.suggest_float("lr", 1e-4, 1e-1, log=True)) + 2) ** 2
        if kind == "sgd":
            points += trial.suggest_float("momentum", 0, 1)
        return (points + 0.3 * np.random.default_rng(trial.number).standard_normal()) / 100

    study = foreign(50, function, storage="sqlite:///studies.db")
    result = kouka("export", "theirs", "--out", "out")
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    assert "Effect of each parameter on the objective, 50 runs" in output
    assert "optimizer sgd → adam helps most: +5" in output or "adam helps most: +6" in output
    assert "The effects are adjusted for optimizer, layers and lr" in output
    assert "and for momentum in the trials that were asked for it" in output
    findings = analyse(study)
    rows = frame(findings).set_index("technique")
    assert list(rows.loc["optimizer: sgd → adam", ["parameter", "reference", "level"]]) == [
        "optimizer", "sgd", "adam"
    ]  # fmt: skip
    assert rows.loc["layers: 1 → 3", "level"] == 3
    assert rows.low["layers: 1 → 3"] < 2 < rows.high["layers: 1 → 3"]
    assert rows.high["bn"] - rows.low["bn"] < 1
    document = summarise(findings)
    assert document["fit"]["adjusted_for"] == ["optimizer", "layers", "lr", "momentum"]
    assert document["fit"]["not_adjusted_for"] == []
    assert {row["technique"] for row in document["effects"]} == set(rows.index)
    report = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "optimizer: sgd → lion" in report
    assert "A parameter of several levels has an effect for each change" in report


@pytest.mark.parametrize(
    "choices", [[None, True, 1.5], [1, "1", 2], ["a", "b", "c", "d"], [0, 1, 2], ["none", "x", "y"]]
)
def test_levels_of_any_type_are_compared_with_the_first(choices: list[Any], tmp_path: Path) -> None:
    def function(trial: optuna.Trial) -> float:
        seed = 1e-9 * trial.number
        return 0.5 + 0.1 * (trial.suggest_categorical("x", choices) is choices[-1]) + seed

    study = foreign(40, function)
    findings, _ = export_study(study, tmp_path)
    assert findings.effects is not None
    last = findings.effects.effects[0]
    assert last.level is not None
    assert (last.level.reference, last.level.level) == (choices[0], choices[-1])
    assert last.effect == pytest.approx(10)
    assert len({effect.technique for effect in findings.effects.effects}) == len(choices) - 1


def test_choices_that_were_added_later_are_levels_too() -> None:
    study = optuna.create_study(direction="maximize")
    for at in range(30):
        choices = ("a", "b") if at < 10 else ("a", "b", "c")
        space = {"x": optuna.distributions.CategoricalDistribution(choices)}
        params = {"x": choices[at % len(choices)]}
        value = 0.5 + 0.1 * (params["x"] == "c") + 0.001 * (at % 4)
        study.add_trial(optuna.create_trial(params=params, distributions=space, value=value))  # type: ignore[arg-type]
    assert read(study).others == (Category("x", ("a", "b", "c")),)
    findings = analyse(study)
    assert findings.effects is not None
    assert findings.effects.of("x: a → c").effect == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize(
    ("noise", "begin"), [(0.01, "4 complete trials cannot"), (0, "3 complete trials that differ")]
)
def test_too_few_trials_for_the_levels_say_how_many_it_takes(noise: float, begin: str) -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.5 + 0.1 * len(trial.suggest_categorical("kind", ["a", "bb", "ccc"]))
        return value + noise * trial.number

    study = optuna.create_study(direction="maximize")
    for kind in ("a", "bb", "ccc", "a"):
        study.enqueue_trial({"kind": kind})
    study.optimize(function, n_trials=4)
    said = summarise(analyse(study))["answer"]
    assert said.startswith(begin)
    assert "tell the 3 levels of kind apart: that takes 5 at the least" in said


@pytest.mark.parametrize(("high", "step"), [(0.5, 0.1), (1 / 3, 1 / 3), (0.9, 0.3)])
def test_levels_that_are_sums_of_steps_are_written_as_numbers_are(high: float, step: float) -> None:
    def function(trial: optuna.Trial) -> float:
        drop = trial.suggest_float("drop", 0, high, step=step)
        return 0.5 + 0.1 * drop + 1e-3 * trial.number

    findings = analyse(foreign(60, function))
    assert findings.effects is not None
    names = " ".join(effect.technique for effect in findings.effects.effects)
    assert "0000" not in names
    assert "9999" not in names
    assert not any(math.isnan(effect.effect) for effect in findings.effects.effects)


def test_a_category_that_was_added_later_has_its_effects_among_those_asked() -> None:
    """The trials from there on are also 5 points better for another reason."""

    def function(trial: optuna.Trial) -> float:
        noise = np.random.default_rng(trial.number).standard_normal()
        points = 50 + noise + 5 * trial.suggest_categorical("bn", [False, True])
        if trial.number >= 20:
            schedule = trial.suggest_categorical("schedule", ["none", "cosine", "step"])
            points += 5 + 4 * (schedule == "cosine") + 3 * trial.suggest_int("mixup", 0, 1)
        return float(points / 100)

    findings = analyse(foreign(60, function))
    assert findings.effects is not None
    effects = {one.technique: one for one in findings.effects.effects}
    true = {
        "bn": 5, "schedule: none → cosine": 4, "schedule: none → step": 0, "mixup: 0 → 1": 3
    }  # fmt: skip
    assert effects.keys() == true.keys()
    assert all(one.low < true[name] < one.high for name, one in effects.items())
    assert findings.recommended is not None
    assert findings.recommended.on == {"bn"}
    told = " ".join(findings.cautions)
    assert "From trial 20 on, trials were asked for other parameters than before." in told
    assert "The effects of mixup and schedule are those in the 40 of 60 complete trials" in told
    assert "studies those trials alone" in told
    said = " ".join(support(findings))
    assert "mixup 0 → 1 helps as well: " in said
    assert "in the 40 of 60 trials that were asked for it." in said


def test_a_parameter_of_one_optimizer_is_no_change_where_that_came_later() -> None:
    """Else the optimizer could not be told from the change."""

    def function(trial: optuna.Trial) -> float:
        noise = np.random.default_rng(trial.number).standard_normal()
        points = 50 + noise + 5 * trial.suggest_categorical("bn", [False, True])
        optimizer = trial.suggest_categorical("optimizer", ["adam", "sgd"])
        if optimizer == "sgd":
            points += 4 + 3 * trial.suggest_categorical("nesterov", [False, True])
        return float(points / 100)

    study = optuna.create_study(direction="maximize")
    for number in range(40):
        study.enqueue_trial({"optimizer": "adam" if number < 12 else "sgd"})
    study.optimize(function, n_trials=40)
    rows = frame(analyse(study)).set_index("technique")
    assert rows.low["optimizer=sgd"] < 5.5 < rows.high["optimizer=sgd"]
    assert rows.low["nesterov: False → True"] < 3 < rows.high["nesterov: False → True"]


@pytest.mark.parametrize("low", [0.0, 0.9])
def test_it_is_told_where_a_technique_is_compared_at_the_dial_as_it_was_tried(low: float) -> None:
    """As by a sampler that found good values: mixup is worth 4 points there, and 2 in the middle
    of the dial."""

    def function(trial: optuna.Trial) -> float:
        random = np.random.default_rng(trial.number)
        value = 0.7 + 0.02 * trial.suggest_categorical("aug", [False, True])
        if trial.suggest_categorical("mixup", [False, True]):
            value += 0.04 * trial.suggest_float("alpha", 0, 1)
        return float(value + 0.002 * random.standard_normal())

    study = foreign(1, function)
    random = np.random.default_rng(0)
    for _ in range(60):
        mixup = bool(random.random() < 0.5)
        alpha = {"alpha": float(random.uniform(low, 1))} if mixup else {}
        study.enqueue_trial({"aug": bool(random.random() < 0.5), "mixup": mixup, **alpha})
    study.optimize(function, n_trials=60)
    findings = analyse(study)
    told = "Trials did not try alpha evenly." in " ".join(findings.cautions)
    assert told == (low > 0)
    assert findings.effects is not None
    assert findings.effects.of("mixup").effect == pytest.approx(3.8 if low else 2, abs=0.3)


def test_a_step_beside_zero_is_zero() -> None:
    steps = Category("shift", tuple(-0.3 + 0.1 * step for step in range(6)))
    assert 0.0 not in steps.levels
    assert steps.place(0.0) == 3
    assert Category("decay", (1e-12, 0.0, 1.0)).place(0.0) == 1
    assert Category("decay", (1e-12, 1.0)).place(1e-11) == -1
    assert Category("kind", (None, 1, True)).place(None) == 0
    assert Category("kind", (None, 1, True)).place(True) == 2


def test_choices_may_be_lists() -> None:
    def sized(trial: optuna.Trial) -> float:
        shapes: Any = [[64], [64, 64], [128, 64]]
        sizes = len(trial.suggest_categorical("hidden", shapes))
        return 0.7 + 0.1 * sizes + 0.001 * (trial.number % 5)

    with pytest.warns(UserWarning, match="Choices for a categorical distribution"):
        findings = analyse(foreign(30, sized))
    assert findings.effects is not None
    assert findings.effects.of("hidden: [64] → [64, 64]").effect == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize(("off", "on"), [("no", "yes"), (None, 0.1), (0, 1)])
def test_the_run_of_a_recipe_is_found_whatever_its_choices_are(off: Any, on: Any) -> None:
    study = optuna.create_study(direction="maximize")
    choice = optuna.distributions.CategoricalDistribution([off, on])
    for aug, bn, value in ((off, off, 0.8), (on, off, 0.86), (on, on, 0.87)):
        study.add_trial(optuna.create_trial(
            params={"aug": aug, "bn": bn}, distributions={"aug": choice, "bn": choice}, value=value
        ))  # fmt: skip
    assert "One run of it came to 87.00 %" in " ".join(support(analyse(study)))
