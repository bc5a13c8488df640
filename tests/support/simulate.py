"""Runs whose accuracies are computed from known effects, as results hold them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations, compress, count, product
from typing import Any

import numpy as np

from model_space.facts import DataFacts
from search.analysis.effects import Effects, effects, repeated
from search.planning.design import design
from search.results import Results, Run
from tests.support.fakes import EFFECTS

NAMES = tuple(EFFECTS)
_NUMBERS = count()


def run(on: Collection[str], accuracy: float, phase: str = "measure", **more: Any) -> Run:
    """A complete run with some techniques on, and a number of its own."""
    return Run(more.pop("number", next(_NUMBERS)), phase, more.pop("state", "complete"),
               more.pop("params", {}), frozenset(on), accuracy, **more)  # fmt: skip


def value(
    on: Sequence[str],
    effects: dict[str, float],
    pairs: dict[tuple[str, str], float] | None = None,
) -> float:
    """Percent: 70, plus and minus half of each effect and a quarter of each interaction."""
    side = {name: 1 if name in on else -1 for name in effects}
    main = sum(effect * side[name] / 2 for name, effect in effects.items())
    both = sum(b * side[one] * side[two] / 4 for (one, two), b in (pairs or {}).items())
    return 70 + main + both


def values(
    rows: np.ndarray,
    names: Sequence[str],
    effects: dict[str, float],
    pairs: dict[tuple[str, str], float],
) -> np.ndarray:
    """The percent of each row of booleans, which say what is on."""
    recipes = ([*compress(names, row)] for row in rows)
    return np.array([value(on, effects, pairs) for on in recipes])


def simulated(
    rows: np.ndarray,
    seed: int,
    noise: float,
    pairs: dict[tuple[str, str], float] | None = None,
    effects: dict[str, float] = EFFECTS,
) -> list[Run]:
    """One run a row of a design, with normal noise of so many points."""
    random = np.random.default_rng(seed)
    runs = []
    for row in rows:
        on = [*compress(effects, row)]
        points = value(on, effects, pairs) + noise * random.standard_normal()
        runs.append(run(on, points / 100))
    return runs


def repeats_of(
    recipes: Sequence[Sequence[str]], seeds: int, noise: float, phase: str = "confirm"
) -> list[list[Run]]:
    """Groups of runs of one recipe each, on several seeds."""
    random = np.random.default_rng(99)
    return [
        [run(on, (value(on, EFFECTS) + noise * random.standard_normal()) / 100, phase)
         for _ in range(seeds)]
        for on in recipes
    ]  # fmt: skip


def random_pairs(names: Sequence[str], seed: int, spread: float) -> dict[tuple[str, str], float]:
    """An interaction for every pair."""
    random = np.random.default_rng(seed)
    return {pair: float(random.normal(0, spread)) for pair in combinations(names, 2)}


def near_a_ceiling(seed: int, names: Sequence[str]) -> tuple[list[Run], np.ndarray]:
    """Runs of a 64-run design whose logits are a sum of a few effects and pairs, around 95 %.

    And the true share of each recipe, in the order of their products of (-1, 1).
    """
    random, count = np.random.default_rng(seed), len(names)
    main = random.normal(0, 0.5, count) * (random.random(count) < 0.4)
    pairs = np.triu(random.normal(0, 0.25, (count, count)), 1)
    pairs *= random.random(pairs.shape) < 0.15
    noise = 0.05 * random.standard_normal(64)
    rows = np.where(design(count, 64, 64), 1.0, -1.0)
    recipes = np.array([*product((-1.0, 1.0), repeat=count)])
    logits, true = (
        3 + levels @ main + np.sum(levels @ pairs * levels, axis=1) for levels in (rows, recipes)
    )
    shares = 1 / (1 + np.exp(-logits - noise))
    runs = [
        run([*compress(names, row > 0)], float(share))
        for row, share in zip(rows, shares, strict=True)
    ]
    return runs, 1 / (1 + np.exp(-true))


def results_of(runs: Sequence[Run], names: Sequence[str] = NAMES, **more: Any) -> Results:
    """A study of these runs."""
    return Results("s", tuple(names), tuple(runs), **more)


def facts(
    validation: Sequence[int] = (10, 10),
    train: Sequence[int] = (500, 500),
    classes: Sequence[str] | None = None,
) -> DataFacts:
    """Facts of data with so many images of each class to validate on, and to train on."""
    return DataFacts(
        classes=tuple(classes or (f"class {number}" for number in range(len(validation)))),
        image_shape=(32, 32, 3),
        train=sum(train),
        validation=sum(validation),
        test=100,
        class_counts={"train": tuple(train), "validation": tuple(validation)},
    )


def fitted(results: Results, maximize: bool = True) -> Effects:
    """The effects of a study's measured and repeated runs, as at its last look."""
    found = effects(results.of("measure"), results.factors, repeated(results), maximize)
    assert found is not None
    return found
