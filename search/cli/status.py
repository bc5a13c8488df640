"""`kouka status`: how far studies are."""

from __future__ import annotations

from dataclasses import asdict
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from search.cli.errors import user_errors
from search.cli.options.output import JsonOption
from search.cli.options.storage import (
    DEFAULT_STORAGE,
    ReadStorageOption,
    storage_note,
    storage_option,
)

if TYPE_CHECKING:
    from optuna import Study
    from rich.console import Console

    from search.reporting.status import StudyStatus
    from search.results import Results

SCHEMA = 1
"""Version of the document of `--json`, raised when a key goes or changes its meaning."""


def status(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One study.  [default: all of them]")
    ] = None,
    json: JsonOption = False,
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Show how far studies are.

    With NAME, also its budget, its best recipe so far, and the steps of its ladder.
    """
    with user_errors():
        from search.cli.console import on_one_thread

        on_one_thread()
        from search.cli.console import make_console, print_json, quiet_optuna
        from search.cli.status_tables import status_table
        from search.errors import InputError
        from search.reporting.status import status_of
        from search.storage.reading import read
        from search.storage.studies import outlined_studies

        quiet_optuna()
        console = make_console(json)
        studies: list[Results] = []
        unreadable, beside = [], ""
        for study in outlined_studies(storage, name):
            try:
                studies.append(read(study, objective=1))
                beside = _other_objectives(study, storage) if name else ""
            except InputError as error:
                if name is not None:
                    raise
                unreadable.append(str(error))
        found = [status_of(one) for one in studies]
        if json:
            print_json({"schema": SCHEMA, "studies": [asdict(one) for one in found],
                        "unreadable": unreadable})  # fmt: skip
        elif name is not None:
            _print_one(studies[0], found[0], console)
            if beside:
                console.print(beside)
        elif found or not unreadable:
            console.print(status_table(found) if found else "There are no studies yet.")
        for reason in unreadable:
            console.print(f"Not listed: {reason}.")


def _other_objectives(study: Study, storage: str) -> str:
    """Say by which of a study's several objectives its status is; empty of one."""
    from search.storage.objectives import name_objectives

    if (count := len(study.directions)) == 1:
        return ""
    option, note = storage_option(storage, here=True), storage_note(storage, here=True)
    command = f"kouka export {quote(study.study_name)} --objective N{option}"
    return (
        f"This is by the first of {count} objectives, {name_objectives(study)}; {command} reports "
        f"on each.{note and f' {note}'}"
    )


def _print_one(results: Results, status: StudyStatus, console: Console) -> None:
    from search.cli.status_tables import phases_table, reached
    from search.cli.tables import ladder_table
    from search.objective import ACCURACY
    from search.reporting.formatting import counted
    from search.reporting.loss_cautions import count_given_up
    from search.reporting.sentences.running import overdue, since

    console.print(f"{status.study}: {status.budget}.")
    if status.phases:
        console.print()
        console.print(phases_table(status))
    others = {"running": status.running, "waiting": status.waiting, "failed": status.failed,
              "interrupted": status.interrupted}  # fmt: skip
    counts = [
        f"{count:,} {state}{since(results) if state == 'running' else ''}"
        for state, count in others.items()
        if count
    ]
    if status.shorter:
        counts.append(counted(status.shorter, "shorter run"))
    if counts:
        console.print(f"Beside these: {', '.join(counts)}.{overdue(results)}")
    if lost := count_given_up(results):
        console.print(lost)
    if best := status.best:
        of = f" {status.objective}" if status.objective == ACCURACY.name else ""
        if best.epochs and results.epochs_of("verify") != results.epochs_of("measure"):
            of += f" after {counted(best.epochs, 'epoch')}"
        console.print()
        own = results.settings is not None
        by = f"run {best.run} ({best.phase})" if own else f"trial {best.run}"
        console.print(f"Best so far: {reached(status)}{of}, by {by}.")
    from search.reporting.answer.support import support
    from search.reporting.answer.what_to_do import headline
    from search.reporting.findings import find_recipe
    from search.reporting.sentences.decision import off_of
    from search.reporting.sentences.recipes import named_once

    findings = find_recipe(results)
    if findings.decision is not None:
        said = [headline(findings), *support(findings, briefly=True)]
        console.print(" ".join(named_once(said, findings.results, off_of(findings))))
    if any(run.phase == "ladder" and run.state == "complete" for run in results.runs):
        from search.analysis.ladder import ladder

        console.print()
        console.print(ladder_table(ladder(results), results))
