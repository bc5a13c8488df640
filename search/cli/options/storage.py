"""Options that name a study and the database in which it is."""

from __future__ import annotations

import os
from typing import Annotated

import typer

DEFAULT_STORAGE = "sqlite:///studies.db"
_VARIABLE = "KOUKA_STORAGE"
_DATABASE = "The studies' database: an SQLAlchemy URL"


def as_url(storage: str) -> str:
    """Take a file for the storage in it; ends the command where it is none."""
    from search.cli.errors import user_errors

    with user_errors():
        from search.storage.urls import storage_url

        return storage_url(storage)


StudyArgument = Annotated[str, typer.Argument(metavar="NAME", help="The study.")]
LaunchedStudyArgument = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="The study.  [default: the name of its data]"),
]
StorageOption = Annotated[
    str,
    typer.Option(
        metavar="URL|FILE",
        envvar=_VARIABLE,
        callback=as_url,
        help=f"{_DATABASE} or an SQLite file.",
    ),
]
ReadStorageOption = Annotated[
    str,
    typer.Option(
        metavar="URL|FILE",
        envvar=_VARIABLE,
        callback=as_url,
        help=f"{_DATABASE}, an SQLite file, or an Optuna journal file.",
    ),
]


def storage_option(storage: str, *, here: bool = False) -> str:
    """Return the option that names a storage in commands; empty for the default.

    Empty too where its URL holds a password, for which `storage_note` is, and where KOUKA_STORAGE
    names the storage and the commands are for this shell.
    """
    from shlex import quote

    from search.storage.passwords import has_password
    from search.storage.urls import redact

    if storage == DEFAULT_STORAGE or has_password(storage) or (here and _is_in_variable(storage)):
        return ""
    return f" --storage {quote(redact(storage))}"


def storage_note(storage: str, *, here: bool = False) -> str:
    """Return what the commands need whose `storage_option` leaves out a password; else nothing.

    Nothing too where they are for this shell and it has that already.
    """
    from search.storage.passwords import has_password

    if not has_password(storage) or (here and _is_in_variable(storage)):
        return ""
    return (
        f"The commands need {_VARIABLE} set to the URL of the database, which they leave out "
        "because it holds a password."
    )


def _is_in_variable(storage: str) -> bool:
    given = os.environ.get(_VARIABLE)
    return storage in (given, f"sqlite:///{given}")
