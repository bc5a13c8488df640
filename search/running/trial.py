"""Running one trial: train what was claimed, report every epoch, store the outcome."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from model_space.outcome import Outcome
from model_space.worker.client import Stopped, TrainingError
from search.errors import StudyFailedError
from search.running.claim import Claim
from search.running.pruning import PruningChecks
from search.running.trainer import Trainer
from search.storage import schema
from search.storage.heartbeat import beating, fail
from search.storage.optuna_internals import write_values
from search.storage.retrying import patiently
from search.storage.schema import Phase

_LIFE = 1 / 60
"""Share of a study's time after which a run gives a sign of life, up to which the time counts."""
_WRITE_EVERY = 10.0
"""Seconds between two writings of a run's values: only a viewer waits for them."""


def run_trial(
    claim: Claim, study: optuna.Study, storage: RDBStorage, trainer: Trainer, kept: Path | None
) -> TrialState | None:
    """Train what was claimed, keep what comes of it, and return how it ended.

    `kept` is where the run keeps what it needs, see `Trainer.train`. None says that the trial was
    taken for lost meanwhile, and given to another worker. A run that fails is kept as a failed
    trial with the reason; so is one that is interrupted, or that could not begin, before that goes
    on its way.
    """
    trial_id = claim.trial_id
    pruning = claim.pruning
    checks = None
    if pruning is not None:
        checks = PruningChecks(pruning, study, storage, trial_id, claim.budget.epochs)
    curve = _Curve(storage, trial_id)
    lost = False

    def report(epoch: int, objective: float) -> bool:
        nonlocal lost
        try:
            curve.add(epoch, objective)
        except UpdateFinishedTrialError:
            lost = True
            return False
        return checks is None or not checks.should_prune(curve.values)

    try:
        with beating(storage, trial_id, _LIFE * claim.time.seconds if claim.time else math.inf):
            outcome = trainer.train(
                claim.recipe, claim.budget, claim.planned.seed, report, kept,
                detailed=claim.planned.phase == "confirm",
            )  # fmt: skip
    except TrainingError as error:
        reason = str(error)
        patiently(lambda: fail(storage, trial_id, reason))
        return TrialState.FAIL
    except (Stopped, StudyFailedError, KeyboardInterrupt):
        patiently(lambda: fail(storage, trial_id, schema.INTERRUPTED))
        raise
    return None if lost else _keep(storage, claim, curve, outcome)


def rounded(values: Sequence[float]) -> list[float]:
    """Round to what a curve shows, as a long run has many of them."""
    return [round(value, 5) for value in values]


class _Curve:
    """A running trial's objective by epoch, written to the storage several at a time.

    Optuna's own report is a transaction each, and on SQLite a transaction takes longer than a
    short epoch.
    """

    def __init__(self, storage: RDBStorage, trial_id: int) -> None:
        self._storage, self._trial_id = storage, trial_id
        self._written_at = time.monotonic()
        self._unwritten: dict[int, float] = {}
        self.values: dict[int, float] = {}

    def add(self, epoch: int, value: float) -> None:
        """Keep a value. Raises `UpdateFinishedTrialError` for a trial that has ended."""
        self._unwritten[epoch] = self.values[epoch] = value
        if time.monotonic() - self._written_at >= _WRITE_EVERY:
            self.write()

    def write(self) -> None:
        """Write what is not written yet."""
        if self._unwritten:
            patiently(lambda: write_values(self._storage, self._trial_id, self._unwritten))
        self._unwritten.clear()
        self._written_at = time.monotonic()


def judged_by(outcome: Outcome, curve: Mapping[int, float], last_epochs: int) -> float:
    """Compute the value of a trial whose run has ended."""
    if outcome.diverged or last_epochs == 1 or not curve:
        return outcome.objective
    return fmean(list(curve.values())[-last_epochs:])


def attributes_of(outcome: Outcome, phase: Phase) -> dict[str, Any]:
    """Collect what a trial keeps of its run beside the value and the curve."""
    attributes = {
        schema.SECONDS_PER_EPOCH: outcome.seconds_per_epoch,
        schema.PARAMETERS: outcome.parameters,
        **({schema.DIVERGED: True} if outcome.diverged else {}),
        schema.TEST_ACCURACY: outcome.test_accuracy,
        schema.TEST_OBJECTIVE: outcome.test_objective,
        schema.TEST_CORRECT: outcome.test_correct if phase == "confirm" else None,
        schema.TEST_MISTAKES: outcome.test_mistakes,
        schema.TRAINING: None if outcome.training is None else rounded(outcome.training),
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _keep(storage: RDBStorage, claim: Claim, curve: _Curve, outcome: Outcome) -> TrialState | None:
    trial_id, values = claim.trial_id, curve.values
    if outcome.stopped:
        state, value = TrialState.PRUNED, values[max(values)]
    else:
        state, value = TrialState.COMPLETE, judged_by(outcome, values, claim.last_epochs)
    attributes = attributes_of(outcome, claim.planned.phase)

    def keep() -> TrialState:
        curve.write()
        for name, attribute in attributes.items():
            storage.set_trial_user_attr(trial_id, name, attribute)
        storage.set_trial_state_values(trial_id, state, [value])
        return state

    try:
        return patiently(keep)
    except UpdateFinishedTrialError:
        # Kept at an earlier asking, whose answer was lost; or somebody else's by now.
        ended = patiently(lambda: storage.get_trial(trial_id)).state
        return state if ended == state else None
