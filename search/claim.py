"""Taking the next planned run, so that no two workers ever take the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

from model_space.techniques import Choice
from search import schema
from search.heartbeat import fail, fail_lost
from search.lock import LockLostError, exclusive
from search.phases import Planned
from search.pruners import PRUNERS
from search.results import read
from search.schedule import Schedule, schedule, settings_and_space


@dataclass(frozen=True)
class Claim:
    """A running trial, and what it is to train."""

    planned: Planned
    trial_id: int
    choice: Choice
    budget: Mapping[str, Any]
    """The fields of `model_space.training.Budget`."""


def claim(
    study: optuna.Study, storage: RDBStorage, url: str, me: Mapping[str, Any]
) -> Claim | Schedule:
    """Begin the next planned run as a trial of its own, or say where the study stands.

    Under the study's lock: what lost its worker is failed, so that it is planned again; the
    settings are read, which another launch may have extended; and the trial begins with its
    parameters, its worker and a sign of life. Whoever dies in between leaves a trial that the
    next one fails. Raises `LockLostError`, with nothing begun, where the lock was lost.
    """
    with exclusive(url, study.study_name) as confirm_lock:
        fail_lost(study, storage, me)
        results = read(study)
        settings, space = settings_and_space(results)
        now = schedule(settings, space, results)
        if not now.next:
            return now
        planned = now.next[0]
        study.pruner = PRUNERS[settings.pruner](settings.epochs)
        params = dict(planned.params or {})
        trial_id = study._storage.create_new_trial(
            study._study_id,
            create_trial(
                state=TrialState.RUNNING,
                params=params,
                distributions=space.distributions(params),
                user_attrs={
                    schema.PHASE: planned.phase, schema.SEED: planned.seed, schema.WORKER: me
                },
            ),
        )  # fmt: skip
        storage.record_heartbeat(trial_id)
        # A study of its own, as Optuna's samplers keep the trials that a study once showed them.
        asking = optuna.load_study(
            study_name=study.study_name, storage=study._storage, sampler=_sampler(planned)
        )
        choice = space.suggest(optuna.Trial(asking, trial_id))
        try:
            confirm_lock()
        except LockLostError:
            fail(storage, trial_id, schema.INTERRUPTED)
            raise
    budget = {name: getattr(settings, name) for name in ("epochs", "batch_size", "width", "depth")}
    return Claim(planned, trial_id, choice, budget)


def _sampler(planned: Planned) -> BaseSampler:
    """The sampler of one run; seeded by the run, so that resuming changes nothing."""
    if planned.params is not None:
        return RandomSampler(seed=planned.seed)  # never consulted: the parameters are given
    # A run of another worker is taken for a bad one until it ends, so that none repeats it.
    return TPESampler(seed=planned.seed, multivariate=True, group=True, constant_liar=True)
