"""Numbers that quotes of several subjects take."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from bench.results import column
from docs.shipped import REFERENCE, findings, study
from search import Effects, simple_effect
from search.analysis.effects import CERTAIN
from search.analysis.headline import headline


def fit(name: str = REFERENCE) -> Effects:
    found = findings(name).effects
    assert found is not None
    return found


def verdicts(name: str, verdict: str) -> set[str]:
    return {effect.technique for effect in fit(name).effects if effect.verdict == verdict}


def minutes(name: str) -> tuple[float]:
    trials = study(name).trials
    begun = [trial.datetime_start for trial in trials if trial.datetime_start]
    ended = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    return ((max(ended) - min(begun)).total_seconds() / 60,)


def bounds_of(found: Sequence[float]) -> tuple[float, float]:
    return min(found), max(found)


def covered(table: str) -> tuple[float, float]:
    return bounds_of(column(table, "coverage, %"))


def either_way(technique: str, other: str, fitted: Effects | None = None) -> tuple[float, ...]:
    """What a technique is worth without another, and with it, each with its interval."""
    sides = [simple_effect(fitted or fit(), technique, other, on=on) for on in (False, True)]
    return tuple(number for one in sides for number in (one.effect, one.low, one.high))


def cost(found: Sequence[float]) -> tuple[float, float, float]:
    """An effect with its interval, as what it costs."""
    effect, low, high = found
    return -effect, -high, -low


def largest_first(name: str, *techniques: str) -> tuple[float, ...]:
    """Effects with their intervals; that of the first, the largest, allows for its choice."""
    largest = headline(fit(name))
    assert largest.technique == techniques[0]
    rows = (largest, *map(fit(name).of, techniques[1:]))
    return tuple(number for one in rows for number in (one.effect, one.low, one.high))


def unclear(name: str, count: int) -> tuple[float, float, float]:
    """The least and the largest of the effects that are not clear, and their half-width."""
    rest = [one for one in fit(name).effects if one.verdict not in CERTAIN]
    assert len(rest) == count
    half = statistics.fmean((one.high - one.low) / 2 for one in rest)
    return (*bounds_of([one.effect for one in rest]), half)


def growth(name: str, technique: str, begin: int, end: int) -> tuple[float, float, float]:
    """How an effect that still moves has changed between two epochs."""
    early = findings(name).fast_start
    assert early is not None
    (moved,) = (one for one in early.moving if one.change.technique == technique)
    assert (moved.begin, moved.end) == (begin, end)
    return moved.change.effect, moved.change.low, moved.change.high


def differ(one: float, other: float) -> bool:
    """Whether two effects have different signs; one that was rounded to -0.0 is below zero."""
    return math.copysign(1, one) != math.copysign(1, other)


def step(name: str, technique: str) -> float:
    """What the ladder's step that adds a technique changed."""
    return next(one.change for one in findings(name).ladder if technique in one.added)
