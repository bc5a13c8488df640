"""The end of a launch in the terminal: the answer in a few lines, and the next commands."""

from __future__ import annotations

import shlex

from rich.console import Console

from search.cli.options import DEFAULT_STORAGE
from search.cli.tables import ladder_table
from search.reporting.ending import Exported, answer_lines
from search.reporting.formatting import counted
from search.storage.connection import redact


def print_ending(exported: Exported, storage: str, console: Console) -> None:
    """Print what to do and what matters, in at most 15 lines of 80 columns."""
    findings = exported.findings
    console.print()
    if findings.effects is None and findings.ladder:
        console.print(ladder_table(findings.ladder, findings.results.objective))
    else:
        for line in answer_lines(findings):
            console.print(line)
    console.print()
    cautions = len(findings.cautions)
    read = f", with {counted(cautions, 'caution')} to read first" if cautions else ""
    console.print(f"The report{read}: {exported.report}", soft_wrap=True)
    name = shlex.quote(findings.results.name)
    where = storage_option(storage)
    commands = {f"kouka dashboard{where}": "show the study in a browser"}
    if findings.recommended is not None and findings.results.settings is not None:
        commands = {
            f"kouka train {name}{where}": "train and save the recipe",
            **commands,
        }
    if findings.effects is not None:
        commands[f"kouka export {name}{where}"] = "print all effects"
    wide = max(map(len, commands))
    for command, does in commands.items():
        console.print(f"  {command:{wide}}  {does}", soft_wrap=True)


def storage_option(storage: str) -> str:
    """Return the option that names a storage, its password hidden; empty for the default."""
    return "" if storage == DEFAULT_STORAGE else f" --storage {redact(storage)}"
