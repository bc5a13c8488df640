"""Checks of a study's runs and fit, against longhand and SciPy."""

import math
from dataclasses import replace
from itertools import compress

import numpy as np
import pytest
from scipy.stats import t

from search.analysis.additivity import additivity
from search.analysis.chance_level import at_chance_level
from search.analysis.diagnostics import FitDiagnostics, diagnose
from search.analysis.estimability import Pairs
from search.analysis.multiplicity import significant_alone
from search.analysis.scale_refit import scale_refit
from search.analysis.t_distribution import quantile
from search.objective import OBJECTIVES
from search.planning.design import design
from search.results import Results
from search.settings import Settings
from search.storage.schema import INTERRUPTED, TRIES
from tests.support.simulate import (
    NAMES,
    facts,
    fitted,
    repeats_of,
    results_of,
    run,
    simulated,
    value,
)

SIXTY_FOUR = design(8, 64, 64)


def checked(results: Results) -> FitDiagnostics:
    fit = diagnose(results, fitted(results)).fit
    assert fit is not None
    return fit


def test_failures_are_counted_by_reason_and_those_given_up_are_named() -> None:
    def failed(reason: str, seed: int | None, count: int) -> list:  # type: ignore[type-arg]
        return [run(["mixup"], 0.0, state="failed", failure=reason, seed=seed)] * count

    runs = [
        *simulated(design(8, 16, 16), 0, 0.3)[:14],
        *failed("out of memory", 1, TRIES),
        *failed("out of memory", 2, TRIES - 1),
        *failed("no disk", None, TRIES),
        *failed(INTERRUPTED, 3, TRIES),
        replace(run([], 0.5), value=None),
        run([], 0.5, state="pruned"),
    ]
    losses = diagnose(results_of(runs, settings=Settings(measure=(8, 16))), None).losses
    assert (losses.measured, losses.planned) == (14, 16)
    (given_up,) = losses.given_up
    assert (given_up.recipe, given_up.tries, given_up.reason) == ("mixup", TRIES, "out of memory")
    assert losses.failures == (("no disk", TRIES), ("out of memory", TRIES - 1))
    assert (losses.no_value, losses.pruned, losses.diverged) == (1, 1, 0)
    assert not losses.all_equal
    assert not losses.all_diverged


@pytest.mark.parametrize(
    ("rows", "seen"),
    [
        (design(8, 64, 64), Pairs.EACH),
        (design(8, 16, 16), Pairs.NOISE),
        (design(8, 64, 64)[:40], Pairs.SOME),
    ],
    ids=["64", "16", "40"],
)
def test_pairs_are_estimable_as_the_design_allows(rows: np.ndarray, seen: Pairs) -> None:
    fit = checked(results_of(simulated(rows, 0, 0.3)))
    assert fit.estimability.pairs_estimable is seen
    assert fit.estimability.pairs == 28
    assert fit.estimability.runs_for_pairs == 64


def test_repeated_runs_let_sums_of_pairs_be_estimated() -> None:
    confirmed = [one for group in repeats_of(([], list(NAMES)), 3, 0.3) for one in group]
    fit = checked(results_of([*simulated(design(8, 16, 16), 0, 0.3), *confirmed]))
    assert fit.estimability.pairs_estimable is Pairs.SUMS
    assert fit.estimability.groups == 7


def test_the_false_alarms_are_those_of_eight_independent_intervals() -> None:
    """With many degrees of freedom: one in twenty of each of the eight."""
    results = results_of(simulated(np.repeat(SIXTY_FOUR, 8, axis=0), 0, 1.0))
    base = fitted(results)
    mixup = base.of("mixup")
    lift = 2.2 * (mixup.high - mixup.low) / 2 / quantile(base.dof) - mixup.effect
    runs = [
        replace(one, value=(one.scaled + lift * ("mixup" in one.on)) / 100) for one in results.runs
    ]
    alone = significant_alone(fitted(results_of(runs)))
    assert alone is not None
    assert alone.techniques == ("mixup",)
    assert alone.tests == 8
    assert alone.false_alarms == pytest.approx(1 - 0.95**8, abs=0.002)


def test_runs_at_chance_level_are_named_by_what_sets_them_apart() -> None:
    data = facts(validation=(40, 30, 20, 10), classes=tuple("abcd"))
    runs = [
        one if one.on & {"batch_norm", "mixup"} else replace(one, value=0.4)
        for one in simulated(SIXTY_FOUR, 0, 0.3)
    ]
    results = results_of(runs, data=data)
    low = at_chance_level(results)
    assert low is not None
    assert (low.runs, low.measured, low.level) == (16, 64, 40.0)
    assert (low.on, low.off) == ((), ("batch_norm", "mixup"))
    equal = replace(results, objective=OBJECTIVES["balanced_accuracy"])
    assert at_chance_level(equal) is None  # 25 %, of four classes
    assert at_chance_level(replace(results, data=None)) is None


def test_interactions_that_a_ceiling_makes_vanish_on_the_logit() -> None:
    worth = dict.fromkeys(NAMES, 0.0) | {"augmentation": 2.5, "batch_norm": 2.5}
    random, runs = np.random.default_rng(0), []
    for row in SIXTY_FOUR:
        on = [*compress(NAMES, row)]
        logit = value(on, worth) - 68 + 0.05 * random.standard_normal()
        runs.append(run(on, 1 / (1 + math.exp(-logit))))
    results = results_of(runs)
    refit = scale_refit(results, fitted(results))
    assert refit is not None
    assert refit.interactions_vanish
    linear = results_of(simulated(SIXTY_FOUR, 0, 0.3))
    assert scale_refit(linear, fitted(linear)) is None


def test_additivity_compares_the_sum_of_the_effects_with_fresh_seeds() -> None:
    confirmed = [one for group in repeats_of(([], list(NAMES)), 4, 0.3) for one in group]
    lifted = [replace(one, value=(one.value or 0) + 0.02 * bool(one.on)) for one in confirmed]
    measured = simulated(SIXTY_FOUR, 0, 0.3)
    for ends, rejected in ((confirmed, False), (lifted, True)):
        results = results_of([*measured, *ends])
        base = fitted(results)
        found = additivity(results, base)
        assert found is not None
        on, off = ([one.scaled for one in ends if bool(one.on) is side] for side in (True, False))
        assert found.summed == pytest.approx(sum(e.effect for e in base.effects))
        assert found.measured == pytest.approx(np.mean(on) - np.mean(off))
        assert found.rejected is rejected
        contrasts = np.array([base.fit.model.technique_contrast(name) for name in NAMES])
        squares = [base.fit.covariance(contrasts).sum(), np.var(on, ddof=1) / 4,
                   np.var(off, ddof=1) / 4]  # fmt: skip
        parts = [base.fit.dof_of(contrasts.sum(axis=0)), 3, 3]
        dof = sum(squares) ** 2 / sum(s**2 / of for s, of in zip(squares, parts, strict=True))
        difference = found.measured - found.summed
        assert found.p_value == pytest.approx(2 * t.sf(abs(difference) / sum(squares) ** 0.5, dof))
    assert additivity(results_of(measured), fitted(results_of(measured))) is None
    longer = Settings(measure=(64,), epochs=5, verify=(16,), verify_epochs=30)
    assert additivity(results_of([*measured, *lifted], settings=longer), base) is None
    equal = [replace(one, value=0.9 if one.on else 0.1) for one in confirmed]
    assert additivity(results_of([*measured, *equal]), base) is None


def test_two_techniques_can_not_be_three_that_act_together() -> None:
    names = NAMES[:2]
    measured = [run([n for at, n in enumerate(names) if row >> at & 1], 0.5 + 0.001 * seed)
                for row in range(4) for seed in range(4)]  # fmt: skip
    ends = [run(on, level + 0.001 * seed, "confirm")
            for on, level in (((), 0.5), (names, 0.8)) for seed in range(3)]  # fmt: skip
    results = results_of([*measured, *ends], names)
    assert additivity(results, fitted(results)) is None
