"""Studies copied from one storage to another."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import _CachedStorage
from optuna_dashboard import get_note
from sqlalchemy.exc import OperationalError

from search.storage.connection import open_storage
from search.storage.reading import read
from search.storage.studies import load_study, study_names
from tests.search.reporting.test_dashboard_note import attached
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker
from tests.support.foreign import foreign_study

HERE, THERE = "sqlite:///studies.db", "sqlite:///there.db"
LAUNCH = ("launch", "s", "--data", "digits", "--measure", "16", "--search", "2", "--confirm", "2",
          "--epochs", "2", "--out", "out")  # fmt: skip


def test_a_copy_holds_everything_and_a_launch_goes_on_there(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    fake_worker.interrupt_at = 18
    assert kouka(*LAUNCH).exit_code == 130
    result = kouka("copy", "s", "--to", THERE)
    assert result.exit_code == 0, result.output
    assert result.output == "Copied s with its 19 runs to sqlite:///there.db.\n"
    before, after = load_study(HERE, "s"), load_study(THERE, "s")
    assert read(after) == read(before)
    assert attached(after) == attached(before) != {}
    assert get_note(after) == get_note(before) != ""
    assert after.metric_names == before.metric_names
    for one, other in zip(before.trials, after.trials, strict=True):
        assert one.datetime_start == other.datetime_start
        assert one.distributions == other.distributions

    assert kouka(*LAUNCH, "--storage", THERE).exit_code == 0
    assert kouka(*LAUNCH).exit_code == 0
    runs = [
        [replace(run, number=0) for run in read(load_study(url, "s")).runs if run.ended]
        for url in (HERE, THERE)
    ]
    assert runs[0] == runs[1]


@pytest.mark.usefixtures("no_report")
def test_what_cannot_be_copied_is_told_and_left_as_it_is(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    kouka(*LAUNCH[:-6], "--search", "0", "--confirm", "0", "--epochs", "1", "--out", "out")
    for arguments, said in (
        (("copy", "nope", "--to", THERE), "there is no study 'nope'"),
        (("copy", "s", "--to", HERE), "is in sqlite:///studies.db already"),
        (("copy", "s", "--to", "nonsense"), "the storage nonsense is not there"),
        (("copy", "s", "--to", "sqlite:///no/folder/x.db"), "cannot be written"),
        (("copy", "s", "--to", "/proc/x.db"), "cannot be written"),
    ):
        result = kouka(*arguments)
        assert result.exit_code == 2, result.output
        assert said in " ".join(result.stderr.split())
    assert not (folder / "there.db").exists()
    assert kouka("copy", "s", "--to", THERE).exit_code == 0
    result = kouka("copy", "s", "--to", THERE)
    assert result.exit_code == 2
    assert "there is a study 's' in sqlite:///there.db already" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("no_report")
def test_a_copy_may_have_another_name(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    assert kouka(*LAUNCH).exit_code == 0
    result = kouka("copy", "s", "--as", "t")
    assert result.output.startswith("Copied s with its 28 runs to sqlite:///studies.db as t.\n")
    assert kouka("copy", "s", "--as", "u", "--to", THERE).exit_code == 0
    before = read(load_study(HERE, "s"))
    for url, name in ((HERE, "t"), (THERE, "u")):
        assert replace(read(load_study(url, name)), name="s") == before
    resumed = kouka("launch", "t", *LAUNCH[2:])
    assert resumed.exit_code == 0, resumed.output
    for arguments, said in (
        (("--as", "t"), "there is a study 't' in sqlite:///studies.db already; --to takes a"),
        (("--as", "s"), "the study 's' is in sqlite:///studies.db already; --to takes another"),
        (("--as", ".."), "a study cannot be called '..'"),
        ((), "the study 's' is in sqlite:///studies.db already; --to takes another"),
    ):
        refused = kouka("copy", "s", *arguments)
        assert refused.exit_code == 2, refused.output
        assert said in refused.stderr
    assert sorted(study_names(open_storage(HERE))) == ["s", "t"]


@pytest.mark.usefixtures("no_report")
def test_a_copy_that_is_interrupted_leaves_nothing(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    kouka(*LAUNCH)
    real = _CachedStorage.create_new_trial
    copied: list[int] = []

    def stop(*arguments: Any, **options: Any) -> int:
        if len(copied) == 5:
            raise KeyboardInterrupt
        copied.append(real(*arguments, **options))
        return copied[-1]

    monkeypatch.setattr(_CachedStorage, "create_new_trial", stop)
    kouka("copy", "s", "--to", THERE)
    assert len(copied) == 5
    assert not (folder / "there.db").exists()


@pytest.mark.usefixtures("no_report")
def test_a_copy_that_a_full_disk_ends_leaves_nothing_or_says_what(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    kouka(*LAUNCH)
    real = _CachedStorage.create_new_trial

    def full(*arguments: Any, **options: Any) -> int:
        raise OperationalError("", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(_CachedStorage, "create_new_trial", full)
    result = kouka("copy", "s", "--to", THERE)
    assert result.exit_code == 1
    assert "(database or disk is full)" in result.stderr
    assert "sqlite:///there.db has no copy of it" in " ".join(result.stderr.split())
    assert not (folder / "there.db").exists()

    monkeypatch.setattr(_CachedStorage, "create_new_trial", real)
    assert kouka("launch", "other", *LAUNCH[2:], "--storage", THERE).exit_code == 0
    monkeypatch.setattr(_CachedStorage, "create_new_trial", full)
    assert kouka("copy", "s", "--to", THERE).exit_code == 1
    assert study_names(open_storage(THERE)) == ["other"]

    monkeypatch.setattr(_CachedStorage, "delete_study", full)
    result = kouka("copy", "s", "--to", THERE)
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "a part of 's' is in sqlite:///there.db and cannot be removed" in said
    assert "optuna delete-study --study-name s --storage sqlite:///there.db" in said


def test_another_programs_trial_under_way_is_left_to_its_worker(kouka: Kouka, folder: Path) -> None:
    """Optuna's workers give no sign of life unless they are asked to."""
    study = foreign_study(storage=HERE)
    trial = study.ask()
    result = kouka("copy", "foreign", "--to", THERE)
    assert result.exit_code == 2
    assert result.stderr == (
        "kouka: the study 'foreign' has runs under way (1); stop its workers, or copy it when it "
        "has ended, or end trial 8 by study.tell(8, state=optuna.trial.TrialState.FAIL) if no "
        "process runs it any more\n"
    )
    study.tell(trial, 0.5)
    assert kouka("copy", "foreign", "--to", THERE).exit_code == 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE trial_params SET distribution_json = '{'",
        "UPDATE trials SET state = 'DONE'",
        "UPDATE trials SET datetime_start = 'yesterday'",
    ],
)
def test_a_damaged_study_is_told_and_nothing_is_left_of_its_copy(
    kouka: Kouka, folder: Path, damage: str
) -> None:
    foreign_study(storage=HERE)
    with closing(sqlite3.connect("studies.db")) as database:
        database.execute(damage)
        database.commit()
    result = kouka("copy", "foreign", "--to", THERE)
    assert result.exit_code == 2
    assert "the study 'foreign' cannot be read, because the database is damaged" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("there.db").exists()
