"""The recommended recipe where a user limits what it may take, against brute force."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from search.analysis.fitted_recipes import FittedRecipes, Option
from search.analysis.limits import Costing
from search.analysis.recommendation import candidates, recommend
from search.results import Candidates, Results
from search.settings import Limits
from search.storage.reading import _candidates
from tests.search.analysis.test_trade_offs import NAMES, combined, study


@pytest.fixture(scope="module")
def results() -> Results:
    """`a` takes 2 s more than 1 s an epoch, `d` 1 s; `b` adds 500 parameters, with `c` 570."""
    return study()


def brute_force(results: Results, limits: Limits) -> frozenset[str] | None:
    """The best of all recipes, each predicted by itself."""
    runs = results.of("measure")
    fitted = FittedRecipes.of(results, runs)
    assert fitted is not None
    points = fitted.points([Option(run.on, run.params) for run in runs])
    costing = Costing.of(limits, 1, runs, points)
    options = [fitted.option(one) for one in combined(*NAMES)]
    values, takes = fitted.values(options), costing.takes(fitted.points(options))
    best = max(
        (
            (value, one.on) for value, one, took in zip(values, options, takes, strict=True)
            if took.seconds <= (limits.seconds or np.inf)
            and took.parameters <= (limits.parameters or np.inf)
        ),
        default=None,
    )  # fmt: skip
    return None if best is None else best[1]


@pytest.mark.parametrize(
    "limits",
    [
        Limits(parameters=1200), Limits(parameters=1500), Limits(seconds=1.5), Limits(seconds=2.5),
        Limits(seconds=3.5), Limits(seconds=2.5, parameters=1100), Limits(seconds=100),
    ],
    ids=str,
)  # fmt: skip
def test_it_is_the_best_within_them(results: Results, limits: Limits) -> None:
    found = recommend(replace(results, at_most=limits))
    assert found is not None
    assert found.takes is not None
    assert found.within
    assert found.on == brute_force(results, limits)
    assert ("a" in found.on) == ((limits.seconds or 9) > 3)
    assert ("b" in found.on) == ((limits.parameters or 9999) >= 1500)
    assert found.takes.seconds <= (limits.seconds or np.inf)
    seconds = 1 + 2 * ("a" in found.on) + ("d" in found.on)
    assert found.takes.seconds == pytest.approx(seconds, rel=0.1)
    assert found.takes.parameters == 1000 + 500 * ("b" in found.on) + 70 * ({"b", "c"} <= found.on)


def test_without_limits_nothing_changes(results: Results) -> None:
    usual = recommend(results)
    assert usual is not None
    assert usual == recommend(replace(results, at_most=Limits()))
    assert usual.takes is None
    assert usual.within
    above = recommend(replace(results, at_most=Limits(seconds=1e6)))
    assert above is not None
    assert replace(above, takes=None) == usual


def test_where_none_is_within_them_it_is_the_cheapest(results: Results) -> None:
    for limits in (Limits(parameters=500), Limits(seconds=0.1, parameters=500)):
        found = recommend(replace(results, at_most=limits))
        assert found is not None
        assert not found.within
        assert "b" not in found.on
        assert found.takes is not None
        assert found.takes.parameters == 1000
        assert limits.seconds is None or found.on.isdisjoint("ad")
    alike = replace(results, runs=results.runs[:2], at_most=Limits(parameters=1))
    few = recommend(alike)  # too few runs to predict anything
    assert few is not None
    assert few.takes is not None
    assert not few.within
    assert few.takes.parameters == min(run.parameters or 0 for run in alike.runs)


def test_what_is_confirmed_is_within_them_and_chosen_anew_under_others(results: Results) -> None:
    limits = Limits(seconds=2.5)
    limited = replace(results, at_most=limits)
    chosen = candidates(limited)
    assert chosen
    assert not any("a" in params for params in chosen)
    kept = Candidates((16,), 0, tuple(chosen), at_most=limits)
    assert _candidates(asdict(kept)) == kept
    off, best = next(run for run in results.runs if not run.on), chosen[0]
    tried = [replace(off, phase="confirm", number=90 + n, params=params,
                     on=frozenset(k for k, on in params.items() if on), value=value)
             for n, (params, value) in enumerate([(off.params, 0.7), (best, 0.74)])]  # fmt: skip
    confirmed = replace(limited, runs=(*results.runs, *tried), candidates=kept)
    found = recommend(confirmed)
    assert found is not None
    assert found.confirmed
    assert "a" not in found.params
    # Under another limit, all recipes are looked at again, and not those few alone.
    wider = recommend(replace(confirmed, at_most=Limits(seconds=3.5)))
    assert wider is not None
    assert "a" in wider.params
    assert not wider.confirmed
