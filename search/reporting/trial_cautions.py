"""Cautions on how trials came about: by which plan, in which order, and with what beside them."""

from __future__ import annotations

from collections.abc import Sequence

from search.analysis.drift import drift_of_runs
from search.analysis.effects import Effects
from search.analysis.far_runs import brought_about, far_at
from search.analysis.recommendation import Recommendation
from search.objective import Objective
from search.parameters import Conditional, Order
from search.reporting.formatting import counted, listed, outcome
from search.results import Drift, Results


def repeats(results: Results) -> list[str]:
    """Tell of trials that are copies of earlier ones, and count once."""
    count = sum(run.copy for run in results.runs)
    if not count:
        return []
    repeats, recipe = ("repeats", "recipe") if count == 1 else ("repeat", "recipes")
    return [
        f"{counted(count, 'trial')} {repeats} the {recipe} of earlier ones and came to the very "
        "same value, as nearly all repeats in this study do. With one seed a recipe comes to one "
        "value however often it is tried, so repeats are no new evidence: they count once. Trials "
        "with a seed each would show what chance changes."
    ]


def far_trials(results: Results) -> list[str]:
    """Tell of trials that count in no effect, as they are far from all others."""
    far, objective = [run for run in results.runs if run.far], results.objective
    if not far:
        return []
    values, others = ([run.scaled for run in some] for some in (far, results.of("measure")))
    came = {outcome(value, objective): None for value in (min(values), max(values))}
    where = ""
    if (at := far_at(results, far)) is not None:
        there = "where no other was" if not at.others else f"beside {counted(at.others, 'other')}"
        where = (
            f", all with {at.name} at {at.bound:.3g} or {'more' if at.above else 'less'} ({there})"
        )
    one = len(far) == 1
    it, are = ("It counts", "it") if one else ("They count", "them")
    if brought := brought_about(results, far):
        why = (
            f"How many do so also depends on {listed(list(brought))}, whose effects are those "
            "among the other trials."
        )
    else:
        why = f"No technique brings {are} about as far as can be seen."
    return [
        f"{counted(len(far), 'trial')} came to {' to '.join(came)}, far from all others "
        f"({outcome(min(others), objective)} to {outcome(max(others), objective)}){where}, as a "
        f"training that diverged may. {it} in no effect and in nothing that is predicted. {why} An "
        "objective that returns nan says that a trial has failed."
    ]


def not_designed(results: Results) -> list[str]:
    """Warn of trials that a sampler may have chosen by the values of earlier ones."""
    if results.designed or results.enqueued or results.never_learned:
        return []
    return [
        "These trials were not planned as a balanced design. If their sampler learned from earlier "
        "trials, as Optuna's default does, the later ones depend on the luck of those: take the "
        "intervals as approximate. In Python, search.enqueue_design gives a study the trials of a "
        "balanced design."
    ]


def strayed(results: Results) -> list[str]:
    """Warn of parameters for which a design's trials did not take its values."""
    sentences = []
    for one in results.strayed:
        if not one.others:
            sentences.append(
                f"The design sets {one.parameter}, but no complete trial was asked for it: the "
                "objective does not use it, or has another name for it."
            )
            continue
        sentences.append(
            f"{one.others:,} of {counted(one.trials, 'complete trial')} of the design did not take "
            f"its {one.parameter}, {' or '.join(map(repr, one.values))}: the objective asks for "
            "another kind of value, such as an int, so Optuna converted it."
        )
    return sentences


def beside_design(results: Results) -> list[str]:
    """Tell of trials that are not of a study's design."""
    if not results.beside:
        return []
    one = results.beside == 1
    return [
        f"{counted(results.beside, 'trial')} of this study {'is' if one else 'are'} not of the "
        f"design that enqueue_design gave it, and {'is' if one else 'are'} left out."
    ]


def lengths(results: Results) -> list[str]:
    """Warn of another program's trials that end after different epochs."""
    if not (results.foreign and results.points_are_epochs):
        return []
    ends = sorted(max(run.curve) for run in results.of("measure") if run.curve)
    if not ends or ends[0] == ends[-1]:
        return []
    return [
        f"The trials end after {ends[0]:,} to {ends[-1]:,} epochs, and each counts by its own "
        "value: a technique whose trials are longer looks better for that, and one whose trials "
        f"are shorter looks worse. Effects by epoch are of the first {ends[0]:,}."
    ]


def drift_of_program(results: Results, effects: Effects) -> list[str]:
    """Warn of a program's runs that came out better, or worse, the later they ran."""
    drift = drift_of_runs(results, effects)
    if drift is None:
        return []
    return [
        f"Runs came out {_side(drift, results.objective)} the later they ran, whatever is on (rank "
        f"correlation of what the effects leave with their order {drift.correlation:+.2f}). If the "
        "program goes on from what an earlier run wrote, such as a checkpoint, the effects are not "
        "those of one run: let each begin anew, in {folder}, and launch a new study. If the "
        "machine or the data change with time, the order of the runs keeps the effects clear of "
        "that."
    ]


def _side(drift: Drift, objective: Objective) -> str:
    return "better" if (drift.correlation > 0) == objective.maximize else "worse"


def drift_of_trials(results: Results) -> list[str]:
    """Warn of trials that came out better, or worse, than like ones before."""
    drift = results.drift
    if drift is None:
        return []
    side = _side(drift, results.objective)
    why = "something else changed, such as the data or the code"
    if not results.never_learned:
        why = f"the sampler settled on recipes that the fit describes less well, or {why}"
    if drift.since is not None:
        return [
            f"From trial {drift.since:,} on, trials came out {side} than like ones before: {why}. "
            "The effects are adjusted for one sudden change there, and what is predicted of a "
            "recipe is its mean over the trials before and after."
        ]
    return [
        f"Later trials came out {side} than like ones before (rank correlation of what the fit "
        f"leaves with their order {drift.correlation:+.2f}): {why}. The effects are adjusted for a "
        "smooth change; of a sudden one, what was tried more often after it still takes a part."
    ]


def _predicted_at(numbers: Sequence[str], recommended: Recommendation | None) -> str:
    """Tell at which values of numbers recipes are predicted."""
    best = [one.number.name for one in recommended.best_numbers] if recommended else []
    rest = [name for name in numbers if name not in best]
    mean = f"its mean over the values of {listed(rest)} that the trials had" if rest else ""
    if not best:
        return f"What is predicted of a recipe is {mean}."
    at = f"at the {listed(best)} that {'is' if len(best) == 1 else 'are'} best for it"
    return f"A recipe is predicted {at}{f', and as {mean}' if mean else ''}."


def covariates(
    effects: Effects, results: Results, recommended: Recommendation | None = None
) -> list[str]:
    """Tell what the effects are adjusted for, for what they are not, and what is predicted of a
    recipe beside that."""
    beside, sentences = effects.fit.model.covariates, []
    designed = results.designed
    order = [one for one in results.others if isinstance(one, Order)]
    steps = [one.name for one in order if one.since is not None]
    adjusted = []
    if always := (*beside.categories, *beside.draws, *beside.numbers):
        how = ""
        if curves := [name for name in beside.numbers if name not in steps]:
            each = "a straight line" if beside.degree == 1 else f"a curve of degree {beside.degree}"
            some = len(always) > len(curves)
            which = "numbers " if some else "each " if len(always) > 1 else ""
            how = f" ({which}by {each})"
        adjusted.append(f"for {listed(always)}{how}")
    if beside.partial:
        them = "it" if len(beside.partial) == 1 else "them"
        adjusted.append(f"for {listed(beside.partial)} in the trials that were asked for {them}")
    apart = beside.draws or beside.numbers or beside.partial
    if adjusted and not designed and (effects.parameters > 1 or apart):
        sentences.append(f"The effects are adjusted {', and '.join(adjusted)}.")
    if beside.at_tried:
        it, its = ("it", "its") if len(beside.at_tried) == 1 else ("them", "their")
        sentences.append(
            f"Trials did not try {listed(beside.at_tried)} evenly. So what brings {it} along is "
            f"compared as the trials had {it} on average, and not over {its} whole range, in which "
            "it may be worth less."
        )
    chosen = [name for name in beside.numbers if name not in {one.name for one in order}]
    if chosen and not designed:
        sentences.append(_predicted_at(chosen, recommended))
    if beside.noise:
        one = len(beside.noise) == 1
        trials = counted(effects.runs, "trial")
        sentences.append(
            f"{trials} are too few, or too much alike, to adjust for {listed(beside.noise)}. "
            f"{'Its' if one else 'Their'} spread counts as noise; where {'it' if one else 'one'} "
            "changed together with a technique, it is part of that technique's effect."
        )
    if beside.unseen:
        names = [f"{one.parameter} {one.level}" for one in beside.unseen]
        sentences.append(f"No complete trial has {' or '.join(names)}.")
    return sentences


def tied(results: Results) -> list[str]:
    """Tell of techniques that changed together, whose effects are told as one."""
    sentences = []
    for one in results.tied:
        same = f"{listed(one.together)} were on and off together"
        if not one.opposite:
            sentences.append(
                f"{same} in all complete trials, so their effect is told as one. Trials that "
                "change each alone tell whose it is."
            )
            continue
        same = same if len(one.together) > 1 else f"{one.together[0]} was on"
        names = one.opposite
        sentences.append(
            f"{same} just where {listed(names)} {'was' if len(names) == 1 else 'were'} off, so one "
            "effect is told of the change, and with all techniques off "
            f"{listed(names)} {'is' if len(names) == 1 else 'are'} on. Trials that change each "
            "alone tell whose it is."
        )
    return sentences


def reports(results: Results) -> list[str]:
    """Tell of reports that are left out."""
    if not results.reports_left_out:
        return []
    return [
        "What the trials reported on their way is left out, so there are no effects by epoch: "
        "neither their last reports nor their best tell their values, as where they report a loss "
        "and return an accuracy."
    ]


def changes(results: Results) -> list[str]:
    """Tell of trials from which on others were asked for than before."""
    drift = None if results.drift is None else results.drift.since
    since = [one.since for one in results.others
             if isinstance(one, Order) and one.since not in (None, drift)]  # fmt: skip
    return [
        f"From trial {one:,} on, trials were asked for other parameters than before. The effects "
        "are adjusted for whatever else changed then, and what is predicted of a recipe is its "
        "mean over the trials before and after."
        for one in since
    ]


def conditional(results: Results, effects: Effects | None) -> list[str]:
    """Tell of techniques and categories that only some trials were asked for."""
    known = effects.fit.model.covariates.partial if effects is not None else ()
    alike: dict[int, list[Conditional]] = {}
    sentences = []
    for one in results.conditional:
        if one.parameter in known:
            alike.setdefault(one.asked, []).append(one)
            continue
        nothing = f"The effect of {one.parameter} is unknown"
        if one.levels:
            nothing = f"The effects of {one.parameter} are unknown"
        if not one.asked:
            sentences.append(f"{nothing}: no complete trial was asked for it.")
            continue
        few = f"only {one.asked:,} of {one.trials:,} complete trials were asked for it"
        sentences.append(f"{nothing}: {few}, and not asked is not off.")
    return [*sentences, *map(_among_those_asked, alike.values())]


def _among_those_asked(alike: Sequence[Conditional]) -> str:
    """Tell what the effects of parameters are that as many trials were asked for."""
    names, first = listed([one.parameter for one in alike]), alike[0]
    several = len(alike) > 1 or first.levels
    effects = f"The effects of {names} are those" if several else f"The effect of {names} is that"
    them = "them" if len(alike) > 1 else "it"
    said = (
        f"{effects} in the {first.asked:,} of {first.trials:,} complete trials that were asked for "
        f"{them}, as not asked is not off. No recipe names {them}."
    )
    techniques = [one.parameter for one in alike if not one.levels]
    if not techniques:
        return said
    return (
        f"{said} In Python, analyse(study, {{{techniques[0]!r}: …}}), with the choice that is on, "
        "studies those trials alone, by recipes that do."
    )
