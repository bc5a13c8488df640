"""The measured numbers that hand-written sentences quote, each with what computes it.

A quote is a page, a piece of its text with every number that was measured in braces, and a function
that gives these numbers in their order. They must agree as far as the page writes them. A claim is
a sentence that says in words what was measured, and a function that tells whether it is so.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench.equal_time import rows as equal_time
from bench.knowing import Table
from bench.results import column, rows_of
from bench.table import NAMES, rows
from docs.shipped import ARTICLE, DEEPER, EXAMPLE, FULL, REFERENCE, data, findings, settings, study
from docs.tables import ACCURACIES, CHANGES
from search import Confirmed, Effects, Run, SimpleEffect, Step, simple_effect
from search.analysis.effects import effects
from search.analysis.headline import headline
from search.analysis.t_distribution import quantile

TOP = Path(__file__).parents[2]
_NUMBER = re.compile(r"\{([^{}]+)\}")
_SLACK = 1e-6
"""Of a unit of the last digit: what the arithmetic of another processor may add to half of it."""

Numbers = Callable[[], tuple[float, ...]]


class Quote(NamedTuple):
    """Text of a page, its measured numbers in braces, and a function that gives them."""

    page: str
    text: str
    numbers: Numbers

    @property
    def sentence(self) -> str:
        """The text as it stands on the page."""
        return _NUMBER.sub(r"\1", self.text)

    @property
    def written(self) -> list[str]:
        """The numbers as they are written."""
        return _NUMBER.findall(self.text)


class Claim(NamedTuple):
    """Text of a page, and a function that tells whether what it says was measured."""

    page: str
    sentence: str
    holds: Callable[[], bool]


@cache
def text_of(page: str) -> str:
    """Read a page, its lines joined."""
    return " ".join((TOP / page).read_text(encoding="utf-8").split())


def agrees(written: str, number: float) -> bool:
    """Tell whether a number, rounded as it is written, is what is written."""
    plain = written.replace(",", "")
    unit = 10.0 ** -len(plain.partition(".")[2])
    return abs(float(plain) - number) <= unit * (0.5 + _SLACK)


def _fit(name: str = REFERENCE) -> Effects:
    found = findings(name).effects
    assert found is not None
    return found


def _effect(technique: str) -> tuple[float, float, float]:
    found = _fit().of(technique)
    return found.effect, found.low, found.high


def _of_100_epochs(*techniques: str) -> tuple[float, ...]:
    """Effects at the article's budget, with intervals; that of the first allows for its choice."""
    largest = headline(_fit(FULL))
    assert largest.technique == techniques[0]
    rows = (largest, *map(_fit(FULL).of, techniques[1:]))
    return tuple(number for one in rows for number in (one.effect, one.low, one.high))


def _the_other_six() -> tuple[float, ...]:
    """The least and the largest of the effects that are not clear, and their half-width."""
    rest = [one for one in _fit(FULL).effects if one.verdict == "no clear effect"]
    assert len(rest) == 6
    assert max(one.high - one.low for one in rest) - min(one.high - one.low for one in rest) < 1e-9
    return (*_bounds_of([one.effect for one in rest]), (rest[0].high - rest[0].low) / 2)


def _levels() -> tuple[float, float]:
    return _bounds_of([run.scaled for run in findings(FULL).results.of("measure")])


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


def _late_growth() -> tuple[float, ...]:
    early = findings(FULL).fast_start
    assert early is not None
    (moved,) = (one for one in early.moving if one.change.technique == "augmentation")
    assert (moved.begin, moved.end) == (50, 100)
    return moved.change.effect, moved.change.low, moved.change.high


def _on_the_test_images(*techniques: str) -> tuple[float, ...]:
    """The differences of mean test accuracy at the article's budget, in points."""
    runs = findings(FULL).results.of("measure")
    means = [
        [statistics.fmean(run.test_accuracy or math.nan for run in runs if (name in run.on) == on)
         for on in (True, False)]
        for name in techniques
    ]  # fmt: skip
    return tuple(100 * (with_it - without) for with_it, without in means)


def _in_both_precisions() -> tuple[float, ...]:
    """The means of the last ten epochs with nothing and everything on: float32, then bfloat16."""
    once = _once()
    full = sorted(findings(FULL).results.of("measure"), key=lambda run: len(run.on))
    assert (len(full[0].on), len(full[-1].on)) == (0, 8)
    return tuple(
        100 * statistics.fmean(list(run.curve.values())[-10:])
        for run in (once[0], once[-1], full[0], full[-1])
    )


def _worth(*techniques: str) -> Numbers:
    return lambda: tuple(_effect(name)[0] for name in techniques)


def _verdicts(name: str, verdict: str) -> set[str]:
    return {effect.technique for effect in _fit(name).effects if effect.verdict == verdict}


def _bounds(found: SimpleEffect) -> tuple[float, float, float]:
    return found.effect, found.low, found.high


def _either_way(technique: str, other: str, fit: Effects | None = None) -> tuple[float, ...]:
    sides = (simple_effect(fit or _fit(), technique, other, on=on) for on in (False, True))
    return tuple(number for side in sides for number in _bounds(side))


def _step(name: str, technique: str) -> Step:
    return next(step for step in findings(name).ladder if technique in step.added)


def _changes(name: str, *techniques: str) -> Numbers:
    return lambda: tuple(_step(name, one).change for one in techniques)


def _first_step() -> tuple[float, float, float]:
    step = _step(REFERENCE, "augmentation")
    return step.change, step.low, step.high


def _clear_steps() -> set[str]:
    """The steps of the short ladder whose interval excludes zero, by the first that they add."""
    return {
        step.added[0] for step in findings(REFERENCE).ladder[1:] if not step.low <= 0 <= step.high
    }


def _largest_steps() -> set[str]:
    steps = sorted(findings(ARTICLE).ladder[1:], key=lambda step: -abs(step.change))
    return {step.added[0] for step in steps[:2]}


def _largest_pair() -> set[str]:
    largest = max(findings(REFERENCE).interactions, key=lambda row: abs(row.effect))
    (pair,) = largest.pairs
    return set(pair)


def _seed_noise() -> tuple[float, float]:
    """The ladder's standard deviation over seeds, and how far two single runs may differ."""
    first = findings(REFERENCE).ladder[1]
    groups: dict[frozenset[str], list[float]] = {}
    for run in findings(REFERENCE).results.of("ladder"):
        groups.setdefault(run.on, []).append(run.scaled)
    noise = math.sqrt(statistics.fmean(statistics.variance(group) for group in groups.values()))
    dof = sum(len(group) - 1 for group in groups.values())
    assert first.runs == 3
    assert dof == 16
    return noise, quantile(dof) * noise * math.sqrt(2)


def _once() -> list[Run]:
    return sorted(findings(ARTICLE).results.of("ladder"), key=lambda run: len(run.on))


def _other_steps() -> tuple[float, float]:
    rest = sorted((step.change for step in findings(ARTICLE).ladder[1:]), key=abs)[:-2]
    return min(rest), max(rest)


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


def _minutes(name: str) -> tuple[float]:
    trials = study(name).trials
    begun = [trial.datetime_start for trial in trials if trial.datetime_start]
    ended = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    return ((max(ended) - min(begun)).total_seconds() / 60,)


def _rate() -> tuple[float]:
    """TFLOP/s of the training of the long design, by the longhand operations of its networks."""
    operations = 0
    for run in findings(FULL).results.of("measure"):
        inside = (64, 64, 128) if "late_widening" in run.on else (64, 128, 256)
        size, channels = 32, 64
        products = size**2 * 3 * channels
        for width, next_channels in zip(inside, (64, 128, 256), strict=True):
            products += size**2 * 9 * (channels * width + width**2)
            size = (size - 1) // 2
            products += size**2 * 9 * width * next_channels
            channels = next_channels
        products += channels * 10 * (1 if "global_pooling" in run.on else size**2)
        operations += 2 * 3 * products * data(FULL).train * settings(FULL).epochs
    return (operations / _seconds()[-1] / 1e12,)


def _seconds() -> list[float]:
    """Seconds from the beginning of the long design to the end of each of its runs, in order."""
    trials = study(FULL).trials
    began = min(trial.datetime_start for trial in trials if trial.datetime_start)
    return sorted((trial.datetime_complete - began).total_seconds()
                  for trial in trials if trial.datetime_complete)  # fmt: skip


def _on_a_gpu(*rows_: tuple[int, int, str]) -> Numbers:
    """TFLOP/s in sum with all techniques off in bfloat16: of a batch, so many at once, and MPS."""
    return lambda: tuple(
        column("gpu", "TFLOP/s", batch=batch, precision="mixed_bfloat16", **{"at once": many},
               MPS=mps)[0]
        for batch, many, mps in rows_
    )  # fmt: skip


def _skips_with_batch_norm() -> tuple[float, ...]:
    runs = [run for run in findings(DEEPER).results.of("measure") if "batch_norm" in run.on]
    others = [name for name in findings(DEEPER).results.factors if name != "batch_norm"]
    fit = effects(runs, others)
    return (len(runs), *_either_way("residual", "deeper", fit))


def _lost() -> tuple[float]:
    """The best of the deep networks that had neither skips nor batch normalization."""
    runs = findings(DEEPER).results.of("measure")
    lost = [r for r in runs if "deeper" in r.on and not r.on & {"batch_norm", "residual"}]
    assert len(lost) == 4
    return (max(run.scaled for run in lost),)


def _shares(evaluator: str, *parameters: str) -> tuple[float, ...]:
    shares = {
        row.parameter: row.importance
        for row in findings(REFERENCE).importances
        if row.evaluator == evaluator
    }
    assert max(shares, key=lambda name: shares[name]) == parameters[0]
    return tuple(shares[name] for name in parameters)


def _confirmed(label: str, name: str = REFERENCE) -> tuple[float, float, float]:
    row: Confirmed = next(r for r in findings(name).confirmed if r.label.startswith(label))
    return row.test.mean, row.test.low, row.test.high


def _best() -> tuple[float, float]:
    found = findings(REFERENCE).results
    assert found.best is not None
    assert found.best.on == {"batch_norm", "global_pooling", "dropout", "mixup", "amsgrad"}
    return len(found.of("measure", "search")), found.best.scaled


def _epoch_seconds() -> tuple[float]:
    runs = findings(REFERENCE).results.of("measure")
    return (statistics.median(run.seconds_per_epoch or math.nan for run in runs),)


def _slower() -> tuple[float, float, float]:
    slow = [row for row in findings(REFERENCE).costs if row.seconds.low > 0]
    (only,) = slow
    assert only.technique == "batch_norm"
    return only.seconds.value, only.seconds.low, only.seconds.high


def _interacting() -> tuple[float, float]:
    found = findings(REFERENCE).interactions
    return sum(row.certain for row in found), len(found)


KOUKA, LADDER, ONE = "kouka's design", "the article's ladder", "one at a time, from the base"
KOUKAS = "kouka, %"


def _top(*of: tuple[int, str]) -> tuple[float, ...]:
    return tuple(
        column("knowing", "top three right, %", runs=runs, method=method)[0] for runs, method in of
    )


def _off(*of: tuple[int, str]) -> tuple[float, ...]:
    return tuple(
        column("knowing", "error of the effects, points", runs=runs, method=method)[0]
        for runs, method in of
    )


def _cheaper(name: str, epochs: int) -> float:
    (found,) = column("fidelity", name, runs=16, images=1000, epochs=epochs)
    return found


def _bounds_of(found: Sequence[float]) -> tuple[float, float]:
    return min(found), max(found)


def _covered(table: str) -> tuple[float, float]:
    return _bounds_of(column(table, "coverage, %"))


def _tight() -> list[float]:
    """The coverage of designs that cannot tell every interaction apart."""
    return [
        found
        for techniques, runs in ((7, 16), (8, 16), (8, 32), (12, 32), (12, 64))
        for found in column("coverage", "coverage, %", techniques=techniques, runs=runs)
    ]


def _took(workers: int) -> float:
    (seconds,) = column("efficiency", "first run to last, s", study="digits", workers=workers)
    return seconds


@cache
def _truth(epoch: int = 12) -> Table:
    return Table(1000, epoch)


def _range(names: tuple[str, ...], on: str) -> tuple[float, float]:
    """The lowest and the highest accuracy of the digits' runs with these techniques on, or off."""
    found = [100 * float(row["epoch 12"]) for row in rows(1000)
             if {row[name] for name in names} == {on}]  # fmt: skip
    return min(found), max(found)


def _augmentation(*epochs: int) -> tuple[float, ...]:
    return tuple(float(_truth(epoch).effects[NAMES.index("augmentation")]) for epoch in epochs)


def _inside() -> tuple[float, float]:
    fit = _fit(EXAMPLE)
    found = [
        fit.of(name).low <= true <= fit.of(name).high
        for name, true in zip(NAMES, _truth().effects, strict=True)
    ]
    return sum(found), len(found)


def _narrower() -> tuple[float, ...]:
    """Percent by which the mean of the last three epochs narrows the reference's intervals."""
    results = findings(REFERENCE).results
    widths = []
    for last in (1, 3):
        runs = [
            replace(run, value=statistics.fmean(list(run.curve.values())[-last:]))
            for run in results.of("measure")
        ]
        fit = effects(runs, results.factors)
        assert fit is not None
        widths.append(statistics.fmean(one.high - one.low for one in fit.effects))
    return (100 * (1 - widths[1] / widths[0]),)


def _quotes() -> Iterator[Quote]:
    readme, article, bench = "README.md", "docs/article.md", "bench/README.md"
    digits, machines, techniques = "docs/digits.md", "docs/many-machines.md", "docs/techniques.md"
    yield Quote(readme, "trains {83} small networks: {64} to measure",
                lambda: (sum(run.ended for run in findings(EXAMPLE).results.runs),
                         len(findings(EXAMPLE).results.of("measure"))))  # fmt: skip
    yield Quote(readme, "{16} runs of a balanced design at its budget ({100} epochs on {45,000}",
                lambda: (_fit(FULL).runs, settings(FULL).epochs, data(FULL).train))  # fmt: skip
    yield Quote(readme, "come to {69} to {86} %", _levels)
    yield Quote(readme, "is worth {+6.0} points (95 % interval: {+2.8} to {+9.2}, wide as it is "
                "the largest of eight), and `batch_norm` {+5.8} ({+3.1} to {+8.5})",
                lambda: _of_100_epochs("augmentation", "batch_norm"))  # fmt: skip
    yield Quote(readme, "The other six, at {-0.8} to {+1.5}, each ±{2.7}", _the_other_six)
    yield Quote(readme, "costs {8.5} points after two epochs; its effect turns positive only at "
                "epoch {19} ({12} to {31})",
                lambda: (-_after("augmentation", 2)[0], *_turn()))  # fmt: skip
    yield Quote(readme, "the effects are known to ±{0.8} points", lambda: (2 * _truth().error,))
    yield Quote(
        readme,
        "are {2.7} points off and name the three largest effects in {90} % of cases. With as many "
        "runs, one technique at a time is {4.9} points off and names them in {84} %; the article's "
        "way is {5.5} points off and names them in {63} %",
        lambda: tuple(
            number
            for method in (KOUKA, ONE, LADDER)
            for number in (*_off((16, method)), *_top((16, method)))
        ),
    )
    yield Quote(readme, "hold the true effect in {93} to {97} % of cases",
                lambda: _covered("verdicts"))  # fmt: skip

    yield Quote(article, "has {16} runs of such a design at the budget of the article: "
                "{100} epochs of {45,000} images", lambda: (_fit(FULL).runs, settings(FULL).epochs,
                                               data(FULL).train))  # fmt: skip
    yield Quote(article, "It took {8} minutes on one NVIDIA H200", lambda: _minutes(FULL))
    yield Quote(article, "`augmentation` {+6.0} points (95 %: {+2.8} to {+9.2}, wider than in "
                "the table below, as it is the largest of eight) and `batch_norm` {+5.8} ({+3.1} "
                "to {+8.5})",
                lambda: _of_100_epochs("augmentation", "batch_norm"))  # fmt: skip
    yield Quote(article, "are between {-0.8} and {+1.5} points, each ±{2.7}", _the_other_six)
    yield Quote(article, "The networks come to {69} to {86} %", _levels)
    yield Quote(article, "On the {10,000} test images the difference is {+6.0} points for "
                "`augmentation`, and {+5.4} for `batch_norm`",
                lambda: (data(FULL).test,
                         *_on_the_test_images("augmentation", "batch_norm")))  # fmt: skip
    yield Quote(
        article,
        "costs {8.5} points after two epochs ({-12.6} to {-4.3})",
        lambda: (-_after("augmentation", 2)[0], *_after("augmentation", 2)[1:]),
    )
    yield Quote(article, "turns positive at epoch {19} (95 %: {12} to {31}), is clear from epoch "
                "{37} on, and still grows between epochs 50 and 100, by {1.7} points ({+1.4} to "
                "{+2.1})", lambda: (*_turn(), *_cleared(), *_late_growth()))  # fmt: skip
    yield Quote(article, "`mixup` costs {5.0} points after one epoch ({-8.9} to {-1.2})",
                lambda: (-_after("mixup", 1)[0], *_after("mixup", 1)[1:]))  # fmt: skip
    yield Quote(
        article,
        "`batch_norm` is worth {+10.3} points after one epoch ({+6.4} to {+14.1}), and {+5.8} "
        "after",
        lambda: (*_after("batch_norm", 1), _after("batch_norm", 100)[0]),
    )
    yield Quote(article, "must be {5.4} points or more for four of five such studies",
                lambda: (_fit(FULL).minimum_detectable_effect,))  # fmt: skip
    yield Quote(article, "took {13} minutes on an H200", lambda: _minutes(ARTICLE))
    yield Quote(article, "{4,000} images, 10 epochs", lambda: (data(REFERENCE).train,))
    yield Quote(article, "and {+6.0} on average over networks that may have",
                lambda: _of_100_epochs("augmentation")[:1])  # fmt: skip
    yield Quote(article, "are {66.1} and {84.8} % in single precision, and {68.9} and {83.9} % in",
                _in_both_precisions)  # fmt: skip
    yield Quote(
        article,
        "agrees: {-1.7} ({-2.4} to {-0.9}), {+5.2} ({+4.4} to {+5.9}) and {-1.6} ({-2.3} to "
        "{-0.9})",
        lambda: (*_effect("augmentation"), *_effect("batch_norm"), *_effect("mixup")),
    )
    yield Quote(article, "and {5,000} of the 50,000 training images",
                lambda: (data(ARTICLE).validation,))  # fmt: skip
    yield Quote(
        article,
        "comes to {65.6} % here and to {72.9} % in the article, the last step to {85.0} % and "
        "{91.0} %",
        lambda: (
            findings(ARTICLE).ladder[0].scaled.mean, ACCURACIES[0],
            findings(ARTICLE).ladder[-1].scaled.mean, ACCURACIES[-1],
        ),
    )  # fmt: skip
    yield Quote(article, "`augmentation` ({-2.9}), `batch_norm` ({+4.0}) and `mixup` ({-2.5})",
                _changes(REFERENCE, "augmentation", "batch_norm", "mixup"))  # fmt: skip
    yield Quote(
        article,
        "over seeds is {1.3} points here, estimated with 16 degrees of freedom, so the difference "
        "of two single runs is uncertain by ±{3.8} points",
        _seed_noise,
    )
    yield Quote(article, "two of its seven changes are more than that: {+13.21} and {+5.15}",
                lambda: tuple(c for c in CHANGES if abs(c) > _seed_noise()[1]))  # fmt: skip
    yield Quote(article, "`augmentation` ({+15.9}) and `batch_norm` ({+4.2}) are the largest",
                _changes(ARTICLE, "augmentation", "batch_norm"))  # fmt: skip
    yield Quote(article, "The other five change accuracy by {-1.1} to {+0.8} points", _other_steps)
    yield Quote(article, "the last 10 epochs of a run differ by {0.6} points", _wavering)
    yield Quote(article, "`residual` + `late_widening` ({-0.54} and {+0.19})", _turned("residual"))
    yield Quote(article, "`dropout` ({-0.40} and {+0.42})", _turned("dropout"))
    yield Quote(article, "`amsgrad` ({+0.78} and {-0.04})", _turned("amsgrad"))
    yield Quote(article, "{8} of the {28} pairs of techniques interact", _interacting)
    yield Quote(article, "`batch_norm` is worth {+2.1} points (95 %: {+1.0} to {+3.3}) without "
                "`global_pooling`, and {+8.2} ({+6.7} to {+9.6}) with it",
                lambda: _either_way("batch_norm", "global_pooling"))  # fmt: skip
    yield Quote(article, "The article's residual step ({-1.53})", lambda: (CHANGES[2],))
    yield Quote(article, "the skips are worth {+1.9} points ({+1.2} to {+2.6}), and the later "
                "widening {-1.4} ({-2.1} to {-0.7})",
                lambda: (*_effect("residual"), *_effect("late_widening")))  # fmt: skip
    yield Quote(article, "they are worth {+1.1} ({+0.2} to {+2.1}) and {-2.4} ({-3.6} to {0.0})",
                lambda: (*_either_way("residual", "batch_norm")[3:],
                         *_either_way("late_widening", "batch_norm")[3:]))  # fmt: skip
    yield Quote(article, "has {32} runs of five techniques", lambda: (_fit(DEEPER).runs,))
    yield Quote(article, "the skips are worth {+2.0} points ({-4.1} to {+15.0}) at 10 convolutions "
                "and {+16.0} ({+2.4} to {+23.0}) at 22",
                lambda: _either_way("residual", "deeper", _fit(DEEPER)))  # fmt: skip
    yield Quote(article, "they came to {10.0} % or less", _lost)
    yield Quote(article, "Among the {16} runs with `batch_norm`, as in the article, the skips are "
                "worth {-0.1} ({-3.0} to {+2.9}) at 10 convolutions, and {+3.8} ({-0.2} to "
                "{+7.9}) at 22", _skips_with_batch_norm)  # fmt: skip
    yield Quote(article, "with a share of {0.80}, and give `batch_norm` {0.00}",
                lambda: _shares("PED-ANOVA", "dropout_rate", "batch_norm"))  # fmt: skip
    yield Quote(article, "fANOVA puts `batch_norm` first, with {0.70}",
                lambda: _shares("fANOVA", "batch_norm"))  # fmt: skip
    yield Quote(article, "the best of {80} came to {47.8} %", _best)
    yield Quote(article, "it comes to {46.25} % ({43.98} to {48.55}) of the {10,000} test images",
                lambda: (*_confirmed("recommended"), data(REFERENCE).test))  # fmt: skip
    yield Quote(article, "All eight techniques come to {41.25} % ({39.03} to {43.51}), and none to "
                "{41.67} % ({38.78} to {44.62})",
                lambda: (*_confirmed("all on"), *_confirmed("all off")))  # fmt: skip
    yield Quote(article, "an epoch takes {15} seconds", _epoch_seconds)
    yield Quote(article, "by {+3.4} seconds ({+1.2} to {+5.5})", _slower)

    yield Quote(digits, "in {90} % of studies, and are {2.72} points off",
                lambda: (*_top((16, KOUKA)), *_off((16, KOUKA))))  # fmt: skip
    yield Quote(digits, "64 runs do so in {100} %, {1.34} points off",
                lambda: (*_top((64, KOUKA)), *_off((64, KOUKA))))  # fmt: skip
    yield Quote(digits, "finds them in {63} % and {97} %, and is {5.54} and {4.35} points off",
                lambda: (*_top((16, LADDER), (64, LADDER)),
                         *_off((16, LADDER), (64, LADDER))))  # fmt: skip
    yield Quote(digits, "PED-ANOVA over TPE trials, finds them in {46} % and {46} %",
                lambda: _top((16, "PED-ANOVA, TPE"), (64, "PED-ANOVA, TPE")))  # fmt: skip
    yield Quote(digits, "over seeds is {5.9} points, and an effect's standard error {0.42}",
                lambda: (_truth().noise, _truth().error))  # fmt: skip
    yield Quote(digits, "With all off, runs came to {94} to {95} %", lambda: _range(NAMES, "0"))
    yield Quote(digits, "they came to {10} to {78} %",
                lambda: _range(("augmentation", "dropout", "mixup"), "1"))  # fmt: skip
    yield Quote(digits, "the ladder's error is {2.04} times that of kouka's design",
                lambda: (_off((16, LADDER))[0] / _off((16, KOUKA))[0],))  # fmt: skip
    yield Quote(digits, "the ladder would need about {4} times as many",
                lambda: ((_off((16, LADDER))[0] / _off((16, KOUKA))[0]) ** 2,))  # fmt: skip
    yield Quote(digits, "it is still {4.35} points off after 64", lambda: _off((64, LADDER)))
    yield Quote(
        digits,
        "in {84} % of studies after 16 runs and in {95} % after 32 ({97} % by kouka's design), and "
        "fANOVA over 64 random trials in {98} %",
        lambda: _top((16, ONE), (32, ONE), (32, KOUKA), (64, "fANOVA, random")),
    )
    yield Quote(digits, "one at a time stays {4.9} points off", lambda: _off((64, ONE)))
    yield Quote(
        digits,
        "in {99} % of cases, and rank all eight with a correlation of {0.90} ({0.87} by 16 whole "
        "runs). The sizes are another matter, {7} points off",
        lambda: (
            _cheaper("top three right, %", 3), _cheaper("rank correlation with the truth", 3),
            _cheaper("rank correlation with the truth", 12),
            _cheaper("error of the effects, points", 3),
        ),
    )  # fmt: skip
    yield Quote(digits, "augmentation comes to {-46} points after 3 epochs, and to {-28} after 12",
                lambda: _augmentation(3, 12))  # fmt: skip
    yield Quote(digits, "is known to ±{0.8} points", lambda: (2 * _truth().error,))
    yield Quote(digits, "{7} of its {8} intervals", _inside)
    yield Quote(digits, "dropout's: {-5.4} points here, and {-8.4} in the table",
                lambda: (_fit(EXAMPLE).of("dropout").effect,
                         float(_truth().effects[NAMES.index("dropout")])))  # fmt: skip

    yield Quote(machines, "{102} seconds with two workers and {183} with one",
                lambda: (_took(2), _took(1)))  # fmt: skip
    yield Quote(
        machines,
        "one process trained the article's network at {167} TFLOP/s, and three at {158} in sum; "
        "under MPS two came to {216}, three to {237} and four to {239}. A batch of 1,024 brings "
        "one process to {318}.",
        _on_a_gpu((128, 1, "without"), (128, 3, "without"), (128, 2, "with"), (128, 3, "with"),
                  (128, 4, "with"), (1024, 1, "without")),
    )  # fmt: skip
    yield Quote(machines, "{16} runs of {100} epochs on {45,000} images, by six workers under MPS, "
                "took {7.7} minutes", lambda: (_fit(FULL).runs, settings(FULL).epochs,
                                               data(FULL).train, *_minutes(FULL)))  # fmt: skip
    yield Quote(bench, "in {463} s from the beginning of the first to the end of the last. That is "
                "{145} TFLOP/s", lambda: (_seconds()[-1], *_rate()))  # fmt: skip
    yield Quote(bench, "eight runs take {232} s. Eight alone were not tried. Of the sixteen, six "
                "had ended after {240} s, and eight after {342} s",
                lambda: (_seconds()[-1] / 2, _seconds()[5], _seconds()[7]))  # fmt: skip

    yield Quote(bench, "cover {94} to {100} %, and no row has more than {1.6} % of studies",
                lambda: (*_covered("coverage"),
                         max(column("coverage", "wrong, %"))))  # fmt: skip
    yield Quote(
        bench,
        "16 runs of digits see ({90.9} %), and the largest interaction of digits with 250 images "
        "({92.0} %)",
        lambda: (
            *column("selection", "they cover, %", truth="digits", runs=16),
            *column("selection", "the largest, %", truth="digits, 250 images", runs=64),
        ),
    )
    yield Quote(
        bench,
        "but for {4.2} % where three techniques lose 4 points, {5.8} % where many weak threes act "
        "together, and all {5} of 400 studies of digits",
        lambda: (
            *column("selection", "false, %", truth="three lose 4 points"),
            *column("selection", "false, %", truth="weak triples"),
            *column("selection", "reversals", truth="digits", runs=64),
        ),
    )
    yield Quote(bench, "top threes that is lower by {0.4} to {1.7} %",
                lambda: (_lost_by_stopping()[0], _lost_by_stopping()[-1]))  # fmt: skip
    yield Quote(bench, "so {59} % of these studies go on to all runs. Over the three of `equal` "
                "and both digits tables, a study needs {41.4} runs in the mean",
                lambda: (*_stopping("end at 64, %", "digits"),
                         statistics.fmean(_stopping("runs, mean", "equal", "digits",
                                                    "digits, 250 images"))))  # fmt: skip
    yield Quote(bench, "others by {0.4} points with 1,000 images and by {0.8} to {1.6} with 250.",
                lambda: (statistics.fmean(_ahead(1000)), *_bounds_of(_ahead(250))))  # fmt: skip
    yield Quote(bench, "kouka's recipe is the best, and the next is {0.56} points behind",
                lambda: (-max(column("equal_time", "beside kouka, points")),))  # fmt: skip
    yield Quote(bench, "TPE and random search end {8} to {28} trials, and kouka {34} to {37}",
                lambda: (*_trials("TPE", "random"), *_trials("kouka")))  # fmt: skip
    yield Quote(bench, "{10} of the {10} plans ended within 10 % of their time",
                lambda: (sum(abs(late) <= 10 for late in column("plans", "deviation, %")),
                         len(rows_of("plans"))))  # fmt: skip
    yield Quote(bench, "it is more than needed: {98} to {100} %.", lambda: _bounds_of(_tight()))
    yield Quote(bench, "HC3 would cover {97} to {100} %",
                lambda: _bounds_of(column("coverage", "coverage by HC3, %")))  # fmt: skip
    yield Quote(bench, "finds the true three in at most {2} %",
                lambda: (max(column("ranking", "PED-ANOVA, TPE, %")),))  # fmt: skip
    yield Quote(
        bench,
        "took {102.5} s from its first run to its last with two workers, and {183.2} s with one, "
        "{1.8} times as long",
        lambda: (_took(2), _took(1), _took(1) / _took(2)),
    )

    yield Quote(
        techniques,
        "{-1.7} points short, {+6.0} long",
        lambda: (*_worth("augmentation")(), _fit(FULL).of("augmentation").effect),
    )
    yield Quote(techniques, "**Measured**: {-1.6} points short", _worth("mixup"))
    yield Quote(techniques, "{+5.2} points short, {+5.8} long",
                lambda: (*_worth("batch_norm")(), _fit(FULL).of("batch_norm").effect))  # fmt: skip
    yield Quote(techniques, "effects of {16} runs, each ±{2.7} points",
                lambda: (_fit(FULL).runs, _the_other_six()[2]))  # fmt: skip
    yield Quote(techniques, "{+1.9} points short", _worth("residual"))
    yield Quote(techniques, "{-1.4} points short", _worth("late_widening"))
    yield Quote(techniques, "{-1.3} points short, but {+1.8} where `batch_norm` is on",
                lambda: (*_worth("global_pooling")(),
                         _either_way("global_pooling", "batch_norm")[3]))  # fmt: skip
    yield Quote("docs/methods.md", "would make the effects' intervals {25} % narrower", _narrower)


QUOTES = tuple(_quotes())


def _highest_of_every_row() -> bool:
    """kouka's share of right answers is above all others', but for one row and method."""
    others = [name for name in rows_of("ranking")[0] if name not in ("techniques", "runs", KOUKAS)]
    ahead = column("ranking", KOUKAS)
    behind = {name: column("ranking", name) for name in others}
    pairs = [(name, *pair) for name in others for pair in zip(ahead, behind[name], strict=True)]
    return [name for name, kouka, other in pairs if other >= kouka] == ["fANOVA, random, %"] and (
        max(other - kouka for _, kouka, other in pairs) == 0
    )


def _stopping(name: str, *truths: str) -> list[float]:
    return [cell for truth in truths for cell in column("stopping", name, truth=truth)]


def _ahead(images: int) -> list[float]:
    """By how much kouka's recipe is above the best of the others', at each number of epochs."""
    found = []
    for epochs in sorted(set(column("choosing", "epochs"))):
        rows = [row for row in rows_of("choosing")
                if (row["training images"], row["epochs"]) == (images, epochs)]  # fmt: skip
        of = {row["who chooses"]: float(row["accuracy, %"] or 0) for row in rows}
        ours = of.pop("kouka")
        found.append(ours - max(of.values()))
    return found


def _trials(*sides: str) -> tuple[int, int]:
    """The fewest and the most trials that ended in the time, of sides that begin so."""
    counts = [int(row["trials"]) for row in equal_time() if row["who chooses"].startswith(sides)]
    return min(counts), max(counts)


def _nobody_else_gains_a_point() -> bool:
    of = {row["who chooses"]: float(row["test accuracy, %"] or 0) for row in rows_of("equal_time")}
    plain, ours = of.pop("nothing on"), of.pop("kouka")
    return ours > max(of.values()) and max(of.values()) - plain < 1


def _lost_by_stopping() -> list[float]:
    simulated = "equal", "unequal", "heavy tails", "ceiling"
    stopped = _stopping("top three right, %", *simulated)
    return sorted(
        whole - part
        for whole, part in zip(
            _stopping("with 64 runs always, %", *simulated), stopped, strict=True
        )
    )


def _no_more_wrong_by_stopping() -> bool:
    return all(
        row["wrong verdict, %"] <= row["wrong with 64 always, %"]  # type: ignore[operator]
        for row in rows_of("stopping")
    )


def _below_93() -> int:
    """Count the shares of chosen intervals that hold, in all rows, below 93 %."""
    shown = ("headline, %", "they cover, %", "the largest, %", "simple effects, %")
    return sum(share < 93 for name in shown for share in column("selection", name))


CLAIMS = (
    Claim("bench/README.md", "No other comes a point above the network with nothing on",
          _nobody_else_gains_a_point),
    Claim(
        "README.md",
        "Augmentation hurts here",
        lambda: "augmentation" in _verdicts(EXAMPLE, "hurts"),
    ),
    Claim("README.md", "two techniques clearly pay",
          lambda: _verdicts(FULL, "helps") == {"augmentation", "batch_norm"}),
    Claim("docs/article.md", "Two of the eight techniques help",
          lambda: _verdicts(FULL, "helps") == {"augmentation", "batch_norm"}),
    Claim("docs/techniques.md", "+1.9 points short, no clear effect long",
          lambda: len(_verdicts(FULL, "no clear effect")) == 6),
    Claim("docs/article.md", "`augmentation` adds 13 to 16 points to a network that has nothing",
          lambda: [round(CHANGES[0]), round(_step(ARTICLE, "augmentation").change)] == [13, 16]),
    Claim(
        "docs/article.md",
        "three of the seven have an interval that excludes zero: `augmentation` (-2.9), "
        "`batch_norm` (+4.0) and `mixup` (-2.5)",
        lambda: _clear_steps() == {"augmentation", "batch_norm", "mixup"},
    ),
    Claim("docs/article.md", "`augmentation` (+15.9) and `batch_norm` (+4.2) are the largest steps",
          lambda: _largest_steps() == {"augmentation", "batch_norm"}),
    Claim("docs/article.md", "Three of the seven steps have one sign on the validation images",
          lambda: set(_on_test_images()) == {"residual", "dropout", "amsgrad"}),
    Claim("docs/article.md", "The largest: `batch_norm` is worth +2.1 points (95 %: +1.0 to +3.3) "
          "without `global_pooling`", lambda: _largest_pair() == {"batch_norm", "global_pooling"}),
    Claim(
        "docs/article.md",
        "none of its seven steps differs from the order-free effect of what it adds",
        lambda: not any(row.disagree for row in findings(REFERENCE).comparisons),
    ),
    Claim("bench/README.md", "No row has more wrong verdicts than with 64 runs always",
          _no_more_wrong_by_stopping),
    Claim("bench/README.md", "hold in 93 % of cases or more, but for two",
          lambda: _below_93() == 2),
    Claim(
        "bench/README.md",
        "kouka's share is the highest of every row, once shared with fANOVA over random trials",
        _highest_of_every_row,
    ),
)  # fmt: skip
