"""Studies that kouka did not make: what of them is read, and how it is named."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.storages.journal import JournalFileBackend

from search import InputError, analyse, draw, export_study, frame, read, summarise
from search.parameters import Category
from search.reporting.answer.support import support
from search.reporting.answer.what_to_do import headline
from search.reporting.findings import Findings
from search.reporting.sections import sections
from tests.support.faked import Kouka
from tests.support.foreign import foreign, objective


@pytest.mark.numeric
def test_any_two_choices_are_on_and_off() -> None:
    rows = frame(analyse(foreign(60))).set_index("technique")
    worth = {"aug": 5, "use_bn": 3, "mix": 2, "optimizer=sgd": -4, "drop": 0,
             "activation: relu → gelu": 0, "activation: relu → silu": 0}  # fmt: skip
    assert set(rows.index) == set(worth)
    for name, effect in worth.items():
        assert rows.low[name] - 0.1 <= effect <= rows.high[name] + 0.1
    assert rows.verdict["optimizer=sgd"] == "hurts"
    findings = analyse(foreign(60))
    told = " ".join(findings.cautions)
    assert "not planned as a balanced design" in told
    assert "The effects are adjusted for activation and lr" in told
    assert "and for drop_rate in the trials that were asked for it" in told
    assert [dial.name for dial in findings.results.dials] == ["drop_rate"]


def test_the_user_may_say_which_choice_is_on() -> None:
    findings = analyse(foreign(60), {"optimizer": "adam", "aug": "on"})
    assert findings.effects is not None
    assert findings.results.factors == ("optimizer", "aug", "drop", "mix", "use_bn")
    assert findings.effects.of("optimizer").effect == pytest.approx(4, abs=1.5)
    with pytest.raises(InputError, match=r"'lr' is no parameter of two choices.*aug, drop"):
        analyse(foreign(4), {"lr": 1})
    with pytest.raises(InputError, match="'aug' is never True; its choices are 'off' and 'on'"):
        analyse(foreign(4), {"aug": True})


@pytest.mark.parametrize("one_seed", [True, False])
def test_repeats_that_came_to_the_same_value_count_once(one_seed: bool) -> None:
    seeds = np.random.default_rng(0)

    def function(trial: optuna.Trial) -> float:
        bits = [trial.suggest_categorical(name, [False, True]) for name in "abcd"]
        seed = [int(bit) for bit in bits] if one_seed else int(seeds.integers(1_000_000))
        return 70 + 2 * bits[0] + float(np.random.default_rng(seed).standard_normal())

    findings = analyse(foreign(200, function))
    assert findings.effects is not None
    assert findings.effects.runs == (16 if one_seed else 200)
    told = [sentence for sentence in findings.cautions if "repeats in this study" in sentence]
    assert [sentence.split(" and came")[0] for sentence in told] == (
        ["184 trials repeat the recipes of earlier ones"] if one_seed else []
    )


@pytest.mark.parametrize("one_seed", [True, False])
def test_other_seeds_explain_nothing_where_there_is_one(one_seed: bool) -> None:
    def function(trial: optuna.Trial) -> float:
        bits = [int(trial.suggest_categorical(name, [False, True])) for name in "abcd"]
        seed = [1, *bits] if one_seed else trial.number
        return 0.7 + 0.01 * float(np.random.default_rng(seed).standard_normal())

    findings = analyse(foreign(40, function))
    assert findings.results.one_seed is one_seed
    (said,) = (sentence for sentence in support(findings) if "may explain" in sentence)
    why = "What the fit does not describe" if one_seed else "Other seeds"
    assert said.startswith(f"{why} may explain the difference")


def test_an_objective_that_is_minimized_helps_where_it_falls() -> None:
    study = foreign(60, lambda trial: 3 - objective(trial), "minimize")
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        study.set_metric_names(["loss"])
    findings = analyse(study)
    assert findings.effects is not None
    assert findings.effects.of("aug").verdict == "helps"
    assert findings.effects.of("aug").effect == pytest.approx(-0.05, abs=0.01)
    assert findings.results.best is not None
    assert findings.results.best.value == min(trial.value for trial in study.trials)  # type: ignore[type-var]
    title = draw(findings)["effects"].layout.xaxis.title.text
    assert "loss" in title
    assert "points" not in title


@pytest.mark.parametrize(
    ("name", "unit"),
    [("R2", ""), ("val_r2_score", ""), ("MCC", ""), ("cohen kappa", ""), ("R-squared", ""),
     ("Pearson", ""), ("val_accuracy", "points"), ("correct", "points"), ("r2d2", "points")],
)  # fmt: skip
def test_a_coefficient_is_no_share(name: str, unit: str) -> None:
    study = foreign(30)
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        study.set_metric_names([name])
    findings = analyse(study)
    assert findings.results.objective.unit == unit
    assert findings.effects is not None
    assert findings.effects.of("aug").effect == pytest.approx(5 if unit else 0.05, rel=0.3)


def test_a_study_in_a_journal_file_or_in_memory_is_exported(tmp_path: Path) -> None:
    backend = JournalFileBackend(str(tmp_path / "journal.log"))
    for storage in (None, optuna.storages.JournalStorage(backend)):
        export_study(foreign(30, storage=storage), tmp_path / "out")
        assert "aug helps most" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_one_of_several_objectives_is_chosen(kouka: Kouka, folder: Path) -> None:
    """`mix` helps the first, which rises, and `aug` the second, which falls."""

    def function(trial: optuna.Trial) -> tuple[float, float]:
        aug = trial.suggest_categorical("aug", [False, True])
        mix = trial.suggest_categorical("mix", [False, True])
        noise = 0.01 * np.random.default_rng(trial.number).standard_normal(2)
        return 0.5 + 0.2 * mix + noise[0], 30 - 4.0 * aug + noise[1]

    study = optuna.create_study(
        study_name="two", directions=["maximize", "minimize"], storage="sqlite:///studies.db",
        sampler=optuna.samplers.RandomSampler(seed=0),
    )  # fmt: skip
    study.optimize(function, n_trials=40)
    with pytest.raises(InputError, match=r"has 2 objectives, number 1 and number 2; .* --obj"):
        analyse(study)
    with pytest.raises(InputError, match="has no objective number 3; it has number 1 and number 2"):
        analyse(study, objective=3)
    with pytest.raises(InputError, match="has no objective 'loss'; it has number 1 and number 2"):
        analyse(study, objective="loss")
    first, second = analyse(study, objective=1), analyse(study, objective="2")
    assert first.effects is not None
    assert second.effects is not None
    assert first.results.objective.name == "objective 1"
    assert first.effects.of("mix").effect == pytest.approx(20, abs=1)
    assert first.effects.of("aug").verdict == "no clear effect"
    assert second.effects.of("aug").effect == pytest.approx(-4, abs=0.05)
    assert second.effects.of("aug").verdict == "helps"
    for findings, matters in ((first, "mix"), (second, "aug")):
        top = {row.evaluator: row.parameter for row in reversed(findings.importances)}
        assert set(top.values()) == {matters}
    said = " ".join(kouka("status", "two").output.split())
    assert said.endswith(
        "This is by the first of 2 objectives, number 1 and number 2; kouka export two "
        "--objective N reports on each."
    )
    assert kouka("export", "two").exit_code == 2
    study.set_metric_names(["accuracy", "loss"])
    assert analyse(study, objective="loss").results.objective.name == "loss"
    assert kouka("export", "two", "--objective", "1").output.split()[-1] == (
        "reports/two-objective-1/report.html"
    )
    result = kouka("export", "two", "--objective", "loss")
    assert result.exit_code == 0, result.output
    assert result.output.split()[-1] == "reports/two-objective-2/report.html"
    assert "aug helps most: -4.0" in " ".join(result.output.split()).replace("−", "-")
    result = kouka("status")
    assert "two" in result.output
    assert "72.04 % accuracy" in result.output


def test_epochs_that_are_counted_from_zero_are_counted_from_one() -> None:
    def report(*steps: int) -> set[int]:
        def curve(trial: optuna.Trial) -> float:
            value = objective(trial)
            for step in steps:
                trial.report(value, step)
            return value

        return {step for run in analyse(foreign(12, curve)).results.runs for step in run.curve}

    assert report(0, 1, 2) == {1, 2, 3}
    assert report(1, 2, 3) == {1, 2, 3}
    assert report(0, 1000, 2000) == {0, 1000, 2000}


def test_a_storage_of_another_optuna_is_refused_in_a_sentence(kouka: Kouka, folder: Path) -> None:
    foreign(3, storage="sqlite:///studies.db")
    with sqlite3.connect(folder / "studies.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'v2.4.0.a'")
        database.execute("UPDATE version_info SET schema_version = 11")
    for _ in range(2):
        result = kouka("export", "theirs")
        assert result.exit_code == 2
        assert "cannot be opened" in result.stderr
        assert "optuna storage upgrade" in " ".join(result.stderr.split())
        assert "Traceback" not in result.stderr


def test_settings_of_an_older_kouka_are_read_as_far_as_they_go(kouka: Kouka, folder: Path) -> None:
    study = foreign(40, storage="sqlite:///studies.db")
    older = {"data": "cifar10", "epochs": 5, "techniques": ["aug"], "measure": [40], "unheard": 1}
    study.set_user_attr("settings", older)
    study.set_user_attr("data", {"train": 100})
    result = kouka("export", "theirs", "--out", "out")
    assert result.exit_code == 0, result.output
    report = (folder / "out" / "report.md").read_text(encoding="utf-8")
    assert "cifar10, 5 epochs" in report


def test_a_storage_that_is_being_written_to_can_be_exported(folder: Path) -> None:
    """Trials are finished by another thread on its own connection, export after export."""
    url = "sqlite:///studies.db"
    study = foreign(20, storage=url)
    stop = threading.Event()

    def write() -> None:
        writer = optuna.load_study(study_name="theirs", storage=url,
                                   sampler=optuna.samplers.RandomSampler(seed=1))  # fmt: skip
        while not stop.is_set():
            writer.optimize(objective, n_trials=1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        counts = []
        for _ in range(3):
            findings, _ = export_study(study, folder / "out")
            states = {run.state for run in findings.results.runs}
            assert states <= {"complete", "running"}
            counts.append(len(findings.results.runs))
    finally:
        stop.set()
        thread.join()
    assert counts == sorted(counts)
    assert counts[-1] > 20


def test_a_parameter_that_only_some_trials_are_asked_for_is_no_technique() -> None:
    """`nesterov` exists with sgd alone, which is worse: not asked is not off."""

    def function(trial: optuna.Trial) -> float:
        points = 70.0 + 3 * trial.suggest_categorical("bn", [False, True])
        if trial.suggest_categorical("optimizer", ["adam", "sgd"]) == "sgd":
            points += -12 + 4.6 * trial.suggest_categorical("nesterov", [False, True])
        return (points + 0.2 * np.random.default_rng(trial.number).standard_normal()) / 100

    study = foreign(60, function)
    results = read(study)
    assert "nesterov" not in (*results.factors, *results.others)
    (left_out,) = results.conditional
    asked = sum("nesterov" in trial.params for trial in study.trials)
    assert (left_out.parameter, left_out.asked, left_out.trials) == ("nesterov", asked, 60)
    rows = frame(analyse(study, {"nesterov": True, "bn": True})).set_index("technique")
    assert rows.low["nesterov"] < 4.6 < rows.high["nesterov"]
    assert rows.verdict["nesterov"] == "helps"


def test_a_parameter_that_no_complete_trial_was_asked_for_is_no_technique() -> None:
    """The only trials that were asked for `ema` failed."""

    def function(trial: optuna.Trial) -> float:
        value = 0.5 + 0.03 * trial.suggest_categorical("bn", [False, True]) + trial.number / 1000
        if trial.number >= 14:
            trial.suggest_categorical("ema", [False, True])
            raise optuna.TrialPruned
        return value

    findings = analyse(foreign(16, function))
    assert findings.results.factors == ("bn",)
    assert "The effect of ema is unknown: no complete trial was asked for it." in findings.cautions


def test_a_range_that_changed_is_read_as_the_union() -> None:
    def function(trial: optuna.Trial) -> float:
        extra = trial.suggest_int("extra", 0, 2 if trial.number < 20 else 1)
        return 0.5 + 0.05 * extra + 0.03 * trial.suggest_categorical("bn", [False, True])

    results = read(foreign(40, function))
    assert results.factors == ("bn",)
    assert results.others == (Category("extra", (0, 1, 2)),)


@pytest.mark.parametrize(
    ("choices", "on"),
    [([1.0, 0.0], 1.0), ([0.2, 0.0], 0.2), (["Y", "N"], "Y"), (["null", "cosine"], "cosine"),
     (["0", "0.1"], "0.1"), ([None, "adamw"], "adamw"), ([True, False], True)],
)  # fmt: skip
def test_what_people_write_for_off_is_off(choices: list[Any], on: Any) -> None:
    study = foreign(20, lambda trial: 0.5 + 0.1 * (trial.suggest_categorical("x", choices) == on))
    results = read(study)
    assert results.factors == ("x",)
    for run in results.runs:
        assert ("x" in run.on) == (run.params["x"] == on)


def test_attributes_of_kouka_s_names_are_another_program_s_own() -> None:
    """A minimized loss stays one, and nothing fails."""

    def function(trial: optuna.Trial) -> float:
        for name, value in {"phase": "train", "worker": "node-3", "parameters": "1.2M", "seed": "a",
                            "seconds_per_epoch": "12 s", "diverged": "no"}.items():  # fmt: skip
            trial.set_user_attr(name, value)
        bn = trial.suggest_categorical("bn", [False, True])
        return 0.5 - 0.05 * bn + 1e-3 * trial.number % 3e-3

    study = foreign(20, function, direction="minimize")
    for name, value in {"settings": "fast", "data": "cifar10", "versions": "3.1"}.items():
        study.set_user_attr(name, value)
    findings = analyse(study)
    assert findings.effects is not None
    (bn,) = findings.effects.effects
    assert (bn.technique, bn.verdict) == ("bn", "helps")
    assert bn.effect == pytest.approx(-0.05, abs=0.01)
    run = findings.results.runs[0]
    assert (run.phase, run.worker, run.seed) == ("measure", "", None)
    assert (run.parameters, run.seconds_per_epoch, run.diverged) == (None, None, False)
    assert summarise(findings)["best"]["params"]["bn"] == 1


def test_a_word_of_kouka_s_in_some_trials_makes_no_phase() -> None:
    def function(trial: optuna.Trial) -> float:
        trial.set_user_attr("phase", "search" if trial.number >= 10 else "random")
        trial.set_user_attr("diverged", trial.number % 4 == 0)
        return 0.5 + 0.05 * trial.suggest_categorical("bn", [False, True]) + 1e-3 * trial.number

    results = read(foreign(30, function))
    assert len(results.of("measure")) == 30
    assert not any(run.diverged for run in results.runs)
    assert results.settings is None
    assert not results.designed


@pytest.mark.parametrize("phase", ["search", "confirm", "verify"])
def test_a_phase_that_all_trials_have_may_be_another_program_s_own(phase: str) -> None:
    def function(trial: optuna.Trial) -> float:
        trial.set_user_attr("phase", phase)
        value = 0.5 - 0.05 * trial.suggest_categorical("bn", [False, True])
        return float(value + 0.005 * np.random.default_rng(trial.number).standard_normal())

    findings = analyse(foreign(30, function, direction="minimize"))
    assert findings.effects is not None
    assert findings.effects.of("bn").verdict == "helps"
    assert findings.results.objective.name == "the objective"


@pytest.mark.parametrize("epochs", [20, 10])
def test_trials_that_end_after_different_epochs_are_told(epochs: int) -> None:
    def function(trial: optuna.Trial) -> float:
        random = np.random.default_rng(trial.number)
        short = trial.suggest_categorical("a", [False, True])
        value = 0.0
        for epoch in range(1, (epochs if short else 20) + 1):
            value = 50 + 2 * epoch + float(random.normal(0, 0.5))
            trial.report(value, epoch)
        return value

    findings = analyse(foreign(24, function))
    said = [one for one in findings.cautions if "end after" in one]
    if epochs == 20:
        assert not said
        assert findings.fast_start is not None
    else:
        assert "The trials end after 10 to 20 epochs, and each counts by its own" in said[0]
        assert findings.fast_start is None


def _reported(curve: Callable[[float, np.random.Generator], list[float]]) -> Findings:
    def function(trial: optuna.Trial) -> float:
        random = np.random.default_rng(trial.number)
        value = 0.6 + 0.1 * trial.suggest_categorical("bn", [False, True])
        value += float(random.normal(0, 0.02))
        points = curve(value, random)
        for at, point in enumerate(points):
            trial.report(point, at)
        return fmean(points) if len(points) == 5 else value

    return analyse(foreign(30, function))


@pytest.mark.parametrize(
    ("curve", "own"),
    [
        (lambda value, _: [0.5 * value, 0.8 * value, value], True),
        (lambda value, _: [0.5 * value, value, 0.9 * value - 0.1], True),
        (lambda value, noise: [0.3, value - 0.03 + 0.001 * noise.normal()], True),
        (lambda value, _: [2.0, 2 - value, 1.5 - value], False),
        (lambda value, _: [50 * value, 80 * value, 100 * value], False),
        (lambda value, noise: [value + 0.01 * noise.normal() for _ in range(5)], False),
    ],
    ids=["to its end", "past its best", "on other data", "a loss", "in percent", "folds"],
)
def test_what_trials_report_is_their_objective_or_no_curve(
    curve: Callable[[float, np.random.Generator], list[float]], own: bool
) -> None:
    findings = _reported(curve)
    assert bool(findings.by_epoch) == bool(findings.curves) == own
    assert ("What the trials reported on their way is left out" in " ".join(findings.cautions)) != (
        own
    )


def test_a_technique_of_some_trials_has_its_effect_among_these() -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.5 + 0.1 * trial.suggest_categorical("bn", [False, True])
        if trial.suggest_categorical("optimizer", ["adam", "sgd"]) == "sgd":
            value += 0.05 * trial.suggest_categorical("nesterov", [False, True])
        return value + 0.01 * np.random.default_rng(trial.number).standard_normal()

    study = foreign(40, function)
    asked = sum("nesterov" in trial.params for trial in study.trials)
    found = analyse(study)
    said = " ".join(found.cautions)
    assert f"The effect of nesterov is that in the {asked} of 40 complete trials that were" in said
    assert found.effects is not None
    nesterov = found.effects.of("nesterov: False → True")
    assert nesterov.low < 5 < nesterov.high < 7
    findings = analyse(study, {"nesterov": True})
    # All of these trials were by sgd, which is no technique in them.
    assert findings.results.factors == ("nesterov", "bn")
    assert "left out: only" not in " ".join(findings.cautions)


def test_one_technique_is_not_compared_with_others() -> None:
    def function(trial: optuna.Trial) -> float:
        noise = 0.01 * np.random.default_rng(trial.number).standard_normal()
        return float(0.5 + 0.1 * trial.suggest_categorical("bn", [False, True]) + noise)

    findings = analyse(foreign(20, function))
    said = summarise(findings)["answer"]
    assert said.startswith("bn helps: +")
    assert "largest" not in said
    section = next(one for one in sections(findings) if one.title.startswith("Every effect"))
    assert section.table is not None
    assert not {"largest", "top three"} & set(section.table.head)
    assert "Largest" not in " ".join(section.remarks)


def test_of_three_techniques_each_is_among_the_top_three() -> None:
    def function(trial: optuna.Trial) -> float:
        noise = 0.01 * np.random.default_rng(trial.number).standard_normal()
        on = [trial.suggest_categorical(name, [False, True]) for name in ("bn", "ema", "mixup")]
        return float(0.5 + 0.1 * on[0] + noise)

    section = next(
        one for one in sections(analyse(foreign(24, function))) if one.title.startswith("Every eff")
    )
    assert section.table is not None
    assert "largest" in section.table.head
    assert "top three" not in section.table.head
    assert "top three" not in " ".join(section.remarks)
    assert "'Largest' is the probability" in " ".join(section.remarks)


def test_names_are_printed_as_they_are(kouka: Kouka, folder: Path) -> None:
    names = ("[bold]x[/]", ":smile:", "[/red]")

    def function(trial: optuna.Trial) -> float:
        on = [trial.suggest_categorical(name, [False, True]) for name in names]
        return 0.5 + 0.1 * on[0] + 0.01 * np.random.default_rng(trial.number).standard_normal()

    study = optuna.create_study(study_name="[red]s[/] :smile:", storage="sqlite:///studies.db")
    study.optimize(function, n_trials=20)
    result = kouka("export", "[red]s[/] :smile:", "--out", "[b]o[/b]")
    assert result.exit_code == 0, result.output
    for name in (*names, "Report: [b]o[/b]/report.html"):
        assert name in result.output
    assert (folder / "[b]o[/b]" / "report.html").exists()
    result = kouka("status")
    assert "[red]s[/] :smile:" in result.output
    result = kouka("export", "[/x]")
    assert "there is no study '[/x]'" in result.stderr
    assert "[red]s[/] :smile:" in result.stderr


def test_a_balanced_design_is_one_whoever_made_it() -> None:
    """Montgomery's filtration rates, a full factorial of four factors."""
    rates = [45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96]
    study = optuna.create_study(direction="maximize")
    space = {name: optuna.distributions.CategoricalDistribution([False, True]) for name in "ABCD"}
    for at, rate in enumerate(rates):
        params = {name: bool(at >> bit & 1) for bit, name in enumerate("ABCD")}
        study.add_trial(optuna.create_trial(params=params, distributions=space, value=rate))  # type: ignore[arg-type]
    findings = analyse(study)
    assert findings.effects is not None
    printed = {"A": 21.625, "B": 3.125, "C": 9.875, "D": 14.625}
    for name, effect in printed.items():
        assert findings.effects.of(name).effect == pytest.approx(effect)
    assert "balanced design" not in " ".join(findings.cautions)
    again = optuna.create_trial(params=study.trials[0].params, distributions=space, value=47)  # type: ignore[arg-type]
    study.add_trial(again)
    assert "not planned as a balanced design" in " ".join(analyse(study).cautions)


@pytest.mark.parametrize(
    ("choices", "has"), [([24], "kind0 has 24."), ([9] * 6, "kind0 has 9, 54 with those of the")]
)
def test_fanova_is_left_out_where_parameters_have_many_choices(
    choices: list[int], has: str
) -> None:
    def function(trial: optuna.Trial) -> float:
        kinds = [
            trial.suggest_categorical(f"kind{at}", [f"k{level}" for level in range(count)])
            for at, count in enumerate(choices)
        ]
        bonus = trial.suggest_categorical("bn", [False, True])
        return 0.5 + 0.1 * bonus + 0.001 * (trial.number + int(kinds[0][1:]))

    findings = analyse(foreign(60, function))
    assert {row.evaluator for row in findings.importances} == {"PED-ANOVA", "MDI"}
    remarks = " ".join(sections(findings)[-1].remarks)
    assert f"fANOVA is left out: each choice of a parameter doubles its time, and {has}" in remarks
    assert "in a random forest fitted to the trials" not in remarks


def test_fanova_of_many_trials_is_of_some_of_them() -> None:
    study = foreign(20)
    study.add_trials(study.trials * 14)
    findings = analyse(study)
    assert {row.evaluator: row.drawn for row in findings.importances} == {
        "PED-ANOVA": None, "fANOVA": 250, "MDI": None,
    }  # fmt: skip
    assert findings.importances == analyse(study).importances
    assert "fANOVA of 250 drawn at random" in draw(findings)["importances"].layout.meta["caption"]
    remarks = sections(findings)[-1].remarks
    assert "fANOVA is computed of 250 complete trials, drawn at random" in remarks[-1]


def test_a_parameter_without_a_name_is_told_from_none() -> None:
    def function(trial: optuna.Trial) -> float:
        on, level = trial.suggest_categorical("", [False, True]), trial.suggest_int(" ", 0, 2)
        return 0.5 + 0.1 * on + 0.01 * level + 1e-3 * trial.suggest_float("  ", 0, 1)

    found = analyse(foreign(24, function))
    assert headline(found).startswith("So far the runs favour '', ' ' 2, '  ' 0.")
    assert found.effects is not None
    assert [one.phrase for one in found.effects.effects] == ["''", "' ' 0 → 2", "' ' 0 → 1"]
    assert "The effects are adjusted for ' ' and '  '" in " ".join(found.cautions)
    alone = analyse(foreign(24, function), {"": True})
    assert alone.results.factors == ("''",)


def test_a_study_without_seeds_has_noise() -> None:
    found = analyse(foreign(40))
    said = " ".join([*support(found), *found.cautions, *found.notes, str(sections(found))])
    assert "seeds" not in said
    assert "(standard deviation; noise" in said
