"""The findings of a study, printed when it ends and when it is exported."""

from __future__ import annotations

from rich.console import Console

from search.cli.tables import confirmed_table, effects_table, ladder_table
from search.reporting import words
from search.reporting.findings import Findings


def print_findings(findings: Findings, console: Console) -> None:
    """Print what was found, the answer first."""
    objective = findings.results.objective
    if findings.effects is None:
        console.print(words.no_effects(findings.results))
    else:
        console.print()
        console.print(effects_table(findings.effects, objective))
        console.print()
        console.print(words.answer(findings.effects, findings.results))
        if pairs := words.certain_pairs(findings.interactions, objective):
            console.print(pairs)
        if turned := words.reversals(findings.dependences, objective.maximize):
            console.print(turned)
    for caution in findings.cautions:
        console.print(f"• {caution}", style="dim", markup=False)
    if findings.ladder:
        console.print()
        console.print(ladder_table(findings.ladder, objective))
        if verdict := words.ladder_verdict(findings.ladder, findings.comparisons):
            console.print()
            console.print(verdict)
    if findings.confirmed:
        console.print()
        console.print(confirmed_table(findings.confirmed, objective))
        for sentence in words.about_tests(findings.results, findings.confirmed):
            console.print(f"• {sentence}", style="dim", markup=False)
    results, recommended = findings.results, findings.recommended
    if sentence := words.recommendation(results, recommended, findings.confirmed):
        console.print()
        console.print(sentence, markup=False)
