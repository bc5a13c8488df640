"""How sure the answer is, and what would change it: cautions, and commands with their times."""

from __future__ import annotations

from search.reporting.answer.commands import settle
from search.reporting.answer.short_and_long import cautions_that_count, signs_of_fast_start
from search.reporting.answer.what_to_do import to_train
from search.reporting.findings import Findings
from search.reporting.formatting import counted, listed
from search.reporting.section import Section
from search.results import Results
from search.storage.schema import PHASES

_MEANT = {
    "measure": "to measure the effects",
    "ladder": "of the ladder",
    "search": "to search for better recipes",
    "verify": "to verify at the long budget",
    "confirm": "to confirm the recipes",
}
"""The purpose of each phase's runs."""


def how_sure(findings: Findings) -> Section | None:
    """Give the cautions, and the commands that would settle what is open."""
    if not findings.results.runs and not findings.steps:
        return None
    steps, trains = settle(findings), findings.results.program is None and to_train(findings)
    text = [rests_on(findings.results), *budget_warning(findings)]
    if findings.steps and findings.steps[0].kind == "resume":
        text.append("Still to come:")
    elif steps:
        text.append("What would settle more, the most needed first:")
    if steps and findings.storage_note and not trains:  # else what to do has said so
        text.insert(-1, findings.storage_note)
    return Section(
        "How sure, and what would change it",
        " ".join(text),
        remarks=cautions_that_count(findings),
        commands=tuple(steps),
    )


def rests_on(results: Results) -> str:
    """Count the runs that the answer rests on, by what they are for."""
    counts = {phase: len(results.of(phase)) for phase in PHASES}
    if results.foreign and not any(counts[phase] for phase in PHASES[1:]):
        complete = counts["measure"]
        return f"This rests on {counted(complete, 'complete trial')}."
    parts = [f"{count:,} {_MEANT[phase]}" for phase, count in counts.items() if count]
    if not parts:
        return "No run is complete yet."
    return f"This rests on complete runs: {listed(parts)}."


def budget_warning(findings: Findings) -> list[str]:
    """Warn where longer runs may have other effects."""
    results = findings.results
    if findings.fast_start is not None:
        return [signs_of_fast_start(findings.fast_start, results)]
    if any(step.kind == "longer" for step in findings.steps) and results.settings is not None:
        epochs = counted(results.settings.epochs, "epoch")
        return [
            f"All runs trained for {epochs}. Whether more would change what matters, only longer "
            "runs can tell."
        ]
    return []
