"""Effects that are significant alone, but not among so many tests."""

from __future__ import annotations

from dataclasses import dataclass

from search.analysis.effects import CERTAIN, Effects
from search.analysis.t_distribution import familywise, quantile


@dataclass(frozen=True)
class SignificantAlone:
    """Techniques and levels whose 95 % interval excludes zero, without a clear effect all the
    same."""

    techniques: tuple[str, ...]
    tests: int
    """Effects in the study."""
    false_alarms: float
    """Fraction of studies without any effect in which some interval excludes zero."""


def significant_alone(effects: Effects) -> SignificantAlone | None:
    """Find the effects that only the correction for several tests leaves unclear, if any."""
    names = tuple(
        e.phrase for e in effects.effects if e.low * e.high > 0 and e.verdict not in CERTAIN
    )
    if not names or not effects.look.complete:
        return None
    tests = effects.tests
    false_alarms = familywise(quantile(effects.dof), effects.dof, tests)
    return SignificantAlone(names, tests, false_alarms)
