"""What cannot be used is refused in one sentence with exit code 2, and nothing is changed."""

import errno
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from model_space.worker.client import TrainingError
from search.cli import console
from search.storage import connection
from search.storage.retrying import next_step
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker
from tests.support.foreign import foreign_study


def shell(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from search.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


BAD = {
    "technique": (["launch", "--techniques", "mixup,dropuot"], "Did you mean 'dropout'"),
    "fixed technique": (["launch", "--fix", "sam=on"], "no technique 'sam'"),
    "dial out of range": (["launch", "--fix", "mixup=3"], "mixup takes .* alpha from 0.05 to 1"),
    "dial that is no number": (["launch", "--fix", "dropout=high"], "rate from 0.05 to 0.5"),
    "dial that is not there": (["launch", "--fix", "batch_norm=0.3"], "batch_norm has no dial"),
    "nothing left": (
        ["launch", "--techniques", "mixup", "--fix", "mixup=on"], "no technique is left"),
    "run count": (["launch", "--measure", "24"], "24 has no balanced .* 16, 32, 64"),
    "too few runs": (["launch", "--measure", "8"], "8 has no balanced .* 16, 32, 64"),
    "epochs": (["launch", "--epochs", "0"], "--epochs 0 is too small"),
    "timeout": (["launch", "--timeout", "5 min"], "--timeout 5 min is not a time; .* 90s, 30m"),
    "a worker's timeout": (["worker", "x", "--timeout", "-1"], "--timeout -1 is not a time"),
    "negative search": (["launch", "--search", "-1"], "--search -1 is too small"),
    "endless": (["launch", "--epochs", "10000000"], "--epochs 10000000 is too large"),
    "many seeds": (["launch", "--confirm", "5000"], "--confirm 5000 is too large"),
    "no file of options": (
        ["launch", "--study", "none.toml"],
        r"none.toml cannot be read \(.*\); it takes a TOML file of options",
    ),
    "bottomless": (["launch", "--depth", "1000000"], "--depth 1000000 is not possible"),
    "width": (["launch", "--width", "0"], "--width 0 is not between"),
    "depth": (["launch", "--depth", "12"], "depths are 10, 16, 22"),
    "no data": (["launch", "x", "--data", ""], "--data is empty; it takes the path"),
    "validation": (["launch", "--validation", "0"], "--validation 0 is neither"),
    "part of an image": (["launch", "--validation", "1.5"], "--validation 1.5 is neither"),
    "pruner": (["launch", "--pruner", "lucky"], "no pruner 'lucky'.*median, halving, none"),
    "objective": (
        ["launch", "--objective", "f1"],
        "no objective 'f1'; --objective takes accuracy, balanced_accuracy, neg_log_loss"),
    "storage form": (
        ["launch", "--data", "digits", "--storage", "studies"], "studies is not there, .*URL"),
    "a storage's name": (["status", "--storage", "a" * 300], "aaa is not there, .*URL"),
    "a port": (["dashboard", "--port", "99999"], "--port 99999 is not possible; .* 1 to 65535"),
    "a port below all": (["dashboard", "--port", "-1"], "--port -1 is not possible"),
    "a storage's port": (
        ["status", "--storage", "postgresql+psycopg://me@here:99999/x"],
        "me@here:99999/x has port 99999; it takes 1 to 65535",
    ),
    "no storage": (["status", "--storage", ""], "'' is no file and no URL"),
    "no name": (["launch", " ", "--data", "digits"], "cannot be called ' '"),
    "a folder's name": (["launch", "..", "--data", "digits"], "cannot be called '..'"),
    "storage in memory": (
        ["launch", "--data", "digits", "--storage", "sqlite:///:memory:"], "cannot be written"),
    "storage folder": (
        ["launch", "--data", "digits", "--storage", "sqlite:////no/a.db"], "cannot be written"),
    "storage driver": (
        ["launch", "--data", "digits", "--storage", "oracle://me:secret@db/x"], "cannot be opened"),
    "storage of no kind": (
        ["launch", "--data", "digits", "--storage", "foo://me:secret@db/x"],
        "cannot be opened: SQLAlchemy knows no foo; a storage is an SQLite file"),
    "storage extra": (
        ["launch", "--data", "digits", "--storage", "mysql+mysqldb://me:secret@db/x"],
        "mysql.*cannot be opened: the driver MySQLdb is not installed; pip install 'kouka.mysql.'"),
    "memory": (["launch", "--data", "digits", "--storage", "sqlite://"], "cannot be written"),
    "workers": (["launch", "--workers", "some"], "--workers some is neither a number .* nor auto"),
    "no workers": (["launch", "--workers", "0"], "--workers 0 is neither"),
    "sharing": (["launch", "--workers-per-gpu", "0"], "--workers-per-gpu 0 is too small"),
    "no storage to work for": (["worker", "x"], "no studies in sqlite:///studies.db"),
    "no storage to export": (["export", "x"], "no studies in sqlite:///studies.db.*kouka launch"),
    "no storage to watch": (["dashboard"], "no studies in sqlite:///studies.db"),
    "no storage to tell of": (["status"], "no studies in sqlite:///studies.db"),
    "format": (["export", "x", "--format", "gif"], "gif is not known; it takes png, svg, pdf"),
}  # fmt: skip


@pytest.mark.usefixtures("fake_worker")
@pytest.mark.parametrize(("arguments", "says"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_a_sentence_and_creates_nothing(
    kouka: Kouka, folder: Path, arguments: list[str], says: str
) -> None:
    result = kouka(*arguments)
    assert re.search(says, result.stderr), result.output
    assert result.exit_code == 2
    assert result.stderr.startswith("kouka: ")
    assert result.stderr.count("\n") == 1
    assert "secret" not in result.output
    assert list(folder.iterdir()) == []


def test_a_closed_pipe_ends_a_command_quietly(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(json: bool) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(console, "make_console", closed)
    result = kouka("status")
    assert (result.exit_code, result.output) == (1, "")


def test_where_nothing_can_be_printed_a_command_says_so_or_is_silent(folder: Path) -> None:
    kouka = f"{sys.executable} -c 'from search.cli import main; main()' techniques"
    for into, code, says in (
        (">&-", 0, ""), (">&- 2>&-", 0, ""),
        ("> /dev/full", 1, "kouka: what it prints cannot be written (No space left on device)"),
    ):  # fmt: skip
        ended = subprocess.run(["sh", "-c", f"{kouka} {into}"], capture_output=True, text=True,
                               check=False)  # fmt: skip
        assert ended.returncode == code, ended.stderr
        assert ended.stderr.startswith(says)
        assert ended.stderr.count("\n") == bool(says)
    plain = subprocess.run(["sh", "-c", kouka], capture_output=True, text=True, check=True)
    unknown = subprocess.run(["sh", "-c", f"COLUMNS=0 {kouka}"], capture_output=True, text=True,
                             check=True)  # fmt: skip
    assert unknown.stdout == plain.stdout


def test_data_that_cannot_be_used_are_refused_by_the_worker(folder: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}] * 20, dtype=object), y=np.arange(20) % 2)
    for data, says in (
        ("cifar11", "there is no data set and no path 'cifar11'"),
        ("hf:", "--data hf: names no data set; it takes hf:NAME"),
        ("a.npz", "pickled"),
    ):
        result = shell("launch", "--data", data, cwd=folder)
        assert result.returncode == 2
        assert says in result.stderr
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""
    assert [file.name for file in folder.iterdir()] == ["a.npz"]


def test_a_worker_that_cannot_start_says_so_without_a_traceback(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(worker: FakeWorker, reading: object) -> None:
        raise TrainingError("the training process ended with exit code 1: no TensorFlow")

    monkeypatch.setattr(fake_worker, "start", die)
    result = kouka("launch", "--data", "digits")
    assert result.exit_code == 1
    assert result.stderr.startswith("kouka: the training process ended")
    assert result.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []


def test_a_file_that_is_no_database_is_left_as_it_is(kouka: Kouka, folder: Path) -> None:
    (folder / "studies.db").write_text("my notes")
    for arguments in (["launch", "--data", "digits"], ["export", "x"], ["status"]):
        result = kouka(*arguments)
        assert result.exit_code == 2
        assert "cannot be opened: file is not a database" in result.stderr
    assert (folder / "studies.db").read_text() == "my notes"


def test_a_storage_that_another_program_locks_is_told(
    kouka: Kouka,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    foreign_study()
    monkeypatch.setattr(connection, "connect_options", lambda url, wait: {"timeout": wait / 600})
    monkeypatch.setattr(connection, "_MOMENT", 0.1)
    with closing(sqlite3.connect("studies.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        result = kouka("status")
    assert result.exit_code == 2
    assert caplog.messages == [
        "kouka: another program has locked the storage sqlite:///studies.db; waiting for up to a "
        "minute"
    ]
    assert "studies.db cannot be opened: database is locked; another program" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("launch", "new", "--data", "digits"),
        ("worker", "foreign"),
        ("copy", "foreign", "--as", "new"),
        ("copy", "foreign", "--to", "studies.db", "--storage", "other.db"),
    ],
)
def test_a_storage_that_is_locked_for_writing_alone_is_told_before_anything_is_begun(
    kouka: Kouka,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    arguments: tuple[str, ...],
) -> None:
    foreign_study()
    foreign_study(storage="sqlite:///other.db")
    monkeypatch.setattr(connection, "_MOMENT", 0.05)
    monkeypatch.setattr(connection, "_MINUTE", 0.1)
    with closing(sqlite3.connect("studies.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        result = kouka(*arguments)
        assert kouka("status").exit_code == 0  # which only reads
    assert result.exit_code == 2
    assert [message.rpartition("; ")[2] for message in caplog.messages] == [
        "waiting for up to a minute"
    ]
    assert result.stderr.startswith(
        "kouka: the storage sqlite:///studies.db cannot be written: database is locked; another "
        "program has kept it locked for a minute"
    )
    assert result.stderr.count("\n") == 1
    assert "new" not in kouka("status").output
    assert {path.name for path in folder.iterdir()} <= {"studies.db", "other.db"}


def test_a_command_that_runs_nothing_speaks_of_no_runs_where_a_storage_fails(
    kouka: Kouka, folder: Path
) -> None:
    foreign_study()
    copied = kouka("copy", "foreign", "--to", "postgresql+psycopg://me:p@127.0.0.1:1/db")
    assert copied.exit_code == 1
    assert re.search(
        r"^kouka: the storage failed \(.*\); the study is as it was, and postgresql.* no copy of"
        ".*; start the database server, or correct the host and the port in its URL$",
        copied.stderr.strip(),
    )


@pytest.mark.parametrize(
    ("reason", "do"),
    [
        ('connection to server at "::1", port 1 failed: Connection refused', "; start the "),
        ("(2003, \"Can't connect to MySQL server on 'here' ([Errno 111])\")", "; start the "),
        ("failed to resolve host 'there': [Errno -2] Name or service not known", "; correct the h"),
        ('FATAL:  password authentication failed for user "me"', "; correct the user "),
        ("(1045, \"Access denied for user 'me'@'here'\")", "; correct the user "),
        ('FATAL:  database "x" does not exist', "; create that database"),
        ("(1049, \"Unknown database 'x'\")", "; create that database"),
        ("database or disk is full", ""),
    ],
)
def test_what_a_database_server_refuses_has_a_next_step(reason: str, do: str) -> None:
    said = next_step(reason)
    assert said.startswith(do) if do else not said


def test_a_missing_study_is_named_with_those_there_are(kouka: Kouka) -> None:
    foreign_study("one")
    foreign_study("two")
    for arguments in (["export", "three"], ["status", "three"], ["worker", "three"]):
        result = kouka(*arguments)
        assert result.exit_code == 2
        assert "no study 'three'" in result.stderr
        assert "it holds one, two" in result.stderr


@pytest.mark.parametrize("bad", ["file", "below a file"])
def test_an_out_that_cannot_be_written_is_refused(kouka: Kouka, folder: Path, bad: str) -> None:
    foreign_study()
    (folder / "out").write_text("a file")
    result = kouka("export", "foreign", "--out", "out" if bad == "file" else "out/deeper")
    assert result.exit_code == 2
    assert "--out out" in result.stderr
    assert (folder / "out").read_text() == "a file"


@pytest.mark.parametrize("name", ["report.md", "summary.json", "trials.csv", "effects.html"])
def test_files_of_the_users_own_are_not_replaced_by_a_report(
    kouka: Kouka, folder: Path, name: str
) -> None:
    foreign_study()
    (folder / "mine").mkdir()
    (folder / "mine" / name).write_text("[]")
    result = kouka("export", "foreign", "--out", "mine")
    assert result.exit_code == 2
    assert f"--out mine holds {name}, which kouka export did not write; move it away" in (
        result.stderr
    )
    assert [file.name for file in (folder / "mine").iterdir()] == [name]
    assert (folder / "mine" / name).read_text() == "[]"


def test_a_report_is_replaced_and_other_files_stay(kouka: Kouka, folder: Path) -> None:
    foreign_study()
    (folder / "out").mkdir()
    (folder / "out" / "notes.md").write_text("mine")
    assert kouka("export", "foreign", "--out", "out").exit_code == 0
    (folder / "out" / "summary.json").write_text('{"schema": 1, "kouka": "0.1.0", "study": "x"}')
    (folder / "out" / "report.md").write_text("of an earlier version")
    assert kouka("export", "foreign", "--out", "out").exit_code == 0
    assert "earlier" not in (folder / "out" / "report.md").read_text()
    assert (folder / "out" / "notes.md").read_text() == "mine"


@pytest.mark.parametrize("out", ["file", "file/deeper", "mine"])
def test_a_launch_that_cannot_write_its_report_trains_nothing(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker], out: str
) -> None:
    (folder / "file").write_text("a file")
    (folder / "mine").mkdir()
    (folder / "mine" / "effects.csv").write_text("mine")
    result = kouka("launch", "--data", "digits", "--out", out)
    assert result.exit_code == 2
    assert f"--out {out} " in result.stderr
    assert result.stderr.count("\n") == 1
    assert not fake_worker.trained
    assert sorted(file.name for file in folder.iterdir()) == ["file", "mine"]


def test_a_launch_whose_report_cannot_be_written_says_that_its_runs_are_kept(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("search.reporting.export.page", full)
    result = kouka("launch", "my s", "--data", "digits", "--measure", "8", "--search", "0",
                   "--confirm", "0", "--epochs", "1",
                   "--techniques", "mixup,dropout,batch_norm", "--out", "out")  # fmt: skip
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "kouka: --out out cannot be written (No space left on device); free space there, or give "
        "another --out; the runs are kept, and kouka export 'my s' writes the report\n"
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql+psycopg://me:p@ss/w:rd@127.0.0.1:1/db", "holds @ or /, which end it there"),
        ("postgres://me:secret@127.0.0.1:1/db", "write postgresql+psycopg://"),
        ("postgresql+psycopg://me:p@127.0.0.1:1/db", "postgresql+psycopg://me:***@127.0.0.1:1/db"),
        ("postgresql+psycopg://me:p@127.0.0.1:1/db", '"127.0.0.1", port 1 failed'),
        ("postgresql+psycopg://me:p@127.0.0.1:1/db", "refused; start the database server, or"),
        ("postgresql+psycopg://me:p%40ss@127.0.0.1:1/db", "me:***@127.0.0.1:1/db cannot be opened"),
    ],
)
def test_a_password_is_hidden_whatever_is_in_it_and_the_sentence_stays(
    url: str, says: str, folder: Path
) -> None:
    result = shell("status", "--storage", url, cwd=folder)
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stderr.startswith("kouka: ")
    assert "***ort" not in result.stderr
    assert "ss/w" not in result.stderr
    assert "secret" not in result.stderr
