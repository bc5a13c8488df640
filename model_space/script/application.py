"""The code that makes a network of `keras.applications` as a recipe begins with it."""

from __future__ import annotations

import json
from pathlib import Path

from model_space.pretrained.network import Network
from model_space.pretrained.weights import kept_by_keras
from model_space.script.layout import bracketed
from model_space.script.steps import BASE
from model_space.stages import Stages
from model_space.techniques.batch_norm import MOMENTUM


def constants(network: Network, stages: Stages) -> list[str]:
    """Return the constant with the place of the weights, where they are a file of the user's."""
    file = _own_weights(network, stages)
    if file is None:
        return []
    return bracketed("WEIGHTS = Path(", [json.dumps(str(file), ensure_ascii=False)], ")", 0)


def making(network: Network, stages: Stages) -> list[str]:
    """Return lines that make what the whole network calls by the name of `BASE`.

    Its images are of `IMAGE_SHAPE`, but for the channels.
    """
    pretrained, frozen = network.begins(stages)
    own = _own_weights(network, stages)
    weights = '"imagenet"' if pretrained and own is None else "None"
    arguments = ["include_top=False", f"weights={weights}", "input_shape=(*IMAGE_SHAPE[:2], 3)"]
    name = network.application.name
    lines = bracketed(f"{BASE} = keras.applications.{name}(", arguments, ")", indent=0)
    if own is not None and own.suffix == ".keras":
        lines += [
            "# What the file has on top of it, if anything, comes after its weights.",
            "trained = keras.models.load_model(WEIGHTS, compile=False).get_weights()",
            f"{BASE}.set_weights(trained[: len({BASE}.weights)])",
        ]
    elif own is not None:
        lines.append(f"{BASE}.load_weights(WEIGHTS)")
    lines += [
        f"for layer in {BASE}.layers:",
        "    if isinstance(layer, layers.BatchNormalization):",
        f"        layer.momentum = {MOMENTUM}  # as Keras has it, averages lag in short runs",
        *(
            (
                "    if isinstance(layer, layers.Dropout):",
                "        layer.rate = 0.0  # what is frozen is in inference mode",
                f"{BASE}.trainable = False",
            )
            if frozen
            else ()
        ),
    ]
    return lines


def _own_weights(network: Network, stages: Stages) -> Path | None:
    pretrained, _ = network.begins(stages)
    if not pretrained or network.weights == kept_by_keras(network.application):
        return None
    return network.weights
