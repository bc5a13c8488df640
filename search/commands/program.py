"""A program as a study runs it: its command, what varies in it, and where its metric is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_space.technique import Dial, Factor

FLAGS, EPOCHS, SEED, FOLDER = "flags", "epochs", "seed", "folder"
PLACEHOLDERS = (FLAGS, EPOCHS, SEED, FOLDER)
"""What a command may hold in braces."""

RULES = 3
"""The newest version of the rules by which a metric is read."""

POINTS = "points"
"""The unit of a share: differences are percentage points."""

_OFF_LABELS = frozenset({"", "0", "false", "no", "none", "off"})
_ON_LABELS = frozenset({"1", "on", "true", "yes"})


@dataclass(frozen=True)
class CommandLevel:
    """A level of a factor, and the words that it adds to the command."""

    label: str
    words: tuple[str, ...] = ()
    """Arguments, in the place of `{flags}`."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CommandFactor:
    """Something that a study varies: its levels, the first of which is that of all off."""

    name: str
    levels: tuple[CommandLevel, ...]

    @property
    def several(self) -> bool:
        """True where it has more than two levels."""
        return len(self.levels) > 2

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its levels."""
        return tuple(level.label for level in self.levels)

    @property
    def technique(self) -> str:
        """The name of its effect: `mixup`, or `optimizer=muon` where both levels are something."""
        off, on = (level.label.lower() for level in self.levels[:2])
        name = self.name.lower()
        switched = off in {*_OFF_LABELS, f"no-{name}", f"no_{name}"} and on != "none"
        return self.name if switched or on in _ON_LABELS else f"{self.name}={self.levels[1].label}"

    @property
    def changes(self) -> str:
        """The change, in the words of the command."""
        off, on = self.words[:2]
        return f"{off} → {on}" if off else on

    @property
    def words(self) -> tuple[str, ...]:
        """The words that each level adds to the command."""
        return tuple(_shown(level) for level in self.levels)


@dataclass(frozen=True)
class CommandDial:
    """A number of the command that the search turns."""

    dial: Dial
    words: tuple[str, ...]
    """Arguments, in which `{value}` stands for the number."""
    environment: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    """True of an integer."""

    @property
    def usual(self) -> float | int:
        """The value outside of a search."""
        return round(self.dial.usual) if self.whole else self.dial.usual


@dataclass(frozen=True)
class Metric:
    """The score that a program prints or writes."""

    name: str
    where: str
    """A regular expression, `json:KEY`, or `file:PATH` with `:KEY` where the file has several."""
    rules: int = 1
    """The version of the rules by which it is read, that of the study's begin: 2 takes whole words
    and numbers, and a curve from a file, and `RULES` fractions and what stands in a table's cell or
    a tensor, too."""

    @property
    def names_epochs(self) -> bool:
        """True where the epoch, or the step, stands beside the score."""
        return self.where.startswith("json:") or "(?P<epoch>" in self.where


@dataclass(frozen=True)
class Program:
    """A command whose runs a study compares."""

    command: str
    """As given, with placeholders."""
    directory: str
    """The folder in which it runs."""
    factors: tuple[CommandFactor, ...]
    metric: Metric
    dials: tuple[CommandDial, ...] = ()
    test: Metric | None = None
    minimize: bool = False
    unit: str | None = None
    """That of the metric's differences; None until the first run has shown a value."""
    scale: float | None = None
    """What turns a printed value into the unit; None as long as the unit."""
    timeout: float | None = None
    """Seconds after which a run is ended and has failed."""
    shell: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    """Digests of the files that the command names."""

    @property
    def left_open(self) -> tuple[str, ...]:
        """The placeholders that a recipe's command keeps, for whoever runs it to fill."""
        return tuple(name for name in (SEED, FOLDER) if self.has(name))

    @property
    def known(self) -> tuple[Factor, ...]:
        """The factors of two levels, as techniques that are on or off."""
        return tuple(Factor(one.technique, one.changes, "") for one in self.factors
                     if not one.several and len(one.levels) > 1)  # fmt: skip

    @property
    def several(self) -> tuple[CommandFactor, ...]:
        """The factors of more levels."""
        return tuple(one for one in self.factors if one.several)

    @property
    def factor_to_stored(self) -> float:
        """The factor from a printed value to a trial's, which for a share is a fraction."""
        scale = 1.0 if self.scale is None else self.scale
        return scale / 100 if self.unit == POINTS else scale

    def has(self, placeholder: str) -> bool:
        """Check that the command has a placeholder."""
        return f"{{{placeholder}}}" in self.command


def _shown(level: CommandLevel) -> str:
    assigned = [f"{name}={value}" for name, value in level.environment.items()]
    return " ".join([*assigned, *level.words])
