"""Reasons of failed runs, short enough for a line."""

from __future__ import annotations

from search.storage.schema import INTERRUPTED

_FEW, _MOST = 120, 160
"""Characters of a reason up to which it stays whole, and up to which its last line does."""
_BEGINS = "the last it printed: "
_BETWEEN = " / "
"""Separates the lines of an output in a reason, see `search.commands.trainer`."""


def brief(reason: str) -> str:
    """Shorten a long reason to the last of its printed lines, which says most."""
    if len(reason) <= _FEW:
        return reason
    why, begins, printed = reason.partition(_BEGINS)
    text = f"{why}{begins}{printed.rpartition(_BETWEEN)[2]}"
    if len(text) <= _MOST:
        return text
    kept = text[: _MOST - 2]
    words = kept.rpartition(" ")[0]
    return f"{words if len(words) > _MOST // 2 else kept} …"


def as_end(reason: str) -> str:
    """Return a reason as the end of a sentence."""
    return reason if reason.endswith("…") else f"{reason}."


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
            return reason
        first = self._first.setdefault(reason, run)
        return f"failed: {brief(reason)}" if first == run else f"failed as run {first} did"
