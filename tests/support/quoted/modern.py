"""What is quoted of the studies of fifteen techniques, and at three learning rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from docs.shipped import MODERN, RATES, REFERENCE, findings
from search.analysis.by_level import EffectByLevel
from search.analysis.effects import CERTAIN, effects_of
from search.analysis.t_distribution import ALPHA
from tests.support.quoted.kinds import Claim, Quote
from tests.support.quoted.numbers import cost, fit, largest_first

PAGE = "docs/techniques.md"
RATES_PAGE = "docs/digits.md"
PAYING = ("batch_norm", "mixup", "residual")


def _clear(*techniques: str) -> tuple[float, ...]:
    """Effects of fifteen that are clear, of which there are four."""
    rows = fit(MODERN).effects
    assert len(rows) == 15
    assert {one.technique for one in rows if one.verdict in CERTAIN} == {
        "residual", "batch_norm", "stochastic_depth", "rand_augment",
    }  # fmt: skip
    found = [fit(MODERN).of(name) for name in techniques]
    return tuple(number for one in found for number in (one.effect, one.low, one.high))


def _unclear() -> tuple[float]:
    (half,) = {round((one.high - one.low) / 2, 6) for one in fit(MODERN).effects
               if one.verdict not in CERTAIN}  # fmt: skip
    return (half,)


def _noise() -> tuple[float, float, float]:
    detectable = fit(MODERN).minimum_detectable_effect
    return detectable, fit(MODERN).noise, fit(REFERENCE).noise


def _four_learned_nothing() -> bool:
    runs = findings(MODERN).results.of("measure")
    low = [run for run in runs if run.scaled < 10.1]
    on = frozenset.intersection(*(run.on for run in low))
    some = frozenset.union(*(run.on for run in low))
    return (
        (len(runs), len(low)) == (64, 4)
        and on == {"stochastic_depth", "global_pooling"}
        and not {"batch_norm", "residual"} & some
    )


def _none_was_clear() -> bool:
    results = findings(MODERN).results
    half = replace(
        results, runs=results.runs[:32], settings=replace(results.launched_with(), measure=(32,))
    )
    found = effects_of(half)
    return found is not None and not any(one.verdict in CERTAIN for one in found.effects)


def _rose(name: str, epochs: int) -> tuple[float]:
    """What the mean curve still rose by in its last quarter, which has so many epochs."""
    early = findings(name).fast_start
    assert early is not None
    assert early.rise is not None
    assert early.rise.epochs == epochs
    return (early.rise.last_quarter,)


def _by_rate(technique: str) -> EffectByLevel:
    return next(one for one in findings(RATES).by_level if one.technique == technique)


def _some_depend_on_the_rate() -> bool:
    differ = {one.technique for one in findings(RATES).by_level if one.depends}
    return differ == {"batch_norm", "mixup", "dropout"}


def _at_the_high_rate() -> tuple[float, ...]:
    """Three effects at 0.003, with their intervals: all but the first are clear, and no other that
    helps."""
    rows = {one.technique: one.levels[2] for one in findings(RATES).by_level}
    sure = {name for name, one in rows.items() if one.p_value < ALPHA}
    assert sure == {*PAYING, "augmentation"} - {"batch_norm"}
    return tuple(
        number for name in PAYING for number in (rows[name].effect, rows[name].low, rows[name].high)
    )


def _at_lower_rates() -> tuple[float, ...]:
    """The same three at 0.001 and at 0.0003, where none is clear, with the largest half-widths."""
    numbers: list[float] = []
    for place in (1, 0):
        rows = [_by_rate(name).levels[place] for name in PAYING]
        assert not any(one.p_value < ALPHA for one in rows)
        half = max((one.high - one.low) / 2 for one in rows)
        numbers += [*(one.effect for one in rows), half]
    return tuple(numbers)


def _at_the_best_rate(technique: str) -> tuple[float, float, float]:
    one = _by_rate(technique)
    return one.effect, one.low, one.high


def _quotes() -> Iterator[Quote]:
    yield Quote(PAGE, "`residual`, by {+9.3} points (95 %: {+6.8} to {+11.8}), and `batch_norm`, "
                "by {+8.6} ({+6.0} to {+11.1})",
                lambda: _clear("residual", "batch_norm"))  # fmt: skip
    yield Quote(PAGE, "`stochastic_depth`, by {-10.3} ({-13.4} to {-7.2}, widened because it was "
                "picked as the largest), and `rand_augment`, by {-5.1} ({-7.6} to {-2.6})",
                lambda: largest_first(MODERN, "stochastic_depth", "rand_augment"))  # fmt: skip
    yield Quote(PAGE, "The other eleven, each ±{2.5}, cannot be told", _unclear)
    yield Quote(
        PAGE,
        "an effect must be {6.1} points to be found in four of five studies, as runs differ from "
        "the fit by {5.0} points, where those of the eight techniques [on two cores](article.md) "
        "differ by {2.2}",
        _noise,
    )
    yield Quote(
        PAGE, "still rose by {1.4} points in the last eight epochs", lambda: _rose(MODERN, 8)
    )
    yield Quote(
        RATES_PAGE,
        "`batch_norm` brings {+12.8} points (95 %: {+3.7} to {+21.9}) at 0.003, `mixup` {+13.2} "
        "({+4.0} to {+22.3}) and `residual` {+13.0} ({+5.1} to {+21.0})",
        _at_the_high_rate,
    )
    yield Quote(RATES_PAGE, "at {+4.9}, {-4.4} and {+3.0}, each ±{3.8} or less, nor at 0.0003, at "
                "{-5.6}, {-4.7} and {+4.1}, each ±{4.1} or less", _at_lower_rates)  # fmt: skip
    yield Quote(RATES_PAGE, "`batch_norm` is worth {+5.8} ({+0.3} to {+21.2})",
                lambda: _at_the_best_rate("batch_norm"))  # fmt: skip
    yield Quote(RATES_PAGE, "{19.9} ({14.4} to {35.0}) at its best rate",
                lambda: cost(_at_the_best_rate("augmentation")))  # fmt: skip
    yield Quote(RATES_PAGE, "still rose by {2.7} points in the last six", lambda: _rose(RATES, 6))


QUOTES = tuple(_quotes())
CLAIMS = (
    Claim(
        PAGE,
        "Four of the 64 networks learned nothing, all with `stochastic_depth` and "
        "`global_pooling` on, and `batch_norm` and `residual` off",
        _four_learned_nothing,
    ),
    Claim(PAGE, "After its first 32 runs no effect was clear", _none_was_clear),
    Claim(
        RATES_PAGE,
        "surely so for `batch_norm`, `mixup` and `dropout`",
        _some_depend_on_the_rate,
    ),
)
