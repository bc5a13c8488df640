"""Options that say where this machine has what a study uses, if not where the launch had it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.cli.options.techniques import CODE

_AS_LAUNCHED = "[default: where the launch had it]"

DataHereOption = Annotated[
    str | None,
    typer.Option(metavar="DATA", help=f"Where this machine has the study's data.  {_AS_LAUNCHED}"),
]
TechniqueHereOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE",
        help="Where this machine has a technique of your own that the study uses: "
        f"{CODE}. Repeatable.  {_AS_LAUNCHED}",
    ),
]
NetworkHereOption = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help=f"Where this machine has the network of your own that the study uses: {CODE}.  "
        f"{_AS_LAUNCHED}",
    ),
]
WeightsHereOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help=f"Where this machine has the file of --weights that the study uses.  {_AS_LAUNCHED}",
    ),
]
DirectoryHereOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help=f"Where this machine has the folder in which the study's command runs.  "
        f"{_AS_LAUNCHED}",
    ),
]
