"""What is quoted of the studies of CIFAR-10 at the article's budget, and of deeper networks."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from docs.shipped import ARTICLE, DEEPER, FULL, data, findings, settings
from docs.tables import ACCURACIES, CHANGES
from search import Run
from search.analysis.effects import effects
from tests.support.quoted.kinds import Claim, Numbers, Quote
from tests.support.quoted.numbers import (
    bounds_of,
    cost,
    either_way,
    fit,
    growth,
    largest_first,
    minutes,
    step,
    unclear,
    verdicts,
)

FRONT = "README.md"
PAGE = "docs/article.md"
TECHNIQUES_PAGE = "docs/techniques.md"


def _the_other_six() -> tuple[float, float, float]:
    widths = [one.high - one.low for one in fit(FULL).effects if one.verdict == "no clear effect"]
    assert max(widths) - min(widths) < 1e-9
    return unclear(FULL, 6)


def _levels() -> tuple[float, float]:
    return bounds_of([run.scaled for run in findings(FULL).results.of("measure")])


def _after(technique: str, epoch: int) -> tuple[float, float, float]:
    (row,) = (row for row in findings(FULL).by_epoch if row.technique == technique)
    at = row.epochs.index(epoch)
    return row.effect[at], row.low[at], row.high[at]


def _turn() -> tuple[float, ...]:
    (row,) = (row for row in findings(FULL).by_epoch if row.technique == "augmentation")
    assert row.turn is not None
    return row.turn.epoch, row.turn.low, row.turn.high


def _cleared() -> tuple[float]:
    (row,) = (row for row in findings(FULL).by_epoch if row.technique == "augmentation")
    return (row.pays_from or math.nan,)


def _on_the_test_images(*techniques: str) -> tuple[float, ...]:
    """The effects on test accuracy at the article's budget, in points."""
    results = findings(FULL).results
    fitted = effects(
        [replace(run, value=run.test_accuracy) for run in results.of("measure")], results.factors
    )
    assert fitted is not None
    rows = [fitted.of(name) for name in techniques]
    return tuple(number for one in rows for number in (one.effect, one.low, one.high))


def _in_both_precisions() -> tuple[float, ...]:
    """The means of the last ten epochs with nothing and everything on: float32, then bfloat16."""
    once = _once()
    full = sorted(findings(FULL).results.of("measure"), key=lambda run: len(run.on))
    assert (len(full[0].on), len(full[-1].on)) == (0, 8)
    return tuple(
        100 * statistics.fmean(list(run.curve.values())[-10:])
        for run in (once[0], once[-1], full[0], full[-1])
    )


def _largest_steps() -> set[str]:
    steps = sorted(findings(ARTICLE).ladder[1:], key=lambda step: -abs(step.change))
    return {step.added[0] for step in steps[:2]}


def _once() -> list[Run]:
    return sorted(findings(ARTICLE).results.of("ladder"), key=lambda run: len(run.on))


def _other_steps() -> tuple[float, float]:
    rest = sorted((step.change for step in findings(ARTICLE).ladder[1:]), key=abs)[:-2]
    return min(rest), max(rest)


def _within_ten_epochs() -> tuple[float, float]:
    """The range of the last ten epochs' accuracies within a run: the least and the largest."""
    last = [[100 * value for value in list(run.curve.values())[-10:]] for run in _once()]
    return bounds_of([max(one) - min(one) for one in last])


def _wavering() -> tuple[float]:
    """The spread of the last ten epochs' accuracies within a run, over the runs."""
    last = [[100 * value for value in list(run.curve.values())[-10:]] for run in _once()]
    return (math.sqrt(statistics.fmean(map(statistics.variance, last))),)


def _on_test_images() -> dict[str, tuple[float, float]]:
    """Steps with another sign on the test images: their changes on both."""
    tested = [100 * (run.test_accuracy or math.nan) for run in _once()]
    both = {
        step.added[0]: (step.change, after - before)
        for step, (before, after) in zip(
            findings(ARTICLE).ladder[1:], pairwise(tested), strict=True
        )
    }
    return {name: pair for name, pair in both.items() if pair[0] * pair[1] < 0}


def _turned(technique: str) -> Numbers:
    return lambda: _on_test_images()[technique]


def _skips_with_batch_norm() -> tuple[float, ...]:
    runs = [run for run in findings(DEEPER).results.of("measure") if "batch_norm" in run.on]
    others = [name for name in findings(DEEPER).results.factors if name != "batch_norm"]
    return (len(runs), *either_way("residual", "deeper", effects(runs, others)))


def _lost() -> tuple[float]:
    """The best of the deep networks that had neither skips nor batch normalization."""
    runs = findings(DEEPER).results.of("measure")
    lost = [r for r in runs if "deeper" in r.on and not r.on & {"batch_norm", "residual"}]
    assert len(lost) == 4
    return (max(run.scaled for run in lost),)


def _quotes() -> Iterator[Quote]:
    yield Quote(
        FRONT,
        "{+13.2} points for augmentation, {+5.2} for batch normalization, and {-1.5} to {+0.7} for "
        "each later step",
        lambda: (*CHANGES[:2], *bounds_of(CHANGES[2:])),
    )
    yield Quote(FRONT, "{16} runs of a balanced design at that budget, on {45,000} images",
                lambda: (fit(FULL).runs, data(FULL).train))  # fmt: skip
    yield Quote(FRONT, "is worth {+6.0} points (95 % interval: {+2.8} to {+9.2}, widened because "
                "it was picked as the largest of eight) and `batch_norm` {+5.8} ({+3.1} to {+8.5})",
                lambda: largest_first(FULL, "augmentation", "batch_norm"))  # fmt: skip
    yield Quote(FRONT, "at {-0.8} to {+1.5}, each ±{2.7}, cannot be told", _the_other_six)
    yield Quote(FRONT, "costs {8.5} points after two epochs ({4.3} to {12.6}), and its effect "
                "becomes positive only at epoch {19} ({12} to {31})",
                lambda: (*(abs(_after("augmentation", 2)[at]) for at in (0, 2, 1)),
                         *_turn()))  # fmt: skip
    yield Quote(PAGE, "has {16} runs of such a design at the budget of the article: "
                "{100} epochs of {45,000} images", lambda: (fit(FULL).runs, settings(FULL).epochs,
                                               data(FULL).train))  # fmt: skip
    yield Quote(PAGE, "It took {8} minutes on one NVIDIA H200", lambda: minutes(FULL))
    yield Quote(PAGE, "`augmentation` {+6.0} points (95 %: {+2.8} to {+9.2}, widened "
                "because it was picked as the largest of eight) and `batch_norm` {+5.8} ({+3.1} "
                "to {+8.5})",
                lambda: largest_first(FULL, "augmentation", "batch_norm"))  # fmt: skip
    yield Quote(PAGE, "are between {-0.8} and {+1.5} points, each ±{2.7}", _the_other_six)
    yield Quote(PAGE, "The {16} networks reach {69} to {86} %",
                lambda: (fit(FULL).runs, *_levels()))  # fmt: skip
    yield Quote(PAGE, "On the {10,000} test images the effects of the same networks are {+6.0} "
                "({+3.3} to {+8.6}) for `augmentation`, and {+5.4} ({+2.8} to {+8.1}) for "
                "`batch_norm`",
                lambda: (data(FULL).test,
                         *_on_the_test_images("augmentation", "batch_norm")))  # fmt: skip
    yield Quote(
        PAGE,
        "costs {8.5} points after two epochs ({4.3} to {12.6})",
        lambda: cost(_after("augmentation", 2)),
    )
    yield Quote(PAGE, "becomes positive at epoch {19} (95 %: {12} to {31}); from epoch {37} "
                "on the interval of every epoch excludes zero. It still grows: from the mean of "
                "epochs 41 to 50 to that of epochs 91 to 100, by {1.7} points ({+1.4} to "
                "{+2.1};", lambda: (*_turn(), *_cleared(),
                                   *growth(FULL, "augmentation", 50, 100)))  # fmt: skip
    yield Quote(PAGE, "`mixup` costs {5.0} points after one epoch ({1.2} to {8.9})",
                lambda: cost(_after("mixup", 1)))  # fmt: skip
    yield Quote(
        PAGE,
        "`batch_norm` is worth {+10.3} points after one epoch ({+6.4} to {+14.1}), and {+5.8} "
        "after",
        lambda: (*_after("batch_norm", 1), _after("batch_norm", 100)[0]),
    )
    yield Quote(PAGE, "must be {6.4} points or more for four of five such studies",
                lambda: (fit(FULL).minimum_detectable_effect,))  # fmt: skip
    yield Quote(PAGE, "took {13} minutes on an H200", lambda: minutes(ARTICLE))
    yield Quote(PAGE, "and {+6.0} on average over networks half of which",
                lambda: largest_first(FULL, "augmentation")[:1])  # fmt: skip
    yield Quote(PAGE, "reach {66.1} and {84.8} % in single precision, and {68.9} and {83.9} % in",
                _in_both_precisions)  # fmt: skip
    yield Quote(PAGE, "and {5,000} of the 50,000 training images",
                lambda: (data(ARTICLE).validation,))  # fmt: skip
    yield Quote(
        PAGE,
        "comes to {65.6} % here and to {72.9} % in the article, the last step to {85.0} % and "
        "{91.0} %",
        lambda: (
            findings(ARTICLE).ladder[0].scaled.value, ACCURACIES[0],
            findings(ARTICLE).ladder[-1].scaled.value, ACCURACIES[-1],
        ),
    )  # fmt: skip
    yield Quote(PAGE, "`augmentation` ({+15.9}) and `batch_norm` ({+4.2}) are the largest",
                lambda: (step(ARTICLE, "augmentation"), step(ARTICLE, "batch_norm")))  # fmt: skip
    yield Quote(PAGE, "The other five change accuracy by {-1.1} to {+0.8} points", _other_steps)
    yield Quote(PAGE, "the last 10 epochs of a run differ by {0.6} points", _wavering)
    yield Quote(PAGE, "of the last 10 epochs are {1.2} to {2.9} points apart", _within_ten_epochs)
    yield Quote(PAGE, "`residual` + `late_widening` ({-0.54} and {+0.19})", _turned("residual"))
    yield Quote(PAGE, "`dropout` ({-0.40} and {+0.42})", _turned("dropout"))
    yield Quote(PAGE, "`amsgrad` ({+0.78} and {-0.04})", _turned("amsgrad"))
    yield Quote(PAGE, "The article's residual step ({-1.53})", lambda: (CHANGES[2],))
    yield Quote(PAGE, "has {32} runs of five techniques", lambda: (fit(DEEPER).runs,))
    yield Quote(PAGE, "the skips are worth {+2.0} points ({-4.1} to {+15.0}) at 10 convolutions "
                "and {+16.0} ({+2.4} to {+23.0}) at 22",
                lambda: either_way("residual", "deeper", fit(DEEPER)))  # fmt: skip
    yield Quote(PAGE, "they came to {10.0} % or less", _lost)
    yield Quote(PAGE, "Among the {16} runs with `batch_norm`, as in the article, the skips are "
                "worth {-0.1} ({-3.0} to {+2.9}) at 10 convolutions, and {+3.8} ({-0.2} to "
                "{+7.9}) at 22", _skips_with_batch_norm)  # fmt: skip
    yield Quote(TECHNIQUES_PAGE, "effects of {16} runs, each ±{2.7} points",
                lambda: (fit(FULL).runs, _the_other_six()[2]))  # fmt: skip


QUOTES = tuple(_quotes())
CLAIMS = (
    Claim(
        "README.md",
        "find the same two",
        lambda: verdicts(FULL, "helps") == {"augmentation", "batch_norm"},
    ),
    Claim(
        "docs/article.md",
        "Two of the eight techniques help",
        lambda: verdicts(FULL, "helps") == {"augmentation", "batch_norm"},
    ),
    Claim(
        "docs/article.md",
        "`augmentation` adds 13 to 16 points to a network that has nothing",
        lambda: [round(CHANGES[0]), round(step(ARTICLE, "augmentation"))] == [13, 16],
    ),
    Claim(
        "docs/article.md",
        "`augmentation` (+15.9) and `batch_norm` (+4.2) are the largest steps",
        lambda: _largest_steps() == {"augmentation", "batch_norm"},
    ),
    Claim(
        "docs/article.md",
        "Three of the seven steps have one sign on the validation images",
        lambda: set(_on_test_images()) == {"residual", "dropout", "amsgrad"},
    ),
)
