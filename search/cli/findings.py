"""The findings of a study, printed when it ends and when it is exported."""

from __future__ import annotations

from rich.console import Console

from search.cli.tables import budgets_table, confirmed_table, effects_table, ladder_table
from search.reporting import words
from search.reporting.budgets import answer, cautions_that_count
from search.reporting.findings import Findings


def print_findings(findings: Findings, console: Console) -> None:
    """Print what was found, the answer first."""
    objective = findings.results.objective
    if findings.effects is None:
        console.print(words.no_effects(findings.results))
    else:
        console.print()
        long = findings.verification
        if long is not None and long.effects is not None:
            console.print(budgets_table(findings.results, findings.effects, long))
        else:
            console.print(effects_table(findings.effects, objective))
        console.print()
        console.print(answer(findings))
        pairs = findings.interactions if long is None else long.interactions
        if said := words.certain_pairs(pairs, objective):
            console.print(said)
        turned = words.reversals(findings.dependences, objective.maximize)
        if turned and long is None:
            console.print(turned)
    for caution in cautions_that_count(findings):
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
