"""What checkpoints hold and leave."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def equal(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    """Tell arrays that are the same, one by one."""
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def left(path: Path) -> list[str]:
    """The names of the files beside a checkpoint, its own among them."""
    return sorted(file.name for file in path.parent.glob("*"))
