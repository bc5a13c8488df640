"""Sections of the report, in their order: what to do, what matters, how sure; then the details."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from search.reporting.answer.how_sure import how_sure
from search.reporting.answer.what_matters import what_matters
from search.reporting.answer.what_to_do import what_to_do
from search.reporting.details.by_level import by_level
from search.reporting.details.data import classes, data
from search.reporting.details.effects import early, effects, ladder, short_runs, waterfall
from search.reporting.details.fit_review import (
    aliases,
    fitted,
    half_normal,
    interaction_plots,
    main_effects,
    pareto,
)
from search.reporting.details.importances import importances
from search.reporting.details.numbers import numbers
from search.reporting.details.pairs import dependences, interactions
from search.reporting.details.pictures import own_images, wrong_images
from search.reporting.details.recipe_tests import by_class, learning
from search.reporting.details.recipes import confirmed
from search.reporting.details.techniques import techniques
from search.reporting.details.trade_offs import trade_offs
from search.reporting.details.training import costs, curves, dials, epochs, history
from search.reporting.findings import Findings
from search.reporting.section import Section

Maker = Callable[[Findings], Section | None]
"""Makes a section; None where the findings have nothing for it."""

OPEN: tuple[Maker, ...] = (
    what_to_do,
    what_matters,
    how_sure,
    own_images,
    wrong_images,
)
"""The sections that a reader sees at once."""
FOLDED: tuple[Maker, ...] = (
    techniques,
    confirmed,
    by_class,
    learning,
    effects,
    short_runs,
    early,
    waterfall,
    ladder,
    interactions,
    dependences,
    by_level,
    numbers,
    pareto,
    half_normal,
    main_effects,
    interaction_plots,
    fitted,
    aliases,
    epochs,
    curves,
    costs,
    trade_offs,
    dials,
    data,
    classes,
    history,
    importances,
)
"""The details, each of which a reader opens."""


def sections(findings: Findings) -> list[Section]:
    """Compose the sections that the findings have something for, in order."""
    shown = [section for make in OPEN if (section := make(findings))]
    folded = [replace(section, folded=True) for make in FOLDED if (section := make(findings))]
    return [*shown, *folded]
