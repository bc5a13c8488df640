"""All that can be said of a study at this moment, computed once for whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import optuna

from search.analysis.confirmation import Confirmed, confirmation
from search.analysis.costs import Cost, costs
from search.analysis.curves import Curves, curves
from search.analysis.dials import DialTrend, dials
from search.analysis.effects import Effects, effects, repeated
from search.analysis.epochs import EpochEffects, effects_by_epoch
from search.analysis.importances import Importance, importances
from search.analysis.interactions import Interaction, interactions
from search.analysis.ladder import Comparison, Step, compare, ladder
from search.reporting.cautions import notes
from search.results import Results
from search.storage.reading import read


@dataclass(frozen=True)
class Findings:
    """A study's results and what follows from them."""

    results: Results
    effects: Effects | None
    """None while the `measure` runs cannot tell any technique from the others."""
    notes: tuple[str, ...]
    interactions: tuple[Interaction, ...]
    by_epoch: tuple[EpochEffects, ...]
    costs: tuple[Cost, ...]
    dials: tuple[DialTrend, ...]
    confirmed: tuple[Confirmed, ...]
    ladder: tuple[Step, ...]
    comparisons: tuple[Comparison, ...]
    """The ladder's steps beside the order-free effects."""
    curves: tuple[Curves, ...]
    importances: tuple[Importance, ...]
    """Optuna's."""


def analyse(study: optuna.Study, techniques: Mapping[str, Any] | None = None) -> Findings:
    """Everything that can be said of a study: kouka's own, or any with on/off parameters.

    `techniques` maps the parameters to study to the choice that is on; see `read`. Raises
    `InputError` where the study does not fit.
    """
    results = read(study, techniques)
    return find(results, importances(study))


def find(results: Results, shares: list[Importance]) -> Findings:
    """Analyse what there is, beside the importances that Optuna gave."""
    measured, repeats = results.of("measure"), repeated(results)
    found = effects(measured, results.factors, repeats, results.objective.maximize)
    steps = ladder(results)
    return Findings(
        results,
        found,
        notes=tuple(notes(results, found, repeats)),
        interactions=tuple(interactions(found) if found else ()),
        by_epoch=tuple(effects_by_epoch(measured, results.factors, repeats)),
        costs=tuple(costs(measured, found) if found else ()),
        dials=tuple(dials(results)),
        confirmed=tuple(confirmation(results)),
        ladder=tuple(steps),
        comparisons=tuple(compare(steps, found)),
        curves=tuple(curves(measured, results.factors)),
        importances=tuple(shares),
    )
