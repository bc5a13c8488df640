"""What all trials of another program reported before any was pruned."""

from __future__ import annotations

from search.analysis.early_effects import EarlyEffects
from search.reporting.sentences.effects import what_matters_most


def reached(early: EarlyEffects) -> str:
    """Say where all trials still were: "after epoch 3"."""
    step = "epoch" if early.results.points_are_epochs else "step"
    return f"after {step} {early.results.cut_at:,}"


def before_pruning(early: EarlyEffects | None) -> list[str]:
    """Say what matters by the reports of all trials."""
    if early is None:
        return []
    trials = f"all {early.effects.runs:,} trials"
    if early.far:
        trials = f"all trials but {early.far} far from the others"
    return [
        f"What {trials} reported {reached(early)}, before any was pruned, says: "
        f"{what_matters_most(early.effects, early.results)} That is of a start, and need not last."
    ]
