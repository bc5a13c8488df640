"""How sure the answer is, and what would change it."""

from __future__ import annotations

from search.reporting.findings import Findings
from search.reporting.section import Section


def how_sure(findings: Findings) -> Section | None:
    """Give the cautions, and the commands that would settle what is open."""
    return Section("How sure, and what would change it", "", remarks=findings.cautions)
