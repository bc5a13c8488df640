"""Opening the database that holds the studies."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from search.errors import InputError

_SECONDS_TO_WAIT_FOR_A_LOCK = 60


def redact(url: str) -> str:
    """The URL with its password hidden, fit to print."""
    try:
        return sqlalchemy.make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "that is not of the form DIALECT://…"


def open_storage(url: str, *, create: bool) -> optuna.storages.RDBStorage:
    """Open the storage at an SQLAlchemy URL, making its tables only if `create`.

    Raises `InputError` where it cannot be opened, or is not there and is not to be made.
    """
    try:
        parsed = sqlalchemy.make_url(url)
    except ArgumentError:
        raise InputError(
            "--storage is not a URL; it takes sqlite:///FILE or another SQLAlchemy URL"
        ) from None
    options: dict[str, Any] = {}
    if parsed.get_backend_name() == "sqlite":
        file = Path(parsed.database or "")
        if not create and not file.exists():
            raise InputError(f"there is no storage at {redact(url)}; `kouka launch` makes one")
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            raise InputError(
                f"the storage {redact(url)} cannot be written; --storage takes a file in a "
                "folder that exists and that you may write to"
            )
        options = {"connect_args": {"timeout": _SECONDS_TO_WAIT_FOR_A_LOCK}}
    try:
        return optuna.storages.RDBStorage(url, engine_kwargs=options, skip_table_creation=not create)
    except (SQLAlchemyError, ImportError, RuntimeError, AssertionError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if parsed.password:
            reason = reason.replace(str(parsed.password), "***")
        raise InputError(f"the storage {redact(url)} cannot be opened: {reason}") from error


def load_study(url: str, name: str) -> optuna.Study:
    """Return a study of a storage; `InputError` names those there are where it is missing."""
    storage = open_storage(url, create=False)
    names = study_names(storage)
    if name not in names:
        held = f"it holds {', '.join(names)}" if names else "it holds none yet"
        raise InputError(f"there is no study {name!r} in {redact(url)}; {held}")
    return optuna.load_study(study_name=name, storage=storage)


def study_names(storage: optuna.storages.BaseStorage) -> list[str]:
    """The names of the studies, oldest first."""
    return [study.study_name for study in storage.get_all_studies()]
