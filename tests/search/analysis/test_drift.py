"""Trials of other programs, and runs of a program, whose values change with time."""

import math
from dataclasses import replace
from itertools import compress

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import create_trial
from scipy import stats

from search import analyse
from search.analysis.drift import beside_drift
from search.analysis.effects import CERTAIN, effects_of
from search.analysis.rank_correlation import rank_correlation
from search.commands.program import Metric, Program
from search.planning.design import fraction
from search.planning.run_order import run_order
from search.reporting.findings import find
from search.reporting.trial_cautions import drift_of_trials
from search.results import Results, Run
from search.settings import Settings
from search.storage.reading import read
from tests.support.foreign import foreign
from tests.support.programs import switches


def test_the_correlation_is_scipys() -> None:
    random = np.random.default_rng(0)
    one, other = random.integers(0, 6, 40).tolist(), random.standard_normal(40).tolist()
    assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    assert np.isnan(rank_correlation([1, 1, 1], [1, 2, 3]))


def test_a_drift_is_not_credited_to_what_is_tried_later() -> None:
    """As by a sampler that learns: techniques that do nothing are on more and more often."""
    wrong = unadjusted = 0
    for seed in range(30):
        random, study = np.random.default_rng(seed), optuna.create_study(direction="maximize")
        space: dict[str, BaseDistribution] = dict.fromkeys(
            "abcd", CategoricalDistribution([False, True])
        )
        for number in range(80):
            later = 0.2 + 0.6 * number / 80
            shares = {"a": later, "b": later, "c": 0.5, "d": 0.5}
            params = {name: bool(random.random() < share) for name, share in shares.items()}
            value = 50 + 0.03 * number + 1.5 * (number >= 40) + random.normal()
            study.add_trial(create_trial(params=params, distributions=space, value=value))
        results = read(study)
        findings, plain = find(results, []), effects_of(results)
        assert findings.effects is not None
        assert plain is not None
        wrong += any(effect.verdict in CERTAIN for effect in findings.effects.effects)
        unadjusted += any(effect.verdict in CERTAIN for effect in plain.effects)
        assert findings.results.drift is not None
        assert findings.results.drift.correlation > 0
        assert "The effects are adjusted for the " in " ".join(findings.cautions)
        assert set(findings.results.runs[0].params) == set("abcd")
    assert unadjusted > 10
    assert wrong <= 4


@pytest.mark.parametrize(
    ("change", "direction", "side"),
    [(0.04, "maximize", "better"), (0.04, "minimize", "worse"), (0.0, "maximize", "")],
)
def test_a_change_half_way_is_told(change: float, direction: str, side: str) -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.7 + 0.02 * trial.suggest_categorical("bn", [False, True])
        trial.suggest_categorical("aug", [False, True])
        value += change * (trial.number >= 40)
        return value + 0.01 * float(np.random.default_rng(trial.number).standard_normal())

    findings = analyse(foreign(80, function, direction))
    told = " ".join(findings.cautions)
    why = "the sampler settled on recipes that the fit describes less well, or something else"
    assert (f"on, trials came out {side} than like ones before: {why}" in told) == bool(change)
    drift = findings.results.drift
    assert (drift is not None) == bool(change)
    if drift is not None:
        assert drift.since is not None
        assert abs(drift.since - 40) <= 1
        assert (drift.correlation > 0) == (change > 0)
        assert f"adjusted for the change at trial {drift.since}." in told
        assert "the values of the change" not in told
        (of_a_grid,) = drift_of_trials(replace(findings.results, never_learned=True))
        assert "than like ones before: something else changed" in of_a_grid


def test_a_sudden_change_is_not_credited_to_what_is_tried_after_it() -> None:
    """As by a sampler that settles soon after, of techniques of which one does something."""
    counts = dict.fromkeys(("missed", "wrong", "without", "sudden"), 0)
    for seed in range(20):
        random, study = np.random.default_rng(seed), optuna.create_study(direction="maximize")
        space: dict[str, BaseDistribution] = dict.fromkeys(
            "abc", CategoricalDistribution([False, True])
        )
        at = int(random.integers(10, 20))
        for number in range(60):
            shares = {
                "a": 0.85 if number >= at else 0.3,
                "b": 0.15 if number >= at else 0.5,
                "c": 0.5,
            }
            params = {name: bool(random.random() < share) for name, share in shares.items()}
            value = 50 + 2 * params["c"] + 4 * (number >= at) + random.normal()
            study.add_trial(create_trial(params=params, distributions=space, value=value))
        results = read(study)
        findings, plain = find(results, []), effects_of(results)
        assert findings.effects is not None
        assert plain is not None
        truth = {"a": 0.0, "b": 0.0, "c": 2.0}
        for one in findings.effects.effects:
            counts["missed"] += not one.low <= truth[one.technique] <= one.high
        wrong, without = (
            [one for one in effects.effects if one.verdict in CERTAIN and one.technique != "c"]
            for effects in (findings.effects, plain)
        )
        counts["wrong"] += bool(wrong)
        counts["without"] += bool(without)
        drift = findings.results.drift
        counts["sudden"] += drift is not None and drift.since is not None
    assert counts["without"] >= 10
    assert counts["wrong"] <= 3
    assert counts["missed"] <= 8  # of 60
    assert counts["sudden"] >= 15


def test_a_study_in_which_nothing_changes_has_no_drift() -> None:
    told = 0
    for seed in range(40):
        random, study = np.random.default_rng(seed), optuna.create_study(direction="maximize")
        space: dict[str, BaseDistribution] = dict.fromkeys(
            "abc", CategoricalDistribution([False, True])
        )
        for _ in range(40):
            params = {name: bool(random.random() < 0.5) for name in "abc"}
            value = 50 + 2 * params["a"] + random.standard_t(3)
            study.add_trial(create_trial(params=params, distributions=space, value=value))
        told += find(read(study), []).results.drift is not None
    assert told <= 4


@pytest.mark.parametrize("goes_on", [True, False])
def test_runs_that_go_on_from_earlier_ones_are_told(goes_on: bool) -> None:
    """Each run of a program begins at half of the best score before it, as by a checkpoint."""
    program = Program("train {flags}", "/", switches("abcde"), Metric("acc", "acc"), unit="points",
                      scale=100.0)  # fmt: skip
    settings = Settings(
        data="", techniques=tuple("abcde"), measure=(32,), search=0, confirm=0, program=program
    )
    told = 0
    for seed in range(30):
        random, runs, best = np.random.default_rng(seed), list[Run](), 0.0
        design = fraction(5, 32)
        for row in design[run_order(design, random)].tolist():
            on = frozenset(compress("abcde", row))
            value = 0.6 + 0.03 * ("a" in on) + 0.01 * random.standard_normal()
            value = (value + best) / 2 + 0.01 if goes_on and runs else value
            best = max(best, value)
            params = {name: name in on for name in "abcde"}
            runs.append(Run(len(runs), "measure", "complete", params, on, value))
        findings = find(Results("s", tuple("abcde"), tuple(runs), settings), [])
        told += "Runs came out better the later they ran" in " ".join(findings.cautions)
    assert told >= 24 if goes_on else told <= 1


def begun_with_a_baseline(seed: int) -> optuna.Study:
    """Eight trials of each of a baseline and of techniques alone, then others; any two cost 3."""
    random = np.random.default_rng(seed)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=seed)
    )
    for alone in ("", *"abcde"):
        for _ in range(8):
            study.enqueue_trial({name: name == alone for name in "abcde"})

    def function(trial: optuna.Trial) -> float:
        on = [name for name in "abcde" if trial.suggest_categorical(name, [False, True])]
        rate = trial.suggest_float("rate", 1e-4, 1e-2, log=True)
        value = 90 + 1.5 * ("a" in on) + 1.2 * ("b" in on) - 3 * max(0, len(on) - 1)
        return float(value - (np.log10(rate) + 3) ** 2 + 0.2 * random.normal())

    study.optimize(function, n_trials=78)
    return study


def test_a_baseline_that_was_run_first_is_no_change() -> None:
    """In nine of these a change at the first trial after it stood for what the
    baseline has beside the effects."""
    told = 0
    for seed in range(10):
        results = read(begun_with_a_baseline(seed))
        told += beside_drift(results, effects_of(results))[0].drift is not None
    assert told == 0


def changed_half_way(seed: int) -> optuna.Study:
    """Sixty trials by TPE of six techniques, half of which are worth something, and of a rate; all
    gain from the middle."""
    random = np.random.default_rng(seed)
    worth = {name: random.normal(0, 2) * (name in "ace") for name in "abcdef"}
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))

    def function(trial: optuna.Trial) -> float:
        value = 50 + 4 * (trial.number >= 30) + random.normal()
        value -= (np.log10(trial.suggest_float("rate", 1e-4, 1e-1, log=True)) + 2.5) ** 2
        for name, points in worth.items():
            value += points * trial.suggest_categorical(name, [False, True])
        return float(value)

    study.optimize(function, n_trials=60)
    return study


def test_interactions_do_not_hide_a_change() -> None:
    """As terms of their own they did in 12 of these studies, and 9 had a wrong verdict."""
    told = wrong = 0
    for seed in range(30):
        results = read(changed_half_way(seed))
        results, found = beside_drift(results, effects_of(results))
        assert found is not None
        told += results.drift is not None
        wrong += any(found.of(name).verdict in CERTAIN for name in "bdf")
    assert told >= 28
    assert wrong <= 3


def near_a_ceiling(seed: int, change: float) -> optuna.Study:
    """Sixty trials by TPE whose techniques and numbers add up on the logit, most above 90 %."""
    random = np.random.default_rng(seed)

    def function(trial: optuna.Trial) -> float:
        rate = math.log10(trial.suggest_float("rate", 1e-5, 1, log=True))
        on = [trial.suggest_categorical(name, [False, True]) for name in "abcd"]
        decay = math.log10(trial.suggest_float("decay", 1e-6, 1e-1, log=True))
        logit = 2.7 - 0.7 * (rate + 2.5) ** 2 - 0.1 * (decay + 3) ** 2
        logit += np.dot(on, [0.7, 0.3, -0.2, 0])
        logit += change * (trial.number >= 30) + 0.25 * random.normal()
        return float(1 / (1 + np.exp(-logit)))

    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(function, n_trials=60)
    return study


@pytest.mark.parametrize(("change", "least", "most"), [(0.0, 0, 1), (0.6, 6, 30)])
def test_what_techniques_do_less_of_near_a_ceiling_is_no_change(
    change: float, least: int, most: int
) -> None:
    """Of points alone, a change was told in 6 of these 30 studies without one."""
    found = 0
    for seed in range(30):
        results = read(near_a_ceiling(seed, change))
        found += beside_drift(results, effects_of(results))[0].drift is not None
    assert least <= found <= most
