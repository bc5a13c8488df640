"""Workers as processes of their own, which compute where real ones train, and can be killed.

They are forked from a server that has imported what they need, so that fifty cost little.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.exceptions import ExperimentalWarning
from sqlalchemy.engine import Engine

from model_space.budget import Budget
from model_space.outcome import Outcome, Report
from model_space.recipe import Recipe
from search.planning.requested import Requested
from search.results import Run
from search.running import local_workers, study
from search.running.following import StudyWatch
from search.storage import connection, heartbeat, retrying
from search.storage.lock import exclusive
from tests.support.fakes import FakeWorker
from tests.support.processes import until

SECONDS_PER_EPOCH = 0.01
SQLITE_WAIT = 3
"""Seconds that SQLite itself waits for a locked file in these processes; else ten."""
WAITING: Path | None = None

optuna.logging.set_verbosity(optuna.logging.ERROR)
# What is imported late is imported here once, before the processes are forked.
optuna.create_study(storage=optuna.storages.RDBStorage("sqlite://")).ask()


class SlowWorker(FakeWorker):
    """Computes its accuracies, and takes a while for each epoch."""

    def train(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        *,
        detailed: bool = False,
    ) -> Outcome:
        def slowly(epoch: int, accuracy: float) -> bool:
            time.sleep(SECONDS_PER_EPOCH)
            while WAITING is not None and WAITING.exists():
                time.sleep(0.05)
            return report(epoch, accuracy)

        return super().train(recipe, budget, seed, slowly, checkpoint)


def start(task: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """Run a function of this module in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=task, args=arguments, daemon=True)
    process.start()
    return process


_TRAINING = (
    "SELECT value_json FROM trial_user_attributes AS a JOIN trials AS t "
    "ON a.trial_id = t.trial_id WHERE a.key = 'worker' AND t.state = 'RUNNING'"
)


def essence(run: Run) -> tuple[Any, ...]:
    """All of a run but when, where and as which trial it ran."""
    return (run.phase, run.seed, tuple(sorted(run.params.items())), run.state,
            tuple(run.curve.items()), run.value, run.test_accuracy, run.parameters)  # fmt: skip


def states(url: str) -> Counter[str]:
    """How many trials a storage has in each of Optuna's states."""
    return Counter(_asked(url, "SELECT state FROM trials"))


def training(url: str) -> set[int]:
    """The processes that train, of any study in a storage."""
    return _pids(_asked(url, _TRAINING))


def _asked(url: str, query: str) -> Sequence[str]:
    """A column of a storage; nothing before its tables are made.

    To be waited for: to open the storage with Optuna would keep a core busy.
    """
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    try:
        with engine.connect() as connection:
            return connection.exec_driver_sql(query).scalars().all()
    except sqlalchemy.exc.DBAPIError:
        return []


def _pids(workers: Iterable[str]) -> set[int]:
    return {json.loads(worker)["pid"] for worker in workers}


def stopped_in_a_run(url: str, name: str, pid: int) -> bool:
    """Stop a process (SIGSTOP) if it is training, and in no transaction, nor waiting for one.

    One that is stopped within an SQLite transaction holds up everybody until it goes on.
    """
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with exclusive(url, name), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        trains = pid in _pids(connection.exec_driver_sql(_TRAINING).scalars())
        if trains:
            os.kill(pid, signal.SIGSTOP)
            # Before a lock is let go: one that sleeps waiting for it takes it first, then stops.
            until(lambda: _threads_stand_still(pid))
    return trains


def _threads_stand_still(pid: int) -> bool:
    states = (
        stat.read_text().rpartition(")")[2].split()[0]
        for stat in Path(f"/proc/{pid}/task").glob("*/stat")
    )
    return all(state == "T" for state in states)


def work(
    url: str,
    name: str,
    checkpoints: Path,
    die_at: int | None = None,
    machine: str | None = None,
    patience: float = 300,
    epoch: float = SECONDS_PER_EPOCH,
    grace: float = 60,
    waiting: Path | None = None,
) -> None:
    """Take part in a study as `kouka worker` does.

    `die_at` kills the process before so many SQL statements or commits; `machine` makes it one of
    another machine, of which only the signs of life tell. While there is a file `waiting`, its
    epochs do not end.
    """
    _prepare(patience, epoch)
    global WAITING
    WAITING = waiting
    heartbeat.GRACE = grace
    if machine is not None:
        heartbeat._machine = lambda: machine
    if die_at is not None:
        _die_before(die_at)
    study.join(url, name, [{}], StudyWatch(), _show_nothing, checkpoints=checkpoints)


def launch(url: str, name: str, checkpoints: Path, requested: Mapping[str, Any]) -> None:
    """Launch a study as `kouka launch` does."""
    _prepare(retrying.PATIENCE, SECONDS_PER_EPOCH)
    study.launch(
        url, name, Requested(**requested), [{}], StudyWatch(), _show_nothing,
        checkpoints=checkpoints,
    )  # fmt: skip


def prepare_study(url: str, name: str, folder: Path, requested: Mapping[str, Any]) -> None:
    """Make a study of which nothing is run yet."""
    process = start(_make, url, name, folder, requested)
    process.join(60)
    assert process.exitcode == 0


def _make(url: str, name: str, folder: Path, requested: Mapping[str, Any]) -> None:
    _prepare(retrying.PATIENCE, 0)
    study.launch(
        url,
        name,
        Requested(**requested),
        [{}],
        StudyWatch(),
        _show_nothing,
        checkpoints=folder,
        deadline=0.0,
    )


def _prepare(patience: float, epoch: float) -> None:
    global SECONDS_PER_EPOCH
    SECONDS_PER_EPOCH = epoch
    warnings.simplefilter("ignore", ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    local_workers.Worker = SlowWorker  # type: ignore[attr-defined, assignment]
    heartbeat.INTERVAL = 0.5
    retrying.PATIENCE = patience
    connection.SQLITE_WAIT = SQLITE_WAIT


def _show_nothing(study: optuna.Study, results: object) -> None:
    pass


def _die_before(count: int) -> None:
    left = count

    def die(*arguments: Any) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    sqlalchemy.event.listen(Engine, "before_cursor_execute", die)
    sqlalchemy.event.listen(Engine, "commit", die)


def launch_on_ray(
    address: str, url: str, name: str, checkpoints: Path, requested: Mapping[str, Any], workers: str
) -> None:
    """Launch a study on a Ray cluster as `kouka launch --ray` does."""
    _prepare(retrying.PATIENCE, 0)
    from search.running import ray_workers

    ray_workers._work = ray_work
    study.launch(
        url, name, Requested(**requested), [{}], StudyWatch(), _show_nothing,
        checkpoints=checkpoints, elsewhere=ray_workers.RayWorkers(address, url, workers, None),
    )  # fmt: skip


def ray_work(url: str, name: str, checkpoints: Path, ends: float | None) -> None:
    """What a task of `launch_on_ray` does; it tells in a file which GPU it was given.

    While there is a file `waiting`, its epochs do not end.
    """
    _prepare(retrying.PATIENCE, 0.05)
    heartbeat.GRACE = 5
    global WAITING
    WAITING = checkpoints / "waiting"
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    checkpoints.mkdir(exist_ok=True)
    (checkpoints / f"gpu-{os.getpid()}").write_text(gpu)
    study.join(url, name, [{}], StudyWatch(), _show_nothing, checkpoints=checkpoints)
