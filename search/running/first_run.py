"""The first run of a study of a user's program, tried alone before the study is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FixedTrial, FrozenTrial, TrialState

from model_space.outcome import Outcome
from model_space.worker.client import TrainingError
from search.analysis.confirmation import describe
from search.commands.parsing import digests
from search.commands.process import OUTPUT
from search.commands.program import EPOCHS, Program
from search.commands.shared_files import shared, snapshot, written
from search.commands.trainer import CommandTrainer
from search.commands.unit import with_unit
from search.errors import InputError, StudyFailedError
from search.planning.phases import Planned
from search.planning.phases.plan import run_seed
from search.planning.schedule import schedule
from search.planning.settle import Requested
from search.planning.space import Space
from search.results import Objective, Results, Run
from search.running.folders import made_folder, runs_folder
from search.running.following import StudyWatch
from search.running.trial import attributes_of, judged_by
from search.settings import Settings
from search.storage import schema
from search.storage.heartbeat import Identity
from search.storage.optuna_internals import begin_trial

_OTHER_SEED = 1 << 20
"""No seed of `confirm` has this index."""


@dataclass(frozen=True)
class _Tried:
    """A run outside of any study, with values as the program prints them."""

    curve: Mapping[int, float]
    outcome: Outcome
    folder: Path
    began: datetime
    ended: datetime

    def same_as(self, other: _Tried) -> bool:
        """True where both printed the same, to the last digit."""
        mine, others = self.outcome, other.outcome
        return (
            self.curve == other.curve
            and mine.objective == others.objective
            and mine.test_objective == others.test_objective
        )


@dataclass(frozen=True)
class FirstRun:
    """The first run of a new study, which has ended well."""

    planned: Planned
    params: Mapping[str, Any]
    tried: _Tried
    program: Program
    """The program with its unit settled."""
    seed_matters: bool
    """True where the same run with another seed printed something else."""
    last_epochs: int

    def settled(self, requested: Requested) -> Requested:
        """What the launch asks for, with what the run has shown.

        Raises `InputError` where it asks for a mean of epochs that the program does not print.
        """
        if requested.last_epochs is not None and requested.last_epochs != self.last_epochs:
            raise InputError(
                f"--last-epochs {requested.last_epochs} has no effect: the first run printed "
                f"{self.program.metric.name} {len(self.tried.curve)} times, which is not once an "
                "epoch; leave it out"
            )
        if self.program.has(EPOCHS):
            requested = replace(requested, last_epochs=self.last_epochs)
        return replace(requested, program=self.program)

    def keep(self, study: optuna.Study, settings: Settings) -> None:
        """Make the run the first trial of its study, if it is one that the study plans."""
        study.set_user_attr(schema.SEED_MATTERS, self.seed_matters)
        if self.planned.params is None:
            return
        factor = self.program.factor_to_stored
        curve = {epoch: factor * value for epoch, value in self.tried.curve.items()}
        test = self.tried.outcome.test_objective
        outcome = replace(
            self.tried.outcome,
            objective=factor * self.tried.outcome.objective,
            test_objective=None if test is None else factor * test,
        )
        phase = self.planned.phase
        space = Space.of(settings)
        trial = FrozenTrial(
            number=-1,
            trial_id=-1,
            state=TrialState.COMPLETE,
            value=judged_by(outcome, curve, settings.last_epochs_of(phase)),
            datetime_start=self.tried.began,
            datetime_complete=self.tried.ended,
            params=dict(self.params),
            distributions=space.distributions(self.params),
            user_attrs={
                schema.PHASE: phase,
                schema.SEED: self.planned.seed,
                schema.EPOCHS: settings.epochs_of(phase),
                schema.WORKER: Identity.here(0).to_json(),
                schema.FOLDER: str(self.tried.folder),
                **attributes_of(outcome, phase),
            },
            system_attrs={},
            intermediate_values=curve,
        )
        begin_trial(study, trial)


def tried_first(
    name: str, settings: Settings, environment: Mapping[str, str], watch: StudyWatch
) -> FirstRun:
    """Run what a new study plans first, and once more with another seed.

    Raises `TrainingError` where it fails, `InputError` where its metric cannot have the unit asked
    for, and `StudyFailedError` where its folder cannot be made.
    """
    program = settings.program
    assert program is not None
    space = Space.of(settings)
    now = schedule(settings, space, Results(name, settings.factors, (), settings))
    nothing_yet = Planned("search", run_seed(settings.seed, "search", 0), None)
    planned = now.next[0] if now.next else nothing_yet
    params = space.params([]) if planned.params is None else dict(planned.params)
    watch.trying(_recipe(name, params, settings))
    directory = Path(program.directory)
    before = snapshot(directory)
    first = _try(name, "0", settings, params, planned.seed, environment)
    if files := written(directory, before):
        watch.cautioned(shared(files, directory))
    program = with_unit(program, first.outcome.objective)
    # What the run itself writes is no part of the program.
    since = digests(program.command, program.directory)
    kept = {word: digest for word, digest in program.files.items() if since.get(word) == digest}
    program = replace(program, files=kept)
    value = program.factor_to_stored * first.outcome.objective
    objective = Objective.of(program)
    watch.tried(objective, objective.scale * value, len(first.curve), first.folder)
    other = _try(
        name, "other-seed", settings, params,
        run_seed(settings.seed, "confirm", _OTHER_SEED), environment,
    )  # fmt: skip
    matters = not first.same_as(other)
    watch.tried_seed(program, matters)
    # Where the points are no epochs, the last is what the program itself takes for its result.
    last_epochs = settings.last_epochs if len(first.curve) == settings.epochs else 1
    return FirstRun(planned, params, first, program, matters, last_epochs)


def _recipe(name: str, params: Mapping[str, Any], settings: Settings) -> str:
    study = Results(name, settings.factors, (), settings)
    run = Run(0, "measure", "running", params, study.on(params), None)
    return describe(run, study.factors, study.numbers)


def _try(
    name: str,
    folder_name: str,
    settings: Settings,
    params: Mapping[str, Any],
    seed: int,
    environment: Mapping[str, str],
) -> _Tried:
    assert settings.program is not None
    runs = runs_folder(settings.program, name)
    try:
        folder = made_folder(runs, folder_name)
    except OSError as error:
        raise StudyFailedError(
            f"the folder {runs} of the runs cannot be written ({error.strerror})"
        ) from error
    # Values as they are printed, as their unit may still be open.
    trainer = CommandTrainer(replace(settings.program, unit=None, scale=None), environment)
    curve: dict[int, float] = {}

    def keep(point: int, value: float) -> bool:
        curve[point] = value
        return True

    began = datetime.now()
    recipe = Space.of(settings).suggest(FixedTrial(dict(params)))
    try:
        outcome = trainer.train(recipe, settings.budget(), seed, keep, folder)
    except TrainingError as error:
        raise TrainingError(
            f"the first run failed: {error}; all of its output is in {folder / OUTPUT}"
        ) from error
    return _Tried(curve, outcome, folder, began, datetime.now())
