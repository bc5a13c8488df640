"""Signs of life: how workers learn that another one is gone, and its run free to be run again.

Optuna keeps a time for each running trial. A worker renews its own; a trial whose time is older
than `GRACE`, or which never had one, has lost its worker. On the worker's own machine nobody has
to wait for that: the process is there, or it is not.
"""

from __future__ import annotations

import math
import os
import platform
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from search.storage import schema
from search.storage.optuna_internals import heartbeat_ages, id_of

INTERVAL = 20.0
"""Seconds between two signs of life."""
GRACE = 120.0
"""Seconds of silence after which a worker counts as gone."""


def identity(slot: int) -> dict[str, Any]:
    """Who runs a trial: the machine, the process and its training process, by number."""
    return {"host": platform.node(), "machine": _machine(), "pid": os.getpid(), "slot": slot}


@contextmanager
def beating(storage: RDBStorage, trial_id: int) -> Iterator[None]:
    """Give signs of life for a running trial, from a thread."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(INTERVAL):
            with suppress(SQLAlchemyError, StorageInternalError):
                storage.record_heartbeat(trial_id)

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def fail_lost(study: optuna.Study, storage: RDBStorage, me: Mapping[str, Any]) -> None:
    """Fail the running trials that nobody runs; to be called where no trial can begin meanwhile.

    `me` is a worker that runs nothing, whatever the storage says of it.
    """
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    if not running:
        return
    ages = heartbeat_ages(storage, [id_of(trial) for trial in running])
    for trial in running:
        worker = trial.user_attrs.get(schema.WORKER, {})
        if worker == me or _is_dead_here(worker) or ages.get(id_of(trial), math.inf) > GRACE:
            fail(storage, id_of(trial), schema.INTERRUPTED)


def fail(storage: RDBStorage, trial_id: int, reason: str) -> None:
    """End a trial as failed, and keep why; a trial that has ended stays as it is."""
    with suppress(optuna.exceptions.UpdateFinishedTrialError):
        storage.set_trial_user_attr(trial_id, schema.FAILURE, reason)
        storage.set_trial_state_values(trial_id, TrialState.FAIL)


def _is_dead_here(worker: Mapping[str, Any]) -> bool:
    """Whether a worker ran on this machine, as a process that is no more."""
    if worker.get("machine") != _machine() or worker.get("pid") == os.getpid():
        return False
    try:
        os.kill(worker["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(worker["pid"])


def _machine() -> str:
    """What processes that see each other's numbers share: the boot and the PID namespace."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    return platform.node()


def _is_zombie(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False
