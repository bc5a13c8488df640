"""A technique that changes nothing; see `gate.py`. It is loaded from this file, as a user's is."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_space.technique import Technique

_FILE = Path(os.environ.get("KOUKA_TEST_GATE", os.devnull))
_passed = 0


def _pass() -> float:
    global _passed
    _passed += 1
    began = time.monotonic()
    while _FILE.is_file():
        try:
            rule, batches, seconds = _FILE.read_text().split()
        except FileNotFoundError:  # just now
            break
        if _passed <= int(batches) or time.monotonic() - began >= float(seconds):
            break
        _FILE.with_name(f"{_FILE.name}.{os.getpid()}").write_text(rule)
        time.sleep(0.02)
    return 0.0


def build() -> Any:
    """Make the layer at which each batch of a compiled loop waits until it may pass."""
    import tensorflow as tf
    from keras import layers

    class Gate(layers.Layer):  # type: ignore[misc]
        def call(self, images: Any) -> Any:
            # A loop is a graph within a graph; elsewhere a study looks at what the technique does.
            around = getattr(tf.compat.v1.get_default_graph(), "outer_graph", None)
            if not hasattr(around, "outer_graph"):
                return images
            with tf.control_dependencies([tf.py_function(_pass, [], tf.float32)]):
                return tf.identity(images)

    return Gate()


TECHNIQUE = Technique(
    name="gate",
    changes="nothing",
    source="",
    apply=lambda stages: replace(stages, augment=(*stages.augment, build)),
)
