"""Many workers on one study, and what becomes of it when they die. Everything here is real but the
training: processes, kills, SQLite, PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, MetaData, create_engine, select
from sqlalchemy.exc import DBAPIError, OperationalError
from typer.testing import Result

from model_space.recipe import Recipe
from search.analysis.effects import effects, repeated
from search.reporting import dashboard_note
from search.results import Results
from search.running import following
from search.running import trial as trial_module
from search.storage import connection, retrying
from search.storage.lock import LockLostError, exclusive
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support import dense_network, gate, harness, servers
from tests.support.fakes import FakeWorker, fake_accuracy
from tests.support.harness import essence, states, training
from tests.support.processes import ending, until

pytestmark = pytest.mark.timed

SEED = 20261124
REQUESTED = {"data": "digits", "epochs": 3, "measure": 16, "ladder": 1, "search": 0, "confirm": 2}
PLANNED = 16 + 8 + 10


@pytest.fixture(scope="module")
def postgres() -> Iterator[servers.Postgres]:
    programs = servers.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    server = servers.Postgres(programs)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, folder: Path) -> str:
    """An empty storage of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'studies.db'}"
    server: servers.Postgres = request.getfixturevalue("postgres")
    return server.url(server.new_database())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("undisturbed")
    url = f"sqlite:///{folder / 'studies.db'}"
    ended(harness.start(harness.launch, url, "s", folder, REQUESTED))
    return results(url)


def ended(process: Any, seconds: float = 600) -> None:
    process.join(seconds)
    assert process.exitcode == 0


def results(url: str, name: str = "s") -> Results:
    study = load_study(url, name)
    found = read(study)
    engine: Engine = study._storage._backend.engine  # type: ignore[attr-defined]
    engine.dispose()
    return found


def prepared(url: str, name: str, folder: Path, requested: dict[str, Any]) -> None:
    """A study that is made, and nothing of it run."""
    harness.prepare_study(url, name, folder, requested)


def assert_as_undisturbed(found: Results, undisturbed: Results) -> None:
    kept = [run for run in found.runs if run.ended]
    assert Counter(map(essence, kept)) == Counter(map(essence, undisturbed.runs))
    lost = [run for run in found.runs if not run.ended]
    assert {(run.state, run.failure) for run in lost} <= {("failed", "interrupted")}
    planned = {(run.phase, run.seed, tuple(sorted(run.params.items()))) for run in kept}
    for run in lost:
        assert (run.phase, run.seed, tuple(sorted(run.params.items()))) in planned
    analysed = [effects(of.of("measure"), of.factors, repeated(of)) for of in (found, undisturbed)]
    for one, other in zip(*(fit.effects for fit in analysed if fit is not None), strict=True):
        assert one.technique == other.technique
        assert one.effect == pytest.approx(other.effect)
        assert one.low == pytest.approx(other.low)


def test_killing_workers_at_random_loses_nothing(
    url: str, folder: Path, undisturbed: Results, request: pytest.FixtureRequest
) -> None:
    """Three workers, killed before a random statement or at a random time, and replaced.

    `--thorough` kills 50 of them.
    """
    enough = 50 if request.config.getoption("--thorough") else 6
    chance = random.Random(SEED)
    killed = studies = 0
    while killed < enough:
        studies += 1
        name = f"s{studies}"
        prepared(url, name, folder, REQUESTED)
        workers: dict[Any, float] = {}  # when each is killed, if it does not die before
        while not any(process.exitcode == 0 for process in workers):
            for process in [p for p in workers if not p.is_alive()]:
                assert process.exitcode == -signal.SIGKILL
                killed += 1
                del workers[process]
            while len(workers) < 3:
                die_at = chance.randint(1, 800)
                process = harness.start(harness.work, url, name, folder, die_at)
                workers[process] = time.monotonic() + chance.uniform(0.5, 8)
            for process, moment in workers.items():
                if time.monotonic() > moment:
                    process.kill()
            time.sleep(0.02)
        for process in workers:
            process.join(60)
        ended(harness.start(harness.work, url, name, folder))
        assert_as_undisturbed(results(url, name), undisturbed)
    assert studies < enough, "hardly any worker died within a study"
    if url.startswith("sqlite"):
        with sqlite3.connect(folder / "studies.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_worker_of_another_machine_that_falls_silent_is_replaced(
    url: str, folder: Path, undisturbed: Results
) -> None:
    """Stopped for longer than the grace: its run goes to another; awake again, it lets go."""
    prepared(url, "s", folder, REQUESTED)
    silent = harness.start(harness.work, url, "s", folder, None, "elsewhere", 300, 0.3, 5)
    pid = silent.pid
    assert pid is not None
    until(lambda: harness.stopped_in_a_run(url, "s", pid))
    ended(harness.start(harness.work, url, "s", folder, None, "here", 300, 0.01, 5))
    os.kill(pid, signal.SIGCONT)
    ended(silent)
    found = results(url)
    assert [run.state for run in found.runs].count("failed") == 1
    assert_as_undisturbed(found, undisturbed)


def test_what_a_silent_holder_has_is_taken_from_it(
    postgres: servers.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is stopped keeps its connections: the server must close them."""
    url = postgres.url(postgres.new_database())
    monkeypatch.setattr(connection, "SILENCE", 1)
    with exclusive(url, "s") as confirm_silent:
        with exclusive(url, "s") as confirm:
            confirm()
        with pytest.raises(LockLostError):
            confirm_silent()
    engine = create_engine(url, connect_args=connection.connect_options(url, 1))
    with engine.begin() as first:
        first.exec_driver_sql("CREATE TABLE t AS SELECT 1 AS a")

    def change(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE t SET a = a + 1")

    with engine.connect() as silent, engine.begin() as other:
        change(silent)
        change(other)  # waits for the silent one
        with pytest.raises(DBAPIError) as caught:
            change(silent)
        assert retrying.is_away(caught.value)


def test_eight_launches_of_a_new_study_at_once_make_one(
    url: str, folder: Path, undisturbed: Results
) -> None:
    launches = [harness.start(harness.launch, url, "s", folder, REQUESTED) for _ in range(8)]
    for process in launches:
        ended(process)
    assert_as_undisturbed(results(url), undisturbed)
    assert len(results(url).runs) == PLANNED


def test_no_two_workers_run_the_same(
    url: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    """Eight workers on instant runs; `--thorough` has 200 of them, twenty times."""
    thorough = request.config.getoption("--thorough")
    measure, seeds = (128, 9) if thorough else (16, 1)
    requested = {"data": "digits", "epochs": 1, "measure": measure, "ladder": seeds, "search": 0,
                 "confirm": 0}  # fmt: skip
    for repeat in range(20 if thorough else 1):
        name = f"s{repeat}"
        prepared(url, name, folder, requested)
        waiting = folder / "waiting"
        waiting.touch()  # or the first might have run all before the last one has started
        workers = [harness.start(harness.work, url, name, folder, None, None, 300, 0.0, 60, waiting)
                   for _ in range(8)]  # fmt: skip
        until(lambda: len(training(url)) == 8)
        waiting.unlink()
        for process in workers:
            ended(process)
        runs = results(url, name).runs
        assert len(runs) == measure + 8 * seeds
        assert len({essence(run) for run in runs}) == len(runs)
        assert {run.state for run in runs} == {"complete"}
        assert len({run.worker for run in runs}) == 8


def test_a_storage_that_is_away_for_a_while_is_waited_for(
    folder: Path,
    postgres: servers.Postgres,
    undisturbed: Results,
    request: pytest.FixtureRequest,
) -> None:
    """For three seconds; for 30, `--thorough`."""
    url = postgres.url(postgres.new_database())
    prepared(url, "s", folder, REQUESTED)
    workers = [harness.start(harness.work, url, "s", folder, None, None, 300, 0.2)
               for _ in range(3)]  # fmt: skip
    until(lambda: states(url)["COMPLETE"] > 0)
    postgres.stop("immediate")
    time.sleep(30 if request.config.getoption("--thorough") else 3)
    assert all(process.is_alive() for process in workers)
    postgres.start()
    for process in workers:
        ended(process)
    assert_as_undisturbed(results(url), undisturbed)
    # A claim that was cut short leaves a trial that its own worker fails.
    assert len(results(url).runs) <= PLANNED + 3


def test_a_locked_sqlite_file_is_waited_for(
    folder: Path, undisturbed: Results, request: pytest.FixtureRequest
) -> None:
    """For longer than SQLite itself waits; for 30 seconds, `--thorough`."""
    url = f"sqlite:///{folder / 'studies.db'}"
    prepared(url, "s", folder, REQUESTED)
    workers = [harness.start(harness.work, url, "s", folder, None, None, 300, 0.1)
               for _ in range(3)]  # fmt: skip
    until(lambda: states(url)["COMPLETE"] > 0)
    with sqlite3.connect(folder / "studies.db", timeout=60, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(30 if request.config.getoption("--thorough") else harness.SQLITE_WAIT + 2)
        other.execute("ROLLBACK")
    for process in workers:
        ended(process)
    assert_as_undisturbed(results(url), undisturbed)
    # A claim that was cut short leaves a trial that its own worker fails.
    assert len(results(url).runs) <= PLANNED + 3


def test_a_storage_that_stays_away_ends_the_launch_which_goes_on_later(
    kouka: Callable[..., Result],
    fake_worker: type[FakeWorker],
    postgres: servers.Postgres,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres.url(postgres.new_database())
    monkeypatch.setattr(retrying, "PATIENCE", 1.0)
    monkeypatch.setattr(dashboard_note, "attach", lambda *shown, **where: None)
    launch = ("launch", "s", "--data", "digits", "--epochs", "2", "--measure", "16", "--search",
              "0", "--confirm", "0", "--storage", url)  # fmt: skip

    def stop_it(recipe: Recipe) -> bool:
        if len(fake_worker.trained) == 3:
            postgres.stop("immediate")
        return False

    fake_worker.fail = staticmethod(stop_it)
    result = kouka(*launch)
    assert result.exit_code == 1
    assert result.stderr.startswith("kouka: the storage failed (")
    assert "finished runs are kept, and the same command resumes" in result.stderr
    assert result.stderr.count("\n") == 1
    assert postgres.PASSWORD not in result.output
    refused = kouka(*launch)
    assert refused.exit_code == 2
    assert "cannot be opened" in refused.stderr
    assert postgres.PASSWORD not in refused.output
    postgres.start()
    fake_worker.fail = staticmethod(lambda recipe: False)
    assert kouka(*launch).exit_code == 0
    assert [run.state for run in results(url).runs].count("complete") == 16
    assert len(results(url).runs) == 17


def test_a_real_study_by_two_workers_on_postgresql_survives_a_kill_and_keeps_its_secret(
    folder: Path, postgres: servers.Postgres
) -> None:
    """Really trained; a training process is killed as the system does when memory runs out."""
    url = postgres.url(postgres.new_database())
    command = [
        sys.executable, "-c", "from search.cli import main; main()", "launch", "s", "--data",
        "digits", "--train-size", "100", "--validation", "100", "--epochs", "3", "--batch-size",
        "25", "--network", dense_network.__file__, "--width", "0.2", "--techniques", "dropout",
        "--technique", gate.TECHNIQUE, "--fix", "gate=on", "--measure", "4", "--search", "0",
        "--confirm", "0", "--workers", "2", "--storage", url, "--out", "out",
    ]  # fmt: skip
    held = gate.Gate(folder / "gate")
    held.let_through(0)
    with (
        (folder / "said").open("w") as said,
        ending(
            subprocess.Popen(
                command, cwd=folder, env={**os.environ, **held.environment}, stdout=said,
                stderr=subprocess.STDOUT,
            )
        ) as launch,
    ):  # fmt: skip
        forks = held.wait(processes=2)  # two runs at once
        assert states(url)["RUNNING"] == 2
        assert "Study s" in (folder / "said").read_text()
        titles = " ".join(process.decode() for process in command_lines())
        assert "s:***@127.0.0.1" in titles.replace("kouka", "s")
        assert postgres.PASSWORD not in titles
        os.kill(forks[0], signal.SIGKILL)
        held.open()
        assert launch.wait(600) == 0, (folder / "said").read_text()
    runs = results(url).runs
    assert [run.state for run in runs].count("complete") == 4
    (failed,) = (run for run in runs if run.state == "failed")
    assert failed.failure == "the training process was killed by signal 9 (out of memory?)"
    assert failed.failure in (folder / "out" / "report.md").read_text()
    assert len({essence(run) for run in runs if run.ended}) == 4
    written = [file for file in folder.rglob("*") if file.is_file()]
    assert len(written) > 5
    for file in written:
        assert postgres.PASSWORD.encode() not in file.read_bytes(), file
    assert postgres.PASSWORD not in everything_in(url)


def command_lines() -> list[bytes]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(file.read_bytes().replace(b"\0", b" "))
    return found


def everything_in(url: str) -> str:
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        rows = [row for table in tables.sorted_tables for row in connection.execute(select(table))]
    engine.dispose()
    assert len(rows) > 50
    return str(rows)


def test_the_fake_worker_is_what_the_promises_are_held_against(undisturbed: Results) -> None:
    assert len(undisturbed.runs) == PLANNED
    for run in undisturbed.runs:
        recipe: Recipe = {name: {} for name in run.on}
        assert run.seed is not None
        assert run.value == fake_accuracy(recipe, run.seed)


def test_a_full_disk_is_told_while_it_is_waited_for(
    kouka: Callable[..., Result], fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database can be read, but takes nothing."""
    monkeypatch.setattr(retrying, "_MOMENT", 0.0)
    monkeypatch.setattr(following, "_LOOK_EVERY", 0.05)
    full = OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))
    since: list[float] = []

    class Full(trial_module._Curve):
        def write(self) -> None:
            since.append(time.monotonic())
            if time.monotonic() < since[0] + 1:
                raise full
            super().write()

    monkeypatch.setattr(trial_module, "_Curve", Full)
    ended = kouka("launch", "s", "--data", "digits", "--epochs", "2", "--measure", "16",
                  "--search", "0", "--confirm", "0")  # fmt: skip
    assert ended.exit_code == 0
    told = " ".join(ended.output.split())
    assert told.count("The storage cannot be used (database or disk is full)") == 1
    assert not retrying.waits_for()
