"""What is quoted of the studies of fifteen techniques, and at three learning rates."""

from __future__ import annotations

from collections.abc import Iterator

from docs.shipped import MODERN, RATES, REFERENCE, findings
from search.analysis.by_level import EffectByLevel
from search.analysis.effects import CERTAIN
from search.analysis.multiplicity import significant_alone
from search.analysis.t_distribution import CONFIDENCE
from tests.support.quoted.kinds import Claim, Quote
from tests.support.quoted.numbers import cost, fit

PAGE = "docs/techniques.md"
RATES_PAGE = "docs/digits.md"
PAYING = ("batch_norm", "mixup", "residual")


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
    alone = significant_alone(fit(MODERN))
    assert alone is not None
    assert alone.tests == 15
    return (100 * alone.false_alarms,)


def _noise() -> tuple[float, float, float]:
    detectable = fit(MODERN).minimum_detectable_effect
    return fit(MODERN).noise, fit(REFERENCE).noise, detectable


def _two_learned_nothing() -> bool:
    runs = findings(MODERN).results.of("measure")
    return len(runs) == 32 and sum(run.scaled < 10.1 for run in runs) == 2


def _by_rate(technique: str) -> EffectByLevel:
    return next(one for one in findings(RATES).by_level if one.technique == technique)


def _at_the_high_rate() -> tuple[float, ...]:
    """The three effects that are clear at 0.003, with their intervals, and no other that helps."""
    rows = {one.technique: one.levels[2] for one in findings(RATES).by_level}
    sure = {name for name, one in rows.items() if one.p_value < 1 - CONFIDENCE}
    assert sure == {*PAYING, "augmentation"}
    return tuple(
        number for name in PAYING for number in (rows[name].effect, rows[name].low, rows[name].high)
    )


def _at_lower_rates() -> tuple[float, ...]:
    """The same three at 0.001 and at 0.0003, where they are not clear, with half-widths."""
    numbers: list[float] = []
    for place in (1, 0):
        rows = [_by_rate(name).levels[place] for name in PAYING]
        assert not any(one.p_value < 1 - CONFIDENCE for one in rows)
        (half,) = {round((one.high - one.low) / 2, 6) for one in rows}
        numbers += [*(one.effect for one in rows), half]
    return tuple(numbers)


def _at_the_best_rate(technique: str) -> tuple[float, float, float]:
    one = _by_rate(technique)
    return one.effect, one.low, one.high


def _rose() -> tuple[float]:
    early = findings(RATES).fast_start
    assert early is not None
    assert early.rise is not None
    assert early.rise.epochs == 6
    return (early.rise.last_quarter,)


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
    yield Quote(
        RATES_PAGE,
        "`batch_norm` brings {+12.8} points (95 %: {+7.3} to {+18.2}) at 0.003, `mixup` {+13.2} "
        "({+7.7} to {+18.6}) and `residual` {+13.0} ({+7.6} to {+18.5})",
        _at_the_high_rate,
    )
    yield Quote(RATES_PAGE, "at {+4.9}, {-4.4} and {+3.0}, each ±{4.7}, nor at 0.0003, at {-5.6}, "
                "{-4.7} and {+4.1}, each ±{5.4}", _at_lower_rates)  # fmt: skip
    yield Quote(RATES_PAGE, "`batch_norm` is worth {+5.8} ({-0.1} to {+18.5})",
                lambda: _at_the_best_rate("batch_norm"))  # fmt: skip
    yield Quote(RATES_PAGE, "{19.9} ({12.9} to {32.3}) at its best rate",
                lambda: cost(_at_the_best_rate("augmentation")))  # fmt: skip
    yield Quote(RATES_PAGE, "still rose by {2.7} points in the last six", _rose)


QUOTES = tuple(_quotes())
CLAIMS = (Claim(PAGE, "Two of the 32 networks learned nothing", _two_learned_nothing),)
