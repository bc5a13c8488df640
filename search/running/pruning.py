"""Looking whether a search run is to be pruned, at the price of what is new since the last look."""

from __future__ import annotations

from collections.abc import Container, Mapping

import optuna
import sqlalchemy
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import TrialModel
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.planning.pruners import Pruning
from search.storage.connection import patiently


class Looks:
    """The looks at one running trial."""

    def __init__(
        self, pruning: Pruning, study: optuna.Study, storage: RDBStorage, trial_id: int
    ) -> None:
        self._pruner, self._epochs = pruning.pruner, pruning.looks
        self._storage, self._trial_id = storage, trial_id
        self._reads_running = pruning.reads_running
        self._study = study if pruning.reads_running else _Completed(study, storage)

    def is_worse(self, curve: Mapping[int, float]) -> bool:
        """Whether a run of these values by epoch is to end; only after some epochs it may."""
        return max(curve) in self._epochs and patiently(lambda: self._prune(curve))

    def _prune(self, curve: Mapping[int, float]) -> bool:
        if self._reads_running:
            trial = self._storage.get_trial(self._trial_id)
            trial.intermediate_values = dict(curve)
        else:
            trial = create_trial(state=TrialState.RUNNING, intermediate_values=dict(curve))
        return self._pruner.prune(self._study, trial)


class _Completed(optuna.Study):
    """A study of which only complete trials are seen, and each is read once."""

    def __init__(self, study: optuna.Study, storage: RDBStorage) -> None:
        self.__setstate__(study.__getstate__())  # nothing is asked of the storage
        self._rdb = storage
        self._known: dict[int, FrozenTrial] = {}

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The complete trials, whatever `states` says."""
        table = sqlalchemy.inspect(TrialModel).local_table
        query = sqlalchemy.select(table.c.trial_id).where(
            table.c.study_id == self._study_id, table.c.state == TrialState.COMPLETE.name
        )
        with self._rdb.engine.connect() as connection:
            complete = set(connection.execute(query).scalars())
        if new := complete - self._known.keys():
            trials = self._rdb._get_trials(
                self._study_id, (TrialState.COMPLETE,), new, trial_id_greater_than=max(new)
            )
            self._known |= {trial._trial_id: trial for trial in trials}
        return list(self._known.values())
