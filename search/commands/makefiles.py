"""Makefiles, which set variables of their own over those of the environment."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from pathlib import Path

from search.commands.program import Program

_MAKE = frozenset({"make", "gmake"})
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
"""Of which make reads the first that is there."""
_SETS = r"^(?:(?:export|override) +)*{name}[ \t]*:{{0,3}}="
_TAKES_ENVIRONMENT = re.compile(r"-[a-zA-Z]*e[a-zA-Z]*|--environment-overrides")


def set_by_makefile(program: Program) -> str:
    """Warn of variables of factors that a Makefile sets with =, so that they change nothing.

    Empty where there are none, or the command is not make's.
    """
    words = shlex.split(program.command)
    if not _MAKE.intersection(Path(word).name for word in words):
        return ""
    if any(_TAKES_ENVIRONMENT.fullmatch(word) for word in words):
        return ""
    text = _makefile(Path(program.directory))
    levels = [level.environment for factor in program.factors for level in factor.levels]
    names = dict.fromkeys(
        name for one in (*levels, *(dial.environment for dial in program.dials)) for name in one
    )
    fixed = [name for name in names if re.search(_SETS.format(name=name), text, re.MULTILINE)]
    if not fixed:
        return ""
    one = len(fixed) == 1
    return (
        f"the Makefile sets {', '.join(fixed)} itself, so make passes over "
        f"{'that' if one else 'those'} of the environment, and the factor changes nothing. Write "
        f"{fixed[0]} ?= there, or 'make -e' in --command."
    )


def _makefile(directory: Path) -> str:
    for name in _MAKEFILES:
        with suppress(OSError):
            return (directory / name).read_text("utf-8", "replace")
    return ""
