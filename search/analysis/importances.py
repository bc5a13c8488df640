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

MEANINGS: dict[str, str] = {
    "PED-ANOVA": "how far a parameter's values among the best tenth of the trials differ from "
    "those among all; with few trials it is unsteady, and a dial that only the search turns stands "
    "out for that alone (Watanabe et al. 2023)",
    "fANOVA": "the share of the objective's variance, in a random forest fitted to the trials, "
    "that a parameter explains alone (Hutter et al. 2014)",
    "MDI": "how much splits on a parameter lower the variance in that forest's trees "
    "(Louppe et al. 2013)",
}
"""What each of Optuna's evaluators measures."""

_EVALUATORS: dict[str, Callable[[], BaseImportanceEvaluator]] = {
    "PED-ANOVA": PedAnovaImportanceEvaluator,
    "fANOVA": lambda: FanovaImportanceEvaluator(seed=0),
    "MDI": lambda: MeanDecreaseImpurityImportanceEvaluator(seed=0),
}


@dataclass(frozen=True)
class Importance:
    """A share in [0, 1]: no sign, no unit, no interval."""

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
            # That few trials make PED-ANOVA unsteady stands in MEANINGS, beside its shares.
            warnings.simplefilter("ignore", UserWarning)
            return optuna.importance.get_param_importances(study, evaluator=evaluator)
    except RuntimeError:  # fANOVA's forest found nothing that varies, as where values are infinite
        return {}
