"""The user's own techniques and network, as they are written into a script."""

from pathlib import Path

import numpy as np
import pytest

from model_space.custom.code import CustomCodeError
from model_space.custom.description import import_and_describe
from model_space.data import Data
from model_space.networks import resnet20
from model_space.techniques import compose
from model_space.training.plain_keras import plain
from tests.support.scripts import described, run, written

DARKER = '''
from __future__ import annotations

from dataclasses import replace

import numpy as np
from keras import layers, ops

from model_space.technique import Technique

STRENGTH = np.float32(0.5)
"""How much darker."""


class Darker(layers.Layer):
    """Makes images darker."""

    def call(self, images: Images, training: bool = False) -> Images:
        """In training alone."""
        return ops.multiply(images, factor(training))


Images = object
"""Named where the layer is written, and defined after it."""


def factor(training):
    """Of every pixel."""
    return STRENGTH if training else 1


TECHNIQUE = Technique(
    name="darker", changes="", source="",
    apply=lambda stages: replace(stages, augment=(*stages.augment, Darker)),
)
'''


def test_what_is_the_users_own_is_written_with_what_it_needs(digits: Data, folder: Path) -> None:
    (folder / "darker.py").write_text(DARKER)
    code = import_and_describe(["darker.py"], "model_space.networks.resnet20:build")
    script = written({"darker": {}, "residual": {}}, digits, custom_code=code)
    order = [
        script.index(text) for text in ("STRENGTH =", "class Darker", "Images =", "def factor")
    ]
    assert order == sorted(order)
    assert script.count("class Darker") == script.count("import numpy as np") == 1
    space = run(script)
    grey = np.full((25, 16, 16, 1), 255, np.uint8)
    images, _ = space["TrainingBatches"](grey, np.zeros(25, int))[0]
    assert (images == 0.5).all()
    expected = resnet20.build((16, 16, 1), 10, compose({"residual": {}}), width=0.1)
    assert described(space["build"]()) == described(
        plain(expected, [np.asarray(weight) for weight in expected.weights])
    )


TRAINED = '''
from dataclasses import replace

import keras

from model_space.technique import Technique

FIRST = 0.05


def falling(steps):
    """From the first rate to almost none."""
    return keras.optimizers.schedules.PolynomialDecay(FIRST, steps)


def brier(labels, scores):
    """The squares of what the probabilities are off by, summed over the classes."""
    return keras.ops.mean(keras.ops.sum((labels - scores) ** 2, axis=-1))


class Nothing:
    """Averages that are none."""

    variables = ()

    def __init__(self, weights):
        pass


def apply(stages, **changes):
    return replace(
        stages, schedule=falling, loss=lambda: brier,
        optimizer=lambda rate, **options: keras.optimizers.SGD(rate, momentum=0.9), **changes,
    )


TECHNIQUE = Technique(name="mine", changes="", source="", apply=apply)
CONSTANT = Technique(
    name="mine", changes="", source="",
    apply=lambda stages: replace(
        stages, optimizer=lambda rate: keras.optimizers.RMSprop(0.3, weight_decay=0.02)
    ),
)
AVERAGED = Technique(
    name="mine", changes="", source="", apply=lambda stages: apply(stages, average=Nothing)
)
'''


def test_what_trains_may_be_the_users_own(digits: Data, folder: Path) -> None:
    (folder / "trained.py").write_text(TRAINED)

    def script(name: str) -> str:
        code = import_and_describe([f"trained.py:{name}"], None)
        return written({"mine": {}}, digits, custom_code=code)

    text = script("TECHNIQUE")
    assert "optimizer = keras.optimizers.SGD(learning_rate=falling(steps), momentum=0.9)" in text
    assert "loss=brier," in text
    assert text.index("FIRST = 0.05") < text.index("def falling(") < text.index("def brier(")
    space = run(text)
    assert float(space["falling"](10)(5)) == pytest.approx(0.02505, abs=1e-4)
    labels = np.eye(3, dtype=np.float32)
    assert float(space["brier"](labels, labels[::-1])) == pytest.approx(4 / 3)
    text = script("CONSTANT")
    assert "keras.optimizers.RMSprop(learning_rate=0.3, weight_decay=0.02)" in text
    with pytest.raises(
        CustomCodeError, match="Nothing, which averages the weights, cannot be written"
    ):
        script("AVERAGED")
