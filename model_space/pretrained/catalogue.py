"""The networks of `keras.applications` that a study can be of, small ones first; no Keras yet."""

from __future__ import annotations

import re
from dataclasses import dataclass

SMALLEST = 32
"""Pixels a side of the smallest images that all of these networks take."""


@dataclass(frozen=True)
class Application:
    """A network of `keras.applications`, its preprocessing, and its weights of ImageNet."""

    name: str
    """Of its function in `keras.applications`."""
    file: str
    """Its weights without the last layer, by folder and name on Keras' server."""
    scale: float = 255.0
    """What a pixel in [0, 1] is multiplied by, before all that the network does to it itself."""
    offset: float = 0.0
    """What is added to it then."""


# Those with 2 and -1 take pixels in [-1, 1]; the others take bytes, and normalise them inside.
APPLICATIONS: tuple[Application, ...] = (
    Application(
        "MobileNetV3Small", "mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5"
    ),
    Application(
        "MobileNetV2",
        "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        scale=2.0, offset=-1.0,
    ),
    Application(
        "MobileNetV3Large", "mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5"
    ),
    Application("EfficientNetV2B0", "efficientnet_v2/efficientnetv2-b0_notop.h5"),
    Application("EfficientNetV2S", "efficientnet_v2/efficientnetv2-s_notop.h5"),
    Application(
        "ResNet50V2", "resnet/resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        scale=2.0, offset=-1.0,
    ),
    Application("ConvNeXtTiny", "convnext/convnext_tiny_notop.h5"),
)  # fmt: skip
"""From 0.9 to 28 million parameters."""

NAMES = ", ".join(one.name for one in APPLICATIONS)
"""Their names, for people."""


def find(name: str) -> Application | None:
    """Return the network of a name, written in whichever case, with `_` or without; or None."""
    return next((one for one in APPLICATIONS if _letters(one.name) == _letters(name)), None)


def _letters(name: str) -> str:
    return re.sub(r"[_-]", "", name).lower()
