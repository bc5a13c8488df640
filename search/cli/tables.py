"""Tables of what a study found, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from search.analysis.confirmation import Confirmed
from search.analysis.effects import Effects
from search.analysis.ladder import LadderStep
from search.cli.fitting_table import FittingTable
from search.objective import ACCURACY, Objective
from search.reporting.formatting import (
    capitalized,
    change,
    counted,
    effect_unit,
    heading,
    if_less,
    interval,
    mean,
    outcome,
    short_percent,
    with_interval,
)
from search.reporting.sentences.ladder import ladder_name
from search.results import Results

if TYPE_CHECKING:
    from search.reporting.findings import Verification

_COLOURS = {"helps": "blue", "hurts": "red"}


def effects_table(fit: Effects, objective: Objective, *, verdicts: bool = True) -> RenderableType:
    """The techniques, largest first; without `verdicts`, narrow enough for 40 columns."""
    table = FittingTable()
    table.add_column(heading(fit), overflow="fold")
    table.add_column(objective.unit or "effect", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    if verdicts:
        table.add_column("verdict")
    for effect in fit.effects:
        verdict = Text(effect.verdict, style=_COLOURS.get(effect.verdict, "dim"))
        cells = (effect.technique, change(effect), interval(effect))
        table.add_row(*cells, *([verdict] if verdicts else []))
    of = f"{objective.name}{if_less(objective)}"
    return _titled(f"Effect of each {heading(fit)} on {of}, {counted(fit.runs, 'run')}", table)


def budgets_table(results: Results, short: Effects, long: Verification) -> RenderableType:
    """The effects of the short runs beside those of the long ones, which the verdicts are of."""
    from search.reporting.tables import budget_rows

    table = FittingTable()
    table.add_column("technique", overflow="fold")
    for phase in ("measure", "verify"):
        table.add_column(
            f"{counted(results.epochs_of(phase) or 0, 'epoch')} (95 %)", justify="right"
        )
    table.add_column("verdict")
    for row in budget_rows(short, long):
        table.add_row(
            row.technique, row.short, row.long,
            Text(row.verdict, style=_COLOURS.get(row.verdict, "dim")),
        )  # fmt: skip
    runs = f"{counted(short.runs, 'short run')}, {counted(long.effects.runs, 'long run')}"
    return _titled(f"Effect of each technique, {effect_unit(results.objective)}; {runs}", table)


def confirmed_table(rows: Sequence[Confirmed], results: Results) -> RenderableType:
    """The objective on the test images over fresh seeds, and the accuracy where it is another."""
    objective, name = results.objective, results.tested_by
    both = objective != ACCURACY and results.program is None
    table = FittingTable()
    table.add_column("recipe", overflow="fold")
    table.add_column("seeds", justify="right")
    table.add_column(f"{name}, %" if objective.share else name, justify="right", no_wrap=True)
    if both:
        table.add_column("test accuracy, %", justify="right", no_wrap=True)
    unit = objective.unit if results.program is not None else "points"
    table.add_column(f"{unit} over all off".strip(), justify="right", no_wrap=True)
    table.add_column("techniques on", overflow="fold")
    for row in rows:
        accuracy = [f"{row.test.value:.1f}"] if both else []
        tested = (
            short_percent(row.test_objective)
            if objective.share
            else mean(row.test_objective, objective)
        )
        over = row.objective_gain if results.program is not None else row.gain
        gain = with_interval(over) if over else ""
        table.add_row(row.label, str(row.runs), tested, *accuracy, gain, row.recipe)
    named = name if results.program is not None else capitalized(name)
    return _titled(f"{named} over fresh seeds, mean (95 % interval)", table)


def ladder_table(steps: Sequence[LadderStep], results: Results) -> RenderableType:
    """The ladder's steps in their order."""
    objective = results.objective
    table = FittingTable()
    table.add_column("adds", overflow="fold")
    table.add_column("seeds", justify="right")
    table.add_column(objective.measure, justify="right", no_wrap=True)
    table.add_column("change", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    for step in steps:
        table.add_row(
            step.adds,
            str(step.runs),
            outcome(step.scaled.value, objective),
            change(step),
            interval(step),
        )
    return _titled(f"{ladder_name(results)}, by {objective.name}", table)


def _titled(title: str, table: Table) -> RenderableType:
    """A table below its title, which Rich would break at the table's width."""
    return Group(Text(title, style="bold"), table)
