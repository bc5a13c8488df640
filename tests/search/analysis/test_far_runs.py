"""A few trials far from all others, as of trainings that diverged, beside a sampler's choices."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution

from search import analyse, enqueue_design
from search.analysis.effects import CERTAIN, effects, effects_of
from search.analysis.far_runs import brought_about, far_at, far_runs, set_apart
from search.analysis.interactions import interactions
from search.reporting.answer.support import support
from search.reporting.records import records
from search.reporting.summary import summarise
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


ADAM = [(at % 4 < 2, KINDS[at % 2], 0.1 if at % 10 == 1 else None) for at in range(110)]
"""Of adam's trials a fifth are far and of sgd's none, which chance does not explain."""


def test_the_caution_says_that_intervals_are_wider() -> None:
    said = " ".join(analyse(study_of(ADAM, 1)).cautions)
    assert "likewise, far from all others" in said
    assert "Where chance may have put them with a technique, its interval is wider for that" in said


def test_what_surely_makes_trials_diverge_hurts() -> None:
    results = read(study_of(ADAM, 1))
    assert set_apart(results) is results
    assert len(far_runs(results)) == 11
    told = effects_of(results)
    plain = effects(results.of("measure"), results.factors, others=results.others)
    assert told is not None
    assert plain is not None
    adam, mixup = "kind: sgd → adam", "mixup"
    assert told.of(adam).verdict == "hurts"
    assert told.of(adam).low == pytest.approx(plain.of(adam).low)
    assert told.of(mixup).low < plain.of(mixup).low


def test_levels_that_fail_alike_are_what_brings_it_about() -> None:
    """As by an SVM: no kernel but the linear one needs its gamma to be right."""
    far = {"linear": (0, 18), "poly": (11, 30), "rbf": (4, 38), "sigmoid": (5, 14)}
    rows = [(kernel, at < count) for kernel, (count, trials) in far.items() for at in range(trials)]
    random = np.random.default_rng(0)
    study = optuna.create_study(direction="maximize")
    for at in random.permutation(len(rows)):
        kernel, failed = rows[at]
        value = (0.07 if failed else 0.97) + 0.01 * float(random.normal())
        params = {"kernel": kernel, "scale": bool(random.random() < 0.5)}
        space: dict[str, BaseDistribution] = {
            "kernel": CategoricalDistribution([*far]),
            "scale": CategoricalDistribution([False, True]),
        }
        study.add_trial(optuna.create_trial(params=params, distributions=space, value=value))
    results = read(study)
    assert len(far_runs(results)) == 20
    assert set_apart(results) is results
    assert {*brought_about(results, far_runs(results))} == {"kernel poly", "kernel sigmoid"}


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


def at_high_rates(highest: float, worth: float, seed: int, trials: int = 60) -> optuna.Study:
    """Trials of `aug`, worth so much, that diverge at higher rates than the highest."""
    random = np.random.default_rng(seed)

    def objective(trial: optuna.Trial) -> float:
        value = 0.8 + worth * trial.suggest_categorical("aug", [False, True])
        trial.suggest_categorical("mixup", [False, True])
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        noise = 0.01 * float(random.normal())
        return 0.1 if rate > highest else value + noise

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=seed)
    )
    study.optimize(objective, n_trials=trials)
    return study


@pytest.mark.parametrize("highest", [0.01, 0.03])
def test_effects_are_of_trials_that_did_not_diverge_at_high_rates(highest: float) -> None:
    """With the others aug's interval was 40 points wide."""
    held = 0
    for seed in range(10):
        findings = analyse(at_high_rates(highest, 0.03, seed))
        far = {run.number for run in findings.results.runs if run.far}
        assert far == {run.number for run in findings.results.runs if run.params["rate"] > highest}
        assert findings.effects is not None
        assert findings.effects.runs == 60 - len(far)
        aug = findings.effects.of("aug")
        assert aug.verdict == "helps"
        held += aug.low < 3 < aug.high
    assert held >= 8
    said = " ".join(findings.cautions)
    assert f"{len(far)} trials came to 10.00 %, far from all others" in said
    assert "all with rate at 0.0" in said
    assert "No technique brings them about" in said
    assert f"from all runs but the {len(far)} far from all others." in " ".join(support(findings))
    assert summarise(findings)["far"] == sorted(far)
    assert [row["number"] for row in records(findings)["trials"].rows if row["far"]] == sorted(far)


def test_more_than_a_third_are_what_the_study_comes_to() -> None:
    study = at_high_rates(0.001, 0.03, 1)
    assert not any(run.far for run in analyse(study).results.runs)


def test_a_number_that_the_far_have_in_common_is_named() -> None:
    results = read(at_high_rates(0.02, 0.03, 2))
    far = far_runs(results)
    found = far_at(results, far)
    assert found is not None
    assert (found.name, found.above, found.others) == ("rate", True, 0)
    assert found.bound == min(run.params["rate"] for run in far)
    assert far_at(results, results.of("measure")[:20]) is None


def test_runs_of_a_design_all_count() -> None:
    study = optuna.create_study(direction="maximize")
    enqueue_design(study, {"aug": [False, True], "mixup": [False, True]}, 16)
    study.optimize(
        lambda trial: (
            0.1
            if trial.number == 3
            else 0.8
            + 0.02 * trial.suggest_categorical("aug", [False, True])
            + 0.01 * trial.suggest_categorical("mixup", [False, True])
            + 0.001 * (trial.number % 3)
        ),
        n_trials=16,
    )
    results = read(study)
    assert far_runs(results)
    assert set_apart(results) is results


def test_losses_of_a_wide_range_are_not_far() -> None:
    """What multiplies them puts some ten interquartile ranges above all others."""

    def objective(trial: optuna.Trial) -> float:
        noise = np.random.default_rng(trial.number).normal()
        aug = trial.suggest_categorical("aug", [False, True])
        mixup = trial.suggest_categorical("mixup", [False, True])
        return float(np.exp(aug + 0.5 * mixup + 1.5 * noise))

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=60)
    values = np.array([trial.value for trial in study.trials])
    first, third = np.percentile(values, [25, 75])
    assert values.max() > third + 10 * (third - first)
    assert far_runs(read(study)) == []


@pytest.mark.parametrize(("usual", "failed"), [(0.8, 0.1), (0.995, 0.1), (0.8, 0.0)])
def test_an_accuracy_of_chance_is_far(usual: float, failed: float) -> None:
    random = np.random.default_rng(0)
    study = optuna.create_study(direction="maximize")
    for number in range(40):
        value = 1 - (1 - usual) * float(np.exp(0.3 * random.normal()))
        params = {"mixup": number % 2 > 0, "aug": number % 4 > 1, "kind": "sgd"}
        study.add_trial(
            optuna.create_trial(
                params=params, distributions=SPACE, value=failed if number in (7, 20) else value
            )
        )
    assert [run.number for run in far_runs(read(study))] == [7, 20]


def test_no_gain_goes_beyond_what_a_share_can_be() -> None:
    """Kinds that were soon left failed in their first trials, so their effects are wide."""
    random = np.random.default_rng(1)
    space: dict[str, BaseDistribution] = {name: SPACE[name] for name in ("aug", "kind")}
    study = optuna.create_study(direction="maximize")
    for number in range(40):
        params = {"aug": number % 2 > 0, "kind": KINDS[number % 3] if number < 9 else "lion"}
        failed = number in (1, 4, 6)
        value = 0.4 + 0.1 * random.random() if failed else 0.96 + 0.005 * random.normal()
        study.add_trial(optuna.create_trial(params=params, distributions=space, value=float(value)))
    made = analyse(study).decision
    assert made is not None
    assert made.gain is not None
    assert made.all_off is not None
    assert made.gain.high == pytest.approx(100 - made.all_off.low)
