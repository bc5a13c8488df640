import threading
import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
import pytest
from scipy import stats

from model_space.budget import Budget
from model_space.data import load
from model_space.stages import Stages
from model_space.techniques import compose
from model_space.training import batches
from model_space.training.batches import ahead, as_batch, orders, shards
from model_space.training.trainer import Trainer

pytestmark = pytest.mark.numeric

ALL = {"augmentation": {}, "mixup": {"alpha": 1.0}}


def black_and_white(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Images that are black where their label is 0 and white where it is 1."""
    labels = np.arange(n) % 2
    return np.broadcast_to(
        (255 * labels).astype(np.uint8)[:, None, None, None], (n, 8, 8, 1)
    ), labels


def epochs(
    images: np.ndarray, labels: np.ndarray, classes: int, stages: Stages, batch: int, seed: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The images and labels of one epoch after another, as a run trains on them."""
    augments, mixes = ([build() for build in stage] for stage in (stages.augment, stages.mix))
    for order in orders(len(images), seed):
        x, y = [], []
        for start in range(0, len(images), batch):
            rows = order[start : start + batch]
            taken = as_batch(images[rows], labels[rows], classes)
            for augment in augments:
                taken["images"] = augment(taken["images"])
            for mix in mixes:
                taken = mix(taken)
            x.append(np.asarray(taken["images"]))
            y.append(np.asarray(taken["labels"]))
        yield np.concatenate(x), np.concatenate(y)


def test_mixup_mixes_images_and_labels_with_the_same_weights() -> None:
    mixup = compose({"mixup": {"alpha": 1.0}})
    images, labels = next(epochs(*black_and_white(64), 2, mixup, 32))
    white = labels[:, 1]
    assert ((white > 0.05) & (white < 0.95)).sum() > 10
    np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), white, atol=1e-5)
    np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-5)


def test_mixup_draws_anew_every_epoch() -> None:
    mixup = compose({"mixup": {"alpha": 1.0}})
    trained = epochs(*black_and_white(64), 2, mixup, 32)
    (_, first), (_, second) = next(trained), next(trained)
    assert not np.allclose(np.sort(first[:, 1]), np.sort(second[:, 1]))


def test_mixups_weights_follow_the_beta_distribution() -> None:
    alpha = 0.2
    [build] = compose({"mixup": {"alpha": alpha}}).mix
    # Sorted classes and a random partner: a white image's weight is read off its label.
    labels = np.repeat(np.eye(2, dtype=np.float32), 5000, axis=0)
    batch = {"images": np.zeros((10000, 1, 1, 1), np.float32), "labels": labels}
    mixed = np.asarray(build()(batch)["labels"])[:5000, 0]
    weights = mixed[mixed < 1]  # those whose partner was of the other class
    assert abs(weights.mean() - 0.5) < 0.04
    assert abs(weights.var() - 1 / (4 * (2 * alpha + 1))) < 0.02


def test_each_epoch_holds_every_image_once_in_a_new_order() -> None:
    images = np.arange(100, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 1), np.uint8)
    labels = np.zeros(100, int)
    trained = epochs(images, labels, 2, Stages(), 32)
    first, second = (next(trained)[0][:, 0, 0, 0] for _ in range(2))
    assert sorted(first) == sorted(second)
    np.testing.assert_allclose(sorted(first), np.arange(100) / 255, atol=1e-6)
    assert (first != second).any()


def test_an_epochs_order_follows_from_the_seed() -> None:
    first, again, other = orders(50, 7), orders(50, 7), orders(50, 8)
    for _ in range(3):
        order = next(first)
        np.testing.assert_array_equal(order, next(again))
        assert (order != next(other)).any()


def test_augmentation_changes_training_images_and_their_labels_stay() -> None:
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (40, 16, 16, 3), np.uint8), np.arange(40) % 4
    (x, y), (augmented_x, augmented_y) = (
        next(epochs(images, labels, 4, stages, 40, seed=3))
        for stages in (Stages(), compose({"augmentation": {}}))
    )
    np.testing.assert_array_equal(y, augmented_y)
    assert np.abs(x - augmented_x).mean(axis=(1, 2, 3)).min() > 0.01
    assert augmented_x.min() >= 0
    assert augmented_x.max() <= 1 + 1e-6  # weights of neighbours, rounded, may sum to more than 1


def by_keras(images: np.ndarray) -> np.ndarray:
    """The same augmentation by three of Keras' layers."""
    layers = keras.layers
    for layer in (
        layers.RandomFlip("horizontal"),
        layers.RandomTranslation(0.2, 0.2, fill_mode="nearest"),
        layers.RandomRotation(20 / 360, fill_mode="nearest"),
    ):
        images = layer(images)
    return np.asarray(images)


def by_kouka(images: np.ndarray) -> np.ndarray:
    [build] = compose({"augmentation": {}}).augment
    return np.asarray(build()(images))


@pytest.mark.parametrize("augment", [by_keras, by_kouka])
def test_augmentation_turns_shifts_and_flips_uniformly(
    augment: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Three spots, one a channel, tell how an image was moved; Keras' layers are the oracle."""
    keras.utils.set_random_seed(3)
    at = np.arange(61) - 30
    spots = [(0, 0), (9, 0), (0, 9)]  # across and down from the centre
    image = np.stack(
        [np.exp(-((at - x) ** 2 + (at[:, None] - y) ** 2) / 8) for x, y in spots], axis=-1
    )
    moved = augment(np.repeat(image[None].astype(np.float32), 1500, axis=0))
    weight = moved.sum(axis=(1, 2))
    x = (moved.sum(axis=1) * at[:, None]).sum(axis=1) / weight
    y = (moved.sum(axis=2) * at[:, None]).sum(axis=1) / weight
    across, down = (np.stack([x[:, n] - x[:, 0], y[:, n] - y[:, 0]]) for n in (1, 2))
    flips = np.sign(across[0] * down[1] - across[1] * down[0])
    turn = np.arctan2(flips * across[1], flips * across[0])
    shift_x = x[:, 0] * np.cos(turn) + y[:, 0] * np.sin(turn)  # before the turn
    shift_y = y[:, 0] * np.cos(turn) - x[:, 0] * np.sin(turn)
    np.testing.assert_allclose(np.hypot(*across), 9, rtol=0.02)
    assert abs((flips > 0).mean() - 0.5) < 0.05
    for found, most in ((np.degrees(turn), 20), (shift_x, 0.2 * 61), (shift_y, 0.2 * 61)):
        uniform = stats.uniform(-most, 2 * most)
        assert stats.kstest(found, uniform.cdf).pvalue > 0.001
        assert stats.kstest(found, stats.uniform(-0.9 * most, 1.8 * most).cdf).pvalue < 0.001


def test_augmentation_fills_with_the_nearest_pixels() -> None:
    columns = np.linspace(0.2, 0.8, 32, dtype=np.float32)
    images = np.broadcast_to(columns[None, None, :, None], (200, 32, 32, 1))
    moved = by_kouka(images)
    assert moved.min() == pytest.approx(0.2)
    assert moved.max() == pytest.approx(0.8)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_images_are_read_as_floats_and_labels_one_hot(dtype: type) -> None:
    images = np.random.default_rng(0).random((70, 4, 4, 1))
    images = (images * 255).astype(dtype) if dtype is np.uint8 else images.astype(dtype)
    labels = np.arange(70) % 3
    batch = as_batch(images, labels, 3)
    expected = images / (255 if dtype is np.uint8 else 1)
    np.testing.assert_allclose(batch["images"], expected, atol=1e-6)
    np.testing.assert_array_equal(batch["labels"], np.eye(3)[labels])


def test_shards_are_whole_batches_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = np.arange(90, dtype=np.uint8)[:, None, None, None], np.arange(90)
    monkeypatch.setattr(batches, "_SHARD_BYTES", 40)  # an image is a byte
    order = next(orders(90, 3))
    cut = list(shards((images, labels), 16, order))
    assert [len(y) for _, y in cut] == [32, 32, 26]
    np.testing.assert_array_equal(np.concatenate([y for _, y in cut]), order)
    for x, y in cut:
        np.testing.assert_array_equal(x.ravel(), y)
    np.testing.assert_array_equal(
        np.concatenate([y for _, y in shards((images, labels), 7)]), labels
    )
    assert [len(y) for _, y in shards((images, labels), 100)] == [90]


def test_one_item_is_made_ahead_and_no_more() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for item in range(5):
            made.append(item)
            yield item

    taken = ahead(items())
    for item in taken:
        deadline = time.monotonic() + 60
        while len(made) < min(5, item + 2) and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.01)
        assert made == list(range(min(5, item + 2)))
    assert len(made) == 5


def test_what_is_made_ahead_is_not_waited_for_at_the_end() -> None:
    """A wait within the start of a thread, where garbage may be collected, never ended."""
    last = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        last.wait()
        yield 2

    taken = ahead(items())
    assert next(taken) == 1
    closing = threading.Thread(target=taken.close, daemon=True)
    closing.start()
    closing.join(30)
    waits = closing.is_alive()
    last.set()
    assert not waits


def test_a_run_that_is_over_leaves_no_thread() -> None:
    """Nor does one that has failed, while its error refers to it."""
    trainer = Trainer(load("digits", train_size=64, validation=60))
    before = set(threading.enumerate())
    trainer.train({}, Budget(epochs=1), 0, lambda epoch, value: True)
    with pytest.raises(ZeroDivisionError) as failed:
        trainer.train({}, Budget(epochs=2), 0, lambda epoch, value: bool(1 / 0))
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
    assert failed.value.__traceback__ is not None
    assert set(threading.enumerate()) <= before


def test_an_error_in_what_is_made_ahead_is_raised_where_it_is_used() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    taken = ahead(items())
    assert next(taken) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(taken)
