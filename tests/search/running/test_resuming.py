"""Studies that are interrupted, extended, and worked on by several, with a worker that computes."""

import contextlib
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from model_space.recipe import Recipe
from model_space.worker.client import Stopped, TrainingError
from search.reporting import dashboard_note
from search.results import Results
from search.running.claim import Claim, claim
from search.storage import schema
from search.storage.connection import worker_storage
from search.storage.heartbeat import Identity
from tests.support.faked import (
    FEW,
    FOUR,
    SMALL,
    STORAGE,
    Kouka,
    ended,
    identity,
    launched,
    results,
    stored,
)
from tests.support.fakes import FakeWorker
from tests.support.harness import states
from tests.support.processes import until

pytestmark = pytest.mark.usefixtures("no_report")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What a study that nothing interrupts comes to."""
    return [identity(run) for run in launched(tmp_path_factory.mktemp("undisturbed"), *FEW).runs]


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
    assert kouka("launch", "s", "--measure", "16", "--search", "6", "--confirm", "2", "--ladder",
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


def test_a_timeout_ends_between_runs_and_the_same_command_goes_on(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    result = kouka(*FEW, "--timeout", "0")
    assert result.exit_code == 0
    assert "left; a later launch or worker goes on." in " ".join(result.output.split())
    assert not ended("measure")
    assert kouka(*FEW).exit_code == 0
    assert len(ended("measure")) == 8


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
    assert "confirm 5/5" in result.output


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
    assert len(ended("confirm")) == 5


def test_a_worker_whose_images_or_versions_differ_refuses(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*FEW, "--timeout", "0")
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


def test_a_run_that_ends_with_a_display_that_broke_is_no_failed_try(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of `kouka launch | head`, where what is printed cannot be written any more."""
    stopped = threading.Event()

    def train(worker: FakeWorker, *run: object, **options: object) -> None:
        assert stopped.wait(300)
        raise Stopped if worker.asked_to_stop else TrainingError("the process was stopped")

    def seen(progress: object, found: Results, now: object) -> None:
        if any(run.state == "running" for run in found.runs):
            raise BrokenPipeError

    monkeypatch.setattr(fake_worker, "train", train)
    monkeypatch.setattr(fake_worker, "stop", lambda worker: stopped.set())
    monkeypatch.setattr("search.cli.progress.Progress.seen", seen)
    assert kouka(*FOUR).exit_code == 1
    until(lambda: states(STORAGE)["FAIL"] == 1)
    assert results().runs[0].failure == schema.INTERRUPTED


@pytest.mark.timed
def test_an_interruption_that_a_library_swallowed_still_ends_the_launch(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def swallow(*shown: object, **where: object) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    def ask_to_stop(worker: FakeWorker) -> None:
        worker.asked_to_stop = True
        asked.set()

    def hold(recipe: Recipe) -> bool:
        """Let no run but the first end before, or all might have ended."""
        assert len(fake_worker.trained) < 2 or asked.wait(300)
        return False

    small = (*FOUR, "--search", "0", "--confirm", "0")
    fake_worker.fail = staticmethod(hold)
    monkeypatch.setattr(fake_worker, "ask_to_stop", ask_to_stop)
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


@pytest.mark.usefixtures("no_report")
def test_checkpoints_that_cannot_be_written_are_refused_before_a_run(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    (folder / "file").write_text("a file")
    elsewhere = ("--checkpoints", "file/ck")
    result = kouka(*FEW, *elsewhere)
    assert result.exit_code == 2
    assert result.stderr == (
        "kouka: --checkpoints file/ck cannot be written (Not a directory); it takes a folder\n"
    )
    assert [file.name for file in folder.iterdir()] == ["file"]
    kouka(*FEW, "--timeout", "0")
    for command in ("worker", "train"):
        result = kouka(command, "s", *elsewhere)
        assert result.exit_code == 2
        assert result.stderr.startswith("kouka: --checkpoints file/ck cannot be written")
    assert not fake_worker.trained
