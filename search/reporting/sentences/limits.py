"""Sentences about what the recommended recipe takes, where a user limits that."""

from __future__ import annotations

import math

from search.analysis.limits import Taken
from search.analysis.recommendation import Recommendation
from search.reporting.formatting import capitalized, counted
from search.reporting.sentences import recipes
from search.results import Results
from search.settings import Limits


def taken(results: Results, found: Recommendation | None) -> str:
    """Say what the recommended recipe takes, or that none is within the limits.

    Empty where nothing is limited, or nothing recommended.
    """
    limits = results.at_most
    if not limits or found is None or found.takes is None:
        return ""
    if found.within:
        takes = _words(results, found.takes, limits)
        return f"It is the best within --at-most {limits}, and takes {takes}."
    return (
        f"{capitalized(out_of_reach(results, found))}. Allow that, or study a smaller network or "
        "fewer epochs."
    )


def out_of_reach(results: Results, found: Recommendation) -> str:
    """Say what the cheapest recipe takes, where none is within the limits."""
    limits = results.at_most
    assert limits is not None
    assert found.takes is not None
    cheapest, takes = recipes.in_words(found, results), _words(results, found.takes, limits)
    return f"no recipe is within --at-most {limits}: the cheapest, {cheapest}, takes {takes}"


def _words(results: Results, takes: Taken, limits: Limits) -> str:
    said = []
    if limits.seconds is not None and not math.isnan(takes.seconds):
        epochs = results.final_epochs
        run = f" of {counted(epochs, 'epoch')}" if results.timed_by == "an epoch" else ""
        said.append(f"about {takes.seconds:.3g} s to train a run{run} on the machines of the runs")
    if limits.parameters is not None and not math.isnan(takes.parameters):
        said.append(f"{takes.parameters:,.0f} parameters")
    return ", and ".join(said) if said else "an unknown time and size"
