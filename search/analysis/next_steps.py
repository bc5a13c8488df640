"""The next steps of a study: what would settle what is open, by which options, in what time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from search.analysis.decision import Decision
from search.analysis.diagnostics import FitDiagnostics
from search.analysis.estimability import Pairs
from search.analysis.fast_start import Proposal
from search.planning.design import possible_runs
from search.planning.durations import run_time
from search.planning.phases.confirm import expected
from search.planning.schedule import schedule
from search.planning.space import Space
from search.planning.time_plan import written
from search.results import Results, by_recipe
from search.settings import Settings
from search.storage.schema import Phase

_SEARCHED = Settings.search
"""Runs of a search, where a study has none."""
_SEEDS = 3
_MOST_SEEDS = 20
"""Seeds for each recipe, above which more are not proposed."""
_COMPARED = 2
"""Recipes, without which fresh seeds would compare nothing."""
_MOST_TIMES = 4
"""Times the runs so far, up to which a larger design is proposed."""

Kind = Literal["resume", "time", "longer", "search", "confirm", "seeds", "runs"]


@dataclass(frozen=True)
class NextStep:
    """More runs of the same study, and what they are for."""

    kind: Kind
    """resume: the runs that are planned; time: those that a plan had no time for; longer: runs of
    more epochs; search: other values of dials that no run has turned; confirm: fresh seeds for the
    recipes; seeds: more of them; runs: a larger design."""
    options: tuple[str, ...]
    """Of `kouka launch`."""
    runs: int
    """Those to come."""
    seconds: float | None
    """With one worker; None where no run tells."""
    epochs: int | None = None
    """Of the long runs."""
    detectable: float = math.nan
    """The effect that the larger design finds 4 times in 5, in the effects' unit."""
    separates: bool = False
    """True where the larger design separates the interactions of two techniques, too."""


def next_steps(
    results: Results,
    fit: FitDiagnostics | None,
    decision: Decision | None,
    longer: Proposal | None,
) -> tuple[NextStep, ...]:
    """Find the steps that would settle something, the most needed first.

    `fit` is that of the effects that decide, and `longer` proposes longer runs. Only the planned
    runs while there are some; none in a study that this version of kouka cannot resume.
    """
    settings = results.settings
    space = Space.known_of(settings)
    if settings is None or space is None:
        return ()
    left = {phase: count for phase, count in schedule(settings, space, results).left.items()
            if count}  # fmt: skip
    if left:
        return (NextStep("resume", (), sum(left.values()), _time(results, left)),)
    cut = _left_out(results, settings, space)
    steps = [
        *_search(results, settings, cut),
        *_confirm(results, settings, space, decision, cut),
    ]
    if fit is None or any(one.verdict == "no estimate" for one in fit.effects.effects):
        steps = [*_more_time(results, settings, fit), *steps]
    steps += _runs(results, settings, fit, cut)
    if longer is not None:
        options = ("--verify", str(longer.runs), "--verify-epochs", str(longer.epochs))
        short: dict[Phase, int] = {one: count for one, count in cut.items() if one != "verify"}
        count = longer.runs + expected(settings, space) + sum(short.values())
        takes = _time(results, short) if short else 0.0
        seconds = None if longer.seconds is None or takes is None else longer.seconds + takes
        steps.insert(0, NextStep("longer", options, count, seconds, longer.epochs))
    return tuple(steps)


def _left_out(results: Results, settings: Settings, space: Space) -> Mapping[Phase, int]:
    """Count the runs before `confirm` that a plan had no time for: a launch that asks for more, and
    so ends the plan, makes them too."""
    if settings.time is None:
        return {}
    left = schedule(replace(settings, time=None), space, results).left
    return {phase: count for phase, count in left.items() if count and phase != "confirm"}


def _time(results: Results, left: Mapping[Phase, int]) -> float | None:
    takes = run_time(results)
    if takes is None:
        return None
    return sum(count * takes.of(results.epochs_of(phase) or 0) for phase, count in left.items())


def _more_time(
    results: Results, settings: Settings, fit: FitDiagnostics | None
) -> Iterator[NextStep]:
    """More time, where it was over before the runs of a design could tell each effect."""
    phase: Phase = "verify" if settings.verify and fit is not None else "measure"
    sizes = settings.verify if phase == "verify" else settings.measure
    missing = max(sizes, default=0) - len(results.of(phase))
    if settings.time is None or phase not in settings.time.closed or missing <= 0:
        return
    takes = _time(results, {phase: missing})
    more = 2 * (takes or 0.0)
    if fit is None:
        more = max(settings.time.seconds, more)
    yield NextStep("time", ("--time", written(settings.time.seconds + more)), missing, takes)


def _search(results: Results, settings: Settings, cut: Mapping[Phase, int]) -> Iterator[NextStep]:
    """A search, where a program has dials that only that would turn."""
    if settings.search or settings.program is None or not settings.program.dials:
        return
    left: dict[Phase, int] = {**cut, "search": _SEARCHED}
    yield NextStep("search", ("--search", str(_SEARCHED)), sum(left.values()),
                   _time(results, left))  # fmt: skip


def _confirm(
    results: Results,
    settings: Settings,
    space: Space,
    decision: Decision | None,
    cut: Mapping[Phase, int],
) -> Iterator[NextStep]:
    drawn = results.seed_matters or (results.program is not None and results.program.test)
    ended = [run for run in results.runs if run.state == "complete"]
    if decision is None or not drawn or len(by_recipe(ended)) < _COMPARED:
        return
    recipes = len(by_recipe(results.of("confirm")))
    if decision.tested is None and not recipes:
        limit = settings.time
        if settings.confirm and (limit is None or "confirm" not in limit.closed):
            return  # all of them failed
        seeds = max(_SEEDS, settings.confirm + 1)
        left = {**cut, "confirm": expected(replace(settings, confirm=seeds), space)}
        yield NextStep("confirm", ("--confirm", str(seeds)), sum(left.values()),
                       _time(results, left))  # fmt: skip
        return
    if decision.tested is not None and decision.verdict not in ("not sure", "unknown"):
        return
    seeds = max(_SEEDS, 3 * settings.confirm)
    if seeds <= _MOST_SEEDS:
        left = {**cut, "confirm": recipes * (seeds - settings.confirm)}
        yield NextStep("seeds", ("--confirm", str(seeds)), sum(left.values()), _time(results, left))


def _runs(
    results: Results, settings: Settings, fit: FitDiagnostics | None, cut: Mapping[Phase, int]
) -> Iterator[NextStep]:
    """A larger design, where an effect is not clear, or pairs are not separated."""
    phase: Phase = "verify" if settings.verify else "measure"
    sizes = settings.verify if settings.verify else settings.measure
    now = max(sizes, default=0)
    if fit is None or not now or (results.several and phase == "measure"):
        return
    effects, estimable = fit.effects, fit.estimability
    mixed = estimable.pairs > 0 and estimable.pairs_estimable is not Pairs.EACH
    # More runs of a program that draws nothing give the same.
    noisy = effects.noise > 0
    unclear = noisy and any(effect.verdict == "no clear effect" for effect in effects.effects)
    if not (mixed or unclear):
        return
    least = max(2 * now, (estimable.runs_for_pairs or 0) if mixed else 0)
    size = next((n for n in possible_runs(estimable.techniques) if n >= least), None)
    if size is None or size > _MOST_TIMES * now:
        return
    separates = mixed and estimable.runs_for_pairs is not None and size >= estimable.runs_for_pairs
    found = effects.minimum_detectable_effect * math.sqrt(now / size) if noisy else math.nan
    left = {**cut, phase: size - now + cut.get(phase, 0)}
    yield NextStep(
        "runs", (f"--{phase}", str(size)), sum(left.values()), _time(results, left),
        detectable=found, separates=separates,
    )  # fmt: skip
