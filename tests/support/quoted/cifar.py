"""What is quoted of the studies of CIFAR-10: the article's question, and the techniques."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from itertools import pairwise

from bench.curves import reference
from bench.results import rows_of
from docs.shipped import ARTICLE, DEEPER, EVENING, FULL, REFERENCE, data, findings, settings
from docs.tables import ACCURACIES, CHANGES
from search import Confirmed, Effects, Run, SimpleEffect, Step, simple_effect
from search.analysis.effects import CERTAIN, effects
from search.analysis.headline import headline
from search.analysis.t_distribution import CONFIDENCE, quantile
from tests.support.quoted.kinds import Claim, Numbers, Quote
from tests.support.quoted.numbers import bounds_of, fit, minutes, verdicts

FRONT = "README.md"
PAGE = "docs/article.md"
TECHNIQUES_PAGE = "docs/techniques.md"


def _effect(technique: str) -> tuple[float, float, float]:
    found = fit().of(technique)
    return found.effect, found.low, found.high


def _of_an_evening(technique: str) -> tuple[float, float, float]:
    found = fit(EVENING).of(technique)
    return found.effect, found.low, found.high


def _clear_after_an_evening() -> tuple[float, ...]:
    """The clear effects; the interval of the largest allows for its choice."""
    found = fit(EVENING)
    clear = [one for one in found.effects if one.verdict in CERTAIN]
    names = ["batch_norm", "dropout", "late_widening"]
    assert sorted(one.technique for one in clear) == names
    assert headline(found).technique == "batch_norm"
    rows = (headline(found), *map(found.of, names[1:]))
    return tuple(number for one in rows for number in (one.effect, one.low, one.high))


def _unclear_after_an_evening() -> tuple[float, ...]:
    rest = [one for one in fit(EVENING).effects if one.verdict not in CERTAIN]
    assert len(rest) == 5
    halves = [(one.high - one.low) / 2 for one in rest]
    return (*bounds_of([one.effect for one in rest]), statistics.fmean(halves))


def _augmentation_of_an_evening() -> tuple[float, ...]:
    """On average, without and with dropout, and how its effect grew."""
    effect, low, high = _of_an_evening("augmentation")
    sides = _either_way("augmentation", "dropout", fit(EVENING))
    assert sides[3] < 0
    early = findings(EVENING).fast_start
    assert early is not None
    (moved,) = (one for one in early.moving if one.change.technique == "augmentation")
    change = moved.change
    return (effect, low, high, *sides[:3], -sides[3], -sides[5], -sides[4],
            change.effect, change.low, change.high)  # fmt: skip


def _after_eight_epochs() -> tuple[float, ...]:
    found = reference("cifar-long", 8)
    augmentation, dropout = found.of("augmentation"), found.of("dropout")
    assert augmentation.verdict == "hurts"
    assert dropout.verdict == "no clear effect"
    assert abs(dropout.effect) < 0.1
    return -augmentation.effect, -augmentation.high, -augmentation.low


def _beside_the_plan() -> tuple[float]:
    """The largest difference of the plan's effects to those of the runs after it."""
    rows = [row for row in rows_of("agreement") if row["study"] == "plan60"]
    assert len(rows) == 8
    assert all(float(row["p, corrected"] or 0) > 1 - CONFIDENCE for row in rows)
    assert {row["reference runs"] for row in rows} == {48}
    pairs = [(float(row["effect, points"] or 0), float(row["reference, points"] or 0))
             for row in rows]  # fmt: skip
    assert sum(plan * true > 0 for plan, true in pairs) == 6
    return (max(abs(plan - true) for plan, true in pairs),)


def _of_100_epochs(*techniques: str) -> tuple[float, ...]:
    """Effects at the article's budget, with intervals; that of the first allows for its choice."""
    largest = headline(fit(FULL))
    assert largest.technique == techniques[0]
    rows = (largest, *map(fit(FULL).of, techniques[1:]))
    return tuple(number for one in rows for number in (one.effect, one.low, one.high))


def _the_other_six() -> tuple[float, ...]:
    """The least and the largest of the effects that are not clear, and their half-width."""
    rest = [one for one in fit(FULL).effects if one.verdict == "no clear effect"]
    assert len(rest) == 6
    assert max(one.high - one.low for one in rest) - min(one.high - one.low for one in rest) < 1e-9
    return (*bounds_of([one.effect for one in rest]), (rest[0].high - rest[0].low) / 2)


def _levels() -> tuple[float, float]:
    return bounds_of([run.scaled for run in findings(FULL).results.of("measure")])


def _after(technique: str, epoch: int) -> tuple[float, float, float]:
    (row,) = (row for row in findings(FULL).by_epoch if row.technique == technique)
    at = row.epochs.index(epoch)
    return row.effect[at], row.low[at], row.high[at]


def _cost(found: tuple[float, float, float]) -> tuple[float, float, float]:
    """An effect with its interval, as what it costs."""
    effect, low, high = found
    return -effect, -high, -low


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


def _bounds(found: SimpleEffect) -> tuple[float, float, float]:
    return found.effect, found.low, found.high


def _either_way(technique: str, other: str, fitted: Effects | None = None) -> tuple[float, ...]:
    sides = (simple_effect(fitted or fit(), technique, other, on=on) for on in (False, True))
    return tuple(number for side in sides for number in _bounds(side))


def _step(name: str, technique: str) -> Step:
    return next(step for step in findings(name).ladder if technique in step.added)


def _changes(name: str, *techniques: str) -> Numbers:
    return lambda: tuple(_step(name, one).change for one in techniques)


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


def _skips_with_batch_norm() -> tuple[float, ...]:
    runs = [run for run in findings(DEEPER).results.of("measure") if "batch_norm" in run.on]
    others = [name for name in findings(DEEPER).results.factors if name != "batch_norm"]
    return (len(runs), *_either_way("residual", "deeper", effects(runs, others)))


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
                lambda: _of_100_epochs("augmentation", "batch_norm"))  # fmt: skip
    yield Quote(FRONT, "at {-0.8} to {+1.5}, each ±{2.7}, cannot be told", _the_other_six)
    yield Quote(FRONT, "costs {8.5} points after two epochs ({4.3} to {12.6}), and its effect "
                "turns positive only at epoch {19} ({12} to {31})",
                lambda: (*(abs(_after("augmentation", 2)[at]) for at in (0, 2, 1)),
                         *_turn()))  # fmt: skip
    yield Quote(PAGE, "has {16} runs of such a design at the budget of the article: "
                "{100} epochs of {45,000} images", lambda: (fit(FULL).runs, settings(FULL).epochs,
                                               data(FULL).train))  # fmt: skip
    yield Quote(PAGE, "It took {8} minutes on one NVIDIA H200", lambda: minutes(FULL))
    yield Quote(PAGE, "`augmentation` {+6.0} points (95 %: {+2.8} to {+9.2}, widened "
                "because it was picked as the largest of eight) and `batch_norm` {+5.8} ({+3.1} "
                "to {+8.5})",
                lambda: _of_100_epochs("augmentation", "batch_norm"))  # fmt: skip
    yield Quote(PAGE, "are between {-0.8} and {+1.5} points, each ±{2.7}", _the_other_six)
    yield Quote(PAGE, "The {16} networks reach {69} to {86} %",
                lambda: (fit(FULL).runs, *_levels()))  # fmt: skip
    yield Quote(PAGE, "On the {10,000} test images the difference is {+6.0} points for "
                "`augmentation`, and {+5.4} for `batch_norm`",
                lambda: (data(FULL).test,
                         *_on_the_test_images("augmentation", "batch_norm")))  # fmt: skip
    yield Quote(
        PAGE,
        "costs {8.5} points after two epochs ({4.3} to {12.6})",
        lambda: _cost(_after("augmentation", 2)),
    )
    yield Quote(PAGE, "turns positive at epoch {19} (95 %: {12} to {31}); from epoch {37} "
                "on the interval of every epoch excludes zero, and it "
                "still grows between epochs 50 and 100, by {1.7} points ({+1.4} to "
                "{+2.1})", lambda: (*_turn(), *_cleared(), *_late_growth()))  # fmt: skip
    yield Quote(PAGE, "`mixup` costs {5.0} points after one epoch ({1.2} to {8.9})",
                lambda: _cost(_after("mixup", 1)))  # fmt: skip
    yield Quote(
        PAGE,
        "`batch_norm` is worth {+10.3} points after one epoch ({+6.4} to {+14.1}), and {+5.8} "
        "after",
        lambda: (*_after("batch_norm", 1), _after("batch_norm", 100)[0]),
    )
    yield Quote(PAGE, "must be {5.4} points or more for four of five such studies",
                lambda: (fit(FULL).minimum_detectable_effect,))  # fmt: skip
    yield Quote(PAGE, "took {13} minutes on an H200", lambda: minutes(ARTICLE))
    yield Quote(PAGE, "{4,000} images, 10 epochs", lambda: (data(REFERENCE).train,))
    yield Quote(PAGE, "and {+6.0} on average over networks that may have",
                lambda: _of_100_epochs("augmentation")[:1])  # fmt: skip
    yield Quote(PAGE, "reach {66.1} and {84.8} % in single precision, and {68.9} and {83.9} % in",
                _in_both_precisions)  # fmt: skip
    yield Quote(
        PAGE,
        "agrees: {-1.7} ({-2.4} to {-0.9}), {+5.2} ({+4.4} to {+5.9}) and {-1.6} ({-2.3} to "
        "{-0.9})",
        lambda: (*_effect("augmentation"), *_effect("batch_norm"), *_effect("mixup")),
    )
    yield Quote(PAGE, "and {5,000} of the 50,000 training images",
                lambda: (data(ARTICLE).validation,))  # fmt: skip
    yield Quote(
        PAGE,
        "comes to {65.6} % here and to {72.9} % in the article, the last step to {85.0} % and "
        "{91.0} %",
        lambda: (
            findings(ARTICLE).ladder[0].scaled.mean, ACCURACIES[0],
            findings(ARTICLE).ladder[-1].scaled.mean, ACCURACIES[-1],
        ),
    )  # fmt: skip
    yield Quote(
        PAGE,
        "`batch_norm` helps, by {+4.4} points (95 %: {+3.1} to {+5.7}, widened because it was "
        "picked as the largest), `dropout` helps, by {+2.7} ({+1.5} to {+3.9}), and "
        "`late_widening` hurts, by {-2.9} ({-4.1} to {-1.8})",
        _clear_after_an_evening,
    )
    yield Quote(PAGE, "The other five are between {-0.5} and {+1.3}, each ±{1.2}",
                _unclear_after_an_evening)  # fmt: skip
    yield Quote(
        PAGE,
        "is one of these, at {+0.6} ({-0.6} to {+1.8}), but it is not worth nothing: it brings "
        "{+4.9} points ({+1.9} to {+7.8}) without `dropout` and costs {3.6} ({0.5} to {6.6}) with "
        "it. A likely reason: both keep a network from learning its images by heart, and one as "
        "small as this has no room for both. Its effect still grew by {3.7} points ({+3.0} to "
        "{+4.3})",
        _augmentation_of_an_evening,
    )
    yield Quote(
        PAGE,
        "In the short runs it costs {1.7} points, and after 100 epochs it brings {6.0}",
        lambda: (-_effect("augmentation")[0], fit(FULL).of("augmentation").effect),
    )
    yield Quote(PAGE, "it hurts, by {4.2} points ({3.3} to {5.1}), and that `dropout` does nothing",
                _after_eight_epochs)  # fmt: skip
    yield Quote(
        "docs/methods.md",
        "costs {1.7} points ({0.9} to {2.4}) after {10} epochs of {4,000} images, and is worth "
        "{6.0} ({2.8} to {9.2}) after {100} of {45,000}",
        lambda: (
            *_cost(_effect("augmentation")), settings(REFERENCE).epochs, data(REFERENCE).train,
            *_of_100_epochs("augmentation"), settings(FULL).epochs, data(FULL).train,
        ),
    )  # fmt: skip
    yield Quote(PAGE, "differ by {1.4} points at most", _beside_the_plan)
    yield Quote(PAGE, "`augmentation` ({-2.9}), `batch_norm` ({+4.0}) and `mixup` ({-2.5})",
                _changes(REFERENCE, "augmentation", "batch_norm", "mixup"))  # fmt: skip
    yield Quote(
        PAGE,
        "over seeds is {1.3} points here, estimated with 16 degrees of freedom, so the difference "
        "of two single runs is uncertain by ±{3.8} points",
        _seed_noise,
    )
    yield Quote(PAGE, "two of its seven changes are more than that: {+13.21} and {+5.15}",
                lambda: tuple(c for c in CHANGES if abs(c) > _seed_noise()[1]))  # fmt: skip
    yield Quote(PAGE, "`augmentation` ({+15.9}) and `batch_norm` ({+4.2}) are the largest",
                _changes(ARTICLE, "augmentation", "batch_norm"))  # fmt: skip
    yield Quote(PAGE, "The other five change accuracy by {-1.1} to {+0.8} points", _other_steps)
    yield Quote(PAGE, "the last 10 epochs of a run differ by {0.6} points", _wavering)
    yield Quote(PAGE, "`residual` + `late_widening` ({-0.54} and {+0.19})", _turned("residual"))
    yield Quote(PAGE, "`dropout` ({-0.40} and {+0.42})", _turned("dropout"))
    yield Quote(PAGE, "`amsgrad` ({+0.78} and {-0.04})", _turned("amsgrad"))
    yield Quote(PAGE, "{8} of the {28} pairs of techniques interact", _interacting)
    yield Quote(PAGE, "`batch_norm` is worth {+2.1} points (95 %: {+1.0} to {+3.3}) without "
                "`global_pooling`, and {+8.2} ({+6.7} to {+9.6}) with it",
                lambda: _either_way("batch_norm", "global_pooling"))  # fmt: skip
    yield Quote(PAGE, "The article's residual step ({-1.53})", lambda: (CHANGES[2],))
    yield Quote(PAGE, "the skips are worth {+1.9} points ({+1.2} to {+2.6}), and the later "
                "widening {-1.4} ({-2.1} to {-0.7})",
                lambda: (*_effect("residual"), *_effect("late_widening")))  # fmt: skip
    yield Quote(PAGE, "they are worth {+1.1} ({+0.2} to {+2.1}) and {-2.4} ({-3.6} to {0.0})",
                lambda: (*_either_way("residual", "batch_norm")[3:],
                         *_either_way("late_widening", "batch_norm")[3:]))  # fmt: skip
    yield Quote(PAGE, "has {32} runs of five techniques", lambda: (fit(DEEPER).runs,))
    yield Quote(PAGE, "the skips are worth {+2.0} points ({-4.1} to {+15.0}) at 10 convolutions "
                "and {+16.0} ({+2.4} to {+23.0}) at 22",
                lambda: _either_way("residual", "deeper", fit(DEEPER)))  # fmt: skip
    yield Quote(PAGE, "they came to {10.0} % or less", _lost)
    yield Quote(PAGE, "Among the {16} runs with `batch_norm`, as in the article, the skips are "
                "worth {-0.1} ({-3.0} to {+2.9}) at 10 convolutions, and {+3.8} ({-0.2} to "
                "{+7.9}) at 22", _skips_with_batch_norm)  # fmt: skip
    yield Quote(PAGE, "with a share of {0.80}, and give `batch_norm` {0.00}",
                lambda: _shares("PED-ANOVA", "dropout_rate", "batch_norm"))  # fmt: skip
    yield Quote(PAGE, "fANOVA puts `batch_norm` first, with {0.70}",
                lambda: _shares("fANOVA", "batch_norm"))  # fmt: skip
    yield Quote(
        PAGE, "the best of the {80} complete runs of `measure` and `search` came to {47.8} %", _best
    )
    yield Quote(PAGE, "it comes to {46.25} % ({43.98} to {48.55}) of the {10,000} test images",
                lambda: (*_confirmed("recommended"), data(REFERENCE).test))  # fmt: skip
    yield Quote(PAGE, "With all eight on it is {41.25} % ({39.03} to {43.51}), and with none "
                "{41.67} % ({38.78} to {44.62})",
                lambda: (*_confirmed("all on"), *_confirmed("all off")))  # fmt: skip
    yield Quote(PAGE, "an epoch takes {15} seconds", _epoch_seconds)
    yield Quote(PAGE, "by {+3.4} seconds ({+1.2} to {+5.5})", _slower)
    yield Quote(
        TECHNIQUES_PAGE,
        "{-1.7} points short, {+6.0} long",
        lambda: (*_worth("augmentation")(), fit(FULL).of("augmentation").effect),
    )
    yield Quote(TECHNIQUES_PAGE, "**Measured**: {-1.6} points short", _worth("mixup"))
    yield Quote(TECHNIQUES_PAGE, "{+5.2} points short, {+5.8} long",
                lambda: (*_worth("batch_norm")(), fit(FULL).of("batch_norm").effect))  # fmt: skip
    yield Quote(TECHNIQUES_PAGE, "effects of {16} runs, each ±{2.7} points",
                lambda: (fit(FULL).runs, _the_other_six()[2]))  # fmt: skip
    yield Quote(TECHNIQUES_PAGE, "{+1.9} points short", _worth("residual"))
    yield Quote(TECHNIQUES_PAGE, "{-1.4} points short", _worth("late_widening"))
    yield Quote(TECHNIQUES_PAGE, "{-1.3} points short, but {+1.8} where `batch_norm` is on",
                lambda: (*_worth("global_pooling")(),
                         _either_way("global_pooling", "batch_norm")[3]))  # fmt: skip


QUOTES = tuple(_quotes())
CLAIMS = (
    Claim(
        "README.md",
        "confirm these two",
        lambda: verdicts(FULL, "helps") == {"augmentation", "batch_norm"},
    ),
    Claim(
        "docs/article.md",
        "Two of the eight techniques help",
        lambda: verdicts(FULL, "helps") == {"augmentation", "batch_norm"},
    ),
    Claim(
        "docs/techniques.md",
        "+1.9 points short, no clear effect long",
        lambda: len(verdicts(FULL, "no clear effect")) == 6,
    ),
    Claim(
        "docs/article.md",
        "`augmentation` adds 13 to 16 points to a network that has nothing",
        lambda: [round(CHANGES[0]), round(_step(ARTICLE, "augmentation").change)] == [13, 16],
    ),
    Claim(
        "docs/article.md",
        "three of the seven have an interval that excludes zero: `augmentation` (-2.9), "
        "`batch_norm` (+4.0) and `mixup` (-2.5)",
        lambda: _clear_steps() == {"augmentation", "batch_norm", "mixup"},
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
    Claim(
        "docs/article.md",
        "The largest: `batch_norm` is worth +2.1 points (95 %: +1.0 to +3.3) "
        "without `global_pooling`",
        lambda: _largest_pair() == {"batch_norm", "global_pooling"},
    ),
    Claim(
        "docs/article.md",
        "none of its seven steps differs from the order-free effect of what it adds",
        lambda: not any(row.disagree for row in findings(REFERENCE).comparisons),
    ),
)
