"""What is quoted of the studies of fifteen techniques, and at three learning rates."""

from __future__ import annotations

from collections.abc import Iterator

from docs.shipped import MODERN, REFERENCE, findings
from search.analysis.effects import CERTAIN
from tests.support.quoted.kinds import Claim, Quote
from tests.support.quoted.numbers import fit

PAGE = "docs/techniques.md"


def _largest() -> tuple[float, ...]:
    """The three largest of fifteen effects, of which none is clear."""
    rows = fit(MODERN).effects
    assert len(rows) == 15
    assert not any(one.verdict in CERTAIN for one in rows)
    assert [one.technique for one in rows[:3]] == ["stochastic_depth", "batch_norm", "residual"]
    assert [one.low <= 0 <= one.high for one in rows] == [False] * 3 + [True] * 12
    return tuple(number for one in rows[:3] for number in (one.effect, one.low, one.high))


def _by_chance() -> tuple[float]:
    """Studies of fifteen techniques without effect of which some interval excludes zero."""
    (told,) = [one for one in findings(MODERN).cautions if "the interval excludes zero" in one]
    assert "with 15 techniques 46 % of studies" in told
    return (46.0,)


def _noise() -> tuple[float, float, float]:
    detectable = fit(MODERN).minimum_detectable_effect
    return fit(MODERN).noise, fit(REFERENCE).noise, detectable


def _two_learned_nothing() -> bool:
    runs = findings(MODERN).results.of("measure")
    return len(runs) == 32 and sum(run.scaled < 10.1 for run in runs) == 2


def _quotes() -> Iterator[Quote]:
    yield Quote(PAGE, "`stochastic_depth`, {-9.9} points (95 %: {-16.0} to {-3.7}), `batch_norm`, "
                "{+8.9} ({+2.7} to {+15.0}), and `residual`, {+7.3} ({+1.2} to {+13.4})",
                _largest)  # fmt: skip
    yield Quote(PAGE, "without any effect {46} % of studies have such an interval", _by_chance)
    yield Quote(
        PAGE,
        "by {8.2} points, where those of the eight techniques [on two cores](article.md) differ "
        "by {2.2}, so an effect must be {12.6} points",
        _noise,
    )


QUOTES = tuple(_quotes())
CLAIMS = (Claim(PAGE, "Two of the 32 networks learned nothing", _two_learned_nothing),)
