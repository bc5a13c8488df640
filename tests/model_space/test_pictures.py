"""Small pictures as text."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from model_space.pictures import SIDE, SOUND_SIDE, Picture, picture


def decoded(one: Picture) -> np.ndarray:
    image = Image.open(io.BytesIO(base64.b64decode(one.url.partition(",")[2])))
    assert image.size == (one.width, one.height)
    return np.asarray(image.convert("RGB"))


def test_small_images_keep_their_size_and_look() -> None:
    image = (np.indices((8, 9, 3)).sum(axis=0) * 10).astype(np.uint8)
    shown = decoded(picture(image))
    assert shown.shape == image.shape
    assert np.abs(shown.astype(int) - image).max() <= 12
    np.testing.assert_array_equal(decoded(picture(image / np.float32(255))), shown)


def test_large_images_become_small_and_keep_their_proportions() -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 600, 3), dtype=np.uint8)
    one = picture(image)
    assert (one.width, one.height) == (SIDE, SIDE // 2)
    assert len(one.url) < 4_000


def test_a_sound_has_its_low_pitches_at_the_bottom() -> None:
    mel = np.zeros((40, 256, 1), np.uint8)
    mel[:10] = 255
    one = picture(mel, sound=True)
    assert (one.width, one.height) == (SOUND_SIDE, 20)
    shown = decoded(one)
    assert shown[-3:].min() > 200
    assert shown[:10].max() < 50


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.org/x.png",
        "data:text/html;base64,AAAA",
        'data:image/png;base64,AA"onerror="x',
    ],
)
def test_a_url_that_is_no_image_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no image"):
        Picture(url, 1, 1)
