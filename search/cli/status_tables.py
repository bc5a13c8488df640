"""Tables of how far studies are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from search.cli.fitting_table import FittingTable
from search.objective import ACCURACY, UNNAMED
from search.reporting.formatting import UNKNOWN, score
from search.reporting.status import PhaseStatus, StudyStatus
from search.storage.schema import PHASES


def status_table(studies: Sequence[StudyStatus]) -> Table:
    """The runs of each study that have ended, of those asked for; only the phases that there are.

    A study has one line where the terminal is wide enough.
    """
    table = FittingTable()
    phases = [name for name in PHASES
              if any(one.phase == name for study in studies for one in study.phases)]  # fmt: skip
    failed = any(study.failed for study in studies)
    table.add_column("study", overflow="fold")
    for name in phases:
        table.add_column(name, justify="right", no_wrap=True)
    if failed:
        table.add_column("failed", justify="right", no_wrap=True)
    table.add_column("best so far", no_wrap=True)
    for study in studies:
        ended = {one.phase: _ended(one) for one in study.phases}
        table.add_row(
            study.study,
            *(ended.get(name, UNKNOWN) for name in phases),
            *([str(study.failed)] if failed else []),
            reached(study) + (" (ladder)" if study.best and study.best.phase == "ladder" else ""),
        )
    return table


def phases_table(study: StudyStatus) -> Table:
    """The phases of one study, a line each."""
    table = FittingTable()
    table.add_column("phase", no_wrap=True)
    table.add_column("ended", justify="right", no_wrap=True)
    table.add_column("of them pruned", justify="right", no_wrap=True)
    for one in study.phases:
        table.add_row(one.phase, _ended(one), str(one.pruned) if one.pruned else "")
    return table


def _ended(phase: PhaseStatus) -> str:
    return f"{phase.ended:,}" + ("" if phase.planned is None else f" of {phase.planned:,}")


def reached(study: StudyStatus) -> str:
    """Format the best value so far with its unit, or with the name of what has none."""
    best = study.best
    if best is None:
        return UNKNOWN
    if study.unit == "%":
        usual = study.objective in (ACCURACY.name, UNNAMED)
        return f"{best.value:.2f} %" + ("" if usual else f" {study.objective}")
    name = "" if study.objective == UNNAMED else study.objective
    return f"{score(best.value)} {study.unit or name}".rstrip()
