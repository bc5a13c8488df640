"""Effects before any trial was pruned, of another program's study that a pruner thinned out.

What a pruner ends has no final value, and what is left is what did well at first. At the last step
that all trials reached, none is left out yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from search.analysis.drift import beside_drift
from search.analysis.effects import Effects, effects_of
from search.analysis.far_runs import set_apart
from search.results import Results

_LEAST_SHARE = 0.25
"""Of the trials that were pruned, from which the others say too little."""


@dataclass(frozen=True)
class EarlyEffects:
    """The effects on what all trials reported at one step."""

    results: Results
    """The study as if each trial had ended there."""
    effects: Effects

    @property
    def far(self) -> int:
        """The trials whose reports were far from all others, and count in no effect."""
        return sum(run.far for run in self.results.runs)


def early_effects(results: Results, cut: Results | None) -> EarlyEffects | None:
    """Estimate effects on the values of `cut`, the study as `read_early` reads it.

    None where few trials were pruned, or nothing can be told.
    """
    pruned = sum(run.state == "pruned" for run in results.runs)
    whole = len(results.of("measure"))
    if cut is None or results.reports_left_out or pruned < _LEAST_SHARE * (pruned + whole):
        return None
    apart = set_apart(cut)
    adjusted, effects = beside_drift(apart, effects_of(apart))
    return None if effects is None else EarlyEffects(adjusted, effects)
