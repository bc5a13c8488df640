"""The `verify` phase, from runs that are made up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from search.analysis.recommendation import recommend
from search.analysis.verified_techniques import choose_verified, in_question
from search.errors import InputError
from search.parameters import categories
from search.planning.design import design
from search.planning.phases import PLANS
from search.planning.requested import Requested
from search.planning.schedule import schedule
from search.planning.settle import settle
from search.planning.space import Space
from search.reporting.sentences.budget import set_aside
from search.reporting.status import status_of
from search.results import Candidates, Results, Run, Verified
from search.settings import Settings, TimeLimit
from tests.support.fakes import EFFECTS

NAMES = tuple(EFFECTS)
SETTINGS = Settings(data="digits", measure=(64,), search=0, confirm=1, epochs=8, last_epochs=2,
                    verify=(16,), verify_epochs=40, verify_last_epochs=10)  # fmt: skip
SPACE = Space(SETTINGS.factors)
MOVING = {**dict.fromkeys(NAMES, (0.0, 0.0)), "augmentation": (-9.0, 1.0), "batch_norm": (5.0, 5.0),
          "mixup": (-3.0, 0.0)}  # fmt: skip
"""Points that a technique adds in the middle of the training, and at its end."""


def measured(noise: float = 0.3, runs: int = 64) -> list[Run]:
    random = np.random.default_rng(1)
    found = []
    for number, one in enumerate(
        PLANS["measure"](replace(SETTINGS, measure=(runs,)), SPACE, made())
    ):
        assert one.params is not None
        on = frozenset(name for name in NAMES if one.params[name])
        run_noise = noise * random.standard_normal()
        curve = {}
        for epoch in range(1, 9):
            late = min(1.0, max(0.0, (epoch - 4) / 3))
            moved = sum(
                (early * (1 - late) + end * late) / (2 if name in on else -2)
                for name, (early, end) in MOVING.items()
            )
            curve[epoch] = (60 + moved + run_noise + 0.1 * random.standard_normal()) / 100
        found.append(Run(number, "measure", "complete", one.params, on, (curve[7] + curve[8]) / 2,
                         curve, one.seed, epochs=8))  # fmt: skip
    return found


def made(*runs: Run, settings: Settings = SETTINGS) -> Results:
    return Results("s", settings.factors, runs, settings)


def begun() -> Results:
    results = made(*measured())
    return replace(results, verified=choose_verified(results))


def test_what_matters_or_moves_is_verified_first() -> None:
    results = made(*measured(), settings=replace(SETTINGS, verify=(8,)))
    order = in_question(results, NAMES, 8)
    assert sorted(order) == sorted(NAMES)
    assert sorted(order[:3]) == ["augmentation", "batch_norm", "mixup"]
    chosen = choose_verified(results)
    assert len(chosen.techniques) == 4
    assert {"augmentation", "batch_norm", "mixup"} < set(chosen.techniques)
    found = recommend(results)
    assert found is not None
    assert chosen.params == found.params


def test_what_rates_differ_in_is_no_noise_to_what_is_verified() -> None:
    rates = settle(None, Requested(learning_rates=(1e-3, 3e-3), measure=64, epochs=8, verify=8,
                                   verify_epochs=40))  # fmt: skip
    random, empty = np.random.default_rng(2), made(settings=rates)
    runs = []
    for number, one in enumerate(PLANS["measure"](rates, Space.of(rates), empty)):
        assert one.params is not None
        on = frozenset(name for name in NAMES if one.params[name])
        reached = 60 + 2 * ("amsgrad" in on) + random.normal(0, 0.5)
        rises = 30 * (one.params["learning_rate"] == 3e-3) + 3 * ("mixup" in on)
        curve = {
            epoch: (reached - rises * (epoch < 6) + random.normal(0, 0.1)) / 100
            for epoch in range(1, 9)
        }
        runs.append(Run(number, "measure", "complete", one.params, on, curve[8], curve, one.seed,
                        epochs=8))  # fmt: skip
    results = replace(empty, runs=tuple(runs), others=categories(rates))
    order = in_question(results, NAMES, 8)
    assert sorted(order) == sorted(NAMES)
    assert set(order[:2]) == {"amsgrad", "mixup"}


def test_as_many_are_verified_as_have_a_place() -> None:
    assert choose_verified(made(*measured())).techniques == NAMES
    assert choose_verified(made()).techniques == NAMES


def test_the_design_is_balanced_around_the_recommended_recipe() -> None:
    results = begun()
    chosen, plan = results.verified, PLANS["verify"](SETTINGS, SPACE, results)
    assert chosen is not None
    assert len(plan) == len({one.seed for one in plan}) == 16
    assert chosen.params in [one.params for one in plan]
    levels = np.array([[one.params[n] for n in chosen.techniques] for one in plan if one.params])
    np.testing.assert_array_equal(levels.sum(axis=0), 8)
    for one in plan:
        assert one.params is not None
        held = set(NAMES) - set(chosen.techniques)
        assert all(one.params[n] == chosen.params[n] for n in held)
        assert SPACE.is_complete(one.params)
    assert {one.seed for one in plan}.isdisjoint(
        one.seed for one in PLANS["measure"](SETTINGS, SPACE, results)
    )


def test_a_turned_dial_of_the_recommended_recipe_is_kept() -> None:
    runs = measured()
    best = SPACE.params(["batch_norm", "mixup"]) | {"mixup_alpha": 0.7}
    results = replace(made(*runs), verified=Verified(("batch_norm", "mixup"), best))
    runs_planned = [one.params or {} for one in PLANS["verify"](SETTINGS, SPACE, results)]
    turned = {(params["mixup"], params.get("mixup_alpha")) for params in runs_planned}
    assert turned == {(True, 0.7), (False, None)}


def test_a_grown_design_keeps_its_runs() -> None:
    results = begun()
    plan = PLANS["verify"](SETTINGS, SPACE, results)
    grown = PLANS["verify"](replace(SETTINGS, verify=(16, 32)), SPACE, results)
    assert grown[:16] == plan
    assert len(grown) == 32
    assert len(design(8, 16, 32)) == 32


def test_verify_waits_for_the_search_and_confirm_for_verify() -> None:
    settings = replace(SETTINGS, search=1)
    results = made(*measured(), settings=settings)
    now = schedule(settings, SPACE, results)
    assert {one.phase for one in now.next} == {"search"}
    assert (now.left["verify"], now.left["confirm"]) == (16, 5)
    now = schedule(SETTINGS, SPACE, made(*results.runs))
    assert (now.choose, now.next, now.left["verify"]) == ("verify", (), 16)
    now = schedule(SETTINGS, SPACE, begun())
    assert now.choose is None
    assert {one.phase for one in now.next} == {"verify"}


def test_short_confirm_runs_do_not_stand_for_long_ones() -> None:
    short = replace(SETTINGS, verify=(), verify_epochs=None)
    runs = measured()
    confirm = [
        Run(0, "confirm", "complete", one.params or {}, frozenset(), 0.5, seed=one.seed, epochs=8)
        for one in PLANS["confirm"](short, SPACE, made(*runs, settings=short))
    ]
    assert schedule(short, SPACE, made(*runs, *confirm, settings=short)).phase is None
    assert len(made(*runs, *confirm, settings=short).of("confirm")) == 3
    longer = made(*runs, *confirm)
    assert longer.of("confirm") == []
    assert dict(schedule(SETTINGS, SPACE, longer).left) == {
        "measure": 0, "ladder": 0, "search": 0, "verify": 16, "confirm": 5
    }  # fmt: skip
    status = status_of(longer)
    assert status.shorter == 3
    assert "confirm" not in {one.phase for one in status.phases if one.ended}


def test_each_budget_has_its_last_epochs() -> None:
    by_rule = settle(None, Requested(epochs=8, verify_epochs=40))
    assert (by_rule.last_epochs, by_rule.last_epochs_of("verify")) == (2, 10)
    assert (by_rule.verify, by_rule.budget("confirm").epochs) == ((16,), 40)
    assert by_rule.budget("search").epochs == 8
    assert settle(None, Requested(epochs=4, last_epochs=1, verify_epochs=40)).last_epochs_of(
        "verify"
    ) == 1  # fmt: skip
    alone = settle(None, Requested(epochs=4, last_epochs=1))
    assert settle(alone, Requested(verify_epochs=40)).last_epochs_of("verify") == 1
    assert settle(None, Requested(epochs=4)).last_epochs_of("confirm") == 1
    old = Settings(epochs=20)
    added = settle(old, Requested(verify_epochs=40, verify=8))
    assert (added.verify, added.last_epochs_of("confirm")) == ((8,), 1)
    assert settle(added, Requested(verify=16)).verify == (8, 16)
    assert old.last_epochs_of("confirm") == 1


@pytest.mark.parametrize(
    ("requested", "message"),
    [
        (Requested(verify=16, epochs=5), "--verify 16 needs --verify-epochs COUNT"),
        (
            Requested(measure=0, search=0, confirm=0),
            "nothing is to be run: --measure, --search, --verify, --confirm and --ladder are all 0",
        ),
        (Requested(verify_epochs=5, epochs=5), "--verify-epochs 5 is not more than --epochs 5"),
        (Requested(verify=0, verify_epochs=9, epochs=5), "--verify-epochs 9 is for the long runs"),
        (Requested(verify=12, verify_epochs=9, epochs=5), "--verify 12 has no balanced design"),
    ],
)
def test_what_cannot_be_verified_is_refused(requested: Requested, message: str) -> None:
    with pytest.raises(InputError, match=message):
        settle(None, requested)


def test_a_verification_is_not_made_shorter() -> None:
    stored = settle(None, Requested(epochs=5, verify_epochs=40))
    with pytest.raises(
        InputError, match=r"--verify-epochs is 40, and can only grow; --verify is 16, and can"
    ):
        settle(stored, Requested(verify_epochs=30, verify=8))


def test_a_longer_verification_sets_the_shorter_one_aside() -> None:
    asked = Requested(epochs=8, verify_epochs=40, verify=16, confirm=1, search=0,
                      techniques=SETTINGS.techniques)  # fmt: skip
    stored = settle(None, asked)
    longer = settle(stored, Requested(verify_epochs=100))
    assert (longer.verify, longer.verify_epochs, longer.verify_last_epochs) == ((16,), 100, 10)
    kept = settle(settle(None, replace(asked, last_epochs=1)), Requested(verify_epochs=100))
    assert kept.verify_last_epochs == 1
    planned = replace(stored, time=TimeLimit(60.0, 50.0))
    unplanned = settle(planned, Requested(verify_epochs=100))
    assert unplanned.time is None
    with pytest.raises(InputError, match=r"--time was not given, or a later launch that asked for"):
        settle(unplanned, Requested(time=TimeLimit(120.0, 120.0)))
    short = begun()
    ended = [
        Run(at, "verify", "complete", one.params or {}, frozenset(), 0.5, seed=one.seed, epochs=40)
        for at, one in enumerate(PLANS["verify"](SETTINGS, SPACE, short))
    ]
    longest = replace(SETTINGS, verify_epochs=100)
    results = replace(made(*measured(), *ended, settings=longest), verified=short.verified)
    assert len(made(*measured(), *ended).of("verify")) == len(ended) == 16
    assert results.of("verify") == []
    assert status_of(results).shorter == 16
    assert set_aside(results) == (
        "16 verify runs of 40 epochs are kept, but do not decide: those of 100 epochs do."
    )
    assert schedule(longest, SPACE, results).left["verify"] == 16
    chosen = Candidates(SETTINGS.measure, SETTINGS.search, (), SETTINGS.verify, None, 40)
    assert chosen.fit(SETTINGS)
    assert not chosen.fit(longest)


def test_a_study_that_asked_for_the_epochs_of_no_long_runs_goes_on() -> None:
    """As an earlier version let it."""
    old = replace(settle(None, Requested(epochs=5)), verify_epochs=9, verify_last_epochs=2)
    assert settle(old, Requested()) == old
