"""Recipes for a user with a limit on time or size."""

from __future__ import annotations

import math

from search.analysis.recipe_names import describe
from search.analysis.trade_offs import PricedRecipe, TradeOffs
from search.objective import Objective
from search.reporting.findings import Findings
from search.reporting.formatting import UNKNOWN, about, counted, in_unit, listed
from search.reporting.section import Section, Table

MOST_ROWS = 12
"""Recipes in the report's table; the rest are in trade_offs.csv."""
_NAMES = {"seconds": "time", "parameters": "size"}


def trade_offs(findings: Findings) -> Section | None:
    """Draw and tabulate the recipes that no other beats."""
    found = findings.trade_offs
    if found is None:
        return None
    objective = findings.results.objective
    listed_ones = _some(found)
    more = len(found.best) - len(listed_ones)
    return Section(
        f"For a limit on {listed([_NAMES[name] for name in found.fronts])}",
        " ".join(_text(found, objective)),
        "trade_offs",
        _table(listed_ones, findings),
        (f"{counted(more, 'more recipe')} on the fronts {'is' if more == 1 else 'are'} in "
         "trade_offs.csv.",) if more > 0 else (),
    )  # fmt: skip


def _text(found: TradeOffs, objective: Objective) -> list[str]:
    if found.predicted:
        but = f" but the {found.broken:,} that fail" if found.broken else ""
        compared = (
            f"all {found.recipes:,} recipes{but}, those that did not run predicted from the rest"
        )
    else:
        compared = (
            f"the {counted(found.recipes, 'recipe')} that ran; as the fit does not hold, no other "
            "is predicted"
        )
    text = [f"The recipes that no other beats in {objective.name} at the same cost, of {compared}."]
    if found.held:
        text.append(
            f"{listed(sorted(found.held))} {'is' if len(found.held) == 1 else 'are'} as in the "
            "best recipe, as the combinations would be too many."
        )
    if found.predicted and not math.isnan(found.error):
        unit = in_unit(objective)
        text.append(
            "Where they are checked on a recipe that ran, predictions are typically off by "
            f"{about(found.error)}{unit}: train a predicted recipe before you rely on it. Each "
            "interval is for its recipe alone, and does not allow for a choice among them."
        )
    return text


def _some(found: TradeOffs) -> list[PricedRecipe]:
    """The recipes of the fronts, the best first; of many, some of all sizes and the ends."""
    rows = found.best
    if len(rows) <= MOST_ROWS:
        return list(rows)
    step = (len(rows) - 1) / (MOST_ROWS - 1)
    return [rows[round(at * step)] for at in range(MOST_ROWS)]


def _table(rows: list[PricedRecipe], findings: Findings) -> Table:
    objective, found = findings.results.objective, findings.trade_offs
    assert found is not None
    costs = [name for name in ("seconds", "parameters") if name in found.fronts]
    heads = {"seconds": f"seconds {findings.results.timed_by}", "parameters": "parameters"}
    return Table(
        (
            "recipe",
            f"{objective.name}{', %' if objective.share else ''} (95 %)",
            *(heads[name] for name in costs),
            "best for",
            "from",
        ),
        tuple(
            (
                describe(one, findings.results),
                _value(one, objective),
                *(_cost(getattr(one, name), name) for name in costs),
                listed([_NAMES[name] for name in one.best_for]),
                counted(one.runs, "run") if one.runs else "prediction",
            )
            for one in rows
        ),
        tuple(range(1, 2 + len(costs))),
    )


def _value(one: PricedRecipe, objective: Objective) -> str:
    digits = 1 if objective.share else 4
    values = [f"{value:.{digits}f}" for value in (one.value, one.low, one.high)]
    return f"{values[0]} ({values[1]} to {values[2]})"


def _cost(value: float, name: str) -> str:
    if math.isnan(value):
        return UNKNOWN
    return f"{value:,.0f}" if name == "parameters" or value >= 100 else f"{value:.3g}"
