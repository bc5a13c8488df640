"""Reasons of failed runs, short enough for a line."""

from __future__ import annotations

from search.storage.schema import INTERRUPTED

_MOST = 120
"""Characters of a reason in a line."""
_BEGINS = "the last it printed: "
_BETWEEN = " / "
"""Separates the lines of an output in a reason, see `search.commands.trainer`."""


def brief(reason: str) -> str:
    """Shorten a reason, of whose printed lines the last ones say most."""
    why, begins, printed = reason.partition(_BEGINS)
    lines = printed.split(_BETWEEN)
    while len(lines) > 1 and len(why) + len(begins) + len(_BETWEEN.join(lines)) > _MOST:
        del lines[0]
    text = f"{why}{begins}{_BETWEEN.join(lines)}"
    return text if len(text) <= _MOST else f"{text[: _MOST - 2].rstrip()} …"


class Reasons:
    """The failures that have been named, each reason at length for the first run alone."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}

    def is_new(self, reason: str) -> bool:
        """Tell a reason that has not been named yet."""
        return reason not in self._first

    def of(self, run: int, reason: str) -> str:
        """Say that a run failed, and why, or as which run before it."""
        if reason == INTERRUPTED:
            return f"failed: {reason}"
        first = self._first.setdefault(reason, run)
        return f"failed: {brief(reason)}" if first == run else f"failed as run {first} did"
