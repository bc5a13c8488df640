"""The findings of a study, printed when it is exported."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding

from search.cli.tables import budgets_table, confirmed_table, effects_table, ladder_table
from search.reporting.answer.how_sure import how_sure
from search.reporting.answer.what_matters import what_matters
from search.reporting.answer.what_to_do import what_to_do
from search.reporting.findings import Findings
from search.reporting.section import Section
from search.reporting.sentences.fresh_seeds import about_tests
from search.reporting.sentences.ladder import ladder_verdict


def print_findings(findings: Findings, console: Console) -> None:
    """Print what to do, what matters and how sure that is, then the tables behind it."""
    _print_section(what_to_do(findings), console)
    _print_effects(findings, console)
    if sure := how_sure(findings):
        _print_section(sure, console)
    _print_ladder(findings, console)
    _print_confirmed(findings, console)


def _print_section(section: Section, console: Console) -> None:
    _print_title(section.title, console)
    for text in (section.headline, section.text):
        if text:
            console.print(text)
    for command in section.commands:
        console.print(f"  {command.line}", soft_wrap=True)
        console.print(Padding(command.does, (0, 0, 0, 4), expand=False), style="dim")
    for remark in section.remarks:
        console.print(f"• {remark}", style="dim")


def _print_title(title: str, console: Console) -> None:
    console.print()
    console.print(title, style="bold")


def _print_effects(findings: Findings, console: Console) -> None:
    section = what_matters(findings)
    if section is None:
        return
    _print_section(section, console)
    decides, short, long = findings.deciding_effects, findings.effects, findings.verification
    if decides is None:
        return
    console.print()
    if short is not None and long is not None:
        console.print(budgets_table(findings.results, short, long))
    else:
        console.print(effects_table(decides, findings.results.objective))


def _print_ladder(findings: Findings, console: Console) -> None:
    if not findings.ladder:
        return
    console.print()
    console.print(ladder_table(findings.ladder, findings.results))
    if findings.effects is None:  # the verdict has been printed
        return
    if verdict := ladder_verdict(findings.ladder, findings.comparisons):
        console.print()
        console.print(verdict)


def _print_confirmed(findings: Findings, console: Console) -> None:
    if not findings.confirmed:
        return
    console.print()
    console.print(confirmed_table(findings.confirmed, findings.results))
    for sentence in about_tests(findings.results, findings.confirmed):
        console.print(f"• {sentence}", style="dim")
