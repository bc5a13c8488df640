"""Effects at two budgets: short runs that screen, and the long ones of `verify` that decide."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.t_distribution import ALPHA, quantile, welch, welch_dof


@dataclass(frozen=True)
class BudgetChange:
    """The change of a technique's effect from the short budget to the long one, in its unit."""

    technique: str
    short: Effect
    """Of the short runs, beside what the long ones held where `beside_held`."""
    long: Effect
    difference: float
    """The long one less the short one."""
    low: float
    """Ends of the 95 % interval of the difference; NaN where either has none."""
    high: float
    p_value: float
    """Two-sided (Welch 1947), corrected for the number of techniques (Šidák 1967)."""
    beside_held: bool = False
    """True where the long runs held techniques, and the short ones tell the effect beside these."""
    mixed: bool = False
    """True where they held some, and the short ones tell the average over these alone: a part of
    the difference may be due to them."""

    @property
    def kind(self) -> Literal["sign", "size", ""]:
        """`sign` where both effects are clear and opposite, `size` where only they differ clearly.

        Empty where the difference is not clear.
        """
        if not self.p_value < ALPHA:
            return ""
        clear = self.short.verdict in CERTAIN
        if self.beside_held:
            clear = not self.short.low <= 0 <= self.short.high
        both = clear and self.long.verdict in CERTAIN
        return "sign" if both and self.short.effect * self.long.effect < 0 else "size"


def budget_changes(
    short: Effects, long: Effects, held: Mapping[str, bool] | None = None
) -> list[BudgetChange]:
    """Compare the effects that both budgets know, in the order of the long ones.

    The long effects are averaged over the techniques that `verify` turns on and off, and are those
    beside the ones that it has `held`, on or off. So are the short ones, where the short runs can
    estimate that; else they are averaged over all.
    """
    known = {e.technique: e for e in short.effects if not math.isnan(e.effect)}
    pairs = [(known[e.technique], e) for e in long.effects
             if e.technique in known and not math.isnan(e.effect)]  # fmt: skip
    rows = []
    for before, after in pairs:
        beside = _beside(short, before.technique, held or {})
        averaged = short.fit.model.technique_contrast(before.technique)
        value, error, dof = short.fit.first(averaged if beside is None else beside)
        if beside is not None:
            margin = quantile(dof) * error
            before = replace(before, effect=value, low=value - margin, high=value + margin)
        contrast = long.fit.model.technique_contrast(after.technique)
        parts = (error, dof), long.fit.first(contrast)[1:]
        difference = after.effect - before.effect
        alone = welch(difference, *parts)
        total = math.sqrt(sum(error**2 for error, _ in parts))
        margin = quantile(welch_dof(*parts)) * total
        p_value = -math.expm1(len(pairs) * math.log1p(-min(alone, 1 - 1e-16)))
        rows.append(
            BudgetChange(
                after.technique, before, after, difference, difference - margin,
                difference + margin, p_value, beside_held=beside is not None,
                mixed=beside is None and any(name in known for name in held or {}),
            )
        )  # fmt: skip
    return rows


def _beside(effects: Effects, technique: str, held: Mapping[str, bool]) -> np.ndarray | None:
    """The contrast, (terms,), of an effect beside techniques that are held; None without any, or
    where the runs cannot estimate it."""
    model = effects.fit.model
    others = {name: on for name, on in held.items() if name in model.techniques}
    if not (others and model.pairs):
        return None
    contrast = model.technique_contrast(technique)
    for name, on in others.items():
        at = next(
            place for place, group in enumerate(model.groups)
            if any({technique, name} == {*pair} for pair in group.pairs)
        )  # fmt: skip
        if len(model.groups[at].pairs) > 1:
            return None
        contrast = contrast + (1 if on else -1) * model.group_contrast(at) / 2
    return contrast if model.estimable(contrast) else None
