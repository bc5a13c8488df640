"""The loop of a worker: claim a planned run, train it, and again, until the study has ended."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import optuna
from optuna.trial import TrialState

from model_space.worker.client import Worker
from search.errors import StudyFailedError
from search.folder_names import folder_name
from search.planning.broken import are_alike
from search.running.claim import Claim, claim
from search.running.folders import new_folder
from search.running.picturing import picture_mistakes
from search.running.trainer import Trainer
from search.running.trial import run_trial
from search.storage.connection import worker_storage
from search.storage.heartbeat import Identity
from search.storage.reading import read
from search.storage.retrying import patiently
from search.storage.schema import TRIES
from search.storage.urls import located

_LONGEST_PAUSE = 2.0
"""Seconds between two looks at a study whose last runs are with other workers."""


@dataclass
class SharedWork:
    """The work that the workers of one process share: their study, and the runs that ended."""

    url: str
    name: str
    checkpoints: Path
    """The folder in which each study has one of its own."""
    deadline: float | None = None
    """A `time.monotonic()`, when no further run begins."""
    runs: Path | None = None
    """The folder in which each run of a command has one; None where kouka itself trains."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set to end the workers between runs."""
    finished: int = 0
    """The number of runs that finished."""
    failed: set[int] = field(default_factory=set)
    """The trials that failed."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_over(self) -> bool:
        """Check whether it is too late to begin a run."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def count(self, state: TrialState | None, trial: int) -> bool:
        """Count the run of a trial, by its number; True where the first runs have all failed."""
        with self.lock:
            self.finished += state in (TrialState.COMPLETE, TrialState.PRUNED)
            if state == TrialState.FAIL:
                self.failed.add(trial)
            return len(self.failed) >= TRIES and not self.finished


def work(shared: SharedWork, trainer: Trainer, me: Identity) -> None:
    """Run what a study lacks, together with any other workers, until it lacks nothing.

    Raises `StudyFailedError`, `TrainingError`, `Stopped` or what the storage raised after all
    patience.
    """
    url, runs, stopping = shared.url, shared.runs, shared.stopping
    storage = patiently(lambda: worker_storage(url))
    study = patiently(lambda: optuna.load_study(study_name=shared.name, storage=storage))
    folder = study_checkpoints(shared.checkpoints, url, shared.name)
    pause = 0.05
    while not stopping.is_set() and not shared.is_over():
        found = patiently(lambda: claim(study, storage, url, me))
        if not isinstance(found, Claim):
            if found.phase is None:
                break
            stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            continue
        pause = 0.05
        kept = folder / _key(found) if runs is None else new_folder(runs, found, storage)
        state = run_trial(found, study, storage, trainer, kept)
        number = patiently(partial(storage.get_trial_number_from_id, found.trial_id))
        if shared.count(state, number):
            results = patiently(lambda: read(study))
            failed = [run for run in results.runs if run.number in shared.failed]
            if not are_alike(failed, results):
                raise StudyFailedError(
                    f"{len(failed)} runs failed one after another; the last said: "
                    f"{failed[-1].failure}"
                )
    if not stopping.is_set() and runs is None:
        patiently(lambda: picture_mistakes(study, cast(Worker, trainer)))


def study_checkpoints(folder: Path, url: str, name: str) -> Path:
    """The folder, in a folder of checkpoints, that is a study's."""
    digest = hashlib.sha256(f"{located(url)}\0{name}".encode()).hexdigest()[:16]
    return folder / f"{folder_name(name, str.isalnum, '_')}-{digest}"


def _key(found: Claim) -> str:
    """The file of a planned run's checkpoint; the run checks for itself that it is its own."""
    digest = hashlib.sha256(json.dumps(found.recipe, sort_keys=True).encode()).hexdigest()[:8]
    return f"{found.planned.phase}-{found.planned.seed}-{digest}.npz"
