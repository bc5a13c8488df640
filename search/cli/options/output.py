"""Options that say what a command writes, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ReportOption = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where the report goes.  [default: reports/NAME]"),
]
NoImagesOption = Annotated[
    bool, typer.Option("--no-images", help="Show no images of the data, which may be private.")
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document to stdout, and all else to stderr."),
]


def folder_of(kind: str, name: str) -> Path:
    """Return the folder of a study's `reports` or `models` for a user who names none."""
    from search.folder_names import folder_name

    return Path(kind) / folder_name(name)
