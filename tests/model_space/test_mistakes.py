"""Mistakes on test images as a short text, and back."""

import numpy as np
import pytest

from model_space.mistakes import LONGEST, Mistakes


def drawn(images: int, classes: int, wrong: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, images)
    probabilities = random.random((images, classes), dtype=np.float32)
    probabilities[np.arange(images), labels] += random.random(images) > wrong
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("images", "classes"), [(300, 3), (2_000, 700)])
def test_mistakes_come_back(images: int, classes: int) -> None:
    labels, probabilities = drawn(images, classes, 0.4)
    found = Mistakes.of(labels, probabilities)
    named = probabilities.argmax(axis=1)
    np.testing.assert_array_equal(found.classes, labels[named != labels])
    np.testing.assert_array_equal(found.named, named[named != labels])
    text = found.pack()
    assert text is not None
    back = Mistakes.unpack(text)
    np.testing.assert_array_equal(back.classes, found.classes)
    np.testing.assert_array_equal(back.named, found.named)
    np.testing.assert_allclose(back.probabilities, found.probabilities, atol=0.002)


def test_no_mistake_and_too_many() -> None:
    labels, probabilities = drawn(20, 3, 0)
    none = Mistakes.of(labels, probabilities).pack()
    assert none is not None
    assert len(Mistakes.unpack(none).named) == 0
    many = Mistakes.of(*drawn(10_000, 100, 0.8)).pack()
    assert many is not None
    assert len(many) <= LONGEST
    assert Mistakes.of(*drawn(40_000, 100, 0.9)).pack() is None


def test_a_network_that_gives_nan_is_sure_of_nothing() -> None:
    text = Mistakes.of(np.array([0, 1, 2]), np.full((3, 3), np.nan)).pack()
    assert text is not None
    assert Mistakes.unpack(text).probabilities.tolist() == [0, 0]


@pytest.mark.parametrize("text", ["", "3", "3:!", "3:AAAA", "x:eJwDAAAAAAE=", "-1:eJwDAAAAAAE=",
                                  "2:eJwDAAAAAAE="])  # fmt: skip
def test_another_programs_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"mistakes|invalid literal"):
        Mistakes.unpack(text)
