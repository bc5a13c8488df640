"""Studies driven through their phases, with a worker that computes instead of training."""

import contextlib
import csv
import math
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from typer.testing import CliRunner, Result

from model_space.techniques import SETS
from search import cli
from search.cli import export
from search.reporting import dashboard_note
from search.reporting.answer.what_matters import about_ladder
from search.reporting.budget import describe_budget
from search.results import Results, Run
from search.running import study
from search.running.claim import Claim, claim
from search.storage import schema
from search.storage.connection import load_study, open_storage, study_names, worker_storage
from search.storage.heartbeat import Identity
from search.storage.reading import read
from tests.support.fakes import EFFECTS, FakeWorker
from tests.support.harness import states
from tests.support.processes import until

Kouka = Callable[..., Result]
STORAGE = "sqlite:///studies.db"
SMALL = ("launch", "s", "--data", "digits", "--epochs", "4")
FULL = (*SMALL, "--measure", "16", "--ladder", "1", "--search", "4", "--confirm", "2")
FOUR = (*SMALL, "--techniques", "augmentation,batch_norm,dropout,mixup", "--measure", "8")
FEW = (*FOUR, "--ladder", "1", "--search", "4", "--confirm", "2")
"""A smaller study of all phases: 8, 5, 4 and 10 runs."""


@pytest.fixture(autouse=True)
def _without_report(request: pytest.FixtureRequest) -> None:
    """Reports are tested elsewhere."""
    if "with_report" not in request.keywords:
        request.getfixturevalue("no_report")


def stored(name: str = "s") -> optuna.Study:
    return load_study(STORAGE, name)


def results(name: str = "s") -> Results:
    return read(stored(name))


def ended(*phases: str) -> list[Run]:
    return [r for r in results().runs if r.phase in phases and r.state in ("complete", "pruned")]


def identity(run: Run) -> tuple[Any, ...]:
    return run.phase, run.seed, tuple(sorted(run.params.items())), run.value, run.state


def test_a_study_goes_through_its_phases(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    assert kouka(*FULL).exit_code == 0
    phases = [run.phase for run in results().runs]
    assert phases == ["measure"] * 16 + ["ladder"] * 8 + ["search"] * 4 + ["confirm"] * 10
    for run in results().runs:
        assert run.seed is not None
        if run.state == "complete":
            assert len(run.curve) == 4
            assert run.value == run.curve[4]
            assert run.test_accuracy is not None


def test_measured_runs_are_a_balanced_design_with_seeds_of_their_own(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*SMALL, "--measure", "16", "--search", "0", "--confirm", "0")
    runs = results().of("measure")
    assert len(runs) == 16 == len({run.seed for run in runs})
    levels = np.array([[1 if run.params[name] else -1 for name in EFFECTS] for run in runs])
    np.testing.assert_array_equal(levels.T @ levels, 16 * np.eye(8))
    np.testing.assert_array_equal(levels.sum(axis=0), 0)
    assert len({tuple(row) for row in levels.tolist()}) == 16
    for run in runs:
        dials = {name: value for name, value in run.params.items() if name not in EFFECTS}
        usual = {"dropout_rate": 0.2, "mixup_alpha": 0.2}
        on = {name for name in usual if run.params[name.split("_")[0]]}
        assert dials == {"learning_rate": 1e-3, **{name: usual[name] for name in on}}


def test_the_order_of_the_measured_runs_is_drawn_at_random(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    for name, seed in (("a", "0"), ("b", "1")):
        kouka("launch", name, *FOUR[2:], "--search", "0", "--confirm", "0", "--seed", seed)
    assert [r.params for r in results("a").runs] != [r.params for r in results("b").runs]


def test_the_search_prunes_and_the_other_phases_never_do(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*FOUR, "--search", "16", "--confirm", "1", "--ladder", "1")
    pruned = [run for run in results().runs if run.state == "pruned"]
    assert pruned
    assert {run.phase for run in pruned} == {"search"}
    assert all(len(run.curve) < 4 and run.test_accuracy is None for run in pruned)


def test_without_a_pruner_nothing_is_pruned(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    kouka(*FOUR, "--search", "16", "--confirm", "0", "--pruner", "none")
    assert [run.phase for run in results().runs].count("search") == 16
    assert all(run.state == "complete" for run in results().runs)


def test_the_search_begins_from_what_was_measured(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    """From its first run on it prefers what helped; a search that knew nothing would not."""
    helped = 0
    for seed in range(4):
        kouka("launch", f"s{seed}", *FOUR[2:], "--measure", "16", "--epochs", "1",
              "--search", "3", "--confirm", "0", "--seed", str(seed))  # fmt: skip
        for run in results(f"s{seed}").runs:
            if run.phase == "search":
                helped += run.params["augmentation"] + run.params["batch_norm"]
    assert helped >= 20, f"{helped} of 24"


def test_the_search_turns_dials_within_their_range(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*FOUR, "--search", "16", "--confirm", "0")
    runs = [run for run in results().runs if run.phase == "search"]
    for dial, low, high in (("dropout_rate", 0.05, 0.5), ("mixup_alpha", 0.05, 1.0)):
        values = [run.params[dial] for run in runs if dial in run.params]
        assert len(set(values)) > 3
        assert all(low <= value <= high for value in values)
        assert all((dial in run.params) == run.params[dial.split("_")[0]] for run in runs)


def test_confirmation_runs_three_candidates_all_off_and_all_on(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*FULL)
    found = results()
    assert found.candidates is not None
    recipes = [tuple(sorted(run.params.items())) for run in found.of("confirm")]
    assert len(recipes) == 10
    for chosen in found.candidates.recipes:
        assert recipes.count(tuple(sorted(chosen.items()))) == 2
        assert chosen["augmentation"]
        assert chosen["batch_norm"]
        assert not chosen["late_widening"]
    off = tuple(sorted({**dict.fromkeys(EFFECTS, False), "learning_rate": 1e-3}.items()))
    assert recipes.count(off) == 2
    seeds = {run.seed for run in found.of("confirm")}
    assert len(seeds) == 2
    assert not seeds & {run.seed for run in found.of("measure", "search", "ladder")}


def test_a_ladder_may_have_another_order(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    order = ("--ladder", "2:mixup,augmentation+dropout")
    kouka(*SMALL, "--measure", "0", "--search", "0", "--confirm", "0", *order)
    assert kouka("launch", "s", "--ladder", "mixup").exit_code == 2
    runs = [run for run in results().runs if run.phase == "ladder"]
    assert [run.on for run in runs] == 2 * [set(), {"mixup"}, {"mixup", "augmentation", "dropout"}]
    assert about_ladder(results()).startswith("The ladder adds the techniques one after another.")


def test_the_ladder_is_the_articles(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    kouka(*SMALL, "--measure", "0", "--search", "0", "--confirm", "0", "--ladder", "2")
    runs = results().of("ladder")
    on = [frozenset(name for name in EFFECTS if run.params[name]) for run in runs]
    steps = [{"augmentation"}, {"batch_norm"}, {"residual", "late_widening"}, {"global_pooling"},
             {"dropout"}, {"mixup"}, {"amsgrad"}]  # fmt: skip
    assert on[0] == frozenset()
    for before, after, added in zip(on, on[1:8], steps, strict=False):
        assert after - before == added
        assert before < after
    assert on[8:] == on[:8]
    assert len({run.seed for run in runs}) == 16


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What a study that nothing interrupts comes to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("KOUKA_STORAGE", raising=False)
        patch.setenv("KOUKA_CHECKPOINTS", str(folder / "checkpoints"))
        patch.setattr(export, "write_report", lambda *arguments: None)
        patch.setattr(dashboard_note, "attach", lambda *arguments, **where: None)
        FakeWorker.new().take_the_place(patch)
        assert CliRunner().invoke(cli.app, list(FEW)).exit_code == 0
        return [identity(run) for run in results().runs]


@pytest.mark.parametrize("at", [0, 10, 14, 18], ids=lambda at: f"run {at}")
def test_an_interrupted_study_goes_on_and_equals_one_that_was_not(
    kouka: Kouka, fake_worker: type[FakeWorker], undisturbed: list[tuple[Any, ...]], at: int
) -> None:
    fake_worker.interrupt_at = at
    result = kouka(*FEW)
    assert result.exit_code == 130
    assert result.stderr.count("\n") == 1
    assert "same command resumes" in result.stderr
    kept = [identity(run) for run in results().runs if run.state in ("complete", "pruned")]
    assert len(kept) == at
    assert kouka(*FEW).exit_code == 0
    assert [identity(r) for r in results().runs if r.state != "failed"] == undisturbed
    failed = [run for run in results().runs if run.state == "failed"]
    assert [run.failure for run in failed] == [schema.INTERRUPTED]
    trained = len(fake_worker.trained)
    assert kouka(*FEW).exit_code == 0
    assert len(fake_worker.trained) == trained, "a finished study trained again"


def test_a_trial_that_nobody_runs_is_failed_and_its_run_begun_anew(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    """A process killed before its first sign of life leaves a trial that runs for ever."""
    fake_worker.interrupt_at = 5
    kouka(*FOUR, "--search", "0", "--confirm", "0")
    left = stored().ask()
    assert kouka(*FOUR, "--search", "0", "--confirm", "0").exit_code == 0
    states = [run.state for run in results().runs]
    assert states.count("complete") == 8
    assert states.count("failed") == 2
    assert results().runs[left.number].failure == schema.INTERRUPTED


def test_more_runs_extend_a_study_and_waste_none(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*FEW)
    before = [identity(run) for run in results().runs]
    assert kouka("launch", "s", "--measure", "16", "--search", "6", "--confirm", "3", "--ladder",
                 "2").exit_code == 0  # fmt: skip
    after = [identity(run) for run in results().runs]
    assert after[: len(before)] == before
    assert len(ended("measure")) == 16
    assert len(ended("search")) == 6
    assert len(ended("ladder")) == 10
    measured, factors = results().of("measure"), results().factors
    levels = np.array([[1 if run.params[name] else -1 for name in factors] for run in measured])
    np.testing.assert_array_equal(levels.T @ levels, 16 * np.eye(4))
    assert len({run.seed for run in measured}) == 16


def test_a_study_that_was_not_measured_can_be_measured_later(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*SMALL, "--measure", "0", "--search", "3", "--confirm", "0")
    assert kouka("launch", "s", "--measure", "16").exit_code == 0
    assert len(ended("measure")) == 16


@pytest.mark.parametrize("ends_at", [schema.DATA, schema.SETTINGS])
def test_a_launch_that_was_cut_short_as_it_made_the_study_is_launched_again(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch, ends_at: str
) -> None:
    """Even with other images than it was to have."""
    store = optuna.Study.set_user_attr

    def ends(study: optuna.Study, key: str, value: object) -> None:
        if key == ends_at:
            raise KeyboardInterrupt
        store(study, key, value)

    monkeypatch.setattr(optuna.Study, "set_user_attr", ends)
    assert kouka(*FOUR, "--timeout", "0").exit_code == 130
    assert stored().trials == []
    monkeypatch.setattr(optuna.Study, "set_user_attr", store)
    monkeypatch.setattr(fake_worker, "fingerprint", "of others")
    result = kouka(*FOUR, "--timeout", "0")
    assert result.exit_code == 0, result.stderr
    assert stored().user_attrs.keys() >= {schema.DATA, schema.VERSIONS, schema.SETTINGS}


def test_a_launch_that_does_not_know_its_versions_makes_no_study(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def unknown(*packages: str) -> dict[str, str]:
        raise PackageNotFoundError("kouka")

    monkeypatch.setattr(study, "versions_of", unknown)
    assert isinstance(kouka(*FOUR, "--timeout", "0").exception, PackageNotFoundError)
    assert not (folder / "studies.db").exists()


def test_an_empty_study_that_is_minimized_is_not_taken_for_one_of_accuracies(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    optuna.create_study(study_name="s", storage=STORAGE)
    result = kouka(*FOUR, "--timeout", "0")
    assert result.exit_code == 2
    assert "an empty study 's' already, whose values are not to be maximized" in result.stderr


def test_other_settings_are_named_and_change_nothing(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*FULL)
    before, attributes = len(results().runs), stored().user_attrs
    for arguments, says in (
        (["--epochs", "5"], "--epochs is 4, not 5"),
        (["--measure", "32", "--width", "0.5"], "--width is 1, not 0.5"),
        (["--measure", "8"], "--measure is 16, not 8"),
        (["--search", "2"], "--search is 4, not 2"),
        (["--fix", "dropout=off"], "--fix is not given, not dropout=off"),
        (["--techniques", "mixup,amsgrad"], "--techniques is augmentation,.* not mixup,amsgrad"),
        (["--techniques", ""], "--techniques is augmentation,.* not empty"),
        (["--verify", "-4"], "--verify is 0, not -4"),
        (["--data", "mnist", "--seed", "3"], "--data is digits, not mnist; --seed is 0, not 3"),
    ):
        result = kouka("launch", "s", *arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith("kouka: this study was launched with other settings")
        assert re.search(says, result.stderr)
    assert len(results().runs) == before
    assert stored().user_attrs == attributes


def test_images_that_changed_are_noticed(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    kouka(*FULL)
    fake_worker.fingerprint = "another"
    result = kouka(*FULL)
    assert result.exit_code == 2
    assert "not those the study 's' began with" in result.stderr


def test_data_that_moved_are_taken_from_their_new_place(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    old, new = folder / "old.npz", folder / "new.npz"
    for place in (old, new):
        place.write_bytes(b"")
    command = ["launch", "s", "--techniques", "mixup,amsgrad,dropout", "--measure", "8",
               "--search", "0", "--confirm", "0"]  # fmt: skip
    assert kouka(*command, "--data", "old.npz").exit_code == 0
    runs = len(results().runs)
    old.unlink()
    result = kouka("launch", "s")
    assert result.exit_code == 2
    assert f"are no longer at {old}; --data takes the place" in result.stderr
    result = kouka(*command, "--data", "old.npz")
    assert f"are no longer at {old}; --data takes the place" in result.stderr
    result = kouka(*command, "--data", "gone.npz")
    assert result.exit_code == 2
    assert f"nothing at --data gone.npz; the study began with {old}, and" in result.stderr
    same, fake_worker.fingerprint = fake_worker.fingerprint, "another"
    result = kouka("launch", "s", "--data", "new.npz")
    assert result.exit_code == 2
    assert f"the images of {new} are not those of {old}" in result.stderr
    assert stored().user_attrs["settings"]["data"] == str(old)
    fake_worker.fingerprint = same
    result = kouka("launch", "s", "--data", "new.npz", "--search", "1")
    assert result.exit_code == 0, result.output
    assert f"The data are the same at {new} as at {old}" in " ".join(result.output.split())
    assert len(results().runs) == runs + 1
    assert stored().user_attrs["settings"]["data"] == str(new)
    assert kouka("launch", "s", "--search", "2").exit_code == 0


def test_a_shipped_study_goes_on_with_a_users_data(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    there = folder / "photos.npz"
    there.write_bytes(b"")
    kouka("launch", "s", "--data", "photos.npz", "--techniques", "mixup,amsgrad", "--measure", "8",
          "--search", "0", "--confirm", "0")  # fmt: skip
    study = stored()
    study.set_user_attr(schema.SETTINGS, {**study.user_attrs[schema.SETTINGS], "data": "photos"})
    result = kouka("launch", "s", "--search", "1")
    assert result.exit_code == 2
    assert "are no longer at photos; --data takes the place" in result.stderr
    result = kouka("launch", "s", "--data", "digits", "--search", "1")
    assert "--data is photos, not digits" in result.stderr
    assert kouka("launch", "s", "--data", "photos.npz", "--search", "1").exit_code == 0
    assert stored().user_attrs[schema.SETTINGS]["data"] == str(there)


@pytest.mark.usefixtures("fake_worker")
def test_a_mistyped_study_is_not_begun(kouka: Kouka) -> None:
    small = ("--techniques", "mixup,amsgrad", "--measure", "8", "--search", "0", "--confirm", "0")
    assert kouka("launch", "leaves", *small).exit_code == 0
    result = kouka("launch", "leavs", "--measure", "16")
    assert result.exit_code == 2
    assert "there is no study 'leavs'" in result.stderr
    assert "but 'leaves'; a new study whose name is so near" in result.stderr
    assert study_names(open_storage(STORAGE)) == ["leaves"]
    assert kouka("launch", "leavs", *small).exit_code == 0  # which describes a new study
    assert kouka("launch", "another", *small).exit_code == 0


def test_techniques_and_fixed_ones_reach_the_runs(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*SMALL, "--techniques", "mixup,batch_norm,dropout,amsgrad", "--fix", "dropout=off",
          "--fix", "mixup=0.3", "--measure", "8", "--search", "4", "--confirm", "1")  # fmt: skip
    assert set(results().factors) == {"batch_norm", "amsgrad"}
    for recipe, _ in fake_worker.trained:
        assert recipe["mixup"] == {"alpha": 0.3}
        assert set(recipe) <= {"mixup", "batch_norm", "amsgrad"}


@pytest.mark.with_report
def test_a_run_that_fails_is_tried_three_times_and_named(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    everything_off = staticmethod(lambda recipe: not recipe)
    fake_worker.fail = everything_off
    result = kouka(*FOUR, "--search", "0", "--confirm", "0")
    assert result.exit_code == 0
    assert len(ended("measure")) == 7
    failed = [run for run in results().runs if run.state == "failed"]
    assert [run.failure for run in failed] == ["it was made to fail"] * 3
    assert "it was made to fail" in result.output
    assert "7 of 8 planned runs" in Path("reports/s/report.md").read_text(encoding="utf-8")
    said = " ".join(kouka("export", "s").output.split())
    assert "A measure run was given up after it had failed 3 times (techniques on: none)" in said


def test_a_study_whose_first_runs_all_fail_stops(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    fake_worker.fail = staticmethod(lambda recipe: True)
    result = kouka(*FULL)
    assert result.exit_code == 1
    assert "it was made to fail" in result.stderr
    assert len(results().runs) == 3


def test_a_timeout_ends_between_runs_and_the_same_command_goes_on(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    result = kouka(*FEW, "--timeout", "0")
    assert result.exit_code == 0
    assert "the same command resumes" in result.output
    assert not ended("measure")
    assert kouka(*FEW).exit_code == 0
    assert len(ended("measure")) == 8


def test_a_search_that_nothing_was_measured_for_begins_at_random(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    result = kouka(*SMALL, "--techniques", "batch_norm,mixup", "--measure", "0", "--search", "3",
                   "--confirm", "0")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert len(ended("search")) == 3


def test_a_worker_runs_what_a_launch_left(
    kouka: Kouka, fake_worker: type[FakeWorker], undisturbed: list[tuple[Any, ...]]
) -> None:
    kouka(*FEW, "--timeout", "0")
    assert results().runs == ()
    assert kouka("worker", "s", "--timeout", "0").exit_code == 0
    assert results().runs == ()
    result = kouka("worker", "s")
    assert result.exit_code == 0, result.output
    assert Counter(identity(run) for run in results().runs) == Counter(undisturbed)
    assert "confirm 10/10" in result.output


@pytest.mark.timed
def test_many_workers_measure_what_one_does(
    kouka: Kouka, fake_worker: type[FakeWorker], undisturbed: list[tuple[Any, ...]]
) -> None:
    result = kouka(*FEW, "--workers", "3")
    assert result.exit_code == 0, result.output
    assert ", 3 workers" in result.output
    measured = [identity(run) for run in results().of("measure", "ladder")]
    alone = [one for one in undisturbed if one[0] in ("measure", "ladder")]
    assert Counter(measured) == Counter(alone)
    assert len(ended("search")) == 4
    assert len(ended("confirm")) == 10


def test_a_worker_whose_images_or_versions_differ_refuses(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*FULL, "--timeout", "0")
    fake_worker.fingerprint = "another"
    result = kouka("worker", "s", "--data", "elsewhere")
    assert result.exit_code == 2
    assert "the images of elsewhere are not those the study 's' began with" in result.stderr
    fake_worker.fingerprint = "the same"
    versions = stored().user_attrs[schema.VERSIONS]
    for package, number in (("kouka", "0.7.1"), ("keras", "2.15.0"), ("tensorflow", "2.1.0")):
        stored().set_user_attr(schema.VERSIONS, {**versions, package: number})
        result = kouka("worker", "s")
        assert result.exit_code == 2
        assert f"the study 's' is of {package} {number}" in result.stderr
    assert results().runs == ()


@pytest.mark.parametrize(
    ("variable", "options", "says"),
    [
        ("torch", [], "KERAS_BACKEND=torch cannot train a study; it takes tensorflow or jax"),
        (
            "",
            ["--precision", "half"],
            "no precision 'half'; --precision takes auto, float32, mixed",
        ),
    ],
)
def test_what_no_study_is_trained_in_is_refused(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch, variable: str, options: list[str], says: str
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", variable)
    result = kouka(*SMALL, *options)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not Path("studies.db").exists()


@pytest.mark.usefixtures("fake_worker")
def test_the_precision_is_a_setting_and_auto_is_whatever_it_is(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.running.study.best_precision", lambda: "mixed_bfloat16")
    small = [*SMALL, "--measure", "16", "--search", "0", "--confirm", "0"]
    assert kouka(*small, "--precision", "auto").exit_code == 0
    assert results().launched_with().precision == "mixed_bfloat16"
    assert "mixed_bfloat16" in describe_budget(results())
    monkeypatch.setattr("search.running.study.best_precision", lambda: "float32")
    assert kouka(*small, "--precision", "auto").exit_code == 0
    refused = kouka(*small, "--precision", "float32")
    assert refused.exit_code == 2
    assert "--precision is mixed_bfloat16, not float32" in refused.stderr


@pytest.mark.usefixtures("fake_worker")
@pytest.mark.parametrize(
    ("suffix", "options", "expected"),
    [
        (".wav", [], SETS["sound"]),
        (".png", [], SETS["article"]),
        (".wav", ["--techniques", "dropout,mixup"], ("dropout", "mixup")),
    ],
)
def test_a_new_study_of_sounds_is_of_the_techniques_for_sounds(
    kouka: Kouka, folder: Path, suffix: str, options: list[str], expected: tuple[str, ...]
) -> None:
    (folder / "mine" / "a").mkdir(parents=True)
    (folder / "mine" / "a" / "notes.txt").touch()
    (folder / "mine" / "a" / f"0{suffix}").touch()
    small = ("launch", "s", "--data", "mine", "--epochs", "1", *options, "--timeout", "0")
    assert kouka(*small).exit_code == 0
    assert results().launched_with().techniques == expected
    assert kouka(*small).exit_code == 0


def begun_elsewhere() -> tuple[optuna.storages.RDBStorage, Claim]:
    """A run that a worker of another machine has begun."""
    storage = worker_storage(STORAGE)
    theirs = Identity("far", "away", 1, 0)
    held = claim(optuna.load_study(study_name="s", storage=storage), storage, STORAGE, theirs)
    assert isinstance(held, Claim)
    return storage, held


@pytest.mark.timed
def test_launching_a_study_that_is_being_run_joins_it(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    """A run under way with another launch is neither failed nor run twice."""
    kouka(*FOUR, "--search", "0", "--confirm", "0", "--timeout", "0")
    storage, held = begun_elsewhere()
    others: list[Counter[str]] = []

    def finish_it() -> None:
        """Once all the others have ended, and the launch can but wait for it."""
        until(lambda: states(STORAGE)["COMPLETE"] == 7)
        others.append(states(STORAGE))
        storage.set_trial_user_attr(held.trial_id, schema.TEST_ACCURACY, 0.5)
        storage.set_trial_state_values(held.trial_id, TrialState.COMPLETE, [0.5])

    elsewhere = threading.Thread(target=finish_it)
    elsewhere.start()
    assert kouka("launch", "s", "--timeout", "600").exit_code == 0
    elsewhere.join()
    assert others == [Counter(COMPLETE=7, RUNNING=1)]
    assert [run.state for run in results().runs] == ["complete"] * 8


def test_a_study_of_which_a_run_is_under_way_is_not_copied(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*SMALL, "--measure", "16", "--search", "0", "--confirm", "0", "--timeout", "0")
    begun_elsewhere()
    result = kouka("copy", "s", "--to", "sqlite:///there.db")
    assert result.exit_code == 2
    assert "the study 's' has runs under way (1); stop its workers" in result.stderr


def test_a_study_named_after_a_data_set_is_of_that_data(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    for arguments, name, data in (
        (["mnist"], "mnist", "mnist"),
        (["s"], "s", "cifar10"),
        ([], "cifar10", "cifar10"),
        (["tfds:a/b:1.0.0"], "tfds:a/b:1.0.0", "tfds:a/b:1.0.0"),
        (["--data", "tfds:a"], "tfds:a", "tfds:a"),
    ):
        kouka("launch", *arguments, "--measure", "16", "--search", "0", "--confirm", "0",
              "--epochs", "1", "--timeout", "0")  # fmt: skip
        assert results(name).launched_with().data == data


def test_every_study_in_a_storage_is_its_own(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    for name in ("s", "t"):
        kouka("launch", name, *FOUR[2:], "--search", "2", "--confirm", "0")
    assert [identity(r) for r in results("s").runs] == [identity(r) for r in results("t").runs]


@pytest.mark.with_report
def test_a_measured_study_finds_the_effects_it_was_given(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    kouka(*SMALL, "--measure", "64", "--search", "0", "--confirm", "0", "--out", "out")
    with (folder / "out" / "effects.csv").open() as file:
        rows = {row["technique"]: row for row in csv.DictReader(file)}
    for name, effect in EFFECTS.items():
        assert math.isclose(float(rows[name]["effect"]), effect, abs_tol=0.5)


@pytest.mark.timed
def test_an_interruption_that_a_library_swallowed_still_ends_the_launch(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallow(*shown: object, **where: object) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    small = (*SMALL, "--measure", "64", "--search", "0", "--confirm", "0")
    monkeypatch.setattr("search.running.following._LOOK_EVERY", 0.01)  # or the runs may end before
    monkeypatch.setattr(dashboard_note, "attach", swallow)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = kouka(*small)
    finally:
        signal.signal(signal.SIGINT, before)
    assert result.exit_code == 130
    assert "the same command resumes" in result.stderr
    monkeypatch.setattr(dashboard_note, "attach", lambda *shown, **where: None)
    assert kouka(*small).exit_code == 0


@pytest.mark.parametrize(
    ("epochs", "options", "last"),
    [("4", (), 1), ("12", (), 3), ("60", (), 10), ("12", ("--last-epochs", "1"), 1)],
)
def test_a_run_is_judged_by_the_mean_of_its_last_epochs(
    kouka: Kouka, fake_worker: type[FakeWorker], epochs: str, options: tuple[str, ...], last: int
) -> None:
    command = ("launch", "s", "--data", "digits", "--techniques", "mixup,dropout", "--measure", "4",
               "--search", "1", "--confirm", "1", "--epochs", epochs, *options)  # fmt: skip
    result = kouka(*command)
    assert result.exit_code == 0, result.output
    assert results().launched_with().last_epochs == last
    for run in results().runs:
        if run.state == "complete":
            values = list(run.curve.values())
            assert run.value == pytest.approx(sum(values[-last:]) / last)
    said = " ".join(result.output.split())
    assert (f"judged by the mean of the last {last} epochs" in said) == (last > 1)
    names = stored().metric_names
    assert names is not None
    assert ("mean of the last" in names[0]) == (last > 1)
    assert kouka(*command, "--last-epochs", "2").exit_code == 2


@pytest.mark.parametrize("last", ["0", "5"])
def test_no_more_last_epochs_than_there_are(
    kouka: Kouka, fake_worker: type[FakeWorker], last: str
) -> None:
    result = kouka(*SMALL, "--epochs", "4", "--last-epochs", last)
    assert result.exit_code == 2
    assert f"--last-epochs {last} is not possible; it takes 1 to the number of epochs, 4" in (
        " ".join(result.stderr.split())
    )
