"""A network's copy of Keras' own layers, and how a model is run for `kouka predict`."""

import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from model_space.budget import Budget
from model_space.data import DataError, load
from model_space.networks.article import build
from model_space.saved.predictor import _run
from model_space.techniques import TECHNIQUES, compose, usual
from model_space.training.compiled import CompiledRun
from model_space.training.plain_keras import plain
from tests.support.scores import clear

# So Keras reads TensorFlow's variables when it copies and saves them.
pytestmark = [
    pytest.mark.numeric,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

EVERYTHING = usual([technique.name for technique in TECHNIQUES])


def test_the_copy_is_of_keras_own_layers_and_names_what_the_network_is_judged_by(
    tmp_path: Path,
) -> None:
    random = np.random.default_rng(0)
    data = load("digits", train_size=100, validation=60)
    traced = CompiledRun(EVERYTHING, data, Budget(epochs=1, batch_size=20, width=0.1), 1)
    for variable in traced.variables:
        if keras.backend.is_float_dtype(variable.dtype):
            factors = random.uniform(0.5, 2, variable.shape)
            if variable.shape[1:] == (10,):  # the last layer's: else its scores lie close together
                factors *= 100
            variable.assign(np.asarray(variable.value) * factors)
    copy = traced.plain()
    images = data.test[0][:100]
    scores = np.asarray(copy(images / np.float32(255), training=False))
    images, named = images[clear(scores)], scores[clear(scores)].argmax(axis=1)
    assert len(images) > 90
    assert len(set(named)) > 1
    assert traced.correct((images, named)).all()
    copy.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert "model_space" not in archive.read("config.json").decode()


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_skip_that_is_padded_loads_in_safe_mode(tmp_path: Path, precision: str) -> None:
    keras.config.set_dtype_policy(precision)
    try:
        network = build((16, 16, 3), 4, compose({"residual": {}}), width=0.1)
    finally:
        keras.config.set_dtype_policy("float32")
    plain(network, [np.asarray(weight.value) for weight in network.weights]).save(
        tmp_path / "model.keras"
    )
    images = np.random.default_rng(0).integers(0, 256, (7, 16, 16, 3), np.uint8)
    expected = np.asarray(network(images / np.float32(255), training=False))
    found = _run(str(tmp_path / "model.keras"), images, 4)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    for wrong, classes in ((images, 5), (images[:, :15], 4)):
        with pytest.raises(DataError, match=r"model\.json beside it belong to different models"):
            _run(str(tmp_path / "model.keras"), wrong, classes)


def test_a_file_that_is_no_model_or_would_run_code_is_refused(tmp_path: Path) -> None:
    images = np.zeros((1, 3), np.uint8)
    (tmp_path / "torn.keras").write_bytes(b"PK torn")
    code = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x)])
    code.save(tmp_path / "code.keras")
    for name in ("torn", "code"):
        with pytest.raises(DataError, match=f"{name}.keras cannot be read as a Keras model"):
            _run(str(tmp_path / f"{name}.keras"), images, 3)
