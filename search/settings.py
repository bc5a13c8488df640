"""The settings of a study: what it trains, how much of it, and on which data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from model_space.data import DIGITS, KERAS_SETS
from model_space.technique import Technique
from model_space.techniques import SETS, TECHNIQUES, technique
from search.design import check_runs
from search.errors import InputError
from search.pruners import PRUNERS

BACKENDS = ("tensorflow", "jax")
PRECISIONS = ("float32", "mixed_bfloat16")

BUDGET = ("epochs", "batch_size", "width", "depth", "precision")
"""The fields that are those of `model_space.budget.Budget`."""

_MAY_GROW = ("search", "confirm", "ladder")


@dataclass(frozen=True)
class Settings:
    """Everything that must stay the same for the runs of a study to be comparable.

    The defaults are the article's budget, and the recommended number of runs.
    """

    data: str = "cifar10"
    image_size: int | None = None
    train_size: int | None = None
    validation: float = 0.1
    techniques: tuple[str, ...] = SETS["article"]
    fixed: Mapping[str, Mapping[str, float] | None] | None = None
    """Techniques that do not vary: their dials where they are on, None where they are off."""
    epochs: int = 100
    batch_size: int = 128
    width: float = 1.0
    depth: int = 10
    backend: str = "tensorflow"
    """What Keras runs on."""
    precision: str = "float32"
    """Keras' dtype policy of the networks."""
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
        return tuple(name for name in self.techniques if name not in (self.fixed or {}))

    def stored(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Settings:
        """The settings of a study, whose names are those of `stored()`."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        for name in ("techniques", "measure"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)

    def check(self) -> Settings:
        """Return the settings; raise `InputError` for the first that cannot be used."""
        for name, smallest in (("epochs", 1), ("batch_size", 1), ("image_size", 15),
                               ("train_size", 2), ("search", 0), ("confirm", 0), ("ladder", 0),
                               ("seed", 0)):  # fmt: skip
            value = getattr(self, name)
            if value is not None and value < smallest:
                raise InputError(
                    f"{option(name)} {value} is too small; it takes {smallest} or more"
                )
        if not 0 < self.width <= 16:
            raise InputError(f"--width {self.width:g} is not between 0 and 16")
        if self.depth < 10 or (self.depth - 4) % 6:
            raise InputError(
                f"--depth {self.depth} is not possible; depths are 10, 16, 22, … (6b + 4)"
            )
        if not self.validation > 0 or (self.validation > 1 and self.validation % 1):
            raise InputError(
                f"--validation {self.validation:g} is neither a share between 0 and 1 nor a "
                "number of images"
            )
        if self.pruner not in PRUNERS:
            raise InputError(
                f"there is no pruner {self.pruner!r}; --pruner takes {', '.join(PRUNERS)}"
            )
        if self.backend not in BACKENDS:
            raise InputError(
                f"KERAS_BACKEND={self.backend} cannot train a study; it takes "
                f"{' or '.join(BACKENDS)}, and is tensorflow where it is not set"
            )
        if self.precision not in PRECISIONS:
            raise InputError(
                f"there is no precision {self.precision!r}; --precision takes auto, "
                f"{', '.join(PRECISIONS)}"
            )
        if not self.factors:
            raise InputError(
                "no technique is left to study; name some in --techniques, or fix fewer"
            )
        check_runs(self.measure[-1], len(self.factors))
        return self


def settle(stored: Settings | None, requested: Mapping[str, Any]) -> Settings:
    """The settings of a new study, or of a known one that may grow but not change.

    `requested` holds what the user named, by field; the rest keeps its stored or default value.
    Raises `InputError` that names every difference.
    """
    asked = dict(requested)
    runs = asked.pop("measure", None)
    if stored is None:
        if runs is not None:
            asked["measure"] = (runs,)
        return Settings(**asked).check()
    differences = [
        f"{option(name)} is {shown(getattr(stored, name))}, not {shown(value)}"
        for name, value in asked.items()
        if value != getattr(stored, name)
        and not (name in _MAY_GROW and value > getattr(stored, name))
    ]
    if runs is not None and runs < stored.measure[-1]:
        differences.append(f"--measure is {stored.measure[-1]}, not {runs}")
    if differences:
        raise InputError(
            f"this study was launched with other settings: {'; '.join(differences)}; "
            "use another name for a new study, or leave these options out to go on with this one"
        )
    grown = replace(stored, **{name: value for name, value in asked.items() if name in _MAY_GROW})
    if runs is not None and runs > stored.measure[-1]:
        begun = tuple(count for count in stored.measure if count)
        grown = replace(grown, measure=(*begun, runs))
    return grown.check()


def parse_techniques(text: str) -> tuple[str, ...]:
    """Names of techniques and of `SETS`, separated by commas; in the order of `TECHNIQUES`."""
    names: set[str] = set()
    for name in (part.strip() for part in text.split(",")):
        if name:
            names.update(SETS.get(name) or [_known(name).name])
    return tuple(t.name for t in TECHNIQUES if t.name in names)


def parse_fix(texts: list[str]) -> dict[str, dict[str, float] | None]:
    """`NAME=off`, `NAME=on`, or `NAME=NUMBER` for the one dial of a technique that has one."""
    fixed: dict[str, dict[str, float] | None] = {}
    for text in texts:
        name, _, value = text.partition("=")
        dials = _known(name).dials
        usual = {dial.name: dial.usual for dial in dials}
        if value in ("on", "off"):
            fixed[name] = usual if value == "on" else None
            continue
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not dials:
            raise InputError(f"--fix {text}: {name} has no dial; it takes {name}=on or {name}=off")
        dial = dials[0]
        if not dial.low <= number <= dial.high:
            raise InputError(
                f"--fix {text}: {name} takes on, off, or its {dial.name} from {dial.low:g} to "
                f"{dial.high:g}"
            )
        fixed[name] = {**usual, dial.name: number}
    return fixed


def resolve_data(name: str) -> str:
    """A path becomes absolute, so that a study means the same data from every folder.

    A known set wins over a folder of its name; `./NAME` means the folder.
    """
    if name in (DIGITS, *KERAS_SETS) or not Path(name).exists():
        return name
    return str(Path(name).resolve())


def option(name: str) -> str:
    """The command-line option of a field, or its variable of the environment."""
    other = {"fixed": "--fix", "backend": "KERAS_BACKEND"}
    return other.get(name) or f"--{name.replace('_', '-')}"


def shown(value: Any) -> str:
    """A setting as a user would write it."""
    if value is None or value == {}:
        return "not given"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_shown_level(level)}" for name, level in value.items())
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown_level(dials: Mapping[str, float] | None) -> str:
    if dials is None:
        return "off"
    return ",".join(f"{value:g}" for value in dials.values()) or "on"


def _known(name: str) -> Technique:
    try:
        return technique(name)
    except KeyError:
        names = ", ".join(t.name for t in TECHNIQUES)
        raise InputError(f"there is no technique {name!r}; there are {names}") from None
