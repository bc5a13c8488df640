"""The console that commands print to."""

from __future__ import annotations

import warnings

from rich.console import Console


def make_console() -> Console:
    """Make a console that prints names as they are, with their brackets and colons.

    Rich would otherwise read `[bold]` as a style and `:smile:` as a picture.
    """
    return Console(highlight=False, markup=False, emoji=False)


def quiet_optuna() -> None:
    """Keep Optuna's own lines out of the terminal."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
