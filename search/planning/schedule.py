"""The schedule of a study: the runs that it still lacks, and those that may begin now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from search.planning.broken import breaks_of, has_failed, is_broken
from search.planning.phases import PLANS, Planned
from search.planning.phases.confirm import expected, wants_candidates
from search.planning.phases.verify import wants_techniques
from search.planning.space import Space
from search.results import Results, Run
from search.settings import Settings
from search.storage.schema import PHASES, TRIES, Phase

WAITS_FOR: Mapping[Phase, tuple[Phase, ...]] = {
    "measure": (),
    "ladder": (),
    "search": ("measure", "ladder"),
    "verify": ("measure", "ladder", "search"),
    "confirm": ("measure", "ladder", "search", "verify"),
}
"""The phases that must have ended before a phase begins, as it builds on them."""


@dataclass(frozen=True)
class Schedule:
    """The runs that a study still lacks, and those that may begin now."""

    next: tuple[Planned, ...]
    """What may be begun now, the least tried first."""
    planned: Mapping[Phase, int]
    """The runs of each phase; those of `confirm` are a guess until its turn."""
    left: Mapping[Phase, int]
    """The runs of each phase that have not ended and are not given up, those under way included."""
    choose: Phase | None = None
    """The phase whose recipes are to be chosen by the runs there are, before any further run
    begins."""

    @property
    def phase(self) -> Phase | None:
        """The first phase that has not ended; None where the study has."""
        return next((phase for phase in PHASES if self.left[phase]), None)


def schedule(settings: Settings, space: Space, results: Results) -> Schedule:
    """Compare the runs that the phases plan with the runs there are."""
    runs = defaultdict(list)
    for run in results.runs:
        if results.at_budget(run):
            runs[run.phase, run.seed].append(run)
    closed = settings.time.closed if settings.time else ()
    breaks = breaks_of(results).values()
    planned: dict[Phase, int] = {}
    left: dict[Phase, int] = {}
    ready: list[Planned] = []
    unchosen: dict[Phase, bool] = {
        "verify": "verify" not in closed and wants_techniques(settings, results),
        "confirm": "confirm" not in closed and wants_candidates(settings, results),
    }
    choose: Phase | None = None
    for phase, plan in PLANS.items():
        waits = any(left[other] for other in WAITS_FOR[phase])
        if unchosen.get(phase) and not waits:
            choose = phase
        wanted = plan(settings, space, results)
        tries = [(one, [r for r in runs[phase, one.seed] if one.is_run(r)]) for one in wanted]
        if phase in closed:
            # In time, no further run of it began.
            tries = [(one, tried) for one, tried in tries if _is_begun(tried)]
        lacking = [
            (one, tried)
            for one, tried in tries
            if not _is_over(tried, 1 if is_broken(_params(one, tried), breaks) else TRIES)
        ]
        planned[phase], left[phase] = len(tries), len(lacking)
        if phase == "verify" and unchosen[phase]:
            planned[phase] = left[phase] = max(settings.verify)
        if phase == "confirm" and phase not in closed and (waits or unchosen[phase]):
            guessed = max(len(wanted), expected(settings, space))
            planned[phase], left[phase] = guessed, guessed - len(wanted) + len(lacking)
        if not waits and not unchosen.get(phase):
            free = [pair for pair in lacking if not any(r.state == "running" for r in pair[1])]
            free.sort(key=lambda pair: _failures(pair[1]))
            ready += [_again(one, tried, space) for one, tried in free]
    return Schedule(tuple(ready), planned, left, choose)


def _is_over(tried: list[Run], most: int) -> bool:
    return any(run.ended for run in tried) or _failures(tried) >= most


def _params(planned: Planned, tried: Sequence[Run]) -> Mapping[str, Any]:
    """The parameters of a run; none of one for which a sampler has not chosen them yet."""
    if planned.params is not None:
        return planned.params
    return tried[-1].params if tried else {}


def _is_begun(tried: list[Run]) -> bool:
    return any(run.ended or run.state == "running" for run in tried)


def _failures(tried: list[Run]) -> int:
    return sum(run.state == "failed" and has_failed(run) for run in tried)


def _again(planned: Planned, tried: list[Run], space: Space) -> Planned:
    """A run that a sampler chose keeps its recipe when it is tried again."""
    if planned.params is None and tried and space.is_complete(tried[-1].params):
        params: Mapping[str, Any] = dict(tried[-1].params)
        return replace(planned, params=params)
    return planned
