"""The techniques: what each changes, its dials and its source."""

from __future__ import annotations

from search.commands.program import Program
from search.reporting.findings import Findings
from search.reporting.formatting import listed
from search.reporting.section import Section, Table


def techniques(findings: Findings) -> Section | None:
    """Describe each technique of the study, as names elsewhere in the report lead here."""
    settings = findings.results.settings
    if settings is None:
        return None
    known = {one.name: one for one in settings.known}
    described = [known[name] for name in settings.techniques if name in known]
    program = settings.program
    several = () if program is None else program.several
    if not (described or several):
        return None
    dials = any(one.dials for one in described)
    head = (
        "technique",
        "changes" if program is None else "adds to the command",
        *(["dials: low, usual, high"] if dials else []),
        *(["source"] if program is None else []),
    )
    rows = []
    for one in described:
        cells = [one.name, one.changes]
        if dials:
            cells.append("; ".join(
                f"{dial.name} {dial.low:g}, {dial.usual:g}, {dial.high:g}" for dial in one.dials
            ))  # fmt: skip
        if program is None:
            cells.append(one.source)
        rows.append(tuple(cells))
    for factor in several:
        levels = " | ".join(words or "nothing" for words in factor.words)
        rows.append((factor.name, levels, *[""] * (len(head) - 2)))
    return Section(
        "What the techniques do",
        _about(program, dials=dials),
        table=Table(head, tuple(rows), explains=True),
    )


def _about(program: Program | None, *, dials: bool) -> str:
    if program is None:
        usual = " Effects are measured with dials at their usual values." if dials else ""
        return f"What each changes when it is on.{usual}"
    words = "What each adds to the command when it is on, or at each of its levels."
    values = [f"{one.dial.name} {one.usual:.4g}" for one in program.dials]
    return f"{words} Effects are measured at {listed(values)}." if values else words
