import math
from itertools import permutations

import numpy as np
import pytest
import statsmodels.api

from search.analysis.effects import effects
from search.analysis.notes import notes
from search.design import design, pair_columns
from search.results import Results, Run
from tests.fakes import EFFECTS

NAMES = tuple(EFFECTS)


def run(params: dict[str, bool], accuracy: float, diverged: bool = False) -> Run:
    on = frozenset(name for name, value in params.items() if value)
    return Run(0, "measure", "complete", params, on, accuracy, diverged=diverged)


def said(runs: list[Run], names: tuple[str, ...], **settings: object) -> str:
    """All the notes on some runs."""
    return " ".join(notes(Results("s", names, tuple(runs), settings), effects(runs, names), []))


def simulated(rows: np.ndarray, seed: int, noise: float, interaction: float = 0) -> list[Run]:
    random = np.random.default_rng(seed)
    runs = []
    for row in rows:
        points = 70 + sum(
            e / 2 * (1 if on else -1) for e, on in zip(EFFECTS.values(), row, strict=True)
        )
        points += interaction * (1 if row[0] == row[1] else -1)
        points += noise * random.standard_normal()
        runs.append(run(dict(zip(NAMES, map(bool, row), strict=True)), points / 100))
    return runs


@pytest.mark.parametrize(
    ("rows", "pairs"),
    [
        (design(8, 16, 16), False),
        (design(8, 64, 64), True),
        (design(8, 16, 64), True),
        (design(8, 64, 64)[np.r_[0:40, 43:64]], True),
        (design(8, 32, 32)[3:], False),
    ],
    ids=["16", "64", "16 grown to 64", "64 less 3", "32 less 3"],
)
def test_the_fit_equals_statsmodels(rows: np.ndarray, pairs: bool) -> None:
    runs = simulated(rows, seed=1, noise=1.0, interaction=2.0)
    fit = effects(runs, NAMES)
    assert fit is not None
    assert fit.pairs == pairs
    main = np.where(rows, 1.0, -1.0)
    columns = np.column_stack([np.ones(len(main)), main, *([pair_columns(main)] if pairs else [])])
    oracle = statsmodels.api.OLS([100 * (r.accuracy or 0) for r in runs], columns).fit(
        cov_type="HC2", use_t=True
    )
    assert fit.freedom == oracle.df_resid
    assert fit.noise == pytest.approx(math.sqrt(oracle.mse_resid))
    for effect in fit.effects:
        column = 1 + NAMES.index(effect.technique)
        low, high = oracle.conf_int()[column]
        assert effect.effect == pytest.approx(2 * oracle.params[column])
        assert [effect.low, effect.high] == pytest.approx([2 * low, 2 * high])
        assert effect.p_value == pytest.approx(1 - (1 - oracle.pvalues[column]) ** 8, abs=1e-9)


def test_an_effect_is_the_mean_step_over_all_orders() -> None:
    """With three techniques and any pairwise interactions, by brute force."""
    names, random = ("a", "b", "c"), np.random.default_rng(0)
    main, pair = random.normal(size=3), random.normal(size=(3, 3))

    def accuracy(on: frozenset[str]) -> float:
        x = [1 if name in on else -1 for name in names]
        return float(
            sum(main * x) + sum(pair[i, j] * x[i] * x[j] for i in range(3) for j in range(i))
        )

    rows = design(3, 8, 16)
    runs = [
        run(dict(zip(names, map(bool, row), strict=True)),
            accuracy(frozenset(n for n, on in zip(names, row, strict=True) if on)) / 100)
        for row in rows
    ]  # fmt: skip
    fit = effects(runs, names)
    assert fit is not None
    assert fit.pairs
    for effect in fit.effects:
        steps = []
        for order in permutations(names):
            before = frozenset(order[: order.index(effect.technique)])
            steps.append(accuracy(before | {effect.technique}) - accuracy(before))
        assert effect.effect == pytest.approx(np.mean(steps))


@pytest.mark.parametrize("first", [16, 64])
def test_intervals_cover_the_truth_as_often_as_they_say(first: int) -> None:
    rows, covered, tries = design(8, first, first), 0, 150
    for seed in range(tries):
        fit = effects(simulated(rows, seed, noise=1.0), NAMES)
        assert fit is not None
        covered += sum(e.low <= EFFECTS[e.technique] <= e.high for e in fit.effects)
    # 1,200 intervals, 95 %: a standard deviation of 0.6 points, more as they share their noise.
    assert 0.925 < covered / (8 * tries) < 0.975


def test_verdicts_say_what_the_p_values_allow() -> None:
    fit = effects(simulated(design(8, 64, 64), 0, noise=0.3), NAMES)
    assert fit is not None
    assert [e.technique for e in fit.effects[:4]] == [
        "augmentation", "batch_norm", "late_widening", "global_pooling",
    ]  # fmt: skip
    verdicts = {e.technique: e.verdict for e in fit.effects}
    assert verdicts["augmentation"] == "helps"
    assert verdicts["late_widening"] == "hurts"
    for name in ("dropout", "mixup"):
        assert verdicts[name] == "not distinguishable from a change of seed"


def test_too_few_runs_give_no_effects_and_just_enough_give_no_intervals() -> None:
    runs = simulated(design(8, 16, 16), 0, noise=0.3)
    assert effects(runs[:5], NAMES) is None
    assert effects([], NAMES) is None
    four = [run({"a": a, "b": b}, 0.5 + 0.1 * a) for a, b in ((0, 0), (1, 0), (0, 1))]  # type: ignore[dict-item]
    fit = effects(four, ("a", "b"))
    assert fit is not None
    assert fit.freedom == 0
    assert all(math.isnan(e.low) and e.verdict == "no estimate" for e in fit.effects)
    assert fit.effects[0].effect == pytest.approx(10)
    assert "no intervals" in said(four, ("a", "b"))


def test_notes_name_what_is_missing_diverged_and_aliased() -> None:
    runs = simulated(design(8, 16, 16), 0, noise=0.3)
    runs[0] = run(dict(runs[0].params), 0.1, diverged=True)
    fit = effects(runs[:15], NAMES)
    assert fit is not None
    told = said(runs[:15], NAMES, measure=[16])
    assert "15 of 16 planned runs" in told
    assert "1 run diverged and counts at chance level" in told
    assert "do not tell their 28 interactions" in told
    assert "not their 28 interactions" in said(simulated(design(8, 16, 16), 0, 0.3), NAMES)


def test_the_floor_is_found_four_times_in_five() -> None:
    """Effects of the stated floor get an interval clear of zero with 80 % power."""
    rows = design(8, 64, 64)
    fit = effects(simulated(rows, 0, noise=1.0), NAMES)
    assert fit is not None
    assert fit.floor == pytest.approx(5.8 * fit.noise / 8, rel=0.02)
