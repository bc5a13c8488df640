"""The settings of a study: what it trains, how much of it, and on which data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeGuard

from model_space.budget import Budget
from model_space.technique import Dial, Factor
from model_space.techniques import SETS, TECHNIQUES
from search.errors import InputError


@dataclass(frozen=True)
class Settings:
    """All that must stay the same for the runs of a study to be comparable.

    The defaults are the article's budget, and the recommended number of runs.
    """

    data: str = "cifar10"
    image_size: int | None = None
    train_size: int | None = None
    validation: float = 0.1
    techniques: tuple[str, ...] = SETS["article"]
    fixed: Mapping[str, Mapping[str, float] | None] | None = None
    """Techniques that do not vary: their dials where they are on, None where they are off."""
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Techniques of the user's own, by name, as `custom.loading.describe` tells of them."""
    network: Mapping[str, Any] | None = None
    """The network of the user's own, likewise; the article's where it is None."""
    left_out: tuple[str, ...] | None = None
    """Techniques of which the network does not call a stage; None until that has been looked at."""
    epochs: int = 100
    batch_size: int = 128
    width: float = 1.0
    depth: int = 10
    backend: str = "tensorflow"
    """What Keras runs on."""
    precision: str = "float32"
    """Keras' dtype policy of the networks."""
    objective: str = "accuracy"
    """A key of `search.results.OBJECTIVES`."""
    pruner: str = "median"
    seed: int = 0
    measure: tuple[int, ...] = (64,)
    """The run counts the `measure` phase was asked for, first to last; each added to the one
    before."""
    search: int = 20
    confirm: int = 3
    """Seeds for each of the best recipe, all off and all on."""
    ladder: int = 0
    """Seeds for each step of the article's ladder."""

    @property
    def factors(self) -> tuple[str, ...]:
        """The techniques that vary."""
        others = {*(self.fixed or {}), *(self.left_out or ())}
        return tuple(name for name in self.techniques if name not in others)

    @property
    def known(self) -> tuple[Factor, ...]:
        """kouka's techniques, then those of the user's own."""
        return (*TECHNIQUES, *own_factors(self.own))

    def budget(self) -> Budget:
        """The budget of every run."""
        return Budget(**{one.name: getattr(self, one.name) for one in fields(Budget)})

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON, which `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: object) -> Settings:
        """Read the settings that a study keeps.

        What an older study does not hold has its default. Raises `InputError` where a value is
        none that kouka writes.
        """
        if not is_settings(stored):
            raise InputError("these are not the settings of a study that kouka launched")
        values = {}
        for name, read in _READERS.items():
            if name in stored:
                try:
                    values[name] = read(stored[name])
                except (TypeError, ValueError, KeyError, AttributeError):
                    raise InputError(
                        f"the study's settings hold {name} = {stored[name]!r}, which this kouka "
                        "cannot read; use the kouka that launched it"
                    ) from None
        return cls(**values)


def is_settings(stored: object) -> TypeGuard[Mapping[str, object]]:
    """Tell the settings of kouka from what other programs keep under that name."""
    return isinstance(stored, Mapping) and stored.keys() >= {"data", "techniques", "measure"}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError
    return value


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _names(value: object) -> tuple[str, ...]:
    return tuple(_text(one) for one in _items(value))


def _counts(value: object) -> tuple[int, ...]:
    return tuple(_whole(one) for one in _items(value))


def _items(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return value


def _levels(value: object) -> Mapping[str, Mapping[str, float] | None]:
    return {
        name: None
        if dials is None
        else {dial: _number(number) for dial, number in _mapping(dials).items()}
        for name, dials in _mapping(value).items()
    }


def _optional(read: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: None if value is None else read(value)


_READERS: Mapping[str, Callable[[object], Any]] = {
    "data": _text,
    "image_size": _optional(_whole),
    "train_size": _optional(_whole),
    "validation": _number,
    "techniques": _names,
    "fixed": _optional(_levels),
    "own": _mapping,
    "network": _optional(_mapping),
    "left_out": _optional(_names),
    "epochs": _whole,
    "batch_size": _whole,
    "width": _number,
    "depth": _whole,
    "backend": _text,
    "precision": _text,
    "objective": _text,
    "pruner": _text,
    "seed": _whole,
    "measure": _counts,
    "search": _whole,
    "confirm": _whole,
    "ladder": _whole,
}
"""What reads the stored value of each field."""


def own_factors(own: Mapping[str, Mapping[str, Any]]) -> tuple[Factor, ...]:
    """The techniques that `model_space.custom.loading.describe` described."""
    return tuple(
        Factor(name, one["changes"], one["source"], tuple(Dial(**dial) for dial in one["dials"]))
        for name, one in own.items()
    )
