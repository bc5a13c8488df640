"""The settings of a study: what it trains, how much of it, and on which data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from model_space.custom.loading import clash
from model_space.data import is_set
from model_space.technique import Dial, Factor
from model_space.techniques import SETS, TECHNIQUES
from search.errors import InputError
from search.planning.design import check_runs
from search.planning.lookup import technique
from search.planning.pruners import PRUNERS
from search.results import ACCURACY, OBJECTIVES

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
    objective: str = ACCURACY.key
    """What the runs are judged by, of `OBJECTIVES`."""
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

    def stored(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Settings:
        """The settings of a study, whose names are those of `stored()`."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        for name in ("techniques", "measure", "left_out"):
            if values.get(name) is not None:
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
        for name in ("width", "depth"):
            if self.network and name not in self.network["keywords"]:
                usual, value = getattr(Settings, name), getattr(self, name)
                if value != usual:
                    raise InputError(
                        f"--{name} {value:g} has no meaning for --network {self.network['at']}, "
                        f"which takes no {name}; leave it out, or give that function a keyword "
                        f"{name}"
                    )
        for name in self.left_out or ():
            if self.network and (self.fixed or {}).get(name) is not None:
                raise InputError(
                    f"--fix {name} cannot be on: --network {self.network['at']} does not call the "
                    "stage that it changes"
                )
        if not self.network and (self.depth < 10 or (self.depth - 4) % 6):
            raise InputError(
                f"--depth {self.depth} is not possible; depths are 10, 16, 22, … (6b + 4)"
            )
        if not self.validation > 0 or (self.validation > 1 and self.validation % 1):
            raise InputError(
                f"--validation {self.validation:g} is neither a share between 0 and 1 nor a "
                "number of images"
            )
        if self.objective not in OBJECTIVES:
            raise InputError(
                f"there is no objective {self.objective!r}; --objective takes "
                f"{', '.join(OBJECTIVES)}"
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
        if reason := clash(self.known):
            raise InputError(f"--technique: {reason}; choose another")
        if not self.factors:
            raise InputError(
                "no technique is left to study; name some in --techniques, or fix fewer"
            )
        if self.network is None or self.left_out is not None:
            check_runs(self.measure[-1], len(self.factors))
        return self


def settle(stored: Settings | None, requested: Mapping[str, Any]) -> Settings:
    """The settings of a new study, or of a known one that may grow but not change.

    `requested` holds what the user named, by field; the rest keeps its stored or default value.
    Raises `InputError` that names every difference.
    """
    asked = dict(requested)
    runs = asked.pop("measure", None)
    own, network = asked.pop("own", {}), asked.pop("network", None)
    if stored is None:
        if runs is not None:
            asked["measure"] = (runs,)
        asked["techniques"] = with_own(asked.get("techniques", Settings.techniques), own)
        return Settings(**asked, own=own, network=network).check()
    if "techniques" in asked:
        asked["techniques"] = with_own(asked["techniques"], stored.own)
    differences = [
        f"{option(name)} is {shown(getattr(stored, name))}, not {shown(value)}"
        for name, value in asked.items()
        if value != getattr(stored, name)
        and not (name in _MAY_GROW and value > getattr(stored, name))
    ]
    differences += [
        f"{what} {one['at']} {'was not given' if before is None else 'has changed since'}"
        for what, one, before in (
            *(("--technique", one, stored.own.get(name)) for name, one in own.items()),
            *([("--network", network, stored.network)] if network else []),
        )
        if before is None or before["digest"] != one["digest"]
    ]
    if runs is not None and runs < stored.measure[-1]:
        differences.append(f"--measure is {stored.measure[-1]}, not {runs}")
    if differences:
        raise InputError(
            f"this study was launched with other settings: {'; '.join(differences)}; "
            "use another name for a new study, or leave these options out to go on with this one"
        )
    # The same code may be elsewhere by now.
    stored = replace(stored, own={**stored.own, **own}, network=network or stored.network)
    grown = replace(stored, **{name: value for name, value in asked.items() if name in _MAY_GROW})
    if runs is not None and runs > stored.measure[-1]:
        begun = tuple(count for count in stored.measure if count)
        grown = replace(grown, measure=(*begun, runs))
    return grown.check()


def with_own(techniques: Sequence[str], own: Mapping[str, Any]) -> tuple[str, ...]:
    """The techniques, and then those of the user's own."""
    return tuple(dict.fromkeys((*techniques, *own)))


def own_factors(own: Mapping[str, Mapping[str, Any]]) -> tuple[Factor, ...]:
    """The techniques that `model_space.custom.loading.describe` told of."""
    return tuple(
        Factor(name, one["changes"], one["source"], tuple(Dial(**dial) for dial in one["dials"]))
        for name, one in own.items()
    )


def parse_techniques(text: str, known: Sequence[Factor] = TECHNIQUES) -> tuple[str, ...]:
    """Names of known techniques and of `SETS`, separated by commas; in the order of `known`."""
    names: set[str] = set()
    for name in (part.strip() for part in text.split(",")):
        if name:
            names.update(SETS.get(name) or [technique(name, known).name])
    return tuple(t.name for t in known if t.name in names)


def parse_fix(
    texts: list[str], known: Sequence[Factor] = TECHNIQUES
) -> dict[str, dict[str, float] | None]:
    """`NAME=off`, `NAME=on`, or `NAME=NUMBER` for the one dial of a technique that has one."""
    fixed: dict[str, dict[str, float] | None] = {}
    for text in texts:
        name, _, value = text.partition("=")
        dials = technique(name, known).dials
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
    if is_set(name) or not Path(name).exists():
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
