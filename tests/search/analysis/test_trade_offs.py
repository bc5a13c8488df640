"""Predicted recipes beside what they take, against brute force."""

import math
from dataclasses import replace
from itertools import compress, product

import numpy as np
import pytest

from search.analysis import trade_offs as module
from search.analysis.fitted_recipes import FittedRecipes
from search.analysis.parameter_counts import parameter_counts
from search.analysis.pareto_front import pareto_front
from search.analysis.recommendation import recommend
from search.analysis.surface import Points, fit_surface
from search.analysis.trade_offs import TradeOffs, trade_offs
from search.objective import OBJECTIVES
from search.planning.design import design
from search.results import Results
from tests.support.simulate import results_of, run

NAMES = ("a", "b", "c", "d", "e")


def beaten(cost: float, value: float, others: list[tuple[float, float]]) -> bool:
    return any(
        (c <= cost and v > value) or (c < cost and v >= value) for c, v in others
    )  # by the definition of the front


@pytest.mark.parametrize("count", [1, 7, 3000])
def test_the_front_is_what_brute_force_finds(count: int) -> None:
    random = np.random.default_rng(count)
    costs, values = random.integers(0, 40, count) * 1.0, random.integers(0, 40, count) * 1.0
    points = list(zip(costs.tolist(), values.tolist(), strict=True))
    kept = {one for one in points if not beaten(*one, points)}
    found = pareto_front(costs, values)
    assert [points[at] for at in found] == sorted(kept)


def test_every_combination_is_predicted_as_one_by_one() -> None:
    random = np.random.default_rng(0)
    levels = random.choice([-1.0, 1.0], (20, 6))
    surface = fit_surface(
        Points(levels, np.arange(20)), levels @ random.normal(size=6) + random.normal(size=20)
    )
    assert surface is not None
    held = np.array([1.0, -1, 1, -1, 1, -1])
    free = [4, 0, 3]
    everywhere = surface.everywhere(free, held)
    assert everywhere.shape == (8,)
    for place in range(8):
        recipe = held.copy()
        recipe[free] = [1.0 if place >> bit & 1 else -1.0 for bit in range(3)]
        # A recipe's own term counts where it ran, and only there.
        if not np.any(np.all(levels == recipe, axis=1)):
            mean = surface.means(Points(recipe[np.newaxis], np.array([-1])))[0]
            assert everywhere[place] == pytest.approx(mean)


def study() -> Results:
    """Half of all recipes of five techniques; `a` helps and takes time, `b` adds parameters."""
    random = np.random.default_rng(1)
    runs = []
    for at, row in enumerate(design(5, 16, 16)):
        on = [*compress(NAMES, row)]
        points = 70 + 6 * row[0] + 3 * row[1] - 2 * row[2] + 0.2 * random.standard_normal()
        runs.append(
            run(on, points / 100, number=at, seconds_per_epoch=1 + 2.0 * row[0] + row[3],
                parameters=1000 + 500 * int(row[1]) + 70 * int(row[1] and row[2]))
        )  # fmt: skip
    return results_of(runs, NAMES, designed=False)


def combined(*names: str) -> list[frozenset[str]]:
    rows = product((False, True), repeat=len(names))
    return [frozenset(compress(names, row)) for row in rows]


def front(results: Results, recipes: list[frozenset[str]]) -> set[frozenset[str]]:
    """The recipes that nothing beats in parameters, each predicted by itself."""
    fitted = FittedRecipes.of(results, results.of("measure"))
    assert fitted is not None
    values = fitted.values([fitted.option(one) for one in recipes])
    costs = [1000.0 + 500 * ("b" in one) + 70 * ({"b", "c"} <= one) for one in recipes]
    points = list(zip(costs, values.tolist(), strict=True))
    return {recipe for recipe, point in zip(recipes, points, strict=True)
            if not beaten(*point, points)}  # fmt: skip


def on_front(found: TradeOffs | None) -> set[frozenset[str]]:
    assert found is not None
    return {one.on for one in found.fronts["parameters"]}


def test_the_recipes_of_the_front_are_those_that_no_other_beats() -> None:
    results = study()
    found = trade_offs(results)
    assert found is not None
    assert found.recipes == 32
    assert on_front(found) == front(results, combined(*NAMES))
    best = found.best[0]
    recommended = recommend(results)
    assert recommended is not None
    assert best.on == recommended.on
    assert best.low < best.value < best.high
    assert {one.runs for one in found.trained} == {1}
    assert len({one.on for one in found.best} | {one.on for one in found.trained}) >= 16
    for one in found.trained:
        counted = next(run for run in results.runs if run.on == one.on)
        assert one.parameters == counted.parameters
        assert one.observed == counted.scaled
        assert one.value == pytest.approx(one.observed, abs=2)
    for row in found.fronts.values():
        values = [one.value for one in row]
        assert values == sorted(values)
    assert 0 < found.error < 2


def test_no_recipe_is_told_to_be_beyond_the_range_of_the_objective() -> None:
    noisy = study()
    random = np.random.default_rng(3)
    runs = [replace(run, value=min(1.0, 0.95 + 0.1 * random.standard_normal()))
            for run in noisy.runs]  # fmt: skip
    found = trade_offs(replace(noisy, runs=tuple(runs), objective=OBJECTIVES["auc"]))
    assert found is not None
    assert max(one.high for one in found.best) == 1.0
    assert all(0 <= one.value <= 1 for one in (*found.trained, *found.best))
    assert all(math.isnan(one.high) for one in found.trained)


def test_what_is_told_of_a_recipe_that_fails_is_what_its_runs_came_to() -> None:
    """Though the fit that chooses takes runs far below the others for less far below."""
    random, needed = np.random.default_rng(2), {"a", "b", "d"}
    runs = []
    for at, row in enumerate(design(5, 32, 32)):
        on = {*compress(NAMES, row)}
        points = 80 + 4 * row[2] - 50 * (not on & needed) + 0.2 * random.standard_normal()
        seconds = 1 + len(on & needed) + 0.1 * row[2]
        runs.append(run(on, points / 100, number=at, seconds_per_epoch=seconds))
    found = trade_offs(results_of(runs, NAMES, designed=False))
    assert found is not None
    cheapest, *others = found.fronts["seconds"]
    assert not cheapest.on & needed
    assert cheapest.value == pytest.approx(cheapest.observed, abs=10)
    assert cheapest.low < 30 + 4 * ("c" in cheapest.on) < cheapest.high
    values = [one.value for one in (cheapest, *others)]
    assert values == sorted(values)


def test_recipes_that_did_not_run_are_left_out_where_the_fit_does_not_hold() -> None:
    results = study()
    found = trade_offs(results, predict=False)
    assert found is not None
    assert found.recipes == len(found.trained) == 16
    assert all(one.runs for one in found.best)
    assert not found.others


@pytest.mark.parametrize("most", [5, 3])
def test_what_always_fails_is_on_no_front(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TECHNIQUES", most)
    whole = study()
    before = trade_offs(whole)
    assert before is not None
    assert {"a", "b"} <= before.best[0].on
    results = replace(
        whole,
        runs=tuple(
            replace(run, state="failed", value=None, failure="out of memory")
            if {"a", "b"} <= run.on else run
            for run in whole.runs
        ),
    )  # fmt: skip
    found = trade_offs(results)
    assert found is not None
    assert found.broken == 2 ** (most - 2)
    for one in (*found.best, *found.trained, *found.others):
        assert not {"a", "b"} <= one.on


def test_of_too_many_techniques_those_with_the_largest_effects_are_combined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_TECHNIQUES", 3)
    results = study()
    found = trade_offs(results)
    assert found is not None
    assert found.held == {"d", "e"}
    best = recommend(results)
    assert best is not None
    # Beside the eight combinations are the recipes that ran with the others turned otherwise.
    unlike = [one for one in found.trained if one.on & found.held != best.on & found.held]
    assert found.recipes == 8 + len(unlike)
    recipes = [one | (best.on & found.held) for one in combined("a", "b", "c")]
    assert on_front(found) == front(results, recipes + [one.on for one in unlike])


def test_nothing_is_traded_where_the_runs_say_no_cost_or_are_too_few() -> None:
    bare = [run(one.on, one.value or 0) for one in study().runs]
    assert trade_offs(results_of(bare, NAMES)) is None
    assert trade_offs(results_of(list(study().runs[:2]), NAMES)) is None
    timed = [run(one.on, one.value or 0, seconds_per_epoch=one.seconds_per_epoch)
             for one in study().runs]  # fmt: skip
    found = trade_offs(results_of(timed, NAMES))
    assert found is not None
    assert list(found.fronts) == ["seconds"]
    assert math.isnan(found.best[0].parameters)


def test_nothing_is_fitted_where_the_runs_say_no_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FittedRecipes", None)
    bare = [run(one.on, one.value or 0) for one in study().runs]
    assert trade_offs(results_of(bare, NAMES)) is None
    assert trade_offs(results_of([], NAMES)) is None


def test_parameters_are_told_from_the_few_techniques_that_decide_them() -> None:
    def count(row: np.ndarray) -> float:
        return float(50_000 + 1_234 * row[0] - 20_000 * row[3] + 77 * row[0] * row[3])

    rows = design(8, 16, 16).astype(float)
    found = parameter_counts(2 * rows - 1, np.array([count(row) for row in rows]))
    assert found is not None
    assert found.techniques == (0, 3)
    every = np.array(list(product((0.0, 1.0), repeat=8)))
    assert found.of(2 * every - 1).tolist() == [count(row) for row in every]
    held = np.full(8, -1.0)
    assert found.everywhere([3, 5], held).tolist() == [50_000, 30_000, 50_000, 30_000]
    assert parameter_counts(2 * rows - 1, np.full(16, 9.0)) is None
    unseen = parameter_counts(2 * rows[rows[:, 0] + rows[:, 3] < 2] - 1, np.array(
        [count(row) for row in rows[rows[:, 0] + rows[:, 3] < 2]]))  # fmt: skip
    assert unseen is not None
    assert unseen.of(np.ones((1, 8)))[0] == pytest.approx(count(np.ones(8)), rel=0.05)
