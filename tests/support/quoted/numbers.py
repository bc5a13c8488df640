"""Numbers that quotes of several subjects take."""

from __future__ import annotations

from collections.abc import Sequence

from bench.results import column
from docs.shipped import REFERENCE, findings, study
from search import Effects, simple_effect


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
