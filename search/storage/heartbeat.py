"""Heartbeats of running trials, by which workers learn that another one is gone.

Optuna keeps the time of the last heartbeat of each running trial. A worker renews its own; a trial
whose last is older than `GRACE`, or that never had one, has lost its worker, and its run is free to
be run again. On the worker's own machine nobody has to wait for that: the process is there, or not.
"""

from __future__ import annotations

import math
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from search.storage import schema
from search.storage.optuna_internals import heartbeat_ages, id_of

INTERVAL = 20.0
"""Seconds between two heartbeats."""
GRACE = 120.0
"""Seconds of silence after which a worker counts as gone."""

_OFFSET = "utc_offset"
"""The key under which a trial keeps the time zone of its worker, in seconds."""


@dataclass(frozen=True)
class Identity:
    """A worker: its machine, its process, and which of the workers of that process it is."""

    host: str
    machine: str
    """Shared by processes that see each other's process ids."""
    pid: int
    slot: int

    @classmethod
    def here(cls, slot: int) -> Identity:
        """A worker of this process."""
        return cls(platform.node(), _machine(), os.getpid(), slot)

    def to_json(self) -> dict[str, Any]:
        """The worker as a trial that begins now keeps it."""
        return asdict(self) | {_OFFSET: utc_offset().total_seconds()}

    @classmethod
    def from_json(cls, stored: object) -> Identity | None:
        """Read what `to_json` wrote; None for anything else, as other programs keep."""
        match stored:
            case {"host": str(host), "machine": str(machine), "pid": int(pid), "slot": int(slot)}:
                return cls(host, machine, pid, slot)
        return None


def utc_offset() -> timedelta:
    """What the clock of this machine is ahead of UTC now."""
    return datetime.now().astimezone().utcoffset() or timedelta()


def utc_offset_of(trial: FrozenTrial) -> timedelta:
    """What the clock of a trial's times is ahead of UTC: Optuna keeps them without their zone.

    Earlier versions do not say; there it is this machine's.
    """
    match trial.user_attrs.get(schema.WORKER):
        case {"utc_offset": float(seconds)}:
            return timedelta(seconds=seconds)
    return utc_offset()


@contextmanager
def beating(storage: RDBStorage, trial_id: int, longest: float) -> Iterator[None]:
    """Record heartbeats of a running trial, from a thread, while the block runs.

    At most `longest` seconds apart.
    """
    over = threading.Event()

    def beat() -> None:
        while not over.wait(min(INTERVAL, longest)):
            with suppress(SQLAlchemyError, StorageInternalError):
                storage.record_heartbeat(trial_id)

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def fail_lost(study: optuna.Study, storage: RDBStorage, me: Identity | None = None) -> None:
    """Fail the running trials that nobody runs; to be called where no trial can begin meanwhile.

    `me` is a worker that runs nothing, whatever the storage says of it.
    """
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    if not running:
        return
    ages = heartbeat_ages(storage, [id_of(trial) for trial in running])
    for trial in running:
        worker = Identity.from_json(trial.user_attrs.get(schema.WORKER))
        gone = worker is not None and (worker == me or _is_dead_here(worker))
        age = ages.get(id_of(trial), math.inf)
        if gone or age > GRACE:
            # Its end will be by the clock of this machine, its begin is by that of its worker.
            unseen = age + (utc_offset() - utc_offset_of(trial)).total_seconds()
            fail(storage, id_of(trial), schema.INTERRUPTED, None if age == math.inf else unseen)


def fail(storage: RDBStorage, trial_id: int, reason: str, unseen: float | None = None) -> None:
    """End a trial as failed, and keep why; a trial that has ended stays as it is.

    `unseen` are the seconds since its worker's last sign of life, by that one's clock, where the
    worker is gone.
    """
    with suppress(optuna.exceptions.UpdateFinishedTrialError):
        if unseen is not None:
            storage.set_trial_user_attr(trial_id, schema.UNSEEN, unseen)
        storage.set_trial_user_attr(trial_id, schema.FAILURE, reason)
        storage.set_trial_state_values(trial_id, TrialState.FAIL)


def _is_dead_here(worker: Identity) -> bool:
    """Tell a worker that ran on this machine, as a process that is no more."""
    if worker.machine != _machine() or worker.pid == os.getpid():
        return False
    try:
        os.kill(worker.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(worker.pid)


def _machine() -> str:
    """The boot and the PID namespace, which processes that see each other's ids share."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    return platform.node()


def _is_zombie(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False
