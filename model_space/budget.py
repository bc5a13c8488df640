"""How much a run may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """How long and how large a network a run trains, and in which numbers."""

    epochs: int = 100
    batch_size: int = 128
    width: float = 1.0
    depth: int = 10
    precision: str = "float32"
    """Keras' dtype policy of the network: `float32` or `mixed_bfloat16`."""
