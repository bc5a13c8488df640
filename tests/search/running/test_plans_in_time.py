"""Plans for a time on machines whose speed changes, by a clock that the test turns."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from search.commands.program import Metric, Program
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.planning.time_plan import Timing, plan_for
from search.results import Results, Run
from search.running import claim, timekeeping
from search.settings import Settings, TimeLimit
from tests.support.fakes import fake_accuracy
from tests.support.programs import switches

FACTORS = ("batch_norm", "dropout", "mixup")
TIMING = Timing(0.5, 0.8, 5.0, 2)
BESIDE, LATE = 30.0, 0.04
"""Seconds of all but the runs; share of the time by which a run may end late."""


class Attributes:
    """Takes the place of a study, whose attributes nobody reads here."""

    def set_user_attr(self, name: str, value: Any) -> None:
        pass


class Clock:
    """Takes the place of the module `time`."""

    now = 0.0

    def time(self) -> float:
        return self.now


def planned(seconds: float) -> Settings:
    plan = plan_for(seconds, TIMING, 8, Requested(), beside=BESIDE)
    limit = TimeLimit(
        seconds, seconds - BESIDE, TIMING.workers,
        ("measure", "search", "verify", "verify_epochs", "confirm"), plan.measure,
        ends=seconds - BESIDE,
    )  # fmt: skip
    asked = Requested(
        data="digits", measure=plan.begin, search=plan.search, verify=plan.verify,
        confirm=plan.confirm, epochs=plan.epochs, verify_epochs=plan.verify_epochs, time=limit,
    )  # fmt: skip
    return settle(None, asked)


def ran(settings: Settings, slowness: Callable[[float], float], clock: Clock) -> list[Run]:
    """Run a study to its end; an epoch takes so many times what the timing said."""
    random = np.random.default_rng(1)
    space, study = Space.of(settings), Attributes()
    results = Results("s", settings.factors, (), settings)
    runs: list[Run] = []
    training: list[tuple[float, int]] = []
    assert settings.time is not None
    last_call = settings.time.ends + LATE * settings.time.seconds
    while True:
        while len(training) < TIMING.workers and clock.now <= settings.time.ends:
            results = replace(results, runs=tuple(runs))
            results, settings, now = claim._next(study, settings, space, results)  # type: ignore[arg-type]
            assert settings.time is not None
            if not now.next:
                break
            one = now.next[0]
            params = dict(one.params or space.params(["batch_norm"]))
            epochs = settings.epochs_of(one.phase)
            each = slowness(clock.now) * random.uniform(0.7, 1.4) * TIMING.all_on
            seconds = slowness(clock.now) * TIMING.start + epochs * each
            on = frozenset(name for name in space.factors if params[name])
            runs.append(
                Run(len(runs), one.phase, "running", params, on, None, {}, one.seed, epochs=epochs,
                    seconds=seconds, seconds_per_epoch=each)
            )  # fmt: skip
            heapq.heappush(training, (clock.now + seconds, len(runs) - 1))
        if not training:
            break
        clock.now, number = heapq.heappop(training)
        if clock.now > last_call:
            clock.now = last_call
            break
        value = fake_accuracy({name: {} for name in runs[number].on}, number)
        runs[number] = replace(runs[number], state="complete", value=value)
    return runs


def planned_program(seconds: float) -> Settings:
    """A study of a program without epochs, whose run was timed at 5 s."""
    program = Program(
        "train {flags}", "/", switches(FACTORS), Metric("acc", "acc"), unit="points", scale=1.0
    )
    asked = Requested(program=program)
    plan = plan_for(seconds, Timing(5.0, 5.0, 0.0, 2), len(FACTORS), asked, beside=BESIDE)
    limit = TimeLimit(seconds, seconds - BESIDE, 2, ("measure", "search", "confirm"), plan.measure,
                      ends=seconds - BESIDE)  # fmt: skip
    return settle(None, replace(asked, measure=plan.begin, search=plan.search,
                                confirm=plan.confirm, time=limit))  # fmt: skip


def test_a_study_of_runs_alone_ends_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for slowness in (1.5, 5.0):  # runs take 5.8 s beside an epoch of 0.8 s
        clock = Clock()
        monkeypatch.setattr(timekeeping, "time", clock)
        settings = planned_program(600)
        ended = ran(settings, lambda now, times=slowness: times, clock)  # type: ignore[misc]
        assert settings.time is not None
        # A design doubles or stays, and then ten seeds are enough.
        assert 0.8 * settings.time.ends < clock.now <= settings.time.ends + LATE * 600
        counts = Counter(run.phase for run in ended if run.state == "complete")
        assert counts.keys() == {"measure", "confirm"}
        assert counts["confirm"] >= 2


@pytest.mark.parametrize(
    ("seconds", "slowness"),
    [
        (600, lambda now: 1.0),
        (1800, lambda now: 2.0),
        (600, lambda now: 5.0),
        (1800, lambda now: 1.0 if now < 200 else 3.0),
        (600, lambda now: 1.0 if now < 400 else 3.0),
        (600, lambda now: 1.0 if now < 200 else 0.33),
        (180, lambda now: 0.5),
    ],
    ids=["as timed", "slower", "very slow", "slower soon", "slower late", "faster", "short, fast"],
)
def test_a_study_ends_in_its_time_with_a_confirmed_recipe(
    seconds: float, slowness: Callable[[float], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(timekeeping, "time", clock)
    settings = planned(seconds)
    ended = ran(settings, slowness, clock)
    assert settings.time is not None
    assert 0.9 * settings.time.ends < clock.now <= settings.time.ends + LATE * seconds
    counts = Counter(run.phase for run in ended if run.state == "complete")
    assert counts["measure"] >= 12
    assert counts["confirm"] >= 2
