"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from search.analysis.confirmation import Confirmed
from search.analysis.effects import Effects
from search.analysis.ladder import Step
from search.reporting import words
from search.reporting.formatting import change, interval, level, mean
from search.results import ACCURACY, Objective, Results
from search.storage.schema import INTERRUPTED, PHASES

_COLOURS = {"helps": "blue", "hurts": "red"}


def effects_table(fit: Effects, objective: Objective) -> RenderableType:
    """The techniques, largest first."""
    table = _table()
    table.add_column("technique", no_wrap=True)
    table.add_column(objective.unit or "effect", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("verdict")
    for effect in fit.effects:
        table.add_row(
            effect.technique,
            change(effect),
            interval(effect),
            Text(effect.verdict, style=_COLOURS.get(effect.verdict, "dim")),
        )
    return _titled(f"Effect of each technique on {objective.name}, {fit.runs} runs", table)


def confirmed_table(rows: Sequence[Confirmed], objective: Objective) -> RenderableType:
    """The objective on the test images over fresh seeds, and the accuracy where it is another."""
    name = f"test {objective.measure}"
    table = _table()
    table.add_column("recipe", no_wrap=True)
    table.add_column("seeds", justify="right")
    table.add_column(name, justify="right", no_wrap=True)
    if objective is not ACCURACY:
        table.add_column("test accuracy", justify="right", no_wrap=True)
    table.add_column("techniques on")
    for row in rows:
        accuracy = [] if objective is ACCURACY else [f"{row.test.mean:.2f} %"]
        tested = mean(row.test_objective, objective)
        table.add_row(row.label, str(row.runs), tested, *accuracy, row.recipe)
    return _titled(f"{name.capitalize()} over fresh seeds, mean (95 % interval)", table)


def ladder_table(steps: Sequence[Step], objective: Objective) -> RenderableType:
    """The article's steps in its order."""
    table = _table()
    table.add_column("adds")
    table.add_column("seeds", justify="right")
    table.add_column(objective.measure, justify="right", no_wrap=True)
    table.add_column("change", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    for step in steps:
        table.add_row(
            step.adds,
            str(step.runs),
            level(step.scaled.mean, objective),
            change(step),
            interval(step),
        )
    return _titled(f"The article's ladder, by {objective.name}", table)


def predictions_table(
    files: Sequence[str],
    classes: Sequence[str],
    probabilities: Sequence[Sequence[float]],
    top: int,
) -> Table:
    """The likeliest classes of each file, in the order of their probabilities."""
    table = _table()
    table.add_column("file", overflow="fold")
    table.add_column("class")
    table.add_column("probability", justify="right", no_wrap=True)
    for file, row in zip(files, probabilities, strict=True):
        ranked = sorted(zip(row, classes, strict=True), key=lambda pair: -pair[0])[:top]
        for place, (probability, name) in enumerate(ranked):
            table.add_row(Text("" if place else file), Text(name), f"{100 * probability:.1f} %")
    return table


def status_table(results: Sequence[Results]) -> Table:
    """The runs of each study that have ended, of those asked for, by phase."""
    table = _table()
    table.add_column("study", no_wrap=True)
    for phase in PHASES:
        table.add_column(phase, justify="right")
    table.add_column("failed", justify="right")
    table.add_column("best so far")
    for one in results:
        best = one.best
        table.add_row(
            one.name,
            *(_progress(one, phase) for phase in PHASES),
            str(sum(run.state == "failed" and run.failure != INTERRUPTED for run in one.runs)),
            words.reached(best, one.objective) if best else "—",
        )
    return table


def _progress(results: Results, phase: str) -> str:
    ended = [r for r in results.runs if r.phase == phase and r.ended]
    pruned = sum(run.state == "pruned" for run in ended)
    settings = results.settings
    total = ""
    if settings is not None and phase in ("measure", "search"):
        total = f" of {settings.measure[-1] if phase == 'measure' else settings.search}"
    return f"{len(ended)}{total}" + (f" ({pruned} pruned)" if pruned else "")


def _titled(title: str, table: Table) -> RenderableType:
    """A table below its title, which Rich would break at the table's width."""
    return Group(Text(title, style="bold"), table)


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
