"""Asking a database again while it is away."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)

_MOMENT = 2.0
"""Seconds; another's transaction may take as long."""
PATIENCE = 300.0
"""Seconds that a worker waits for a storage that is away."""
_Answer = TypeVar("_Answer")


def patiently(ask: Callable[[], _Answer]) -> _Answer:
    """Call `ask`, again and again while the database is away, for at most `PATIENCE` seconds.

    `ask` must bear being called twice. Raises what it raised last.
    """
    began, me = time.monotonic(), threading.get_ident()
    pause = 0.1
    try:
        while True:
            try:
                return ask()
            except (SQLAlchemyError, StorageInternalError, ConnectionError) as error:
                if not is_away(error) or time.monotonic() > began + PATIENCE:
                    raise
                _WAITING[me] = began, reason_of(error)
            time.sleep(pause)
            pause = min(2 * pause, 5)
    finally:
        _WAITING.pop(me, None)


_WAITING: dict[int, tuple[float, str]] = {}
"""By the thread that waits, since when and why."""


def waits_for() -> str:
    """Say why a thread of this process has been waiting for the database for more than a moment;
    empty where none has."""
    late = time.monotonic() - _MOMENT
    return next((reason for since, reason in [*_WAITING.values()] if since < late), "")


def reason_of(error: Exception) -> str:
    """The first line of what a database says of an error."""
    cause = error.__cause__ or error
    # What the database itself said, without SQLAlchemy's advice before it.
    said = str(getattr(cause, "orig", None) or cause).strip()
    return (said or type(error).__name__).splitlines()[0]


def next_step(reason: str) -> str:
    """What to do where a database says so, to follow its reason; empty elsewhere."""
    return next((f"; {do}" for said, do in _NEXT_STEPS.items() if re.search(said, reason)), "")


_NEXT_STEPS = {
    r"resolve host|not known|translate host|No address|name resolution":
        "correct the host in its URL",
    r"refused|Can't connect|[Tt]imed out|timeout expired|No route|unreachable":
        "start the database server, or correct the host and the port in its URL",
    r"authentication failed|no password supplied|Access denied|role .* does not exist":
        "correct the user and the password in its URL",
    r"database .* does not exist|Unknown database": "create that database, or correct its URL",
    r"database is locked":
        "end the program that locked it, such as a database browser with changes that are not "
        "saved",
}  # fmt: skip
"""By what PostgreSQL, MySQL and SQLite, and their drivers, say."""


def is_away(error: Exception) -> bool:
    """Tell an error of a database that cannot be reached, or written, just now."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if isinstance(cause, (OperationalError, InterfaceError)):
        return "no such" not in str(cause.orig)
    # A connection that broke within a transaction; the next try has another one.
    broke = isinstance(cause, DBAPIError) and cause.connection_invalidated
    return broke or isinstance(cause, (ConnectionError, PendingRollbackError))
