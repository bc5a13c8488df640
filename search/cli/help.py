"""`--help`: plain text, with the options of a long command in groups; and what an option is not."""

from __future__ import annotations

import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from typer import BadParameter
from typer.core import TyperCommand, TyperGroup

from search.storage.passwords import without_passwords

_NARROW = 60
"""Columns of a terminal below which the help of an option stands on the lines below it."""
_INDENT = 4
_OF_PAIRS = ("--at-most", "--columns", "--fix")
"""Options that take NAME=VALUE."""
_UsageError: type[Exception] = BadParameter.__mro__[1]
"""Typer gives it no name of its own."""


@contextmanager
def _in_a_sentence(context: Any, likely: str = "") -> Iterator[None]:
    """Say what a command line lacks, or has too much, as any other error; the `likely` cause, where
    there is one, in its place."""
    from search.cli.errors import user_errors
    from search.errors import InputError

    with user_errors():
        try:
            yield
        except _UsageError as error:
            help_of = f"{context.command_path} --help"
            raise InputError(f"{likely or _said(error)}; {help_of} says what it takes") from None


def _in_pieces(args: Sequence[str]) -> str:
    """Say how a NAME=VALUE is written that is given in two words; empty where none is."""
    for option, name, value in zip(args, args[1:], args[2:], strict=False):
        if (
            option in _OF_PAIRS
            and re.fullmatch(r"(?!none$)\w+", name)
            and not value.startswith("--")
        ):
            return f"{option} {name} {value} lacks an equals sign: it is written {name}=VALUE"
    return ""


def _said(error: Any) -> str:
    """The error of a number names what was given in its place."""
    errors = getattr(error.__cause__, "errors", None)
    for found in errors()[:1] if errors else ():
        number = "whole number" if "int" in found["type"] else "number"
        if "pars" in found["type"] or "from_float" in found["type"]:
            given = error.param
            is_option = given.param_type_name == "option"
            name = given.opts[0] if is_option else given.metavar or given.name
            return f"{name} {found['input']!r} is no {number}"
    text = re.sub(r"\. (Did you mean .*)", r" (\1)", error.format_message().rstrip("."))
    return text[:1].lower() + text[1:]


class Group(TyperGroup):
    """`kouka` itself."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what stands before the command; without anything, show the help."""
        if not args:
            return super().parse_args(ctx, args)
        with _in_a_sentence(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is named."""
        with _in_a_sentence(ctx):
            return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is named; Ctrl-C before it has begun anything ends it in a word."""
        from search.cli.errors import INTERRUPTED, end

        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            end(INTERRUPTED, "interrupted")


class Command(TyperCommand):
    """A command that names its arguments as its user does: NAME, without a type or braces."""

    groups: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    """Titles, each with its parameters in order; other options follow under "Options"."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Name the arguments; Typer puts those that must be given in braces."""
        return [re.sub(r"^\{(.*)\}", r"\1", piece) for piece in super().collect_usage_pieces(ctx)]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; ends the command in a sentence where it is none."""
        with _in_a_sentence(ctx, _in_pieces(args)):
            self._tell_repeated(ctx, args)
            return super().parse_args(ctx, args)

    def _tell_repeated(self, ctx: Any, args: list[str]) -> None:
        """Say which value counts of an option that takes one and has several."""
        values, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for one, times in Counter[Any](given).items():
            takes_one = one.param_type_name == "option" and not (one.multiple or one.is_flag)
            if takes_one and times > 1:
                last = without_passwords(str(values[one.name]))
                said = f"{one.opts[0]} is given {times} times, of which the last counts: {last}"
                print(said, file=sys.stderr)

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


class StudyCommand(Command):
    """A command that works on studies: it trains in other processes, and computes in this one."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, with linear algebra in one thread."""
        from search.analysis.threads import one_thread

        with one_thread():
            return super().invoke(ctx)


class LaunchCommand(StudyCommand):
    """`kouka launch`, whose options are too many for one list; the usual ones come first."""

    groups = (
        ("Data", ("data", "columns", "train_size", "image_size", "validation", "images")),
        ("A program of your own", ("study", "command", "factor", "dial", "metric", "test_metric",
                                   "metric_name", "minimize", "unit", "scale", "run_timeout",
                                   "shell")),
        ("Techniques and network", ("techniques", "fix", "technique", "network", "weights",
                                     "width", "depth")),
        ("Phases", ("time", "measure", "search", "verify", "confirm", "ladder", "pruner")),
        ("One run", ("epochs", "verify_epochs", "batch_size", "learning_rates",
                             "batch_sizes", "precision", "objective", "last_epochs", "at_most",
                             "seed")),
        ("Where it runs, and what it writes", ("out", "storage", "workers", "timeout",
                                               "workers_per_gpu", "ray", "checkpoints", "json")),
    )  # fmt: skip
