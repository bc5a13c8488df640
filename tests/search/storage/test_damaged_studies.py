"""Damaged databases and those of other programs: read or refused in a sentence, and soon."""

from __future__ import annotations

import ntpath
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from search.errors import InputError
from search.storage.reading import read
from search.storage.studies import all_studies
from search.storage.urls import sqlite_file, storage_url
from tests.support.damage import within
from tests.support.faked import Kouka

KEPT = Path(__file__).parents[2] / "kept" / "study-0.1.db"


def outcome(database: Path) -> str:
    said, studies = "", 0
    with within(10):
        try:
            studies = len([read(study) for study in all_studies(storage_url(str(database)))])
        except InputError as error:
            said = str(error)
    assert "\n" not in said
    return "refused" if said else "read" if studies else "empty"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ("UPDATE trial_values SET value = 'x'", "read"),
        ("UPDATE trial_values SET value = NULL", "refused"),
        ("UPDATE trial_values SET value_type = 'INF_POS'", "refused"),
        ("UPDATE trial_intermediate_values SET intermediate_value = 'x'", "read"),
        ("UPDATE trial_user_attributes SET value_json = '{'", "refused"),
        ("UPDATE trial_user_attributes SET value_json = '[]'", "read"),
        ("UPDATE study_user_attributes SET value_json = '{'", "refused"),
        ("UPDATE study_user_attributes SET value_json = '3'", "read"),
        ("UPDATE trial_params SET distribution_json = 'x'", "refused"),
        ("UPDATE trial_params SET param_value = 99", "refused"),
        ("UPDATE trials SET state = 'GONE'", "refused"),
        ("UPDATE trials SET datetime_start = 'yesterday'", "refused"),
        ("UPDATE trials SET datetime_start = '2026-01-01T00:00:00+09:00'", "read"),
        ("UPDATE study_directions SET direction = 'UP'", "refused"),
        ("DELETE FROM study_directions", "refused"),
        ("DELETE FROM trial_params", "read"),
        ("DELETE FROM studies", "empty"),
    ],
)
def test_rows_that_make_no_sense_are_refused(changes: str, expected: str, tmp_path: Path) -> None:
    database = tmp_path / "changed.db"
    database.write_bytes(KEPT.read_bytes())
    with sqlite3.connect(database) as connection:
        connection.execute(changes)
    connection.close()
    assert outcome(database) == expected


def test_a_study_that_cannot_be_read_is_named_where_others_are_listed(
    kouka: Kouka, folder: Path
) -> None:
    (folder / "changed.db").write_bytes(KEPT.read_bytes())
    with closing(sqlite3.connect("changed.db")) as database:
        database.execute("UPDATE trials SET datetime_start = '2026-01-01T00:00:00+09:00'")
        database.commit()
        assert "Not listed" not in kouka("status", "--storage", "changed.db").stdout
        database.execute("DELETE FROM study_directions")
        database.commit()
    shown = kouka("status", "--storage", "changed.db")
    assert shown.exit_code == 0
    assert "Not listed: the study" in shown.stdout
    assert "is damaged (it has no objective)" in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    "url", ["sqlite:///" + "x" * 5000, "postgresql://u@[::1/x", "postgresql://u@host:port/x"]
)
def test_a_url_that_names_no_storage_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="the storage"):
        all_studies(storage_url(url))


def test_a_file_on_a_drive_of_windows_is_no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.splitdrive", ntpath.splitdrive)
    for file in ("C:\\work\\studies.db", "c:/work/studies.db"):
        assert sqlite_file(storage_url(file)) == Path(file)


def test_what_is_no_database_of_studies_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    for table in ("bookmarks (url TEXT)", "studies (student TEXT)"):
        file.unlink(missing_ok=True)
        with sqlite3.connect(file) as connection:
            connection.execute(f"CREATE TABLE {table}")
        connection.close()
        assert outcome(file) == "refused"
    for content in (
        b"",
        b"hello",
        b"SQLite format 3\0",
        b'{"op_code": 0}\n',
        b'{"op_code": 99, "worker_id": ""}\n',
        b"[]\n",
        b"\xff\xfe",
    ):
        file.write_bytes(content)
        assert outcome(file) == "refused"
    assert list(tmp_path.iterdir()) == [file]
