"""The objectives of a study, kouka's own or another program's: which is read, and what it is."""

from __future__ import annotations

import math
import re
from numbers import Integral

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from search.errors import InputError, as_given
from search.objective import ACCURACY, OBJECTIVES, UNNAMED, Objective, objective_of
from search.settings import Settings

_COEFFICIENT = re.compile(
    r"kappa|correlation|corrcoef|pearson|spearman|kendall|matthews|explained.?variance|r.?squared"
    r"|(?<![a-z])(r2|r²|mcc|qwk|corr)(?![a-z])",
    re.IGNORECASE,
)
"""Names of scores that can be below zero: no shares, though all that a study has lie in [0, 1]."""


def objective_number(study: optuna.Study, objective: int | str | None) -> int:
    """Return the number, from 1, of an objective that is given by its number or its name.

    Raises `InputError` where the study has no such objective, or several and none is given.
    """
    count = len(study.directions)
    if not count:
        raise InputError(
            f"the study {study.study_name!r} cannot be read, because the database is damaged (it "
            "has no objective); restore a copy of it"
        )
    if objective is None:
        if count == 1:
            return 1
        raise InputError(
            f"the study {study.study_name!r} has {count} objectives, {name_objectives(study)}; "
            "effects are of one, so say which: --objective N, or in Python objective=N"
        )
    if isinstance(objective, str):
        if objective in (names := study.metric_names or []):
            return names.index(objective) + 1
        given = int(objective) if objective.isascii() and objective.isdigit() else objective
    else:
        given = objective
    number = given if isinstance(given, Integral) and not isinstance(given, bool) else None
    if number is None or not 1 <= number <= count:
        called = as_given(given) if number is None else f"number {number}"
        raise InputError(
            f"the study {study.study_name!r} has no objective {called}; it has "
            f"{name_objectives(study)}"
        )
    return int(number)


def name_objectives(study: optuna.Study) -> str:
    """List its objectives: "number 1 (accuracy) and number 2 (loss)", or "number 1 alone"."""
    names = study.metric_names or [""] * len(study.directions)
    numbered = [
        f"number {at} ({name})" if name else f"number {at}"
        for at, name in enumerate(names, start=1)
    ]
    if len(numbered) == 1:
        return f"{numbered[0]} alone"
    return f"{', '.join(numbered[:-1])} and {numbered[-1]}"


def objective_of_study(
    study: optuna.Study,
    column: int,
    valued: list[FrozenTrial],
    settings: Settings | None,
    designed: bool,
) -> Objective:
    """Tell what a column of the values in `valued`, trials that have one, measures.

    Raises `InputError` for a study by an objective that this version does not know.
    """
    maximize = study.directions[column] == StudyDirection.MAXIMIZE
    values = [trial.values[column] for trial in valued]
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
    if fractions and values and not _COEFFICIENT.search(name):
        return Objective(name)
    return Objective(name, "", 1.0, maximize, -math.inf, math.inf)
