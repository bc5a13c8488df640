"""A lock that the workers of a study share, on one machine or on many.

It is freed when its holder's process or connection ends, however that ends.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import sqlalchemy
from filelock import FileLock, Timeout
from sqlalchemy.pool import NullPool

from search.errors import InputError
from search.storage import connection as database
from search.storage import retrying
from search.storage.connection import SQLITE_WAIT, connect_options
from search.storage.urls import redact, sqlite_file


class LockLostError(ConnectionError):
    """The lock was freed before what it guards was done; do it again."""


@contextmanager
def exclusive(url: str, name: str = "") -> Iterator[Callable[[], None]]:
    """Hold a study against every other holder; yields what to call before the end.

    Without a name it is the storage that is held, for making studies and tables.

    The call raises `LockLostError` where the lock has been lost with the connection that held
    it. Raises `TimeoutError` after `PATIENCE` seconds, and `InputError` for a database that has no
    such lock, or whose folder cannot be written.
    """
    file = sqlite_file(url)
    if file is None:
        with _locked_in_database(url, name) as confirm:
            yield confirm
        return
    with _locked_by_file(file, url):
        yield lambda: None


@contextmanager
def _locked_by_file(file: Path, url: str) -> Iterator[None]:
    """Hold the lock of an SQLite file, for all of its studies."""
    patience = retrying.PATIENCE
    # A file beside the database, as a temporary folder may differ from job to job.
    lock = FileLock(f"{file.resolve()}.lock", poll_interval=0.01)
    try:
        # Where it cannot be made, as in /proc, some versions of filelock wait for it.
        Path(lock.lock_file).touch()
        lock.acquire(timeout=patience)
    except Timeout:
        raise TimeoutError(f"another worker held the study for {patience:g} seconds") from None
    except OSError as error:
        raise InputError(
            f"the storage {redact(url)} cannot be written: its lock {lock.lock_file} could not "
            f"be made ({error.strerror}); you must be allowed to write to its folder"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _locked_in_database(url: str, name: str) -> Iterator[Callable[[], None]]:
    """Hold the lock of a study in a database's server, as long as the connection lives."""
    patience = retrying.PATIENCE
    engine = sqlalchemy.create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args=connect_options(url, SQLITE_WAIT),
    )
    take, keeps = _statements(engine.dialect.name, name)
    with engine.connect() as connection:
        version = engine.dialect.server_version_info or ()
        if engine.dialect.name == "postgresql" and version >= (14,):
            connection.execute(sqlalchemy.text(f"SET idle_session_timeout = '{database.SILENCE}s'"))
        deadline = time.monotonic() + patience
        while not connection.execute(take).scalar():
            if time.monotonic() > deadline:
                raise TimeoutError(f"another worker held the study for {patience:g} seconds")
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - no secret

        def confirm() -> None:
            try:
                kept = connection.execute(keeps).scalar()
            except sqlalchemy.exc.DBAPIError as error:
                raise LockLostError(str(error)) from error
            if not kept:
                raise LockLostError(f"the lock of the study {name!r} was lost")

        yield confirm


@contextmanager
def exclusive_to_make(url: str, name: str) -> Iterator[None]:
    """Hold a storage, and in it the study that is to be made or extended; see `exclusive`."""
    # The lock of an SQLite file is for both.
    study = exclusive(url, name) if sqlite_file(url) is None else nullcontext()
    with exclusive(url), study:
        yield


def _statements(dialect: str, name: str) -> tuple[sqlalchemy.TextClause, sqlalchemy.TextClause]:
    """SQL that takes a study's lock if it is free, and SQL that tells that it is still held."""
    digest = hashlib.sha256(f"kouka {name}".encode()).digest()
    if dialect == "postgresql":
        key = int.from_bytes(digest[:8], signed=True)
        return (
            sqlalchemy.text("SELECT pg_try_advisory_lock(:key)").bindparams(key=key),
            sqlalchemy.text("SELECT true"),  # it lives as long as its session
        )
    if dialect in ("mysql", "mariadb"):
        key_name = f"kouka {digest.hex()[:32]}"
        return (
            sqlalchemy.text("SELECT GET_LOCK(:key, 0)").bindparams(key=key_name),
            sqlalchemy.text("SELECT IS_USED_LOCK(:key) = CONNECTION_ID()").bindparams(key=key_name),
        )
    raise InputError(
        f"studies cannot be launched in a {dialect} database; --storage takes sqlite, postgresql "
        "or mysql"
    )
