"""Sentences on the findings, which the terminal, the report and the dashboard share."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from search.analysis.collapses import Collapse
from search.analysis.confirmation import Confirmed, chosen_by_tests
from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.headline import headline
from search.analysis.held_out import rate
from search.analysis.interactions import Interaction
from search.analysis.ladder import Comparison, LadderStep
from search.analysis.looks import confirm_looks, level_of_gains, look_at
from search.analysis.recipe_names import describe
from search.analysis.run_losses import given_up as lost_runs
from search.analysis.simple_effects import Dependence
from search.objective import ACCURACY, UNNAMED, Objective
from search.planning.broken import broken
from search.planning.design import interaction_variance
from search.planning.phases.measure import design_of
from search.reporting.budget import short_budget
from search.reporting.formatting import (
    MOST_NAMED,
    beside,
    capitalized,
    change,
    counted,
    effect_unit,
    in_unit,
    interval,
    level,
    listed,
    listed_first,
    probability,
    signed,
)
from search.results import HasRecipe, Results, Run

_WORTH_SAYING = 1.1
"""Variance of interactions, over that in a new study, above which it is told."""

_MOST_PAIRS = 3


def no_effects(results: Results) -> str:
    """Say why there are no effects, and what to do."""
    if not results.runs and not results.designed:
        return "There are no trials yet."
    if results.designed and not any(run.state == "complete" for run in results.runs):
        return "No run is complete yet."
    if results.designed:
        return "There are too few measure runs yet to tell the techniques apart."
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


def answer(
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
            f"{effects.look.sizes[-1]} planned runs, the largest effect so far is "
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
        parts.append(f"It is the largest effect with a probability {_sure(first.first)}.")
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
    noise = "noise" if results.settings is None else "a change of seed"
    if len(names) > MOST_NAMED:
        return f"The other {len(names)} cannot be told from {noise}."
    return f"{listed(names)} cannot be told from {noise}."


def plain(results: Results) -> str:
    """Name the network with all techniques off, and what else other programs' have."""
    if results.settings is None:
        first = ", ".join(
            [f"{one.name} {one.levels[0]}" for one in results.choices]
            + [f"{name} on" for one in results.tied for name in one.opposite]
        )
        if not results.factors:
            return first
        return f"all techniques off ({first})" if first else "all techniques off"
    if results.program is not None:
        return "all techniques off"
    if network := results.settings.custom_code.network:
        return f"{network.at if network.application else 'your network'} with all techniques off"
    return "the plain network"


def recipe(found: HasRecipe, results: Results) -> str:
    """Name a recipe in a sentence, in which `none` would be read as a name."""
    said = describe(found, results, levels=True)
    return said.replace("none", "no technique", 1) if said.partition(",")[0] == "none" else said


def fresh_seeds(results: Results) -> str:
    """Name what `confirm` runs are of: fresh seeds, and test data where there are any."""
    if results.program is None:
        return f"fresh seeds and test {results.things}"
    return "fresh seeds" if results.program.test is None else "fresh seeds and test data"


def reached(run: Run, objective: Objective) -> str:
    """Describe a run's value, with the name of what it is where it has one."""
    return _named(run.scaled, objective)


def _named(value: float, objective: Objective) -> str:
    name = "" if objective.name == UNNAMED else f" {objective.name}"
    return f"{level(value, objective)}{name}"


def over_seeds(runs: int) -> str:
    """Continue a sentence on a mean: how many seeds it and its interval are of."""
    return ", of one seed" if runs == 1 else f", the mean of {runs} seeds and its 95 % interval"


def over_all_off(row: Confirmed) -> str:
    """Continue a sentence on a recipe's test accuracy: how far it is above that of all off."""
    if row.gain is None:
        return ""
    return f"; {beside(row.gain, 'points', 'all off')}"


def about_tests(results: Results, rows: Sequence[Confirmed]) -> list[str]:
    """Say what the intervals of the test accuracies hold for, and which runs diverged."""
    things = results.things
    sentences = []
    if results.data is not None and any(not math.isnan(row.test.low) for row in rows):
        hold = f"Intervals of test accuracy hold for other seeds and other test {things}"
        pairs = [row.gain for row in rows if row.gain is not None]
        if pairs and not all(gain.paired for gain in pairs):
            hold += (
                f". Differences are not paired, as some runs do not keep which {things} they named "
                "right; their intervals are wider for it"
            )
        elif pairs:
            hold += f"; differences are of the same {things}, one by one"
        sentences.append(f"{hold}.")
    known = [row for row in rows if not math.isnan(row.test_objective.low)]
    if results.program is not None and known:
        sentences.append("The intervals hold for other seeds, on the same data.")
        if chosen_by_tests(results):
            sentences.append(
                "As these values also chose the recommended recipe, the intervals of the "
                "differences hold for all recipes at once."
            )
    elif results.objective != ACCURACY and known:
        sentences.append(f"Those of {results.objective.measure} hold for other seeds alone.")
    if before := confirm_looks(results)[:-1]:
        sentences.append(
            f"As one could look at them after {listed([str(count) for count in before])} seeds "
            "already, the intervals of differences are wider: of "
            f"{100 * (1 - level_of_gains(results)):.1f} % for this look alone."
        )
    failed, runs = sum(row.diverged for row in rows), sum(row.runs for row in rows)
    if failed:
        low, high = (100 * end for end in rate(failed, runs))
        names = listed([f"{row.diverged} of {row.runs} of {row.recipe}" for row in rows
                        if row.diverged])  # fmt: skip
        sentences.append(
            f"{failed} of {counted(runs, 'confirm run')} diverged or learned nothing: {names}. "
            "Means and intervals are of the others, where there are any; expect the same of "
            f"{100 * failed / runs:.0f} % of runs (95 % interval {low:.0f} to {high:.0f} %)."
        )
    return sentences


def fell(found: Collapse, results: Results) -> str:
    """Say how many runs fell far below the others in some seeds, and to what."""
    beside = "" if found.technique is None else f" with {found.technique}"
    if found.gap is None:
        to = f"by about {found.depth:.3g}{in_unit(results.objective)}"
    else:
        to = f"to about {level(found.level, results.objective)}"
    return f"{len(found.runs)} of {counted(found.of, 'run')}{beside} fell {to}"


def given_up(results: Results) -> str:
    """Say how many planned runs a study goes without; empty of none."""
    lost = len(lost_runs(results)) if results.designed else 0
    have = "has" if lost == 1 else "have"
    return f"{counted(lost, 'run')} {have} been given up, as every try failed." if lost else ""


def ladder_name(results: Results) -> str:
    """Name the ladder of a study, at the beginning of a sentence."""
    return "The article's ladder" if results.articles_ladder else "The ladder"


def ladder_verdict(steps: Sequence[LadderStep], comparisons: Sequence[Comparison]) -> str:
    """Say where the ladder and the order-free effects disagree; empty where neither is known."""
    if len(steps) > 1 and not steps[-1].dof:
        return (
            "Each step was run once, so no change can be told from a change of seed. --ladder 3 "
            "runs each step three times."
        )
    if not comparisons:
        return ""
    if all(math.isnan(row.p_value) for row in comparisons):
        return "No step can be compared with the effects: that takes intervals of both."
    apart = [row for row in comparisons if row.disagree]
    if not apart:
        none = (
            f"The step {comparisons[0].step.adds} does not differ"
            if len(comparisons) == 1
            else f"None of the {len(comparisons)} steps differs"
        )
        return f"{none} from its order-free effect by more than a change of seed."
    named = [
        f"{row.step.adds} ({signed(row.step.change, row.step)} as a step, "
        f"{signed(row.effect, row)} as its order-free effect)"
        for row in apart
    ]
    return (
        f"Step and effect disagree, by more than a change of seed, for {listed(named)}: what was "
        "on already changed what the step added."
    )


def growth(results: Results) -> str:
    """Say what growing costs a study that has grown, or is about to; empty for any other."""
    sizes = look_at(results).sizes
    if results.settings is None or len(sizes) < 2:
        return ""
    said = (
        f"The study grows from {listed([str(size) for size in sizes[:-1]])} to {sizes[-1]} runs. "
        "Each growth is one more look at the same techniques, so a verdict takes a lower p-value "
        "than in a new study of as many runs."
    )
    techniques = len(results.settings.factors)
    cost = interaction_variance(design_of(results.settings, techniques))
    if not _WORTH_SAYING < cost < math.inf:
        return said
    return f"{said} Interactions have {cost:.1f} times the variance that they would have there."


def certain_pairs(rows: Sequence[Interaction], objective: Objective) -> str:
    """Name the largest of the certain interactions; empty where none can be estimated, or where
    planned runs are still to come."""
    known = [row for row in rows if not math.isnan(row.p_value)]
    if not known:
        return ""
    certain = sorted((row for row in known if row.certain), key=lambda row: -abs(row.effect))
    if not certain:
        return "No interaction is clear, at a false discovery rate of 5 %."
    named = [
        f"{f'the sum {row.letter}, {row.name}' if row.letter else row.name} ({interval(row)})"
        for row in certain[:MOST_NAMED]
    ]
    unit = f" in {objective.unit}" if objective.unit else ""
    which = "The largest, with" if len(certain) > MOST_NAMED else "With"
    return (
        f"{counted(len(certain), 'interaction')} {'is' if len(certain) == 1 else 'are'} clear, at "
        f"a false discovery rate of 5 %. {which} 95 % intervals{unit} that allow for this choice: "
        f"{'; '.join(named)}."
    )


def main_pairs(rows: Sequence[Dependence], objective: Objective) -> list[str]:
    """Say what techniques are worth without another one and with it: those that change sign, then
    one technique of each pair whose interaction is the largest."""
    turned = [row for row in rows if row.reverses]
    others = [row for row in rows[::2] if not row.reverses]
    pairs: dict[frozenset[str], Dependence] = {}
    for row in (*turned, *others):
        pairs.setdefault(frozenset((row.without.technique, row.without.other)), row)
    unit = in_unit(objective)
    return [
        f"{row.without.technique} is worth {signed(row.without.effect, row.without)}{unit} "
        f"({interval(row.without)}) without {row.without.other}, and "
        f"{signed(row.with_it.effect, row.with_it)} ({interval(row.with_it)}) with it."
        for row in list(pairs.values())[:_MOST_PAIRS]
    ]


def reversals(rows: Sequence[Dependence], maximize: bool) -> str:
    """Name the techniques that help with another one and hurt without it, or the other way round.

    Empty where none does.
    """
    turned = [row for row in rows if row.reverses]
    if not turned:
        return ""
    named = [
        f"{row.without.technique} {_verb(row.with_it.effect, maximize)} with {row.without.other} "
        f"and {_verb(row.without.effect, maximize)} without it"
        for row in turned[:MOST_NAMED]
    ]
    more = len(turned) - len(named)
    listing = "; ".join(named) + (f"; {more} more change sign" if more else "")
    return f"What else is on decides the sign: {listing}."


def _verb(effect: float, maximize: bool) -> str:
    return "helps" if (effect > 0) == maximize else "hurts"
