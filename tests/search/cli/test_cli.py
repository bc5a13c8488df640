"""The command line as its user meets it: what it prints, where, and with which exit code."""

import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from filelock import FileLock
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from typer.testing import Result

from model_space.worker.client import TrainingError
from search.cli import progress
from search.cli.options import folder_of
from search.errors import InputError
from search.reporting import dashboard_server
from search.storage.connection import open_storage, study_names
from search.storage.lock import exclusive
from tests.support.fakes import FakeWorker

Kouka = Callable[..., Result]


def shell(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from search.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def foreign_study(
    name: str = "foreign",
    parameters: tuple[str, str, str] = ("a", "b", "long"),
    storage: str | RDBStorage = "sqlite:///studies.db",
) -> optuna.Study:
    """A study that another program made, with no settings, whose first parameter matters."""
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
    for number in range(8):
        levels = {each: bool(number >> bit & 1) for bit, each in enumerate(parameters)}
        distribution = optuna.distributions.CategoricalDistribution([False, True])
        study.add_trial(
            optuna.create_trial(
                params=levels,
                distributions=dict.fromkeys(levels, distribution),
                value=0.5 + 0.1 * (number & 1) + 0.003 * (number % 3),
            )
        )
    return study


BAD = {
    "technique": (["launch", "--techniques", "mixup,dropuot"], "no technique 'dropuot'.*dropout"),
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
    "no storage": (["status", "--storage", ""], "'' is no file and no URL"),
    "no name": (["launch", " ", "--data", "digits"], "cannot be called ' '"),
    "a folder's name": (["launch", "..", "--data", "digits"], "cannot be called '..'"),
    "storage folder": (
        ["launch", "--data", "digits", "--storage", "sqlite:////no/a.db"], "cannot be written"),
    "storage driver": (
        ["launch", "--data", "digits", "--storage", "oracle://me:secret@db/x"], "cannot be opened"),
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


def test_data_that_cannot_be_used_are_refused_by_the_worker(folder: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}] * 20, dtype=object), y=np.arange(20) % 2)
    for data, says in (
        ("cifar11", "there is no data set and no path 'cifar11'"),
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


def test_a_missing_study_is_named_with_those_there_are(kouka: Kouka) -> None:
    foreign_study("one")
    foreign_study("two")
    for arguments in (["export", "three"], ["status", "three"], ["worker", "three"]):
        result = kouka(*arguments)
        assert result.exit_code == 2
        assert "no study 'three'" in result.stderr
        assert "it holds one, two" in result.stderr


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
    assert "kouka predict models/[-x] [bold]s :smile: IMAGE" in trained


@pytest.mark.parametrize("bad", ["file", "below a file"])
def test_an_out_that_cannot_be_written_is_refused(kouka: Kouka, folder: Path, bad: str) -> None:
    foreign_study()
    (folder / "out").write_text("a file")
    result = kouka("export", "foreign", "--out", "out" if bad == "file" else "out/deeper")
    assert result.exit_code == 2
    assert "--out out" in result.stderr
    assert (folder / "out").read_text() == "a file"


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
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
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


def served(storage: str = "sqlite:///studies.db", **options: Any) -> str:
    """The address of a dashboard that runs as long as the tests."""
    addresses: list[str] = []
    ready = threading.Event()

    def note(address: str) -> None:
        addresses.append(address)
        ready.set()

    threading.Thread(
        target=dashboard_server.serve,
        args=(storage, 0, note),
        kwargs=options,
        daemon=True,
    ).start()
    assert ready.wait(300)
    return addresses[0]


def test_the_dashboard_serves_the_studies_on_loopback(folder: Path) -> None:
    foreign_study()
    address = served()
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address + "api/studies", timeout=30) as answer:
        assert b"foreign" in answer.read()
    with pytest.raises(Exception, match="cannot be served"):
        dashboard_server.serve(
            "sqlite:///studies.db", int(address.split(":")[2].rstrip("/")), print
        )


def test_a_read_only_dashboard_refuses_every_change(folder: Path) -> None:
    foreign_study()
    address = served(read_only=True)
    with urllib.request.urlopen(address + "api/studies", timeout=30) as answer:
        assert b"foreign" in answer.read()
    for method, path in (("DELETE", "api/studies/1"), ("POST", "api/studies"),
                         ("PUT", "api/studies/1/note")):  # fmt: skip
        request = urllib.request.Request(address + path, method=method, data=b"{}")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request, timeout=30)
    assert study_names(open_storage("sqlite:///studies.db")) == ["foreign"]


def test_a_journal_file_is_served_read_only(folder: Path) -> None:
    foreign_study()
    optuna.copy_study(
        from_study_name="foreign", from_storage="sqlite:///studies.db",
        to_storage=JournalStorage(JournalFileBackend("journal.log")),
    )  # fmt: skip
    address = served("journal:///journal.log")
    with urllib.request.urlopen(address + "api/studies", timeout=30) as answer:
        assert b"foreign" in answer.read()
    request = urllib.request.Request(address + "api/studies/0", method="DELETE")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=30)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "--host 0.0.0.0 lets others reach the dashboard"),
        (("--host", "::"), "--host :: lets others reach"),
        (("--read-only", "--allow-writes"), "exclude each other"),
        (("--host", "no.such.host.invalid", "--read-only"), "no.such.host.invalid is not known"),
        (("--host", "192.0.2.1", "--allow-writes"), "192.0.2.1 cannot be served"),
    ],
)
def test_a_host_that_cannot_be_served_or_not_safely_is_refused(
    kouka: Kouka, folder: Path, options: tuple[str, ...], said: str
) -> None:
    foreign_study()
    result = kouka("dashboard", "--port", "0", *options)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


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
    for file in ("studies.db", "journal.log", "./journal.log", str(folder / "journal.log")):
        for command in (("status",), ("status", "foreign"), ("export", "foreign")):
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
