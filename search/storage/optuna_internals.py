"""Optuna's private parts: every one that kouka uses, and why there is no public way.

Tried with the versions in `TRIED`. `tests/search/storage/test_optuna_internals.py` fails where
another version has changed one of them.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from typing import Any

import optuna
import sqlalchemy
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import (
    TrialHeartbeatModel,
    TrialIntermediateValueModel,
    TrialModel,
)
from optuna.trial import FrozenTrial, TrialState

TRIED = ("5.0",)


def id_of(trial: FrozenTrial) -> int:
    """The number that a trial has in its storage, by which storages know it.

    The public `number` counts within a study.
    """
    return trial._trial_id


def begin_trial(study: optuna.Study, trial: FrozenTrial) -> int:
    """Add a trial that is running already, with its parameters and attributes; returns its id.

    In one transaction: `study.ask` takes one for the trial and one for each parameter, and a
    worker that dies between them leaves half a trial.
    """
    return study._storage.create_new_trial(study._study_id, template_trial=trial)


def write_values(storage: RDBStorage, trial_id: int, values: Mapping[int, float]) -> None:
    """Write finite intermediate values by step, in one transaction; those there are replaced.

    `trial.report` takes a transaction for each. Raises `UpdateFinishedTrialError` where the trial
    has ended.
    """
    trials, table = _table(TrialModel), _table(TrialIntermediateValueModel)
    rows = [
        {
            "trial_id": trial_id,
            "step": step,
            "intermediate_value": value,
            "intermediate_value_type": "FINITE",
        }
        for step, value in values.items()
    ]
    same = (table.c.trial_id == trial_id) & table.c.step.in_(values)
    state = sqlalchemy.select(trials.c.state).where(trials.c.trial_id == trial_id)
    with storage.engine.begin() as connection:
        # Optuna's `get_trial` would read every value written so far.
        storage.check_trial_is_updatable(trial_id, connection.execute(state).scalar_one())
        connection.execute(table.delete().where(same))
        connection.execute(table.insert(), rows)


def heartbeat_ages(storage: RDBStorage, trial_ids: Collection[int]) -> dict[int, float]:
    """Seconds since each trial's last heartbeat, by the database's own clock.

    Optuna asks only for trials whose heartbeat is older than a limit that the storage was opened
    with, and only within `study.optimize`.
    """
    heartbeats = _table(TrialHeartbeatModel)
    query = sqlalchemy.select(
        heartbeats.c.trial_id, heartbeats.c.heartbeat, sqlalchemy.func.now()
    ).where(heartbeats.c.trial_id.in_(trial_ids))
    with storage.engine.connect() as connection:
        return {
            trial_id: (now.replace(tzinfo=None) - then).total_seconds()
            for trial_id, then, now in connection.execute(query)
        }


class CompleteTrials(optuna.Study):
    """A study's complete trials alone, each read from the database once.

    What a pruner that compares with complete trials is given: `study.get_trials` would read all
    trials again at every look.
    """

    def __init__(self, study: optuna.Study, storage: RDBStorage) -> None:
        self.__setstate__(study.__getstate__())  # unlike Study's own, asks the storage nothing
        self._rdb = storage
        self._known: dict[int, FrozenTrial] = {}

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The complete trials, whatever `states` says."""
        table = _table(TrialModel)
        query = sqlalchemy.select(table.c.trial_id).where(
            table.c.study_id == self._study_id, table.c.state == TrialState.COMPLETE.name
        )
        with self._rdb.engine.connect() as connection:
            complete = set(connection.execute(query).scalars())
        if new := complete - self._known.keys():
            trials = self._rdb._get_trials(
                self._study_id, (TrialState.COMPLETE,), new, trial_id_greater_than=max(new)
            )
            self._known |= {id_of(trial): trial for trial in trials}
        return list(self._known.values())


def _table(model: Any) -> sqlalchemy.Table:
    table: sqlalchemy.Table = sqlalchemy.inspect(model).local_table
    return table
