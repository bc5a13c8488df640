"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from search.analysis.confirmation import Confirmed
from search.analysis.effects import Effects
from search.analysis.ladder import LadderStep
from search.objective import ACCURACY, UNNAMED, Objective
from search.reporting.formatting import (
    capitalized,
    change,
    counted,
    effect_unit,
    heading,
    interval,
    level,
    mean,
    score,
    short_percent,
    with_interval,
)
from search.reporting.programs import LoggedRun
from search.reporting.sentences.ladder import ladder_name
from search.reporting.status import PhaseStatus, StudyStatus
from search.results import Results
from search.storage.schema import PHASES

if TYPE_CHECKING:
    from search.reporting.findings import Verification

_LONGEST_WORD = 24
"""Characters of a name that are not broken, where the terminal is wide enough for the table."""
_NONE = "—"
_COLOURS = {"helps": "blue", "hurts": "red"}


def effects_table(fit: Effects, objective: Objective, *, verdicts: bool = True) -> RenderableType:
    """The techniques, largest first; without `verdicts`, narrow enough for 40 columns."""
    table = _table()
    table.add_column(heading(fit), overflow="fold")
    table.add_column(objective.unit or "effect", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    if verdicts:
        table.add_column("verdict")
    for effect in fit.effects:
        verdict = Text(effect.verdict, style=_COLOURS.get(effect.verdict, "dim"))
        cells = (effect.technique, change(effect), interval(effect))
        table.add_row(*cells, *([verdict] if verdicts else []))
    return _titled(
        f"Effect of each {heading(fit)} on {objective.name}, {counted(fit.runs, 'run')}", table
    )


def budgets_table(results: Results, short: Effects, long: Verification) -> RenderableType:
    """The effects of the short runs beside those of the long ones, which the verdicts are of."""
    from search.reporting.tables import budget_rows

    table = _table()
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
    table = _table()
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
        gain = with_interval(over.value, over) if over else ""
        table.add_row(row.label, str(row.runs), tested, *accuracy, gain, row.recipe)
    named = name if results.program is not None else capitalized(name)
    return _titled(f"{named} over fresh seeds, mean (95 % interval)", table)


def ladder_table(steps: Sequence[LadderStep], results: Results) -> RenderableType:
    """The ladder's steps in their order."""
    objective = results.objective
    table = _table()
    table.add_column("adds", overflow="fold")
    table.add_column("seeds", justify="right")
    table.add_column(objective.measure, justify="right", no_wrap=True)
    table.add_column("change", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    for step in steps:
        table.add_row(
            step.adds,
            str(step.runs),
            level(step.scaled.value, objective),
            change(step),
            interval(step),
        )
    return _titled(f"{ladder_name(results)}, by {objective.name}", table)


def predictions_table(
    files: Sequence[str],
    classes: Sequence[str],
    probabilities: Sequence[Sequence[float]],
    top: int,
) -> Table:
    """The likeliest classes of each file, in the order of their probabilities."""
    table = _table()
    table.add_column("file", overflow="fold")
    table.add_column("class", overflow="fold")
    table.add_column("probability", justify="right", no_wrap=True)
    for file, row in zip(files, probabilities, strict=True):
        ranked = sorted(zip(row, classes, strict=True), key=lambda pair: -pair[0])[:top]
        for place, (probability, name) in enumerate(ranked):
            table.add_row(Text("" if place else file), Text(name), f"{100 * probability:.1f} %")
    return table


def status_table(studies: Sequence[StudyStatus]) -> Table:
    """The runs of each study that have ended, of those asked for; only the phases that there are.

    A study has one line where the terminal is wide enough.
    """
    table = _table()
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
            *(ended.get(name, _NONE) for name in phases),
            *([str(study.failed)] if failed else []),
            reached(study) + (" (ladder)" if study.best and study.best.phase == "ladder" else ""),
        )
    return table


def phases_table(study: StudyStatus) -> Table:
    """The phases of one study, a line each."""
    table = _table()
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
        return _NONE
    if study.unit == "%":
        usual = study.objective in (ACCURACY.name, UNNAMED)
        return f"{best.value:.2f} %" + ("" if usual else f" {study.objective}")
    name = "" if study.objective == UNNAMED else study.objective
    return f"{score(best.value)} {study.unit or name}".rstrip()


def _titled(title: str, table: Table) -> RenderableType:
    """A table below its title, which Rich would break at the table's width."""
    return Group(Text(title, style="bold"), table)


class _Fitting(Table):
    """A table, or on a terminal that is too narrow for its columns a few lines for each row."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._fit(options.max_width):
            yield from super().__rich_console__(console, options)
            return
        rows = zip(*([_plain(cell) for cell in column.cells] for column in self.columns),
                   strict=True)  # fmt: skip
        heads = [_plain(column.header) for column in self.columns]
        for first, *cells in rows:
            if first:
                yield Text(first, overflow="fold")
            parts = [f"{head} {cell}".lstrip() for head, cell in zip(heads[1:], cells, strict=True)
                     if cell not in ("", _NONE)]  # fmt: skip
            yield Padding(Text("; ".join(parts), overflow="fold"), (0, 0, 0, 2))

    def _fit(self, width: int) -> bool:
        """Share a width among the columns; False where it is too small for them.

        Numbers need a line each, and other cells that of a word. What is left goes to the columns
        that lack least, so that a long name is the last.
        """
        needed, wanted = [], []
        for column in self.columns:
            cells = [_plain(cell) for cell in (column.header, *column.cells)]
            longest = max(map(cell_len, cells))
            word = max((cell_len(word) for cell in cells for word in cell.split()), default=0)
            needed.append(longest if column.no_wrap else min(word, _LONGEST_WORD))
            wanted.append(longest)
        spare = width - sum(needed) - len(needed)
        widths = zip(self.columns, needed, wanted, strict=True)
        for column, least, most in sorted(widths, key=lambda one: one[2] - one[1]):
            column.width = min(most, least + max(0, spare))
            spare -= column.width - least
        return spare >= 0


def _plain(cell: RenderableType) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)


def _table() -> Table:
    return _Fitting(box=None, pad_edge=False, padding=(0, 1, 0, 0))


def runs_table(runs: Sequence[LoggedRun]) -> RenderableType:
    """The runs of a program, a line each."""
    table = _table()
    table.add_column("run", justify="right")
    table.add_column("phase")
    table.add_column("result", overflow="fold")
    table.add_column("techniques on", overflow="fold")
    for run in runs:
        table.add_row(str(run.number), run.phase, Text(run.result), run.recipe)
    return table
