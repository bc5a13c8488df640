"""What a study has found so far: its trials as runs, free of Optuna and of Keras."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.errors import InputError
from search.storage import schema

_OFF_WORDS = ("off", "no", "none", "false", "without", "disabled", "0", "")
"""Choices, in lower case, that leave a technique out."""


@dataclass(frozen=True)
class Objective:
    """What the runs were scored by, and the unit in which its differences are given."""

    name: str = "validation accuracy"
    unit: str = "points"
    """Points are percentage points, of an objective that is a share; empty where it is unknown."""
    scale: float = 100.0
    """What turns a trial's value into the unit."""
    maximize: bool = True
    low: float = 0.0
    """The ends of what it can be, in the unit."""
    high: float = 100.0
    key: str = ""
    """As `--objective` names it; empty in a study of another program."""

    @property
    def share(self) -> bool:
        """Whether it is a share, which is given in percent."""
        return self.unit == "points"

    @property
    def measure(self) -> str:
        """Its name, whatever images it is computed on."""
        return self.name.removeprefix("validation ")


ACCURACY = Objective(key="accuracy")

OBJECTIVES: Mapping[str, Objective] = {
    one.key: one
    for one in (
        ACCURACY,
        Objective("validation balanced accuracy", key="balanced_accuracy"),
        Objective(
            "validation negative log loss", "nats", 1.0, low=-math.inf, high=0.0, key="neg_log_loss"
        ),
    )
}
"""Those of `model_space.training.objectives`, by name."""


@dataclass(frozen=True)
class Run:
    """One trial. Accuracies are fractions, of the validation images unless said otherwise.

    In a study of another objective, `accuracy`, `curve` and `points` hold that.
    """

    number: int
    phase: str
    """One of `schema.PHASES`; "measure" where the trial does not say."""
    state: str
    """complete, pruned, failed, running or waiting."""
    params: Mapping[str, Any]
    on: frozenset[str]
    """The techniques that are on."""
    accuracy: float | None
    """After the last epoch; None where the run was pruned or did not finish."""
    curve: dict[int, float] = field(default_factory=dict)
    """Accuracy after each epoch, from 1."""
    seed: int | None = None
    test_accuracy: float | None = None
    test_objective: float | None = None
    """The study's objective on the test images, where that is not accuracy."""
    seconds_per_epoch: float | None = None
    parameters: int | None = None
    diverged: bool = False
    failure: str | None = None
    scale: float = 100.0
    seconds: float | None = field(default=None, compare=False)
    """From its begin to its end; None where it has not ended."""
    worker: str = field(default="", compare=False)
    """The host and the process that runs it, or ran it."""

    @property
    def ended(self) -> bool:
        """Whether it needs no other try: it is complete, or pruned."""
        return self.state in ("complete", "pruned")

    @property
    def points(self) -> float:
        """The accuracy in percent, or the objective in its unit; NaN where there is none."""
        return math.nan if self.accuracy is None else self.scale * self.accuracy


@dataclass(frozen=True)
class Dial:
    """A number that the search turned where its technique was on."""

    name: str
    """The parameter, `TECHNIQUE_DIAL`."""
    technique: str
    low: float
    high: float
    log: bool


@dataclass(frozen=True)
class Results:
    """A study's runs, the techniques that vary in them, and what it says of itself."""

    name: str
    factors: tuple[str, ...]
    runs: tuple[Run, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    """As `Settings.stored()`; empty where another program made the study."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """As `model_space.worker.client.DataFacts`; what is missing in an older study is not in it."""
    versions: Mapping[str, str] = field(default_factory=dict)
    objective: Objective = ACCURACY
    dials: tuple[Dial, ...] = ()
    designed: bool = True
    """Whether the trials say that kouka's phases planned them; else any sampler may have."""
    others: tuple[str, ...] = ()
    """Parameters of such a foreign study that are neither on/off nor a technique's dial."""

    def of(self, *phases: str) -> list[Run]:
        """The completed runs of some phases."""
        return [
            run for run in self.runs
            if run.phase in phases and run.state == "complete" and run.accuracy is not None
        ]  # fmt: skip

    @property
    def things(self) -> str:
        """What the data are: images or sounds."""
        return "sounds" if self.data.get("sound") else "images"

    @property
    def best(self) -> Run | None:
        """The completed run of the best objective, among `measure` and `search`."""
        sign = 1 if self.objective.maximize else -1
        return max(self.of("measure", "search"), key=lambda run: sign * run.points, default=None)


def read(study: optuna.Study, techniques: Mapping[str, Any] | None = None) -> Results:
    """Read a study, kouka's own or any other with on/off parameters.

    On/off are booleans, 0 and 1, and any two choices of which one says off, no or none; of two
    other choices the second counts as on, and the technique is called PARAMETER=CHOICE.
    `techniques` says otherwise: it maps the parameters to study to the choice that is on.

    Raises `InputError` for a study of several objectives, or of one that this version does not
    know, or where `techniques` does not fit it.
    """
    if len(study.directions) > 1:
        raise InputError(
            f"the study {study.study_name!r} has {len(study.directions)} objectives; effects are "
            "of one, so copy its trials to a study of one objective"
        )
    trials = study.get_trials(deepcopy=False)
    attributes = study.user_attrs
    settings = attributes.get(schema.SETTINGS, {})
    designed = bool(settings) or any(schema.PHASE in trial.user_attrs for trial in trials)
    spaces: dict[str, BaseDistribution] = {}
    for trial in trials:
        spaces |= trial.distributions
    factors = _factors(spaces, settings, techniques)
    names = [name for name, _, _ in factors]
    dials = tuple(dial for name in spaces for dial in _dial(name, spaces[name], names))
    known = {parameter for _, parameter, _ in factors} | {dial.name for dial in dials}
    objective = _objective(study, trials, settings, designed)
    return Results(
        name=study.study_name,
        factors=tuple(names),
        runs=tuple(_run(trial, factors, objective) for trial in trials),
        settings=settings,
        data=attributes.get(schema.DATA, {}),
        versions=attributes.get(schema.VERSIONS, {}),
        objective=objective,
        dials=dials,
        designed=designed,
        others=tuple(name for name in spaces if name not in known and not spaces[name].single()),
    )


_Factor = tuple[str, str, Any]
"""A technique's name, its parameter, and the value with which it is on."""


def _factors(
    spaces: Mapping[str, BaseDistribution],
    settings: Mapping[str, Any],
    techniques: Mapping[str, Any] | None,
) -> list[_Factor]:
    choices = {name: _two_choices(spaces[name]) for name in sorted(spaces)}
    found = {name: pair for name, pair in choices.items() if pair is not None}
    if techniques is None:
        order = [*settings.get("techniques", ()), *found]
        return [_factor(name, found[name]) for name in dict.fromkeys(order) if name in found]
    for name, on in techniques.items():
        if name not in found:
            raise InputError(
                f"{name!r} is no parameter of two choices in this study; those are "
                f"{', '.join(found) or 'none'}"
            )
        if on not in found[name]:
            accepted = " and ".join(map(repr, found[name]))
            raise InputError(f"{name!r} is never {on!r}; its choices are {accepted}")
    return [(name, name, on) for name, on in techniques.items()]


def _two_choices(space: BaseDistribution) -> tuple[Any, Any] | None:
    if isinstance(space, CategoricalDistribution) and len(space.choices) == 2:
        return space.choices[0], space.choices[1]
    if isinstance(space, IntDistribution) and (space.low, space.high) == (0, 1):
        return 0, 1
    return None


def _factor(name: str, choices: tuple[Any, Any]) -> _Factor:
    off = [c for c in choices if c is None or c is False or str(c).strip().lower() in _OFF_WORDS]
    if len(off) == 1:
        return name, name, choices[1] if off[0] is choices[0] else choices[0]
    return f"{name}={choices[1]}", name, choices[1]


def _dial(name: str, space: BaseDistribution, factors: list[str]) -> list[Dial]:
    owners = [factor for factor in factors if name.startswith(f"{factor}_")]
    low, high = getattr(space, "low", None), getattr(space, "high", None)
    if not owners or low is None or high is None or name in factors:
        return []
    return [Dial(name, max(owners, key=len), low, high, getattr(space, "log", False))]


def _objective(
    study: optuna.Study, trials: list[FrozenTrial], settings: Mapping[str, Any], designed: bool
) -> Objective:
    if designed:
        key = settings.get("objective", ACCURACY.key)
        if key not in OBJECTIVES:
            raise InputError(
                f"the study {study.study_name!r} is judged by {key!r}, which this kouka does not "
                f"know (it knows {', '.join(OBJECTIVES)}); use the kouka that launched it"
            )
        return OBJECTIVES[key]
    maximize = study.direction == StudyDirection.MAXIMIZE
    name = (study.metric_names or ["the objective"])[0]
    values = [t.value for t in trials if t.state == TrialState.COMPLETE and t.value is not None]
    if maximize and values and all(0 <= value <= 1 for value in values):
        return Objective(name)
    return Objective(name, "", 1.0, maximize, -math.inf, math.inf)


def _run(trial: FrozenTrial, factors: list[_Factor], objective: Objective) -> Run:
    attributes = trial.user_attrs
    return Run(
        number=trial.number,
        phase=attributes.get(schema.PHASE, "measure"),
        state={TrialState.FAIL: "failed"}.get(trial.state, trial.state.name.lower()),
        params=trial.params,
        on=frozenset(
            name for name, parameter, on in factors
            if parameter in trial.params and trial.params[parameter] == on
        ),
        accuracy=_value(trial),
        curve=dict(sorted(trial.intermediate_values.items())),
        seed=attributes.get(schema.SEED),
        test_accuracy=attributes.get(schema.TEST_ACCURACY),
        test_objective=attributes.get(schema.TEST_OBJECTIVE),
        seconds_per_epoch=attributes.get(schema.SECONDS_PER_EPOCH),
        parameters=attributes.get(schema.PARAMETERS),
        diverged=bool(attributes.get(schema.DIVERGED, False)),
        failure=attributes.get(schema.FAILURE),
        scale=objective.scale,
        seconds=None if trial.duration is None else trial.duration.total_seconds(),
        worker=_worker(attributes.get(schema.WORKER, {})),
    )  # fmt: skip


def _worker(who: Mapping[str, Any]) -> str:
    return f"{who['host']} {who['pid']}" if who else ""


def _value(trial: FrozenTrial) -> float | None:
    if trial.state != TrialState.COMPLETE or trial.value is None or not math.isfinite(trial.value):
        return None
    return trial.value
