"""A balanced design for the trials of an objective that is a function in Python."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from numbers import Integral
from types import MappingProxyType

import numpy as np
import optuna
from optuna.trial import TrialState

from model_space.typed_json import from_json
from search.errors import InputError, as_given, one_of
from search.planning.design import Design, grown
from search.planning.mixed_design import mixed_design, mixed_runs, places
from search.planning.run_order import by_size, run_order
from search.storage import schema
from search.storage.enqueued import Choice, EnqueuedDesign, stored_design

_USUAL = 16
_MOST_CHOICES = 4
_NONE: Mapping[str, Choice] = MappingProxyType({})


def enqueue_design(
    study: optuna.Study,
    choices: Mapping[str, Sequence[Choice]],
    runs: int | None = None,
    *,
    fixed: Mapping[str, Choice] = _NONE,
    seed: int = 0,
) -> int:
    """Enqueue the trials of a balanced design, and count those that wait to be run.

    `choices` has the two to four values of each parameter that is to vary; the objective may ask
    for them in any way that gives them. `runs` is the number of trials in all; by default 16, or
    more where the choices take more. `fixed` holds other parameters at a value; the sampler chooses
    those in neither. The trials come in a random order, drawn by `seed`, that keeps a drift of the
    machine out of the effects.

    Called again it enqueues what the design lacks: trials that failed, and with more `runs` those
    by which it grows. Raises `InputError` for choices or runs that have no design, and for another
    design than the study's.
    """
    if not isinstance(study, optuna.Study):
        raise InputError(f"{as_given(study)} is no study; it takes an optuna.Study")
    _check_choices(choices)
    _check_fixed(fixed, choices)
    _check_seed(seed)
    asked = _as_kept(choices, fixed)
    before = stored_design(study.user_attrs) or asked
    if asked != replace(before, sizes=()):
        raise InputError(
            f"the study {study.study_name!r} has another design, with "
            f"choices={_listed(before.choices)} and fixed={dict(before.fixed)}; name these again, "
            "or use another study"
        )
    # A number stands for values by the order in which the first call named the parameters.
    levels = [len(values) for values in before.choices.values()]
    sizes = _sizes(before.sizes, runs, levels)
    rows = _rows(levels, sizes)
    study.set_user_attr(schema.DESIGN, asdict(replace(before, sizes=tuple(sizes))))
    states = {
        trial.user_attrs.get(schema.DESIGN_TRIAL): trial.state
        for trial in study.get_trials(deepcopy=False)
        if trial.state != TrialState.FAIL
    }
    random = np.random.default_rng(seed)
    for number in by_size(rows, sizes, lambda block: run_order(block, random)):
        if number not in states:
            chosen = zip(before.choices.items(), places(rows[number], 0, levels), strict=True)
            params = {name: values[at] for (name, values), at in chosen}
            study.enqueue_trial({**params, **before.fixed}, {schema.DESIGN_TRIAL: number})
            states[number] = TrialState.WAITING
    return sum(states[number] == TrialState.WAITING for number in range(len(rows)))


def _check_choices(choices: Mapping[str, Sequence[Choice]]) -> None:
    if not isinstance(choices, Mapping) or not choices:
        raise InputError(
            f"choices={as_given(choices)} names nothing that varies; it takes the values of each "
            "parameter, as {'ema': [False, True], 'optimizer': ['sgd', 'adamw']}"
        )
    for name, values in choices.items():
        _check_name("choices", name)
        if not isinstance(values, Sequence) or isinstance(values, str):
            raise InputError(f"choices[{name!r}]={as_given(values)} is no list of values")
        _check_kinds(f"choices[{name!r}]", values)
        if not 2 <= len(set(values)) == len(values) <= _MOST_CHOICES:
            alike = bool in map(type, values) and len(set(values)) < len(values)
            raise InputError(
                f"choices[{name!r}]={as_given(values)} is no list of two to four different values"
                f"{'; True equals 1, and False 0' if alike else ''}"
            )


def _check_fixed(fixed: Mapping[str, Choice], choices: Mapping[str, Sequence[Choice]]) -> None:
    if not isinstance(fixed, Mapping):
        raise InputError(f"fixed={as_given(fixed)} is no mapping; it takes a value by parameter")
    for name, value in fixed.items():
        _check_name("fixed", name)
        if name in choices:
            raise InputError(f"{name!r} is in choices and in fixed; leave it out of one of them")
        _check_kinds(f"fixed[{name!r}]", [value])


def _check_name(where: str, name: object) -> None:
    if not isinstance(name, str) or not name:
        raise InputError(f"{where} names {as_given(name)}; it takes the names of parameters, str")


def _check_seed(seed: object) -> None:
    if not isinstance(seed, Integral) or seed < 0:
        raise InputError(f"seed={as_given(seed)} is no seed; it takes a whole number from 0")


def _check_kinds(name: str, values: Sequence[object]) -> None:
    for value in values:
        if not isinstance(value, Choice):
            raise InputError(
                f"{name} has {as_given(value)}; it takes None, bool, int, float and str, as Optuna "
                "does"
            )
        if isinstance(value, float) and math.isnan(value):
            raise InputError(f"{name} has NaN, which equals nothing; it takes any other float")


def _as_kept(
    choices: Mapping[str, Sequence[Choice]], fixed: Mapping[str, Choice]
) -> EnqueuedDesign:
    """The design as a database gives it back: with plain values, where NumPy has kinds of float."""
    given = {"choices": _listed(choices), "fixed": dict(fixed)}
    return from_json(EnqueuedDesign, json.loads(json.dumps(given)))


def _listed(choices: Mapping[str, Sequence[Choice]]) -> dict[str, list[Choice]]:
    return {name: list(values) for name, values in choices.items()}


def _sizes(before: Sequence[int], runs: int | None, levels: Sequence[int]) -> list[int]:
    """The sizes of the design, first to last, where it is to have so many trials now."""
    possible = mixed_runs(0, levels)
    if not possible:
        raise InputError(
            f"{len(levels)} parameters have no balanced design; leave some of them out"
        )
    if runs is None:
        runs = before[-1] if before else next(size for size in possible if size >= _USUAL)
    if not isinstance(runs, Integral) or runs not in possible:
        raise InputError(
            f"runs={as_given(runs)} has no balanced design for these choices; it takes "
            f"{one_of(possible)}"
        )
    if not before or runs == before[-1]:
        return [*before] or [int(runs)]
    if runs < before[-1]:
        raise InputError(f"runs={runs}: the study's design has {before[-1]}, and can only grow")
    if max(levels) > 2:
        raise InputError(
            f"runs={runs}: a design in which a parameter has three or four values cannot grow from "
            f"its {before[-1]} trials; use another study"
        )
    return [*before, int(runs)]


def _rows(levels: Sequence[int], sizes: Sequence[int]) -> Design:
    if max(levels) > 2:
        return mixed_design(0, levels, sizes[-1])
    return grown(len(levels), tuple(sizes))
