"""The levels of all off and all on by the fit, and their intervals."""

import math
from itertools import compress

import numpy as np

from search.planning.design import design
from search.reporting.details.effects import waterfall
from search.reporting.findings import Findings, find
from search.reporting.summary import summarise
from tests.support.simulate import results_of, run

NAMES = ("a", "b", "c", "d", "e")
OFF, ON = 60.0, 60 + 5 - 2 + 3.0


def found(seed: int, falls: float = 0.0) -> Findings:
    """Findings of 32 runs, of which some fall by 20 points by their seeds."""
    random, runs = np.random.default_rng(seed), []
    for at, row in enumerate(design(5, 32, 32)):
        on = [*compress(NAMES, row)]
        points = OFF + 5 * row[0] - 2 * row[1] + 3 * (row[0] and row[2]) + random.normal()
        points -= 20 * (random.random() < falls)
        runs.append(run(on, points / 100, number=at))
    return find(results_of(runs, NAMES, designed=False), [])


def test_the_intervals_hold_the_levels() -> None:
    held, of = 0, 0
    for falls in (0.0, 0.2):
        for seed in range(40):
            levels = found(seed, falls).levels
            assert levels is not None
            if not levels.hold:
                continue
            mean_fall = 20 * falls
            held += levels.all_off.low <= OFF - mean_fall <= levels.all_off.high
            held += levels.all_on.low <= ON - mean_fall <= levels.all_on.high
            of += 2
    assert of >= 60
    assert held >= 0.88 * of


def test_the_report_gives_the_levels_with_their_intervals() -> None:
    findings = found(0)
    levels = findings.levels
    assert levels is not None
    assert levels.hold
    section = waterfall(findings)
    assert section is not None
    off, on = (
        f"{one.value:.2f} % ({one.low:.2f} to {one.high:.2f})"
        for one in (levels.all_off, levels.all_on)
    )
    assert f"By the fit all off comes to {off}, and all on to {on}, with" in section.text
    fit = summarise(findings)["fit"]
    assert (fit["all_off_low"], fit["all_on_high"]) == (levels.all_off.low, levels.all_on.high)
    assert findings.effects is not None
    summed = sum(one.effect for one in findings.effects.effects)
    assert math.isclose(fit["all_on"] - fit["all_off"], summed)
