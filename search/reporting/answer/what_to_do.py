"""What to do: the recipe to train, what it reaches, and the command."""

from __future__ import annotations

from search.reporting import words
from search.reporting.findings import Findings
from search.reporting.section import Section


def what_to_do(findings: Findings) -> Section:
    """Name the recommended recipe, with the command that trains it."""
    said = words.recommendation(findings.results, findings.recommended, findings.confirmed)
    return Section("What to do", said or words.no_effects(findings.results))
