"""A JSON document of the findings, for programs; `docs/summary.md` describes its keys."""

from __future__ import annotations

import math
from importlib.metadata import version
from typing import Any

from search.analysis.best_value import BestNumber
from search.analysis.classes import class_counts
from search.analysis.confirmation import RECOMMENDED
from search.analysis.covariates import NONE
from search.analysis.long_runs import held
from search.analysis.recipe_names import describe
from search.reporting.answer.commands import settle
from search.reporting.answer.how_sure import budget_warning, rests_on
from search.reporting.answer.short_and_long import answer
from search.reporting.answer.support import support
from search.reporting.answer.what_matters import pairs
from search.reporting.answer.what_to_do import headline, to_train
from search.reporting.data import account
from search.reporting.findings import Findings, check_findings
from search.reporting.records import Records, column, records, with_bounds
from search.reporting.sentences.budget import describe_budget
from search.results import Results

SCHEMA = 3
"""Version of the document, raised when a key goes or changes its meaning; not for new keys."""


def summarise(findings: Findings) -> dict[str, Any]:
    """Build the document, of strings, numbers and lists; an unknown number is None."""
    check_findings(findings)
    results, fitted, levels = findings.results, findings.effects, findings.levels
    tables = records(findings)
    beside = NONE if fitted is None else fitted.fit.model.covariates
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
        "budget": describe_budget(results),
        "settings": {} if results.settings is None else results.settings.to_json(),
        "classes": _classes(results),
        "data": [] if results.data is None else account(results.data),
        "runs": {
            phase: len(results.of(phase)) for phase in dict.fromkeys(r.phase for r in results.runs)
        },
        "far": [run.number for run in results.runs if run.far],
        "headline": headline(findings),
        "what_to_do": support(findings),
        "decision": _decision(findings),
        "answer": answer(findings),
        "depends": list(pairs(findings)),
        "how_sure": [rests_on(results), *budget_warning(findings)],
        "next": [
            {
                "for": step.kind,
                "command": command.line,
                "does": command.does,
                "runs": step.runs,
                "seconds": step.seconds,
            }
            for step, command in zip(findings.steps, settle(findings), strict=True)
        ],
        "effects": tables["effects"].rows,
        "verified": tables["verified"].rows,
        "held": dict(held(results)),
        "fit": None
        if fitted is None
        else {
            "runs": fitted.runs,
            "interactions": fitted.pairs,
            "freedom": fitted.dof,
            "freedom_from_repeats": fitted.fit.dof_from_repeats,
            "freedom_from_chance": fitted.fit.dof_from_interactions,
            "noise": fitted.noise,
            "floor": fitted.minimum_detectable_effect,
            **with_bounds("all_off", levels.all_off if levels else None),
            **with_bounds("all_on", levels.all_on if levels else None),
            "levels_hold": levels is not None and levels.hold,
            "adjusted_for": [*beside.categories, *beside.draws, *beside.numbers, *beside.partial],
            "not_adjusted_for": beside.noise,
        },
        "interactions": tables["interactions"].rows,
        "simple_effects": tables["simple_effects"].rows,
        "effects_by_level": tables["effects_by_level"].rows,
        "effects_at_best": tables["effects_at_best"].rows,
        "numbers": tables["numbers"].rows,
        "moved_numbers": tables["moved_numbers"].rows,
        "ladder": tables["ladder"].rows,
        "confirmed": tables["confirmed"].rows,
        "best": None
        if best is None
        else {
            "run": best.number,
            "params": dict(best.params),
            column(results.objective): best.scaled,
        },
        "recommended": _recommended(findings, tables["confirmed"]),
        "trade_offs": _trade_offs(findings, tables["trade_offs"]),
        "notes": [*findings.cautions, *findings.notes],
    }
    return {key: _plain(value) for key, value in document.items()}


def _decision(findings: Findings) -> dict[str, Any] | None:
    """The recommended recipe beside all off, by the objective; None before any run."""
    made = findings.decision
    if made is None:
        return None
    trained, surely, off = to_train(findings), made.surely_better, made.recommended.reach
    return {
        "verdict": made.verdict,
        "tested": made.tested is not None,
        "so_far": made.so_far,
        "any_better": made.any_better,
        "surely_better": None
        if surely is None
        else {
            "recipe": describe(surely, findings.results, levels=True),
            **with_bounds("gain", surely.gain),
        },
        **with_bounds("reached", made.reached),
        **with_bounds("all_off", made.all_off),
        "all_off_numbers": [_best_number(one) for one in off.off_numbers] if off else [],
        **with_bounds("gain", made.gain),
        "command": trained[0].line if trained else None,
    }


def _recommended(findings: Findings, confirmed: Records) -> dict[str, Any] | None:
    """The recommended recipe, with the row of `confirmed` that is of it; None before any run."""
    found = findings.recommended
    if found is None:
        return None
    tested = next((row for row in confirmed.rows if row["label"].startswith(RECOMMENDED)), {})
    kept = ("test", "test_low", "test_high", "gain", "gain_low", "gain_high", "gain_paired")
    return {
        "recipe": describe(found, findings.results, levels=True),
        "on": sorted(found.on),
        "params": findings.results.asked(found),
        "numbers": [_best_number(one) for one in found.best_numbers],
        "confirmed": found.confirmed,
        "predicted": found.predicted,
        "within": found.within,
        "seconds": found.takes.seconds if found.takes else None,
        "parameters": found.takes.parameters if found.takes else None,
        **{name: tested.get(name) for name in kept},
    }


def _best_number(one: BestNumber) -> dict[str, Any]:
    return {
        "parameter": one.number.name, "best": one.best,
        "best_low": one.best_low, "best_high": one.best_high, "matters": one.matters,
    }  # fmt: skip


def _trade_offs(findings: Findings, table: Records) -> list[dict[str, Any]]:
    """The recipes that no other beats in accuracy and in time, or in size, best first."""
    best = findings.trade_offs.best if findings.trade_offs else ()
    return [
        {key: value for key, value in row.items() if key not in table.parameters}
        | {"on": sorted(one.on), "params": findings.results.asked(one)}
        for one, row in zip(best, table.rows, strict=True)
    ]


def _classes(results: Results) -> list[dict[str, Any]]:
    """Images of each class; empty where the study does not say."""
    parts = class_counts(results, "train"), class_counts(results, "validation")
    return [
        {"class": name, "train": train, "validation": validation}
        for (name, train), (_, validation) in zip(*parts, strict=True)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
