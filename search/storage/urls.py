"""URLs of the databases that hold studies: read, printed, and the file that one names."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from search.errors import InputError
from search.storage.passwords import is_ambiguous

_JOURNAL = "journal"
"""Stands for the database in the URL of an Optuna journal file."""
TAKES = (
    "a storage is an SQLite file, an Optuna journal file to read, or an SQLAlchemy URL such as "
    "sqlite:///FILE"
)
"""What a message says that names none."""
LAST_PORT = 65535
"""The largest number of a port."""
_NEW_FILES = (".db", ".sqlite", ".sqlite3")
"""Endings of a file that may be made, where a file is named and not a URL."""


def storage_url(text: str) -> str:
    """The URL of a storage that is named by its URL or by its file.

    Raises `InputError` where a URL cannot be read, and where a file is named that is neither an
    SQLite database nor an Optuna journal, or that is not there and has no ending of a database.
    """
    # The colon of a drive of Windows is none of a URL.
    if ":" in os.path.splitdrive(text)[1].partition("/")[0]:
        if text.startswith("postgres://"):
            raise InputError("postgres:// is no URL of SQLAlchemy; write postgresql+psycopg://")
        if is_ambiguous(text):
            raise InputError(
                "the user or the password in the URL of the storage holds @ or /, which end it "
                "there; write @ as %40 and / as %2F"
            )
        try:
            redact(text)
            port = sqlalchemy.make_url(text).port
        except (ValueError, SQLAlchemyError):  # whose text may hold the password
            raise InputError(f"the storage is not a URL; {TAKES}") from None
        if port is not None and not 1 <= port <= LAST_PORT:
            raise InputError(
                f"the storage {redact(text)} has port {port}; it takes 1 to {LAST_PORT}"
            )
        return text
    file = Path(text)
    # By os.path, for which there is nothing of a name longer than the system allows.
    if not text or os.path.isdir(file):
        raise InputError(f"the storage {text!r} is no file and no URL; {TAKES}")
    if not os.path.exists(file):
        if file.suffix.lower() in _NEW_FILES:
            return f"sqlite:///{text}"
        raise InputError(f"the storage {text} is not there, and it is not a URL; {TAKES}")
    try:
        with file.open("rb") as content:
            begins = content.read(16)
    except OSError as error:
        raise InputError(f"the storage {text} cannot be read: {error.strerror}") from error
    if begins in (b"", b"SQLite format 3\0"):
        return f"sqlite:///{text}"
    if begins.startswith(b'{"op_code":'):
        return f"{_JOURNAL}:///{text}"
    raise InputError(
        f"the storage {text} is neither an SQLite database nor an Optuna journal file; {TAKES}"
    )


def redact(url: str) -> str:
    """The URL with its password hidden, fit to print; of a journal file its path."""
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() == _JOURNAL:
        return parsed.database or ""
    hidden = {name: "***" for name in parsed.query if "pass" in name.lower()}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


def located(url: str) -> str:
    """The URL with the path of a file made absolute, so that it holds in every folder."""
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() in ("sqlite", _JOURNAL) and parsed.database:
        parsed = parsed.set(database=str(Path(parsed.database).resolve()))
    return parsed.render_as_string(hide_password=False)


def journal_file(url: str) -> Path | None:
    """The path of an Optuna journal file, or None where the URL is of a database."""
    head, found, path = url.partition(":///")
    return Path(path) if found and head == _JOURNAL else None


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite storage, or None for another database; for one in memory, a folder.

    Raises `InputError` where the URL is none.
    """
    try:
        parsed = sqlalchemy.make_url(url)
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        raise InputError(f"the storage is not a URL; {TAKES}") from None
    if parsed.get_backend_name() != "sqlite":
        return None
    name = parsed.database or ""
    file = Path("" if name == ":memory:" else name)
    try:
        file.exists()
    except OSError as error:
        raise InputError(f"the storage {url} cannot be read: {error.strerror}") from error
    return file
