"""`--help`: plain text, with the options of a long command in groups; and what an option is not."""

from __future__ import annotations

import re
import shutil
from typing import Any, ClassVar

from typer import BadParameter
from typer.core import TyperCommand

_NARROW = 60
"""Columns of a terminal below which the help of an option stands on the lines below it."""
_INDENT = 4


class Command(TyperCommand):
    """A command that names its arguments as its user does: NAME, without a type or braces."""

    groups: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    """Titles, each with its parameters in order; other options follow under "Options"."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Name the arguments; Typer puts those that must be given in braces."""
        return [re.sub(r"^\{(.*)\}", r"\1", piece) for piece in super().collect_usage_pieces(ctx)]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; the error of a number names what was given in its place."""
        try:
            return super().parse_args(ctx, args)
        except BadParameter as error:
            errors = getattr(error.__cause__, "errors", None)
            for found in errors()[:1] if errors else ():
                number = "whole number" if "int" in found["type"] else "number"
                if "pars" in found["type"] or "from_float" in found["type"]:
                    error.message = f"{found['input']!r} is no {number}."
            raise

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help as wide as the terminal, of which Click assumes at least 50 columns."""
        formatter.width = min(formatter.width, shutil.get_terminal_size().columns)
        super().format_help(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then options by group, all in the same two columns."""
        rows: dict[str, tuple[str, str]] = {}
        arguments = []
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is None:
                continue
            if parameter.param_type_name == "argument":
                row = (str(parameter.metavar or parameter.name), row[1])
                arguments.append(str(parameter.name))
            rows[str(parameter.name)] = row
        sections = [("Arguments", tuple(arguments)), *self.groups]
        named = {name for _, names in sections for name in names}
        sections.append(("Options", tuple(name for name in rows if name not in named)))
        wide = max(len(first) for first, _ in rows.values())
        for title, names in sections:
            shown = [rows[name] for name in names if name in rows]
            if not shown:
                continue
            with formatter.section(title):
                if formatter.width < _NARROW:
                    formatter.write_dl(shown, col_max=_INDENT)
                else:
                    formatter.write_dl([(first.ljust(wide), text) for first, text in shown])


class LaunchCommand(Command):
    """`kouka launch`, whose options are too many for one list; the usual ones come first."""

    groups = (
        ("Data", ("data", "columns", "train_size", "image_size", "validation", "images")),
        ("A program of your own", ("study", "command", "factor", "dial", "metric", "test_metric",
                                   "metric_name", "minimize", "unit", "scale", "run_timeout",
                                   "shell")),
        ("Techniques and network", ("techniques", "fix", "technique", "network", "weights",
                                     "width", "depth")),
        ("Phases", ("time", "measure", "search", "verify", "confirm", "ladder", "pruner")),
        ("Budget of a run", ("epochs", "verify_epochs", "batch_size", "learning_rates",
                             "batch_sizes", "precision", "objective", "last_epochs", "at_most",
                             "seed")),
        ("Where it runs, and what it writes", ("out", "storage", "workers", "timeout",
                                               "workers_per_gpu", "ray", "checkpoints", "json")),
    )  # fmt: skip
