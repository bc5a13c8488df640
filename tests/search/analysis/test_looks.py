"""Looks at a study: when its verdicts are due, and how sure each must be."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from search.analysis.effects import effects_of
from search.analysis.looks import (
    ALONE,
    Look,
    alpha_of_gains,
    alphas,
    confirm_looks,
    look_at,
    spent_by_growth,
)
from search.planning.design import design
from search.planning.requested import Requested
from search.planning.settle import settle
from search.results import Results
from search.settings import Settings, TimeLimit
from tests.support.simulate import NAMES, results_of, run, simulated

pytestmark = pytest.mark.numeric


def study(finished: int, *sizes: int) -> Results:
    rows = design(8, 16, 16)[:finished]
    runs = [replace(one, seed=at) for at, one in enumerate(simulated(rows, 0, 0.3))]
    return results_of(runs, settings=Settings(measure=sizes))


@pytest.mark.parametrize("spent", [spent_by_growth(2), (0.0031, 0.05)])
def test_two_looks_are_wrong_as_often_as_is_spent(spent: tuple[float, ...]) -> None:
    """The oracle: the two estimates' bivariate normal distribution; one test."""
    first, second = (-float(ndtri(alpha / 2)) for alpha in alphas((16, 64), spent, 1))
    joint = multivariate_normal(cov=[[1, 0.5], [0.5, 1]])
    neither = joint.cdf([first, second], lower_limit=[-first, -second])
    assert 1 - neither == pytest.approx(spent[1], abs=2e-4)


def test_a_study_that_grows_is_wrong_in_at_most_five_per_cent_of_cases() -> None:
    """Eight techniques without effect, looked at after 16, 32, 64 and 128 runs."""
    random = np.random.default_rng(0)
    sizes = (16, 32, 64, 128)
    sums = np.cumsum(random.standard_normal((4000, 128, 8)), axis=1)
    wrong = np.zeros(4000, dtype=bool)
    by_look = []
    for at, alpha in enumerate(alphas(sizes, spent_by_growth(4), 8)):
        one = 1 - (1 - alpha) ** (1 / 8)
        size = sizes[at]
        wrong |= np.any(np.abs(sums[:, size - 1]) / np.sqrt(size) > -ndtri(one / 2), axis=1)
        by_look.append(wrong.mean())
    assert by_look == pytest.approx(spent_by_growth(4), abs=0.01)
    assert by_look[-1] <= 0.058


def test_seeds_that_are_added_widen_the_intervals_of_gains() -> None:
    stored = settle(None, Requested(confirm=3))
    assert alpha_of_gains(Results("s", (), (), stored)) == pytest.approx(0.05)
    grown = settle(stored, Requested(confirm=9))
    assert grown.confirm_before == (3,)
    alpha = alpha_of_gains(Results("s", (), (), grown))
    joint = multivariate_normal(cov=[[1, 3**-0.5], [3**-0.5, 1]])
    first, second = (-float(ndtri(one / 2)) for one in (0.05, alpha))
    both_hold = joint.cdf([first, second], lower_limit=[-first, -second])
    assert 1 - both_hold == pytest.approx(0.05 + 0.01 * 2 / 3, abs=2e-4)
    again = settle(grown, Requested(confirm=27))
    assert again.confirm_before == (3, 9)
    assert settle(again, Requested()) == again
    third = alpha_of_gains(Results("s", (), (), again))
    assert third < alpha
    # Of longer runs, nobody has seen any.
    longer = settle(again, Requested(verify_epochs=200))
    assert alpha_of_gains(Results("s", (), (), longer)) == pytest.approx(0.05)


def test_more_time_is_another_look_where_it_adds_seeds() -> None:
    planned = settle(None, Requested(time=TimeLimit(60.0, 50.0), confirm=3))
    more = settle(planned, Requested(time=TimeLimit(120.0, 0.0)))
    assert confirm_looks(Results("s", (), (), more)) == (3,)
    assert confirm_looks(Results("s", (), (), replace(more, confirm=4))) == (3, 4)
    assert alpha_of_gains(Results("s", (), (), planned)) == pytest.approx(0.05)


def test_verdicts_wait_for_the_planned_runs() -> None:
    part, whole = study(12, 16), study(16, 16)
    found = effects_of(part)
    assert found is not None
    assert {effect.verdict for effect in found.effects} == {"not yet"}
    assert all(np.isnan(effect.p_value) for effect in found.effects)
    assert all(effect.low < effect.high for effect in found.effects)
    done = effects_of(whole)
    assert done is not None
    assert "helps" in {effect.verdict for effect in done.effects}


def test_a_run_that_was_given_up_is_not_waited_for() -> None:
    part = study(15, 16)
    failed = run(NAMES[:1], 0.0, state="failed", failure="no memory", seed=15)
    tries = [replace(failed, value=None)] * 2
    assert not look_at(replace(part, runs=(*part.runs, *tries))).complete
    assert look_at(replace(part, runs=(*part.runs, *tries, tries[0]))).complete


def test_a_grown_study_waits_again_and_asks_for_more() -> None:
    assert not look_at(study(16, 16, 32)).complete
    grown = Look((16, 32), 32)
    assert grown.complete
    assert grown.alpha(8) < 0.02 < Look((32,), 32).alpha(8) == pytest.approx(0.04)


def test_a_study_without_a_plan_is_judged_as_it_stands() -> None:
    foreign = replace(study(12, 16), settings=None)
    assert look_at(foreign) == ALONE
    assert ALONE.complete
    assert ALONE.alpha(8) == pytest.approx(0.05)


def test_the_look_of_a_phase_that_time_has_closed_is_due() -> None:
    """The clock knows nothing of the effects, so it may end a study."""
    closed = TimeLimit(60, 50, closed=("measure",))
    part = study(12, 16)
    assert part.settings is not None
    ended = replace(part, settings=replace(part.settings, time=closed))
    assert look_at(ended) == Look((12,), 12)
    grown = replace(study(12, 8, 16), settings=replace(part.settings, measure=(8, 16), time=closed))
    assert look_at(grown) == Look((8, 12), 12)
    assert {effect.verdict for effect in effects_of(ended).effects} != {"not yet"}  # type: ignore[union-attr]
