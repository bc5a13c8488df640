"""Sentences on the dials that every run has, where the recommended recipe turns them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search.analysis.long_runs import deciding
from search.analysis.recommendation import Recommendation
from search.reporting.formatting import listed
from search.results import Results


def in_words(values: Mapping[str, Any]) -> str:
    """Name dials with their values, as a recipe does."""
    return listed([
        f"{name} {format(value, '.4g') if isinstance(value, float) else value}"
        for name, value in values.items()
    ])  # fmt: skip


def turned(
    params: Mapping[str, Any], recipe: Mapping[str, Any], results: Results
) -> dict[str, Any]:
    """The dials of some parameters that a recipe has at other values."""
    usual = {one.dial.name: one.usual for one in results.run_dials}
    both = {name: (params.get(name, at), recipe.get(name, at)) for name, at in usual.items()}
    return {name: here for name, (here, there) in both.items() if here != there}


def measured_at(recommended: Recommendation | None, results: Results) -> dict[str, Any]:
    """The dials at which all effects were measured, and which the recommended recipe turns."""
    if recommended is None:
        return {}
    runs = deciding(results).of("measure")
    ats = [turned(run.params, recommended.params, results) for run in runs]
    return ats[0] if ats and all(at == ats[0] for at in ats) else {}
