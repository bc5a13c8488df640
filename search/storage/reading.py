"""Reading a study, kouka's own or another program's: from Optuna's trials to `Results`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.errors import InputError
from search.results import ACCURACY, OBJECTIVES, Dial, Objective, Results, Run
from search.settings import is_settings
from search.storage import schema
from search.storage.heartbeat import Identity

_OFF_WORDS = ("off", "no", "none", "false", "without", "disabled", "0", "")
"""Choices, in lower case, that leave a technique out."""


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
    settings = attributes.get(schema.SETTINGS)
    settings = settings if is_settings(settings) else {}
    designed = bool(settings) or any(_phase(trial) is not None for trial in trials)
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
        phase=_phase(trial) or "measure",
        state={TrialState.FAIL: "failed"}.get(trial.state, trial.state.name.lower()),
        params=trial.params,
        on=frozenset(
            name for name, parameter, on in factors
            if parameter in trial.params and trial.params[parameter] == on
        ),
        value=_value(trial),
        curve=dict(sorted(trial.intermediate_values.items())),
        seed=_whole(attributes.get(schema.SEED)),
        test_accuracy=_number(attributes.get(schema.TEST_ACCURACY)),
        test_objective=_number(attributes.get(schema.TEST_OBJECTIVE)),
        seconds_per_epoch=_number(attributes.get(schema.SECONDS_PER_EPOCH)),
        parameters=_whole(attributes.get(schema.PARAMETERS)),
        diverged=attributes.get(schema.DIVERGED) is True,
        failure=_text(attributes.get(schema.FAILURE)),
        scale=objective.scale,
        seconds=None if trial.duration is None else trial.duration.total_seconds(),
        worker=_worker(attributes.get(schema.WORKER)),
    )  # fmt: skip


# Attributes of these names may be another program's, with a meaning of its own.


def _phase(trial: FrozenTrial) -> schema.Phase | None:
    named = trial.user_attrs.get(schema.PHASE)
    return next((phase for phase in schema.PHASES if phase == named), None)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _worker(stored: object) -> str:
    worker = Identity.from_json(stored)
    return "" if worker is None else f"{worker.host} {worker.pid}"


def _value(trial: FrozenTrial) -> float | None:
    if trial.state != TrialState.COMPLETE or trial.value is None or not math.isfinite(trial.value):
        return None
    return trial.value
