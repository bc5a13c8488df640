"""The provenance of a report: when it was written, and with which versions its runs were made."""

from __future__ import annotations

from datetime import date

from search.results import Results


def provenance(results: Results) -> str:
    """Say when a report was written, and with which versions its runs were made."""
    versions = ", ".join(f"{name} {number}" for name, number in results.versions.items())
    made = f"Written by kouka on {date.today().isoformat()}."
    return f"{made} Runs made with {versions}." if versions else made
