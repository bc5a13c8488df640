"""Plans made for a time: how many runs, and how long each, from what an epoch takes here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from model_space.facts import DataFacts
from search.commands.program import EPOCHS
from search.errors import InputError
from search.planning.checks import option
from search.planning.design import possible_runs
from search.planning.mixed_design import mixed_runs
from search.planning.phases.confirm import CANDIDATES, ENDS
from search.planning.requested import Requested
from search.planning.settle import VERIFY
from search.settings import LONG_PHASES, Settings, TimeLimit
from search.storage.schema import Phase

_UNITS = {"s": 1, "m": 60, "h": 3600}
_MOST_SECONDS = 366 * 24 * 3600
_USED = 0.95
"""Share of the time for the runs that is planned for; what is over when they have ended is for
more seeds."""
_SHORT = 4
"""Long runs train this many times the epochs of short ones."""
_LEAST_EPOCHS = 2
_ENOUGH_EPOCHS = 30
"""Epochs of the long runs from which more runs are worth more than more epochs."""
_MOST_EPOCHS = Settings.epochs
MOST_SEEDS = 10
_FIRST_LOOK = 16
"""Measured runs that are enough where a few techniques matter much."""
_RICHEST = (
    (256, 60, 4 * VERIFY, 10), (128, 40, 2 * VERIFY, 5), (64, 20, VERIFY, 3), (32, 8, VERIFY, 2),
    (16, 0, VERIFY, 1), (16, 0, 0, 2), (16, 0, 0, 1), (8, 0, 0, 1),
)  # fmt: skip
"""Runs of `measure`, `search` and `verify`, and seeds, of plans from the richest to the least."""
LEAST_RECIPES = 2
"""The recommended recipe and all off, which are confirmed before others, as far as time allows."""
FASTER = "faster with a smaller --train-size, --width or --image-size"
_OF_RUNS_ALONE = ("--epochs 1", "--verify 0")
RECIPES = CANDIDATES + len(ENDS)
"""Those of `confirm`."""


def time_limit(text: str, option: str = "--time") -> TimeLimit:
    """Read a time such as 90s, 30m, 2h or 1h30m; raise `InputError` for another."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([hms])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise InputError(f"{option} {text} is not a time; write it as 90s, 30m, 2h or 1h30m")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not seconds:
        raise InputError(f"{option} {text} leaves no time for anything; write more, such as 30m")
    if seconds > _MOST_SECONDS:
        raise InputError(
            f"{option} {text} is more than a year; write less, as a larger one goes on later"
        )
    return TimeLimit(seconds, seconds)


@dataclass(frozen=True)
class Timing:
    """Times of runs on this machine, in seconds, measured with all its workers at work."""

    all_off: float
    """An epoch with all techniques off."""
    all_on: float
    """An epoch with all of them on."""
    start: float
    """What a run takes beside its epochs, such as building and compiling its network."""
    workers: int

    def with_test(self, facts: DataFacts) -> Timing:
        """Add the test at the end of a run: an image takes a third of what it takes to train on."""
        images = 3 * facts.train + facts.validation
        test = (self.all_off + self.all_on) / 2 * facts.test / max(1, images)
        return replace(self, start=self.start + test)

    def runs(self, count: int, epochs: int) -> float:
        """Seconds of so many runs, as many side by side as there are workers."""
        each = self.start + epochs * (self.all_off + self.all_on) / 2
        return rounds(count, self.workers) * each


@dataclass(frozen=True)
class PhasePlan:
    """The runs of a phase."""

    phase: Phase
    runs: int
    epochs: int
    seconds: float


@dataclass(frozen=True)
class TimePlan:
    """The runs to make in a time."""

    begin: int
    """Runs of `measure` after which it is first known, perhaps, what matters."""
    measure: int
    """Runs to which that phase then grows."""
    search: int
    verify: int
    confirm: int
    """Seeds."""
    epochs: int
    verify_epochs: int | None
    """None where all runs are as long as `epochs`."""
    parts: tuple[PhasePlan, ...]
    enough: bool = True
    """True where the long runs train as many epochs as it takes, or as were asked for."""
    asked_epochs: int | None = None
    """The epochs of the long runs, where they were asked for."""
    beside: float = 0.0
    """Seconds of all but the runs: reading the data, timing, and the report."""

    @property
    def training(self) -> float:
        """Seconds of all runs together."""
        return sum(part.seconds for part in self.parts)

    @property
    def why_no_short_runs(self) -> str:
        """The reason why all runs are long, as a sentence; empty where some are short."""
        if self.verify:
            return ""
        if self.asked_epochs is not None:
            short = self.asked_epochs // _SHORT
            least = short >= _LEAST_EPOCHS
            beside = f"short runs of {short} epochs" if least else "shorter ones"
            return (
                f"All runs are of {self.asked_epochs} epochs: there is no time for {beside} "
                f"beside enough of these, and {'still ' * least}shorter ones may rank the "
                "techniques otherwise."
            )
        return (
            "All runs are of one length: there is no time for short ones beside enough long ones "
            f"of {_ENOUGH_EPOCHS} epochs or more, and short ones alone may rank the techniques "
            "otherwise."
        )

    @property
    def seconds(self) -> float:
        """Seconds from the launch to the report."""
        return self.training + self.beside


def plan_for(
    seconds: float,
    timing: Timing,
    techniques: int,
    given: Requested,
    recipes: int = RECIPES,
    beside: float = 0.0,
    ladder: int = 0,
) -> TimePlan:
    """Plan the runs for a time; what is `given` is kept, and the rest chosen.

    `recipes` are those that `confirm` compares, and `ladder` the runs of the ladder; `beside` are
    the seconds that go to all else than runs.

    Long runs come first, as only they are right where an effect turns its sign with the epochs;
    short runs that choose what to verify are added where the long ones still have enough epochs,
    and short ones have a quarter of those of the long.
    Raises `InputError`, with the time that it would take, where not even the smallest plan has a
    place.
    """
    if is_of_runs_alone(given):
        given = replace(given, epochs=1, verify=0)
    asked = given.verify_epochs
    smallest = None
    every = list(_sizes(techniques, given, ladder))
    for sizes in every:
        found = _longest((seconds - beside) * _USED, timing, sizes, given, recipes)
        if found is not None:
            wanted = min(_ENOUGH_EPOCHS, asked or given.epochs or _ENOUGH_EPOCHS)
            enough = max(found.epochs, found.verify_epochs or 0) >= wanted
            smallest = replace(found, beside=beside, enough=enough, asked_epochs=asked)
            if enough:
                return smallest
    if smallest is not None:
        return smallest
    recipes = min(recipes, LEAST_RECIPES)
    found = _longest((seconds - beside) * _USED, timing, every[-1], given, recipes)
    if found is not None:
        return replace(found, beside=beside, enough=False, asked_epochs=asked)
    least = [_made(timing, sizes, _LEAST_EPOCHS, given, recipes).training / _USED
             for sizes in every]  # fmt: skip
    raise InputError(
        f"--time {exactly(seconds)} is too short: the smallest plan{_least_words(given)} takes "
        f"about {written(min(least) + beside)} on this machine; give it more time, or make a run "
        f"{FASTER if given.program is None else 'shorter'}"
    )


def with_plan(asked: Requested, plan: TimePlan) -> Requested:
    """Give what was asked for, and what the plan has chosen beside it."""
    chosen: dict[str, Any] = {
        "measure": plan.begin, "search": plan.search, "confirm": plan.confirm
    }  # fmt: skip
    if not is_of_runs_alone(asked):
        chosen |= {
            "verify": plan.verify, "epochs": plan.epochs, "verify_epochs": plan.verify_epochs
        }  # fmt: skip
    given = asked.named()
    if not plan.verify and asked.verify is None:
        given.pop("verify_epochs", None)  # all runs are as long as that
    return replace(asked, **{name: each for name, each in chosen.items() if name not in given})


def is_of_runs_alone(given: Requested) -> bool:
    """Tell a program whose runs have no length that a plan could choose."""
    return given.program is not None and not given.program.has(EPOCHS)


@dataclass(frozen=True)
class _Sizes:
    begin: int
    measure: int
    ladder: int
    search: int
    verify: int
    confirm: int


def _sizes(techniques: int, given: Requested, ladder: int) -> Iterator[_Sizes]:
    """The sizes of plans, the richest first, with what is given in place of what is chosen."""
    program = given.program
    several = [] if program is None else [len(one.levels) for one in program.several]
    designs = mixed_runs(techniques, several) if several else possible_runs(max(1, techniques))
    searches = program is None or bool(program.dials)

    def design(runs: int) -> int:
        return next((count for count in designs if count >= runs), designs[-1])

    for measure, search, verify, confirm in _RICHEST:
        first = measure if several else min(_FIRST_LOOK, measure)  # such a design cannot grow
        yield _Sizes(
            design(first) if given.measure is None else given.measure,
            design(measure) if given.measure is None else given.measure,
            ladder,
            search * searches if given.search is None else given.search,
            _verified(verify, given),
            confirm if given.confirm is None else given.confirm,
        )


def _verified(usual: int, given: Requested) -> int:
    """The long runs of a plan, `usual` unless others are given; none where a quarter of their
    epochs is too little for short runs."""
    if given.verify is not None:
        return given.verify
    if given.verify_epochs is None:
        return usual
    if given.epochs is not None:
        return usual or VERIFY
    return usual if given.verify_epochs // _SHORT >= _LEAST_EPOCHS else 0


def _longest(
    seconds: float, timing: Timing, sizes: _Sizes, given: Requested, recipes: int
) -> TimePlan | None:
    """The plan of these sizes with the most epochs that the time allows; None with too few."""
    best = None
    for epochs in range(_LEAST_EPOCHS, _MOST_EPOCHS + 1):
        made = _made(timing, sizes, epochs, given, recipes)
        if made.training > seconds:
            break
        best = made
    return best


def _made(timing: Timing, sizes: _Sizes, long: int, given: Requested, recipes: int) -> TimePlan:
    asked = given.verify_epochs
    if asked:
        long = asked if given.verify is None else min(long, asked)
    short = given.epochs or max(1, long // _SHORT if sizes.verify else long)
    later = (asked or max(long, short + 1)) if sizes.verify else None
    counts: dict[Phase, int] = {
        "measure": sizes.measure,
        "ladder": sizes.ladder,
        "search": sizes.search,
        "verify": sizes.verify,
        "confirm": recipes * sizes.confirm,
    }
    parts = []
    for phase, runs in counts.items():
        epochs = later if later and phase in LONG_PHASES else short
        if runs:
            parts.append(PhasePlan(phase, runs, epochs, timing.runs(runs, epochs)))
    return TimePlan(sizes.begin, sizes.measure, sizes.search, sizes.verify, sizes.confirm, short,
                    later, tuple(parts))  # fmt: skip


def rounds(runs: int, workers: int) -> int:
    """Give how often every worker has to train a run."""
    return math.ceil(runs / workers)


def _least_words(given: Requested) -> str:
    named = [f"{option(name)} {value}" for name, value in given.named().items()
             if name in ("measure", "search", "verify", "verify_epochs", "confirm", "epochs",
                         "ladder")]  # fmt: skip
    if is_of_runs_alone(given):
        named = [one for one in named if one not in _OF_RUNS_ALONE]
    elif not named:
        return f", of {_LEAST_EPOCHS} epochs a run,"
    return f", with {' '.join(named)}," if named else ""


def written(seconds: float) -> str:
    """Write a time as `--time` takes it, rounded up."""
    if seconds < 90:
        return f"{math.ceil(seconds)}s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes}m" if minutes < 120 else f"{math.ceil(minutes / 60)}h"


def exactly(seconds: float) -> str:
    """Write a time as `--time` takes it."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= 2 * size and not seconds % size:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
