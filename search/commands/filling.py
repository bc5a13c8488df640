"""Filling in a command: from its template, a recipe and a seed to arguments and environment."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from model_space.recipe import Recipe
from search.commands.program import EPOCHS, FLAGS, FOLDER, SEED, CommandFactor, Program

VALUE = "value"
"""The dial of a recipe's pseudo-technique that holds the number of a command's dial."""

LEVEL = "level"
"""The dial that holds the place of a level, of a factor that has several."""

_SHELL = "/bin/sh"
_QUOTED = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.""", re.DOTALL)


@dataclass(frozen=True)
class Filled:
    """A command that can be started."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    """What is added to that of kouka itself."""
    unset: frozenset[str] = frozenset()
    """Variables that other levels of the factors set, and that the user's shell may have."""


def fill(program: Program, recipe: Recipe, epochs: int, seed: int, folder: str) -> Filled:
    """Fill in a program's command for one run."""
    flags, environment = _added(program, recipe)
    levels = (level for factor in program.factors for level in factor.levels)
    unset = frozenset(name for level in levels for name in level.environment) - environment.keys()
    values = {EPOCHS: str(epochs), SEED: str(seed), FOLDER: folder}
    if program.shell:
        quoted = {name: shlex.quote(value) for name, value in values.items()}
        template = _QUOTED.sub(_with_folder_outside, program.command)
        line = _replaced(template, {**quoted, FLAGS: shlex.join(flags)})
        return Filled((_SHELL, "-c", line), environment, unset)
    arguments: list[str] = []
    for word in shlex.split(program.command):
        if word == f"{{{FLAGS}}}":
            arguments += flags
        else:
            arguments.append(_replaced(word, {**values, FLAGS: " ".join(flags)}))
    return Filled(tuple(arguments), environment, unset)


def command_of(program: Program, recipe: Recipe, epochs: int) -> str:
    """Write a recipe's command as one would type it; a seed and a folder are left to be filled."""
    flags, environment = _added(program, recipe)
    assigned = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    line = _replaced(program.command, {EPOCHS: str(epochs), FLAGS: shlex.join(flags)}).strip()
    if assigned and program.shell:  # in front of a pipe it would be for the first command alone
        return f"export {' '.join(assigned)}; {line}"
    return " ".join([*assigned, line])


def _added(program: Program, recipe: Recipe) -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment variables that a recipe adds to a command."""
    flags: list[str] = []
    environment: dict[str, str] = {}
    for factor in program.factors:
        level = factor.levels[_place(factor, recipe)]
        flags += level.words
        environment |= level.environment
    for one in program.dials:
        value = recipe[one.dial.name][VALUE]
        text = str(round(value)) if one.whole else f"{value:.6g}"
        flags += [word.replace(f"{{{VALUE}}}", text) for word in one.words]
        environment |= {
            name: given.replace(f"{{{VALUE}}}", text) for name, given in one.environment.items()
        }
    return flags, environment


def _place(factor: CommandFactor, recipe: Recipe) -> int:
    """The place of a factor's level in a recipe."""
    if len(factor.levels) == 1:
        return 0
    if factor.several:
        return round(recipe[factor.name][LEVEL])
    return int(factor.technique in recipe)


def _with_folder_outside(quoted: re.Match[str]) -> str:
    """End the quotes before a folder, whose own follow; not in several words, as for `sh -c`."""
    text, folder = quoted[0], f"{{{FOLDER}}}"
    return text if text.split() != [text] else text.replace(folder, text[0] + folder + text[0])


def _replaced(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of their names in braces; other braces stay as they are."""
    names = "|".join(values)
    return re.sub(rf"\{{({names})\}}", lambda found: values[found[1]], text)
