"""Sentences on effects: what matters most, or why there are no effects."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.headline import headline
from search.analysis.unequal_losses import unequal_losses
from search.planning.broken import breaks_of, broken
from search.reporting.formatting import (
    MOST_NAMED,
    capitalized,
    change,
    counted,
    effect_unit,
    interval,
    listed,
    listed_first,
    probability,
)
from search.reporting.sentences.budget import short_budget
from search.results import Results


def _without_any(results: Results) -> str:
    """Say with which techniques every run is lost, or without which; empty of none."""
    lost = [one for one in unequal_losses(results) if not one.worse.left]
    which = [f"{'with' if one.more_on else 'without'} {one.technique}" for one in lost]
    how = "failed" if {one.loss for one in lost} <= {"failed"} else "came to no value"
    if not lost:
        which = [f"with {name}" for name in breaks_of(results)]
    return f"No effect is known, as every run {listed(which)} {how}." if which else ""


def no_effects(results: Results) -> str:
    """Say why there are no effects, and what to do."""
    if not results.runs and not results.designed:
        return "There are no trials yet."
    if results.designed and not any(run.state == "complete" for run in results.runs):
        return "No run is complete yet."
    if results.designed:
        without = _without_any(results)
        return without or "There are too few measure runs yet to tell the techniques apart."
    categories = results.categories
    if not results.factors and not categories:
        which = (
            "that every complete trial was asked for" if results.conditional else "of these trials"
        )
        return (
            f"No parameter {which} is on or off or has a few levels, so there is no technique to "
            "judge."
        )
    complete = len(results.of("measure"))
    trials = counted(complete, "complete trial")
    if any(run.copy for run in results.runs):
        trials += " that differ"
    if not complete:
        return f"No trial is complete yet: {_states(results)}. Effects need complete trials."
    if results.factors:
        techniques, least = counted(len(results.factors), "technique"), len(results.factors) + 2
    else:
        few = min(categories, key=lambda one: len(one.levels))
        techniques, least = f"the {len(few.levels)} levels of {few.name}", 2 * len(few.levels) - 1
    if complete < least:
        return (
            f"{trials} cannot tell {techniques} apart: that takes "
            f"{least:,} at the least, and twice as many give useful intervals. Run more trials, or "
            "vary fewer parameters."
        )
    measured = results.of("measure")
    held = [name for name in results.factors if len({name in run.on for run in measured}) == 1]
    held += [one.name for one in categories
             if len({one.place(run.params.get(one.name)) for run in measured}) == 1]  # fmt: skip
    if len(held) == len(results.factors) + len(categories):
        them = held[0] if len(held) == 1 else "any technique"
        return (
            f"{listed_first(held)} never varied in these {trials}. Run trials that change {them}."
        )
    if len(results.factors) == 1:
        techniques = f"{results.factors[0]} from other parameters"
        return (
            f"These {trials} cannot tell {techniques}, as they changed together. Run more trials "
            "that change each alone."
        )
    return (
        f"These {trials} cannot tell {techniques} apart, as they changed together or not at all. "
        "Run more trials that change each alone."
    )


def _states(results: Results) -> str:
    """Count the trials by state."""
    states = Counter(run.state for run in results.runs if run.state != "complete")
    parts = [f"{count:,} {state}" for state, count in states.most_common()]
    if infinite := sum(run.state == "complete" for run in results.runs):
        parts.append(f"{infinite:,} without a value that can be computed with")
    return listed(parts)


def what_matters_most(
    effects: Effects, results: Results, *, briefly: bool = False, budget: bool = True
) -> str:
    """Answer which technique matters most, by how much, how surely and at which budget.

    Then name the others: those that help, those that hurt, and those without a clear effect.
    `briefly` names them without their effects, and the `budget` may have been said before.
    """
    largest, named = effects.effects[0], headline(effects)
    said = short_budget(results) if budget else ""
    after = f"{capitalized(said)}, " if said else ""
    if len({run.value for run in results.of("measure", "verify")} - {None}) == 1:
        return capitalized(
            f"{after}all runs have the same value: they say nothing about any technique."
        )
    if not effects.look.complete:
        return (
            f"{after}{'with' if after else 'With'} {effects.look.finished} of "
            f"{effects.look.sizes[-1]} planned runs ended, the largest effect so far is "
            f"{named.technique}: {_worth(named, results)}. Verdicts follow when all planned "
            "runs are in."
        )
    certain = [effect for effect in effects.effects if effect.verdict in CERTAIN]
    if not certain:
        unsure = "no technique has a clear effect" if effects.dof else "no effect has an interval"
        if effects.dof and effects.levels:
            unsure = "no effect is clear"
        if len(effects.effects) == 1:
            how = "has no clear effect" if effects.dof else "has an effect without interval"
            return f"{after}{largest.phrase} {how}: {_worth(named, results)}."
        unknown = _unknown(effects, results) if effects.dof else []
        which = " that is known" if unknown else ""
        said = f"{after}{unsure}. The largest{which} is {named.phrase}: {_worth(named, results)}."
        return " ".join([capitalized(said), *unknown])
    first, others = certain[0], certain[1:]
    alone = len(effects.effects) == 1
    most = "" if alone else " most" if first is largest else " most among the clear effects"
    parts = [f"{after}{first.phrase} {first.verdict}{most}: {_worth(named, results)}."]
    known = first is largest and effects.parameters > 1 and not math.isnan(first.first)
    if known and not briefly:
        sure = _sure(first.first)
        parts.append(
            f"It is the largest effect with a probability {sure}."
            if first.level is None
            else f"The largest effect is one of {first.parameter}, with a probability {sure}."
        )
    parts += [
        _these(same, verdict, too=verdict == first.verdict, briefly=briefly)
        for verdict in CERTAIN
        if (same := [effect for effect in others if effect.verdict == verdict])
    ]
    unclear = [e.phrase for e in effects.effects if e.verdict == "no clear effect"]
    if unclear:
        parts.append(_unclear(unclear, results))
    return " ".join([*parts, *_unknown(effects, results)])


def _unknown(effects: Effects, results: Results) -> list[str]:
    names = [e.phrase for e in effects.effects if e.verdict == "no estimate"]
    names = [name for name in names if name not in broken(results)]
    return [f"There is no estimate for {listed(names)}."] if names else []


def _worth(effect: Effect, results: Results) -> str:
    objective = results.objective
    bounds = "" if math.isnan(effect.low) else f" (95 % interval {interval(effect)})"
    return f"{change(effect)} {'' if objective.unit else 'in '}{effect_unit(objective)}{bounds}"


def _sure(value: float) -> str:
    return "above 99 %" if value > 0.99 else f"of {probability(value)}"


def _these(effects: Sequence[Effect], verdict: str, *, too: bool, briefly: bool) -> str:
    named = [
        effect.phrase if briefly else f"{effect.phrase} ({_with_bounds(effect)})"
        for effect in effects
    ]
    names = listed_first(named)
    return f"{names} {verdict if len(effects) == 1 else verdict[:-1]}{' too' if too else ''}."


def _with_bounds(effect: Effect) -> str:
    bounds = "" if math.isnan(effect.low) else f", {interval(effect)}"
    return f"{change(effect)}{bounds}"


def _unclear(names: Sequence[str], results: Results) -> str:
    noise = "noise" if results.foreign or results.one_seed else "a change of seed"
    if len(names) > MOST_NAMED:
        return f"The other {len(names)} cannot be told from {noise}."
    return f"{listed(names)} cannot be told from {noise}."
