"""Plans made for a time: how many runs, and how long each, from what an epoch takes here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from search.errors import InputError
from search.planning.design import possible_runs
from search.planning.durations import RunTime
from search.planning.phases.confirm import CANDIDATES, ENDS
from search.planning.settle import Requested
from search.settings import LONG_PHASES, Settings, TimeLimit
from search.storage.schema import Phase

_UNITS = {"s": 1, "m": 60, "h": 3600}
_USED = 0.97
"""Share of the time that is planned for; the rest is for the report, and for a slower run."""
_SHORT = 4
"""Long runs train this many times the epochs of short ones."""
_LEAST_EPOCHS = 2
_ENOUGH_EPOCHS = 30
"""Epochs of the long runs from which more runs are worth more than more epochs."""
_MOST_EPOCHS = Settings.epochs
_VERIFY = 16
_MOST_SEEDS = 10
_RECIPES = CANDIDATES + len(ENDS)
"""Those of `confirm`."""


def time_limit(text: str) -> TimeLimit:
    """Read a time such as 90s, 30m, 2h or 1h30m; raise `InputError` for another."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([hms])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise InputError(f"--time {text} is no time; it takes one such as 90s, 30m, 2h or 1h30m")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not seconds:
        raise InputError(f"--time {text} is no time to do anything in")
    return TimeLimit(seconds, seconds)


@dataclass(frozen=True)
class Timing:
    """Times of runs on this machine, in seconds, measured with all its workers at work."""

    cheapest: float
    """An epoch with all techniques off."""
    dearest: float
    """An epoch with all of them on."""
    start: float
    """What a run takes beside its epochs, such as building and compiling its network."""
    workers: int

    def runs(self, count: int, epochs: int) -> float:
        """Seconds of so many runs, as many side by side as there are workers."""
        each = self.start + epochs * (self.cheapest + self.dearest) / 2
        return _rounds(count, self.workers) * each


@dataclass(frozen=True)
class Part:
    """The runs of a phase."""

    phase: Phase
    runs: int
    epochs: int
    seconds: float


@dataclass(frozen=True)
class TimePlan:
    """The runs to make in a time."""

    measure: int
    search: int
    verify: int
    confirm: int
    """Seeds."""
    epochs: int
    verify_epochs: int | None
    """None where all runs are as long as `epochs`."""
    parts: tuple[Part, ...]

    @property
    def seconds(self) -> float:
        """What all runs take together."""
        return sum(part.seconds for part in self.parts)


def plan_for(
    seconds: float,
    timing: Timing,
    techniques: int,
    given: Requested,
    recipes: int = _RECIPES,
    spent: float = 0.0,
) -> TimePlan:
    """Plan the runs for a time; what is `given` is kept, and the rest chosen.

    `recipes` are those that `confirm` compares; `spent` are the seconds that are gone already.

    Long runs come first, as only they are right where an effect turns its sign with the epochs;
    short runs that choose what to verify are added where the long ones still have enough epochs.
    Raises `InputError`, with the time that it would take, where not even the smallest plan has a
    place.
    """
    smallest = None
    for sizes in _sizes(techniques, given):
        found = _longest((seconds - spent) * _USED, timing, sizes, given, recipes)
        if found is not None:
            enough = min(_ENOUGH_EPOCHS, given.verify_epochs or given.epochs or _ENOUGH_EPOCHS)
            if max(found.epochs, found.verify_epochs or 0) >= enough:
                return found
            smallest = found
    if smallest is not None:
        return smallest
    least = [_made(timing, sizes, _LEAST_EPOCHS, given, recipes).seconds / _USED
             for sizes in _sizes(techniques, given)]  # fmt: skip
    raise InputError(
        f"--time {written(seconds)} is too short: the smallest plan, {_least_words(given)}takes "
        f"about {written(min(least) + spent)} on this machine; give it more time, or make a run "
        "faster with a smaller --train-size, --width or --image-size"
    )


@dataclass(frozen=True)
class _Sizes:
    measure: int
    search: int
    verify: int
    confirm: int


def _sizes(techniques: int, given: Requested) -> Iterator[_Sizes]:
    """The sizes of plans, the richest first, with what is given in place of what is chosen."""
    designs = possible_runs(techniques)
    richest = [
        _Sizes(256, 60, 4 * _VERIFY, 10),
        _Sizes(128, 40, 2 * _VERIFY, 5),
        _Sizes(64, 20, _VERIFY, 3),
        _Sizes(32, 8, _VERIFY, 2),
        _Sizes(16, 0, _VERIFY, 1),
        _Sizes(16, 0, 0, 2),
        _Sizes(16, 0, 0, 1),
    ]
    for sizes in richest:
        measure = next((count for count in designs if count >= sizes.measure), designs[-1])
        yield _Sizes(
            measure if given.measure is None else given.measure,
            sizes.search if given.search is None else given.search,
            (_VERIFY if given.verify_epochs else sizes.verify)
            if given.verify is None else given.verify,
            sizes.confirm if given.confirm is None else given.confirm,
        )  # fmt: skip


def _longest(
    seconds: float, timing: Timing, sizes: _Sizes, given: Requested, recipes: int
) -> TimePlan | None:
    """The plan of these sizes with the most epochs that the time allows; None with too few."""
    best = None
    for epochs in range(_LEAST_EPOCHS, _MOST_EPOCHS + 1):
        made = _made(timing, sizes, epochs, given, recipes)
        if made.seconds > seconds:
            break
        best = made
    return best


def _made(timing: Timing, sizes: _Sizes, long: int, given: Requested, recipes: int) -> TimePlan:
    short = given.epochs or max(1, long // _SHORT if sizes.verify else long)
    later = (given.verify_epochs or max(long, short + 1)) if sizes.verify else None
    counts: dict[Phase, int] = {
        "measure": sizes.measure,
        "ladder": 8 * (given.ladder or 0),
        "search": sizes.search,
        "verify": sizes.verify,
        "confirm": recipes * sizes.confirm,
    }
    parts = []
    for phase, runs in counts.items():
        epochs = later if later and phase in LONG_PHASES else short
        if runs:
            parts.append(Part(phase, runs, epochs, timing.runs(runs, epochs)))
    return TimePlan(sizes.measure, sizes.search, sizes.verify, sizes.confirm, short, later,
                    tuple(parts))  # fmt: skip


def epochs_that_fit(settings: Settings, left: float, takes: RunTime, workers: int) -> int:
    """The epochs of the long runs with which these end in the seconds that are left.

    At most twice as many as planned, or as the article's; always more than the short ones have.
    """
    most = max(_MOST_EPOCHS, 2 * settings.final_epochs)
    fitting = [
        epochs
        for epochs in range(settings.epochs + 1, most + 1)
        if _rounds(max(settings.verify), workers) * takes.of(epochs)
        + _rounds(_RECIPES * settings.confirm, workers) * takes.of(epochs)
        <= left
    ]
    return max(fitting, default=settings.epochs + 1)


def with_long_runs(
    settings: Settings, left: float, takes: RunTime, workers: int
) -> Settings | None:
    """Settings that add long runs to a plan that had no time for them, where there is some now.

    None where they would not be twice as long as the runs there are.
    """
    longer = replace(settings, verify=(_VERIFY,), verify_epochs=settings.epochs + 1)
    epochs = epochs_that_fit(longer, left, takes, workers)
    return replace(longer, verify_epochs=epochs) if epochs >= 2 * settings.epochs else None


def seeds_that_fit(
    settings: Settings, recipes: int, left: float, takes: RunTime, workers: int
) -> int:
    """The seeds for each of the recipes that `confirm` compares which end in the seconds left.

    At least one, as without any the study has no test result.
    """
    each = takes.of(settings.final_epochs)
    fitting = [seeds for seeds in range(1, _MOST_SEEDS + 1)
               if _rounds(recipes * seeds, workers) * each <= left]  # fmt: skip
    return max(fitting, default=1)


def _rounds(runs: int, workers: int) -> int:
    return math.ceil(runs / workers)


def _least_words(given: Requested) -> str:
    named = [f"--{name.replace('_', '-')} {value}" for name, value in given.named().items()
             if name in ("measure", "search", "verify", "verify_epochs", "confirm", "epochs",
                         "ladder")]  # fmt: skip
    return f"with {' '.join(named)}, " if named else f"of {_LEAST_EPOCHS} epochs a run, "


def written(seconds: float) -> str:
    """Write a time as `--time` takes it, rounded up."""
    if seconds < 90:
        return f"{math.ceil(seconds)}s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes}m" if minutes < 120 else f"{math.ceil(minutes / 60)}h"
