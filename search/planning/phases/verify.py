"""`verify`: a balanced design at the long budget, around the recipe that the study recommends."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from search.planning.design import grown
from search.planning.phases.plan import Planned, in_order, run_seed
from search.planning.space import Space
from search.results import Results, Verified
from search.settings import Settings


def wants_techniques(settings: Settings, results: Results) -> bool:
    """Check whether the techniques to verify are to be chosen before its runs are planned."""
    return bool(settings.verify) and results.verified is None


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """Plan the runs of the design, of which one is the recommended recipe itself.

    A run's technique is on, or off, where the recipe's is not; its dials are those of the recipe,
    and at their usual values where it has none. Empty until the techniques have been chosen.
    """
    verified = results.verified
    if not settings.verify or verified is None:
        return []
    design_rows = grown(len(verified.techniques), settings.verify, settings.words)
    rows = in_order("verify", settings, design_rows, settings.verify)
    return [
        Planned(
            "verify",
            run_seed(settings.seed, "verify", row),
            _params(
                space,
                verified,
                [name for name, turned in zip(verified.techniques, levels, strict=True) if turned],
            ),
        )
        for row, levels in rows
    ]


def _params(space: Space, verified: Verified, turned: Collection[str]) -> dict[str, Any]:
    """The parameters of the recommended recipe with some techniques turned the other way."""
    on = [name for name in space.factors if bool(verified.params[name]) != (name in turned)]
    params = space.params(on)
    dials = verified.params.keys() & params.keys() - set(space.factors)
    return params | {dial: verified.params[dial] for dial in dials}
