"""One trial: ask Optuna, train in the worker, report every epoch, tell Optuna."""

from __future__ import annotations

from typing import Any, Protocol

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from model_space.techniques import Choice
from model_space.worker import TrainingError, Worker
from search import schema
from search.phases import Planned
from search.space import Space


class Watch(Protocol):
    """What wants to know how a trial goes."""

    def run_started(self, choice: Choice) -> None:
        """The techniques of a run are known."""

    def epoch_ended(self, epoch: int, accuracy: float) -> None:
        """An epoch, from 1, ended at a validation accuracy."""

    def run_ended(self, state: TrialState) -> None:
        """A run is complete, pruned or failed."""


def run_trial(
    study: optuna.Study,
    planned: Planned,
    space: Space,
    worker: Worker,
    budget: dict[str, Any],
    watch: Watch,
) -> TrialState:
    """Run what is planned as a trial of the study, and return how it ended.

    A run that fails is kept as a failed trial, with the reason; so is one that is interrupted,
    before the interruption goes on its way.
    """
    study.sampler = _sampler(planned)
    if planned.params is not None:
        study.enqueue_trial(dict(planned.params))
    trial = study.ask()
    trial.set_user_attr(schema.PHASE, planned.phase)
    trial.set_user_attr(schema.SEED, planned.seed)

    def report(epoch: int, accuracy: float) -> bool:
        trial.report(accuracy, epoch)
        watch.epoch_ended(epoch, accuracy)
        # After the last epoch there is nothing left to save: the run is complete.
        may_stop = planned.phase == "search" and epoch < budget["epochs"]
        return not (may_stop and trial.should_prune())

    try:
        choice = space.suggest(trial)
        watch.run_started(choice)
        outcome = worker.train(choice, budget, planned.seed, report)
    except BaseException as error:
        failed = isinstance(error, TrainingError)
        trial.set_user_attr(schema.FAILURE, str(error) if failed else schema.INTERRUPTED)
        study.tell(trial, state=TrialState.FAIL)
        if not failed:
            raise
        watch.run_ended(TrialState.FAIL)
        return TrialState.FAIL
    trial.set_user_attr(schema.SECONDS_PER_EPOCH, outcome["seconds_per_epoch"])
    trial.set_user_attr(schema.PARAMETERS, outcome["parameters"])
    if outcome["diverged"]:
        trial.set_user_attr(schema.DIVERGED, True)
    if outcome["test_accuracy"] is None:
        state = TrialState.PRUNED
        study.tell(trial, state=state)
    else:
        state = TrialState.COMPLETE
        trial.set_user_attr(schema.TEST_ACCURACY, outcome["test_accuracy"])
        study.tell(trial, outcome["accuracy"], state=state)
    watch.run_ended(state)
    return state


def _sampler(planned: Planned) -> BaseSampler:
    """The sampler of one run; seeded by the run, so that resuming changes nothing."""
    if planned.params is not None:
        return RandomSampler(seed=planned.seed)  # never consulted: the parameters are given
    return TPESampler(seed=planned.seed, multivariate=True, group=True, constant_liar=False)
