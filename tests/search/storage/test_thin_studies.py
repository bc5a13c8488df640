"""Studies too thin or too odd to say much: few trials, lost ones, values that cannot be."""

import math
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from search import analyse, export_study, read, summarise
from search.reporting.sections import sections
from tests.support.foreign import foreign, objective

pytestmark = pytest.mark.usefixtures("no_importances")


def test_pruned_and_failed_trials_are_left_out_and_named() -> None:
    def sometimes(trial: optuna.Trial) -> float:
        value = objective(trial)
        if trial.number % 5 == 4:
            raise optuna.TrialPruned
        return math.inf if trial.number % 7 == 6 else value

    findings = analyse(foreign(70, sometimes))
    assert findings.effects is not None
    assert findings.effects.runs < 56
    told = " ".join(findings.cautions)
    assert "14 pruned trials have no final value" in told
    assert "ended without a value that can be computed with" in told


def test_what_is_left_out_is_named_where_nothing_can_be_told() -> None:
    """A technique that never varied in the trials that ended, as all others were pruned."""

    def one_sided(trial: optuna.Trial) -> float:
        on = trial.suggest_categorical("bn", [False, True])
        if not on:
            raise optuna.TrialPruned
        return 0.8 + 0.01 * float(np.random.default_rng(trial.number).normal())

    study = foreign(30, one_sided)
    findings = analyse(study)
    pruned = sum(run.state == "pruned" for run in findings.results.runs)
    assert findings.effects is None
    assert f"{pruned} pruned trials have no final value" in " ".join(findings.cautions)
    assert (
        f"bn never varied in these {30 - pruned} complete trials. Run trials that change bn."
    ) in answer_of(study)


def test_one_technique_is_not_told_from_what_changed_with_it() -> None:
    def together(trial: optuna.Trial) -> float:
        on = trial.suggest_categorical("bn", [False, True])
        trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"])
        return 0.8 + 0.01 * on + 0.01 * float(np.random.default_rng(trial.number).normal())

    study = optuna.create_study(direction="maximize")
    for at in range(12):
        study.enqueue_trial({"bn": at % 2 > 0, "optimizer": "adam" if at % 2 else "sgd"})
    study.optimize(together, n_trials=12)
    assert "cannot tell bn from other parameters, as they changed together" in answer_of(study)


def test_what_is_not_known_is_neither_largest_nor_a_leaning() -> None:
    """A technique that changes with the optimizer, and one that is always on."""

    def together(trial: optuna.Trial) -> float:
        a = trial.suggest_categorical("a", [False, True])
        trial.suggest_categorical("b", [False, True])
        trial.suggest_categorical("c", [False, True])
        trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"])
        return float(0.7 + 0.05 * a + 0.01 * np.random.default_rng(trial.number).normal())

    study = optuna.create_study(direction="maximize")
    for at in range(24):
        with_it = {"a": at % 2 > 0, "optimizer": "adam" if at % 2 else "sgd"}
        study.enqueue_trial({**with_it, "b": at % 8 > 3, "c": at % 4 > 1})
    study.optimize(together, n_trials=24)
    assert "There is no estimate for a, optimizer sgd → adam and" in answer_of(study)
    assert "The largest that is known is" in answer_of(study)
    always = optuna.create_study(direction="maximize")
    for at in range(24):
        always.enqueue_trial({"a": at % 2 > 0, "b": True, "c": at % 4 > 1})
    always.optimize(together, n_trials=24)
    assert "b on, whose effect" not in answer_of(always)


def answer_of(study: optuna.Study) -> str:
    return "\n".join(section.text for section in sections(analyse(study)))


def test_values_that_have_no_squares_are_reported_as_such(tmp_path: Path) -> None:
    for size in (1e-300, 1e300):
        study = foreign(24, lambda trial, size=size: size * (1 + objective(trial)))  # type: ignore[misc]
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            findings = export_study(study, tmp_path / f"{size:g}")[0]
        assert findings.effects is None
        assert "24 runs ended without a value that can be" in " ".join(findings.cautions)


@pytest.mark.parametrize("trials", [0, 1, 2, 3, 6, 9])
def test_few_trials_are_exported_as_far_as_they_carry(tmp_path: Path, trials: int) -> None:
    findings, _ = export_study(foreign(trials), tmp_path)
    for effect in findings.effects.effects if findings.effects else ():
        assert effect.verdict in ("no estimate", "no clear effect") or (
            effect.low * effect.high > 0
        )
    assert (tmp_path / "report.html").exists()
    assert (tmp_path / "summary.json").exists()


def test_equal_values_and_no_techniques_are_reported_as_such(tmp_path: Path) -> None:
    export_study(foreign(30, lambda trial: 0.5 + 0 * objective(trial)), tmp_path)
    said = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "All runs have the same value: they say nothing about any technique." in said
    findings, _ = export_study(foreign(5, lambda trial: trial.suggest_float("x", 0, 1)), tmp_path)
    assert findings.effects is None
    said = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "No parameter of these trials is on or off" in said
    assert re.search(
        r"So far trial \d, with x 0\.\d+, is the best: it came to [0-9.]+ % in one", said
    )


@pytest.mark.parametrize(("step", "epochs"), [(1, True), (5, True), (500, False)])
def test_steps_far_apart_are_batches_and_no_epochs(step: int, epochs: bool) -> None:
    def function(trial: optuna.Trial) -> float:
        final = 0.6 + 0.1 * trial.suggest_categorical("bn", [False, True])
        for at in range(1, 11):
            trial.report(final * (1 - math.exp(-at / 5)) + 1e-4 * trial.number, at * step)
        return final + 1e-3 * trial.number

    findings = analyse(foreign(20, function))
    assert bool(findings.by_epoch) == bool(findings.curves) == epochs
    assert (findings.fast_start is not None) == epochs
    assert ("epoch" in summarise(findings)["headline"]) == epochs


def test_an_infinite_value_neither_takes_the_unit_nor_counts() -> None:
    study = foreign(
        30,
        lambda trial: (
            -math.inf
            if trial.number == 3
            else 0.5 + 0.1 * trial.suggest_categorical("bn", [False, True]) + 1e-3 * trial.number
        ),
    )
    results = read(study)
    assert results.objective.unit == "points"
    assert results.runs[3].value is None
    assert len(results.of("measure")) == 29


@pytest.mark.parametrize(
    ("crashed", "level", "told"), [(17, 0.0, True), (-1, 0.4, False)], ids=["a crash", "a level"]
)
def test_a_crash_is_told_and_a_level_far_from_the_others_is_none(
    crashed: int, level: float, told: bool
) -> None:
    def function(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("kind", list("abcdefg"))
        worth = 0.5 + 0.01 * trial.suggest_categorical("on", [False, True])
        noise = 0.001 * float(np.random.default_rng(trial.number).normal())
        return -9.0 if trial.number == crashed else worth + level * (kind == "a") + noise

    cautions = " ".join(analyse(foreign(40, function)).cautions)
    assert ("far from all others" in cautions) == told


@pytest.mark.parametrize(
    ("worst", "told"), [(-1.0, True), (0.0, True), (0.45, False)], ids=["-1", "zero", "near"]
)
def test_one_value_that_stands_for_many_failures_is_told(worst: float, told: bool) -> None:
    """A third of the trials; with them the noise hides what the others show."""

    def function(trial: optuna.Trial) -> float:
        random = np.random.default_rng(trial.number)
        worth = 0.5 + 0.05 * trial.suggest_categorical("bn", [False, True])
        return worst if random.random() < 0.33 else float(worth + 0.01 * random.normal())

    findings = analyse(foreign(60, function))
    assert ("trials came to" in " ".join(findings.cautions)) == told
    assert findings.effects is not None
    if told:
        effect = findings.effects.of("bn")
        assert effect.verdict == "helps"
        assert effect.low < (0.05 if worst < 0 else 5.0) < effect.high


def test_values_by_epoch_that_are_not_finite_are_left_out() -> None:
    def function(trial: optuna.Trial) -> float:
        final = 0.4 + 0.1 * trial.suggest_categorical("bn", [False, True])
        for epoch, value in enumerate((0.1, math.nan, math.inf, final), start=1):
            trial.report(value, epoch)
        return final

    run = read(foreign(4, function)).runs[0]
    assert run.curve == {1: 0.1, 4: run.value}


def _waiting(study: optuna.Study) -> None:
    for _ in range(3):
        study.enqueue_trial({"aug": "on"})


def _ended(state: TrialState) -> Callable[[optuna.Study], None]:
    def end(study: optuna.Study) -> None:
        for _ in range(2):
            trial = study.ask()
            trial.suggest_categorical("aug", ["off", "on"])
            if state != TrialState.RUNNING:
                study.tell(trial, state=state)

    return end


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda study: None, "There are no trials yet."),
        (_waiting, "No parameter of these trials is on or off"),
        (_ended(TrialState.FAIL), "No trial is complete yet: 2 failed."),
        (_ended(TrialState.PRUNED), "No trial is complete yet: 2 pruned."),
        (_ended(TrialState.RUNNING), "No trial is complete yet: 2 running."),
    ],
)
def test_a_study_without_a_complete_trial_says_what_it_has(
    make: Callable[[optuna.Study], None], says: str
) -> None:
    study = optuna.create_study()
    make(study)
    assert says in summarise(analyse(study))["answer"]


def test_too_few_trials_for_the_parameters_say_how_many_it_takes() -> None:
    def function(trial: optuna.Trial) -> float:
        on = [trial.suggest_categorical(f"t{at}", [False, True]) for at in range(30)]
        return 0.5 + 0.01 * sum(on)

    said = summarise(analyse(foreign(20, function)))["answer"]
    assert said.startswith("20 complete trials cannot tell 30 techniques apart")
    assert "that takes 32 at the least" in said


def test_trials_that_failed_or_run_are_counted() -> None:
    study = foreign(40)
    for state in (TrialState.FAIL, TrialState.FAIL, TrialState.RUNNING):
        _ended(state)(study)
    study.enqueue_trial({"aug": "on"})
    said = " ".join(analyse(study).cautions)
    assert "4 trials have failed, 2 trials are running (the first since 20" in said
    assert ") and 1 trial is waiting to run, and are left out." in said
