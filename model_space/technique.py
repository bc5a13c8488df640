"""A technique: its name, source and dials, and the function that replaces stages of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from model_space.stages import Stages


@dataclass(frozen=True)
class Dial:
    """A number that a technique takes, and the range within which a search may turn it."""

    name: str
    low: float
    usual: float
    """The value in the technique's source, used wherever the dial is not searched."""
    high: float
    log: bool = False
    """True where the range is searched on a logarithmic scale."""

    def __post_init__(self) -> None:
        if not self.low <= self.usual <= self.high:
            raise ValueError(
                f"dial {self.name}: the usual value {self.usual} lies outside "
                f"{self.low} to {self.high}"
            )


@dataclass(frozen=True)
class Factor:
    """A technique as a study varies it: on or off, and its dials. It holds no code."""

    name: str
    changes: str
    """The change in the training, in a few words."""
    source: str
    """The publication that it is from."""
    dials: tuple[Dial, ...] = ()
    needs: str = ""
    """The technique without which it changes nothing; empty where it needs none."""


@dataclass(frozen=True, kw_only=True)
class Technique(Factor):
    """A training technique that a study can turn on or off.

    `apply(stages, **dials)` returns the stages with the technique on; it is never called for a
    technique that is off.
    """

    apply: Callable[..., Stages]
    parts: tuple[str, ...] = ()
    """The techniques that it is the sum of, and beside which it is not studied."""

    def replaced_stages(self) -> frozenset[str]:
        """Return the names of the stages that the technique replaces, its dials as usual."""
        base = Stages()
        stages = self.apply(base, **{dial.name: dial.usual for dial in self.dials})
        names = (field.name for field in fields(Stages))
        return frozenset(name for name in names if getattr(stages, name) != getattr(base, name))


def clash(factors: Sequence[Factor]) -> str | None:
    """Return why these cannot be in one study, in a few words; None where they can.

    A study has one parameter for each technique and one for each dial, `TECHNIQUE_DIAL`, and their
    names must differ.
    """
    taken: dict[str, str] = {}
    for factor in factors:
        for name in (factor.name, *(f"{factor.name}_{dial.name}" for dial in factor.dials)):
            if name in taken:
                return f"{name!r} is the name of {taken[name]} already"
            taken[name] = "a technique" if name == factor.name else f"a dial of {factor.name}"
    return None
