"""Reading a study, kouka's own or another program's: from Optuna's trials to `Results`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from model_space.facts import DataFacts
from model_space.typed_json import JsonError, from_json
from search.errors import InputError
from search.results import (
    ACCURACY,
    OBJECTIVES,
    UNNAMED,
    Candidates,
    Category,
    Conditional,
    Number,
    Objective,
    Results,
    Run,
    SearchedDial,
    Tied,
    Verified,
    categories,
    levels_on,
    objective_of,
)
from search.settings import Settings, is_settings
from search.storage import schema
from search.storage.connection import undamaged
from search.storage.heartbeat import Identity

_MOST_LEVELS = 6
"""Values of an integer that are levels, each with an effect; of more it is a number."""

_LEAST_SPARE = 2
"""Trials more than techniques, by which their effects have an interval."""

_LONGEST_CHOICE = 60
"""Characters of a choice in a technique's name."""

_NUMERIC = (IntDistribution, FloatDistribution)
_LARGEST = 1e100
_SMALLEST = 1e-100
"""But for zero; differences of such numbers have squares of zero."""

_OFF_WORDS = frozenset({
    "", "-", "absent", "disable", "disabled", "f", "false", "n", "n/a", "na", "nil", "no", "none",
    "not", "null", "off", "without",
})  # fmt: skip
"""Choices, in lower case, that leave a technique out; so does what reads as the number zero."""


def read(
    study: optuna.Study,
    techniques: Mapping[str, Any] | None = None,
    objective: int | None = None,
) -> Results:
    """Read a study, kouka's own or any other with on/off parameters.

    On/off are booleans, 0 and 1, and any two choices of which one is zero or says off, no or none;
    of two other choices the second counts as on, and the technique is called PARAMETER=CHOICE.
    `techniques` says otherwise of some: it maps parameters to the choice that is on.

    A parameter that only some of the complete trials were asked for is no technique unless
    `techniques` names it; the runs are then the trials that were asked for all that it names.
    `objective`, from 1, chooses one of a study's several.

    Raises `InputError` where `objective` or `techniques` does not fit the study, or is needed, and
    for a study by an objective that this version does not know.
    """
    column = _column(study, objective)
    with undamaged(f"the study {study.study_name!r}"):
        trials = study.get_trials(deepcopy=False)
        attributes = study.user_attrs
    stored = attributes.get(schema.SETTINGS)
    settings = Settings.from_json(stored) if is_settings(stored) else None
    designed = settings is not None or any(_phase(trial) is not None for trial in trials)
    spaces = _spaces(trials)
    several = categories(settings) if settings else ()
    numbers = {one.dial.name for one in settings.dials} if settings else set()
    own = () if settings is None or settings.program else settings.several
    apart = numbers | {one.name for one in own}
    switched = {name: space for name, space in spaces.items() if name not in apart}
    factors = _factors(switched, settings, techniques or {})
    if techniques:
        trials = [trial for trial in trials if techniques.keys() <= trial.params.keys()]
        # What these trials have in common is no technique in them.
        factors = [one for one in factors if one[1] in techniques or _varies(one[1], trials)]
    asked = _asked(trials)
    conditional = tuple(asked[name] for _, name, _ in factors if name in asked)
    factors = [factor for factor in factors if factor[1] not in asked]
    names = [name for name, _, _ in factors]
    dials = tuple(dial for name in switched for dial in _dial(name, spaces[name], names))
    dials += tuple(_number_of(name, spaces[name]) for name in spaces if name in numbers)
    techniques_of = {parameter for _, parameter, _ in factors}
    judged = _objective(study, column, trials, settings, designed)
    valued = [trial for trial in trials if _value(trial, column) is not None]
    factors, tied = (factors, ()) if designed else _tied(factors, valued)
    names = [name for name, _, _ in factors]
    # Other programs count epochs from 0, as Python does, unless a step is no epoch.
    copies = _copies(trials) if settings is None else frozenset()
    from_zero = settings is None and any({0, 1} <= t.intermediate_values.keys() for t in trials)
    first = 1 if from_zero else 0
    return Results(
        name=study.study_name,
        factors=tuple(names),
        runs=tuple(
            replace(
                _run(trial, factors, several, judged, column, settings, first),
                copy=trial.number in copies,
            )
            for trial in trials
        ),
        settings=settings,
        data=stored_facts(study),
        versions=stored_versions(study),
        objective=judged,
        dials=dials,
        designed=designed,
        others=several
        if designed
        else tuple(
            other
            for name, space in spaces.items()
            if name not in techniques_of and not space.single()
            for other in _other(name, space)
        ),
        conditional=conditional,
        tied=tied,
        candidates=_candidates(attributes.get(schema.CANDIDATES)) if settings else None,
        verified=_verified(study, names),
        at_most=settings.at_most if settings else None,
        seed_matters=attributes.get(schema.SEED_MATTERS) is not False,
    )


def stored_facts(study: optuna.Study) -> DataFacts | None:
    """The facts that a study keeps of its data; None where it keeps none. Reads no trial."""
    try:
        return DataFacts.from_json(study.user_attrs.get(schema.DATA))
    except JsonError:
        return None


def stored_versions(study: optuna.Study) -> Mapping[str, str]:
    """The versions of packages that a study keeps; empty where it keeps none. Reads no trial."""
    stored = study.user_attrs.get(schema.VERSIONS)
    return stored if isinstance(stored, Mapping) else {}


def _candidates(stored: object) -> Candidates | None:
    try:
        return from_json(Candidates, stored)
    except JsonError:
        return None


_Factor = tuple[str, str, Any]
"""A technique's name, its parameter, and the value with which it is on."""


def _factors(
    spaces: Mapping[str, BaseDistribution],
    settings: Settings | None,
    techniques: Mapping[str, Any],
) -> list[_Factor]:
    choices = {name: _two_choices(spaces[name]) for name in sorted(spaces)}
    found = {name: pair for name, pair in choices.items() if pair is not None}
    for name, on in techniques.items():
        if name not in found:
            raise InputError(
                f"{name!r} is no parameter of two choices in this study; those are "
                f"{', '.join(found) or 'none'}"
            )
        if on not in found[name]:
            accepted = " and ".join(map(repr, found[name]))
            raise InputError(f"{name!r} is never {on!r}; its choices are {accepted}")
    order = dict.fromkeys((*(settings.techniques if settings else ()), *found))
    others = [name for name in order if name in found and name not in techniques]
    return [
        *((name, name, on) for name, on in techniques.items()),
        *(_factor(name, found[name], spaces) for name in others),
    ]


def _varies(name: str, trials: list[FrozenTrial]) -> bool:
    return len({repr(trial.params[name]) for trial in trials if name in trial.params}) > 1


def _column(study: optuna.Study, objective: int | None) -> int:
    """The place of an objective, given from 1, among a study's."""
    count = len(study.directions)
    if objective is None:
        if count == 1:
            return 0
        raise InputError(
            f"the study {study.study_name!r} has {count} objectives ({_named(study)}); effects are "
            "of one, so say which: --objective N, or in Python objective=N"
        )
    if not 1 <= objective <= count:
        raise InputError(
            f"the study {study.study_name!r} has no objective {objective}; it has {_named(study)}"
        )
    return objective - 1


def _named(study: optuna.Study) -> str:
    names = study.metric_names or [""] * len(study.directions)
    return ", ".join(f"{at} {name}".rstrip() for at, name in enumerate(names, start=1))


def _spaces(trials: list[FrozenTrial]) -> dict[str, BaseDistribution]:
    """The distribution of each parameter; of a range that changed, the union."""
    spaces: dict[str, BaseDistribution] = {}
    for trial in trials:
        for name, space in trial.distributions.items():
            spaces[name] = _union(spaces.get(name, space), space)
    return spaces


def _union(one: BaseDistribution, other: BaseDistribution) -> BaseDistribution:
    if one == other:
        return one
    if isinstance(one, IntDistribution) and isinstance(other, IntDistribution):
        low, high = min(one.low, other.low), max(one.high, other.high)
        return IntDistribution(low, high, log=one.log and other.log)
    if isinstance(one, _NUMERIC) and isinstance(other, _NUMERIC):
        least, most = min(one.low, other.low), max(one.high, other.high)
        return FloatDistribution(least, most, log=one.log and other.log)
    if isinstance(one, CategoricalDistribution) and isinstance(other, CategoricalDistribution):
        more = [choice for choice in other.choices if choice not in one.choices]
        return CategoricalDistribution((*one.choices, *more))
    return other


def _other(name: str, space: BaseDistribution) -> list[Category | Number]:
    """A parameter that is no technique: a category, or a number that takes many values."""
    if isinstance(space, CategoricalDistribution):
        return [Category(name, tuple(space.choices))]
    if values := _steps(space):
        return [Category(name, values)]
    if isinstance(space, _NUMERIC):
        return [Number(name, space.low, space.high, space.log)]
    return []


def _steps(space: BaseDistribution) -> tuple[float, ...]:
    """The values of a number that goes in a few steps; none of another."""
    if not isinstance(space, _NUMERIC) or space.step is None:
        return ()
    steps = round((space.high - space.low) / space.step)
    if steps >= _MOST_LEVELS:
        return ()
    return tuple(space.low + at * space.step for at in range(steps + 1))


def _asked(trials: list[FrozenTrial]) -> dict[str, Conditional]:
    """The parameters that some complete trials have and others have not."""
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    counts = Counter(name for trial in complete for name in trial.params)
    return {
        name: Conditional(name, count, len(complete))
        for name, count in counts.items()
        if count < len(complete)
    }


def _tied(
    factors: list[_Factor], trials: list[FrozenTrial]
) -> tuple[list[_Factor], tuple[Tied, ...]]:
    """Take techniques that are on in the same trials, or in all others, as one.

    Of no more trials than it takes to tell all techniques apart, some agree by chance.
    """
    if len(trials) < len(factors) + _LEAST_SPARE:
        return factors, ()
    alike: dict[object, list[tuple[_Factor, bool]]] = {}
    for factor in factors:
        name, parameter, on = factor
        sides = [trial.params[parameter] == on for trial in trials]
        changes = tuple(side != sides[0] for side in sides)
        alike.setdefault(changes if any(changes) else name, []).append((factor, sides[0]))
    merged, tied = [], []
    for group in alike.values():
        (name, parameter, on), first = group[0]
        if len(group) > 1:
            together = tuple(one for (one, _, _), side in group if side == first)
            opposite = tuple(one for (one, _, _), side in group if side != first)
            others = f" instead of {' and '.join(opposite)}" if opposite else ""
            name = f"{' with '.join(together)}{others}"
            tied.append(Tied(name, together, opposite))
        merged.append((name, parameter, on))
    return merged, tuple(tied)


def _copies(trials: list[FrozenTrial]) -> frozenset[int]:
    """The numbers of complete trials that repeat an earlier one's parameters and values.

    None where some trials of equal parameters came to different values: these had other seeds, and
    two of them may be equal by chance.
    """
    alike: dict[str, list[FrozenTrial]] = {}
    for trial in trials:
        if trial.state == TrialState.COMPLETE:
            alike.setdefault(repr(sorted(trial.params.items())), []).append(trial)
    if any(trial.values != group[0].values for group in alike.values() for trial in group[1:]):
        return frozenset()
    return frozenset(trial.number for group in alike.values() for trial in group[1:])


def _two_choices(space: BaseDistribution) -> tuple[Any, Any] | None:
    if isinstance(space, CategoricalDistribution) and len(space.choices) == 2:
        return space.choices[0], space.choices[1]
    values = _steps(space)
    return (values[0], values[1]) if len(values) == 2 and values[0] == 0 else None


def _factor(name: str, choices: tuple[Any, Any], taken: Container[str]) -> _Factor:
    """Name a technique by its parameter, of two choices that are both something with the second."""
    off = [choice for choice in choices if _is_off(choice)]
    if len(off) == 1:
        return name, name, choices[1] if off[0] is choices[0] else choices[0]
    named = f"{name}={_shortened(str(choices[1]))}"
    return f"{name}: {choices[1]}" if named in taken else named, name, choices[1]


def _shortened(text: str) -> str:
    """Its beginning and its end, which sets paths apart."""
    half = _LONGEST_CHOICE // 2
    return text if len(text) <= _LONGEST_CHOICE else f"{text[:half]}…{text[-half:]}"


def _is_off(choice: object) -> bool:
    text = str(choice).strip().lower()
    if choice is None or choice is False or text in _OFF_WORDS:
        return True
    try:
        return float(text) == 0
    except ValueError:
        return False


def _dial(name: str, space: BaseDistribution, factors: list[str]) -> list[SearchedDial]:
    owners = [factor for factor in factors if name.startswith(f"{factor}_")]
    low, high = getattr(space, "low", None), getattr(space, "high", None)
    if not owners or low is None or high is None or name in factors:
        return []
    return [SearchedDial(name, max(owners, key=len), low, high, getattr(space, "log", False))]


def _number_of(name: str, space: BaseDistribution) -> SearchedDial:
    """A dial that every run of a user's program has."""
    assert isinstance(space, _NUMERIC)
    return SearchedDial(name, "", space.low, space.high, space.log)


def _objective(
    study: optuna.Study,
    column: int,
    trials: list[FrozenTrial],
    settings: Settings | None,
    designed: bool,
) -> Objective:
    maximize = study.directions[column] == StudyDirection.MAXIMIZE
    values = [value for trial in trials if (value := _value(trial, column)) is not None]
    fractions = maximize and all(0 <= value <= 1 for value in values)
    if settings and settings.program:
        return Objective.of(settings.program)
    if settings or (designed and fractions):
        key = settings.objective if settings else ACCURACY.key
        try:
            return objective_of(key)
        except KeyError:
            raise InputError(
                f"the study {study.study_name!r} is judged by {key!r}, which this kouka does not "
                f"know (it knows {', '.join(OBJECTIVES)}); use the kouka that launched it"
            ) from None
    name = UNNAMED if len(study.directions) == 1 else f"objective {column + 1}"
    if study.metric_names:
        name = study.metric_names[column]
    if fractions and values:
        return Objective(name)
    return Objective(name, "", 1.0, maximize, -math.inf, math.inf)


def _run(
    trial: FrozenTrial,
    factors: list[_Factor],
    several: tuple[Category, ...],
    objective: Objective,
    column: int,
    settings: Settings | None,
    first: int,
) -> Run:
    """Read a trial; `first` is added to the steps of its intermediate values."""
    attributes = trial.user_attrs
    return Run(
        number=trial.number,
        phase=_phase(trial) or "measure",
        state={TrialState.FAIL: "failed"}.get(trial.state, trial.state.name.lower()),
        params=trial.params,
        on=frozenset(
            name for name, parameter, on in factors
            if parameter in trial.params and trial.params[parameter] == on
        ) | levels_on(trial.params, several),
        value=_value(trial, column),
        curve={
            step + first: value
            for step, value in sorted(trial.intermediate_values.items())
            if _is_finite(value)
        },
        seed=_whole(attributes.get(schema.SEED)),
        test_accuracy=_number(attributes.get(schema.TEST_ACCURACY)),
        test_objective=_number(attributes.get(schema.TEST_OBJECTIVE)),
        test_correct=_text(attributes.get(schema.TEST_CORRECT)),
        test_mistakes=_text(attributes.get(schema.TEST_MISTAKES)),
        training=_numbers(attributes.get(schema.TRAINING)),
        seconds_per_epoch=_number(attributes.get(schema.SECONDS_PER_EPOCH)),
        parameters=_whole(attributes.get(schema.PARAMETERS)),
        # A study from before runs kept their epochs has one budget.
        epochs=_whole(attributes.get(schema.EPOCHS)) or (settings.epochs if settings else None),
        diverged=attributes.get(schema.DIVERGED) is True,
        feasible=all(value <= 0 for value in trial.constraints.values()),
        failure=_text(attributes.get(schema.FAILURE)),
        scale=objective.scale,
        seconds=None if trial.duration is None else trial.duration.total_seconds(),
        worker=_worker(attributes.get(schema.WORKER)),
    )  # fmt: skip


def _verified(study: optuna.Study, factors: list[str]) -> Verified | None:
    """What the phase `verify` began with; another program's attribute of this name is none."""
    try:
        chosen = from_json(Verified, study.user_attrs.get(schema.VERIFIED))
    except JsonError:
        return None
    return chosen if set(chosen.techniques) <= set(factors) else None


# Attributes of these names may be another program's, with a meaning of its own.


def _phase(trial: FrozenTrial) -> schema.Phase | None:
    named = trial.user_attrs.get(schema.PHASE)
    return next((phase for phase in schema.PHASES if phase == named), None)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _numbers(value: object) -> tuple[float, ...] | None:
    return tuple(value) if isinstance(value, list) and all(map(_is_finite, value)) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _worker(stored: object) -> str:
    worker = Identity.from_json(stored)
    return "" if worker is None else f"{worker.host} {worker.pid}"


def _value(trial: FrozenTrial, column: int) -> float | None:
    """A trial's final value, if it has one that is finite."""
    if trial.state != TrialState.COMPLETE or not trial.values:
        return None
    value = trial.values[column]
    return value if _is_finite(value) else None


def _is_finite(value: object) -> bool:
    """Tell a finite number; SQLite lets other programs write anything in its place.

    One beyond `_LARGEST` counts as infinite, as sums of its squares would be, and one nearer to
    zero than `_SMALLEST` as nothing that can be computed with.
    """
    return isinstance(value, int | float) and (value == 0 or _SMALLEST < abs(value) < _LARGEST)
