"""Effects of techniques at each learning rate, and at the best."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress, product

import numpy as np
import optuna
import pytest

from search import analyse
from search.analysis.by_level import EffectByLevel, by_level, runs_for_levels
from search.analysis.looks import ALONE, Look
from search.parameters import Category, level_name
from search.planning.mixed_design import mixed_design, places
from search.reporting.sentences.levels import dependent
from search.results import Run
from tests.support.foreign import foreign
from tests.support.simulate import run

RATES = Category("learning_rate", (0.001, 0.0003, 0.003), number=True)
NAMES = ("batch_norm", "mixup")
Means = Mapping[tuple[str, int], tuple[float, float, float]]
"""Percent by technique and side, 1 or −1, at each of the rates; a run's is the mean over its
techniques."""


def measured(
    means: Means,
    runs: int = 24,
    noise: float = 0.0,
    seed: int = 0,
    shape: Sequence[float] = (1,) * 3,
) -> list[Run]:
    random = np.random.default_rng(seed)
    made = []
    recipes = list(product((False, True), (False, True), range(3)))
    for first, second, at in recipes * (runs // len(recipes)):
        sides = zip(NAMES, (first, second), strict=True)
        percent = sum(means[name, 1 if on else -1][at] for name, on in sides) / len(NAMES)
        on = {*compress(NAMES, (first, second))}
        on |= {level_name(RATES.name, RATES.levels[at])} if at else set()
        value = (percent + noise * shape[at] * random.standard_normal()) / 100
        made.append(run(on, value, params={RATES.name: RATES.levels[at]}))
    return made


def found(runs: list[Run], *, maximize: bool = True, look: Look = ALONE) -> list[EffectByLevel]:
    return by_level(runs, NAMES, RATES, (RATES,), maximize, look)


TURNED: Means = {
    ("batch_norm", -1): (60, 68, 40), ("batch_norm", 1): (64, 62, 66),
    ("mixup", -1): (50, 50, 50), ("mixup", 1): (52, 52, 52),
}  # fmt: skip


def test_an_effect_at_a_rate_and_at_the_best_is_a_difference_of_means() -> None:
    runs = measured(TURNED, 24, noise=0.5)
    row = found(runs)[0]
    assert (row.technique, row.factor) == ("batch_norm", "learning_rate")
    assert [one.level for one in row.levels] == [0.0003, 0.001, 0.003]
    means = {
        (side, rate): np.mean([
            one.scaled for one in runs
            if ("batch_norm" in one.on) == side and one.params["learning_rate"] == rate
        ])
        for side in (True, False) for rate in RATES.levels
    }  # fmt: skip
    for one in row.levels:
        assert one.effect == pytest.approx(means[True, one.level] - means[False, one.level])
        assert one.low < one.effect < one.high
    assert (row.on, row.off) == (0.003, 0.0003)
    assert row.effect == pytest.approx(means[True, 0.003] - means[False, 0.0003])
    assert row.low < row.effect < row.high < 0  # on average it helps, at the best rates it hurts
    assert np.mean([one.effect for one in row.levels]) > 3


def test_a_smaller_objective_has_its_best_rates_at_the_other_end() -> None:
    row = found(measured(TURNED, 24, noise=0.5), maximize=False)[0]
    assert (row.on, row.off) == (0.0003, 0.003)
    assert row.effect == pytest.approx((62 - 40) / 2, abs=1)


def test_a_reversal_is_named_where_both_signs_are_sure_and_all_runs_are_in() -> None:
    runs = measured(TURNED, 24, noise=0.5)
    turned, steady = found(runs)
    assert [one.sign for one in turned.levels] == [-1, 1, 1]
    assert turned.reverses
    assert not steady.reverses
    assert not found(measured(TURNED, 24, noise=6))[0].reverses
    early = found(runs, look=Look((48,), 24))[0]
    assert not early.reverses
    assert np.isnan(early.levels[0].p_value)
    assert (turned.differs, steady.differs, early.differs) == (True, False, False)
    # Another program's trials diverged, so that the means of its runs do not show it.
    assert not replace(turned, p_differs=0.5).reverses


def works_with_vit(trial: optuna.Trial) -> float:
    """Another program's trial, of a technique that works with one of three networks."""
    rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    backbone = trial.suggest_categorical("backbone", ["resnet", "vit", "mlp"])
    smooth, ema = (trial.suggest_categorical(name, [False, True]) for name in ("smooth", "ema"))
    luck = 0.005 * np.random.default_rng(trial.number).standard_normal()
    worth = 0.04 * (smooth and backbone == "vit") + 0.01 * ema
    return float(0.7 - 0.05 * abs(np.log10(rate) + 2) + 0.03 * (backbone == "vit") + worth + luck)


def test_another_programs_study_has_effects_at_each_level() -> None:
    findings = analyse(foreign(90, works_with_vit))
    ema, smooth = sorted(findings.by_level, key=lambda row: row.technique)
    assert [one.level for one in smooth.levels] == ["resnet", "vit", "mlp"]
    assert [one.effect for one in smooth.levels] == pytest.approx([0, 4, 0], abs=1)
    assert smooth.levels[1].high - smooth.levels[1].low < 2  # adjusted for the rate
    assert (smooth.depends, ema.depends) == (True, False)
    (said,) = dependent(findings)
    assert re.fullmatch(
        r"smooth is worth \S+ points \(.*\) with backbone resnet, \+[34]\.\d+ \(.*\) with vit and "
        r"\S+ \(.*\) with mlp\.",
        said,
    )


def seldom(seed: int) -> optuna.Study:
    """A study with few trials of the network that is far worse."""
    numbers = np.random.default_rng(seed)

    def learnt(trial: optuna.Trial) -> float:
        backbone = trial.suggest_categorical("backbone", ["resnet", "vit", "mlp"])
        on = {name for name in "abcde" if trial.suggest_categorical(name, [False, True])}
        worth = {"resnet": 0.01, "vit": 0, "mlp": -0.2}[backbone] + 0.02 * ("a" in on)
        worth -= 0.02 * ("b" in on and backbone == "vit")
        return float(0.7 + worth + 0.005 * numbers.standard_normal())

    study = optuna.create_study(direction="maximize")
    for _ in range(60):
        backbone = str(numbers.choice(["resnet", "vit", "mlp"], p=[0.5, 0.42, 0.08]))
        on = {name: bool(numbers.random() < 0.5) for name in "abcde"}
        study.enqueue_trial({"backbone": backbone, **on})
    study.optimize(learnt, n_trials=60)
    return study


def test_what_few_trials_do_not_tell_is_left_out_and_the_rest_is_there() -> None:
    rows = [row for seed in range(10) for row in analyse(seldom(seed)).by_level]
    assert len(rows) > 30  # of 50
    assert sum(len(row.levels) < 3 for row in rows) > 10
    truths = {("a", level): 2 for level in ("resnet", "vit", "mlp")} | {("b", "vit"): -2}
    held = [one.low <= truths.get((row.technique, one.level), 0) <= one.high
            for row in rows for one in row.levels]  # fmt: skip
    assert np.mean(held) > 0.9


def test_a_program_without_any_noise_has_effects_at_each_level() -> None:
    """Of the shapes of the noise, some are exact and others only nearly so."""
    numbers = np.random.default_rng(3)

    def exact(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("kind", ["a", "b", "c", "d"])
        on = [trial.suggest_categorical(name, [False, True]) for name in ("clip", "ema", "mix")]
        trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        return 0.7 + 0.02 * (kind == "b") + 0.03 * on[0]

    study = optuna.create_study(direction="maximize")
    for _ in range(60):
        kind = str(numbers.choice(["a", "b", "c", "d"]))
        clip, ema, mix = (bool(numbers.random() < share) for share in (0.04, 0.5, 0.1))
        study.enqueue_trial({"kind": kind, "clip": clip, "ema": ema, "mix": mix})
    study.optimize(exact, n_trials=60)
    rows = {row.technique: row for row in analyse(study).by_level}
    assert all(one.effect == pytest.approx(0, abs=1e-6) for one in rows["ema"].levels)
    assert not rows["ema"].differs


def test_an_effect_that_a_level_does_not_tell_is_the_mean_of_the_others_there() -> None:
    """The best mean without a technique may be at a level where it was never on."""
    runs = measured(TURNED, 36, noise=0.1)
    kept = [run for run in runs
            if not ("mixup" in run.on and run.params[RATES.name] == 0.0003)]  # fmt: skip
    whole, some = ({row.technique: row for row in found(each)} for each in (runs, kept))
    assert [one.level for one in some["mixup"].levels] == [0.001, 0.003]
    assert [one.level for one in some["batch_norm"].levels] == [0.0003, 0.001, 0.003]
    pairs = zip(whole["batch_norm"].levels, some["batch_norm"].levels, strict=True)
    assert all(one.effect == pytest.approx(other.effect, abs=0.3) for one, other in pairs)
    assert (some["mixup"].on, some["mixup"].off) == (0.001, 0.0003)
    assert some["mixup"].effect == pytest.approx(1 - 3 / 2, abs=0.3)


def test_the_luck_of_a_few_trials_is_no_dependence() -> None:
    """A sampler that learns left an optimizer after three trials, at poor learning rates."""

    def learnt(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("optimizer", ["sgd", "adam", "rmsprop"])
        rate = trial.suggest_float(f"{kind}_rate", 1e-5, 1e-1, log=True)
        best = {"sgd": -1.5, "adam": -3, "rmsprop": -3.5}[kind]
        smooth = trial.suggest_categorical("smooth", [False, True])
        luck = 0.01 * np.random.default_rng(trial.number).standard_normal()
        worth = 0.01 * smooth + {"sgd": 0.02, "adam": 0.03, "rmsprop": 0}[kind]
        return float(0.8 - 0.03 * (np.log10(rate) - best) ** 2 + worth + luck)

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=10))
    study.optimize(learnt, n_trials=100)
    assert not dependent(analyse(study))


def test_what_another_scale_explains_is_no_dependence() -> None:
    """A technique that multiplies a loss, which the network sets magnitudes apart."""

    def multiplied(trial: optuna.Trial) -> float:
        size = trial.suggest_categorical("size", [1, 2, 3])
        half = trial.suggest_categorical("half", [False, True])
        luck = 0.1 * np.random.default_rng(trial.number).standard_normal()
        return float(np.exp(-2 * size - 0.7 * half + luck))

    findings = analyse(foreign(60, multiplied, "minimize"))
    (row,) = findings.by_level
    assert row.differs
    assert not row.depends
    assert not dependent(findings)


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    flat: Means = dict.fromkeys(TURNED, (50.0, 50.0, 50.0))
    for means, noise in ((TURNED, 1.0), (flat, 1.0)):
        at_best, at_each = [], []
        for seed in range(60):
            for row in found(measured(means, 24, noise, seed)):
                on, off = (np.array(means[row.technique, side]) / 2 for side in (1, -1))
                at_best.append(row.low <= on.max() - off.max() <= row.high)
                truth = dict(zip(RATES.levels, on - off, strict=True))
                at_each += [one.low <= truth[one.level] <= one.high for one in row.levels]
        assert np.mean(at_best) > 0.92
        assert 0.9 < np.mean(at_each) < 0.99


def test_intervals_hold_at_a_rate_that_is_noisier_or_quieter_than_the_others() -> None:
    flat: Means = dict.fromkeys(TURNED, (50.0, 50.0, 50.0))
    for shape in ((1, 1, 4), (0.25, 1, 1)):
        held: dict[float, list[bool]] = {rate: [] for rate in RATES.levels}
        wrong = 0
        for seed in range(60):
            rows = found(measured(flat, 48, 1.0, seed, shape))
            wrong += any(one.sign for row in rows for one in row.levels)
            for one in (one for row in rows for one in row.levels):
                held[one.level].append(one.low <= 0 <= one.high)
        assert all(0.88 < np.mean(each) < 0.99 for each in held.values()), (shape, held)
        assert wrong <= 6  # of 60; 3 are to be expected


def test_too_few_runs_give_nothing_and_how_many_do_is_known() -> None:
    rates = Category("learning_rate", (1e-3, 3e-4, 3e-3))
    names = ("a", "b", "c")
    for size in (16, 32):
        runs = []
        for row in mixed_design(3, [3], size):
            level = rates.levels[places(row, 3, [3])[0]]
            on = {name for name, one in zip(names, row, strict=False) if one}
            value = 0.5 + 0.01 * len(on)
            runs.append(run(on, value, params={"learning_rate": level}))
        rows = by_level(runs, names, rates, (rates,), True, ALONE)
        assert len(rows) == (0 if size == 16 else 3)
    assert runs_for_levels(3, (rates,), 16) == 32
    assert all(one.effect == pytest.approx(1) for row in rows for one in row.levels)
