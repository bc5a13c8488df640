"""What matters and what does not: the effects that are real, and the others."""

from __future__ import annotations

from search.reporting.budgets import answer
from search.reporting.findings import Findings
from search.reporting.section import Section
from search.reporting.tables import budgets_table, effects_table


def what_matters(findings: Findings) -> Section | None:
    """Name the techniques that help and hurt, with their effects."""
    results, effects, long = findings.results, findings.effects, findings.verification
    if effects is None:
        return None
    title = "What matters, and what does not"
    if long is not None and long.effects is not None:
        table = budgets_table(results, effects, long)
        return Section(title, answer(findings), "verified", table)
    return Section(title, answer(findings), "effects", effects_table(effects, results.objective))
