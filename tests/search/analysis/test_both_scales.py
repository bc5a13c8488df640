"""Effects of other programs' trials near a ceiling, or of techniques that multiply."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean

import numpy as np
import optuna
import pytest

from search import analyse
from search.analysis.both_scales import on_both_scales
from search.analysis.contrast_sizes import contrast_sizes
from search.analysis.effects import CERTAIN, effects_of
from search.analysis.headline import headline
from search.reporting.answer.multiplied import factors
from search.storage.reading import read

NAMES = "abcdef"
RECIPES = np.array(list(itertools.product((0.0, 1.0), repeat=len(NAMES))))


def share(logit: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logit)))


def at_rate(rate: float | np.ndarray) -> np.ndarray:
    return np.asarray(-0.3 * (np.log10(rate) + 2.5) ** 2)


def near_the_ceiling(seed: int, at: float) -> tuple[optuna.Study, dict[str, float]]:
    """Eighty trials by TPE, whose techniques and rate add up on the logit, around a share; and the
    effects in points, in the mean over all recipes at the rates tried. Half are none."""
    random = np.random.default_rng(seed)
    worth = random.normal(0, 0.7, len(NAMES)) * (np.arange(len(NAMES)) % 2)
    base = math.log(at / (1 - at)) - worth.sum() / 2
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))

    def function(trial: optuna.Trial) -> float:
        on = [trial.suggest_categorical(name, [False, True]) for name in NAMES]
        beside = at_rate(trial.suggest_float("rate", 1e-4, 1e-1, log=True))
        return float(share(base + worth @ on + beside + 0.15 * random.normal()))

    study.optimize(function, n_trials=80)
    rates = np.array([trial.params["rate"] for trial in study.trials])
    values = 100 * share(base + (RECIPES @ worth)[:, np.newaxis] + at_rate(rates)).mean(axis=1)
    true = [fmean(values[side > 0]) - fmean(values[side == 0]) for side in RECIPES.T]
    return study, dict(zip(NAMES, true, strict=True))


def test_effects_near_a_ceiling_are_means_over_all_recipes() -> None:
    """A sampler tries the good recipes, which are the nearest to the ceiling."""
    held, before, clear, clear_before, wrong = [], [], 0, 0, 0
    for seed in range(25):
        study, true = near_the_ceiling(seed, 0.97)
        results = read(study)
        plain = effects_of(results)
        found = on_both_scales(results, plain)
        assert plain is not None
        assert found is not None
        for name in "bdf":
            one, alone = found.of(name), plain.of(name)
            held.append(one.low <= true[name] <= one.high)
            before.append(alone.low <= true[name] <= alone.high)
            assert one.low <= alone.low
            assert alone.high <= one.high
            clear += one.verdict in CERTAIN
            clear_before += alone.verdict in CERTAIN
        wrong += any(found.of(name).verdict in CERTAIN for name in "ace")
    assert fmean(held) > max(0.88, fmean(before))
    assert clear > 0.95 * clear_before
    assert wrong <= 1


def test_away_from_floor_and_ceiling_the_scale_hardly_matters() -> None:
    widths = []
    for seed in range(10):
        results = read(near_the_ceiling(seed, 0.5)[0])
        plain = effects_of(results)
        found = on_both_scales(results, plain)
        assert plain is not None
        assert found is not None
        widths += [
            (found.of(name).high - found.of(name).low) / (plain.of(name).high - plain.of(name).low)
            for name in "ace"
        ]
    assert fmean(widths) < 1.1


def test_effects_of_a_design_stay_as_they_are() -> None:
    results = replace(read(near_the_ceiling(0, 0.97)[0]), enqueued=(80,))
    plain = effects_of(results)
    assert on_both_scales(results, plain) is plain
    assert on_both_scales(results, None) is None


def test_the_findings_have_them() -> None:
    study, _ = near_the_ceiling(1, 0.97)
    found, results = analyse(study).effects, read(study)
    expected = on_both_scales(results, effects_of(results))
    assert found is not None
    assert expected is not None
    assert found.effects == expected.effects


def test_the_largest_is_named_with_its_whole_interval() -> None:
    found = effects_of(read(near_the_ceiling(0, 0.97)[0]))
    assert found is not None
    first, second, *rest = found.effects
    wide = replace(first, low=first.effect - 9, high=first.effect + 1)
    named = headline(replace(found, effects=(wide, second, *rest)))
    assert named.effect - named.low == pytest.approx(9 * (named.high - named.effect))


@pytest.mark.parametrize("technique", ["optimizer: adam → sgd", "optimizer: adam → lion", "a"])
def test_of_a_loss_that_is_multiplied(technique: str) -> None:
    """Without noise beside them, the logarithm tells levels and techniques exactly."""
    worth = {"adam": 0.0, "sgd": 1.0, "lion": -0.5}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    random = np.random.default_rng(0)

    def function(trial: optuna.Trial) -> float:
        logarithm = worth[trial.suggest_categorical("optimizer", list(worth))]
        logarithm += 1.5 * trial.suggest_categorical("a", [False, True])
        logarithm -= 0.8 * trial.suggest_categorical("b", [False, True])
        return float(np.exp(logarithm + 0.02 * random.normal()))

    study.optimize(function, n_trials=60)
    results = read(study)
    found = on_both_scales(results, effects_of(results))
    assert found is not None
    a, b = np.exp([0, 1.5]), np.exp([0, -0.8])
    optimizer = np.exp(list(worth.values()))
    true = {
        "a": np.diff(a)[0] * b.mean() * fmean(optimizer),
        "optimizer: adam → sgd": (optimizer[1] - optimizer[0]) * a.mean() * b.mean(),
        "optimizer: adam → lion": (optimizer[2] - optimizer[0]) * a.mean() * b.mean(),
    }
    one = found.of(technique)
    assert one.low <= true[technique] <= one.high


def multiplied(seed: int) -> optuna.Study:
    """Sixty trials by TPE of a loss that five techniques and a rate multiply."""
    random = np.random.default_rng(seed)
    worth = random.normal(0, 0.5, 5)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))

    def function(trial: optuna.Trial) -> float:
        logarithm = 0.7 * (np.log10(trial.suggest_float("rate", 1e-4, 1, log=True)) + 2) ** 2
        logarithm += worth @ [trial.suggest_categorical(name, [False, True]) for name in "abcde"]
        return float(np.exp(logarithm + 0.35 * random.normal()))

    study.optimize(function, n_trials=60)
    return study


@pytest.mark.parametrize("make", [lambda seed: near_the_ceiling(seed, 0.97)[0], multiplied])
def test_a_report_agrees_with_itself(make: Callable[[int], optuna.Study]) -> None:
    """On what is clear: its table, first sentence, Pareto chart and factors."""
    doubted = 0
    for seed in range(6):
        findings = analyse(make(seed))
        found = findings.effects
        assert found is not None
        clear = {one.technique for one in found.effects if one.verdict in CERTAIN}
        bars = [one for one in contrast_sizes(found, findings.interactions) if not one.pair]
        assert {one.name for one in bars if one.clear} == clear
        assert all((abs(one.effect) >= one.limit) >= one.clear for one in bars)
        assert all((abs(one.effect) > one.limit) <= one.clear for one in bars)
        named = headline(found)
        assert (named.verdict in CERTAIN) == bool(clear)
        assert not clear or named.low >= 0 or named.high <= 0
        for one in found.effects:
            assert one.low <= one.effect <= one.high
            assert one.technique not in clear or one.low > 0 or one.high < 0
        refit = findings.refit
        if refit is not None and refit.scale == "logarithm":
            (said,) = factors(findings)
            alone = {one.phrase for one in refit.effects.effects if one.verdict in CERTAIN} - clear
            assert all(one in said.partition("If they only add to it, ")[2] for one in alone)
            doubted += len(alone)
    assert doubted or make is not multiplied
