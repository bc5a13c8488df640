"""Plans for a time, fitted to what the runs really take while the study goes on.

A study that is planned for a time begins with what a few epochs say of its machine, which may
become slower or faster. So whenever a run is to begin, the plan is looked at again: whether the
design grows, how long the long runs are, how many seeds confirm, and whether a phase is closed, so
that those after it end in time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from search.planning.durations import RunTime
from search.planning.schedule import Schedule
from search.planning.settle import VERIFY
from search.planning.time_plan import LEAST_RECIPES, MOST_SEEDS, RECIPES, rounds
from search.settings import Settings, TimeLimit, usual_last_epochs

_MOST_EPOCHS = Settings.epochs
_MOST_MEASURE = 256
_MOST_VERIFY = 64
_SHORTER = 0.8
"""Share of the planned epochs that the long runs keep where more short runs are made."""
_LONGER = 1.5
"""Times the epochs of the short runs, below which long runs are not worth having."""
_SLACK = 0.95
"""Share of what is left that long runs are planned for."""
_ROOM = 0.85
"""Share of what is left that a larger design may need with all that follows: the long runs, which
decide, must not pay where runs take longer than those before them."""
_CAREFUL = 1.25
"""Times what a run and the least confirmation take, that must be left for them."""
_LATE = 0.02
"""Share of a study's time by which its last run may be expected to end late."""


@dataclass(frozen=True)
class TimeLeft:
    """The time that a study has left for its runs, and what these take."""

    seconds: float
    takes: RunTime
    workers: int
    recipes: int = RECIPES
    """Those that `confirm` compares."""

    def of(self, runs: int, epochs: int) -> float:
        """Seconds of so many runs, as many side by side as there are workers."""
        return rounds(runs, self.workers) * self.takes.of(epochs)


def replanned(
    settings: Settings, now: Schedule, left: TimeLeft, known: Callable[[], bool]
) -> Settings:
    """Fit the settings to the time that is left, before a run begins; unchanged where they do.

    `known` tells whether the measured runs say what matters. Only what the plan chose changes, but
    that any phase may be closed.
    """
    limit = settings.time
    if limit is None:
        return settings
    if now.choose is None and now.phase is None:
        return _more(settings, limit, left)
    begun = [p for p in ("search", "verify", "confirm") if now.left[p] < now.planned[p]]
    if not now.left["measure"] and not begun and "measure" in limit.chosen:
        larger = _larger_design(settings, limit, left)
        if larger is not None and not known():
            return larger
    if now.choose is None and now.next:
        phase = now.next[0].phase
        if _needed(settings, phase, left) > left.seconds + _LATE * limit.seconds * (
            phase == "confirm"
        ):
            return replace(settings, time=replace(limit, closed=(*limit.closed, phase)))
    return settings


def _needed(settings: Settings, phase: str, left: TimeLeft) -> float:
    """Seconds of one more run of a phase, and of what must follow it."""
    needed = left.takes.of(settings.epochs_of(phase))
    confirm = LEAST_RECIPES if settings.confirm else 0
    if phase == "search":
        return needed + _rest(settings, left)
    if phase == "confirm":
        return needed
    return _CAREFUL * (needed + left.of(confirm, settings.epochs_of(phase)))


def _rest(settings: Settings, left: TimeLeft) -> float:
    """Seconds of the long runs, each a fifth shorter than planned where that may be."""
    epochs = settings.final_epochs
    if settings.time and "verify_epochs" in settings.time.chosen and settings.verify:
        epochs = max(settings.epochs + 1, round(_SHORTER * epochs))
    seeds = min(1, settings.confirm)
    return left.of(max(settings.verify, default=0), epochs) + left.of(left.recipes * seeds, epochs)


def _larger_design(settings: Settings, limit: TimeLimit, left: TimeLeft) -> Settings | None:
    """Settings with twice the measured runs; None where the plan or the time has no room."""
    size = settings.measure[-1]
    if not size or 2 * size > limit.measure or "measure" in limit.closed:
        return None
    needed = (
        left.of(size, settings.epochs)
        + left.of(settings.search, settings.epochs)
        + _rest(settings, left)
    )
    return _with_measure(settings, 2 * size) if needed <= _ROOM * left.seconds else None


def _with_measure(settings: Settings, size: int) -> Settings:
    return replace(settings, measure=(*settings.measure, size))


def with_fitting_long_runs(settings: Settings, left: TimeLeft) -> Settings:
    """Fit the runs and epochs of `verify`, before it begins, to the time that is left.

    Without long runs where too few epochs would be left for them, if both were chosen.
    """
    assert settings.time is not None
    chosen, planned = settings.time.chosen, max(settings.verify)
    most, longer = max(_MOST_EPOCHS, 2 * settings.final_epochs), settings.epochs + 1
    sizes = [planned, *(n for n in (2 * VERIFY, VERIFY, VERIFY // 2) if n < planned)]
    epochs = {runs: _longest(settings, runs, left, most) for runs in sizes}
    if "verify" not in chosen:
        if "verify_epochs" not in chosen:
            return settings
        return _with_verify(settings, settings.verify, max(longer, epochs[planned]))
    given = "verify_epochs" not in chosen
    wanted = settings.final_epochs if given else most
    # They decide, so time that no epochs of theirs take is for more of them, before more seeds.
    for runs in (_MOST_VERIFY, 2 * VERIFY, VERIFY):
        if runs > planned and _longest(settings, runs, left, most) >= wanted:
            more = replace(settings, verify=(runs,))
            return more if given else _with_verify(more, more.verify, most)
    if given:
        fitting = [runs for runs in sizes if epochs[runs] >= wanted]
        return replace(settings, verify=(max(fitting, default=sizes[-1]),))
    for runs in sizes:
        # More runs than the usual ones must not cost epochs.
        least = settings.final_epochs * _SHORTER if runs > VERIFY else _LONGER * settings.epochs
        if epochs[runs] >= max(longer, least):
            return _with_verify(settings, (runs,), epochs[runs])
    return replace(settings, verify=(), verify_epochs=None, verify_last_epochs=None)


def with_long_runs(settings: Settings, left: TimeLeft) -> Settings | None:
    """Add long runs to a plan that had no time for them, where there is some now.

    None where they would not be twice as long as the runs there are, or the user chose how many
    or how long they are.
    """
    if settings.time is None or not {"verify", "verify_epochs"} <= {*settings.time.chosen}:
        return None
    epochs = _longest(settings, VERIFY, left, max(_MOST_EPOCHS, 2 * settings.epochs))
    return _with_verify(settings, (VERIFY,), epochs) if epochs >= 2 * settings.epochs else None


def _longest(settings: Settings, runs: int, left: TimeLeft, most: int) -> int:
    """The most epochs with which so many long runs and the confirmation end in time; 0 if none."""
    of = rounds(runs, left.workers) + rounds(left.recipes * settings.confirm, left.workers)
    room = _SLACK * left.seconds / of - left.takes.start
    return max(0, min(most, int(room / max(1e-9, left.takes.epoch))))


def _with_verify(settings: Settings, sizes: tuple[int, ...], epochs: int) -> Settings:
    last = usual_last_epochs(epochs)
    return replace(settings, verify=sizes, verify_epochs=epochs, verify_last_epochs=last)


def with_fitting_seeds(settings: Settings, left: TimeLeft) -> Settings:
    """Fit the seeds of each recipe that `confirm` compares; at least one, as without any the study
    has no test result."""
    assert settings.time is not None
    if "confirm" not in settings.time.chosen:
        return settings
    each = left.takes.of(settings.final_epochs)
    fitting = [seeds for seeds in range(1, MOST_SEEDS + 1)
               if rounds(left.recipes * seeds, left.workers) * each <= left.seconds]  # fmt: skip
    return replace(settings, confirm=max(fitting, default=1))


def recipes_that_fit(settings: Settings, left: TimeLeft) -> int:
    """Give the number of recipes that `confirm` can compare in the time left; two at least."""
    each = left.takes.of(settings.final_epochs)
    fitting = int(left.seconds / each) * left.workers if each else left.recipes
    return max(LEAST_RECIPES, min(left.recipes, fitting))


def _more(settings: Settings, limit: TimeLimit, left: TimeLeft) -> Settings:
    """Settings with more runs, where all have ended and there is time for them.

    What decides comes first: long runs where there are none, or more of them, or a larger design;
    then further seeds.
    """
    chosen = {name for name in limit.chosen if name not in limit.closed}
    epochs, seeds = settings.final_epochs, min(1, settings.confirm)
    if seeds and "confirm" in limit.closed:
        return settings
    if "verify" in chosen and not settings.verify:
        longer = with_long_runs(settings, left)
        if longer is not None:
            return longer
    design = settings.verify if settings.verify else settings.measure
    phase, most = ("verify", _MOST_VERIFY) if settings.verify else ("measure", _MOST_MEASURE)
    size = design[-1] if design else 0
    needed = left.of(size, epochs) + left.of(left.recipes * seeds, epochs)
    if phase in chosen and 0 < size <= most // 2 and needed <= left.seconds:
        if phase == "verify":
            return replace(settings, verify=(*settings.verify, 2 * size))
        return _with_measure(settings, 2 * size)
    one_more = left.of(LEAST_RECIPES, epochs) <= left.seconds
    if "confirm" in chosen and 0 < settings.confirm < MOST_SEEDS and one_more:
        return replace(settings, confirm=settings.confirm + 1)
    return settings


def closed_at_its_end(settings: Settings, now: Schedule) -> Settings:
    """Close the phases that have not ended, once the time is over."""
    limit = settings.time
    assert limit is not None
    unended = [phase for phase, runs in now.left.items() if runs and phase not in limit.closed]
    return replace(settings, time=replace(limit, closed=(*limit.closed, *unended)))
