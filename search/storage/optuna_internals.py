"""Optuna's private parts: every one that kouka uses, and why there is no public way.

Tried with the versions in `TRIED`. `tests/search/storage/test_optuna_internals.py` fails where
another version has changed one of them.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import optuna
import sqlalchemy
from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

TRIED = ("5.0",)
TRIED_TABLES = ("v3.2.0.a",)
"""Versions of the tables, as `alembic_version` has them."""


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


def system_attributes(study: optuna.Study) -> Mapping[str, Any]:
    """The attributes of a study that are not its user's.

    The public way, `study.system_attrs`, is deprecated.
    """
    if isinstance(study, CopiedStudy):
        return study.attributes_of_system
    return study._storage.get_study_system_attrs(study._study_id)


def set_system_attribute(study: optuna.Study, key: str, value: Any) -> None:
    """Keep a value, which JSON can hold, beside what the user keeps in the study.

    The public way, `study.set_system_attr`, is deprecated.
    """
    study._storage.set_study_system_attr(study._study_id, key, value)


def write_values(storage: RDBStorage, trial_id: int, values: Mapping[int, float]) -> None:
    """Write finite intermediate values by step, in one transaction, over existing ones.

    `trial.report` takes a transaction for each. Raises `UpdateFinishedTrialError` where the trial
    has ended.
    """
    trials, table = _table("TrialModel"), _table("TrialIntermediateValueModel")
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
    heartbeats = _table("TrialHeartbeatModel")
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

    A pruner that compares with complete trials gets it, as `study.get_trials` would read all trials
    again at every look.
    """

    def __init__(
        self,
        study: optuna.Study,
        storage: RDBStorage,
        keep: Callable[[FrozenTrial], bool] = lambda trial: True,
    ) -> None:
        """Take the study whose complete trials are given, of which `keep` chooses some."""
        self.__setstate__(study.__getstate__())  # unlike Study's own, asks the storage nothing
        self._rdb = storage
        self._keep = keep
        self._known: dict[int, FrozenTrial] = {}

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The complete trials that are kept, whatever `states` says."""
        table = _table("TrialModel")
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
        return [trial for trial in self._known.values() if self._keep(trial)]


class CopiedStudy(optuna.Study):
    """A study and its trials as they were when they were read; it asks no storage.

    It knows its name, its directions, its attributes and the names of its objectives. Its trials
    have of system attributes their constraints and their place in a grid alone, and epochs only
    where these were read.
    """

    def __init__(
        self,
        name: str,
        directions: list[StudyDirection],
        attributes: Mapping[str, Any],
        attributes_of_system: Mapping[str, Any],
        trials: list[FrozenTrial],
    ) -> None:
        self.study_name = name
        self.attributes_of_system = attributes_of_system
        self._directions = directions
        self._attributes = dict(attributes)
        self._trials = trials

    @property
    def user_attrs(self) -> dict[str, Any]:
        """The attributes that its user gave it."""
        return self._attributes

    @property
    def metric_names(self) -> list[str] | None:
        """The names of the objectives; None where they have none."""
        return self.attributes_of_system.get(_OBJECTIVES)

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The trials by number, those of some states or all; never copied."""
        return [one for one in self._trials if states is None or one.state in states]


def is_tried(version: str) -> bool:
    """Tell a version of Optuna whose private parts are those that kouka was tried with."""
    return ".".join(version.split(".")[:2]) in TRIED


def copies(
    engine: sqlalchemy.Engine, name: str | None, *, epochs: bool
) -> list[CopiedStudy] | None:
    """Read the study of a name, or all, oldest first, straight from Optuna's tables.

    Without `epochs` the trials do not have the value of each epoch.
    Opening a storage by Optuna, and reading a study with it, takes most of a second of a processor.
    Returns None where this Optuna or the tables are of a version that has
    not been tried, so that Optuna must read them; an empty list where no study has that name.
    """
    if not is_tried(optuna.__version__):
        return None
    with engine.connect() as connection:
        versions = connection.execute(_select("alembic_version", "version_num")).scalars().all()
        if not versions or not set(versions) <= set(TRIED_TABLES):
            return None
        return _copies(connection, name, epochs)


_Rows = dict[int, list[Any]]
"""Rows of a table by the study, or by the trial, that they belong to."""


def _copies(connection: sqlalchemy.Connection, name: str | None, epochs: bool) -> list[CopiedStudy]:
    query = _select("studies", "study_id", "study_name", order="study_id")
    names = {key: each for key, each in connection.execute(query) if name in (None, each)}
    rows = partial(_rows, connection, None if name is None else list(names))
    # The trials first: what is written of them meanwhile is more than their states say.
    trials = rows("trials", "study_id", "trial_id", "number", "state", *_TIMES, order="number")
    of = _OfTrials(
        rows("trial_values", "trial_id", "value", "value_type", order="objective"),
        rows("trial_params", "trial_id", "param_name", "param_value", "distribution_json",
             order="param_id"),
        rows("trial_intermediate_values", "trial_id", "step", "intermediate_value",
             "intermediate_value_type", order="step") if epochs else {},
        rows("trial_user_attributes", "trial_id", "key", "value_json",
             order="trial_user_attribute_id"),
        rows("trial_system_attributes", "trial_id", "key", "value_json",
             order="trial_system_attribute_id", keys=(_CONSTRAINTS, GRID)),
    )  # fmt: skip
    directions = rows("study_directions", "study_id", "direction", order="objective")
    user = rows("study_user_attributes", "study_id", "key", "value_json",
                order="study_user_attribute_id")  # fmt: skip
    system = rows("study_system_attributes", "study_id", "key", "value_json",
                  order="study_system_attribute_id")  # fmt: skip
    return [
        CopiedStudy(
            each,
            [StudyDirection[direction] for (direction,) in directions[study_id]],
            _from_json(user[study_id]),
            _from_json(system[study_id]),
            [of.trial(*row) for row in trials[study_id]],
        )
        for study_id, each in names.items()
    ]


def _rows(
    connection: sqlalchemy.Connection,
    studies: Sequence[int] | None,
    table: str,
    owner: str,
    *columns: str,
    order: str,
    keys: Sequence[str] = (),
) -> _Rows:
    """Read the rows of some studies or all; of a table of trials' rows by way of the trials.

    Only those whose key begins with one of `keys`, if there are any.
    """
    query = _select(table, owner, *columns, order=order)
    if keys:
        begins = query.selected_columns.key.startswith
        query = query.where(sqlalchemy.or_(*map(begins, keys)))
    if studies is not None:
        source = query.get_final_froms()[0]
        if owner == "trial_id":
            trials = sqlalchemy.table("trials", *_columns("trial_id", "study_id"))
            query = query.join(trials, trials.c.trial_id == source.c.trial_id)
            source = trials
        query = query.where(source.c.study_id.in_(studies))
    found: _Rows = defaultdict(list)
    for first, *others in connection.execute(query):
        found[first].append(others)
    return found


@dataclass(frozen=True)
class _OfTrials:
    """The rows of Optuna's tables that belong to trials."""

    values: _Rows
    params: _Rows
    steps: _Rows
    attributes: _Rows
    of_system: _Rows
    spaces: dict[str, BaseDistribution] = field(default_factory=dict)
    """Those that were read, by how they are stored."""

    def trial(
        self, trial_id: int, number: int, state: str,
        began: datetime | None, ended: datetime | None,
    ) -> FrozenTrial:  # fmt: skip
        """Put a trial together."""
        space = {}
        for parameter, _, stored in self.params[trial_id]:
            if stored not in self.spaces:
                self.spaces[stored] = json_to_distribution(stored)
            space[parameter] = self.spaces[stored]
        return FrozenTrial(
            number, TrialState[state], None, _without_zone(began), _without_zone(ended),
            {parameter: space[parameter].to_external_repr(value)
             for parameter, value, _ in self.params[trial_id]},
            space, _from_json(self.attributes[trial_id]), _from_json(self.of_system[trial_id]),
            {step: _value(*stored) for step, *stored in self.steps.get(trial_id, ())}, trial_id,
            values=[_value(*row) for row in self.values[trial_id]] or None,
        )  # fmt: skip


_CONSTRAINTS = "constraints"
"""Begins the keys of a trial's constraints: all in a list, or each with a name after a colon."""
GRID = "grid_id"
"""The key of a trial's place in the grid of a `GridSampler`."""
_OBJECTIVES = "study:metric_names"
_TIMES = ("datetime_start", "datetime_complete")


def _without_zone(time: datetime | None) -> datetime | None:
    """A time as Optuna reads it where another program has written one with a zone."""
    return None if time is None else time.replace(tzinfo=None)


def _value(stored: float | None, kind: str) -> float:
    return {"INF_POS": math.inf, "INF_NEG": -math.inf}.get(
        kind, math.nan if stored is None else stored
    )


def _from_json(rows: Iterable[Any]) -> dict[str, Any]:
    return {key: json.loads(stored) for key, stored in rows}


def _columns(*names: str) -> list[sqlalchemy.ColumnClause[Any]]:
    return [
        sqlalchemy.column(name, sqlalchemy.DateTime() if name in _TIMES else None) for name in names
    ]


def _select(table: str, *columns: str, order: str | None = None) -> sqlalchemy.Select[Any]:
    source = sqlalchemy.table(
        table, *_columns(*dict.fromkeys((*columns, *([order] if order else []))))
    )
    query = sqlalchemy.select(*(source.c[column] for column in columns))
    return query if order is None else query.order_by(source.c[order])


def _table(model: str) -> sqlalchemy.Table:
    # Imported late: SQLAlchemy's object mapper takes long, and reading does without it.
    from optuna.storages._rdb import models

    table: sqlalchemy.Table = sqlalchemy.inspect(getattr(models, model)).local_table
    return table
