"""Runs in a trainer that has trained others, against the same runs in a new one, to the last bit.

Some larger sets of techniques by default, and with `--thorough` every pair of the article's, and
pairs of newer ones. It holds on JAX too, where compiling takes minutes: KERAS_BACKEND=jax.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from model_space.budget import Budget
from model_space.data import Data, load
from model_space.recipe import Recipe
from model_space.techniques import SETS, usual
from model_space.training.trainer import Trainer
from tests.support.shallow import SHALLOW

pytestmark = pytest.mark.numeric

BUDGET = Budget(epochs=2, batch_size=20, width=0.03)
NEWER = ("cutmix", "label_smoothing", "squeeze_excitation", "stochastic_depth", "weight_ema")
SETS_OF_SEVERAL = (
    ("augmentation", "batch_norm", "residual", "dropout", "mixup", "amsgrad"),
    ("late_widening", "global_pooling", "cutmix", "stochastic_depth", "weight_ema"),
)
PAIRS = (*combinations(SETS["article"], 2), *combinations(NEWER, 2))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    several = (*SETS_OF_SEVERAL, *PAIRS) if _is_thorough(metafunc.config) else SETS_OF_SEVERAL
    metafunc.parametrize("techniques", several, ids="+".join)


def _is_thorough(config: pytest.Config) -> bool:
    return bool(config.getoption("--thorough"))


@pytest.fixture(scope="module")
def data() -> Data:
    return load("digits", train_size=40, validation=20)


@pytest.fixture(scope="module")
def used(data: Data, request: pytest.FixtureRequest) -> Trainer:
    """A trainer that has trained every set once, with other dials and another seed."""
    trainer = Trainer(data, SHALLOW)
    for techniques in (*SETS_OF_SEVERAL, *(PAIRS if _is_thorough(request.config) else ())):
        others = {name: {dial: 0.5 * value for dial, value in dials.items()}
                  for name, dials in usual(techniques).items()}  # fmt: skip
        trainer.train(others, BUDGET, 2, lambda *_: True)
    return trainer


def trained(trainer: Trainer, recipe: Recipe) -> list[np.ndarray]:
    """Weights, optimizer slots and random states after a run."""
    trainer.train(recipe, BUDGET, 1, lambda *_: True)
    return trainer._compiled[SHALLOW.structure(recipe, BUDGET)].values()


def test_a_run_after_others_is_the_run_alone(
    techniques: tuple[str, ...], used: Trainer, data: Data
) -> None:
    recipe, known = usual(techniques), used.networks
    new = trained(Trainer(data, SHALLOW), recipe)
    found = trained(used, recipe)
    assert used.networks == known, "it was to find its network"
    assert any(np.abs(value).sum() > 0 for value in found)
    for value, expected in zip(found, new, strict=True):
        np.testing.assert_array_equal(value, expected)
