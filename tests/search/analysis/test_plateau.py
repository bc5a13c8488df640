"""Studies most of whose runs have one value, without any noise."""

import numpy as np
import optuna
import pytest

from search import analyse
from search.analysis.effects import CERTAIN
from search.analysis.plateau import at_plateau
from tests.support.foreign import foreign

pytestmark = pytest.mark.numeric


@pytest.mark.parametrize(
    ("values", "there"),
    [
        ([1.0, 1.0, 1.0, 2.0], [True, True, True, False]),
        ([1.0, 1.0, 2.0, 3.0], [False] * 4),
        ([1.0, 1.0, 1.0], [False] * 3),
    ],
)
def test_a_plateau_is_of_more_than_half(values: list[float], there: list[bool]) -> None:
    assert at_plateau(np.array(values)).tolist() == there


def test_runs_at_a_plateau_do_not_make_the_others_certain() -> None:
    """A classifier at 98.9 % whatever its dial is, and two others of which a few trials tell."""

    def function(trial: optuna.Trial) -> float:
        random = np.random.default_rng(trial.number)
        kind = "svm" if trial.number > 14 else ("svm", "forest", "bayes")[trial.number % 3]
        trial.set_user_attr("kind", kind)
        trial.suggest_float("c", 0.1, 1000, log=True)
        scaled = trial.suggest_categorical("scaled", [False, True])
        if kind == "svm":
            return 0.989 if scaled or trial.number > 3 else 0.93
        return 0.95 + 0.02 * random.random()

    drawn = foreign(80, function)
    study = optuna.create_study(direction="maximize")
    kinds = optuna.distributions.CategoricalDistribution(["svm", "forest", "bayes"])
    for one in drawn.trials:
        study.add_trial(
            optuna.trial.create_trial(
                params={**one.params, "kind": one.user_attrs["kind"]},
                distributions={**one.distributions, "kind": kinds}, value=one.value,
            )
        )  # fmt: skip
    findings = analyse(study)
    assert findings.effects is not None
    forest = findings.effects.of("kind: svm → forest")
    assert forest.high - forest.low > 0.5
    assert findings.recommended is not None
    assert findings.recommended.reach is not None
    best = findings.recommended.reach.recommended
    assert best.high - best.low > 0.1
    assert all(row.verdict not in CERTAIN or row.high - row.low > 0.1
               for row in findings.effects.effects)  # fmt: skip
