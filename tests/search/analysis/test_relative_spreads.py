"""How far interactions of two parameters spread beside those of others."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from search.analysis.model import Model
from search.analysis.relative_spreads import with_spreads

pytestmark = pytest.mark.numeric


def model_of(products: Sequence[np.ndarray]) -> Model:
    named = {(f"{at}", "rate"): one for at, one in enumerate(products)}
    constant = np.ones((len(products[0]), 1))
    return Model((), constant, constant.T / len(constant), (), True, len(constant) - 1,
                 random_pairs=True, products=named)  # fmt: skip


def lengths(products: Iterable[np.ndarray]) -> np.ndarray:
    return np.array([float(np.sqrt(np.mean(one**2))) for one in products])


def test_interactions_that_are_there_spread_as_far_as_they_do() -> None:
    true = np.array([3.0, 1.0, 0.3])
    random = np.random.default_rng(0)
    found = []
    for _ in range(20):
        products = tuple(random.standard_normal((200, 12)) for _ in true)
        values = random.standard_normal(200)
        for one, spread in zip(products, true, strict=True):
            values += one @ (spread * random.standard_normal(12))
        model = model_of(products)
        found.append(lengths(with_spreads(model, values).products.values()) / lengths(products))
    mean = np.exp(np.mean(np.log(found), axis=0))
    # Beside their geometric mean; the least is drawn to it.
    assert mean == pytest.approx(true / np.exp(np.mean(np.log(true))), rel=0.3)


def test_a_block_of_one_is_no_outlier_by_chance() -> None:
    random = np.random.default_rng(0)
    ratios = []
    for _ in range(50):
        products = tuple(random.standard_normal((60, 1)) for _ in range(10))
        values = random.standard_normal(60)
        scaled = with_spreads(model_of(products), values).products.values()
        found = lengths(scaled) / lengths(products)
        ratios.append(found.max() / found.min())
    assert np.median(ratios) < 3


def test_the_pairs_of_techniques_keep_their_scale() -> None:
    random = np.random.default_rng(0)
    products = (random.standard_normal((40, 2)),)
    model = replace(model_of(products), products={})
    assert with_spreads(model, random.standard_normal(40)) is model
    constant = model_of(products)
    (same,) = with_spreads(constant, np.zeros(40)).products.values()
    assert same == pytest.approx(products[0])
