"""The recipes that ran on fresh seeds."""

from __future__ import annotations

from search.reporting.findings import Findings
from search.reporting.section import Section
from search.reporting.sentences.fresh_seeds import about_tests, fresh_seeds
from search.reporting.tables import confirmed_table


def confirmed(findings: Findings) -> Section | None:
    """Tabulate the test results of the recipes that ran on fresh seeds."""
    if not findings.confirmed:
        return None
    results, objective = findings.results, findings.results.objective
    chooses = ""
    if results.program is None or results.program.test is not None:
        data = "data" if results.program else results.things
        chooses = f" The test {data} choose nothing."
    return Section(
        f"The recommended recipe on {fresh_seeds(results)}",
        f"The recommended recipe is chosen among these by {objective.name}, from what the fit says "
        f"and what all runs reached, these included.{chooses}",
        table=confirmed_table(findings),
        remarks=tuple(about_tests(findings.results, findings.confirmed)),
    )
