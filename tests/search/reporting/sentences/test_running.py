"""Trials that a killed process left running, in status and report."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import optuna
import pytest
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from search import analyse
from tests.support.faked import Kouka
from tests.support.foreign import foreign_study

NOW = datetime.now().replace(microsecond=0)
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5)


def left_running(began: datetime, storage: str | RDBStorage = "sqlite:///studies.db") -> None:
    """A study of eight trials of 70 seconds each, and two that have not ended."""
    study = foreign_study("template", storage=storage)
    other = optuna.create_study(storage=study._storage, study_name="left", direction="maximize")
    for trial in study.trials:
        trial.datetime_start, trial.datetime_complete = NOW, NOW + timedelta(seconds=70)
        other.add_trial(trial)
    for minutes in (5, 0):
        trial = create_trial(state=TrialState.RUNNING)
        trial.datetime_start = began + timedelta(minutes=minutes)
        other.add_trial(trial)


def _beating() -> RDBStorage:
    with pytest.warns(ExperimentalWarning):
        return RDBStorage("sqlite:///studies.db", heartbeat_interval=1)


@pytest.mark.parametrize("kind", ["sqlite", "heartbeats", "journal"])
def test_since_when_trials_run_is_told_and_how_to_end_one(
    kouka: Kouka, folder: Path, kind: str
) -> None:
    storages: dict[str, tuple[str | BaseStorage, str]] = {
        "sqlite": ("sqlite:///studies.db", "studies.db"),
        "heartbeats": (_beating(), "studies.db"),
        "journal": (JournalStorage(JournalFileBackend("journal.log")), "journal.log"),
    }
    storage, named = storages[kind]
    left_running(LONG_AGO, storage)  # type: ignore[arg-type]
    shown = " ".join(kouka("status", "left", "--storage", named).stdout.split())
    lost = (
        "No other trial took longer than 70 s: if no process runs trial 9 any more, "
        "study.tell(9, state=optuna.trial.TrialState.FAIL) ends it."
    )
    assert f"Beside these: 2 running (the first since 2026-01-02 03:04). {lost}" in shown
    study = optuna.load_study(study_name="left", storage=storage)
    said = f"2 trials are running (the first since 2026-01-02 03:04), and are left out. {lost}"
    assert said in analyse(study).cautions
    status = json.loads(kouka("status", "left", "--json", "--storage", named).stdout)
    assert status["studies"][0]["running_since"] == "2026-01-02T03:04:05"
    for number in (8, 9):
        study.tell(number, state=TrialState.FAIL)
    assert "2 trials have failed, and are left out." in analyse(study).cautions


def test_a_trial_that_may_well_be_at_work_is_not_called_lost(folder: Path) -> None:
    begun = datetime.now() - timedelta(minutes=1)
    left_running(begun)
    study = optuna.load_study(study_name="left", storage="sqlite:///studies.db")
    study.tell(8, state=TrialState.FAIL)
    since = f"{begun:%Y-%m-%d %H:%M}"
    assert (
        f"1 trial has failed and 1 trial is running (since {since}), and are left out."
        in analyse(study).cautions
    )
