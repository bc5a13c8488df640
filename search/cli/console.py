"""The console that commands print to."""

from __future__ import annotations

import os
import warnings
from json import dumps as json_text

from rich.console import Console


def make_console(json: bool = False) -> Console:
    """Make a console that prints names as they are, with their brackets and colons.

    Rich would otherwise read `[bold]` as a style and `:smile:` as a picture. Where stdout is for a
    JSON document, it prints to stderr.
    """
    return Console(highlight=False, markup=False, emoji=False, stderr=json)


def print_json(document: object) -> None:
    """Print a document of strings, finite numbers and lists to stdout, as `--json` does."""
    # What the encoding of the terminal lacks is escaped.
    print(json_text(document, indent=2, allow_nan=False))


def quiet_optuna() -> None:
    """Keep Optuna's own lines out of the terminal."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    # Of another program's study, whose lists come back from the database as they were.
    warnings.filterwarnings("ignore", "Choices for a categorical distribution", UserWarning)


def on_one_thread() -> None:
    """Keep linear algebra on one thread, if that is called before NumPy is imported.

    For commands that start no program of the user's, which would inherit it. The matrices of an
    analysis are small: on busy cores, two threads that wait for each other took ten times as long.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
