"""The first run of a study of a user's program, tried alone before the study is made."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from model_space.outcome import Outcome
from model_space.worker.client import TrainingError
from search.analysis.recipe_names import describe
from search.commands.epoch_order import out_of_order
from search.commands.makefiles import set_by_makefile
from search.commands.parsing import digests
from search.commands.process import OUTPUT
from search.commands.program import EPOCHS, Program
from search.commands.shared_files import shared, snapshot, written
from search.commands.trainer import CommandTrainer, RunTimeoutError
from search.commands.unit import of_less, with_unit
from search.errors import FirstRunError, InputError
from search.objective import Objective
from search.planning import time_plan
from search.planning.phases import Planned
from search.planning.phases.plan import run_seed
from search.planning.requested import Requested
from search.planning.schedule import schedule
from search.planning.space import Space
from search.results import Results, Run
from search.running.folders import made_folder, runs_folder
from search.running.following import StudyWatch
from search.running.trial import attributes_of, judged_by
from search.settings import Settings
from search.storage import schema
from search.storage.heartbeat import Identity
from search.storage.optuna_internals import begin_trial

_OTHER_SEED = 1 << 20
"""No seed of `confirm` has this index."""
_PATIENCE = 60.0
"""Seconds beyond the time that a study may take in which its first run still may end, so that kouka
can say what the study would take."""


@dataclass(frozen=True)
class Tried:
    """A run outside of any study, with values as the program prints them."""

    curve: Mapping[int, float]
    outcome: Outcome
    folder: Path
    began: datetime
    ended: datetime
    epoch_ends: tuple[float, ...]
    """Seconds from its begin to the end of each epoch, as far as it printed them."""

    @property
    def seconds(self) -> float:
        """From its begin to its end."""
        return (self.ended - self.began).total_seconds()

    def same_as(self, other: Tried) -> bool:
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

    name: str
    """That of the study."""
    settings: Settings
    """Those that planned it."""
    planned: Planned
    params: Mapping[str, Any]
    tried: Tried
    program: Program
    """The program with its unit settled."""
    other: Tried | None = None
    """The same run with another seed; None before that has been tried."""
    shared: tuple[str, ...] = ()
    """Files that it wrote where all runs work."""

    @property
    def seed_matters(self) -> bool:
        """True where the same run with another seed printed something else."""
        return self.other is None or not self.tried.same_as(self.other)

    def settled(self, requested: Requested) -> Requested:
        """Complete what a launch asks for with what the run has shown.

        Raises `InputError` where it asks for a mean of epochs that the program does not print.
        """
        requested = replace(requested, program=self.program)
        if not self.program.has(EPOCHS) or _prints_epochs(self.program, self.tried, self.settings):
            return requested
        if requested.last_epochs not in (None, 1):
            raise InputError(
                f"--last-epochs {requested.last_epochs} has no effect: the first run printed "
                f"{self.program.metric.name} {len(self.tried.curve)} times, which is not once an "
                "epoch; leave it out"
            )
        # Where the points are no epochs, the last is what the program itself takes for its result.
        return replace(requested, last_epochs=1)

    def is_one_of(self, settings: Settings) -> bool:
        """Check that a study of these settings plans this very run."""
        phase = self.planned.phase
        if self.planned.params is None:
            return False
        if settings.epochs_of(phase) != self.settings.epochs_of(phase):
            return False
        nothing = Results(self.name, settings.factors, (), settings)
        return self.planned in schedule(settings, Space.of(settings), nothing).next

    def keep(self, study: optuna.Study, settings: Settings) -> None:
        """Make the run the first trial of its study, if it is one that the study plans."""
        study.set_user_attr(schema.SEED_MATTERS, self.seed_matters)
        study.set_user_attr(schema.SHARED_FILES, self.shared)
        if not self.is_one_of(settings):
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


def _prints_epochs(program: Program, tried: Tried, settings: Settings) -> bool:
    """Tell a run that printed a value once an epoch, so that the last few can judge it."""
    return program.has(EPOCHS) and len(tried.curve) == settings.epochs


@dataclass(frozen=True)
class FirstRuns:
    """Runs of a user's program outside of any study, which are tried before its study is made."""

    name: str
    """That of the study."""
    environment: Mapping[str, str]
    watch: StudyWatch
    seconds: float | None = None
    """The time of the study, if it has one."""

    def first(self, settings: Settings) -> FirstRun:
        """Run what a new study plans first.

        Where that fails, what it has on may be the reason: then the planned run that has the least
        on. Raises `FirstRunError` where it fails, `InputError` where its metric cannot have the
        unit asked for or it takes much more time than the study has, and `StudyFailedError` where
        its folder cannot be made.
        """
        program = settings.program
        assert program is not None
        study = Results(self.name, settings.factors, (), settings)
        now = schedule(settings, Space.of(settings), study)
        nothing_yet = Planned("search", run_seed(settings.seed, "search", 0), None)
        planned = now.next[0] if now.next else nothing_yet
        plainest = min(now.next, key=lambda one: len(study.on(one.params or {})), default=planned)
        directory = Path(program.directory)
        before = snapshot(directory)
        try:
            params, first = self._tried("0", study, settings, planned)
        except FirstRunError as error:
            if len(study.on(plainest.params or {})) >= len(study.on(planned.params or {})):
                raise
            self.watch.cautioned(f"{error}. Another that is planned, with less on, is tried.")
            planned = plainest
            params, first = self._tried("0-plain", study, settings, planned)
        files = written(directory, before)
        if files:
            self.watch.cautioned(shared(files, directory))
        disordered = _out_of_order(program, first.folder / OUTPUT)
        for caution in filter(None, (of_less(program), set_by_makefile(program), disordered)):
            self.watch.cautioned(caution)
        program = with_unit(program, first.outcome.objective, first.curve.values())
        # What the run itself writes is no part of the program.
        since = digests(program.command, program.directory)
        kept = {word: digest for word, digest in program.files.items() if since.get(word) == digest}
        program = replace(program, files=kept)
        value = program.factor_to_stored * first.outcome.objective
        objective = Objective.of(program)
        last = settings.last_epochs if _prints_epochs(program, first, settings) else 1
        judged = program.factor_to_stored * judged_by(first.outcome, first.curve, last)
        self.watch.tried(
            objective, objective.scale * value, len(first.curve), first.folder,
            objective.scale * judged, last,
        )  # fmt: skip
        return FirstRun(self.name, settings, planned, params, first, program, shared=tuple(files))

    def _tried(
        self, folder: str, study: Results, settings: Settings, planned: Planned
    ) -> tuple[Mapping[str, Any], Tried]:
        """Run a planned run alone, with everything off where a sampler would choose."""
        params = planned.params or Space.of(settings).params([])
        run = Run(0, "measure", "running", params, study.on(params), None)
        self.watch.trying(describe(run, study))
        try:
            return params, self.run(folder, settings, params, planned.seed)
        except TrainingError as error:
            raise FirstRunError(f"the first run failed: {error}") from error

    def with_other_seed(self, first: FirstRun) -> FirstRun:
        """Run it once more with another seed; where that fails, the seed is taken to matter.

        Raises `StudyFailedError` as `first` does.
        """
        seed = run_seed(first.settings.seed, "confirm", _OTHER_SEED)
        self.watch.trying_seed()
        untimed = replace(self, seconds=None)
        try:
            tried = untimed.run("other-seed", first.settings, first.params, seed)
        except TrainingError as error:
            self.watch.cautioned(
                f"with another seed {error}. The study goes on, as runs may fail by chance."
            )
            return first
        both = replace(first, other=tried)
        self.watch.tried_seed(first.program, both.seed_matters)
        return both

    def run(
        self, folder_name: str, settings: Settings, params: Mapping[str, Any], seed: int
    ) -> Tried:
        """Run the program once; raises as `first` does, but `TrainingError` where it fails."""
        program = settings.program
        assert program is not None
        folder = made_folder(runs_folder(program, self.name), folder_name)
        # Values as they are printed, as their unit may still be open.
        program = replace(program, unit=None, scale=None)
        most = None if self.seconds is None else self.seconds + _PATIENCE
        if most is not None and (program.timeout is None or most < program.timeout):
            program = replace(program, timeout=most)
        trainer = CommandTrainer(program, self.environment)
        curve: dict[int, float] = {}

        def keep(point: int, value: float) -> bool:
            curve[point] = value
            return True

        began = datetime.now()
        recipe = Space.of(settings).recipe(params)
        try:
            outcome = trainer.train(recipe, settings.budget(), seed, keep, folder)
        except TrainingError as error:
            ran_out = isinstance(error, RunTimeoutError) and program.timeout == most
            if self.seconds is not None and ran_out:
                within = time_plan.written(self.seconds + _PATIENCE)
                raise InputError(
                    f"--time {time_plan.exactly(self.seconds)} is too short: not even the first "
                    f"run ended in {within}; give it many times as much, or make a run shorter"
                ) from error
            raise TrainingError(f"{error}; all of its output is in {folder / OUTPUT}") from error
        return Tried(curve, outcome, folder, began, datetime.now(), trainer.epoch_ends)


def _out_of_order(program: Program, output: Path) -> str:
    """Warn of scores out of the order of their epochs; empty where none of the output is kept."""
    with suppress(OSError), output.open(encoding="utf-8", errors="replace") as lines:
        return out_of_order(program.metric, lines)
    return ""
