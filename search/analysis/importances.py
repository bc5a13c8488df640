"""Optuna's parameter importances."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from search.storage.trials import value_of

if TYPE_CHECKING:
    from optuna.importance import BaseImportanceEvaluator

MOST = 250
"""Trials of which fANOVA is computed, whose time grows with their square: 4 min of 1,500."""

_MOST_SUBSETS = 1.5 * 2**10
"""Subsets of the parameters' choices for which fANOVA is computed: those of 10 choices take 4 s."""

OF_FORESTS = ("fANOVA", "MDI")
"""The evaluators that fit a random forest, by scikit-learn."""


@dataclass(frozen=True)
class Importance:
    """A parameter's share in [0, 1], by one of Optuna's evaluators, without sign or interval."""

    evaluator: str
    parameter: str
    importance: float
    drawn: int | None = None
    """Trials that it is computed of, drawn at random; None where it is of all."""


def importances(study: optuna.Study, objective: int | None = None) -> list[Importance]:
    """Compute every evaluator's shares over the complete trials, each largest first.

    Of those with a value that can be computed with: Optuna takes any that is finite, and fails at
    some whose squares are not. Empty with fewer than two different values. fANOVA and MDI leave out
    the dials, which exist only where their technique is on, and are themselves left out unless
    `has_forests`. `objective`, from 1, is one of a study's several. Above `MOST` trials fANOVA is
    of so many, drawn at random and the same at each call; with many choices of the parameters it is
    left out. A parameter that had one value in all trials has no share: PED-ANOVA would give it the
    largest.
    """
    column = (objective or 1) - 1
    every_complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    complete = [trial for trial in every_complete if value_of(trial, column) is not None]
    if len({trial.values[column] for trial in complete}) < 2:
        return []
    whole = len(study.directions) == 1 and len(complete) == len(every_complete)
    every = study if whole else _of(study, complete, column)
    varied = _varied(complete)
    rows = []
    for name, evaluator in _evaluators().items():
        if name == "fANOVA" and _subsets(complete) > _MOST_SUBSETS:
            continue
        some = name == "fANOVA" and len(complete) > MOST
        drawn = random.Random(0).sample(complete, MOST) if some else None  # noqa: S311 - no secret
        of = every if drawn is None else _of(study, drawn, column)
        count = None if drawn is None else len(drawn)
        rows += [
            Importance(name, parameter, share, count)
            for parameter, share in _among(varied, _shares(of, evaluator())).items()
        ]
    return rows


def _varied(trials: Sequence[FrozenTrial]) -> frozenset[str]:
    """The parameters that had several values in the trials that were asked for them."""
    values: dict[str, set[str]] = {}
    for trial in trials:
        for name, value in trial.params.items():
            values.setdefault(name, set()).add(repr(value))
    return frozenset(name for name, found in values.items() if len(found) > 1)


def _among(varied: frozenset[str], shares: Mapping[str, float]) -> dict[str, float]:
    """The shares of some parameters, largest first, which sum to what those of all did.

    By name where they are equal: PED-ANOVA has these in another order in every process.
    """
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    kept = {name: share for name, share in ordered if name in varied}
    total = sum(kept.values())
    most = sum(shares.values()) / total if total > 0 else 1.0
    return {name: share * most for name, share in kept.items()}


def _subsets(trials: Sequence[FrozenTrial]) -> int:
    """Count the subsets of each parameter's choices, all of which fANOVA goes through."""
    spaces = {name: space for trial in trials for name, space in trial.distributions.items()}
    return sum(
        2 ** len(space.choices)
        for space in spaces.values()
        if isinstance(space, CategoricalDistribution)
    )


def has_forests() -> bool:
    """Tell whether scikit-learn is there for the evaluators that fit forests."""
    return find_spec("sklearn") is not None


def _evaluators() -> dict[str, Callable[[], BaseImportanceEvaluator]]:
    # It imports scikit-learn where that is installed, which takes more than a second.
    from optuna import importance

    found: dict[str, Callable[[], BaseImportanceEvaluator]] = {
        "PED-ANOVA": importance.PedAnovaImportanceEvaluator
    }
    if has_forests():
        found |= {
            "fANOVA": lambda: importance.FanovaImportanceEvaluator(seed=0),
            "MDI": lambda: importance.MeanDecreaseImpurityImportanceEvaluator(seed=0),
        }
    return found


def _of(study: optuna.Study, trials: Sequence[FrozenTrial], column: int) -> optuna.Study:
    """A study of these trials, by one objective, in memory."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        made = optuna.create_study(direction=study.directions[column])
    finally:
        optuna.logging.set_verbosity(before)
    made.add_trials(
        optuna.create_trial(
            params=trial.params, distributions=trial.distributions, value=trial.values[column]
        )
        for trial in trials
    )
    return made


def _shares(study: optuna.Study, evaluator: BaseImportanceEvaluator) -> dict[str, float]:
    try:
        with warnings.catch_warnings():
            # The report itself says that few trials make PED-ANOVA unsteady, and which values are
            # so large that their squares are infinite.
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            return optuna.importance.get_param_importances(study, evaluator=evaluator)
    except (RuntimeError, TypeError, ValueError):
        # Nothing varies for fANOVA's forest, as where values are infinite; or choices are lists; or
        # a parameter is too large for its 32 bits.
        return {}
