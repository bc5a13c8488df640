"""`kouka copy`: a study's copy in another storage."""

from __future__ import annotations

from shlex import quote
from typing import Annotated

import typer

from search.cli.errors import user_errors
from search.cli.options.storage import DEFAULT_STORAGE, ReadStorageOption, StudyArgument, as_url


def _as_url(to: str | None) -> str | None:
    return None if to is None else as_url(to)


def copy(
    name: StudyArgument,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL|FILE",
            callback=_as_url,
            help="The database to copy it to: an SQLAlchemy URL or an SQLite file.  [default: the "
            "study's own, with --as]",
        ),
    ] = None,
    called: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="The copy's name.  [default: NAME]")
    ] = None,
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Copy a study to another storage, or to another name.

    The copy has everything: runs, settings, figures and notes.
    """
    from search.storage.urls import redact

    to, called = to or storage, called or name
    kept = f"the study is as it was, and {redact(to)} has no copy of it"
    removed = f"optuna delete-study --study-name {quote(called)} --storage {quote(redact(to))}"
    remedy = f"make room there, remove it with {removed}, and copy it again"
    with user_errors(remedy, kept):
        from search.cli.console import quiet_optuna
        from search.reporting.formatting import counted
        from search.running.making import check_name
        from search.storage.copying import copy
        from search.storage.tracked_by_git import caution

        quiet_optuna()
        if called != name:
            check_name(called)
        trials = copy(storage, name, to, called)
        renamed = "" if called == name else f" as {called}"
        print(f"Copied {name} with its {counted(trials, 'run')} to {redact(to)}{renamed}.")
        if note := caution(to):
            print(note)
