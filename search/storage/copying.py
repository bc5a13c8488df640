"""A study's copy in another storage, with everything in it."""

from __future__ import annotations

from contextlib import nullcontext

import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from search.errors import InputError
from search.storage.connection import (
    check_writable,
    find_storage,
    is_writable,
    make_storage,
    open_storage,
)
from search.storage.heartbeat import fail_lost
from search.storage.lock import exclusive
from search.storage.studies import load_study, study_names
from search.storage.urls import located, redact


def copy(url: str, name: str, to: str) -> int:
    """Copy a study's trials, settings, figures and notes to another storage.

    Returns how many trials there are; nothing is left behind where it fails. Raises `InputError`
    where the study is missing, has runs under way, or is there already.
    """
    storage = open_storage(url)
    study = load_study(url, name)
    check_writable(to)
    if located(url) == located(to):
        raise InputError(f"the study {name!r} is in {redact(to)} already; --to takes another")
    with exclusive(url, name) if is_writable(url) else nullcontext(), exclusive(to):
        if isinstance(storage, RDBStorage) and is_writable(url):
            fail_lost(study, storage)
        if running := study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            raise InputError(
                f"the study {name!r} has runs under way ({len(running)}); stop its workers, or "
                "copy it when it has ended"
            )
        target = find_storage(to)
        if target is not None and name in study_names(target):
            raise InputError(
                f"there is a study {name!r} in {redact(to)} already; --to takes a storage without "
                "one of that name"
            )
        target = make_storage(to)
        try:
            optuna.copy_study(from_study_name=name, from_storage=storage, to_storage=target)
        except BaseException:
            if name in study_names(target):
                optuna.delete_study(study_name=name, storage=target)
            raise
        return len(load_study(to, name).get_trials(deepcopy=False))
