"""`kouka export`: write what a study found."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.cli.errors import user_errors
from search.cli.options.output import JsonOption, NoImagesOption, folder_of
from search.cli.options.runs import AtMostOption, limits
from search.cli.options.storage import (
    DEFAULT_STORAGE,
    ReadStorageOption,
    StudyArgument,
    storage_note,
    storage_option,
)

if TYPE_CHECKING:
    import optuna
    from rich.console import Console

    from search.reporting.ending import Exported
    from search.settings import Limits


def export(
    name: StudyArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The folder to write.  [default: reports/NAME; "
            "reports/NAME-objective-N of several objectives]",
        ),
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            metavar="FORMATS",
            help="Also images of the figures (png, svg, pdf), or tables and a paragraph of methods "
            "for a paper (latex); several as pdf,latex.  [default: none]",
        ),
    ] = "",
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER",
            help="Of a study of several objectives, the one to report on: 1, 2, …, or its name.  "
            "[default: the only one]",
        ),
    ] = None,
    at_most: AtMostOption = None,
    no_images: NoImagesOption = False,
    json: JsonOption = False,
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Write a study's report.

    The folder holds the report, its figures, and every table as a CSV file.
    """
    with user_errors():
        from search.cli.console import on_one_thread

        on_one_thread()
        from search.cli.console import make_console, print_json, quiet_optuna
        from search.cli.findings import print_findings
        from search.errors import InputError
        from search.reporting.export import FORMATS
        from search.storage.studies import read_study

        quiet_optuna()
        named = (kind.strip() for kind in format.split(","))
        formats = list(dict.fromkeys(kind for kind in named if kind))
        for kind in formats:
            if kind not in FORMATS:
                raise InputError(f"--format {kind} is not known; it takes {', '.join(FORMATS)}")
        study = read_study(storage, name)
        folder = out or folder_of("reports", _called(study, objective))
        console = make_console(json)
        exported = write_report(
            study, folder, console, storage, formats, objective, images=not no_images,
            at_most=limits(at_most),
        )  # fmt: skip
        if json:
            print_json(exported.to_json())
        else:
            print_findings(exported.findings, console)
            console.print()
            console.print(f"Report: {exported.report}", soft_wrap=True)


def _called(study: optuna.Study, objective: str | None) -> str:
    """The study's name; with several objectives, of which each has a report, with its number."""
    from search.storage.objectives import objective_number

    number = objective_number(study, objective)
    several = len(study.directions) > 1
    return f"{study.study_name}-objective-{number}" if several else study.study_name


def write_report(
    study: optuna.Study,
    out: Path,
    console: Console,
    storage: str,
    formats: Sequence[str] = (),
    objective: str | None = None,
    *,
    images: bool = True,
    at_most: Limits | None = None,
) -> Exported:
    """Write a study's report to a folder, and print what could not be written."""
    from search.reporting.ending import Exported
    from search.reporting.export import export_study

    with _working(console):
        findings, unwritten = export_study(
            study, out, formats, objective, storage_option(storage), images=images,
            at_most=at_most, storage_note=storage_note(storage),
        )  # fmt: skip
    if unwritten:
        console.print(unwritten)
    return Exported(findings, out, unwritten)


def _working(console: Console) -> AbstractContextManager[object]:
    """Show on a terminal that something goes on, as a study of many trials takes a while."""
    if not console.is_terminal:
        return nullcontext()
    return console.status("Reading the runs, and drawing the report …")
