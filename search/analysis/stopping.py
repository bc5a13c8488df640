"""The rule by which a design that may grow has said what matters."""

from __future__ import annotations

from search.analysis.effects import Effects, effects_of, repeated
from search.results import Results

SURE = 0.9
"""Probability that the three largest effects are the true three, from which they are known."""


def is_known(results: Results) -> bool:
    """Check whether a study's measured runs say which three techniques matter most."""
    found = effects_of(results, repeated(results))
    return found is not None and three_are_known(found)


def three_are_known(found: Effects, sure: float = SURE) -> bool:
    """Check whether the three largest effects are so surely those.

    The probability is at least 1 less the sum of each one's to be another. Not known where the
    noise cannot be estimated.
    """
    three = found.effects[:3]
    return sum(1 - effect.top_three for effect in three) <= 1 - sure
