"""This checkout, and another from before that a script measures beside it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).parents[1]


def parse_beside(
    parser: argparse.ArgumentParser,
) -> tuple[argparse.Namespace, Mapping[str, Path]]:
    """Add `--beside` and read all arguments; the checkouts by name, old first."""
    parser.add_argument("--beside", type=Path, help="another checkout, from before")
    arguments = parser.parse_args()
    checkouts = {"now": _HERE}
    if arguments.beside is not None:
        checkouts = {"before": arguments.beside.resolve(), **checkouts}
    return arguments, checkouts
