"""Taking the next planned run, so that no two workers ever take the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

import optuna
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from model_space.budget import Budget
from model_space.recipe import Recipe
from search.analysis.rank_stability import ranked_from
from search.analysis.recommendation import candidates
from search.analysis.verified_techniques import choose_verified
from search.planning.broken import breaks_of, is_broken
from search.planning.phases import Planned
from search.planning.phases.confirm import ENDS
from search.planning.pruners import PRUNERS, Pruning
from search.planning.replan import (
    recipes_that_fit,
    with_fitting_long_runs,
    with_fitting_seeds,
    with_long_runs,
)
from search.planning.schedule import Schedule, schedule
from search.planning.space import Space
from search.results import Candidates, Results
from search.running.timekeeping import planned_anew, time_left
from search.settings import Settings, TimeLimit
from search.storage import schema
from search.storage.heartbeat import Identity, fail, fail_lost
from search.storage.lock import LockLostError, exclusive
from search.storage.optuna_internals import begin_trial
from search.storage.reading import read
from search.storage.schema import Phase

_MOST_DRAWS = 50
"""Draws of parameters for one run of the search."""


@dataclass(frozen=True)
class Claim:
    """A running trial, and what it is to train."""

    planned: Planned
    trial_id: int
    recipe: Recipe
    budget: Budget
    pruning: Pruning | None
    last_epochs: int
    """The last epochs whose mean objective is the trial's value."""
    time: TimeLimit | None = None
    """The time that its study was planned for."""


def claim(study: optuna.Study, storage: RDBStorage, url: str, me: Identity) -> Claim | Schedule:
    """Begin the next planned run as a trial of its own, or say where the study stands.

    Under the study's lock, runs that lost their worker are failed, so that they are planned again;
    the settings are read, which another launch may have extended; if a phase begins whose recipes
    depend on earlier runs, they are chosen; and the trial begins with its parameters, its worker
    and a sign of life. A worker that dies in between leaves a trial that the next one fails.
    Raises `LockLostError`, with nothing begun, where the lock was lost.
    """
    with exclusive(url, study.study_name) as confirm_lock:
        fail_lost(study, storage, me)
        results = read(study)
        settings = results.launched_with()
        space = Space.of(settings)
        results, settings, now = _next(study, settings, space, results)
        if not now.next:
            return now
        planned = now.next[0]
        params = _params(planned, study, settings, space, results)
        trial_id = begin_trial(
            study,
            create_trial(
                state=TrialState.RUNNING,
                params=params,
                distributions=space.distributions(params),
                user_attrs={
                    schema.PHASE: planned.phase,
                    schema.SEED: planned.seed,
                    schema.EPOCHS: settings.epochs_of(planned.phase),
                    schema.WORKER: me.to_json(),
                },
            ),
        )
        storage.record_heartbeat(trial_id)
        try:
            confirm_lock()
        except LockLostError:
            fail(storage, trial_id, schema.INTERRUPTED)
            raise
    pruning = None
    if planned.phase == "search":
        # A recipe that pays late looks poor until the runs rank as they do at their end.
        earliest = ranked_from(results.of("measure")) or 1
        pruning = PRUNERS[settings.pruner](settings.epochs, earliest)
    budget = settings.budget(planned.phase, params)
    last_epochs = settings.last_epochs_of(planned.phase)
    recipe = space.recipe(params)
    return Claim(planned, trial_id, recipe, budget, pruning, last_epochs, settings.time)


def _next(
    study: optuna.Study, settings: Settings, space: Space, results: Results
) -> tuple[Results, Settings, Schedule]:
    """Compare what is planned with what there is, and choose and plan anew what is due."""
    while True:
        now = schedule(settings, space, results)
        anew = planned_anew(settings, results, now)
        if anew != settings:
            results, settings = _kept(anew, study, results), anew
        elif now.choose is not None:
            results, settings = _choose(now.choose, study, settings, results)
        else:
            return results, settings, now


def _choose(
    phase: Phase, study: optuna.Study, settings: Settings, results: Results
) -> tuple[Results, Settings]:
    """Choose what a phase runs, once and for all workers, and keep it in the study.

    In a study that was planned for a time, also how long or how often, so that it ends in time.
    """
    if phase == "verify":
        left = time_left(settings, results)
        if left is not None:
            settings = with_fitting_long_runs(settings, left)
            results = _kept(settings, study, results)
        if settings.verify:
            verified = choose_verified(results)
            results = replace(results, verified=verified)
            study.set_user_attr(schema.VERIFIED, asdict(verified))
        return results, settings
    recipes = tuple(candidates(results))
    left = time_left(settings, results, len(recipes) + len(ENDS))
    if left is not None and settings.time is not None:
        if not settings.verify:
            longer = with_long_runs(settings, left)
            if longer is not None:
                return _kept(longer, study, results), longer
        recipes = recipes[: recipes_that_fit(settings, left) - 1]
        left = replace(left, recipes=len(recipes) + len(ENDS))
        settings = with_fitting_seeds(settings, left)
        results = _kept(settings, study, results)
    chosen = Candidates(settings.measure, settings.search, recipes, settings.verify,
                        settings.at_most, settings.verify_epochs)  # fmt: skip
    study.set_user_attr(schema.CANDIDATES, asdict(chosen))
    return replace(results, candidates=chosen), settings


def _kept(settings: Settings, study: optuna.Study, results: Results) -> Results:
    """Keep settings that were planned anew in the study; return its results with them."""
    study.set_user_attr(schema.SETTINGS, settings.to_json())
    return replace(results, settings=settings)


def _params(
    planned: Planned, study: optuna.Study, settings: Settings, space: Space, results: Results
) -> dict[str, Any]:
    """The parameters of a run: those planned, or those that a sampler chooses by runs as long."""
    if planned.params is not None:
        return dict(planned.params)
    trials = study.get_trials(deepcopy=False)
    known = [trials[run.number] for run in results.runs if run.epochs == settings.epochs]
    return _sample(known, space, planned.seed, study.direction, breaks_of(results).values())


def _sample(
    trials: list[FrozenTrial],
    space: Space,
    seed: int,
    direction: StudyDirection,
    breaks: Collection[frozenset[str]],
) -> dict[str, Any]:
    """Let TPE choose the parameters of one run, from what all others gave so far.

    TPE knows nothing of failed trials. A recipe with techniques with which every run has failed is
    drawn again, up to `_MOST_DRAWS` times.

    It samples in memory, where a suggestion is not a transaction of its own, and is seeded by the
    run, so that resuming changes nothing.
    """
    # A run of another worker is taken for a bad one until it ends, so that none repeats it.
    sampler = TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)
    copy = optuna.create_study(direction=direction, sampler=sampler)
    copy.add_trials(_without_attributes(trial) for trial in trials)
    params: dict[str, Any] = {}
    for _ in range(_MOST_DRAWS):
        trial = copy.ask()
        space.suggest(trial)
        params = trial.params
        if not is_broken(params, breaks):
            break
    return params


def _without_attributes(trial: FrozenTrial) -> FrozenTrial:
    """A copy with what TPE reads: of the values by epoch, only the last."""
    step = trial.last_step
    return create_trial(
        state=trial.state,
        values=trial.values,
        params=trial.params,
        distributions=trial.distributions,
        intermediate_values={} if step is None else {step: trial.intermediate_values[step]},
    )
