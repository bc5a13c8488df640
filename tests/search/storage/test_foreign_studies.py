"""Studies that kouka did not make, and data too thin or too odd to say much."""

import math
import re
import sqlite3
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from pandas.testing import assert_frame_equal
from typer.testing import Result

from search import InputError, analyse, api, draw, export_study, frame, read, summarise
from search.reporting.sections import sections
from search.results import Category
from tests.support.foreign import foreign, objective

Kouka = Callable[..., Result]


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


def test_a_study_in_a_journal_file_or_in_memory_is_exported(tmp_path: Path) -> None:
    backend = JournalFileBackend(str(tmp_path / "journal.log"))
    for storage in (None, optuna.storages.JournalStorage(backend)):
        export_study(foreign(30, storage=storage), tmp_path / "out")
        assert "aug helps most" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


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
    with pytest.raises(InputError, match=r"'two' has 2 objectives \(1, 2\); .* --objective N"):
        analyse(study)
    with pytest.raises(InputError, match="no objective 3; it has 1, 2"):
        analyse(study, objective=3)
    first, second = analyse(study, objective=1), analyse(study, objective=2)
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
    assert kouka("export", "two").exit_code == 2
    result = kouka("export", "two", "--objective", "2")
    assert result.exit_code == 0, result.output
    assert "aug helps most: -4.0" in " ".join(result.output.split()).replace("−", "-")
    result = kouka("status")
    assert "two" in result.output
    assert "objective 1" in result.output


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


def test_what_is_not_known_is_neither_largest_nor_a_leaning() -> None:
    """Two techniques that change together, and one that is always on."""

    def together(trial: optuna.Trial) -> float:
        a = trial.suggest_categorical("a", [False, True])
        trial.suggest_categorical("b", [False, True])
        trial.suggest_categorical("c", [False, True])
        return float(0.7 + 0.05 * a + 0.01 * np.random.default_rng(trial.number).normal())

    study = optuna.create_study(direction="maximize")
    for at in range(24):
        study.enqueue_trial({"a": at % 2 > 0, "b": at % 2 > 0, "c": at % 4 > 1})
    study.optimize(together, n_trials=24)
    assert "There is no estimate for a and b." in answer_of(study)
    assert "The largest that is known is c" in answer_of(study)
    always = optuna.create_study(direction="maximize")
    for at in range(24):
        always.enqueue_trial({"a": at % 2 > 0, "b": True, "c": at % 4 > 1})
    always.optimize(together, n_trials=24)
    assert "b on, as the runs lean that way" not in answer_of(always)


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


def test_every_public_name_is_there_and_documented() -> None:
    import search

    public = [name for name in vars(api) if not name.startswith("_")]
    assert len(public) == 30
    for name in public:
        assert getattr(search, name) is getattr(api, name)
        assert (getattr(search, name).__doc__ or "").strip(), name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = search.nothing


@pytest.mark.numeric
def test_the_notebook_of_the_docs_runs(folder: Path) -> None:
    study = foreign(40, storage="sqlite:///studies.db")
    optuna.copy_study(from_study_name="theirs", from_storage="sqlite:///studies.db",
                      to_storage="sqlite:///studies.db", to_study_name="cifar10-jpeg")  # fmt: skip
    page = (Path(__file__).parents[3] / "docs" / "python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(from search import .*?)```", page, re.DOTALL)
    said: dict[str, Any] = {}
    exec(code, said)
    findings = analyse(study)
    assert_frame_equal(frame(said["findings"]), frame(findings))  # 1e-5: each was fitted anew
    assert said["findings"].cautions == findings.cautions


def test_a_table_that_is_not_there_is_refused() -> None:
    findings = analyse(foreign(3))
    with pytest.raises(InputError, match="no table 'effect'; there are effects, verified"):
        frame(findings, "effect")
    assert list(frame(findings, "trials").columns[:3]) == ["number", "phase", "state"]
    assert TrialState.COMPLETE.name.lower() in set(frame(findings, "trials").state)


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


def test_an_infinite_value_neither_takes_the_unit_nor_counts() -> None:
    study = foreign(
        30,
        lambda trial: (
            -math.inf
            if trial.number == 3
            else 0.5 + 0.1 * trial.suggest_categorical("bn", [False, True])
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


def test_values_by_epoch_that_are_not_finite_are_left_out() -> None:
    def function(trial: optuna.Trial) -> float:
        for epoch, value in enumerate((0.1, math.nan, math.inf, 0.4), start=1):
            trial.report(value, epoch)
        return 0.4 + 0.1 * trial.suggest_categorical("bn", [False, True])

    assert read(foreign(4, function)).runs[0].curve == {1: 0.1, 4: 0.4}


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


def test_a_parameter_of_some_trials_is_named_and_left_out() -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.5 + 0.1 * trial.suggest_categorical("bn", [False, True])
        if trial.suggest_categorical("optimizer", ["adam", "sgd"]) == "sgd":
            value += 0.05 * trial.suggest_categorical("nesterov", [False, True])
        return value + 0.01 * np.random.default_rng(trial.number).standard_normal()

    study = foreign(40, function)
    asked = sum("nesterov" in trial.params for trial in study.trials)
    said = " ".join(analyse(study).cautions)
    assert f"nesterov is left out: only {asked} of 40 complete trials were asked" in said
    findings = analyse(study, {"nesterov": True})
    # All of these trials were by sgd, which is no technique in them.
    assert findings.results.factors == ("nesterov", "bn")
    assert "left out: only" not in " ".join(findings.cautions)


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
    assert "4 trials have failed, 2 trials are running and 1 trial is waiting to run" in said


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
    study.add_trial(study.trials[0])
    assert "not planned as a balanced design" in " ".join(analyse(study).cautions)


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
    study = foreign(
        40, lambda trial: 0.5 + 0.1 * (trial.suggest_categorical("x", choices) is choices[-1])
    )
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


def test_too_few_trials_for_the_levels_say_how_many_it_takes() -> None:
    def function(trial: optuna.Trial) -> float:
        return 0.5 + 0.1 * len(trial.suggest_categorical("kind", ["a", "bb", "ccc"]))

    study = optuna.create_study(direction="maximize")
    for kind in ("a", "bb", "ccc", "a"):
        study.enqueue_trial({"kind": kind})
    study.optimize(function, n_trials=4)
    said = summarise(analyse(study))["answer"]
    assert said.startswith("4 complete trials cannot tell the 3 levels of kind apart")
    assert "that takes 5 at the least" in said
