"""Reading a study, kouka's own or another program's: from Optuna's trials to `Results`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from model_space.facts import DataFacts
from model_space.typed_json import JsonError, from_json
from search.errors import InputError, as_given
from search.results import Candidates, Results, Run, Verified
from search.settings import Settings, is_settings
from search.storage import schema
from search.storage.connection import undamaged
from search.storage.enqueued import stored_design, strayed, with_its_choices
from search.storage.objectives import objective_number, objective_of_study
from search.storage.parameters import distributions_of, parameters_of, tie, with_tried_levels
from search.storage.reported import reported_objective
from search.storage.samplers import never_learned
from search.storage.trials import (
    TrialReader,
    ended_at,
    is_designed,
    last_shared_step,
    legible,
    legible_name,
    value_of,
)

_MOSTLY_EQUAL = 0.9
"""Share of the repeats; a GPU may change a few of one seed in their last bits."""
_BY_CHANCE = 0.05
"""The chance of so many equal repeats, above which they tell of no seed."""


def read(
    study: optuna.Study,
    techniques: Mapping[str, Any] | None = None,
    objective: int | str | None = None,
) -> Results:
    """Read a study, kouka's own or any other with on/off parameters.

    Of a study with a design by `enqueue_design` the runs are that design's trials.

    On/off are booleans, 0 and 1, and any two choices of which one is zero or says off, no or none;
    of two other choices the second counts as on, and the technique is called PARAMETER=CHOICE.
    `techniques` says otherwise of some: it maps parameters to the choice that is on.

    A parameter that only some of the complete trials were asked for is no technique unless
    `techniques` names it; the runs are then the trials that were asked for all that it names.
    `objective` chooses one of a study's several, by its number, from 1, or its name.

    Raises `InputError` where `objective` or `techniques` does not fit the study, or is needed, and
    for a study by an objective that this version does not know.
    """
    return _read(study, techniques, objective, early=False)


def read_early(
    study: optuna.Study,
    techniques: Mapping[str, Any] | None = None,
    objective: int | str | None = None,
) -> Results | None:
    """Read another program's study as if each trial had ended where the first was pruned.

    Each value is what the trial reported at the last step that all complete and pruned ones reached
    that report anything; other trials have none. None where there is no such step.
    """
    found = _read(study, techniques, objective, early=True)
    runs = found.of("measure")
    if found.settings is not None or found.cut_at is None:
        return None
    if found.objective.share and not all(0 <= run.scaled <= 100 for run in runs):
        return None
    return found


def _read(
    study: optuna.Study,
    techniques: Mapping[str, Any] | None,
    objective: int | str | None,
    *,
    early: bool,
) -> Results:
    _check_kinds(study, techniques)
    column = objective_number(study, objective) - 1
    with undamaged(f"the study {study.study_name!r}"):
        trials = [legible(trial) for trial in study.get_trials(deepcopy=False)]
        attributes = study.user_attrs
    techniques = {legible_name(name): on for name, on in (techniques or {}).items()}
    stored = attributes.get(schema.SETTINGS)
    settings = Settings.from_json(stored) if is_settings(stored) else None
    designed = settings is not None or is_designed(trials)
    design = None if settings else stored_design(attributes)
    every = len(trials)
    if design:
        trials = [trial for trial in trials if schema.DESIGN_TRIAL in trial.user_attrs]
    beside = every - len(trials)
    whole = {trial.number: trial for trial in trials}
    last = last_shared_step(trials) if early else None
    if early:
        trials = [ended_at(trial, last) for trial in trials]
    spaces = distributions_of(trials)
    if design:
        spaces = with_its_choices(spaces, design, trials)
    elif not designed:
        spaces = with_tried_levels(spaces, trials)
    trials = [trial for trial in trials if techniques.keys() <= trial.params.keys()]
    ordered = design.choices if design else ()
    found = parameters_of(spaces, trials, settings, designed, techniques, ordered)
    valued = [trial for trial in trials if value_of(trial, column) is not None]
    finals = [one for trial in trials if value_of(one := whole[trial.number], column) is not None]
    judged = objective_of_study(study, column, finals or valued, settings, designed)
    factors, tied = (found.techniques, ()) if designed else tie(found.techniques, valued)
    names = [one.name for one in factors]
    copies = _copies(valued, column) if settings is None else frozenset()
    # Other programs count epochs from 0, as Python does, unless a step is no epoch.
    from_zero = settings is None and any({0, 1} <= t.intermediate_values.keys() for t in trials)
    first = 1 if from_zero else 0
    reader = TrialReader(factors, settings, designed, column, judged.scale, first)
    with undamaged(f"the study {study.study_name!r}"):
        runs = tuple(replace(reader.run(trial), copy=trial.number in copies) for trial in trials)
    of_objective = designed or reported_objective(runs, judged.maximize)
    if not of_objective:
        runs = tuple(replace(run, curve={}) for run in runs)
    return Results(
        name=study.study_name,
        factors=tuple(names),
        runs=runs,
        settings=settings,
        data=_facts(attributes),
        versions=_versions(attributes),
        objective=judged,
        dials=found.dials,
        designed=designed,
        enqueued=design.sizes if design else (),
        never_learned=not designed and never_learned(study, trials),
        beside=beside,
        strayed=strayed(design, valued) if design else (),
        others=found.others,
        conditional=found.conditional,
        tied=tied,
        spelled=() if settings else tuple(found.techniques),
        reports_left_out=not of_objective,
        cut_at=None if last is None else last + first,
        candidates=_candidates(attributes.get(schema.CANDIDATES)) if settings else None,
        verified=_verified(attributes, names),
        at_most=settings.at_most if settings else None,
        shared_files=_shared_files(attributes) if settings and _clash(trials) else (),
        seed_matters=attributes.get(schema.SEED_MATTERS) is not False or _like_runs_differ(runs),
    )


def stored_facts(study: optuna.Study) -> DataFacts | None:
    """The facts that a study keeps of its data; None where it keeps none. Reads no trial."""
    return _facts(study.user_attrs)


def stored_versions(study: optuna.Study) -> Mapping[str, str]:
    """The versions of packages that a study keeps; empty where it keeps none. Reads no trial."""
    return _versions(study.user_attrs)


def _like_runs_differ(runs: Iterable[Run]) -> bool:
    """Tell whether two complete runs of one recipe and length have different values."""
    values: dict[object, float] = {}
    return any(
        values.setdefault((run.epochs, *sorted(run.params.items())), run.value) != run.value
        for run in runs
        if run.state == "complete" and run.value is not None
    )


# What follows takes a study's attributes: each time that it is asked for them it asks its database.


def _facts(attributes: Mapping[str, Any]) -> DataFacts | None:
    try:
        return DataFacts.from_json(attributes.get(schema.DATA))
    except JsonError:
        return None


def _shared_files(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    stored = attributes.get(schema.SHARED_FILES)
    return tuple(map(str, stored)) if isinstance(stored, (list, tuple)) else ()


def _clash(trials: Iterable[FrozenTrial]) -> bool:
    """Tell whether two trials have one value, of which one began before the other ended."""
    worked: dict[float, list[tuple[datetime, datetime]]] = defaultdict(list)
    for trial in trials:
        if trial.value is not None and trial.datetime_start and trial.datetime_complete:
            worked[trial.value].append((trial.datetime_start, trial.datetime_complete))
    return any(
        later < end for times in worked.values() for (_, end), (later, _) in pairwise(sorted(times))
    )


def _versions(attributes: Mapping[str, Any]) -> Mapping[str, str]:
    stored = attributes.get(schema.VERSIONS)
    return stored if isinstance(stored, Mapping) else {}


def _check_kinds(study: object, techniques: object) -> None:
    """Raise `InputError` for what a caller in Python may take for a study or its techniques."""
    if not isinstance(study, optuna.Study):
        raise InputError(
            f"{as_given(study)} is no study; it takes an optuna.Study, such as "
            "load_study(URL, NAME)"
        )
    if techniques is not None and not isinstance(techniques, Mapping):
        raise InputError(
            f"techniques={as_given(techniques)} is no mapping; it takes the choice that is on by "
            "parameter, as {'optimizer': 'adamw'}"
        )


def _candidates(stored: object) -> Candidates | None:
    try:
        return from_json(Candidates, stored)
    except JsonError:
        return None


def _copies(valued: list[FrozenTrial], column: int) -> frozenset[int]:
    """The numbers of trials with a value that repeat an earlier one's parameters and value.

    None where many trials of equal parameters have different values, as these had other seeds, or
    where different recipes are equal so often that the repeats may be chance, as with a share of
    few images.
    """
    alike: dict[str, list[FrozenTrial]] = {}
    for trial in valued:
        alike.setdefault(repr(sorted(trial.params.items())), []).append(trial)
    repeats = [(group[0], trial) for group in alike.values() for trial in group[1:]]
    equal = [trial for one, trial in repeats if trial.values[column] == one.values[column]]
    if len(equal) < _MOSTLY_EQUAL * len(repeats):
        return frozenset()
    counts = Counter(group[0].values[column] for group in alike.values())
    pairs = len(alike) * (len(alike) - 1)
    by_chance = sum(count * (count - 1) for count in counts.values()) / pairs if pairs else 0.0
    if by_chance ** len(equal) >= _BY_CHANCE:
        return frozenset()
    return frozenset(trial.number for trial in equal)


def _verified(attributes: Mapping[str, Any], factors: list[str]) -> Verified | None:
    """Read what the phase `verify` began with; None of another program's attribute."""
    try:
        chosen = from_json(Verified, attributes.get(schema.VERIFIED))
    except JsonError:
        return None
    return chosen if set(chosen.techniques) <= set(factors) else None
