"""The settings of a study: what it trains, how much of it, and on which data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeGuard

from model_space.budget import USUAL_RATE, Budget
from model_space.custom.code import CustomCode
from model_space.data import Columns, DataSpec
from model_space.technique import Dial, Factor
from model_space.techniques import SETS, beside
from model_space.typed_json import JsonError, from_json
from search.commands.program import CommandDial, CommandFactor, Program
from search.errors import InputError


@dataclass(frozen=True)
class TrainingFactor:
    """A number of kouka's own training that the design varies: the learning rate, for one."""

    name: str
    """The field of `Budget`, and the parameter of a trial."""
    levels: tuple[float, ...]
    """The first is that of all off."""

    @property
    def labels(self) -> tuple[float, ...]:
        """The values of its parameter."""
        return self.levels


@dataclass(frozen=True)
class TimeLimit:
    """The time that a study was planned for."""

    seconds: float
    """As it was asked for, from the launch to the report."""
    training: float
    """What of it is left for the runs, once the data were read and some epochs timed."""
    workers: int = 1
    chosen: tuple[str, ...] = ()
    """Settings that the plan chose, and that the time that the runs take may still change."""
    measure: int = 0
    """Runs to which the `measure` phase may grow, as long as it is not known what matters."""
    closed: tuple[str, ...] = ()
    """Phases in which no further run begins, so that those after them end in time."""
    start: float = 0.0
    """Seconds that a run of a program takes beside its epochs, as they were timed."""
    ends: float = 0.0
    """When the runs must have ended, as `time.time()`, of the launch that is or was at work."""


@dataclass(frozen=True)
class Limits:
    """The most that the recommended recipe may take; None for no limit."""

    seconds: float | None = None
    """Of the training of one run at the budget that decides, on the machines of the runs."""
    parameters: int | None = None
    """Of the network."""

    def __str__(self) -> str:
        """The limits as `--at-most` takes them."""
        given = (("seconds", self.seconds), ("parameters", self.parameters))
        return ",".join(f"{name}={most:.15g}" for name, most in given if most) or "none"

    def __bool__(self) -> bool:
        """True where there is a limit."""
        return self.seconds is not None or self.parameters is not None


LONG_PHASES = ("verify", "confirm")
"""The phases whose runs train for `verify_epochs`, where a study has them."""


@dataclass(frozen=True)
class Settings:
    """The settings that must stay the same for the runs of a study to be comparable.

    The defaults are the article's budget, and the recommended number of runs.
    """

    data: str = "cifar10"
    image_size: int | None = None
    train_size: int | None = None
    validation: float = 0.1
    techniques: tuple[str, ...] = SETS["article"]
    fixed: Mapping[str, Mapping[str, float] | None] | None = None
    """Techniques that do not vary: their dials where they are on, None where they are off."""
    custom_code: CustomCode = field(default_factory=CustomCode)
    """The techniques and the network of the user's own."""
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
    learning_rate: float = USUAL_RATE
    """The base rate of all runs that have no parameter of this name."""
    learning_rates: tuple[float, ...] = ()
    """Those that the design varies, the first that of all off; empty where it varies none."""
    batch_sizes: tuple[int, ...] = ()
    """As `learning_rates`, of batches."""
    searched_rates: tuple[float, ...] = ()
    """The lowest and the highest learning rate that the search tries; empty where it turns none, as
    in a study that does not say."""
    objective: str = "accuracy"
    """A key of `search.objective.OBJECTIVES`."""
    last_epochs: int = 1
    """The last epochs whose mean objective a run is judged by: one in a study that does not say."""
    pruner: str = "median"
    seed: int = 0
    measure: tuple[int, ...] = (64,)
    """The run counts the `measure` phase was asked for, first to last; each added to the one
    before."""
    growth: str = "doubled"
    """The way in which the design of those runs grows: `doubled`, block after block, in a study
    that does not say; else `exchanged`, see `search.planning.design.grown`."""
    words: str = "short"
    """The words of which its designs have few: `short`, of three and four letters, in a study that
    does not say; else `all`, see `search.planning.design.fraction`."""
    order: str = "random"
    """The order of the runs of a design: `random` in a study that does not say; else `balanced`,
    see `search.planning.run_order`."""
    search: int = 20
    confirm: int = 3
    """Seeds for each of the candidates, all off and all on."""
    confirm_before: tuple[int, ...] = ()
    """The seeds that were asked for before, first to last, of runs as long as now."""
    ladder: int = 0
    """Seeds for each step of the ladder."""
    ladder_order: tuple[tuple[str, ...], ...] = ()
    """What each of its steps adds to the one before, all off coming first; empty for the article's
    steps, or a program's factors one by one."""
    reader: int = 1
    """The version of the rules by which the data are read: the first in a study that does not
    say."""
    verify: tuple[int, ...] = ()
    """The run counts the `verify` phase was asked for, first to last; empty for none."""
    verify_epochs: int | None = None
    """Epochs of the runs of `LONG_PHASES`; None where these train as long as all others."""
    time: TimeLimit | None = None
    """None in a study that takes what its runs take."""
    verify_last_epochs: int | None = None
    """The last epochs that judge these runs; None where `last_epochs` does."""
    at_most: Limits | None = None
    """The limits under which a recipe is recommended, if any."""
    columns: Columns | None = None
    """The columns of a table of data, where the user named some."""
    images: bool | None = None
    """True to keep some small pictures of the data in the study, False to show none anywhere; None
    in a study that does not say, which keeps none."""
    program: Program | None = None
    """The user's program that each run is; None where kouka itself trains. `data` is then empty,
    and what else says how kouka trains has no meaning."""

    @property
    def factors(self) -> tuple[str, ...]:
        """The techniques that vary."""
        others = {*(self.fixed or {}), *(self.left_out or ())}
        return tuple(name for name in self.techniques if name not in others)

    @property
    def known(self) -> tuple[Factor, ...]:
        """kouka's techniques, then those of the user's own; or the factors of a program."""
        if self.program is not None:
            return self.program.known
        own = self.custom_code.techniques
        return (*beside(own), *own)

    @property
    def several(self) -> tuple[CommandFactor | TrainingFactor, ...]:
        """The factors of several levels: those of a program, or of kouka's own training."""
        if self.program is not None:
            return self.program.several
        named = (("learning_rate", self.learning_rates), ("batch_size", self.batch_sizes))
        return tuple(TrainingFactor(name, levels) for name, levels in named if levels)

    @property
    def dials(self) -> tuple[CommandDial, ...]:
        """The numbers that every run has and the search turns, whatever is on."""
        if self.program is not None:
            return self.program.dials
        if not self.searched_rates:
            return ()
        low, high = self.searched_rates
        dial = Dial("learning_rate", low, self.learning_rate, high, log=True)
        return (CommandDial(dial, ()),)

    @property
    def measured_sizes(self) -> tuple[int, ...]:
        """The run counts of `measure`, but for the 0 of a study that began without it."""
        return tuple(count for count in self.measure if count)

    @property
    def final_epochs(self) -> int:
        """The epochs of the runs that decide: those of `LONG_PHASES`."""
        return self.verify_epochs or self.epochs

    def epochs_of(self, phase: str) -> int:
        """The epochs that a run of a phase trains."""
        return self.final_epochs if phase in LONG_PHASES else self.epochs

    def last_epochs_of(self, phase: str) -> int:
        """The last epochs whose mean objective a run of a phase is judged by."""
        return (phase in LONG_PHASES and self.verify_last_epochs) or self.last_epochs

    def budget(self, phase: str = "measure", params: Mapping[str, Any] | None = None) -> Budget:
        """The budget of the runs of a phase, or of a run of it with these parameters."""
        budget = Budget(**{one.name: getattr(self, one.name) for one in fields(Budget)})
        return replace(budget, epochs=self.epochs_of(phase), **self.trained_with(params or {}))

    def trained_with(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a budget, or of these settings, that a run's parameters decide."""
        names = {one.name for one in self.several} | {one.dial.name for one in self.dials}
        own = () if self.program is not None else ("learning_rate", "batch_size")
        return {name: params[name] for name in own if name in names and name in params}

    def data_spec(self, data: str | None = None) -> DataSpec:
        """The data of every run; `data` is where this machine has them, if not as launched."""
        name = data or self.data
        return DataSpec(
            name, self.image_size, self.validation, self.train_size, self.seed, self.reader,
            self.columns,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON, in which `own` and `network` are the custom code."""
        values = asdict(self)
        del values["custom_code"]
        return {**values, **self.custom_code.to_json()}

    @classmethod
    def from_json(cls, stored: object) -> Settings:
        """Read the settings that a study keeps.

        What an older study does not hold has its default. Raises `InputError` where a value is
        none that kouka writes.
        """
        if not is_settings(stored):
            raise InputError("these are not the settings of a study that kouka launched")
        try:
            settings = from_json(cls, stored, "settings")
            return replace(settings, custom_code=CustomCode.from_json(stored))
        except JsonError as error:
            raise InputError(
                f"this kouka cannot read the study's settings ({error}); use the kouka that "
                "launched it"
            ) from None


def usual_last_epochs(epochs: int) -> int:
    """The last epochs that judge the runs of a new study: a quarter of all, at most ten.

    One epoch's accuracy varies more from epoch to epoch than most effects are large, above all
    while networks still learn fast. `docs/methods.md` says what the mean gains.
    """
    return min(10, -(-epochs // 4))


def is_settings(stored: object) -> TypeGuard[Mapping[str, object]]:
    """Tell the settings of kouka from what other programs keep under that name."""
    return isinstance(stored, Mapping) and stored.keys() >= {"data", "techniques", "measure"}
