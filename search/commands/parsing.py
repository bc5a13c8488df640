"""Reading a program, its factors, its dials and its metric as they are written by the user."""

from __future__ import annotations

import difflib
import math
import os
import re
import shlex
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from model_space.technique import Dial
from search.commands.filling import VALUE
from search.commands.metric import name_of, reader
from search.commands.program import (
    FLAGS,
    PLACEHOLDERS,
    RULES,
    CommandDial,
    CommandFactor,
    CommandLevel,
    Metric,
    Program,
)
from search.errors import InputError, did_you_mean

_NAME = re.compile(r"[^\W\d][\w.+-]*")
_ASSIGNMENT = re.compile(r"[A-Z_][A-Z0-9_]*=")
"""Of an environment variable; `optimizer=adam` is an argument."""
MOST_LEVELS = 4
"""Of a factor: those of two columns of a two-level design."""
_OFF, _NONE = "off", "none"
_LONGEST_LABEL = 20
"""Characters of a level's label, above which its first word is enough."""
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|\\.""", re.DOTALL)
"""What a shell would not look into."""
_OF_SHELLS = re.compile(r"(?:^|\s)(?:\||&&?|;|<|\d?>>?(?:&\d|\S*)|&>\S*)(?:\s|$)")
_RANGE = re.compile(
    r"^(?P<words>.*\S)\s*,\s*(?P<low>\S+)\s+to\s+(?P<high>\S+?)(?P<rest>(?:\s+\S+)*)$", re.DOTALL
)


def parse_factor(text: str) -> CommandFactor:
    """Read `NAME: WORDS`, or `NAME: WORDS | WORDS`; raises `InputError` for anything else.

    Words that begin with `NAME=` in capitals are environment variables, and the others arguments.
    """
    name, colon, rest = text.partition(":")
    name = name.strip()
    if not colon:
        raise InputError(
            f"--factor {text!r} is no factor; it takes NAME: and what is added to the command "
            "where it is on, as in 'mixup: --mixup 0.2'"
        )
    _check_name(name, "--factor")
    parts = re.split(r"(?:^|\s)\|(?=\s|$)", rest)
    if stuck := next((one for part in parts for one in _QUOTED.sub("", part).split()
                      if "|" in one), None):  # fmt: skip
        raise InputError(
            f"--factor {name}: {stuck!r} has a bar without spaces around it; write spaces where it "
            "divides two levels, as in '--opt adamw | --opt muon', and quotes around a word that "
            "has one"
        )
    words = [_split(part, f"--factor {name}") for part in parts]
    if len(words) == 1:
        if not words[0]:
            raise InputError(f"--factor {name} adds nothing to the command; give it some words")
        return CommandFactor(name, (CommandLevel(_OFF), _level("on", words[0])))
    if len(words) > MOST_LEVELS:
        raise InputError(
            f"--factor {name} has {len(words)} levels; designs have up to {MOST_LEVELS}, so "
            "compare the others in a study of their own"
        )
    labels = _labels(words)
    if len(set(labels)) < len(labels):
        raise InputError(f"--factor {name} has the same level twice: {rest.strip()}")
    levels = [_level(label, one) for label, one in zip(labels, words, strict=True)]
    return CommandFactor(name, tuple(levels))


def parse_dial(text: str) -> CommandDial:
    """Read `NAME: WORDS {value}, LOW to HIGH`, then `log`, `int` and `usual NUMBER` if wanted."""
    example = "it takes 'NAME: --flag {value}, LOW to HIGH', then log, int or usual NUMBER"
    name, colon, rest = text.partition(":")
    name = name.strip()
    found = _RANGE.match(rest.strip())
    if not colon or found is None or f"{{{VALUE}}}" not in found["words"]:
        raise InputError(f"--dial {text!r} is no dial; {example}")
    _check_name(name, "--dial")
    low, high = (_number(found[end], name) for end in ("low", "high"))
    log = whole = False
    usual = None
    more = iter(found["rest"].split())
    for word in more:
        if word == "log":
            log = True
        elif word == "int":
            whole = True
        elif word == "usual":
            usual = _number(next(more, "nothing"), name)
        else:
            raise InputError(f"--dial {name} has {word!r} after its range; {example}")
    if not -math.inf < low < high < math.inf or (log and low <= 0):
        above = " and LOW above 0, as it is log" if log else ""
        raise InputError(
            f"--dial {name} goes from {low:g} to {high:g}; it takes two finite numbers, LOW below "
            f"HIGH{above}"
        )
    if whole and not (low.is_integer() and high.is_integer()):
        raise InputError(
            f"--dial {name} goes from {low:g} to {high:g}; with int it takes two whole numbers"
        )
    if usual is None:
        usual = math.sqrt(low * high) if log else (low + high) / 2
        usual = float(round(usual)) if whole else float(f"{usual:.3g}")
    if not low <= usual <= high:
        raise InputError(f"--dial {name}: usual {usual:g} is outside {low:g} to {high:g}")
    level = _level("", _split(found["words"], f"--dial {name}"))
    dial = Dial(name, low, usual, high, log)
    return CommandDial(dial, level.words, level.environment, whole)


def parse_held(texts: Sequence[str], program: Program) -> tuple[dict[str, bool], Program]:
    """Read `NAME=on`, `NAME=off` or `NAME=LEVEL`: whether each factor named is held on or off.

    A factor of several levels has one in the program that is returned.
    """
    held = {}
    named = set[str]()
    for text in texts:
        name, _, value = text.partition("=")
        factor = next((one for one in program.factors if one.name == name), None)
        if factor is None:
            names = [one.name for one in program.factors]
            raise InputError(
                f"--fix {text}: there is no factor {name!r}{did_you_mean(name, names)}; there are "
                f"{', '.join(names)}"
            )
        if name in named:
            raise InputError(f"--fix {text}: {name} is fixed twice; it takes one level")
        named.add(name)
        labels = list(factor.labels)
        if len(labels) == 1:
            if value != labels[0]:
                raise InputError(f"--fix {text}: the study holds {name} at {labels[0]}")
            continue
        if factor.several:
            if value not in labels:
                raise InputError(f"--fix {text}: {name} takes {', '.join(labels)}")
            only = replace(factor, levels=(factor.levels[labels.index(value)],))
            factors = [only if one == factor else one for one in program.factors]
            program = replace(program, factors=tuple(factors))
            continue
        if value not in (*labels, _OFF, "on"):
            others = dict.fromkeys((*labels, "on", _OFF))
            raise InputError(f"--fix {text}: {name} takes {', '.join(others)}")
        # A label is what the user wrote, which may be on for the first level.
        held[factor.technique] = value == labels[1] if value in labels else value == "on"
    return held, program


def parse_metric(where: str, name: str | None, option: str = "--metric") -> Metric:
    """Read where a metric is found: a pattern, `json:KEY` or `file:PATH:KEY`."""
    if not where.strip():
        raise InputError(f"{option} is empty; it takes a pattern such as 'val_acc=([0-9.]+)'")
    metric = Metric(name or name_of(where), where, rules=RULES)
    reader(metric, option)
    return metric


def check_program(program: Program) -> Program:
    """Return a program that can be started here; raises `InputError` for any other."""
    directory = Path(program.directory)
    if not directory.is_dir():
        raise InputError(
            f"the folder {directory}, in which the command runs, is not there; --directory takes "
            "the place where this machine has it"
        )
    words = _split(program.command, "--command")
    if not words:
        raise InputError("--command is empty; it takes the command that trains one run")
    for name in re.findall(r"\{(\w+)\}", program.command):
        near = difflib.get_close_matches(name, PLACEHOLDERS, 1, 0.75)
        if name not in PLACEHOLDERS and near:
            raise InputError(f"--command has {{{name}}}; {{{near[0]}}} is meant, it seems")
    added = [one for one in program.factors if any(level.words for level in one.levels)]
    if (added or any(one.words for one in program.dials)) and not program.has(FLAGS):
        names = [one.name for one in added] or [one.dial.name for one in program.dials]
        raise InputError(
            f"--command has no {{{FLAGS}}}, the place where what {names[0]} adds goes; put it "
            "where the program takes its options"
        )
    if not program.shell and _OF_SHELLS.search(program.command):
        raise InputError(
            "--command has a pipe, a redirection or several commands, which need a shell; add "
            "--shell, or put them into a script"
        )
    if not program.shell and not _found(words[0], directory):
        raise InputError(
            f"--command begins with {words[0]!r}, which is no program here; it takes one on the "
            f"PATH, or a path from {directory}"
        )
    return program


def digests(command: str, directory: str) -> dict[str, str]:
    """Digest the files that a command names, by the words that name them."""
    found = {}
    for word in _split(command, "--command")[:100]:
        path = Path(directory, word)
        with suppress(OSError):  # as of code of a thousand characters, which is no path
            if path.suffix and path.is_file() and path.stat().st_size < 1 << 22:
                found[word] = sha256(path.read_bytes()).hexdigest()[:16]
    return found


def _found(word: str, directory: Path) -> bool:
    if os.sep in word:
        return os.access(directory / word, os.X_OK)
    return shutil.which(word) is not None


def _check_name(name: str, option: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{option}: {name!r} is no name; it takes letters, digits and . + - _, such as mixup"
        )


def _split(text: str, option: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InputError(
            f"{option}: {text.strip()!r} cannot be split into words ({error})"
        ) from None


def _level(label: str, words: Sequence[str]) -> CommandLevel:
    environment: dict[str, str] = {}
    rest = list(words)
    while rest and _ASSIGNMENT.match(rest[0]):
        name, _, value = rest.pop(0).partition("=")
        environment[name] = value
    return CommandLevel(label, tuple(rest), environment)


def _labels(levels: Sequence[list[str]]) -> list[str]:
    """Short names of levels: what sets each apart from the others, or the first word of it."""
    words = [[part for word in level for part in re.split(r"(?<==)|\s", word)] for level in levels]
    common = 0
    while all(len(one) > common for one in words) and len({one[common] for one in words}) == 1:
        common += 1
    texts = (" ".join(one[common:]).replace("= ", "=") for one in words)
    labels = [text.lstrip("-").strip() or _NONE for text in texts]
    first = [label.split()[0] for label in labels]
    distinct = len(set(first)) == len(first)
    return [short if distinct and len(label) > _LONGEST_LABEL else label
            for label, short in zip(labels, first, strict=True)]  # fmt: skip


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--dial {name}: {text!r} is no number") from None
