"""Optuna's parameter importances."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import optuna
from optuna.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    MeanDecreaseImpurityImportanceEvaluator,
    PedAnovaImportanceEvaluator,
)

_EVALUATORS: dict[str, Callable[[], BaseImportanceEvaluator]] = {
    "PED-ANOVA": PedAnovaImportanceEvaluator,
    "fANOVA": lambda: FanovaImportanceEvaluator(seed=0),
    "MDI": lambda: MeanDecreaseImpurityImportanceEvaluator(seed=0),
}


@dataclass(frozen=True)
class Importance:
    """A parameter's share in [0, 1], by one of Optuna's evaluators, without sign or interval."""

    evaluator: str
    parameter: str
    importance: float


def importances(study: optuna.Study) -> list[Importance]:
    """Compute every evaluator's shares over the completed trials, each largest first.

    Empty with fewer than two different values. fANOVA and MDI leave out the dials, which exist
    only where their technique is on.
    """
    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len({trial.value for trial in complete}) < 2:
        return []
    return [
        Importance(name, parameter, share)
        for name, evaluator in _EVALUATORS.items()
        for parameter, share in _shares(study, evaluator()).items()
    ]


def _shares(study: optuna.Study, evaluator: BaseImportanceEvaluator) -> dict[str, float]:
    try:
        with warnings.catch_warnings():
            # The report itself says that few trials make PED-ANOVA unsteady.
            warnings.simplefilter("ignore", UserWarning)
            return optuna.importance.get_param_importances(study, evaluator=evaluator)
    except RuntimeError:  # nothing varies for fANOVA's forest, as where values are infinite
        return {}
