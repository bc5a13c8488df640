"""Effects at two budgets: short runs that screen, and the long ones of `verify` that decide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.t_distribution import CONFIDENCE, quantile, welch, welch_dof


@dataclass(frozen=True)
class BudgetChange:
    """The change of a technique's effect from the short budget to the long one, in its unit."""

    technique: str
    short: Effect
    long: Effect
    difference: float
    """The long one less the short one."""
    low: float
    """Ends of the 95 % interval of the difference; NaN where either has none."""
    high: float
    p_value: float
    """Two-sided (Welch 1947), corrected for the number of techniques (Šidák 1967)."""

    @property
    def kind(self) -> Literal["sign", "size", ""]:
        """`sign` where both effects are clear and opposite, `size` where only they differ clearly.

        Empty where the difference is not clear.
        """
        if not self.p_value < 1 - CONFIDENCE:
            return ""
        both = self.short.verdict in CERTAIN and self.long.verdict in CERTAIN
        return "sign" if both and self.short.effect * self.long.effect < 0 else "size"


def budget_changes(short: Effects, long: Effects) -> list[BudgetChange]:
    """Compare the effects that both budgets know, in the order of the long ones.

    The short effects are averaged over all other techniques, the long ones over those that
    `verify` turns on and off: where others are held, a difference may be due to these as well.
    """
    known = {e.technique: e for e in short.effects if not math.isnan(e.effect)}
    pairs = [(known[e.technique], e) for e in long.effects
             if e.technique in known and not math.isnan(e.effect)]  # fmt: skip
    rows = []
    for before, after in pairs:
        parts = _error(before, short), _error(after, long)
        difference = after.effect - before.effect
        alone = welch(difference, *parts)
        total = math.sqrt(sum(error**2 for error, _ in parts))
        margin = quantile(welch_dof(*parts)) * total
        p_value = -math.expm1(len(pairs) * math.log1p(-min(alone, 1 - 1e-16)))
        rows.append(
            BudgetChange(
                after.technique, before, after, difference, difference - margin,
                difference + margin, p_value,
            )
        )  # fmt: skip
    return rows


def _error(effect: Effect, effects: Effects) -> tuple[float, float]:
    """An effect's standard error, and the degrees of freedom of that."""
    contrast = effects.fit.model.technique_contrast(effect.technique)
    return float(effects.fit.estimate(contrast)[1][0]), effects.fit.dof_of(contrast)
