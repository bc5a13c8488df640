"""Options that say where and until when the runs of a study are trained."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Annotated

import typer

WorkersOption = Annotated[
    str,
    typer.Option(
        metavar="COUNT",
        help="Training processes side by side: a number, or auto for one per GPU, or without a "
        "GPU one per core with 4 GiB of memory.",
    ),
]
PerGpuOption = Annotated[
    int | None,
    typer.Option(metavar="COUNT", help="Workers that share each GPU.  [default: 1]"),
]
RayOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Run the workers on this Ray cluster: an address, or auto. Needs kouka[ray].",
    ),
]
TimeoutOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Start no run after this time, such as 90s, 30m or 2h; a bare number is seconds. The "
        "same command resumes.  [default: no limit]",
    ),
]
CheckpointsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        envvar="KOUKA_CHECKPOINTS",
        help="Where interrupted runs keep what they resume from.  "
        "[default: ~/.cache/kouka/checkpoints]",
    ),
]


def default_checkpoints() -> Path:
    """Return the folder of checkpoints for a user who names none."""
    from model_space.data.cache import home

    return home() / "checkpoints"


def deadline(timeout: str | None) -> float | None:
    """Return the `time.monotonic()` after which no run starts; None for no limit.

    Raises `InputError` for what is no time.
    """
    from search.planning.time_plan import time_limit

    if timeout is None:
        return None
    bare = re.fullmatch(r"\d+(\.\d+)?", timeout)
    seconds = float(timeout) if bare else time_limit(timeout, "--timeout").seconds
    return time.monotonic() + seconds
