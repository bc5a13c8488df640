"""The findings as one JSON document, for programs; `docs/summary.md` describes it."""

from __future__ import annotations

import math
from importlib.metadata import version
from typing import Any

from search.reporting import words
from search.reporting.findings import Findings
from search.reporting.records import column, records
from search.results import Results

SCHEMA = 1
"""Raised when a key goes or changes its meaning; new keys do not raise it."""


def summarise(findings: Findings) -> dict[str, Any]:
    """A document of strings, numbers, lists and null, where a number is not known."""
    results, found = findings.results, findings.effects
    tables = records(findings)
    best = results.best
    document = {
        "schema": SCHEMA,
        "kouka": version("kouka"),
        "study": results.name,
        "objective": {
            "name": results.objective.name,
            "key": results.objective.key or None,
            "unit": results.objective.unit,
            "maximize": results.objective.maximize,
        },
        "budget": words.budget(results),
        "settings": dict(results.settings),
        "classes": _classes(results),
        "runs": {
            phase: len(results.of(phase)) for phase in dict.fromkeys(r.phase for r in results.runs)
        },
        "answer": words.answer(found, results.objective) if found else words.no_effects(results),
        "effects": list(tables["effects"].rows),
        "fit": None
        if found is None
        else {
            "runs": found.runs,
            "interactions": found.pairs,
            "freedom": found.dof,
            "freedom_from_repeats": found.fit.dof_from_repeats,
            "freedom_from_chance": found.fit.dof_from_interactions,
            "noise": found.noise,
            "floor": found.minimum_detectable_effect,
            "all_off": found.baseline,
        },
        "interactions": list(tables["interactions"].rows),
        "ladder": list(tables["ladder"].rows),
        "confirmed": list(tables["confirmed"].rows),
        "best": None
        if best is None
        else {
            "run": best.number,
            "params": dict(best.params),
            column(results.objective): best.scaled,
        },
        "notes": list(findings.notes),
    }
    return {key: _plain(value) for key, value in document.items()}


def _classes(results: Results) -> list[dict[str, Any]]:
    """How many images of each class there are; none where the study does not say."""
    counts = results.data.get("class_counts")
    if not counts:
        return []
    return [
        {"class": name, "train": train, "validation": validation}
        for name, train, validation in zip(
            results.data["classes"], counts["train"], counts["validation"], strict=True
        )
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
