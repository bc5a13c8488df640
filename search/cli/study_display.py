"""The display of a study at work: its phase, the runs that train, and the effects."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from search.analysis.effects import Effects
from search.analysis.recipe_names import describe
from search.cli.tables import effects_table
from search.commands.program import EPOCHS
from search.planning.schedule import Schedule
from search.reporting.formatting import counted, outcome
from search.results import Results, Run

_MOST_SHOWN = 8
"""Runs shown at most, each in a line."""


def study_display(
    results: Results, now: Schedule, fit: Effects | None, left: str, note: str, *, narrow: bool
) -> RenderableType:
    """Show how far a study is, the time that is `left`, and a note, where it is not empty.

    `narrow` makes short lines of it all.
    """
    noted = [Text(note, style="yellow")] if note else []
    return Group(
        *_phase(now, left, narrow), *_running(results), *noted, *_effects(fit, results, narrow)
    )


def _phase(now: Schedule, left: str, narrow: bool) -> Iterator[RenderableType]:
    if now.phase is None:
        return
    ended, planned = done(now, now.phase), now.planned[now.phase]
    said = f"{ended} of {counted(planned, 'run')}, {left}"
    bar = ProgressBar(total=planned, completed=ended, width=30)
    if narrow:
        yield Text.assemble((now.phase, "bold"), f"  {said}")
        yield bar
    else:
        head = Table.grid(padding=(0, 2))
        head.add_row(Text(now.phase, style="bold"), bar, Text(said))
        yield head


def _running(results: Results) -> Iterator[RenderableType]:
    running = [run for run in results.runs if run.state == "running"]
    for run in running[:_MOST_SHOWN]:
        yield _run_line(run, results)
    if len(running) > _MOST_SHOWN:
        yield Text(f"and {len(running) - _MOST_SHOWN} more running", style="dim")


def _effects(fit: Effects | None, results: Results, narrow: bool) -> Iterator[RenderableType]:
    if fit is None:
        yield Text("Effects are shown after a few more runs.", style="dim")
    else:
        yield Text()
        yield effects_table(fit, results.objective, verdicts=not narrow)


def _run_line(run: Run, results: Results) -> Text:
    epoch = max(run.curve, default=0)
    reached = f", {outcome(run.scale * run.curve[epoch], results.objective)}" if epoch else ""
    line = Text(f"run {run.number}  ", no_wrap=True, overflow="ellipsis")
    known = of_epochs(results, 1)
    at = f"epoch {epoch} of {run.epochs}" if known else counted(len(run.curve), "score")
    line.append(f"{at}{reached}  ")
    line.append(describe(run, results), style="dim")
    return line


def done(now: Schedule, phase: str) -> int:
    """The planned runs of a phase that have ended or are given up; not those of an earlier plan."""
    return now.planned.get(phase, 0) - now.left.get(phase, 0)  # type: ignore[call-overload,no-any-return]


def of_epochs(results: Results, epochs: int) -> str:
    """Continue a number of runs with their epochs, where these are known."""
    known = results.program is None or results.program.has(EPOCHS)
    return f" of {counted(epochs, 'epoch')}" if known else ""
