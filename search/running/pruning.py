"""Pruning checks of a running trial, each of which reads what is new since the last."""

from __future__ import annotations

from collections.abc import Mapping

import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

from search.planning.pruners import Pruning
from search.storage import schema
from search.storage.optuna_internals import CompleteTrials
from search.storage.retrying import patiently


class PruningChecks:
    """The pruning checks of one running trial, beside trials of as many epochs as its own.

    A longer trial may be behind a shorter one at an epoch, as where its learning rate falls later.
    """

    def __init__(
        self,
        pruning: Pruning,
        study: optuna.Study,
        storage: RDBStorage,
        trial_id: int,
        epochs: int,
    ) -> None:
        self._pruner, self._epochs = pruning.pruner, pruning.epochs
        self._storage, self._trial_id = storage, trial_id
        self._reads_running = pruning.reads_running
        # Trials that do not say are of a study that has one budget.
        self._study = study if pruning.reads_running else CompleteTrials(
            study, storage, lambda trial: trial.user_attrs.get(schema.EPOCHS, epochs) == epochs
        )  # fmt: skip

    def should_prune(self, curve: Mapping[int, float]) -> bool:
        """Ask the pruner about a run with these values by epoch; False between its epochs."""
        return max(curve) in self._epochs and patiently(lambda: self._prune(curve))

    def _prune(self, curve: Mapping[int, float]) -> bool:
        if self._reads_running:
            trial = self._storage.get_trial(self._trial_id)
            trial.intermediate_values = dict(curve)
        else:
            trial = create_trial(state=TrialState.RUNNING, intermediate_values=dict(curve))
        return self._pruner.prune(self._study, trial)
