"""Cautions for the reader of the effects, a short paragraph each, worst first."""

from __future__ import annotations

import math
import statistics

from search.analysis.classes import ClassSizes
from search.analysis.diagnostics import Diagnostics
from search.analysis.drift import drift_of_runs
from search.analysis.effects import Effects
from search.analysis.estimability import Estimability, Pairs
from search.analysis.recommendation import Recommendation
from search.objective import ACCURACY, Objective
from search.parameters import Order
from search.reporting.data import data_cautions
from search.reporting.fit_cautions import fit_cautions
from search.reporting.formatting import counted, in_unit, listed, quoted
from search.reporting.loss_cautions import (
    infeasible_trials,
    lost_runs,
    nothing_learned,
    pruned_trials,
    unequally_lost,
    unfinished_trials,
)
from search.reporting.programs import ended_early, mixed_up, too_few_digits, unheard_seed
from search.reporting.recipe_cautions import of_carry_over, of_collapse, of_dials
from search.reporting.sentences.growth import growth
from search.reporting.sentences.techniques import left_out
from search.results import Drift, Results

_SHARE_TO_PERCENT = 10
"""How many times a share a value is at the least that may be a percentage beside it."""


def cautions(
    results: Results,
    diagnostics: Diagnostics,
    recommended: Recommendation | None = None,
    grown_by: str = "--measure",
) -> list[str]:
    """Word all diagnostics that a reader should know of, worst first.

    `grown_by` is the option that asks for more of the runs that were measured.
    """
    losses, fit = diagnostics.losses, diagnostics.fit
    return [
        *nothing_learned(losses, program=results.program is not None),
        *_two_scales(results),
        *of_carry_over(results, recommended),
        *unequally_lost(diagnostics.unequal, "run" if results.designed else "trial"),
        *_copies(results),
        *(_no_noise(fit.effects) if fit else []),
        *(_not_designed(results) if fit and not fit.estimability.balanced else []),
        *_strayed(results),
        *_beside(results),
        *pruned_trials(results, losses),
        *_lengths(results),
        *(_drift(results.drift, results.objective) if results.drift else []),
        *(_covariates(fit.effects, results) if fit else []),
        *unheard_seed(results),
        *mixed_up(results),
        *(_run_drift(results, fit.effects) if fit else []),
        *too_few_digits(results),
        *ended_early(results),
        *_tied(results),
        *_conditional(results),
        *lost_runs(losses, grown_by),
        *of_collapse(results),
        *filter(None, [growth(results)]),
        *unfinished_trials(results, losses),
        *infeasible_trials(losses),
        *left_out(results),
        *of_dials(results, recommended),
        *data_cautions(results, _typical_accuracy(results)),
        *(fit_cautions(results, fit, grown_by, _all_lost(diagnostics)) if fit else []),
        *_classes(results, diagnostics.validation),
    ]


def notes(results: Results, diagnostics: Diagnostics) -> list[str]:
    """Word what the runs can tell at the least, which is no caution."""
    fit = diagnostics.fit
    if fit is None:
        return []
    return [
        *_separate_pairs(fit.effects, fit.estimability),
        *_detectable(fit.effects, results),
    ]


def _typical_accuracy(results: Results) -> float | None:
    """The median of the measured runs, a fraction; None where it is no share or there is none."""
    values = [run.scaled for run in results.of("measure")]
    if not values or not results.objective.share:
        return None
    return statistics.median(values) / 100


def _two_scales(results: Results) -> list[str]:
    """Values from 0 to 1 beside others that they would be among as percentages."""
    objective = results.objective
    if not objective.maximize or not (objective.share or not objective.unit):
        return []
    values = [run.value for run in results.of("measure") if run.value is not None]
    shares = [value for value in values if 0 < value <= 1]
    others = [value for value in values if not 0 < value <= 1]
    if not shares or not others or max(others) > 100:
        return []
    least = min(others)
    if least < _SHARE_TO_PERCENT * max(shares) or 100 * min(shares) < least / 2:
        return []
    which = (
        f"{counted(len(shares), 'run')} came to {max(shares):.3g} or less, and "
        f"{counted(len(others), 'run')} to {least:.3g} or more."
    )
    return [
        f"{which} If some values are shares and others percentages, the effects mean nothing: all "
        "values of a study need one scale."
    ]


def _all_lost(diagnostics: Diagnostics) -> list[str]:
    """Techniques that never varied in the complete trials, as one side of them is lost."""
    return [one.technique for one in diagnostics.unequal if not one.worse.left]


def _copies(results: Results) -> list[str]:
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


def _no_noise(effects: Effects) -> list[str]:
    if not effects.dof:
        return ["No degree of freedom remains to estimate the noise, so there are no intervals."]
    if effects.noise == 0:
        return [
            "The runs fit the model exactly, as computed values do and trained networks never: "
            "the intervals have no width and mean nothing."
        ]
    return []


def _not_designed(results: Results) -> list[str]:
    if results.designed or results.enqueued:
        return []
    return [
        "These trials were not planned as a balanced design. A sampler that learns prefers "
        "what did well before, so its later trials depend on the luck of its earlier ones. "
        "Read the effects as hints: they are less certain than their intervals say. In Python, "
        "search.enqueue_design gives a study the trials of such a design."
    ]


def _strayed(results: Results) -> list[str]:
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


def _beside(results: Results) -> list[str]:
    if not results.beside:
        return []
    one = results.beside == 1
    return [
        f"{counted(results.beside, 'trial')} of this study {'is' if one else 'are'} not of the "
        f"design that enqueue_design gave it, and {'is' if one else 'are'} left out."
    ]


def _lengths(results: Results) -> list[str]:
    """Warn of another program's trials that end after different epochs."""
    if results.settings is not None or not results.points_are_epochs:
        return []
    ends = sorted(max(run.curve) for run in results.of("measure") if run.curve)
    if not ends or ends[0] == ends[-1]:
        return []
    return [
        f"The trials end after {ends[0]:,} to {ends[-1]:,} epochs, and each counts by its own last "
        "value: a technique whose trials are longer looks better for that, and one whose trials "
        f"are shorter looks worse. Effects by epoch are of the first {ends[0]:,}."
    ]


def _run_drift(results: Results, effects: Effects) -> list[str]:
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


def _drift(drift: Drift, objective: Objective) -> list[str]:
    side = _side(drift, objective)
    if drift.since is not None:
        return [
            f"From trial {drift.since:,} on, trials came out {side} than like ones before: "
            "something else changed about then, such as the data or the code, or the sampler came "
            "nearer to what the fit does not describe. The effects are adjusted for one sudden "
            "change, at the trial where the values place it, and what is predicted of a recipe is "
            "its mean over the trials before and after."
        ]
    return [
        f"Later trials came out {side} than like ones before (rank correlation of what the fit "
        f"leaves with their order {drift.correlation:+.2f}): something else changed on the way, "
        "such as the data or the code, or the sampler came nearer to what the fit does not "
        "describe. "
        "The effects are adjusted for a smooth change; of a sudden one, what the sampler tried "
        "more often after it still takes a part as its effect."
    ]


def _covariates(effects: Effects, results: Results) -> list[str]:
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
    chosen = [name for name in beside.numbers if name not in {one.name for one in order}]
    if chosen and not designed:
        sentences.append(
            "What is predicted of a recipe is its mean over the values of "
            f"{listed(chosen)} that the trials had."
        )
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


def _tied(results: Results) -> list[str]:
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


def _conditional(results: Results) -> list[str]:
    sentences = []
    for one in results.conditional:
        nothing = f"The effect of {one.parameter} is unknown"
        if one.levels:
            nothing = f"The effects of {one.parameter} are unknown"
        if not one.asked:
            sentences.append(f"{nothing}: no complete trial was asked for it.")
            continue
        few = f"only {one.asked:,} of {one.trials:,} complete trials were asked for it"
        sentences.append(
            f"{nothing}: {few}."
            if one.levels
            else f"{nothing}: {few}, and not asked is not off. Those alone are studied, in Python, "
            f"by analyse(study, {{{one.parameter!r}: …}}) with the choice that is on."
        )
    return sentences


def _separate_pairs(effects: Effects, estimable: Estimability) -> list[str]:
    if not estimable.pairs or estimable.pairs_estimable is not Pairs.EACH:
        return []
    every = (
        "the interaction of two techniques from the effects"
        if estimable.pairs == 1
        else f"all {estimable.pairs} interactions of two techniques from the effects and from "
        "each other"
    )
    left = effects.fit.model.dof
    remain = f"{counted(left, 'degree')} of freedom {'remains' if left == 1 else 'remain'}"
    return [
        f"{counted(effects.runs, 'run')} separate {every}; {remain if left else 'none remains'} "
        "for the noise."
    ]


def _classes(results: Results, sizes: ClassSizes | None) -> list[str]:
    objective = results.objective
    if sizes is None or not sizes.unequal or objective.balanced:
        return []
    gives = (
        f": predicting {quoted(sizes.largest)} every time gives {100 * sizes.largest_share:.1f} %"
        if objective == ACCURACY
        else ""
    )
    return [
        f"Class {quoted(sizes.largest)} has {100 * sizes.largest_share:.1f} % of the validation "
        f"{results.things} and {quoted(sizes.smallest)} {100 * sizes.smallest_share:.1f} %, and "
        f"{objective.measure} weighs them by size{gives}. A new study with --objective "
        "balanced_accuracy weighs the classes equally."
    ]


def _detectable(effects: Effects, results: Results) -> list[str]:
    least = effects.minimum_detectable_effect
    if not math.isfinite(least) or effects.noise == 0 or not effects.look.complete:
        return []
    noise_of = "noise" if results.settings is None else "seeds"
    source = noise_of if effects.pairs else f"{noise_of} and interactions together"
    if effects.adjusted:
        source = f"{noise_of}, and what the fit leaves out"
    unit = in_unit(results.objective)
    noise, effect = (
        f"{value:#.2g}".rstrip(".") if value < 99.5 else f"{value:,.0f}"
        for value in (effects.noise, least)
    )
    return [
        f"Runs differ from the fit by {noise}{unit} (standard deviation; {source}). An effect must "
        f"be {effect}{unit} or more for 4 of 5 such studies to find it clear."
    ]
