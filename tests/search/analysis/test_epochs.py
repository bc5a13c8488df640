from dataclasses import replace

import numpy as np
import pytest

from search.analysis.effects import effects
from search.analysis.epochs import effects_by_epoch
from search.planning.design import design
from search.results import Run
from tests.support.simulate import NAMES, random_pairs, run, simulated

pytestmark = pytest.mark.numeric


def with_curves(runs: list[Run], epochs: int = 6) -> list[Run]:
    """batch_norm's five points come at epoch 4, everything else at once; noise at each."""
    random = np.random.default_rng(3)
    kept = []
    for one in runs:
        early = one.scaled - 5 * ("batch_norm" in one.on)
        points = [early if e < 4 else one.scaled for e in range(1, epochs)]
        noisy = [p + 0.2 * random.standard_normal() for p in points]
        curve = {e: p / 100 for e, p in enumerate([*noisy, one.scaled], start=1)}
        kept.append(replace(one, curve=curve))
    return kept


@pytest.mark.parametrize("runs", [16, 64])
def test_each_epoch_is_fitted_as_the_last_one_is(runs: int) -> None:
    measured = with_curves(simulated(design(8, runs, runs), 0, 0.3, random_pairs(NAMES, 0, 1.0)))
    by_epoch = {row.technique: row for row in effects_by_epoch(measured, NAMES)}
    for epoch in (2, 6):
        alone = effects([replace(r, value=r.curve[epoch]) for r in measured], NAMES)
        assert alone is not None
        for effect in alone.effects:
            row = by_epoch[effect.technique]
            at = row.epochs.index(epoch)
            assert row.effect[at] == pytest.approx(effect.effect)
            assert (row.low[at], row.high[at]) == pytest.approx((effect.low, effect.high))


def test_a_technique_pays_from_the_epoch_at_which_its_effect_comes() -> None:
    measured = with_curves(simulated(design(8, 64, 64), 0, 0.3))
    rows = effects_by_epoch(measured, NAMES)
    pays = {row.technique: row.pays_from for row in rows}
    assert pays["batch_norm"] == 4
    assert pays["augmentation"] == 1
    assert pays["mixup"] is None
    assert [row.technique for row in rows[:2]] == ["augmentation", "batch_norm"]


@pytest.mark.parametrize("lost", [0, 2])
def test_an_epoch_at_which_all_runs_are_the_same_has_no_noise(lost: int) -> None:
    """As where all networks name the largest class at first; two runs more have not ended."""
    measured = with_curves(simulated(design(8, 16, 16), 0, 0.3))[lost:]
    same = [replace(one, curve={**one.curve, 1: 45 / 56}) for one in measured]
    for row in effects_by_epoch(same, NAMES):
        assert (row.effect[0], row.low[0], row.high[0]) == (0, 0, 0)
        assert row.low[1] < row.high[1]


def test_a_technique_without_effect_is_seldom_said_to_pay() -> None:
    """Of studies in which nothing has an effect, as of their verdicts, 5 % name a technique."""
    nothing = dict.fromkeys(NAMES, 0.0)
    named = 0
    for seed in range(150):
        random = np.random.default_rng(seed)
        runs = [
            replace(one, curve={e: 0.7 + 0.01 * float(x) for e, x in enumerate(noise, start=1)})
            for one, noise in zip(
                simulated(design(8, 64, 64), seed, 1.0, effects=nothing),
                random.standard_normal((64, 6)), strict=True,
            )
        ]  # fmt: skip
        named += any(row.pays_from is not None for row in effects_by_epoch(runs, NAMES))
    assert named / 150 < 0.1


def turning(seed: int, at: int, epochs: int = 30, correlated: float = 0.3) -> list[Run]:
    """Augmentation costs at first and brings from epoch `at` on; each run drifts about that."""
    random = np.random.default_rng(seed)
    effect = 6 * np.log(np.arange(1, epochs + 1) / (at - 0.5)) / np.log(epochs / (at - 0.5))
    runs = []
    for one in simulated(design(8, 16, 16), seed, 0.0, effects=dict.fromkeys(NAMES, 0.0)):
        drift = [random.standard_normal()]
        for draw in random.standard_normal(epochs - 1):
            drift.append(correlated * drift[-1] + float(np.sqrt(1 - correlated**2) * draw))
        points = 60 + ("augmentation" in one.on) * effect + 2 * np.array(drift)
        curve = {e: float(p) / 100 for e, p in enumerate(points, start=1)}
        runs.append(replace(one, value=curve[epochs], curve=curve))
    return runs


@pytest.mark.parametrize("at", [8, 15])
def test_the_interval_of_a_turn_holds_the_true_one(at: int) -> None:
    """As often as it says: 98 % of 386 turns at epoch 12, of 400 such studies."""
    rows = [row for seed in range(40) for row in effects_by_epoch(turning(seed, at), NAMES)]
    known = [row.turn for row in rows if row.technique == "augmentation" and row.turn is not None]
    assert len(known) > 30
    assert np.mean([turn.low <= at <= turn.high for turn in known]) > 0.9


def test_a_diverged_run_stays_where_it_was_left() -> None:
    measured = with_curves(simulated(design(8, 64, 64), 0, 0.3))
    measured[0] = replace(measured[0], value=0.1, diverged=True, curve={1: 0.1})
    assert effects_by_epoch(measured, NAMES)[0].epochs == (1, 2, 3, 4, 5, 6)


def test_runs_without_curves_have_no_effects_by_epoch() -> None:
    assert effects_by_epoch(simulated(design(8, 16, 16), 0, 0.3), NAMES) == []
    assert effects_by_epoch([run([], 0.5, curve={1: 0.5})], NAMES) == []
