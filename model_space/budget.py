"""The budget of a training run: its length, and the size and number format of its network."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_RATE = 1e-3
"""The article's learning rate, for which the schedules of techniques are written."""


@dataclass(frozen=True)
class Budget:
    """The length of a run, its steps, and its network's size; the article's by default."""

    epochs: int = 100
    batch_size: int = 128
    width: float = 1.0
    """Scales the channels of every convolution."""
    depth: int = 10
    """Convolutions of the article's network: 6b + 4."""
    precision: str = "float32"
    """Keras' dtype policy of the network: `float32` or `mixed_bfloat16`."""
    learning_rate: float = USUAL_RATE
    """The base rate: a schedule that a technique makes is multiplied by it over the usual one."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "width", "depth", "learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
