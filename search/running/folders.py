"""Folders of a command's runs: each run has one of its own, which its trial names."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from optuna.storages import RDBStorage

from search.commands.program import Program
from search.errors import InputError, StudyFailedError
from search.folder_names import folder_name
from search.running.claim import Claim
from search.storage import schema
from search.storage.heartbeat import fail
from search.storage.retrying import patiently
from search.writable import why_unwritable


def runs_folder(program: Program, name: str) -> Path:
    """Return the folder of a study's runs, beside the program: runs/NAME."""
    return Path(program.directory) / "runs" / folder_name(name)


def check_runs_folder(program: Program, name: str) -> None:
    """Raise `InputError` where the runs of a study could not be kept, before any has begun."""
    folder = runs_folder(program, name)
    if error := why_unwritable(folder):
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"the folder {folder}, in which kouka keeps what the runs print, cannot be written "
            f"({reason}); make room there and make it writable, or launch a new study from another "
            "folder"
        ) from error


def new_folder(runs: Path, claim: Claim, storage: RDBStorage) -> Path:
    """Make the folder of a run, and keep in its trial where it is.

    Raises `StudyFailedError`, after giving the run back, where it cannot be made.
    """
    number = patiently(lambda: storage.get_trial_number_from_id(claim.trial_id))
    try:
        folder = made_folder(runs, str(number))
    except StudyFailedError:
        patiently(lambda: fail(storage, claim.trial_id, schema.INTERRUPTED))
        raise
    patiently(lambda: storage.set_trial_user_attr(claim.trial_id, schema.FOLDER, str(folder)))
    return folder


def made_folder(runs: Path, name: str) -> Path:
    """Make a new folder, whose name has a number after it where another study's run has it.

    Raises `StudyFailedError` where it cannot be made: on a disk that is full, every further run
    would fail too.
    """
    number = 0
    try:
        runs.mkdir(parents=True, exist_ok=True)
        while True:
            number += 1
            folder = runs / (name if number == 1 else f"{name}-{number}")
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
    except OSError as error:
        raise StudyFailedError(
            f"the folder {runs} of the runs cannot be written ({error.strerror})"
        ) from error
