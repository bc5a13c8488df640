"""Secrets, kept out of what a study stores: of a run's environment, and in what the user types."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from search.commands.program import Program
from search.errors import InputError

HIDDEN = "***"
_NAMED = re.compile(r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|KEY", re.IGNORECASE)
"""Names of variables whose values may be secret."""
_SURELY = re.compile(
    r"(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|"
    r"(API|ACCESS|PRIVATE|SECRET|AUTH|ENCRYPTION)_?KEY)(_|$)",
    re.IGNORECASE,
)
"""Names whose values are secret, where they look it; `SORT_KEY` and `MAX_TOKENS` are not."""
_OF_OPTION = re.compile(
    r"(^|_)(?P<open>TOKEN)$|(^|_)(SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|"
    r"(API|ACCESS|PRIVATE|SECRET|AUTH|ENCRYPTION)_?KEY)$",
    re.IGNORECASE,
)
"""Names of options that take secrets; a token is often a piece of text, as of `--pad-token`."""
_GIVEN = re.compile(r"(?P<option>-{0,2}[+~]?(?:[\w-]+\.)*(?P<name>[A-Za-z][\w-]*))=(?P<value>.*)",
                    re.DOTALL)  # fmt: skip
_OPTION = re.compile(r"--?(?:[\w-]+\.)*(?P<name>[A-Za-z][\w-]*)")
_FILLED_IN = re.compile(r"\{\w+\}|^\$(\w+$|[{(])|^`")
"""A value that kouka or a shell puts in its place when a run begins."""
_PLACE = re.compile(r"^(~|\.{0,2}/)|\.[A-Za-z]\w{0,4}$")
_PIECE = re.compile(r"<.*>|\[.*\]")
"""A token of a language model."""
_WORDS = frozenset({"auto", "default", "false", "none", "null", "true"})
_SHORTEST, _SHORTEST_NUMBER = 4, 6
"""Characters of a value that is hidden: a shorter one is found everywhere."""
_SHORTEST_LINE = 8
"""Characters of a line of a value that has several, such as a private key."""
_SHORTEST_TYPED = 8
"""Characters of a variable's value that is looked for in what the user typed."""
_LONG = 16
"""Characters from which a value looks like a secret whatever it is made of."""
_ASSIGNED = re.compile(r"(?:^|\s)([A-Za-z_]\w*)=(\S+)")
_IN_URL = re.compile(rb"(://[^:/@\s]*:)([^@/\s]+)@")
_LONGEST_URL = 512


class Secrets:
    """The secrets in an environment, and the passwords in any URL, which are hidden in output."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take the variables whose names say that their values are secret."""
        found = {secret.encode(errors="surrogateescape") for secret in _values(environment)}
        self._secrets = sorted(found, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self._secrets)) or rb"(?!)")

    def hide(self, text: str) -> str:
        """Put asterisks in their place."""
        return self._hidden(text.encode(errors="surrogateescape")).decode(errors="surrogateescape")

    def hide_open(self, data: bytes) -> tuple[bytes, bytes]:
        """Hide them in bytes that go on.

        The second part of what is returned may be the begin of another, so it is to come again,
        with what follows it.
        """
        data = self._hidden(data)
        held = max(_open_url(data), self._open_secret(data))
        return data[: len(data) - held], data[len(data) - held :]

    def _hidden(self, data: bytes) -> bytes:
        stars = HIDDEN.encode()
        return _IN_URL.sub(rb"\1" + stars + b"@", self._pattern.sub(stars, data))

    def _open_secret(self, data: bytes) -> int:
        """Bytes at the end with which a secret begins."""
        return max(
            (size for secret in self._secrets for size in range(1, len(secret))
             if data.endswith(secret[:size])),
            default=0,
        )  # fmt: skip


def check_no_secrets(program: Program, environment: Mapping[str, str] = os.environ) -> Program:
    """Return a program in whose description, which is stored, the user has typed no secret.

    `environment` is that of kouka, whose secrets a shell may have put there. Raises `InputError`
    for any other.
    """
    assigned = {name: value.strip("'\"") for name, value in _ASSIGNED.findall(program.command)}
    words = shlex.split(program.command)
    _check(program.command, words, assigned, environment, "--command")
    for factor in program.factors:
        for level in factor.levels:
            where = f"--factor {factor.name}"
            _check(" ".join(level.words), level.words, level.environment, environment, where)
    for one in program.dials:
        where = f"--dial {one.dial.name}"
        _check(" ".join(one.words), one.words, one.environment, environment, where)
    return program


def _check(
    text: str,
    words: Sequence[str],
    assigned: Mapping[str, str],
    environment: Mapping[str, str],
    where: str,
) -> None:
    for name, value in assigned.items():
        if _SURELY.search(name) and _looks_secret(value):
            raise InputError(
                f"{where} sets {name} to what looks like a secret, and would be stored with the "
                f"study; set it before kouka, as in {name}=… kouka launch, and the program has it"
            )
    for option, name, value in _options(words):
        if _is_typed_secret(name, value):
            raise InputError(
                f"{where} gives {option} what looks like a secret, which would be stored with the "
                "study; set a variable before kouka, and let the program read that, or with "
                f"--shell write {option} '$NAME' in single quotes"
            )
    typed = "\n".join((text, *assigned.values()))
    for name, value in environment.items():
        if _SURELY.search(name) and _is_typed(value, typed):
            raise InputError(
                f"{where} holds the value of {name}, which would be stored with the study; let the "
                f"program read that variable, or write '${name}' in single quotes with --shell"
            )
    if _IN_URL.search(text.encode(errors="surrogateescape")):
        raise InputError(
            f"{where} has a URL with a password, which would be stored with the study; set a "
            "variable to it before kouka, and let the program read that"
        )


def _options(words: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Each option of a command with its name, without its group, and its value."""
    for word, following in zip(words, [*words[1:], "-"], strict=False):
        if given := _GIVEN.fullmatch(word):
            yield given["option"], given["name"], given["value"]
        elif (option := _OPTION.fullmatch(word)) and not following.startswith("-"):
            yield word, option["name"], following


def _is_typed_secret(name: str, value: str) -> bool:
    found = _OF_OPTION.search(name.replace("-", "_"))
    if found is None or _is_harmless(value) or _FILLED_IN.search(value):
        return False
    return not found["open"] or (_looks_secret(value) and not _PIECE.fullmatch(value))


def _is_typed(value: str, text: str) -> bool:
    return len(value) >= _SHORTEST_TYPED and not _is_harmless(value) and value in text


def _is_harmless(value: str) -> bool:
    return not value or value.lower() in _WORDS or _is_number(value) or bool(_PLACE.search(value))


def _values(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if _NAMED.search(name) and value.lower() not in _WORDS:
            lines = [line.strip() for line in value.splitlines()]
            least = _SHORTEST_LINE if len(lines) > 1 else _SHORTEST
            for line in lines:
                if len(line) >= (max(least, _SHORTEST_NUMBER) if _is_number(line) else least):
                    yield line


def _looks_secret(value: str) -> bool:
    mixed = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    return not _is_number(value) and (
        len(value) >= _LONG or (len(value) >= _SHORTEST_NUMBER and bool(mixed))
    )


def _is_number(value: str) -> bool:
    with suppress(ValueError):
        float(value)
        return True
    return False


def _open_url(data: bytes) -> int:
    """Bytes of a word at the end that may become a URL with a password."""
    *_, last = re.split(rb"[\s@]", data[-_LONGEST_URL:])
    begins = last.rfind(b"://")
    if begins >= 0:
        return len(last) - begins
    return next((size for size in (2, 1) if last.endswith(b"://"[:size])), 0)
