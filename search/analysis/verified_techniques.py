"""The techniques that runs at a longer budget should verify."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.analysis.effects import CERTAIN, effects, repeated
from search.analysis.movement import movements
from search.analysis.recommendation import recommend
from search.planning.broken import broken
from search.planning.space import Space
from search.results import Results, Verified


def choose_verified(results: Results) -> Verified:
    """Choose the techniques to verify; the others are held as in the recommended recipe, and those
    that break every run off.

    Half as many as the smallest design has runs, if there are so many: then no effect is aliased
    with an interaction of two techniques. Fewer would have clearer interactions, but to hold a
    technique is to trust the short runs with it, which costs more where these are wrong
    (`bench/README.md`).
    """
    settings = results.launched_with()
    space, runs = Space.of(settings), settings.verify[0]
    working = [name for name in space.factors if name not in broken(results)]
    chosen = in_question(results, working, runs)[: runs // 2]
    techniques = tuple(name for name in space.factors if name in chosen)
    found = recommend(results)
    return Verified(techniques, dict(found.params) if found else space.params([]))


def in_question(results: Results, techniques: Sequence[str], runs: int) -> list[str]:
    """Techniques in the order in which a design of so many runs at a longer budget needs them.

    First those with a clear effect, those whose effect still moves with the epochs, and those that
    may have an effect as large as such a design would find; then the others, largest effect first.
    """
    measured = results.of("measure")
    fitted = effects(
        measured, techniques, repeated(results), results.objective.maximize, others=results.others
    )
    if fitted is None or not fitted.dof:
        return list(techniques)
    moved = {m.change.technique: m for m in movements(measured, techniques, results.others)}
    own = [effect for effect in fitted.effects if effect.level is None]
    found = fitted.minimum_detectable_effect * math.sqrt(fitted.runs / runs)
    urgent = {}
    for effect in own:
        move = moved.get(effect.technique)
        moves = move is not None and move.clear
        unsure = math.isnan(effect.effect) or max(-effect.low, effect.high) >= found
        if effect.verdict in CERTAIN or moves or unsure:
            p_values = [effect.p_value, *([move.change.p_value] if move else [])]
            urgent[effect.technique] = min((p for p in p_values if p == p), default=1.0)
    first = sorted(urgent, key=urgent.__getitem__)
    return [*first, *(effect.technique for effect in own if effect.technique not in urgent)]
