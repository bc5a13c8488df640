"""The numbers of another program's study: where each is best, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

from search.reporting.findings import Findings
from search.reporting.formatting import effect_unit, listed, p_value, with_interval
from search.reporting.section import Section, Table
from search.reporting.sentences.numbers import at, best_interval


def numbers(findings: Findings) -> Section | None:
    """Draw and tabulate what each number is worth; None where no curve is known."""
    rows = findings.numbers
    if not rows:
        return None
    objective = findings.results.objective
    gain = f"gain, {objective.unit}" if objective.unit else "gain"
    return Section(
        "What the numbers are worth",
        "What a value of each number adds to the mean over the trials, in "
        f"{effect_unit(objective)}, with all else as it is in the mean. The interval of the best "
        "value holds what is not surely worse. It and that of the gain, from the worst value to "
        "the best one, allow for the choice of both, and for what a curve rounds off. p is "
        "corrected for the number of rows.",
        "numbers" if findings.deciding_effects else "",  # else what matters has it
        Table(
            ("number", "best", "95 % interval", "worst", f"{gain} (95 %)", "p"),
            tuple(
                (row.number.name, at(row, row.best),
                 best_interval(row).removeprefix("95 % interval "), at(row, row.worst),
                 with_interval(row.gain), p_value(row.p_value))
                for row in rows
            ),
            (1, 2, 3, 4, 5),
        ),
        tuple(_without_curve(findings)),
    )  # fmt: skip


def _without_curve(findings: Findings) -> Iterator[str]:
    """Say of which numbers no curve is known, and why."""
    known = {row.number.name for row in findings.numbers}
    runs = findings.results.of("measure")
    others = [one.name for one in findings.results.numbers if one.name not in known]
    some = [name for name in others if not all(name in run.params for run in runs)]
    rest = [name for name in others if name not in some]
    if some:
        yield f"No curve is known of {listed(some)}: not every trial has such a value."
    if rest:
        yield f"No curve is known of {listed(rest)}: the trials are too few or too much alike."
