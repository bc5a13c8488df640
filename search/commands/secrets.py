"""Secrets, kept out of what a study stores: of a run's environment, and in what the user types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
_WORDS = frozenset({"auto", "default", "false", "none", "null", "true"})
_SHORTEST, _SHORTEST_NUMBER = 4, 6
"""Characters of a value that is hidden: a shorter one is found everywhere."""
_SHORTEST_LINE = 8
"""Characters of a line of a value that has several, such as a private key."""
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


def check_no_secrets(program: Program) -> Program:
    """Return a program in whose description, which is stored, the user has typed no secret.

    Raises `InputError` for any other.
    """
    assigned = {name: value.strip("'\"") for name, value in _ASSIGNED.findall(program.command)}
    _check(program.command, assigned, "--command")
    for factor in program.factors:
        for level in factor.levels:
            _check(" ".join(level.words), level.environment, f"--factor {factor.name}")
    for one in program.dials:
        _check(" ".join(one.words), one.environment, f"--dial {one.dial.name}")
    return program


def _check(text: str, environment: Mapping[str, str], where: str) -> None:
    for name, value in environment.items():
        if _SURELY.search(name) and _looks_secret(value):
            raise InputError(
                f"{where} sets {name} to what looks like a secret, and would be stored with the "
                f"study; set it before kouka, as in {name}=… kouka launch, and the program has it"
            )
    if _IN_URL.search(text.encode(errors="surrogateescape")):
        raise InputError(
            f"{where} has a URL with a password, which would be stored with the study; set a "
            "variable to it before kouka, and let the program read that"
        )


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
