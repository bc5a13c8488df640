"""`kouka techniques`: the list of techniques."""

from __future__ import annotations

from search.cli.errors import user_errors


def techniques() -> None:
    """List the techniques.

    Shows what each changes, its dials, its source, and the sets that it is in.
    """
    with user_errors():
        from model_space.techniques import TECHNIQUES
        from search.cli.console import make_console
        from search.cli.techniques_table import techniques_table

        make_console().print(techniques_table(TECHNIQUES))
