"""Other parameters of foreign studies: effects of levels, and adjustment for the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, compress, product
from typing import Any

import numpy as np
import pytest
import statsmodels.api

from search.analysis.effects import Effects, effects
from search.analysis.estimability import estimability
from search.analysis.fit import fit
from search.parameters import Category, Number
from search.results import Run
from tests.support.fakes import EFFECTS
from tests.support.simulate import random_pairs, results_of, run, simulated

pytestmark = pytest.mark.numeric

TECHNIQUES = ("aug", "bn", "mix")
OPTIMIZER = Category("optimizer", ("sgd", "adam", "lion"))
LAYERS = Category("layers", (1, 2, 3))
RATE = Number("rate", 1e-5, 1e-1, log=True)
DECAY = Number("decay", 0.0, 1.0)
MOMENTUM = Number("momentum", 0.0, 1.0)
NESTEROV = Category("nesterov", (False, True))
OTHERS = (OPTIMIZER, LAYERS, RATE, DECAY, MOMENTUM, NESTEROV)
TRUE = {
    "aug": 3.0, "bn": 0.0, "mix": -2.0, "optimizer: sgd → adam": 2.0,
    "optimizer: sgd → lion": 0.0, "layers: 1 → 2": 1.0, "layers: 1 → 3": 1.5,
    "nesterov: False → True": 4.0,
}  # fmt: skip


def value(on: set[str], params: dict[str, Any]) -> float:
    """Percent: a peak over the rate, and dials of sgd alone, which are 0 in the mean."""
    points = 70.0 + sum(TRUE[name] for name in on) - 4 * (math.log10(params["rate"]) + 2.5) ** 2
    points += TRUE.get(f"optimizer: sgd → {params['optimizer']}", 0)
    points += TRUE.get(f"layers: 1 → {params['layers']}", 0) + 4 * params["decay"]
    if params["optimizer"] == "sgd":
        points += 4 * (params["momentum"] - 0.5) + 4 * (params["nesterov"] - 0.5)
    return float(points)


def studied(count: int, seed: int, rows: Sequence[tuple[Any, ...]] = ()) -> list[Run]:
    """Runs of parameters drawn at random, or with techniques and levels from `rows`."""
    random = np.random.default_rng(seed)
    runs = []
    for at in range(count):
        *sides, optimizer, layers = (
            rows[at] if rows else (*random.integers(0, 2, 3), *random.integers(0, 3, 2))
        )
        on = {*compress(TECHNIQUES, sides)}
        params = {
            "optimizer": OPTIMIZER.levels[optimizer],
            "layers": LAYERS.levels[layers],
            "rate": 10 ** random.uniform(-5, -1),
            "decay": random.uniform(),
        }
        if params["optimizer"] == "sgd":
            params |= {"momentum": random.uniform(), "nesterov": bool(random.integers(2))}
        points = value(on, params) + random.standard_normal()
        runs.append(run(on, points / 100, params=params))
    return runs


def fitted(runs: list[Run], others: Sequence[Category | Number] = OTHERS) -> Effects:
    found = effects(runs, TECHNIQUES, others=others)
    assert found is not None
    return found


def test_the_columns_are_the_dummies_powers_and_pairs_of_statsmodels() -> None:
    """Without random terms, so that all is least squares."""
    runs = studied(70, seed=1)
    found = fitted(runs)
    model = replace(found.fit.model, random_pairs=False, products={})
    plain = fit(model, np.array([[one.scaled] for one in runs]))
    covariates = model.covariates
    assert covariates.categories == ("optimizer", "layers")
    assert (covariates.numbers, covariates.degree) == (("rate", "decay"), 5)
    assert set(covariates.partial) == {"momentum", "nesterov"}
    on = np.array([[name in r.on for name in TECHNIQUES] for r in runs], dtype=float)
    rate = np.array([math.log10(r.params["rate"]) + 3 for r in runs])
    decay = np.array([r.params["decay"] - 0.5 for r in runs])
    sgd = [r.params["optimizer"] == "sgd" for r in runs]
    columns = [
        np.ones(len(runs)),
        *on.T,
        *([r.params["optimizer"] == level for r in runs] for level in ("adam", "lion")),
        *([r.params["layers"] == level for r in runs] for level in (2, 3)),
        [r.params["nesterov"] - 0.5 if one else 0 for r, one in zip(runs, sgd, strict=True)],
        *(rate**power for power in range(1, 6)),
        *(decay**power for power in range(1, 6)),
        [r.params.get("momentum", 0.5) - 0.5 for r in runs],
        # Less its mean over the range.
        [
            (r.params["momentum"] - 0.5) ** 2 - 1 / 12 if one else 0
            for r, one in zip(runs, sgd, strict=True)
        ],
        # Halves, so that a technique's column stays its effect averaged over the others.
        *(4 * (on[:, a] - 0.5) * (on[:, b] - 0.5) for a, b in combinations(range(3), 2)),
    ]
    design = np.column_stack(columns).astype(float)
    oracle = statsmodels.api.OLS([r.scaled for r in runs], design).fit(cov_type="HC2", use_t=True)
    assert found.pairs
    assert plain.dof == oracle.df_resid
    assert plain.noise[0] == pytest.approx(math.sqrt(oracle.mse_resid))
    assert {effect.technique for effect in found.effects} == set(TRUE)
    for at, name in enumerate(TRUE, start=1):
        effect, error, dof = plain.first(model.technique_contrast(name))
        assert effect == pytest.approx(oracle.params[at])
        assert error == pytest.approx(oracle.bse[at])
        # statsmodels takes the residuals' degrees of freedom, of which unequal weights have fewer.
        assert 0.2 * plain.dof < dof < plain.dof


@pytest.mark.parametrize("balanced", [False, True])
def test_intervals_hold_the_truth_as_often_as_they_say(balanced: bool) -> None:
    """Where lr, weight decay and dials that only sgd has spread the values by three points."""
    rows = list(product((0, 1), (0, 1), (0, 1), range(3), range(3))) if balanced else []
    held = total = wrong = 0
    widths, plain = [], []
    for seed in range(40):
        runs = studied(72, seed, rows)
        found = fitted(runs)
        for effect in found.effects:
            true = TRUE[effect.technique]
            held += effect.low <= true <= effect.high
            total += 1
            wrong += effect.verdict in ("helps", "hurts") and true * effect.effect <= 0
        widths.append(found.of("aug").high - found.of("aug").low)
        if seed < 10:
            alone = fitted(runs, ()).of("aug")
            plain.append(alone.high - alone.low)
    assert 0.92 <= held / total <= 0.995
    assert wrong <= 4
    assert np.mean(widths) < 0.3 * np.mean(plain)


@pytest.mark.parametrize(
    ("count", "degree", "levels"), [(8, 0, 2), (16, 1, 5), (26, 2, 5), (44, 3, 5), (70, 5, 5)]
)
def test_the_number_of_runs_decides_what_is_adjusted_for(
    count: int, degree: int, levels: int
) -> None:
    covariates = fitted(studied(count, seed=5)).fit.model.covariates
    assert covariates.degree == degree
    assert len(covariates.levels) == levels
    named = {*covariates.categories, *covariates.numbers, *covariates.partial, *covariates.noise}
    assert named == {one.name for one in OTHERS}


def test_degrees_of_freedom_are_never_used_up() -> None:
    for count in range(5, 60, 4):
        found = effects(studied(count, seed=count), TECHNIQUES, others=OTHERS)
        if found is not None:
            model = found.fit.model
            assert 16 * model.dof >= count - 1 - len(model.techniques)
            assert model.dof > 0


def test_an_effect_is_that_at_the_middle_of_a_dial_that_only_some_have() -> None:
    """Or, with all momenta above the middle, where it would have to guess, that at their mean."""
    runs = studied(70, seed=1)
    high = [
        run(r.on, r.value or 0, params={**r.params, "momentum": 0.9 + 0.1 * r.params["momentum"]})
        if "momentum" in r.params
        else r
        for r in runs
    ]
    assert "momentum" in fitted(runs).fit.model.covariates.partial
    assert "momentum" in fitted(high).fit.model.covariates.partial
    for found in (fitted(runs), fitted(high)):
        adam = found.of("optimizer: sgd → adam")
        assert adam.low < TRUE["optimizer: sgd → adam"] < adam.high < 5


def test_a_technique_that_is_seldom_on_and_noisy_is_not_called_clear() -> None:
    """With one variance for all, 40 of 100 such studies called it clear."""
    random, clear, held = np.random.default_rng(0), 0, 0
    for _ in range(100):
        runs = []
        for at in range(100):
            rate = random.uniform(-4, -1)
            on = {name for name, side in (("aug", at < 10), ("bn", random.random() < 0.5)) if side}
            noise = (4 if at < 10 else 1) * random.standard_normal()
            value = 70 + ("bn" in on) - (rate + 2.5) ** 2 + noise
            runs.append(run(on, value / 100, params={"rate": 10**rate}))
        found = fitted(runs, [RATE]).of("aug")
        clear += found.verdict != "no clear effect"
        held += found.low < 0 < found.high
    assert clear <= 5
    assert held >= 90


def test_a_technique_tried_below_a_cliff_is_not_credited_with_it() -> None:
    """A curve of degree 4 rounds the cliff off, and called it clear in 4 of these studies."""
    clear = 0
    for seed in range(30):
        random, runs = np.random.default_rng(seed), []
        for _ in range(300):
            good = random.random() < 0.5
            rate = random.uniform(-3, -2) if good else random.uniform(-5, -1)
            aug = random.random() < (0.95 if good else 0.05)
            on = {name for name, side in (("aug", aug), ("bn", random.random() < 0.5)) if side}
            points = 70 - 10 * (rate > -1.5) + random.standard_normal()
            runs.append(run(on, points / 100, params={"rate": 10**rate}))
        clear += fitted(runs, [RATE]).of("aug").verdict != "no clear effect"
    assert clear <= 2


@pytest.mark.parametrize(("elsewhere", "degree"), [(15, 4), (120, 7)])
def test_curves_do_not_follow_the_few_trials_that_a_sampler_left_elsewhere(
    elsewhere: int, degree: int
) -> None:
    """Where it left one side of a technique too, intervals would be up to twice as wide."""
    random, runs = np.random.default_rng(0), []
    for at in range(120):
        early = at < elsewhere
        on = {name for name in TECHNIQUES if random.random() < (0.5 if early else 0.99)}
        params = {
            name: random.uniform() if early else random.normal(0.5, 0.02)
            for name in ("decay", "warmth")
        }
        runs.append(run(on, 0.7 + 0.01 * random.standard_normal(), params=params))
    numbers = [DECAY, Number("warmth", 0.0, 1.0)]
    assert fitted(runs, numbers).fit.model.covariates.degree == degree


def test_interactions_and_a_noisy_level_spoil_no_interval() -> None:
    """With interactions as noise, intervals of techniques held in 88 % of such studies; with one
    noise for all trials, those of the level in 76 %."""
    names = tuple(EFFECTS)
    random = np.random.default_rng(0)
    techniques, levels = [], []
    for seed in range(60):
        rows = random.random((60, len(names))) < 0.5
        runs = []
        for one in simulated(rows, seed, 1.0, random_pairs(names, seed, 1.0)):
            at = random.choice(("sgd", "adam", "lion"), p=(0.5, 0.4, 0.1))
            points = {"sgd": 0.0, "adam": 1.0, "lion": -1.0}[at]
            points += 5 * (at == "lion") * random.standard_normal()
            rate = 10 ** random.uniform(-4, -1)
            runs.append(run(one.on, (one.value or 0) + points / 100,
                            params={"optimizer": str(at), "rate": rate}))  # fmt: skip
        found = effects(runs, names, others=(OPTIMIZER, RATE))
        assert found is not None
        assert found.fit.model.random_pairs
        for effect in found.effects:
            if effect.level is None:
                techniques.append(effect.low <= EFFECTS[effect.technique] <= effect.high)
            else:
                true = 1.0 if effect.level.level == "adam" else -1.0
                levels.append(effect.low <= true <= effect.high)
    assert np.mean(techniques) > 0.91
    assert np.mean(levels) > 0.88


def test_a_level_of_one_run_has_an_interval_as_wide_as_the_noise() -> None:
    runs = [r for r in studied(70, seed=2) if r.params["optimizer"] != "lion"]
    one = run(runs[0].on, 0.7, params={**runs[0].params, "optimizer": "lion"})
    found = fitted([*runs, one])
    lion, adam = found.of("optimizer: sgd → lion"), found.of("optimizer: sgd → adam")
    assert lion.high - lion.low > 2 * 2 * found.noise
    assert lion.high - lion.low > 2 * (adam.high - adam.low)


def test_a_parameter_of_several_levels_counts_once_among_the_ranks() -> None:
    found = fitted(studied(70, seed=1))
    ranked = [effect for effect in found.effects if not math.isnan(effect.first)]
    assert sorted(effect.parameter for effect in ranked) == sorted(
        [*TECHNIQUES, "optimizer", "layers", "nesterov"]
    )
    assert found.parameters == 6
    assert sum(effect.first for effect in ranked) == pytest.approx(1, abs=1e-6)
    assert sum(effect.top_three for effect in ranked) == pytest.approx(3, abs=1e-6)
    assert found.of("optimizer: sgd → adam").first > 0
    assert math.isnan(found.of("optimizer: sgd → lion").first)


def test_levels_that_no_run_has_or_that_changed_together_have_no_estimate() -> None:
    runs = [
        r for r in studied(70, seed=1) if r.params["optimizer"] == "sgd" or r.params["layers"] == 2
    ]
    runs = [r for r in runs if r.params["layers"] != 3]
    together = [
        run(r.on, r.value or 0, params={"optimizer": ("sgd", "adam")[r.params["layers"] - 1],
                                        "layers": r.params["layers"]})
        for r in runs
    ]  # fmt: skip
    found = fitted(together, (OPTIMIZER, LAYERS))
    assert {e.technique for e in found.effects if math.isnan(e.effect)} == {
        "optimizer: sgd → adam", "optimizer: sgd → lion", "layers: 1 → 2", "layers: 1 → 3"
    }  # fmt: skip
    of = estimability(found, results_of(together, TECHNIQUES))
    assert set(of.confounded) == {"optimizer sgd → adam", "layers 1 → 2"}
    assert [level.level for level in found.fit.model.covariates.unseen] == ["lion", 3]
    assert found.of("aug").verdict != "no estimate"


def test_a_full_factorial_of_levels_is_balanced_and_one_run_less_is_not() -> None:
    rows = list(product((0, 1), (0, 1), (0, 1), range(3), range(3)))
    runs = studied(72, 0, rows)
    others = (OPTIMIZER, LAYERS)
    results = results_of(runs, TECHNIQUES, others=others)
    assert estimability(fitted(runs, others), results).balanced
    assert not estimability(fitted(runs), results_of(runs, TECHNIQUES, others=OTHERS)).balanced
    fewer = results_of(runs[1:], TECHNIQUES, others=others)
    assert not estimability(fitted(runs[1:], others), fewer).balanced


def test_parameters_of_a_few_trials_do_not_explain_their_technique_away() -> None:
    """Where a second layer is in 6 trials of 40, four dials of it would fit them all."""
    random = np.random.default_rng(2)
    names = [f"{what}_{at}" for what in ("units", "dropout") for at in range(2)]
    others = [Number(name, 0, 1, False) for name in names]
    runs = []
    for number in range(40):
        deep = number % 7 == 0
        params = {name: random.uniform() for name in names} if deep else {}
        points = 50 + 3 * deep + 0.5 * random.standard_normal()
        runs.append(run(["deep"] if deep else [], points / 100, params=params))
    found = effects(runs, ["deep"], others=others)
    assert found is not None
    covariates = found.fit.model.covariates
    assert 0 < len(covariates.partial) < len(names)
    assert {*covariates.partial, *covariates.noise} == {*names}
    effect = found.of("deep")
    assert effect.low < 3 < effect.high
    assert effect.high - effect.low < 6


def test_a_number_of_some_trials_may_have_its_best_value_inside() -> None:
    """As each optimizer's own learning rate. By a straight line the noise was twice as large."""
    rates = [Number(f"{one}_rate", 1e-5, 1e-1, True) for one in ("sgd", "adam")]
    best = {"sgd": -2.0, "adam": -3.5}
    true = 1 - 0.25  # the squares of how far these are from the middle, at -3
    held = 0
    for seed in range(30):
        random, runs = np.random.default_rng(seed), []
        for _ in range(80):
            on = [name for name in TECHNIQUES if random.random() < 0.5]
            optimizer = "sgd" if random.random() < 0.5 else "adam"
            rate = random.uniform(-5, -1)
            points = 50 - (rate - best[optimizer]) ** 2 + 0.5 * random.standard_normal()
            params = {"optimizer": optimizer, f"{optimizer}_rate": 10**rate}
            runs.append(run(on, points / 100, params=params))
        found = effects(runs, TECHNIQUES, others=(OPTIMIZER, *rates))
        assert found is not None
        assert found.fit.model.covariates.partial == ("sgd_rate", "adam_rate")
        assert not found.fit.model.covariates.at_tried
        assert found.noise < 0.65
        one = found.of("optimizer: sgd → adam")
        held += one.low < true < one.high
    assert held >= 26
