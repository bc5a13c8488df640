"""Tables of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search.analysis.effects import Effects
from search.analysis.epochs import EpochEffects
from search.analysis.estimate import Estimate
from search.analysis.interactions import Interaction
from search.analysis.simple_effects import Dependence
from search.objective import ACCURACY, Objective
from search.reporting import formatting
from search.reporting.findings import Findings, Verification
from search.reporting.section import Table
from search.results import Results

TOP = 3
"""Parameters of which more take the probabilities to be among the top three."""


def effects_table(effects: Effects, objective: Objective, *, ranks: bool = True) -> Table:
    """Tabulate the effects, largest first; without `ranks`, also without p-values."""
    unit = f"effect, {objective.unit}" if objective.unit else "effect"
    unit += formatting.if_less(objective)
    head = (formatting.heading(effects), unit, "95 % interval", "verdict", "p", "largest",
            "top three")  # fmt: skip
    rows = tuple(
        (
            e.technique, formatting.signed(e), formatting.interval(e),
            e.verdict, formatting.p_value(e.p_value), formatting.probability(e.first),
            formatting.probability(e.top_three),
        )
        for e in effects.effects
    )  # fmt: skip
    if not ranks:
        return Table(head[:4], tuple(row[:4] for row in rows), (1, 2))
    # Of one, it is the largest whatever it is; of three, each is among the top three.
    shown = 5 if effects.parameters == 1 else 6 if effects.parameters <= TOP else 7
    numbers = tuple(at for at in (1, 2, 4, 5, 6) if at < shown)
    return Table(head[:shown], tuple(row[:shown] for row in rows), numbers)


@dataclass(frozen=True)
class BudgetRow:
    """A technique's effects at both budgets, in words."""

    technique: str
    short: str
    long: str
    """`on` or `off` where the long runs hold it."""
    verdict: str = ""
    """Of the long runs; empty where these hold it."""
    changed: str = ""
    difference: str = ""


def budget_rows(short: Effects, long: Verification) -> list[BudgetRow]:
    """Put the effects of the short runs beside those of the long ones, in the long ones' order."""
    before = {one.technique: formatting.with_interval(one) for one in short.effects}
    changes = {one.technique: one for one in long.changes}
    kinds = {"sign": "changed sign", "size": "changed in size"}
    rows = []
    for effect in long.effects.effects:
        change = changes.get(effect.technique)
        rows.append(
            BudgetRow(
                effect.technique,
                before.get(effect.technique, formatting.UNKNOWN),
                formatting.with_interval(effect),
                effect.verdict,
                kinds.get(change.kind, "") if change else "",
                formatting.with_interval(change) if change else "",
            )
        )
    rows += [
        BudgetRow(name, before.get(name, formatting.UNKNOWN), f"held {'on' if on else 'off'}")
        for name, on in long.held.items()
    ]
    rows += [
        BudgetRow(one.technique, before[one.technique], f"held at {long.held_at[one.parameter]}")
        for one in short.effects
        if one.parameter in long.held_at
    ]
    return rows


def budgets_table(results: Results, short: Effects, long: Verification) -> Table:
    """Tabulate the effects of both budgets, and the change between them."""
    unit = f", {results.objective.unit}" if results.objective.unit else ""
    epochs = [results.epochs_of(phase) for phase in ("measure", "verify")]
    heads = [f"after {count} epochs{unit} (95 %)" for count in epochs]
    rows = tuple(
        (row.technique, row.short, row.long, row.verdict, row.difference, row.changed)
        for row in budget_rows(short, long)
    )
    head = ("technique", *heads, "verdict of the long runs", "change (95 %)", "")
    return Table(head, rows, (1, 2, 4))


def confirmed_table(findings: Findings) -> Table:
    """Tabulate the test results of the recipes that were run on fresh seeds."""
    results, objective = findings.results, findings.results.objective
    tested = results.program is None or results.program.test is not None
    both = results.program is None and objective != ACCURACY
    names = [
        *([results.tested_by] if tested else []),
        f"{objective.unit} over all off".strip(),
        *(["test accuracy"] if both else []),
        objective.name,
    ]
    rows = []
    for row in findings.confirmed:
        cells = [
            *([formatting.mean(row.test_objective, objective)] if tested else []),
            formatting.with_interval(row.objective_gain) if row.objective_gain else "",
            *([formatting.percent(row.test)] if both else []),
            formatting.mean(row.validation, objective),
        ]
        rows.append((row.label, str(row.seeds), *cells, row.recipe))
    head = ("", "seeds", *(f"{name} (95 %)" for name in names), "techniques on")
    return Table(head, tuple(rows), tuple(range(1, len(head) - 1)))


def ladder_table(findings: Findings) -> Table:
    """Tabulate the steps, beside the effects of what they add where these are known."""
    objective = findings.results.objective
    beside = {row.step.adds: row for row in findings.comparisons}
    head: tuple[str, ...] = ("adds", "seeds", f"{objective.name} (95 %)", "step (95 %)")
    if beside:
        head += ("order-free effect (95 %)", "p (step = effect)")
    rows = []
    for step in findings.ladder:
        changed = formatting.change(step)
        if step.dof and step.added:
            changed += f" ({formatting.interval(step)})"
        cells = [step.adds, str(step.runs), formatting.mean(step.scaled, objective), changed]
        if row := beside.get(step.adds):
            effect = f"{formatting.signed(row)} ({formatting.interval(row)})"
            cells += [effect, formatting.p_value(row.p_value)]
        rows.append((*cells, *[""] * (len(head) - len(cells))))
    return Table(head, tuple(rows), tuple(range(1, len(head))))


def interactions_table(rows: Sequence[Interaction]) -> Table:
    """Tabulate interactions with their intervals."""
    cells = tuple(
        (f"{row.letter}: {row.name}" if row.letter else row.name,
         formatting.signed(row), formatting.interval(row),
         formatting.p_value(row.p_value))
        for row in rows
    )  # fmt: skip
    return Table(("pair", "interaction", "95 % interval", "p"), cells, (1, 2, 3))


def dependences_table(rows: Sequence[Dependence]) -> Table:
    """Tabulate what techniques are worth without another one and with it."""
    cells = tuple(
        (row.without.technique, row.without.other,
         formatting.with_interval(row.without),
         formatting.with_interval(row.with_it))
        for row in rows
    )  # fmt: skip
    return Table(("technique", "the other", "without it (95 %)", "with it (95 %)"), cells, (2, 3))


def epochs_table(rows: Sequence[EpochEffects]) -> Table:
    """Tabulate the effects after the first and the last epoch."""
    first, last = rows[0].epochs[0], rows[0].epochs[-1]
    head = ("technique", "clear from", f"effect at epoch {first} (95 %)",
            f"at epoch {last} (95 %)")  # fmt: skip
    cells = tuple(
        (row.technique, formatting.pays_from(row), _at(row, 0), _at(row, -1)) for row in rows
    )
    return Table(head, cells, (2, 3))


def costs_table(findings: Findings) -> Table:
    """Tabulate seconds, parameters and the effect for each second."""
    unit = findings.results.objective.unit or "effect"
    own = findings.results.program is None
    head = ("technique", f"seconds {findings.results.timed_by} (95 %)",
            *(["parameters"] if own else []), f"{unit} per second")  # fmt: skip
    rows = tuple(
        (row.technique, formatting.with_interval(row.seconds),
         *([formatting.parameters(row.parameters)] if own else []), formatting.per_second(row))
        for row in findings.costs
    )  # fmt: skip
    return Table(head, rows, tuple(range(1, len(head))))


def _at(row: EpochEffects, index: int) -> str:
    bounds = Estimate(row.effect[index], row.low[index], row.high[index])
    return formatting.with_interval(bounds)
