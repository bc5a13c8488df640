"""Cautions for the reader of the effects, a short paragraph each, worst first."""

from __future__ import annotations

import math
import statistics

from search.analysis.diagnostics import Diagnostics
from search.analysis.effects import Effects
from search.analysis.estimability import Estimability, Pairs
from search.analysis.recommendation import Recommendation
from search.reporting.data_cautions import data_cautions
from search.reporting.fit_cautions import fit_cautions
from search.reporting.formatting import counted, in_unit
from search.reporting.loss_cautions import (
    infeasible_trials,
    lost_runs,
    not_together,
    nothing_learned,
    pruned_trials,
    unequally_lost,
    unfinished_trials,
)
from search.reporting.programs import (
    ended_early,
    mixed_up,
    more_scores_than_epochs,
    too_few_digits,
    unheard_seed,
)
from search.reporting.recipe_cautions import (
    of_carry_over,
    of_collapse,
    of_dials,
    of_effects_elsewhere,
    of_shared_seeds,
)
from search.reporting.sentences.growth import growth
from search.reporting.sentences.techniques import left_out
from search.reporting.trial_cautions import (
    beside_design,
    changes,
    conditional,
    covariates,
    drift_of_program,
    drift_of_trials,
    far_trials,
    lengths,
    not_designed,
    repeats,
    reports,
    strayed,
    tied,
)
from search.results import Results

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
        *of_effects_elsewhere(results, recommended),
        *of_shared_seeds(results),
        *not_together(diagnostics.together),
        *unequally_lost(diagnostics.unequal, "run" if results.designed else "trial"),
        *far_trials(results),
        *repeats(results),
        *(_no_noise(fit.effects) if fit else []),
        *(not_designed(results) if fit and not fit.estimability.balanced else []),
        *strayed(results),
        *beside_design(results),
        *pruned_trials(results, losses),
        *lengths(results),
        *reports(results),
        *changes(results),
        *drift_of_trials(results),
        *(covariates(fit.effects, results, recommended) if fit else []),
        *unheard_seed(results),
        *mixed_up(results),
        *(drift_of_program(results, fit.effects) if fit else []),
        *too_few_digits(results),
        *ended_early(results),
        *more_scores_than_epochs(results),
        *tied(results),
        *conditional(results, fit.effects if fit else None),
        *lost_runs(losses, grown_by),
        *of_collapse(results),
        *filter(None, [growth(results)]),
        *unfinished_trials(results, losses),
        *infeasible_trials(losses),
        *left_out(results),
        *of_dials(results, recommended),
        *data_cautions(results, _typical_accuracy(results)),
        *(fit_cautions(results, fit, grown_by, _all_lost(diagnostics)) if fit else []),
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


def _no_noise(effects: Effects) -> list[str]:
    if not effects.dof:
        return ["No degree of freedom remains to estimate the noise, so there are no intervals."]
    if effects.noise == 0:
        return [
            "The runs fit the model exactly, as computed values do and trained networks never: "
            "the intervals have no width and mean nothing."
        ]
    return []


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


def _detectable(effects: Effects, results: Results) -> list[str]:
    least = effects.minimum_detectable_effect
    if not math.isfinite(least) or effects.noise == 0 or not effects.look.complete:
        return []
    noise_of = "noise" if results.foreign or results.one_seed else "seeds"
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
