"""Effects in the lower and the upper half of a number."""

import re

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import create_trial

from search import analyse
from search.reporting.findings import Findings, find
from search.reporting.records import records
from search.reporting.sentences.levels import dependent
from search.storage.reading import read
from tests.support.foreign import foreign

SPACE: dict[str, BaseDistribution] = {
    "clip": CategoricalDistribution([False, True]),
    "ema": CategoricalDistribution([False, True]),
    "rate": FloatDistribution(1e-5, 1e-1, log=True),
}


def studied(
    seed: int, *, clip: float = 0.0, noise: float = 1.0, share: float = 0.5, trials: int = 100
) -> Findings:
    """A study of which clipping is worth something at rates above 0.001 alone, may be noisier than
    not clipping, and is tried in a share of the trials."""
    random, study = np.random.default_rng(seed), optuna.create_study(direction="maximize")
    for _ in range(trials):
        rate = random.uniform(-5, -1)
        on, ema = bool(random.random() < share), bool(random.random() < 0.5)
        worth = clip * (on and rate > -3) + ema - (rate + 3) ** 2
        value = 70 + worth + (noise if on else 1) * random.standard_normal()
        params = {"clip": on, "ema": ema, "rate": 10**rate}
        study.add_trial(create_trial(params=params, distributions=SPACE, value=value))
    return find(read(study), [])


@pytest.mark.numeric
def test_an_effect_at_high_rates_alone_is_named() -> None:
    findings = studied(0, clip=4.0)
    (row,) = findings.by_half
    assert (row.technique, row.factor) == ("clip", "rate")
    below, above = row.levels
    assert below.low < 0 < below.high
    assert above.low < 4 < above.high
    assert above.low > 2
    (said,) = dependent(findings)
    assert re.fullmatch(
        r"clip is worth \S+ \(.*\) with rate < 0\.00\d+ and \+\S+ \(.*\) with ≥ 0\.00\d+\.", said
    )
    assert not findings.by_level
    kept = records(findings)["effects_by_level"].rows
    assert [(one["technique"], one["factor"], one["level"]) for one in kept] == [
        ("clip", "rate", below.level),
        ("clip", "rate", above.level),
    ]


@pytest.mark.numeric
def test_a_noisy_technique_that_is_tried_seldom_depends_on_nothing() -> None:
    """One variance for each half, and not for each mean, named it in one study of seven."""
    named = [studied(seed, noise=4.0, share=0.15).by_half for seed in range(40)]
    assert sum(map(bool, named)) <= 4


@pytest.mark.numeric
def test_what_another_scale_explains_is_no_dependence_on_a_number() -> None:
    def multiplied(trial: optuna.Trial) -> float:
        rate = np.log10(trial.suggest_float("rate", 1e-5, 1e-1, log=True))
        half = trial.suggest_categorical("half", [False, True])
        luck = 0.1 * np.random.default_rng(trial.number).standard_normal()
        return float(np.exp(rate - 0.7 * half + luck))

    findings = analyse(foreign(60, multiplied, "minimize"))
    assert findings.refit is not None
    assert not findings.by_half


@pytest.mark.numeric
def test_halves_of_whole_numbers_are_named_as_they_are() -> None:
    def wide(trial: optuna.Trial) -> float:
        width = trial.suggest_int("width", 1_000, 9_000)
        norm = trial.suggest_categorical("norm", [False, True])
        luck = 0.01 * np.random.default_rng(trial.number).standard_normal()
        return float(0.7 + 0.1 * (norm and width > 5_000) + luck)

    (row,) = analyse(foreign(80, wide)).by_half
    assert all(re.fullmatch(r"[<≥] [45],\d{3}", one.level) for one in row.levels)


@pytest.mark.numeric
def test_of_a_few_values_of_a_number_the_halves_are_as_equal_as_can_be() -> None:
    """As of a grid of a range; of six values or fewer these are levels."""
    values = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, *[1e-2] * 6)
    random, study = np.random.default_rng(0), optuna.create_study(direction="maximize")
    for at in range(96):
        params = {
            "clip": bool(at % 2),
            "ema": bool(at // 2 % 2),
            "rate": values[at // 4 % 12],
        }
        value = 70 + 4 * (params["clip"] and params["rate"] > 5e-3) + random.standard_normal()
        study.add_trial(create_trial(params=params, distributions=SPACE, value=value))
    (row,) = find(read(study), []).by_half
    assert [one.level for one in row.levels] == ["< 0.01", "≥ 0.01"]
