"""The studies of a storage: found by name, with Optuna or straight from its tables."""

from __future__ import annotations

from os import PathLike, fspath

import optuna

from search.errors import InputError, as_given, did_you_mean
from search.storage.connection import open_storage, tables, undamaged
from search.storage.optuna_internals import CopiedStudy, copies
from search.storage.urls import journal_file, redact, storage_url


def load_study(url: str | PathLike[str], name: str) -> optuna.Study:
    """Return a study of a storage, which is named by its URL or its file.

    Raises `InputError` where it cannot be opened, or the study is missing, with those there are.
    """
    if not isinstance(url, str | PathLike):
        raise InputError(
            f"{url!r} names no storage; it takes a URL such as sqlite:///FILE, or a file; "
            "optuna.load_study takes a storage"
        )
    if not isinstance(name, str):
        raise InputError(f"{as_given(name)} names no study; it takes a study's name, str")
    url = storage_url(fspath(url))
    storage = open_storage(url)
    names = study_names(storage)
    if name not in names:
        held = f"it holds {', '.join(names)}" if names else "it holds none yet"
        near = did_you_mean(name, names)
        raise InputError(f"there is no study {name!r} in {redact(url)}{near}; {held}")
    with undamaged(f"the study {name!r}"):
        return optuna.load_study(study_name=name, storage=storage)


def all_studies(url: str) -> list[optuna.Study]:
    """Return the studies of a storage that must be there, oldest first."""
    storage = open_storage(url)
    with undamaged(f"the storage {redact(url)}"):
        return [
            optuna.load_study(study_name=name, storage=storage) for name in study_names(storage)
        ]


def study_names(storage: optuna.storages.BaseStorage) -> list[str]:
    """The names of the studies, oldest first."""
    with undamaged("the list of studies"):
        return [study.study_name for study in storage.get_all_studies()]


def outlined_studies(url: str, name: str | None = None) -> list[optuna.Study]:
    """Return a study of a storage that must be there, or all, without the trials' epochs.

    Straight from the tables, in a fraction of the time that Optuna takes, where their version is
    known; else as `load_study` and `all_studies` do. Raises `InputError` as these do.
    """
    found = _copied(url, name, epochs=False)
    if found or (found is not None and name is None):
        return list(found)
    return all_studies(url) if name is None else [load_study(url, name)]


def read_study(url: str, name: str) -> optuna.Study:
    """Return a study of a storage as it is now, which does not change any more; as `load_study`.

    Straight from the tables, as `outlined_studies`, but with the trials' epochs.
    """
    found = _copied(url, name, epochs=True)
    return found[0] if found else load_study(url, name)


def _copied(url: str, name: str | None, *, epochs: bool) -> list[CopiedStudy] | None:
    """The study of a name, or all, straight from the tables; None where Optuna must read them."""
    if journal_file(url):
        return None
    what = f"the storage {redact(url)}" if name is None else f"the study {name!r}"
    with tables(url) as engine, undamaged(what):
        return None if engine is None else copies(engine, name, epochs=epochs)
