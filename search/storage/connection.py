"""Opening the database that holds the studies."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.exceptions import StorageInternalError
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from search.errors import InputError, first_line
from search.storage.passwords import without_password
from search.storage.retrying import next_step, reason_of
from search.storage.urls import TAKES, journal_file, located, redact, sqlite_file

SQLITE_WAIT = 10
"""Seconds that SQLite itself waits for a locked file, before `retrying.patiently` asks again."""
_MINUTE = 60
"""Seconds that it waits where a command opens a storage."""
_MOMENT = 3
"""Seconds of them that it waits without a word."""
_READ, _WRITE = "SELECT count(*) FROM sqlite_master", "BEGIN IMMEDIATE"
"""What waits where an SQLite file is locked for reading, and for writing."""
_UNLOCK = (
    "another program has kept it locked for a minute, such as a database browser with changes that "
    "are not saved: end that program, and repeat the command"
)
SILENCE = 60
"""Seconds after which a server closes a connection that says nothing and holds up others."""

_KNOWN: set[str] = set()
"""Storages whose tables this process has found to be those of its Optuna."""
_EXTRAS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql"}


def make_storage(url: str) -> optuna.storages.RDBStorage:
    """Open the storage at an SQLAlchemy URL; create its file and tables where they are missing.

    Raises `InputError` where it cannot be opened; see `check_writable` for the rest.
    """
    with _explained(url):
        return _opened(url)


def worker_storage(url: str) -> optuna.storages.RDBStorage:
    """Open a storage that `load_study` has found usable, for a worker that asks `patiently`."""
    return optuna.storages.RDBStorage(
        url,
        engine_kwargs=_options(url, SQLITE_WAIT),
        skip_table_creation=True,
        skip_compatibility_check=True,
    )


def find_storage(url: str) -> optuna.storages.BaseStorage | None:
    """Open the storage at a URL, or return None where nobody has made it yet.

    Creates nothing. Raises `InputError` where something is there that cannot be opened.
    """
    if journal := journal_file(url):
        return _opened_journal(journal)
    with tables(url) as engine:
        return None if engine is None else _opened(url, skip_table_creation=True)


@contextmanager
def tables(url: str) -> Iterator[sqlalchemy.Engine | None]:
    """An engine to read Optuna's tables at a URL; None where nobody has made them yet.

    Creates nothing. Raises `InputError` for what a driver raises meanwhile.
    """
    file = sqlite_file(url)
    if file is not None and not file.exists():
        yield None
        return
    with _explained(url):
        engine = sqlalchemy.create_engine(url, **_options(url))
        try:
            yield engine if _is_made(engine) else None
        finally:
            engine.dispose()


def _opened(url: str, skip_table_creation: bool = False) -> optuna.storages.RDBStorage:
    """Open a storage; Optuna's slow check of its tables is made once a process."""
    where = located(url)
    storage = optuna.storages.RDBStorage(
        url,
        engine_kwargs=_options(url),
        skip_compatibility_check=where in _KNOWN,
        skip_table_creation=skip_table_creation,
    )
    _KNOWN.add(where)
    return storage


def _opened_journal(file: Path) -> optuna.storages.JournalStorage:
    if not file.exists():  # it would be made
        raise InputError(f"there is no journal file {file}; {TAKES}")
    try:
        return optuna.storages.JournalStorage(JournalFileBackend(str(file)))
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
        raise InputError(
            f"the journal file {file} cannot be read ({error}); copy it again from where it was "
            "written"
        ) from error


def _is_made(engine: sqlalchemy.Engine) -> bool:
    """Tell that all tables are there: creating them ends with writing a version."""
    if not sqlalchemy.inspect(engine).has_table("alembic_version"):
        return False
    with engine.connect() as connection:
        count = sqlalchemy.text("SELECT count(*) FROM alembic_version")
        return bool(connection.execute(count).scalar())


def open_storage(url: str) -> optuna.storages.BaseStorage:
    """Open a storage that must be there; raises `InputError` where it is not."""
    storage = find_storage(url)
    if storage is None:
        raise InputError(f"there are no studies in {redact(url)}; `kouka launch` makes one")
    return storage


def check_writable(url: str) -> None:
    """Raise `InputError` unless the storage could be made or written, before anything else is."""
    if journal := journal_file(url):
        raise InputError(
            f"the storage {journal} is an Optuna journal file, which kouka reads and does not "
            "write; --storage sqlite:///FILE takes studies that are launched, and `kouka copy` "
            "copies a study there"
        )
    if not is_writable(url):
        raise InputError(
            f"the storage {redact(url)} cannot be written; it takes a file in a folder "
            "that exists, and you must be allowed to write to both"
        )
    # Others may read it meanwhile, so that the rest of a command could not tell before it writes.
    file = _tell_that_it_is_locked(url, _WRITE)
    if file is not None and _is_locked(file, _WRITE, _MINUTE - _MOMENT):
        raise InputError(
            f"the storage {redact(url)} cannot be written: database is locked; {_UNLOCK}"
        )


def is_writable(url: str) -> bool:
    """Tell whether a storage could be made or written, as far as its file and folder say.

    SQLite, and the lock of a study, write files beside the database.
    """
    if journal_file(url):
        return False
    file = sqlite_file(url)
    if file is None:
        return True
    needed = [file, file.parent] if file.exists() else [file.parent]
    return not file.is_dir() and all(os.access(path, os.W_OK) for path in needed)


def connect_options(url: str, wait: int) -> dict[str, Any]:
    """Options of the driver for each connection; SQLite waits `wait` seconds for a lock."""
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return {"timeout": wait}
    # What a machine that is dead, or a process that is stopped, holds must be freed in time.
    if parsed.get_backend_name() in ("mysql", "mariadb"):
        return {"init_command": f"SET SESSION wait_timeout = {SILENCE}"}
    if parsed.get_driver_name() in ("psycopg", "psycopg2"):
        # Times are compared between workers.
        silence = f"-c idle_in_transaction_session_timeout={SILENCE}s"
        return {
            "options": f"{parsed.query.get('options', '')} -c timezone=utc {silence}".strip(),
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        }
    return {}


def _options(url: str, wait: int = _MINUTE) -> dict[str, Any]:
    # A connection that broke while it was idle is replaced, not used.
    return {"connect_args": connect_options(url, wait), "pool_pre_ping": True}


def _tell_that_it_is_locked(url: str, statement: str) -> Path | None:
    """Return an SQLite file that is locked against a statement, and log that it is waited for.

    What else may be wrong is left to who opens it.
    """
    file = sqlite_file(url)
    if file is None or not file.is_file() or not _is_locked(file, statement, _MOMENT):
        return None
    logging.getLogger(__name__).warning(
        "kouka: another program has locked the storage %s; waiting for up to a minute",
        redact(url),
    )
    return file


def _is_locked(file: Path, statement: str, seconds: float) -> bool:
    """Tell whether an SQLite file stays locked against a statement for so many seconds."""
    try:
        with closing(sqlite3.connect(file, timeout=seconds, isolation_level=None)) as connection:
            connection.execute(statement)
    except sqlite3.Error as error:
        return "locked" in str(error)
    return False


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Raise `InputError`, in a sentence, for what a driver raises of a storage it cannot open."""
    _tell_that_it_is_locked(url, _READ)
    try:
        yield
    except ImportError as error:
        backend = sqlalchemy.make_url(url).get_backend_name()
        extra = _EXTRAS.get(backend)
        how = f"pip install 'kouka[{extra}]'" if extra else f"pip install {error.name}"
        raise InputError(
            f"the storage {redact(url)} cannot be opened: the driver {error.name} is not "
            f"installed; {how} installs it"
        ) from error
    except NoSuchModuleError as error:
        backend = sqlalchemy.make_url(url).get_backend_name()
        raise InputError(
            f"the storage {redact(url)} cannot be opened: SQLAlchemy knows no {backend}; {TAKES}"
        ) from error
    except (
        SQLAlchemyError, StorageInternalError, RuntimeError, OSError, UnicodeError
    ) as error:  # fmt: skip
        reason = reason_of(error)
        if password := sqlalchemy.make_url(url).password:
            reason = without_password(reason, password)
        advice = "" if sqlite_file(url) else next_step(reason)
        if "locked" in reason:
            advice = f"; {_UNLOCK}"
        raise InputError(f"the storage {redact(url)} cannot be opened: {reason}{advice}") from error


@contextmanager
def undamaged(what: str) -> Iterator[None]:
    """Raise `InputError` for what Optuna raises where the rows of a database make no sense."""
    try:
        yield
    except InputError:
        raise
    except (ValueError, TypeError, LookupError, AssertionError) as error:
        raise InputError(
            f"{what} cannot be read, because the database is damaged or was changed by another "
            f"program ({first_line(error)}); restore a copy of it"
        ) from error
