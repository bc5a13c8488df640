"""The techniques: what each changes, its dials and its source."""

from __future__ import annotations

from search.reporting.findings import Findings
from search.reporting.section import Section, Table


def techniques(findings: Findings) -> Section | None:
    """Describe each technique of the study, as names elsewhere in the report lead here."""
    settings = findings.results.settings
    if settings is None:
        return None
    known = {one.name: one for one in settings.known}
    listed = [known[name] for name in settings.techniques if name in known]
    several = () if settings.program is None else settings.program.several
    if not (listed or several):
        return None
    dials = any(one.dials for one in listed)
    head = ("technique", "changes", *(["dials: low, usual, high"] if dials else []), "source")
    rows = []
    for one in listed:
        cells = [one.name, one.changes]
        if dials:
            cells.append("; ".join(
                f"{dial.name} {dial.low:g}, {dial.usual:g}, {dial.high:g}" for dial in one.dials
            ))  # fmt: skip
        rows.append((*cells, one.source))
    for factor in several:
        levels = " | ".join(words or "nothing" for words in factor.words)
        rows.append((factor.name, levels, *[""] * (len(head) - 2)))
    return Section(
        "What the techniques do",
        "What each changes when it is on. Effects are measured with dials at their usual values.",
        table=Table(head, tuple(rows), explains=True),
    )
