"""The parts of augmentation, beside the same in numpy, written out pixel by pixel."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from model_space.components.layers import (
    RandomAffine,
    RandomColor,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomShift,
)

pytestmark = pytest.mark.numeric
HEIGHT, WIDTH = 11, 14
Place = Callable[[float, float], tuple[float, float]]
"""Where, as x and y, the pixel at x and y is taken from."""


@pytest.fixture(autouse=True)
def seeded() -> None:
    keras.utils.set_random_seed(5)


def pictures(count: int, channels: int = 3) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.random((count, HEIGHT, WIDTH, channels)).astype(np.float32)


def taken(image: np.ndarray, place: Place) -> np.ndarray:
    """Take each pixel from its place, between four pixels, and beyond the edges from these."""
    made = np.zeros_like(image)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            at_x, at_y = place(x, y)
            left, top = int(np.floor(at_x)), int(np.floor(at_y))
            for row, weight_y in ((top, 1 - (at_y - top)), (top + 1, at_y - top)):
                for column, weight_x in ((left, 1 - (at_x - left)), (left + 1, at_x - left)):
                    inside = image[min(max(row, 0), HEIGHT - 1), min(max(column, 0), WIDTH - 1)]
                    made[y, x] += weight_y * weight_x * inside
    return made


def draws(layer: keras.Layer, shape: tuple[int, ...], low: float = 0.0) -> np.ndarray:
    """What the layer draws next, and the layer as it was."""
    state = layer.seed_generator.state.numpy()
    drawn = np.asarray(keras.random.uniform(shape, low, 1.0, seed=layer.seed_generator))
    layer.seed_generator.state.assign(state)
    return drawn


def test_a_flip_mirrors_as_many_as_its_probability_says() -> None:
    dial = keras.Variable(0.0, trainable=False)
    layer, images = RandomFlip(dial), pictures(900)
    np.testing.assert_array_equal(layer(images), images)
    dial.assign(0.3)
    made = np.asarray(layer(images))
    mirrored = (made != images).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(made[mirrored], images[mirrored, :, ::-1])
    assert mirrored.mean() == pytest.approx(0.3, abs=0.05)


def test_a_shift_moves_across_and_down() -> None:
    dial = keras.Variable(0.0, trainable=False)
    layer, images = RandomShift(dial), pictures(4)
    np.testing.assert_allclose(layer(images), images, atol=1e-6)
    dial.assign(0.4)
    across, down = 0.4 * draws(layer, (2, 4), -1.0)
    for image, made, x_by, y_by in zip(
        images, np.asarray(layer(images)), across, down, strict=True
    ):

        def place(x: float, y: float, a: float = x_by, d: float = y_by) -> tuple[float, float]:
            return x - a * WIDTH, y - d * HEIGHT

        np.testing.assert_allclose(made, taken(image, place), atol=1e-4)


def test_a_rotation_turns_about_the_centre() -> None:
    dial = keras.Variable(0.0, trainable=False)
    layer, images = RandomRotation(dial), pictures(4)
    np.testing.assert_allclose(layer(images), images, atol=1e-5)
    dial.assign(40.0)
    turns = np.deg2rad(40.0 * draws(layer, (4,), -1.0))
    middle = complex((WIDTH - 1) / 2, (HEIGHT - 1) / 2)
    for image, made, turn in zip(images, np.asarray(layer(images)), turns, strict=True):

        def place(x: float, y: float, turn: float = turn) -> tuple[float, float]:
            at = (complex(x, y) - middle) * np.exp(1j * turn) + middle
            return at.real, at.imag

        np.testing.assert_allclose(made, taken(image, place), atol=1e-4)


def test_a_crop_stretches_a_part_to_the_whole() -> None:
    dial = keras.Variable(0.0, trainable=False)
    layer, images = RandomCrop(dial), pictures(6)
    dial.assign(0.92)
    area, shape, left, top = draws(layer, (4, 6))
    area = 1 - 0.92 * area
    aspect = (3 / 4) ** (1 - shape) * (4 / 3) ** shape
    across, down = np.minimum(np.sqrt(area * aspect), 1), np.minimum(np.sqrt(area / aspect), 1)
    parts = across, down, left * (1 - across) * WIDTH, top * (1 - down) * HEIGHT
    for image, made, w, h, first, above in zip(
        images, np.asarray(layer(images)), *parts, strict=True
    ):
        assert 0 <= first <= WIDTH - w * WIDTH + 1e-5

        def place(
            x: float, y: float, sides: tuple[float, float] = (w, h),
            begin: tuple[float, float] = (first, above),
        ) -> tuple[float, float]:  # fmt: skip
            return (
                begin[0] + (x + 0.5) * sides[0] - 0.5,
                begin[1] + (y + 0.5) * sides[1] - 0.5,
            )

        np.testing.assert_allclose(made, taken(image, place), atol=1e-4)


def test_a_color_changes_brightness_then_contrast_then_colour() -> None:
    dial = keras.Variable(0.0, trainable=False)
    layer, images = RandomColor(dial), pictures(50)
    np.testing.assert_allclose(layer(images), images, atol=1e-6)
    dial.assign(0.9)
    factors = 1 + 0.9 * draws(layer, (3, 50, 1, 1, 1), -1.0)
    assert factors.min() < 0.3
    assert factors.max() > 1.7
    luma = np.array([0.299, 0.587, 0.114])
    expected = images.astype(float)
    for step, factor in enumerate(factors):
        grey = (expected * luma).sum(axis=-1, keepdims=True)
        away = (0 * grey, grey.mean(axis=(1, 2), keepdims=True), grey)[step]
        expected = np.clip(away + factor * (expected - away), 0, 1)
    np.testing.assert_allclose(layer(images), expected, atol=1e-5)
    one_channel = pictures(3, channels=1)
    assert (np.asarray(layer(one_channel)) != one_channel).any()


def test_flip_shift_and_rotation_one_after_another_are_augmentation() -> None:
    """By the same draws: the three interpolate twice, so of a smooth image."""
    y, x = np.mgrid[:48, :48] / 48
    slope = np.stack([x, y, (x + y) / 2], axis=-1)[np.newaxis].repeat(5, axis=0).astype(np.float32)
    whole = RandomAffine(degrees=20, shift=0.2)
    turn, across, down, side = draws(whole, (4, 5), -1.0)
    expected = np.asarray(whole(slope))
    for at in range(5):
        images = slope[at : at + 1]
        if side[at] < 0:
            images = images[:, :, ::-1]
        for layer, drawn in ((RandomShift(0.2), [[across[at]], [down[at]]]),
                             (RandomRotation(20.0), [turn[at]])):  # fmt: skip
            uniform = keras.random.uniform
            keras.random.uniform = lambda *_, _drawn=drawn, **__: np.array(_drawn, np.float32)
            try:
                images = np.asarray(layer(images))
            finally:
                keras.random.uniform = uniform
        np.testing.assert_allclose(
            images[0, 14:-14, 14:-14], expected[at, 14:-14, 14:-14], atol=1e-3
        )


@pytest.mark.parametrize(
    "make", [lambda: RandomFlip(0.5), lambda: RandomShift(0.2), lambda: RandomRotation(20.0),
             lambda: RandomCrop(0.5), lambda: RandomColor(0.5)],
)  # fmt: skip
def test_a_seed_reproduces_the_draws_which_differ_from_image_to_image(
    make: Callable[[], keras.Layer],
) -> None:
    images = pictures(1).repeat(20, axis=0)
    made = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        layer = make()
        made.append([np.asarray(layer(images)) for _ in range(2)])
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0][0] != made[0][1]).any()  # anew in every batch
    assert (made[0][0] != made[2][0]).any()
    assert len(np.unique(made[0][0].reshape(20, -1), axis=0)) > 1
