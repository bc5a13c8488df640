"""The end of a launch or an export: the answer in a few sentences, or as one document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.reporting import words
from search.reporting.findings import Findings
from search.reporting.summary import summarise

SCHEMA = 1
"""Version of the document of `--json`, raised when a key goes or changes its meaning."""


@dataclass(frozen=True)
class Exported:
    """What an export wrote and found."""

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
    """Answer in a few sentences: the recipe and what it reaches, then what matters."""
    results = findings.results
    lines = [words.recommendation(results, findings.recommended, findings.confirmed, briefly=True)]
    if findings.effects is not None:
        lines.append(words.answer(findings.effects, results))
    else:
        lines.append(words.no_effects(results))
    return [line for line in lines if line]
