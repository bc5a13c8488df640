"""The names of keras.applications, and what Keras says of the smallest network itself."""

from pathlib import Path
from typing import Any

import keras
import pytest

from model_space.pretrained.catalogue import APPLICATIONS, SMALLEST, find
from model_space.pretrained.weights import kept_by_keras

SMALL = APPLICATIONS[0]
SIZE = (SMALLEST, SMALLEST)


@pytest.mark.parametrize("name", ["MobileNetV3Small", "mobilenet_v3_small", "mobilenetv3-SMALL"])
def test_a_network_is_found_by_its_name_however_it_is_written(name: str) -> None:
    assert find(name) is SMALL
    assert find("mobilenet_v3") is None


def test_keras_has_the_network_its_smallest_image_and_its_weights_where_we_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, str]] = []

    def download(name: str, origin: str, **options: Any) -> None:
        asked.append((name, origin))
        raise InterruptedError

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", download)
    monkeypatch.setenv("KERAS_HOME", "/keras")
    with pytest.raises(InterruptedError), pytest.warns(UserWarning, match="224"):
        getattr(keras.applications, SMALL.name)(
            include_top=False, weights="imagenet", input_shape=(*SIZE, 3)
        )
    [(name, origin)] = asked
    assert kept_by_keras(SMALL) == Path("/keras/models") / name
    assert origin == f"https://storage.googleapis.com/tensorflow/keras-applications/{SMALL.file}"
    with pytest.raises(ValueError, match="at least 32"):
        getattr(keras.applications, SMALL.name)(
            include_top=False, weights=None, input_shape=(SMALLEST - 1, SMALLEST - 1, 3)
        )
