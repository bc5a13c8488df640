"""Opening the database that holds the studies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from search.errors import InputError

_SECONDS_TO_WAIT_FOR_A_LOCK = 60


def redact(url: str) -> str:
    """The URL with its password hidden, fit to print."""
    return sqlalchemy.make_url(url).render_as_string(hide_password=True)


def located(url: str) -> str:
    """The URL as it reads from every folder: the path of an SQLite file is made absolute."""
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        parsed = parsed.set(database=str(Path(parsed.database).resolve()))
    return parsed.render_as_string(hide_password=False)


def make_storage(url: str) -> optuna.storages.RDBStorage:
    """Open the storage at an SQLAlchemy URL, making its file and tables where they are missing.

    Raises `InputError` where it cannot be opened; see `check_writable` for the rest.
    """
    with _told(url):
        return optuna.storages.RDBStorage(url, engine_kwargs=_options(url))


def find_storage(url: str) -> optuna.storages.RDBStorage | None:
    """Open the storage at an SQLAlchemy URL, or return None where nobody has made it yet.

    Creates nothing. Raises `InputError` where something is there that cannot be opened.
    """
    file = _sqlite_file(url)
    if file is not None and not file.exists():
        return None
    options = _options(url)
    with _told(url):
        engine = sqlalchemy.create_engine(url, **options)
        has_studies = sqlalchemy.inspect(engine).has_table("studies")
        engine.dispose()
        if not has_studies:
            return None
        return optuna.storages.RDBStorage(url, engine_kwargs=options, skip_table_creation=True)


def open_storage(url: str) -> optuna.storages.RDBStorage:
    """Open a storage that must be there; raises `InputError` where it is not."""
    storage = find_storage(url)
    if storage is None:
        raise InputError(f"there are no studies in {redact(url)}; `kouka launch` makes one")
    return storage


def check_writable(url: str) -> None:
    """Raise `InputError` unless the storage could be made or written, before anything else is."""
    file = _sqlite_file(url)
    if file is not None and (
        file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK)
    ):
        raise InputError(
            f"the storage {redact(url)} cannot be written; it takes a file in a folder "
            "that exists and that you may write to"
        )


def _sqlite_file(url: str) -> Path | None:
    try:
        parsed = sqlalchemy.make_url(url)
    except ArgumentError:
        raise InputError(
            "the storage is not a URL; it takes sqlite:///FILE or another SQLAlchemy URL"
        ) from None
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def _options(url: str) -> dict[str, Any]:
    if _sqlite_file(url) is None:
        return {}
    return {"connect_args": {"timeout": _SECONDS_TO_WAIT_FOR_A_LOCK}}


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn what a driver says of a storage that it cannot open into a sentence."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError, ImportError, RuntimeError, OSError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        reason = str(getattr(cause, "orig", None) or cause).strip().splitlines()[0]
        if password := sqlalchemy.make_url(url).password:
            reason = reason.replace(password, "***")
        raise InputError(f"the storage {redact(url)} cannot be opened: {reason}") from error


def load_study(url: str, name: str) -> optuna.Study:
    """Return a study of a storage; `InputError` names those there are where it is missing."""
    storage = open_storage(url)
    names = study_names(storage)
    if name not in names:
        held = f"it holds {', '.join(names)}" if names else "it holds none yet"
        raise InputError(f"there is no study {name!r} in {redact(url)}; {held}")
    return optuna.load_study(study_name=name, storage=storage)


def study_names(storage: optuna.storages.BaseStorage) -> list[str]:
    """The names of the studies, oldest first."""
    return [study.study_name for study in storage.get_all_studies()]
