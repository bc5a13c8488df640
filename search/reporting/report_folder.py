"""The folder of a report, in which no file of the user's own is replaced."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from search.errors import InputError
from search.reporting.records import TABLES

REPORT, PAGE, SUMMARY = "report.html", "report.md", "summary.json"
_ALWAYS = (REPORT, PAGE, SUMMARY, *(f"{name}.csv" for name in TABLES))
"""The files of every report."""
_KEYS = frozenset({"schema", "kouka", "study"})
"""Keys of the summary, of earlier versions too."""


class UnwrittenError(InputError):
    """A report that cannot be written to its folder."""


def check_own(out: Path, names: Iterable[str] = _ALWAYS) -> None:
    """Raise `UnwrittenError` where files of these names are in `out`, but no report of kouka's."""
    taken = [name for name in names if (out / name).exists()]
    if taken and not _holds_report(out):
        raise UnwrittenError(
            f"--out {out} holds {taken[0]}, which kouka export did not write; move it away, or "
            "give another --out"
        )


def _holds_report(out: Path) -> bool:
    try:
        summary = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(summary, dict) and summary.keys() >= _KEYS
