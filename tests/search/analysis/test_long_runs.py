"""The recipe that is recommended where long runs say otherwise than short ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np
import pytest

from search.analysis.long_runs import long_study
from search.analysis.looks import look_at
from search.analysis.recommendation import candidates, recommend
from search.analysis.verified_techniques import choose_verified
from search.planning.phases import PLANS, Planned
from search.planning.space import Space
from search.reporting.findings import find
from search.results import Candidates, Results, Run
from search.settings import Settings, TimeLimit

NAMES = Settings.techniques
SPACE = Space(NAMES)
SHORT = dict(zip(NAMES, (-30.0, 8.0, 3.0, -4.0, 2.0, -3.0, -1.0, 0.5), strict=True))
LONG = dict(zip(NAMES, (5.0, 3.0, 2.0, -3.0, 2.5, 0.5, 0.0, 0.3), strict=True))
"""Points; `augmentation` turns its sign with the epochs."""


def true(on: Collection[str]) -> float:
    """Percent of a recipe after a long run."""
    return 85 + sum(effect / (2 if name in on else -2) for name, effect in LONG.items())


def trained(
    plan: Iterable[Planned], settings: Settings, random: np.random.Generator
) -> tuple[Run, ...]:
    runs = []
    for one in plan:
        assert one.params is not None
        on = frozenset(name for name in NAMES if one.params[name])
        if one.phase == "measure":
            percent = 60 + sum(SHORT[name] / (2 if name in on else -2) for name in NAMES)
            percent += 2 * random.standard_normal()
        else:
            percent = true(on) + 0.6 * random.standard_normal()
        runs.append(Run(0, one.phase, "complete", one.params, on, percent / 100, {}, one.seed,
                        epochs=settings.epochs_of(one.phase)))  # fmt: skip
    return tuple(runs)


def study(
    verify: int,
    seed: int,
    finished: int | None = None,
    confirm: int = 1,
    order: str = "random",
) -> Results:
    """A study of 16 short runs and so many long ones, of which some have finished."""
    settings = Settings(data="digits", measure=(16,), search=0, confirm=confirm, epochs=5,
                        verify=(verify,), verify_epochs=40, seed=seed, order=order)  # fmt: skip
    random = np.random.default_rng(seed)
    made = Results("s", NAMES, (), settings)
    short = trained(PLANS["measure"](settings, SPACE, made), settings, random)
    made = replace(made, runs=short)
    assert "augmentation" not in recommend(made).on  # type: ignore[union-attr]
    made = replace(made, verified=choose_verified(made))
    long = trained(PLANS["verify"](settings, SPACE, made), settings, random)[:finished]
    made = replace(made, runs=(*short, *long))
    chosen = Candidates(settings.measure, 0, tuple(candidates(made)), settings.verify)
    made = replace(made, candidates=chosen)
    confirmed = trained(PLANS["confirm"](settings, SPACE, made), settings, random)
    return replace(made, runs=(*made.runs, *confirmed))


@pytest.mark.parametrize(
    ("verify", "finished", "confirm", "loss"),
    [(16, None, 0, 0.7), (16, None, 1, 0.7), (8, None, 1, 1.2), (16, 6, 1, 3.5)],
)
def test_the_long_runs_choose(verify: int, finished: int | None, confirm: int, loss: float) -> None:
    """Also where they are few, and where they were cut short and the candidates are confirmed."""
    best = true([name for name, effect in LONG.items() if effect > 0])
    losses = []
    for seed in range(3):
        found = recommend(study(verify, seed, finished, confirm))
        assert found is not None
        assert "augmentation" in found.on
        losses.append(best - true(found.on))
    assert np.mean(losses) < loss


def test_the_look_at_long_runs_that_time_cut_short_is_due() -> None:
    part = study(16, 0, 12)
    assert part.settings is not None
    limit = TimeLimit(60, 50, closed=("verify",))
    ended = replace(part, settings=replace(part.settings, time=limit))
    for results, complete in ((part, False), (ended, True)):
        long = long_study(results)
        assert long is not None
        assert look_at(long).complete == complete


def test_long_runs_that_time_cut_short_are_finished_first() -> None:
    """12 runs in mirrored pairs cannot tell eight techniques, and the four that lack can."""
    made = study(16, 0, finished=12, order="balanced")
    assert made.settings is not None
    limit = TimeLimit(600.0, 600.0, closed=("verify",))
    timed = tuple(replace(one, seconds=10.0, seconds_per_epoch=0.2) for one in made.runs)
    findings = find(replace(made, runs=timed, settings=replace(made.settings, time=limit)), [])
    assert findings.deciding_effects is not None
    assert "no estimate" in [one.verdict for one in findings.deciding_effects.effects]
    step = findings.steps[0]
    assert (step.kind, step.runs) == ("time", 4)
    assert step.options == ("--time", "12m")  # twice what the four take is added
    assert findings.verification is not None
    said = " ".join(findings.verification.cautions)
    assert "12 runs of 8 techniques give the known effects, averaged over the others" in said
