"""A study's copy in another storage, with everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from search.errors import InputError, StudyFailedError
from search.settings import is_settings
from search.storage import schema
from search.storage.connection import (
    check_writable,
    find_storage,
    is_writable,
    make_storage,
    open_storage,
    undamaged,
)
from search.storage.heartbeat import fail_lost
from search.storage.lock import exclusive, exclusive_to_make
from search.storage.retrying import reason_of
from search.storage.studies import load_study, study_names
from search.storage.urls import located, redact, sqlite_file


def copy(url: str, name: str, to: str, called: str | None = None) -> int:
    """Copy a study's trials, settings, figures and notes to another storage, or another name.

    Returns how many trials there are; nothing is left behind where it fails. Raises `InputError`
    where the study is missing, has runs under way, or is there already, and `StudyFailedError`
    where it fails and something is left behind.
    """
    called = called or name
    storage = open_storage(url)
    study = load_study(url, name)
    check_writable(to)
    within = located(url) == located(to)
    if within and called == name:
        raise InputError(
            f"the study {name!r} is in {redact(to)} already; --to takes another storage, or --as "
            "another name"
        )
    with _held(url, name, None if within else to), undamaged(f"the study {name!r}"):
        own = is_settings(study.user_attrs.get(schema.SETTINGS))
        if own and isinstance(storage, RDBStorage) and is_writable(url):
            fail_lost(study, storage)
        if running := study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            # Another program's workers need give no sign of life, so only its user knows of them.
            number = running[0].number
            lost = (
                f", or end trial {number} by {schema.given_up_by(number)} if no process runs it "
                "any more"
            )
            raise InputError(
                f"the study {name!r} has runs under way ({len(running)}); stop its workers, or "
                f"copy it when it has ended{'' if own else lost}"
            )
        target = find_storage(to)
        if target is not None and called in study_names(target):
            raise InputError(
                f"there is a study {called!r} in {redact(to)} already; --to takes a storage "
                "without one of that name, and --as another name"
            )
        file = sqlite_file(to)
        made = None if file is None or file.exists() else file
        target = make_storage(to)
        try:
            optuna.copy_study(
                from_study_name=name, from_storage=storage, to_storage=target, to_study_name=called
            )
        except BaseException:
            _take_back(target, called, to, made)
            raise
        return len(load_study(to, called).get_trials(deepcopy=False))


@contextmanager
def _held(url: str, name: str, to: str | None) -> Iterator[None]:
    """Hold a study and the storage that its copy is made in: another, or with None its own."""
    if to is None:
        with exclusive_to_make(url, name):
            yield
        return
    with exclusive(url, name) if is_writable(url) else nullcontext(), exclusive(to):
        yield


def _take_back(target: RDBStorage, name: str, to: str, made: Path | None) -> None:
    """Remove what there is of a copy; where its file was made for it, the file.

    Raises `StudyFailedError` where that fails, as on a disk that is full.
    """
    if made is not None:
        target.engine.dispose()
        made.unlink(missing_ok=True)
        return
    try:
        if name in study_names(target):
            optuna.delete_study(study_name=name, storage=target)
    except (SQLAlchemyError, StorageInternalError) as error:
        raise StudyFailedError(
            f"a part of {name!r} is in {redact(to)} and cannot be removed ({reason_of(error)})"
        ) from error
