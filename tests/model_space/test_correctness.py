"""Packing which images a network names right."""

import numpy as np
import pytest

from model_space.correctness import MOST_IMAGES, pack, unpack


@pytest.mark.parametrize("images", [0, 1, 8, 412, 10_000])
def test_what_is_packed_comes_back(images: int) -> None:
    correct = np.random.default_rng(images).random(images) < 0.9
    text = pack(correct)
    assert text is not None
    np.testing.assert_array_equal(unpack(text), correct)


def test_the_text_fits_every_database() -> None:
    noise = np.random.default_rng(0).random(MOST_IMAGES + 1) < 0.5
    text = pack(noise[:-1])
    assert text is not None
    assert len(text) + 2 < 2**16  # MySQL's TEXT, with the quotes of JSON
    assert pack(noise) is None


@pytest.mark.parametrize("text", ["", "3", "3:?", "x:eJwDAAAAAAE=", "9:eJwDAAAAAAE="])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"packed list|invalid literal|is not of"):
        unpack(text)
