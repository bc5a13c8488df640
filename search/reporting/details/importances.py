"""Optuna's importances, and why they differ from the effects."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from search.analysis.importances import OF_FORESTS, Importance, has_forests
from search.parameters import Category
from search.reporting.findings import Findings
from search.reporting.section import Section
from search.results import Results

IMPORTANCES = {
    "PED-ANOVA": "how far a parameter's values among the best tenth of the trials differ from "
    "those among all trials; with few trials it is unsteady, and a dial that only the search turns "
    "stands out for that alone (Watanabe et al. 2023)",
    "fANOVA": "the share of the objective's variance, in a random forest fitted to the trials, "
    "that a parameter explains alone (Hutter et al. 2014)",
    "MDI": "how much splits on a parameter lower the variance in that forest's trees "
    "(Louppe et al. 2013)",
}
"""Meanings of the shares of each of Optuna's evaluators."""


def importances(findings: Findings) -> Section | None:
    """Draw Optuna's importances, and say what each means."""
    if not findings.importances:
        return None
    computed = {row.evaluator for row in findings.importances}
    return Section(
        "Optuna's importances",
        "Importances show which settings separate the trials. They do not show by how much or in "
        "which direction, and they have no interval. They square differences and use the completed "
        "trials of all phases, also those that the search chose. Where they and the effects "
        "disagree, believe the effects.",
        "importances",
        remarks=(
            *(f"{name}: {meaning}." for name, meaning in IMPORTANCES.items() if name in computed),
            *_drawn(findings.importances),
            *_of_many_choices(findings.results, computed),
            *_of_two_lengths(findings),
            *_missing(),
        ),
    )


def _drawn(rows: Sequence[Importance]) -> list[str]:
    of = {row.evaluator: row.drawn for row in rows if row.drawn is not None}
    return [
        f"{name} is computed of {count:,} complete trials, drawn at random, as all would take long."
        for name, count in of.items()
    ]


def _of_many_choices(results: Results, computed: Collection[str]) -> list[str]:
    categories = [one for one in results.others if isinstance(one, Category)]
    if "fANOVA" in computed or "MDI" not in computed or not categories:
        return []
    most = max(categories, key=lambda one: len(one.levels))
    together = sum(len(one.levels) for one in categories)
    all_have = f", {together} with those of the others" if together > len(most.levels) else ""
    return [
        f"fANOVA is left out: each choice of a parameter doubles its time, and {most.name} has "
        f"{len(most.levels)}{all_have}."
    ]


def _of_two_lengths(findings: Findings) -> list[str]:
    if not findings.results.of("verify"):
        return []
    return [
        "Short and long runs count alike, as in the dashboard. Long ones are mostly better for "
        "their length alone, so what the recipes around the recommended one share stands out."
    ]


def _missing() -> list[str]:
    if has_forests():
        return []
    return [
        f"{' and '.join(OF_FORESTS)} are not here, as scikit-learn is not installed where this "
        "report was made; pip install scikit-learn brings them."
    ]
