"""Findings of a study: all that the analysis can say of it at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import optuna

from search.analysis.confirmation import Confirmed, confirmation
from search.analysis.costs import Cost, costs
from search.analysis.curves import Curves, curves
from search.analysis.diagnostics import diagnose
from search.analysis.dials import DialTrend, dials
from search.analysis.effects import Effects, effects_of, repeated
from search.analysis.epochs import EpochEffects, effects_by_epoch
from search.analysis.importances import Importance, importances
from search.analysis.interactions import Interaction, interactions
from search.analysis.ladder import Comparison, Step, compare, ladder
from search.analysis.looks import look_at
from search.analysis.recommendation import Recommendation, recommend
from search.analysis.simple_effects import Dependence, dependences
from search.reporting.cautions import cautions
from search.results import Results
from search.storage.reading import read


@dataclass(frozen=True)
class Findings:
    """A study's results, and the analyses of them."""

    results: Results
    effects: Effects | None
    """None while the `measure` runs cannot estimate the effect of any technique."""
    cautions: tuple[str, ...]
    """Sentences to read before believing the effects, worst first."""
    interactions: tuple[Interaction, ...]
    dependences: tuple[Dependence, ...]
    """Two for each pair whose interaction is certain."""
    by_epoch: tuple[EpochEffects, ...]
    costs: tuple[Cost, ...]
    dials: tuple[DialTrend, ...]
    recommended: Recommendation | None
    """None while no run is complete."""
    confirmed: tuple[Confirmed, ...]
    ladder: tuple[Step, ...]
    comparisons: tuple[Comparison, ...]
    """The ladder's steps beside the order-free effects."""
    curves: tuple[Curves, ...]
    importances: tuple[Importance, ...]
    """Optuna's."""


def analyse(
    study: optuna.Study,
    techniques: Mapping[str, Any] | None = None,
    objective: int | None = None,
) -> Findings:
    """Analyse a study of kouka, or any with on/off parameters.

    `techniques` maps parameters to the choice that is on, and `objective`, from 1, is one of a
    study's several; see `read`. Raises `InputError` where the study does not fit.
    """
    results = read(study, techniques, objective)
    return find(results, importances(study, objective))


def find(results: Results, shares: list[Importance]) -> Findings:
    """Analyse results; `shares` are the importances by Optuna."""
    measured, repeats = results.of("measure"), repeated(results)
    fitted = effects_of(results, repeats)
    look, others = look_at(results), results.others
    pairs = interactions(fitted) if fitted else []
    steps, recommended = ladder(results), recommend(results)
    return Findings(
        results,
        fitted,
        cautions=tuple(cautions(results, diagnose(results, fitted, repeats))),
        interactions=tuple(pairs),
        dependences=tuple(dependences(fitted, pairs) if fitted else ()),
        by_epoch=tuple(effects_by_epoch(measured, results.factors, repeats, look, others)),
        costs=tuple(costs(measured, fitted, others) if fitted else ()),
        dials=tuple(dials(results)),
        recommended=recommended,
        confirmed=tuple(confirmation(results, recommended)),
        ladder=tuple(steps),
        comparisons=tuple(compare(steps, fitted)),
        curves=tuple(curves(measured, results.factors)),
        importances=tuple(shares),
    )
