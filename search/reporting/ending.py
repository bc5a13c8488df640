"""The end of a launch or an export: the answer in a few sentences, or as one document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.analysis.long_runs import deciding
from search.reporting.answer.multiplied import factors
from search.reporting.answer.recipe_and_effects import unlike_averages
from search.reporting.answer.short_and_long import matters
from search.reporting.answer.support import support
from search.reporting.answer.what_matters import together
from search.reporting.answer.what_to_do import headline
from search.reporting.findings import Findings
from search.reporting.sentences.decision import off_of
from search.reporting.sentences.effects import no_effects
from search.reporting.sentences.levels import reversals
from search.reporting.sentences.recipes import named_once
from search.reporting.summary import summarise

SCHEMA = 1
"""Version of the document of `--json`, raised when a key goes or changes its meaning."""


@dataclass(frozen=True)
class Exported:
    """An export: what it wrote, and what it found."""

    findings: Findings
    out: Path
    """The folder that was written."""
    unwritten: str = ""
    """A sentence on images that could not be written."""

    @property
    def report(self) -> Path:
        """The report, as a page."""
        return self.out / "report.html"

    def to_json(self, left: int | None = None) -> dict[str, Any]:
        """Build the document of `--json`; `left` are the runs that a launch has left to do."""
        return {
            "schema": SCHEMA,
            "study": self.findings.results.name,
            "left": left,
            "report": str(self.report),
            "out": str(self.out),
            "unwritten": self.unwritten or None,
            "summary": summarise(self.findings),
        }


def answer_lines(findings: Findings) -> list[str]:
    """Answer in a few sentences: what to do, then what matters."""
    answer = [headline(findings, briefly=True), *support(findings, briefly=True)]
    lines = [" ".join(named_once(answer, findings.results, off_of(findings)))]
    if findings.deciding_effects is not None:
        said = matters(findings, briefly=True, budget=not _budget_said(findings))
        parts = [
            said, *factors(findings), *together(findings), *unlike_averages(findings),
            *reversals(findings),
        ]  # fmt: skip
        lines.append(" ".join(parts))
    elif findings.decision is not None:
        lines.append(no_effects(findings.results))
    return lines


def _budget_said(findings: Findings) -> bool:
    """Tell whether what to do has named the budget of what matters."""
    results, decision = findings.results, findings.decision
    if decision is None or results.foreign:
        return False
    if decision.tested is not None:
        return results.epochs_of("confirm") == results.epochs_of("measure")
    return (findings.verification is None) == (deciding(results) is results)
