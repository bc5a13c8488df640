"""The command line as its user meets it: what it prints, where, and with which exit code."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest
from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from rich.console import Console

from search import analyse
from search.cli import progress
from search.cli.findings import print_findings
from search.cli.options.output import folder_of
from search.errors import InputError
from search.storage.connection import open_storage
from search.storage.lock import exclusive
from search.storage.studies import study_names
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker
from tests.support.foreign import foreign_study


def test_another_programs_study_is_exported_and_not_continued(kouka: Kouka, folder: Path) -> None:
    foreign_study()
    result = kouka("export", "foreign", "--out", "out")
    assert result.exit_code == 0, result.output
    assert "a helps most" in result.output
    assert (folder / "out" / "report.html").exists()
    for command in ("launch", "worker"):
        result = kouka(command, "foreign")
        assert result.exit_code == 2
        assert "not launched by kouka" in result.stderr


@pytest.mark.usefixtures("no_report")
def test_an_objective_is_named_alike_everywhere(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    """AUC, above all, and not auc."""
    launched = kouka("launch", "s", "--data", "digits", "--objective", "auc", "--epochs", "1",
                     "--measure", "16", "--search", "0")  # fmt: skip
    assert launched.exit_code == 0, launched.output
    study = optuna.load_study(study_name="s", storage="sqlite:///studies.db")
    printed = io.StringIO()
    print_findings(analyse(study), Console(file=printed, width=200))
    assert "Test AUC over fresh seeds" in printed.getvalue()
    assert not re.search(r"(?<!objective )\bauc\b", printed.getvalue())


ODD = "[/x] [bold]s :smile:"


def test_names_with_brackets_and_colons_are_printed_as_they_are(kouka: Kouka, folder: Path) -> None:
    foreign_study(ODD, ("[bold]a", ":smile:", "[/b]"))
    exported = " ".join(kouka("export", ODD, "--out", "[red]").output.split())
    assert "[bold]a helps most" in exported
    for name in ("[bold]a", ":smile:", "[/b]"):
        assert f" {name} " in exported
    assert "Report: [red]/report.html" in exported
    for arguments in (["status"], ["status", ODD]):
        assert ODD in kouka(*arguments).output


@pytest.mark.usefixtures("no_report")
def test_a_launch_prints_the_name_of_its_study_as_it_is(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    small = (ODD, "--data", "digits", "--epochs", "1", "--measure", "16", "--search", "0")
    assert f"Study {ODD}: digits" in kouka("launch", *small).output
    trained = kouka("train", ODD).output
    assert "kouka predict 'models/[-x] [bold]s :smile:' FILE" in trained


READING = (
    ["--help"], ["--version"], ["techniques"], ["status"], ["status", "foreign"],
    ["export", "foreign", "--out", "out"], ["launch", "--help"],
    ["copy", "foreign", "--to", "other.db"], ["dashboard", "--port", "0"],
)  # fmt: skip


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_commands_that_read_do_without_what_trains(folder: Path, arguments: list[str]) -> None:
    foreign_study()
    code = (
        "import sys\nmissing = 'keras', 'tensorflow', 'jax', 'scipy', 'sklearn', 'PIL'\n"
        "sys.modules |= dict.fromkeys(missing)\n"
        "from search.cli import main\n"
        "from socketserver import BaseServer\nBaseServer.serve_forever = lambda served: None\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code"
    )
    # From Python 3.13 on a connection that ends with its process is warned of.
    warnings = ["-W", "error", "-W", "ignore:unclosed database:ResourceWarning"]
    command = [sys.executable, *warnings, "-c", code, *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""


@pytest.mark.parametrize("command", ["--help", "techniques"])
def test_what_needs_no_study_imports_neither_optuna_nor_plotly(folder: Path, command: str) -> None:
    code = (
        "import sys\nfrom search.cli import main\ntry: main()\nexcept SystemExit: pass\n"
        "assert not {'optuna', 'plotly', 'sqlalchemy', 'numpy'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code, command], cwd=folder, check=False)
    assert result.returncode == 0


def test_of_an_option_that_is_given_twice_it_is_said_which_counts(
    kouka: Kouka, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign_study()
    result = kouka("export", "foreign", "--out", "first", "--out", "second", "--no-images",
                   "--no-images")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stderr == "--out is given 2 times, of which the last counts: second\n"
    assert (folder / "second").exists()
    assert not (folder / "first").exists()
    url = "postgresql://me:hunter2@127.0.0.1:1/none"
    monkeypatch.setattr(sys, "argv", ["kouka", "status", "--storage", url, "--storage", url])
    told = kouka(*sys.argv[1:]).stderr
    assert "--storage is given 2 times" in told
    assert "hunter2" not in told


@pytest.mark.usefixtures("no_report")
def test_status_says_where_studies_stand(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    kouka("launch", "s", "--data", "digits", "--epochs", "2", "--measure", "16", "--search", "3",
          "--confirm", "1")  # fmt: skip
    result = kouka("status")
    assert "16 of 16" in result.output
    assert "3 of 3" in result.output
    assert "2 epochs" in kouka("status", "s").output


def test_techniques_lists_every_one_with_its_source(kouka: Kouka) -> None:
    from model_space.techniques import TECHNIQUES

    output = kouka("techniques").output
    for technique in TECHNIQUES:
        assert technique.name in output
    assert "0.05, 0.2, 0.5" in output
    assert "arXiv:1502.03167" in output


def test_a_launch_says_how_long_and_what_it_found(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    output = kouka("launch", "s", "--data", "digits", "--epochs", "2", "--measure", "16",
                   "--search", "2", "--confirm", "2").output  # fmt: skip
    assert "for 28 runs of 2 epochs on this machine" in " ".join(output.split())
    assert "augmentation helps most: +13." in " ".join(output.split())
    assert "the plain network" in " ".join(output.split())
    assert "report.html" in output
    assert "kouka dashboard" in output


@pytest.mark.usefixtures("no_report", "fake_worker")
def test_a_long_launch_says_how_to_stop_and_what_is_faster(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ("--data", "digits", "--epochs", "1", "--measure", "16", "--search", "0")
    assert "Ctrl-C" not in kouka("launch", "short", *small).output
    monkeypatch.setattr(progress, "_LONG", 0)
    output = " ".join(kouka("launch", "long", *small).output.split())
    assert "Stop with Ctrl-C; the same command resumes. A new study with a smaller" in output
    assert "--width is faster; --time 30m plans one for half an hour." in output
    rates = ("--learning-rates", "1e-3,3e-3", "--measure", "32")
    output = " ".join(kouka("launch", "rates", *small, *rates).output.split())
    assert "--width is faster." in output


@pytest.mark.usefixtures("no_report", "fake_worker")
def test_a_launch_counts_in_the_singular_and_says_where_nothing_is_left(kouka: Kouka) -> None:
    small = ("launch", "s", "--data", "digits", "--epochs", "1", "--measure", "16", "--confirm",
             "0", "--search")  # fmt: skip
    assert "for 16 runs of 1 epoch on this machine" in kouka(*small, "0").output
    extended = kouka(*small, "1").output
    assert "Study s, resumed after 16 runs: " in extended
    assert "for 1 run of 1 epoch on this machine" in extended
    for arguments in ((*small, "1"), ("worker", "s")):
        assert "Nothing is left to run." in kouka(*arguments).output


@pytest.mark.usefixtures("no_report")
def test_the_storage_can_come_from_the_environment(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOUKA_STORAGE", "sqlite:///elsewhere.db")
    kouka("launch", "s", "--data", "digits", "--measure", "16", "--search", "0", "--epochs", "1")
    assert (folder / "elsewhere.db").exists()
    assert not (folder / "studies.db").exists()


def test_the_folder_of_a_study_is_one_folder_whatever_its_name() -> None:
    assert str(folder_of("reports", "tfds:a/b:1.0.0")) == "reports/tfds:a-b:1.0.0"
    names = ["", ".", "..", "...", "/", "../../etc", "a\\b", "a\nb\0", "é" * 300, "é" * 299]
    folders = [folder_of("reports", name) for name in names]
    assert all(path.parent == Path("reports") for path in folders)
    assert all(path.name.strip(" .") and len(path.name.encode()) < 220 for path in folders)
    assert len({path.name for path in folders}) == len(names)


@pytest.mark.parametrize("name", [".", "..", "", "../up"])
def test_a_study_of_any_name_is_exported_to_a_folder_of_its_own(
    kouka: Kouka, folder: Path, name: str
) -> None:
    optuna.create_study(study_name=name, storage="sqlite:///studies.db")
    result = kouka("export", name)
    assert result.exit_code == 0, result.output
    assert {path.name for path in folder.iterdir()} == {"studies.db", "reports"}
    (report,) = (folder / "reports").iterdir()
    assert report.is_dir()
    assert str(report.relative_to(folder)) in result.output


def test_a_file_is_a_storage(kouka: Kouka, folder: Path) -> None:
    foreign_study()
    journal = JournalStorage(JournalFileBackend("journal.log"))
    optuna.copy_study(from_study_name="foreign", from_storage="sqlite:///studies.db",
                      to_storage=journal)  # fmt: skip
    (folder / "notes.txt").write_text("nothing\n")
    (folder / "broken.log").write_text('{"op_code":0,"worker_id\n' * 3)
    before = (folder / "journal.log").read_bytes()
    named = (("status",), ("status", "foreign"))
    for file, commands in (
        ("studies.db", (*named, ("export", "foreign"))),
        ("journal.log", (*named, ("export", "foreign"))),
        ("./journal.log", named),
        (str(folder / "journal.log"), named),
    ):
        for command in commands:
            result = kouka(*command, "--storage", file)
            assert result.exit_code == 0, result.output
    for arguments, says in (
        (["status", "--storage", "notes.txt"], "neither an SQLite database nor an Optuna journal"),
        (["status", "--storage", "broken.log"], "journal file broken.log cannot be read"),
        (["export", "x", "--storage", "journal.log"], "no study 'x' in journal.log; it holds for"),
        (["launch", "--storage", "journal.log"], "journal file, which kouka reads and does not"),
        (["worker", "foreign", "--storage", "journal.log"], "which kouka reads and does not"),
        (["copy", "foreign", "--to", "journal.log"], "which kouka reads and does not"),
    ):
        result = kouka(*arguments)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
        assert says in result.stderr
    result = kouka("copy", "foreign", "--storage", "journal.log", "--to", "new.db")
    assert result.exit_code == 0, result.output
    assert study_names(open_storage("sqlite:///new.db")) == ["foreign"]
    assert (folder / "journal.log").read_bytes() == before


def test_a_storage_that_cannot_be_written_is_read(
    kouka: Kouka, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """root may write everywhere, so that it may not is told in the system's place."""
    foreign_study()
    locked = folder / "locked"
    locked.mkdir()
    (folder / "studies.db").rename(locked / "studies.db")
    access, acquire = os.access, FileLock.acquire

    def denied(path: Path, mode: int) -> bool:
        return access(path, mode) and not (mode & os.W_OK and Path(path).resolve() == locked)

    def no_lock(lock: FileLock, *arguments: Any, **keywords: Any) -> Any:
        if Path(lock.lock_file).parent == locked:
            raise PermissionError(13, "Permission denied")
        return acquire(lock, *arguments, **keywords)

    monkeypatch.setattr(os, "access", denied)
    monkeypatch.setattr(FileLock, "acquire", no_lock)
    here = ("--storage", "locked/studies.db")
    assert kouka("copy", "foreign", "--to", "new.db", *here).exit_code == 0
    assert study_names(open_storage("sqlite:///new.db")) == ["foreign"]
    assert kouka("status", *here).exit_code == 0
    for command in (["launch", "--data", "digits"], ["worker", "foreign"]):
        result = kouka(*command, *here)
        assert result.exit_code == 2
        assert "the storage sqlite:///locked/studies.db cannot be written" in result.stderr
        assert result.stderr.count("\n") == 1
    with (
        pytest.raises(InputError, match=r"its lock .* could not be made .Permission denied"),
        exclusive("sqlite:///locked/studies.db", "foreign"),
    ):
        pass


def test_one_file_has_one_lock_however_it_is_named(folder: Path) -> None:
    for url in ("sqlite:///a.db", "sqlite:///a.db?timeout=9", f"sqlite:///{folder}/a.db"):
        with exclusive(url):
            assert [file.name for file in folder.iterdir()] == ["a.db.lock"]
        for file in folder.iterdir():
            file.unlink()


@pytest.mark.parametrize(
    ("encoding", "commands"),
    [
        ("ascii", ("export été–効果", "status", "techniques", "status –", "export 効")),
        ("latin-1", ("status",)),
    ],
)
def test_what_the_terminal_cannot_show_is_replaced(
    folder: Path, encoding: str, commands: tuple[str, ...]
) -> None:
    foreign_study("été–効果", ("−x", "b", "…"))
    for command in commands:
        result = subprocess.run(
            [sys.executable, "-c", "from search.cli import main; main()", *command.split()],
            cwd=folder, capture_output=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert b"Traceback" not in result.stderr, result.stderr
        assert result.returncode == (0 if result.stdout else 2)
        said = (result.stdout + result.stderr).decode(encoding)
        assert "?" in said or "x" in said


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
def test_tables_are_whole_on_any_terminal(
    kouka: Kouka, folder: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Nothing is cut, whatever the length of a name; where there is room, no word is broken."""
    monkeypatch.setenv("COLUMNS", str(width))
    name = "a_parameter_of_" + "eighty_characters_" * 3 + "and_more__"
    foreign_study("a-study-called-long", (name, "global_pooling", "b"))

    def table() -> str:
        parts = kouka("export", "a-study-called-long").output.split("\n\n")
        return next(part for part in parts if part.lstrip().startswith("Effect of each"))

    said = table()
    assert max(map(len, said.splitlines())) <= width
    assert "…" not in said
    rows = [line for line in said.splitlines() if "global_pooling" in line]
    assert len(rows) == 1
    monkeypatch.setenv("COLUMNS", "400")
    for number in re.findall(r"[+-]\d+\.\d", table())[:3]:
        assert number in said
    monkeypatch.setenv("COLUMNS", str(width))
    lines = [line[: len(name)].strip() for line in said.splitlines()]
    at = next(at for at, line in enumerate(lines) if line.startswith("a_para"))
    found = ""
    while len(found) < len(name):
        found += lines[at].split(" ")[0]
        at += 1
    assert found == name
    said = kouka("status").output
    assert "a-study-called-long" in said
    assert "measure" in said
    assert "validation" not in said
    assert "…" not in said
