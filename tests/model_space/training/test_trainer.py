import itertools
import math
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.metrics import balanced_accuracy_score, log_loss

from model_space.budget import Budget
from model_space.correctness import unpack
from model_space.custom import registry as registries
from model_space.custom.registry import Registry
from model_space.data import Data, load
from model_space.mistakes import Mistakes
from model_space.outcome import Outcome
from model_space.recipe import Recipe
from model_space.stages import Stages
from model_space.techniques import SETS, batch_norm, usual
from model_space.training import backends, batches, compiled
from model_space.training.batches import orders
from model_space.training.scorers import scorer
from model_space.training.trainer import Trainer
from tests.support.scores import share_right
from tests.support.shallow import SHALLOW

pytestmark = pytest.mark.numeric

SMALL = Budget(epochs=2, batch_size=32, width=0.1)
ALL_ON = {
    "augmentation": {}, "batch_norm": {}, "residual": {}, "late_widening": {},
    "global_pooling": {}, "dropout": {"rate": 0.2}, "mixup": {"alpha": 0.2}, "amsgrad": {},
}  # fmt: skip
EVERY_KIND = {
    **usual([name for name in SETS["all"] if name != "deeper"]),
    "weight_ema": {"momentum": 0.2},  # what a few steps reach
}
"""All techniques but the one that only has more of the same blocks, and takes long to trace."""


@pytest.fixture(scope="module")
def data() -> Data:
    """Four batches: on JAX all of one size, as each other one is compiled for by itself."""
    size = 96 if keras.backend.backend() == "jax" else 100
    return load("digits", train_size=size, validation=60)


def run_of(
    trainer: Trainer, recipe: Recipe, seed: int = 1, budget: Budget = SMALL
) -> tuple[Outcome, list[float]]:
    """What a run comes to, but for its time, and its objective by epoch."""
    curve: list[float] = []

    def report(epoch: int, value: float) -> bool:
        assert epoch == len(curve) + 1
        curve.append(value)
        return True

    return without_time(trainer.train(recipe, budget, seed, report)), curve


@pytest.fixture(scope="module")
def all_on(data: Data) -> tuple[Trainer, Outcome, list[float]]:
    """A trainer that has trained one run, of all the article's techniques, and that run."""
    trainer = Trainer(data, SHALLOW)
    return trainer, *run_of(trainer, ALL_ON)


def only(trainer: Trainer) -> compiled.CompiledRun:
    """The one network that it keeps."""
    [kept] = trainer._compiled.values()
    return kept


def variables(trainer: Trainer) -> list[np.ndarray]:
    """Weights, optimizer slots and random states."""
    return only(trainer).values()


def without_time(outcome: Outcome) -> Outcome:
    return replace(outcome, seconds_per_epoch=0)


def test_a_seed_reproduces_a_run_and_another_does_not(
    data: Data, all_on: tuple[Trainer, Outcome, list[float]]
) -> None:
    _, first, curve = all_on
    trainer = Trainer(data, SHALLOW)
    second, again = run_of(trainer, ALL_ON)
    assert curve == again
    assert first == second
    assert run_of(trainer, ALL_ON, seed=2)[1] != curve


def test_pictures_and_details_change_nothing_in_a_run(
    all_on: tuple[Trainer, Outcome, list[float]], data: Data
) -> None:
    trainer, before, _ = all_on
    strips = trainer.strips(ALL_ON)
    assert [(one.technique, one.mixes) for one in strips] == [
        ("", False), ("augmentation", False), ("mixup", True)
    ]  # fmt: skip
    assert [one.shares for one in strips[0].images] == [((label, 1.0),) for label in range(8)]
    for drawn in strips[2].images:
        assert sum(share for _, share in drawn.shares) == pytest.approx(1, abs=0.02)
    outcome = trainer.train(ALL_ON, SMALL, 1, lambda *_: True, detailed=True)
    plain = replace(outcome, test_mistakes=None, training=None)
    assert without_time(plain) == before
    assert outcome.test_mistakes is not None
    assert outcome.test_correct is not None
    labels = data.test[1][~unpack(outcome.test_correct)]
    np.testing.assert_array_equal(Mistakes.unpack(outcome.test_mistakes).classes, labels)
    assert outcome.training is not None
    assert len(outcome.training) == SMALL.epochs
    assert trainer.strips(ALL_ON) == strips
    first, second = trainer.test_pictures([3, 0])
    assert second == trainer.test_pictures([0])[0] != first


def test_the_outcome_is_the_last_epochs_and_a_run_that_is_told_to_stop_does(data: Data) -> None:
    curve: list[float] = []
    trainer = Trainer(data, SHALLOW)
    outcome = trainer.train({}, SMALL, 1, lambda _, accuracy: not curve.append(accuracy))  # type: ignore[func-returns-value]
    assert len(curve) == 2
    assert outcome.objective == curve[-1]
    assert outcome.test_accuracy is not None
    assert 0 <= outcome.test_accuracy <= 1
    assert outcome.seconds_per_epoch > 0
    assert not outcome.diverged
    epochs = []

    def report(epoch: int, accuracy: float) -> bool:
        epochs.append(epoch)
        return False

    outcome = trainer.train({}, SMALL, 1, report)
    assert epochs == [1]
    assert outcome.objective == curve[0]
    assert outcome.test_accuracy is None


@pytest.mark.parametrize(
    ("name", "chance"),
    [("accuracy", 0.1), ("balanced_accuracy", 0.1), ("neg_log_loss", -math.log(10))],
)
def test_a_diverged_run_counts_at_chance_level(
    name: str, chance: float, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Stages(schedule=lambda steps: 1e38)
    monkeypatch.setattr(registries, "compose", lambda recipe, techniques: broken)
    outcome, curve = run_of(Trainer(data, SHALLOW, scorer(name)), {})
    assert outcome.diverged
    assert outcome.objective == chance == curve[-1]
    assert outcome.test_objective == (None if name == "accuracy" else pytest.approx(chance))


def test_a_run_whose_last_step_broke_it_counts_at_chance_level(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its loss was a number still, and its probabilities are none."""

    def broken(*arguments: Any) -> Any:
        compiled: Any = backends.loops(*arguments)
        compiled.train = lambda shard, first, last: 1.0
        compiled.probabilities = lambda shard: np.full((len(shard[1]), 10), np.nan)
        return compiled

    monkeypatch.setattr(compiled, "loops", broken)
    trainer = Trainer(data, scorer=scorer("neg_log_loss"))
    outcome = trainer.train({}, SMALL, 1, lambda epoch, value: True)
    assert outcome.diverged
    assert outcome.objective == outcome.test_objective == -math.log(10)


@pytest.mark.parametrize(("recipe", "amsgrad"), [({}, False), ({"amsgrad": {}}, True)])
def test_amsgrad_reaches_the_optimizer(
    recipe: dict[str, dict[str, float]], amsgrad: bool, data: Data
) -> None:
    trainer = Trainer(data, SHALLOW)
    trainer.train(recipe, replace(SMALL, epochs=1), 1, lambda epoch, accuracy: True)
    used = only(trainer).optimizer
    assert isinstance(used, keras.optimizers.Adam)
    assert used.amsgrad is amsgrad
    assert float(used.learning_rate.numpy()) == pytest.approx(1e-3)
    if amsgrad:
        assert any(np.abs(v.numpy()).sum() > 0 for v in used._velocity_hats)


@pytest.mark.jax
def test_validation_and_test_images_are_neither_augmented_nor_mixed(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both accuracies are those of the images as they are, however they are batched."""
    monkeypatch.setattr(backends, "EVALUATION_BATCH", 7)
    monkeypatch.setattr(compiled, "EVALUATION_BATCH", 7)
    trainer = Trainer(data, SHALLOW)
    outcome = trainer.train(ALL_ON, SMALL, 1, lambda epoch, accuracy: True)
    assert_judged(outcome, trainer, data)


def test_nor_are_they_where_they_are_one_batch(
    data: Data, all_on: tuple[Trainer, Outcome, list[float]]
) -> None:
    trainer, outcome, _ = all_on
    assert_judged(outcome, trainer, data)


def assert_judged(outcome: Outcome, trainer: Trainer, data: Data) -> None:
    """By the shares of the validation and of the test images that its network names rightly."""
    for found, part in ((outcome.objective, data.validation), (outcome.test_accuracy, data.test)):
        assert found is not None
        least, most = share_right(scores_of(trainer, part[0]), part[1])
        assert least <= found <= most


def scores_of(trainer: Trainer, images: np.ndarray) -> np.ndarray:
    return np.asarray(only(trainer).network(images / 255, training=False))


@pytest.fixture(scope="module")
def uneven(data: Data) -> Data:
    """Validation and test images of which some classes are rare."""
    kept = np.array([1, 0.1, 0.5, 1, 0.3, 1, 0.1, 1, 1, 1])

    def cut(labels: np.ndarray) -> np.ndarray:
        rank = np.array([(labels[:at] == label).sum() for at, label in enumerate(labels)])
        return np.asarray(rank < np.ceil(kept[labels] * np.bincount(labels)[labels]))

    parts = [(images[cut(labels)], labels[cut(labels)]) for images, labels in
             (data.validation, data.test)]  # fmt: skip
    return replace(data, validation=parts[0], test=parts[1])


@pytest.mark.parametrize(
    "name", ["balanced_accuracy", pytest.param("neg_log_loss", marks=pytest.mark.jax)]
)
def test_another_objective_is_scikit_learns_of_what_the_network_says(
    name: str, uneven: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the images are batched, and in however many shards they come."""
    monkeypatch.setattr(backends, "EVALUATION_BATCH", 16)
    monkeypatch.setattr(compiled, "EVALUATION_BATCH", 16)
    trainer, longer = Trainer(uneven, SHALLOW, scorer(name)), replace(SMALL, epochs=8)
    outcome, curve = run_of(trainer, {"residual": {}, "amsgrad": {}}, budget=longer)
    found = ((outcome.objective, None), (outcome.test_objective, outcome.test_accuracy))
    apart = []
    for (value, accuracy), (images, labels) in zip(
        found, (uneven.validation, uneven.test), strict=True
    ):
        assert value is not None
        scores = scores_of(trainer, images)
        named = scores.argmax(axis=1)
        if name == "balanced_accuracy":
            least, most = share_right(scores, labels, balanced=True)
            assert least <= value <= most
            assert least <= balanced_accuracy_score(labels, named) <= most
        else:
            assert value == pytest.approx(-log_loss(labels, scores, labels=range(10)), rel=1e-5)
        least, most = share_right(scores, labels)
        if accuracy is not None:
            assert least <= accuracy <= most
        apart.append(max(least - value, value - most))
    assert max(apart) > 1e-3, "by accuracy it would come to the same"
    assert outcome.objective == curve[-1]
    monkeypatch.setattr(batches, "_SHARD_BYTES", 1)
    images, labels = uneven.validation
    again, correct = only(trainer).judge(scorer(name), uneven.validation)
    least, most = share_right(scores_of(trainer, images), labels)
    assert least <= correct.mean() <= most
    if name == "balanced_accuracy":
        least, most = share_right(scores_of(trainer, images), labels, balanced=True)
        assert least <= again <= most
    else:
        assert again == pytest.approx(curve[-1])


def regularized(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    """A network of which most of the loss is what its layers add."""
    inputs = keras.Input(image_shape)
    x = layers.ActivityRegularization(l1=1e-3)(layers.Conv2D(8, 3, activation="relu")(inputs))
    scores = layers.Dense(
        classes, activation="softmax", kernel_regularizer=keras.regularizers.L2(0.3)
    )(stages.pool(x))
    return keras.Model(inputs, scores)


@pytest.mark.parametrize(
    ("recipe", "registry"),
    [
        ({}, SHALLOW),
        pytest.param({"batch_norm": {}, "residual": {}, "amsgrad": {}}, SHALLOW,
                     marks=pytest.mark.jax),
        pytest.param({}, Registry(build=regularized), marks=pytest.mark.jax),
    ],
)  # fmt: skip
def test_a_run_is_what_keras_own_fit_makes_of_it(
    recipe: Recipe, registry: Registry, data: Data
) -> None:
    """The same weights to begin with, the same images in the same order, two epochs."""
    budget = replace(SMALL, epochs=2)
    reference = compiled.CompiledRun(recipe, data, budget, 5, registry)
    images, labels = data.train[0] / 255, np.eye(10)[data.train[1]]
    initial = [weight.numpy() for weight in reference.network.weights]
    reference.network.compile(
        keras.optimizers.Adam(1e-3, amsgrad="amsgrad" in recipe), "categorical_crossentropy"
    )
    for order in itertools.islice(orders(len(images), 5), 2):
        reference.network.fit(images[order], labels[order], batch_size=32, shuffle=False, verbose=0)
    expected = [weight.numpy() for weight in reference.network.weights]
    trainer = Trainer(data, registry)
    trainer.train(recipe, budget, 5, lambda epoch, accuracy: True)
    trained = [weight.numpy() for weight in only(trainer).network.weights]
    pairs = zip(initial, trained, expected, strict=True)
    off, moved = np.sum([(np.abs(b - c).sum(), np.abs(a - c).sum()) for a, b, c in pairs], axis=0)
    assert moved > 10
    # Adam makes a whole step of a rounding where a gradient is none, as of biases before
    # batch normalization.
    assert off < 0.1 * moved


def test_a_short_run_shows_batch_norm_and_not_its_moving_averages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After 60 steps, validation by the moving averages is near that by batch statistics."""
    data = load("digits", train_size=640, validation=280)
    budget = Budget(epochs=3, batch_size=32, width=0.25)

    def lag() -> float:
        trainer = Trainer(data)
        outcome = trainer.train({"batch_norm": {}}, budget, 1, lambda epoch, accuracy: True)
        images, labels = data.validation
        scores = np.asarray(only(trainer).network(images / 255.0, training=True))
        return float((scores.argmax(axis=1) == labels).mean() - outcome.objective)

    assert lag() < 0.1
    monkeypatch.setattr(batch_norm, "MOMENTUM", 0.99)
    assert lag() > 0.3, "the test no longer sees the artefact that it guards against"


@pytest.mark.jax
def test_validation_and_test_go_by_the_averages_of_the_weights(data: Data) -> None:
    """The averages name another class than the weights do; both follow every step by hand."""
    recipe = {"weight_ema": {"momentum": 0.3}, "batch_norm": {}}
    shared = compiled.CompiledRun(recipe, data, SMALL, 1, SHALLOW)
    weights = shared.network.weights
    [averages] = shared._setup.averages
    kept = averages.variables[1:]
    expected = [np.array(weight.numpy()) for weight in weights]
    shard = shared.put(data.train)
    for step in range(3):
        shared.train(shard, 32 * step, 32 * (step + 1))
        share = min(0.3, (1 + step) / (10 + step))
        expected = [
            share * average + (1 - share) * np.asarray(weight.value)
            for average, weight in zip(expected, weights, strict=True)
        ]
    for average, value in zip(kept, expected, strict=True):
        np.testing.assert_allclose(np.asarray(average.value), value, rtol=1e-4, atol=1e-6)
    moved = [np.abs(np.asarray(w.value) - e).max() for w, e in zip(weights, expected, strict=True)]
    assert max(moved) > 1e-3
    weights[-1].assign(100 * np.eye(10)[5])
    kept[-1].assign(100 * np.eye(10)[3])
    for part in (data.validation, data.test):
        np.testing.assert_array_equal(shared.correct(part), part[1] == 3)
    assert shared.network.weights[-1].numpy()[5] == 100


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Each call of a network by Python, that is, each time it is traced: whether for training."""
    found: list[bool] = []
    original = keras.Model.__call__

    def call(model, x, training=None):  # type: ignore[no-untyped-def]
        found.append(training)
        return original(model, x, training=training)

    monkeypatch.setattr(keras.Model, "__call__", call)
    return found


@pytest.mark.jax
def test_a_network_is_traced_once_and_its_next_run_equals_one_of_a_new_network(
    data: Data, traces: list[bool]
) -> None:
    """With everything on, and all dials changed: whatever a run leaves behind is replaced."""
    # JAX takes a minute to compile them all; tests/on_jax.py turns every dial there.
    first = EVERY_KIND if keras.backend.backend() == "tensorflow" else ALL_ON
    other = {
        name: {dial: 0.5 * value for dial, value in dials.items()} for name, dials in first.items()
    }
    kept = Trainer(data, SHALLOW)
    kept.train(first, SMALL, 1, lambda epoch, accuracy: True)
    assert traces == [True, False]
    before = list(traces)
    run = run_of(kept, other, seed=2)
    assert traces == before
    assert kept.networks == 1
    new = Trainer(data, SHALLOW)
    assert run == run_of(new, other, seed=2)
    for value, expected in zip(variables(kept), variables(new), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_run_that_was_cut_short_leaves_nothing_to_the_next(
    data: Data, all_on: tuple[Trainer, Outcome, list[float]]
) -> None:
    kept = Trainer(data, SHALLOW)
    kept.train(ALL_ON, SMALL, 1, lambda epoch, accuracy: False)
    _, *expected = all_on
    assert run_of(kept, ALL_ON) == tuple(expected)


def test_networks_compute_in_the_precision_of_the_budget_and_nothing_else_does(data: Data) -> None:
    trainer = Trainer(data, SHALLOW)
    recipe = {
        "augmentation": {},
        "batch_norm": {},
        "dropout": {"rate": 0.2},
        "mixup": {"alpha": 0.2},
    }
    outcome = trainer.train(
        recipe, replace(SMALL, precision="mixed_bfloat16"), 1, lambda epoch, accuracy: True
    )
    assert not outcome.diverged
    *hidden, scores = (layer for layer in only(trainer).network.layers if layer.weights)
    assert {layer.compute_dtype for layer in hidden} == {"bfloat16"}
    assert {layer.variable_dtype for layer in hidden} == {"float32"}
    assert scores.compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
    batch = only(trainer)._setup.training_batch(*(each[:5] for each in data.train))
    assert {keras.backend.standardize_dtype(each.dtype) for each in batch.values()} == {"float32"}


def test_a_kept_network_begins_with_weights_distributed_as_a_new_ones(data: Data) -> None:
    """Glorot's uniform distribution, drawn anew for every seed (Glorot & Bengio 2010)."""
    kept = Trainer(data, SHALLOW)
    drawn = []
    for seed in range(20):
        kept._begin({}, SMALL, seed)
        kernel = only(kept).network.layers[3].kernel.numpy()
        drawn.append(kernel.ravel())
    limit = np.sqrt(6 / (kernel.shape[2] + kernel.shape[3]) / np.prod(kernel.shape[:2]))
    values = np.concatenate(drawn) / limit
    assert np.abs(values).max() <= 1
    assert values.var() == pytest.approx(1 / 3, rel=0.1)
    assert len(np.unique(np.round(drawn, 6), axis=0)) == 20


def test_runs_of_two_learning_rates_share_a_network_unless_a_schedule_is_compiled_in(
    data: Data,
) -> None:
    kept, slower = Trainer(data, SHALLOW), replace(SMALL, learning_rate=3e-4)
    kept.train({}, SMALL, 1, lambda epoch, accuracy: True)
    run = run_of(kept, {}, seed=2, budget=slower)
    assert kept.networks == 1
    new = Trainer(data, SHALLOW)
    assert run == run_of(new, {}, seed=2, budget=slower)
    assert run != run_of(new, {}, seed=2)
    kept._begin({"cosine_schedule": {}}, SMALL, 1)
    kept._begin({"cosine_schedule": {}}, slower, 1)
    assert kept.networks == 3


def test_a_network_is_kept_for_each_set_of_techniques_and_size(data: Data) -> None:
    kept = Trainer(data, SHALLOW)
    wider = replace(SMALL, width=0.2)
    for on, budget in (([], SMALL), (["amsgrad"], SMALL), ([], wider), ([], SMALL)):
        kept._begin({name: {} for name in on}, budget, 1)
    assert kept.networks == 3


@pytest.mark.parametrize("technique", ["dropout", "cosine_schedule"])
def test_a_longer_run_equals_one_of_a_new_network(technique: str, data: Data) -> None:
    """It has the network of a shorter one, unless its learning rate follows the steps."""
    recipe, longer = usual([technique]), replace(SMALL, epochs=3)
    kept = Trainer(data, SHALLOW)
    kept.train(recipe, SMALL, 1, lambda epoch, accuracy: True)
    run = run_of(kept, recipe, 2, longer)
    assert kept.networks == (2 if technique == "cosine_schedule" else 1)
    assert run == run_of(Trainer(data, SHALLOW), recipe, 2, longer)
