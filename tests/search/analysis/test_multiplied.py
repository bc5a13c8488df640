"""Losses that techniques multiply rather than add to, and whose noise is a share of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
import pytest
from scipy import stats

from search.analysis.confirmation import confirmation
from search.analysis.diagnostics import diagnose
from search.analysis.effects import effects_of
from search.analysis.recommendation import recommend
from search.commands.program import Metric, Program
from search.objective import Objective
from search.planning.design import fraction
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.reporting.ending import answer_lines
from search.reporting.findings import find
from search.results import Results, Run
from tests.support.programs import switches

NAMES = ("warmup", "clipping", "decay", "dropout")
MULTIPLY = {"warmup": 0.1, "decay": 0.5}
PROGRAM = Program(
    "train {flags}", "/",
    switches(NAMES),
    Metric("loss", "loss"), test=Metric("test loss", "test"), unit="nats", minimize=True,
)  # fmt: skip
SETTINGS = settle(None, Requested(program=PROGRAM, measure=32, search=0, confirm=3))


def run(number: int, on: Sequence[str], value: float, phase: str = "measure") -> Run:
    params = Space.of(SETTINGS).params(on)
    return Run(number, phase, "complete", params, frozenset(on), value, {}, number,
               test_objective=value, scale=1.0)  # fmt: skip


def studied(
    multiply: Mapping[str, float] = MULTIPLY, confirmed: Sequence[Run] = (), noise: float = 0.2
) -> Results:
    """Losses of about 40 with all techniques off."""
    random, runs = np.random.default_rng(3), list[Run]()
    for number, row in enumerate(fraction(4, 32)):
        on = [*compress(NAMES, row)]
        loss = 40 * math.prod(multiply.get(name, 1.0) for name in on)
        runs.append(run(number, on, loss * math.exp(noise * random.standard_normal())))
    return Results("s", NAMES, (*runs, *confirmed), SETTINGS, objective=Objective.of(PROGRAM))


def confirm_runs(recipes: Mapping[tuple[str, ...], Sequence[float]]) -> list[Run]:
    return [
        run(100 + 10 * at + seed, on, value, "confirm")
        for at, (on, values) in enumerate(recipes.items())
        for seed, value in enumerate(values)
    ]


def test_what_is_multiplied_is_above_zero_without_an_upper_end() -> None:
    results = studied()
    assert results.multiplied
    assert not studied({"decay": 0.5}, noise=0.02).multiplied
    assert not replace(results, objective=Objective(high=1.0, unit="")).multiplied
    negative = replace(results.runs[0], value=-1.0)
    assert not replace(results, runs=(negative, *results.runs[1:])).multiplied
    assert not replace(results, runs=()).multiplied


@pytest.mark.parametrize("multiplied", [True, False])
def test_the_logarithm_is_taken_of_what_is_multiplied_alone(multiplied: bool) -> None:
    """By whether the residuals are more normal on it, not by how far apart the values are."""
    random, right = np.random.default_rng(0), 0
    for _ in range(20):
        runs = []
        for number in range(40):
            on = [name for name in ("decay", "clip") if random.random() < 0.5]
            low = sum({"decay": 0.5, "clip": 0.4}[name] for name in on)
            value = 8 * 0.1**low if multiplied else 8 * (1 - low)
            noise = 0.1 * random.standard_normal()
            runs.append(run(number, on, value * math.exp(noise) if multiplied else value + noise))
        studied = Results("s", ("decay", "clip"), tuple(runs), objective=Objective(high=math.inf))
        right += studied.multiplied == multiplied
    assert right >= 18


def test_what_is_multiplied_is_recommended_and_predicted_by_factors() -> None:
    found = recommend(studied())
    assert found is not None
    assert found.reach is not None
    assert found.on >= {"warmup", "decay"}
    assert found.predicted == pytest.approx(40 * 0.1 * 0.5, rel=0.2)
    gain = found.reach.gain
    assert gain.low < 40 * 0.1 * 0.5 - 40 < gain.high < 0
    assert found.reach.recommended.low > 0


def test_the_answer_says_what_the_techniques_multiply_by() -> None:
    results = studied()
    told = " ".join(answer_lines(find(results, [])))
    assert "The techniques multiply loss rather than add to it" in told
    assert "on its logarithm: warmup multiplies it by 0." in told
    assert " and decay by 0." in told
    assert "on the logarithm no interaction is clear" in told
    fitted = effects_of(results)
    assert fitted is not None
    fit = diagnose(results, fitted).fit
    assert fit is not None
    assert fit.refit is not None
    assert fit.refit.scale == "logarithm"
    for name in NAMES:
        effect = fit.refit.effects.of(name)
        assert effect.low < math.log(MULTIPLY.get(name, 1.0)) < effect.high
    steady = studied({"decay": 0.5}, noise=0.02)
    assert "rather than add" not in " ".join(answer_lines(find(steady, [])))


def test_noise_that_grows_with_the_loss_does_not_hide_a_tenth_of_it() -> None:
    values = {
        (): (30.0, 60.0, 41.0),
        ("warmup", "decay"): (1.5, 2.6, 2.0),
        NAMES: (2.4, 1.4, 1.9),
    }
    results = studied(confirmed=confirm_runs(values))
    found = recommend(results)
    rows = {row.recipe: row for row in confirmation(results, found)}
    gain = rows["warmup, decay"].objective_gain
    assert gain is not None
    logs = [np.log(of) for of in values.values()]
    pooled = sum(np.var(of, ddof=1) for of in logs) / 3
    variances = [(pooled + 2 * np.var(of, ddof=1)) / 3 / 3 for of in (logs[1], logs[0])]
    dof = sum(variances) ** 2 / sum(one**2 / 3 for one in variances)
    assert gain.dof == pytest.approx(dof)
    margins = [stats.t.ppf(1 - gain.level / 2, dof) * math.sqrt(one) for one in variances]
    one, off = np.mean(values["warmup", "decay"]), np.mean(values[()])
    up, down = one * math.expm1(margins[0]), -off * math.expm1(-margins[1])
    assert gain.high == pytest.approx(one - off + math.hypot(up, down), rel=1e-3)
    assert gain.high < 0


def test_equal_seeds_say_nothing_of_others() -> None:
    results = studied(confirmed=confirm_runs({(): (40.0, 40.0), ("warmup", "decay"): (2.0, 2.0)}))
    for row in confirmation(results, recommend(results)):
        assert row.objective_gain is None or math.isnan(row.objective_gain.low)


def test_a_difference_that_the_logarithms_do_not_show_is_not_sure() -> None:
    """A factor of ten, of seeds that differ by a factor of twenty."""
    lucky = confirm_runs({(): (100.0, 20.0, 5.0), ("warmup", "decay"): (8.0, 2.0, 0.4)})
    results = studied(confirmed=lucky)
    rows = [row.objective_gain for row in confirmation(results, recommend(results))]
    (gain,) = [one for one in rows if one is not None]
    assert gain.low < gain.value < 0 <= gain.high
