"""What is quoted of `cifar10-10k`, the larger design of CIFAR-10, and of the techniques in it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

from bench.curves import reference
from bench.results import column, rows_of
from docs.shipped import FULL, REFERENCE, data, findings, settings
from docs.tables import CHANGES
from search import Confirmed, Run
from search.analysis.effects import CERTAIN
from search.analysis.headline import headline
from search.analysis.t_distribution import ALPHA, quantile
from search.reporting.findings import Verification
from tests.support.quoted.kinds import Claim, Numbers, Quote
from tests.support.quoted.numbers import (
    cost,
    differ,
    either_way,
    fit,
    largest_first,
    step,
    unclear,
    verdicts,
)

PAGE = "docs/article.md"
TECHNIQUES_PAGE = "docs/techniques.md"


def _effect(technique: str) -> tuple[float, float, float]:
    found = fit().of(technique)
    return found.effect, found.low, found.high


def _worth(*techniques: str) -> Numbers:
    return lambda: tuple(_effect(name)[0] for name in techniques)


def _clear() -> tuple[float, ...]:
    """The clear effects, which are these three and no other."""
    names = ("batch_norm", "dropout", "late_widening")
    assert {one.technique for one in fit().effects if one.verdict in CERTAIN} == {*names}
    return largest_first(REFERENCE, *names)


def _unclear() -> tuple[float, float, float]:
    return unclear(REFERENCE, 5)


def _augmentation() -> tuple[float, ...]:
    """On average, without and with dropout."""
    sides = either_way("augmentation", "dropout")
    return (*_effect("augmentation"), *sides[:3], *cost(sides[3:]))


def _after_eight_epochs() -> tuple[float, float, float]:
    found = reference("cifar-long", 8)
    augmentation, dropout = found.of("augmentation"), found.of("dropout")
    assert augmentation.verdict == "hurts"
    assert dropout.verdict == "no clear effect"
    assert abs(dropout.effect) < 0.1
    return cost((augmentation.effect, augmentation.low, augmentation.high))


def _beside_the_plan() -> tuple[float]:
    """The largest difference of the plan's effects to those of the runs after it."""
    rows = [row for row in rows_of("agreement") if row["study"] == "plan60"]
    assert len(rows) == 8
    assert all(float(row["p, corrected"] or 0) > ALPHA for row in rows)
    assert {row["reference runs"] for row in rows} == {48}
    plans, references = (
        column("agreement", name, study="plan60")
        for name in ("effect, points", "reference, points")
    )
    pairs = list(zip(plans, references, strict=True))
    other = {row["technique"] for row, pair in zip(rows, pairs, strict=True) if differ(*pair)}
    assert other == {"mixup"}
    return (max(abs(plan - true) for plan, true in pairs),)


def _clear_steps() -> set[str]:
    """The steps of the ladder whose interval excludes zero, by the first that they add."""
    steps = findings(REFERENCE).ladder[1:]
    return {step.added[0] for step in steps if not step.low <= 0 <= step.high}


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


def _disagreeing() -> set[str]:
    """The steps that differ from the effect of what they add by more than the noise."""
    rows = findings(REFERENCE).comparisons
    return {row.step.added[0] for row in rows if row.disagree}


def _shares(evaluator: str, *parameters: str) -> tuple[float, ...]:
    """Importances; the first of the parameters has the largest."""
    rows = [row for row in findings(REFERENCE).importances if row.evaluator == evaluator]
    shares = {row.parameter: row.importance for row in rows}
    assert max(shares, key=lambda name: shares[name]) == parameters[0]
    return tuple(shares[name] for name in parameters)


def _confirmed(label: str) -> Confirmed:
    return next(row for row in findings(REFERENCE).confirmed if row.label == label)


def _tested(label: str) -> tuple[float, float, float]:
    test = _confirmed(label).test
    return test.value, test.low, test.high


def _gain() -> tuple[float, float, float]:
    """What the recommended recipe gains over all off on the test images."""
    gain = _confirmed("recommended").gain
    assert gain is not None
    return gain.value, gain.low, gain.high


def _recommended() -> tuple[float, float, int]:
    """The length of the recommended recipe's runs, its learning rate, and its fresh seeds."""
    row = _confirmed("recommended")
    on = {name for name, value in row.params.items() if value is True}
    assert on == {"augmentation", "batch_norm", "global_pooling", "amsgrad"}
    return settings(REFERENCE).verify_epochs or 0, row.params["learning_rate"], row.seeds


def _long() -> Verification:
    """The long runs: after them, the two effects that are clear had clearly changed."""
    long = findings(REFERENCE).verification
    assert long is not None
    assert {one.technique for one in long.changes if one.kind} == {"batch_norm", "augmentation"}
    clear = {one.technique for one in long.effects.effects if one.verdict in CERTAIN}
    assert clear == {"batch_norm", "augmentation"}
    return long


def _helps_long() -> tuple[float, ...]:
    """What is clear after the long runs, and the half-width of the others."""
    fitted = _long().effects
    assert fitted is not None
    largest = headline(fitted)
    assert largest.technique == "batch_norm"
    (half,) = {round((one.high - one.low) / 2, 6) for one in fitted.effects}
    ends = largest.effect, largest.low, largest.high
    return *ends, *_long_effect("augmentation"), half


def _three_seeds_each() -> bool:
    """The long runs of `confirm` are five recipes, with three seeds each."""
    return [row.seeds for row in findings(REFERENCE).confirmed] == [3] * 5


def _both_lengths_know_the_interaction() -> bool:
    """One interaction of the long runs is clear, a sum with that of the short ones in it."""
    clear = [one for one in _long().interactions if one.certain]
    return len(clear) == 1 and ("augmentation", "dropout") in clear[0].pairs


def _long_effect(technique: str) -> tuple[float, float, float]:
    fitted = _long().effects
    assert fitted is not None
    found = fitted.of(technique)
    return found.effect, found.low, found.high


def _at_the_same_length() -> tuple[float, float]:
    """The long run of what short ones had recommended, and the least of what long ones did."""
    results = findings(REFERENCE).results
    old = _short_recipe()[0]
    (one,) = (run for run in results.of("verify") if run.params == old.params)
    new = _confirmed("recommended").params
    return one.scaled, min(run.scaled for run in results.of("confirm") if run.params == new)


def _short_recipe() -> list[Run]:
    """The fresh runs of what was recommended before there were long ones, all of 31 epochs."""
    runs = [run for run in findings(REFERENCE).results.runs
            if run.phase == "confirm" and run.epochs == settings(REFERENCE).epochs]  # fmt: skip
    of = {"batch_norm", "residual", "global_pooling", "dropout", "mixup", "amsgrad"}
    three = [run for run in runs if run.on == of and 0.25 < run.params["dropout_rate"] < 0.26]
    assert len({run.seed for run in three}) == 3
    return three


def _short_recipe_tested() -> float:
    return 100 * statistics.fmean(run.test_accuracy or math.nan for run in _short_recipe())


def _best() -> tuple[float, float]:
    """How many runs the best is the best of, and its validation accuracy."""
    found = findings(REFERENCE).results
    assert found.best is not None
    return len(found.of("measure", "search")), found.best.scaled


def _epoch_seconds() -> tuple[float]:
    runs = findings(REFERENCE).results.of("measure")
    return (statistics.median(run.seconds_per_epoch or math.nan for run in runs),)


def _seconds(technique: str) -> tuple[float, float, float]:
    """What a technique adds to the seconds of an epoch; only two techniques clearly do."""
    clear = {row.technique: row.seconds for row in findings(REFERENCE).costs
             if not row.seconds.low <= 0 <= row.seconds.high}  # fmt: skip
    assert set(clear) == {"batch_norm", "late_widening"}
    return clear[technique].value, clear[technique].low, clear[technique].high


def _quotes() -> Iterator[Quote]:
    yield Quote(
        PAGE,
        "`batch_norm` helps, by {+4.4} points (95 %: {+3.1} to {+5.7}, widened because it was "
        "picked as the largest), `dropout` helps, by {+2.7} ({+1.5} to {+3.9}), and "
        "`late_widening` hurts, by {-2.9} ({-4.1} to {-1.8})",
        _clear,
    )
    yield Quote(PAGE, "The other five are between {-0.5} and {+1.3}, each ±{1.2}", _unclear)
    yield Quote(
        PAGE,
        "is one of these, at {+0.6} ({-0.6} to {+1.8}), but that average hides two opposite "
        "effects: it brings {+4.9} points ({+1.9} to {+7.8}) without `dropout` and costs {3.6} "
        "({0.5} to {6.6}) with it.",
        _augmentation,
    )
    yield Quote(
        PAGE,
        "it hurts, by {4.2} points ({3.3} to {5.1}), and that `dropout` does nothing. After 100 "
        "epochs of all images and channels it brings {6.0}",
        lambda: (*_after_eight_epochs(), fit(FULL).of("augmentation").effect),
    )
    yield Quote(
        "docs/methods.md",
        "64 runs on {10,000} images say that augmentation costs {4.2} points ({3.3} to {5.1}), and "
        "at their end no longer that it costs any, at {+0.6} ({-0.6} to {+1.8}); after {100} "
        "epochs of {45,000} it is worth {6.0} ({2.8} to {9.2})",
        lambda: (
            data(REFERENCE).train, *_after_eight_epochs(), *_effect("augmentation"),
            settings(FULL).epochs, data(FULL).train, *largest_first(FULL, "augmentation"),
        ),
    )  # fmt: skip
    yield Quote(
        PAGE,
        "the two differ by {1.4} points at most, and in the sign of `mixup` alone",
        _beside_the_plan,
    )
    yield Quote(
        PAGE,
        "over seeds is {0.8} points here, estimated with 16 degrees of freedom, so the difference "
        "of two single runs is uncertain by ±{2.4} points",
        _seed_noise,
    )
    yield Quote(PAGE, "two of its seven changes are more than that: {+13.21} and {+5.15}",
                lambda: tuple(c for c in CHANGES if abs(c) > _seed_noise()[1]))  # fmt: skip
    yield Quote(
        PAGE,
        "adds {8.7} points there; averaged over the others it is worth {+0.6}. `dropout` comes "
        "after it, and costs {2.4} points; averaged it brings {+2.7}",
        lambda: (
            step(REFERENCE, "augmentation"),
            *_worth("augmentation")(),
            -step(REFERENCE, "dropout"),
            *_worth("dropout")(),
        ),
    )
    yield Quote(
        PAGE,
        "`dropout` brings {+6.9} points (95 %: {+3.9} to {+9.9}) without `augmentation`, and "
        "{-1.5} ({-4.5} to {+1.5}) with it",
        lambda: either_way("dropout", "augmentation"),
    )  # fmt: skip
    yield Quote(
        PAGE,
        "the later widening costs {2.9} points ({1.8} to {4.1}), and the skips have no clear "
        "effect, at {+1.3} ({+0.1} to {+2.4}:",
        lambda: (*cost(_effect("late_widening")), *_effect("residual")),
    )
    yield Quote(PAGE, "they are worth {-3.1} ({-4.8} to {-1.3}) and {+1.4} ({-0.4} to {+3.2})",
                lambda: (*either_way("late_widening", "batch_norm")[3:],
                         *either_way("residual", "batch_norm")[3:]))  # fmt: skip
    yield Quote(PAGE, "with a share of {0.75}, then `mixup_alpha` and `dropout_rate`, and give "
                "`batch_norm` {0.01}",
                lambda: _shares("PED-ANOVA", "learning_rate", "batch_norm"))  # fmt: skip
    yield Quote(PAGE, "put `batch_norm` first, with {0.7} and {0.4}, and `late_widening` next",
                lambda: (*_shares("fANOVA", "batch_norm"),
                         *_shares("MDI", "batch_norm")))  # fmt: skip
    yield Quote(PAGE, "`batch_norm`, by {+8.0} points (95 %: {+5.5} to {+10.4}, widened because "
                "it was picked as the largest), and `augmentation`, by {+5.1} ({+3.0} to {+7.2}). "
                "The other six cannot be told from a change of seed, each ±{2.1}.",
                _helps_long)  # fmt: skip
    yield Quote(PAGE, "the old recipe came to {68.3} % of the validation images in its one run, "
                "the new one to {70.7} % or more", _at_the_same_length)  # fmt: skip
    yield Quote(PAGE, "On the test images, {66.2} % after {31} epochs became [{69.2} %]",
                lambda: (_short_recipe_tested(), settings(REFERENCE).epochs,
                         _tested("recommended")[0]))  # fmt: skip
    yield Quote(
        PAGE,
        "the best of the {84} complete runs of `measure` and `search`, of 31 epochs, came "
        "to {67.9} %",
        _best,
    )
    yield Quote(PAGE, "After {62} epochs, the recommended recipe is `augmentation`, `batch_norm`, "
                "`global_pooling` and `amsgrad`, at a learning rate of {0.002}, to which the "
                "search turned it from 0.001. Trained for so long with {3} new seeds",
                _recommended)  # fmt: skip
    yield Quote(PAGE, "it comes to {69.18} % ({64.78} to {73.26}) of the {10,000} test images",
                lambda: (*_tested("recommended"), data(REFERENCE).test))  # fmt: skip
    yield Quote(PAGE, "{+22.4} points ({+18.3} to {+26.5}) over the plain network", _gain)
    yield Quote(PAGE, "With all eight on it is {62.03} % ({59.98} to {64.03}), and for the plain "
                "network {46.78} % ({44.60} to {48.97})",
                lambda: (*_tested("all on"), *_tested("all off")))  # fmt: skip
    yield Quote(PAGE, "an epoch takes {10} seconds", _epoch_seconds)
    yield Quote(PAGE, "by {+1.8} seconds ({+1.1} to {+2.4})", lambda: _seconds("batch_norm"))
    yield Quote(PAGE, "shorter, by {3.1} ({2.5} to {3.8})",
                lambda: cost(_seconds("late_widening")))  # fmt: skip
    yield Quote(TECHNIQUES_PAGE, "effects of {64} runs, each ±{1.2} points",
                lambda: (fit().runs, _unclear()[2]))  # fmt: skip
    yield Quote(
        TECHNIQUES_PAGE,
        "on two cores, {+4.9} points ({+1.9} to {+7.8}) without `dropout` and {-3.6} ({-6.6} to "
        "{-0.5}) with it; after {62} epochs there {+5.1} on average ({+3.0} to {+7.2}); {+6.0} in "
        "full",
        lambda: (*either_way("augmentation", "dropout"), _recommended()[0],
                 *_long_effect("augmentation"), fit(FULL).of("augmentation").effect),
    )  # fmt: skip
    yield Quote(TECHNIQUES_PAGE, "{+4.4} points on two cores, {+5.8} in full",
                lambda: (*_worth("batch_norm")(), fit(FULL).of("batch_norm").effect))  # fmt: skip
    yield Quote(TECHNIQUES_PAGE, "{-2.9} points on two cores, no", _worth("late_widening"))
    yield Quote(TECHNIQUES_PAGE, "{+2.7} points on two cores, no", _worth("dropout"))


QUOTES = tuple(_quotes())
CLAIMS = (
    Claim(
        TECHNIQUES_PAGE,
        "-2.9 points on two cores, no clear effect in full",
        lambda: verdicts(FULL, "helps") == {"augmentation", "batch_norm"},
    ),
    Claim(
        TECHNIQUES_PAGE,
        "no clear effect at either budget",
        lambda: (
            {"mixup", "residual", "global_pooling", "amsgrad"}
            <= verdicts(REFERENCE, "no clear effect") & verdicts(FULL, "no clear effect")
        ),
    ),
    Claim(
        PAGE,
        "six of the seven have an interval that excludes zero, all but `amsgrad`",
        lambda: (
            _clear_steps()
            == {"augmentation", "batch_norm", "residual", "global_pooling", "dropout", "mixup"}
        ),
    ),
    Claim(
        PAGE,
        "Two of the seven steps above differ from the effect of what they add by more than the "
        "noise of seeds. `augmentation` comes first",
        lambda: _disagreeing() == {"augmentation", "dropout"},
    ),
    Claim(
        PAGE,
        "the plain network and all on at that length, with three seeds each",
        _three_seeds_each,
    ),
    Claim(
        PAGE,
        "the sum with `augmentation` × `dropout` is clear here too",
        _both_lengths_know_the_interaction,
    ),
    Claim(
        PAGE,
        "These two are the one pair of the 28 that clearly interacts",
        lambda: (
            len(findings(REFERENCE).interactions) == 28
            and [one.pairs for one in findings(REFERENCE).interactions if one.certain]
            == [(("augmentation", "dropout"),)]
        ),
    ),
)
