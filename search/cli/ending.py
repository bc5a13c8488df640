"""The end of a launch in the terminal: the answer in a few lines, and the next commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rich.console import Console

from search.analysis.run_losses import given_up
from search.cli.options.storage import storage_note, storage_option
from search.cli.tables import ladder_table
from search.reporting.answer import commands
from search.reporting.answer.short_and_long import cautions_that_count
from search.reporting.answer.what_to_do import headline, to_train
from search.reporting.ending import Exported, answer_lines
from search.reporting.formatting import counted, roughly
from search.reporting.loss_cautions import count_given_up

_ASIDE = 34
"""Characters of what a command does, with the spaces around it."""
_FEW = 2
_TIME = ": about "


def print_ending(exported: Exported, storage: str, console: Console) -> None:
    """Print what to do, what matters and how to go on, in at most 15 lines of 80 columns.

    The steps of a ladder, where it is all that there is, may make it 20.
    """
    findings = replace(exported.findings, storage_option=storage_option(storage, here=True))
    steps_alone = findings.deciding_effects is None and bool(findings.ladder)
    console.print()
    if steps_alone:
        console.print(headline(findings, briefly=True))
        console.print(ladder_table(findings.ladder, findings.results))
    else:
        for line in answer_lines(findings):
            console.print(line)
    console.print()
    if not all(one.broken for one in given_up(findings.results)):  # else the answer began with it
        console.print(count_given_up(findings.results))
    cautions = len(cautions_that_count(findings))
    read = f", with {counted(cautions, 'caution')} to read first" if cautions else ""
    console.print(f"The report{read}: {exported.report}", soft_wrap=True)
    lines: dict[str, str] = {}
    if trained := to_train(findings):
        program = findings.results.program
        does = "train and save the recipe" if program is None else "run the recipe"
        if program is not None and program.left_open:
            does += f"; fill in {', '.join(f'{{{name}}}' for name in program.left_open)}"
        lines[trained[0].line] = does
    if findings.steps:
        step = findings.steps[0]
        time = "" if step.seconds is None else f"{_TIME}{roughly(step.seconds)}"
        does = "go on" if step.kind == "resume" else "settle more"
        lines[commands.line(findings, "launch", step.options)] = f"{does}{time}"
    if not steps_alone or len(lines) < _FEW:  # a table leaves room for few
        lines[f"kouka dashboard{findings.storage_option}"] = "show the study in a browser"
    if findings.deciding_effects is not None:
        lines[commands.line(findings, "export")] = "print all effects"
    _print_commands(lines, console)
    if note := storage_note(storage, here=True):
        console.print(note)


def _print_commands(lines: Mapping[str, str], console: Console) -> None:
    """Print commands with what they do beside them; of a long one it is below, if that is all
    or says how long."""
    room = console.width - _ASIDE
    wide = max((len(command) for command in lines if len(command) <= room), default=0)
    long = sum(len(command) > room for command in lines)
    for command, does in lines.items():
        if len(command) <= room:
            console.print(f"  {command:{wide}}  {does}", soft_wrap=True)
            continue
        console.print(f"  {command}", soft_wrap=True)
        if long == 1 or _TIME in does:
            console.print(f"  {'':{min(wide, max(0, room))}}  {does}", soft_wrap=True)
