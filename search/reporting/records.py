"""Rows of plain values for the CSV files and data frames.

Unknown numbers are NaN. Effects are in points of accuracy, or in the objective's unit. Accuracies
are in percent, except in `trials`, where they are as the trials keep them. In a study of another
of kouka's objectives, its name or unit replaces `accuracy` or `points` in the names of columns. In
a study of a user's program, or of another program, the column is `objective`, whatever that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from search.analysis.estimate import NO_ESTIMATE, Estimate
from search.analysis.recipe_names import describe
from search.analysis.recipe_tests import RecipeTests
from search.errors import InputError, as_given
from search.objective import ACCURACY, Objective
from search.reporting.findings import Findings, check_findings
from search.results import Run

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

TABLES = (
    "effects", "verified", "interactions", "simple_effects", "effects_by_level", "effects_at_best",
    "numbers", "moved_numbers", "effects_by_epoch", "ladder", "confirmed", "classes", "confusion",
    "trade_offs", "importances", "trials",
)  # fmt: skip
"""The names of all tables."""

_RUN = ("seconds_per_epoch", "parameters", "seed", "epochs", "diverged", "far",
        "failure")  # fmt: skip
_UNNAMED = "objective"
"""Stands for the objective of a program, which may call it anything."""


@dataclass(frozen=True)
class Records:
    """A table of plain values, which may have columns and no rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    parameters: frozenset[str] = frozenset()
    """The columns in which None is a value, and what was not asked for has no key."""


def records(findings: Findings) -> dict[str, Records]:
    """Build all tables by name, those of `TABLES`."""
    params = dict.fromkeys(name for run in findings.results.runs for name in run.params)
    judged = column(findings.results.objective)
    objective = findings.results.objective
    per_second = f"{objective.unit or judged}_per_second"
    tested = {f"test_{judged}": "test_objective"}
    if objective.key:
        tested[f"test_{ACCURACY.key}"] = "test_accuracy"
    of_run = tested | dict(zip(_RUN, _RUN, strict=True))
    return {
        "effects": Records((*_EFFECT, per_second), tuple(_effects(findings, per_second))),
        "verified": Records(_VERIFIED, tuple(_verified(findings))),
        "interactions": _tabulated(
            ("interaction", "pairs", "effect", "low", "high", "p_value"),
            (
                (row.name, len(row.pairs), row.effect, row.low, row.high, row.p_value)
                for row in findings.interactions
            ),
        ),
        "simple_effects": _tabulated(
            ("technique", "other", "other_on", "effect", "low", "high"),
            (
                (row.technique, row.other, row.on, row.effect, row.low, row.high)
                for pair in findings.dependences
                for row in (pair.without, pair.with_it)
            ),
        ),
        "effects_by_level": _tabulated(
            ("technique", "factor", "level", "effect", "low", "high", "p_value"),
            (
                (row.technique, row.factor, one.level, one.effect, one.low, one.high, one.p_value)
                for row in findings.by_level_or_half
                for one in row.levels
            ),
        ),
        "effects_at_best": _tabulated(
            ("technique", "factor", "level_on", "level_off", "effect", "low", "high", "p_differs",
             "depends", "reverses"),
            (
                (row.technique, row.factor, row.on, row.off, row.effect, row.low, row.high,
                 row.p_differs, row.depends, row.reverses)
                for row in findings.by_level
            ),
        ),
        "numbers": _tabulated(
            ("number", "best", "best_low", "best_high", "worst", *_bounds_of("gain"), "p_value",
             "matters"),
            (
                (row.number.name, row.best, row.best_low, row.best_high, row.worst,
                 row.gain.value, row.gain.low, row.gain.high, row.p_value, row.matters)
                for row in findings.numbers
            ),
        ),
        "moved_numbers": _tabulated(
            ("number", "parameter", "at", "best", "best_low", "best_high", "p_value"),
            (
                (row.number, row.parameter, name, curve.best, curve.best_low, curve.best_high,
                 row.p_value)
                for row in findings.moved
                for name, curve in row.curves
            ),
        ),
        "effects_by_epoch": _tabulated(
            ("technique", "epoch", "effect", "low", "high", "phase"), _by_epoch(findings)
        ),
        "ladder": _tabulated(
            ("adds", "runs", judged, "change", "low", "high", "effect_in_any_order",
             "p_no_difference"),
            _ladder(findings),
        ),
        "confirmed": _tabulated(
            ("label", "recipe", "runs", *_bounds_of("test"), *_bounds_of("test_objective"),
             *_bounds_of("validation"), "diverged", *_bounds_of("gain"), "gain_paired"),
            _confirmed(findings),
        ),
        "classes": _tabulated(
            ("class", "images", "accuracy", "low", "high", "taken_for", "taken_share", "runs"),
            _classes(findings.tested),
        ),
        "confusion": _tabulated(
            ("class", "named", "count", "runs"), _confusion(findings.tested)
        ),
        "trade_offs": _with_parameters(
            ("recipe", judged, "low", "high", "seconds", "parameters", "best_for_seconds",
             "best_for_parameters", "runs", "observed"),
            findings.results.factors,
            _trade_offs(findings, judged),
        ),
        "importances": _tabulated(
            ("evaluator", "parameter", "importance"),
            ((row.evaluator, row.parameter, row.importance) for row in findings.importances),
        ),
        "trials": _with_parameters(
            ("number", "phase", "state", judged, *of_run),
            params,
            ((_trial(run, judged, of_run), run.params) for run in findings.results.runs),
        ),
    }  # fmt: skip


def _tabulated(columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> Records:
    return Records(columns, tuple(dict(zip(columns, row, strict=True)) for row in rows))


def _with_parameters(
    columns: tuple[str, ...],
    parameters: Iterable[str],
    rows: Iterable[tuple[Row, Mapping[str, Any]]],
) -> Records:
    """Add a study's parameters as columns: `params_epochs`, where `epochs` is a column already."""
    named = {name: f"params_{name}" if name in columns else name for name in parameters}
    return Records(
        (*columns, *named.values()),
        tuple(row | {named[name]: value for name, value in of.items()} for row, of in rows),
        frozenset(named.values()),
    )


def column(objective: Objective) -> str:
    """Name of the column, or of the key, that holds the objective."""
    return objective.key or _UNNAMED


def frame(findings: Findings, table: str = "effects") -> pd.DataFrame:
    """Convert one of the tables of `records` to a pandas DataFrame.

    Raises `InputError` for a table that is not there, or where pandas is not installed.
    """
    check_findings(findings)
    tables = records(findings)
    if not isinstance(table, str) or table not in tables:
        raise InputError(f"there is no table {as_given(table)}; there are {', '.join(tables)}")
    try:
        import pandas as pd
    except ImportError as error:
        raise InputError("a data frame needs pandas; `pip install pandas` brings it") from error
    return pd.DataFrame(list(tables[table].rows), columns=list(tables[table].columns))


_EFFECT = ("technique", "effect", "low", "high", "p_value", "verdict", "p_first", "p_top_three",
           "pays_from_epoch", "seconds", "seconds_low", "seconds_high", "parameters",
           "parameters_low", "parameters_high", "parameter", "reference", "level")  # fmt: skip


_VERIFIED = ("technique", "effect", "low", "high", "p_value", "verdict", "epochs", "short_effect",
             "short_low", "short_high", "short_verdict", "short_epochs", "change", "change_low",
             "change_high", "p_no_change", "changed")  # fmt: skip


def _effects(findings: Findings, per_second: str) -> Iterator[Row]:
    costs = {row.technique: row for row in findings.costs}
    starts = {row.technique: row.pays_from for row in findings.by_epoch}
    for e in findings.effects.effects if findings.effects else ():
        row: Row = {
            "technique": e.technique, "effect": e.effect, "low": e.low, "high": e.high,
            "p_value": e.p_value, "verdict": e.verdict, "p_first": e.first,
            "p_top_three": e.top_three, "pays_from_epoch": starts.get(e.technique),
            "parameter": e.parameter, "reference": e.level.reference if e.level else None,
            "level": e.level.level if e.level else None,
        }  # fmt: skip
        if cost := costs.get(e.technique):
            row |= with_bounds("seconds", cost.seconds)
            row |= with_bounds("parameters", cost.parameters)
            row[per_second] = cost.per_second
        yield row


def with_bounds(name: str, one: Estimate | None) -> Row:
    """An estimate with the ends of its interval, by the names of their columns."""
    return dict(zip(_bounds_of(name), _bounds(one) if one else (None, None, None), strict=True))


def _bounds_of(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


def _bounds(one: Estimate) -> tuple[float, float, float]:
    return one.value, one.low, one.high


def _by_epoch(findings: Findings) -> Iterator[Sequence[Any]]:
    long = findings.verification.by_epoch if findings.verification else ()
    for phase, rows in (("measure", findings.by_epoch), ("verify", long)):
        for row in rows:
            for values in zip(row.epochs, row.effect, row.low, row.high, strict=True):
                yield row.technique, *values, phase


def _verified(findings: Findings) -> Iterator[Row]:
    long = findings.verification
    if long is None:
        return
    changes = {row.technique: row for row in long.changes}
    budgets = {
        "epochs": findings.results.epochs_of("verify"),
        "short_epochs": findings.results.epochs_of("measure"),
    }
    for e in long.effects.effects:
        row: Row = {"technique": e.technique, "effect": e.effect, "low": e.low, "high": e.high,
                    "p_value": e.p_value, "verdict": e.verdict, **budgets}  # fmt: skip
        if change := changes.get(e.technique):
            short = change.short
            row |= {
                "short_effect": short.effect, "short_low": short.low, "short_high": short.high,
                "short_verdict": short.verdict, "change": change.difference,
                "change_low": change.low, "change_high": change.high,
                "p_no_change": change.p_value, "changed": change.kind,
            }  # fmt: skip
        yield row


def _ladder(findings: Findings) -> Iterator[Sequence[Any]]:
    beside = {row.step.added: row for row in findings.comparisons}
    for step in findings.ladder:
        row = beside.get(step.added)
        in_any_order = (row.effect, row.p_value) if row else (None, None)
        yield (step.adds, step.runs, step.scaled.value, step.change, step.low, step.high,
               *in_any_order)  # fmt: skip


def _confirmed(findings: Findings) -> Iterator[Sequence[Any]]:
    for row in findings.confirmed:
        gain = row.gain or (findings.results.program and row.objective_gain) or NO_ESTIMATE
        yield (
            row.label, row.recipe, row.runs, *_bounds(row.test), *_bounds(row.test_objective),
            *_bounds(row.validation), row.diverged, *_bounds(gain),
            row.gain.paired if row.gain else None,
        )  # fmt: skip


def _classes(tested: RecipeTests | None) -> Iterator[Sequence[Any]]:
    """A row a class: its test images, its accuracy in percent, and what it is mistaken for."""
    if tested is not None:
        for one in tested.by_class:
            yield (one.name, one.images, one.accuracy, one.low, one.high, one.taken_for,
                   one.taken_share, tested.runs)  # fmt: skip


def _confusion(tested: RecipeTests | None) -> Iterator[Sequence[Any]]:
    """A row for each class and what its test images were named, over all runs, if any were."""
    if tested is not None:
        for own, named in np.argwhere(tested.confusion).tolist():
            count = int(tested.confusion[own, named])
            yield tested.classes[own], tested.classes[named], count, tested.runs


def _trade_offs(findings: Findings, judged: str) -> Iterator[tuple[Row, Mapping[str, Any]]]:
    """The recipes on the Pareto fronts, best first, and what is on; `runs` is 0 where one is
    predicted."""
    results = findings.results
    for one in findings.trade_offs.best if findings.trade_offs else ():
        yield {
            "recipe": describe(one, results), judged: one.value,
            "low": one.low, "high": one.high,
            "seconds": one.seconds, "parameters": one.parameters,
            "best_for_seconds": "seconds" in one.best_for,
            "best_for_parameters": "parameters" in one.best_for,
            "runs": one.runs, "observed": one.observed,
        }, {name: name in one.on for name in results.factors}  # fmt: skip


def _trial(run: Run, judged: str, of_run: Mapping[str, str]) -> Row:
    """A run's row; `of_run` has what the run calls the values of its further columns."""
    head: Row = {"number": run.number, "phase": run.phase, "state": run.state, judged: run.value}
    return head | {name: getattr(run, kept) for name, kept in of_run.items()}
