"""All that can be said of a study at this moment, computed once for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass

from search.analysis.confirmation import Confirmed, confirmation
from search.analysis.curves import Curves, curves
from search.analysis.effects import Effects, effects, notes
from search.analysis.ladder import Step, ladder
from search.results import Results
from search.schema import INTERRUPTED


@dataclass(frozen=True)
class Findings:
    """A study's results and what follows from them."""

    results: Results
    fit: Effects | None
    """None while there are too few `measure` runs."""
    notes: tuple[str, ...]
    confirmed: tuple[Confirmed, ...]
    curves: tuple[Curves, ...]
    ladder: tuple[Step, ...]


def find(results: Results) -> Findings:
    """Analyse what there is."""
    measured = results.of("measure")
    fit = effects(measured, results.factors)
    planned = results.settings.get("measure")
    said = notes(fit, measured, planned[-1] if planned else None) if fit else []
    given_up = {run.failure for run in results.runs if run.failure not in (None, INTERRUPTED)}
    said += [f"Some runs failed: {failure}." for failure in sorted(map(str, given_up))]
    return Findings(
        results,
        fit,
        tuple(said),
        tuple(confirmation(results)),
        tuple(curves(measured, results.factors)),
        tuple(ladder(results)),
    )
