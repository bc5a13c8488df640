"""A few trials far from all others, as of trainings that diverged, beside a sampler's choices."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution

from search import analyse
from search.analysis.effects import CERTAIN, effects, effects_of
from search.analysis.far_runs import far_runs
from search.analysis.interactions import interactions
from search.storage.reading import read

pytestmark = pytest.mark.numeric

KINDS = ["sgd", "adam", "lion"]
SPACE: dict[str, BaseDistribution] = {
    "mixup": CategoricalDistribution([False, True]),
    "aug": CategoricalDistribution([False, True]),
    "kind": CategoricalDistribution(KINDS),
}


def study_of(rows: list[tuple[bool, str, float | None]], seed: int) -> optuna.Study:
    """Trials of mixup, kind and a value; None is 80 % with `aug` worth 2 points and noise."""
    random = np.random.default_rng(seed)
    study = optuna.create_study(direction="maximize")
    for mixup, kind, value in rows:
        aug = bool(random.random() < 0.5)
        own = 0.8 + 0.02 * aug + 0.01 * float(random.normal())
        params = {"mixup": mixup, "aug": aug, "kind": kind}
        study.add_trial(optuna.create_trial(params=params, distributions=SPACE, value=value or own))
    return study


def diverged(seed: int) -> optuna.Study:
    """A sampler tried mixup, and all kinds, at first; one trial of adam and one of lion diverged
    later, when it had left mixup."""
    early = [(True, kind, None) for kind in ("lion", "sgd", "adam", "adam", "lion", "sgd")]
    later: list[tuple[bool, str, float | None]] = [(False, "sgd", None)] * 68
    later[20], later[50] = (False, "lion", 0.1), (False, "adam", 0.1)
    return study_of([*early, *later], seed)


def test_what_a_diverged_trial_was_alone_with_is_not_blamed() -> None:
    """mixup helped by 45 points (35 to 55), and adam cost 70 (67 to 73)."""
    for seed in range(10):
        results = read(diverged(seed))
        assert len(far_runs(results)) == 2
        found = effects_of(results)
        assert found is not None
        for name in ("mixup", "kind: sgd → adam", "kind: sgd → lion"):
            effect = found.of(name)
            assert effect.verdict not in CERTAIN
            assert effect.low < 0 < effect.high


def test_the_caution_says_that_intervals_are_wider() -> None:
    said = " ".join(analyse(diverged(0)).cautions)
    assert "came to 10.00 %, far from all others" in said
    assert "Where chance may have put them with a technique, its interval is wider for that" in said


def test_what_surely_makes_trials_diverge_hurts() -> None:
    """Of adam's trials a fifth are far and of sgd's none, which chance does not explain."""
    rows = [(at % 4 < 2, KINDS[at % 2], 0.1 if at % 10 == 1 else None) for at in range(110)]
    results = read(study_of(rows, 1))
    assert len(far_runs(results)) == 11
    told = effects_of(results)
    plain = effects(results.of("measure"), results.factors, others=results.others)
    assert told is not None
    assert plain is not None
    adam, mixup = "kind: sgd → adam", "mixup"
    assert told.of(adam).verdict == "hurts"
    assert told.of(adam).low == pytest.approx(plain.of(adam).low)
    assert told.of(mixup).low < plain.of(mixup).low


def test_all_runs_of_a_level_are_what_it_comes_to() -> None:
    rows: list[tuple[bool, str, float | None]] = [(at % 2 > 0, "sgd", None) for at in range(60)]
    few = read(study_of([*rows, (False, "lion", 0.1), (True, "lion", 0.1)], 0))
    assert len(far_runs(few)) == 2
    several = read(study_of([*rows, *[(False, "lion", 0.1), (True, "lion", 0.1)] * 2], 0))
    assert far_runs(several) == []
    found = effects_of(several)
    assert found is not None
    assert found.of("kind: sgd → lion").verdict == "hurts"


def test_what_a_diverged_trial_was_alone_with_interacts_with_nothing() -> None:
    """In 14 of 30 such studies mixup and aug did."""
    for seed in range(8):
        fitted = effects_of(read(diverged(seed)))
        assert fitted is not None
        assert not any(row.certain for row in interactions(fitted))
