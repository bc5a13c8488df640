"""What a technique is: a name, a source, its dials, and the stages of a recipe it replaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from model_space.recipe import Recipe


@dataclass(frozen=True)
class Dial:
    """A number that a technique takes, with the range in which a search may turn it."""

    name: str
    low: float
    usual: float
    """The value in the technique's source, used wherever the dial is not searched."""
    high: float
    log: bool = False
    """Whether the range is searched on a logarithmic scale."""

    def __post_init__(self) -> None:
        if not self.low <= self.usual <= self.high:
            raise ValueError(
                f"dial {self.name}: the usual value {self.usual} lies outside "
                f"{self.low} to {self.high}"
            )


@dataclass(frozen=True)
class Factor:
    """What a study can vary of a technique: on or off, and its dials. It holds no code."""

    name: str
    changes: str
    """What the technique changes in the training, in a few words."""
    source: str
    dials: tuple[Dial, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Technique(Factor):
    """A training technique that a study can turn on or off.

    `apply(recipe, **dials)` returns the recipe with the technique on; it is never called for a
    technique that is off.
    """

    apply: Callable[..., Recipe]
