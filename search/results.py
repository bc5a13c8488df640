"""The results of a study so far: its trials as runs, free of Optuna and of Keras."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, Protocol

import numpy as np

from model_space.facts import DataFacts
from search.box_cox import are_multiplied
from search.commands.program import EPOCHS, CommandDial, Program
from search.errors import InputError
from search.objective import ACCURACY, Objective
from search.parameters import (
    Category,
    Conditional,
    Draw,
    Number,
    Order,
    SearchedDial,
    Strayed,
    TechniqueParameter,
    Tied,
    categories,
    levels_on,
)
from search.settings import Limits, Settings


@dataclass(frozen=True)
class Run:
    """One trial, scored by the study's objective on the validation images.

    Values and curves are as the trial keeps them: fractions of a share, such as accuracy.
    """

    number: int
    phase: str
    """One of `schema.PHASES`; "measure" where the trial does not say."""
    state: str
    """complete, pruned, failed, running or waiting."""
    params: Mapping[str, Any]
    on: frozenset[str]
    """The techniques that are on; of a program's factors of several levels those that are not at
    the first, as `level_name` names them."""
    value: float | None
    """After the last epoch; None where it was pruned or did not finish."""
    curve: dict[int, float] = field(default_factory=dict)
    """The objective after each epoch, from 1."""
    seed: int | None = None
    test_accuracy: float | None = None
    """A fraction of the test images."""
    test_objective: float | None = None
    """The study's objective on the test images, where that is not accuracy."""
    test_correct: str | None = None
    """The test images that were named right, as `model_space.correctness` packs them."""
    test_mistakes: str | None = None
    """The others, as `model_space.mistakes` packs them."""
    training: tuple[float, ...] | None = None
    """The objective on a sample of the training images after each epoch."""
    seconds_per_epoch: float | None = None
    parameters: int | None = None
    epochs: int | None = None
    """The epochs that it was to train; None where nothing says."""
    diverged: bool = False
    feasible: bool = True
    """False where it breaks a constraint of another program's study."""
    failure: str | None = None
    copy: bool = False
    """True where it has the parameters and the value of an earlier run of another program, in a
    study where nearly all runs of equal parameters did: it is no evidence of its own."""
    far: bool = False
    """True where its value is so far from all others of another program that it counts in no
    effect; see `search.analysis.far_runs`."""
    scale: float = 100.0
    seconds: float | None = field(default=None, compare=False)
    """From its begin to its end; None where it has not ended."""
    began: datetime | None = field(default=None, compare=False)
    """By the clock of the machine that runs it, without its time zone, as Optuna keeps it."""
    worker: str = field(default="", compare=False)
    """The host and the process that runs it, or ran it."""

    @property
    def ended(self) -> bool:
        """True where it needs no other try: it is complete, or pruned."""
        return self.state in ("complete", "pruned")

    @property
    def scaled(self) -> float:
        """The value in percent, or in the objective's unit; NaN where there is none."""
        return math.nan if self.value is None else self.scale * self.value

    def on_with(self, choices: Iterable[Category]) -> frozenset[str]:
        """The techniques that are on, with the levels of `choices` that are not the first."""
        return self.on | levels_on(self.params, choices)


class HasRecipe(Protocol):
    """Techniques with a trial's parameters, such as a run's."""

    @property
    def on(self) -> frozenset[str]:
        """The techniques that are on."""

    @property
    def params(self) -> Mapping[str, Any]:
        """A trial's parameters."""


def by_recipe(runs: Iterable[Run]) -> list[list[Run]]:
    """Group runs that have the same techniques on, with the same dials."""
    groups: dict[tuple[frozenset[str], str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.on, repr(sorted(run.params.items()))), []).append(run)
    return list(groups.values())


def is_idle(on: Collection[str], needs: Mapping[str, str]) -> bool:
    """Tell a recipe with a technique that changes nothing, as the one that it needs is off.

    The same recipe without it trains the same network.
    """
    return any(name in on and needed not in on for name, needed in needs.items())


_MOST_EPOCHS = 50
"""From one score of a trial to the next; what is further apart are no epochs."""

_MOST_FOLDS = 10
"""Of a cross-validation, as a rule."""

End = Literal["", "all off", "all on"]


@dataclass(frozen=True)
class Candidates:
    """The recipes that `confirm` compares beside all off and all on, chosen when it begins."""

    measure: tuple[int, ...]
    """The settings that planned the runs by which they were chosen."""
    search: int
    recipes: tuple[Mapping[str, bool | float | str], ...]
    """The parameters of a trial each."""
    verify: tuple[int, ...] = ()
    at_most: Limits | None = None
    """The limits under which they were chosen."""
    verify_epochs: int | None = None
    """None in a study that does not say, or has no long runs."""

    def fit(self, settings: Settings) -> bool:
        """True where neither the study nor its limits have changed since, which gives others."""
        asked = settings.measure, settings.search, settings.verify, settings.at_most
        as_long = self.verify_epochs in (None, settings.verify_epochs)
        return as_long and (self.measure, self.search, self.verify, self.at_most) == asked


@dataclass(frozen=True)
class Verified:
    """The techniques that the `verify` phase turns on and off, and the recipe around which.

    It is chosen once, when the phase begins, so that all its runs are of one design.
    """

    techniques: tuple[str, ...]
    params: Mapping[str, bool | int | float | str]
    """The parameters of the recipe that was recommended then."""


@dataclass(frozen=True)
class Drift:
    """A change with time of another program's trials, which their parameters do not explain."""

    correlation: float
    """Spearman's, of what the fit leaves of a trial with its number, or with whether it came after
    a sudden change."""
    since: int | None = None
    """The first trial after the change, where it is sudden."""


@dataclass(frozen=True, repr=False)
class Results:
    """A study's runs, the techniques that vary in them, and what it says of itself."""

    name: str
    factors: tuple[str, ...]
    runs: tuple[Run, ...]
    settings: Settings | None = None
    """None where another program made the study."""
    data: DataFacts | None = None
    """None where the study does not hold them."""
    versions: Mapping[str, str] = field(default_factory=dict)
    objective: Objective = ACCURACY
    dials: tuple[SearchedDial, ...] = ()
    designed: bool = True
    """True where the trials say that kouka's phases planned them; else any sampler may have chosen
    them."""
    never_learned: bool = False
    """True where another program's trials show a sampler that does not learn from earlier ones."""
    enqueued: tuple[int, ...] = ()
    """The sizes that `enqueue_design` was asked for, first to last; the runs are its trials."""
    beside: int = 0
    """The study's trials that are not of that design, and are left out."""
    strayed: tuple[Strayed, ...] = ()
    """Parameters for which the trials of that design did not take its values."""
    others: tuple[Category | Number, ...] = ()
    """What varies and is no technique, which the fit adjusts for: `several`; in another program's
    study its parameters of several levels or many values, draws and the order of its trials."""
    conditional: tuple[Conditional, ...] = ()
    """Techniques and categories that not every complete trial was asked for: no recipe has them."""
    tied: tuple[Tied, ...] = ()
    """Techniques of another program that are one of `factors`, as they changed together."""
    drift: Drift | None = None
    """Of another program's trials, once their order is among `others`."""
    spelled: tuple[TechniqueParameter, ...] = ()
    """Techniques of another program, with its choices for each."""
    reports_left_out: bool = field(default=False, compare=False)
    """True where what the trials of another program reported is not their objective. Whoever reads
    no epochs cannot know."""
    cut_at: int | None = None
    """The epoch at which each trial of another program counts as ended; None where that is its
    own end."""
    candidates: Candidates | None = None
    """None before the confirmation begins, and in a study that compares its best run's recipe, as
    earlier versions did."""
    verified: Verified | None = None
    """None until the phase `verify` has begun."""
    at_most: Limits | None = None
    """The limits under which a recipe is recommended: the study's, or others."""
    shared_files: tuple[str, ...] = ()
    """Files that the first run of a user's program wrote where all runs work; empty where no two
    runs that overlapped in time have the very same score."""
    seed_matters: bool = True
    """False where two seeds gave the very same first run of a user's program, and no two runs of
    one recipe differ."""

    @property
    def foreign(self) -> bool:
        """True where another program made the study."""
        return self.settings is None

    @property
    def one_seed(self) -> bool:
        """True where like runs come to one value, as of a program that draws nothing anew."""
        return not self.seed_matters or any(run.copy for run in self.runs)

    def launched_with(self) -> Settings:
        """The settings of a study that kouka launched; raises `InputError` for another's."""
        if self.settings is None:
            raise InputError(
                f"the study {self.name!r} was not launched by kouka, which cannot know what its "
                "runs trained; name a study of kouka launch"
            )
        return self.settings

    def of(self, *phases: str) -> list[Run]:
        """The completed runs of some phases, each at the budget that its phase has now.

        Copies and runs that are `far` are left out. A study that `verify` was added to later may
        have `confirm` runs of its former budget.
        """
        return [
            run for run in self.runs
            if run.phase in phases and run.state == "complete" and run.value is not None
            and not (run.copy or run.far) and self.at_budget(run)
        ]  # fmt: skip

    @cached_property
    def multiplied(self) -> bool:
        """True where the values have no upper end, and what changes them multiplies them.

        So it does a loss, as a rule; see `are_multiplied`.
        """
        if not math.isinf(self.objective.high):
            return False
        complete = [run for run in self.runs if run.state == "complete" and run.value is not None]
        runs = self.of("measure") or complete
        columns = [[float(name in run.on) for run in runs] for name in self.factors]
        for one in self.others:
            columns += one.columns([run.params for run in runs])
        values = [run.value for run in runs if run.value is not None]
        return are_multiplied(values, np.array(columns).reshape(len(columns), len(runs)).T)

    def at_budget(self, run: Run) -> bool:
        """Check that a run was to train for the epochs that its phase has now."""
        settings = self.settings
        return None in (settings, run.epochs) or run.epochs == self.epochs_of(run.phase)

    def epochs_of(self, phase: str) -> int | None:
        """The epochs that the runs of a phase train; None where the study does not say."""
        return None if self.settings is None else self.settings.epochs_of(phase)

    @property
    def final_epochs(self) -> int:
        """The epochs of the runs that decide; 1 in another program's study."""
        return 1 if self.settings is None else self.settings.final_epochs

    @property
    def closed(self) -> tuple[str, ...]:
        """The phases in which no further run begins, as the study's time is up for them."""
        time = None if self.settings is None else self.settings.time
        return () if time is None else time.closed

    def __repr__(self) -> str:
        """Name the study, as a notebook shows it: all that it has would fill pages."""
        return f"<Results of the study {self.name!r}: {len(self.runs):,} runs>"

    @property
    def program(self) -> Program | None:
        """The user's program that each run is; None where kouka or another program trained."""
        return None if self.settings is None else self.settings.program

    @property
    def several(self) -> tuple[Category, ...]:
        """The factors of several levels, of kouka's own training or of a user's program; empty in
        another program's study."""
        return () if self.settings is None else categories(self.settings)

    @property
    def run_dials(self) -> tuple[CommandDial, ...]:
        """The numbers that every run has and the search turns, whatever is on; empty in another
        program's study."""
        return () if self.settings is None else self.settings.dials

    @property
    def categories(self) -> tuple[Category, ...]:
        """The factors whose levels each have an effect: `several`, or in another program's study
        the categories among `others` that every complete trial was asked for, but no draws."""
        if not self.foreign:
            return self.several
        runs = self.of("measure")
        return tuple(
            one for one in self.others
            if isinstance(one, Category) and not isinstance(one, Draw)
            and all(one.name in run.params for run in runs)
        )  # fmt: skip

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The parameters among `others` that take many values, but no order of the trials."""
        return tuple(
            one for one in self.others if isinstance(one, Number) and not isinstance(one, Order)
        )

    @property
    def choices(self) -> tuple[Category, ...]:
        """The factors of which a recipe has one level each: `categories`, in another program's
        study without the levels that no complete trial has."""
        if not self.foreign:
            return self.several
        params = [run.params for run in self.of("measure")]
        had = ((one, one.places(params)) for one in self.categories)
        return tuple(
            replace(one, levels=tuple(one.levels[at] for at in sorted(places)))
            for one, places in had
            if places
        )

    @property
    def usual(self) -> Mapping[str, Any]:
        """The parameters that every run of a study of kouka's has, levels and dials, each with the
        value that goes without saying; None without one. Empty in another program's study."""
        own = self.program is None
        levels = dict.fromkeys(one.name for one in self.several)
        dials = {one.dial.name: one.usual if own else None for one in self.run_dials}
        return levels | dials | levels

    def on(self, params: Mapping[str, Any]) -> frozenset[str]:
        """The techniques and levels that are on in a run with these parameters, as in `Run.on`."""
        return frozenset(name for name in self.factors if params.get(name) is True) | levels_on(
            params, self.several
        )

    @cached_property
    def needs(self) -> Mapping[str, str]:
        """Techniques that vary, each with another that varies, without which it changes nothing."""
        known = self.settings.known if self.settings else ()
        return {one.name: one.needs for one in known if {one.name, one.needs} <= {*self.factors}}

    def asked(self, recipe: HasRecipe) -> dict[str, Any]:
        """Return what a trial of a recipe is asked for, in the words of whoever made the study."""
        on, params = recipe.on, recipe.params
        if not self.spelled:
            return dict(params)
        turned = {name for one in self.tied
                  for name in (one.together if one.name in on else one.opposite)}  # fmt: skip
        ours = {one.name for one in self.spelled} | {one.name for one in self.tied}
        others = {name: value for name, value in params.items() if name not in ours}
        return others | {
            one.parameter: one.on if one.name in on | turned else one.off for one in self.spelled
        }

    def end_of(self, recipe: HasRecipe) -> End:
        """Name the end that a recipe is: all off, or all on, with what every run has as usual."""
        params = recipe.params
        if any(params.get(one.dial.name, one.usual) != one.usual for one in self.run_dials):
            return ""
        return "all off" if not recipe.on else "all on" if recipe.on == {*self.factors} else ""

    @property
    def articles_ladder(self) -> bool:
        """True where the ladder's steps are the article's, in its order."""
        if self.settings is None:
            return bool(self.objective.key)
        return not (self.settings.program or self.settings.ladder_order)

    @property
    def points_are_epochs(self) -> bool:
        """True where the points of the runs' curves are known to be epochs.

        A program may print its score for each of some data sets, or after every thousandth batch,
        as the steps of another program's trials may be batches.
        """
        program = self.program
        curves = [run for run in self.runs if run.state == "complete" and run.curve]
        if self.foreign:
            gaps = (last - one for run in curves for one, last in pairwise(sorted(run.curve)))
            return max(gaps, default=0) <= _MOST_EPOCHS
        if program is None or program.metric.names_epochs:
            return True
        return program.has(EPOCHS) and all(len(run.curve) == run.epochs for run in curves)

    @property
    def may_be_folds(self) -> bool:
        """True where the points of another program's curves are so few that they may be the mean
        score of one fold, of two and so on, which look like epochs."""
        return self.foreign and max((len(run.curve) for run in self.runs), default=0) <= _MOST_FOLDS

    @property
    def timed_by(self) -> str:
        """Name what the seconds of `Run.seconds_per_epoch` are of: an epoch, or a run."""
        return "an epoch" if self.program is None or self.program.has(EPOCHS) else "a run"

    @property
    def tested_by(self) -> str:
        """Name the score of the `confirm` runs: the objective on test data, where there are any."""
        if self.program is None:
            return f"test {self.objective.measure}"
        return self.objective.name if self.program.test is None else self.program.test.name

    @property
    def things(self) -> str:
        """The plural noun for what the data are: images or sounds."""
        return "images" if self.data is None else self.data.things

    @property
    def best(self) -> Run | None:
        """The completed run of the best objective, among `measure` and `search`."""
        return self.best_of("measure", "search")

    def best_of(self, *phases: str) -> Run | None:
        """The completed run of the best objective, among those of some phases.

        Of those that break no constraint, where there are any.
        """
        sign = self.objective.sign
        runs = self.of(*phases)
        return max(runs, key=lambda run: (run.feasible, sign * run.scaled), default=None)
