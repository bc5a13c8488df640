"""Cautions of the fit: what it cannot tell apart, what counts as noise, on which scale it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.analysis.additivity import Additivity
from search.analysis.chance_level import AtChanceLevel
from search.analysis.contexts import context_of
from search.analysis.diagnostics import FitDiagnostics
from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.estimability import Estimability, Pairs
from search.analysis.failing_cells import LARGEST, FailingCell
from search.analysis.model import ENOUGH_DOF
from search.analysis.multiplicity import SignificantAlone
from search.analysis.outliers import Outliers
from search.analysis.recipe_names import name_of
from search.analysis.scale_refit import ScaleRefit
from search.objective import Objective
from search.planning.broken import broken
from search.planning.mixed_design import mixed_runs
from search.reporting.formatting import (
    about,
    capitalized,
    counted,
    effect_unit,
    in_unit,
    listed,
    outcome,
    p_value,
    with_states,
)
from search.reporting.sentences.contexts import beside
from search.results import Results

_MOST_IN_COMMON = 4
"""Techniques by which to name runs that have them in common."""
_MOST_NAMED = 3
"""Runs in one sentence."""


def fit_cautions(
    results: Results, fit: FitDiagnostics, grown_by: str, lost: Sequence[str] = ()
) -> list[str]:
    """Word what the fit of the effects cannot tell, or rests on, worst first.

    `lost` are techniques of which it is known why they never varied.
    """
    held = [one.name for one in results.several] if grown_by == "--verify" else []
    return [
        *_techniques(
            fit.estimability,
            [*broken(results), *held, *lost],
            adjusted=fit.effects.adjusted,
            designed=results.designed or bool(results.enqueued),
        ),
        *(_chance_level(fit.chance_level) if fit.chance_level else []),
        *(_failing(fit.failing, results) if fit.failing else []),
        *(_outliers(fit.outliers, results) if fit.outliers else []),
        *_noise_sources(fit.effects),
        *_pairs(fit.effects, fit.estimability, grown_by if results.designed else ""),
        *(
            _significant_alone(
                fit.significant_alone, "effect" if fit.effects.levels else "technique"
            )
            if fit.significant_alone
            else []
        ),
        *(_new_study(fit.effects, results) if grown_by == "--measure" else []),
        # Of the logarithm, what matters says it.
        *(_logit(fit.refit, results.objective) if fit.refit and fit.refit.scale == "logit" else []),
        *(_additivity(fit.additivity, results.objective) if fit.additivity else []),
    ]


def _techniques(
    estimable: Estimability, explained: Sequence[str], *, adjusted: bool, designed: bool
) -> list[str]:
    sentences = []
    # More of a program that sets one by the other would not.
    apart = (
        "More runs separate them." if designed else "Trials that change each alone separate them."
    )
    others = "parameters" if adjusted else "techniques"
    if names := [name for name in estimable.unvaried if name not in explained]:
        of = "its effect is" if len(names) == 1 else "their effects are"
        sentences.append(f"{listed(names)} never varied in these runs, so {of} unknown.")
    if len(estimable.confounded) == 1:
        sentences.append(
            f"{estimable.confounded[0]} cannot be told apart from other {others}. {apart}"
        )
    elif estimable.confounded:
        sentences.append(
            f"{listed(estimable.confounded)} cannot be told apart: they changed together. {apart}"
        )
    return sentences


def _chance_level(low: AtChanceLevel) -> list[str]:
    which = ""
    if 0 < len(low.on) + len(low.off) <= _MOST_IN_COMMON:
        states = ", ".join(with_states(low.on, low.off))
        which = f": {'that' if low.runs == 1 else 'those'} with {states}"
    they = "It" if low.runs == 1 else "They"
    return [
        f"{low.runs} of {low.measured} measured runs learned nothing{which}. {they} reached no "
        f"more than {low.level:.1f} %, as predicting one class every time does. So the effects "
        "also show whether a network learns at all, which techniques and their pairs may not "
        "explain in full."
    ]


def _failing(failing: FailingCell, results: Results) -> list[str]:
    cell = failing.cell
    how = "" if results.foreign else " (--fix)"
    some = "some of " if cell.techniques > LARGEST else ""
    return [
        f"What techniques do together, most likely {some}{listed([*cell.on, *cell.off])}, explains "
        "most of what they do not by themselves, so effects that it may explain as well have wider "
        f"intervals; a new study that holds one of them{how} has narrower ones."
    ]


def _outliers(found: Outliers, results: Results) -> list[str]:
    """Name the runs far from all others, and what the verdicts are without them."""
    own = not results.foreign
    noun, objective = "run" if own else "trial", results.objective
    named = [
        f"{noun} {run.number}{f' ({name_of(run, results.factors)})' if own else ''} came to "
        f"{outcome(run.scaled, objective)}"
        for run in found.runs[:_MOST_NAMED]
    ]
    more = len(found.runs) - len(named)
    named += [f"{counted(more, f'other {noun}')} likewise"] if more else []
    one = len(found.runs) == 1
    without = f"Without {'it' if one else 'them'}, "
    without += _verdicts(found.changed) if found.changed else "the verdicts are the same"
    score = (
        "a program that prints nan fails there, and its run is left out"
        if own
        else "an objective that returns nan fails there, and its trial is left out"
    )
    wider = (
        ""
        if results.designed or results.enqueued
        else f" Where chance may have put {'it' if one else 'them'} with a technique, its interval "
        "is wider for that."
    )
    meant = "" if own and results.program is None else f" If that stands for a failure, {score}."
    return [
        f"{capitalized(listed(named))}, far from all others ({outcome(found.low, objective)} to "
        f"{outcome(found.high, objective)}), and decide{'s' * one} what counts as noise. "
        f"{without}.{wider}{meant}"
    ]


def _noise_sources(effects: Effects) -> list[str]:
    fit = effects.fit
    if not fit.dof or effects.noise == 0:
        return []
    if fit.outlier:
        return [
            "At least one run is so far from what the techniques explain that it may have "
            "diverged. So all interactions count as noise, and the intervals are wide."
        ]
    if fit.dof_from_repeats:
        sources = [f"{counted(fit.dof_from_repeats, 'degree')} of freedom from repeated runs"]
        if fit.dof_from_residuals:
            sources.append(f"{fit.dof_from_residuals} from the residuals of the fit")
        if fit.dof_from_interactions:
            sources.append(
                f"{fit.dof_from_interactions} from the smaller interactions, assumed to be noise"
            )
        return [
            f"The measured runs alone are too few to estimate the noise, so it is estimated with "
            f"{listed(sources)}. Where other recipes are noisier than the repeated ones, the "
            "intervals are too narrow."
        ]
    if fit.dof < ENOUGH_DOF:
        remain = "remains" if fit.dof == 1 else "remain"
        return [
            f"Only {counted(fit.dof, 'degree')} of freedom {remain} to estimate the noise, so the "
            "intervals are wide and would change much with other runs."
        ]
    return []


def _pairs(effects: Effects, estimable: Estimability, grown_by: str) -> list[str]:
    if context := context_of(effects.fit.model):
        return [
            f"The recipes of these {counted(effects.runs, 'run')} are too few to show what "
            f"techniques do together. So each effect is that {beside(context)}, and no average; "
            "what other combinations come to is not known, and no interval holds it. Runs of such "
            "would tell."
        ]
    if not estimable.pairs or estimable.pairs_estimable is Pairs.EACH:
        return []
    runs = f"{counted(effects.runs, 'run')} of {counted(estimable.techniques, 'technique')}"
    their = "their interaction" if estimable.pairs == 1 else f"their {estimable.pairs} interactions"
    more = (
        f" {grown_by} {estimable.runs_for_pairs} separates the interactions."
        if grown_by
        and estimable.runs_for_pairs
        and estimable.runs_for_pairs > max(effects.look.sizes, default=0)
        else ""
    )
    given = "the known effects" if estimable.confounded else "each technique's effect"
    held = (
        " The intervals of the effects hold what interactions may add to them."
        if effects.fit.model.random_pairs and effects.dof
        else ""
    )
    if estimable.pairs_estimable is Pairs.SUMS:
        return [
            f"{runs} give {given}, averaged over the others, but {their} only as "
            f"{counted(estimable.groups, 'sum')}. So it is not known which pairs of a sum "
            "interact, or how much a technique's effect depends on what else is on; and an effect "
            "also holds what some three others do only together, which is mostly little."
            f"{held}{more}"
        ]
    if estimable.pairs_estimable is Pairs.SOME:
        known = f"only {estimable.groups_estimable} of " if estimable.groups_estimable else ""
        can = "can" if known else "cannot yet"
        return [
            f"{runs} {can} estimate {known}{their}. So it is not known how much a technique's "
            f"effect depends on what else is on.{held}{more}"
        ]
    return [
        f"{runs} give {given}, averaged over the others, but not {their}, which "
        f"count{'s' * (estimable.pairs == 1)} as noise and widen{'s' * (estimable.pairs == 1)} the "
        f"intervals.{more}"
    ]


def _significant_alone(alone: SignificantAlone, noun: str) -> list[str]:
    return [
        f"{listed(alone.techniques)}: the interval excludes zero, but with "
        f"{counted(alone.tests, noun)} {100 * alone.false_alarms:.0f} % of studies without "
        "any effect have such an interval. More runs would settle it."
    ]


def _new_study(effects: Effects, results: Results) -> list[str]:
    """Say how many runs would find smaller effects, where a study cannot grow to them."""
    settings = results.settings
    unclear = any(effect.verdict == "no clear effect" for effect in effects.effects)
    if settings is None or not results.several or not unclear or effects.noise == 0:
        return []
    now, levels = settings.measure[-1], [len(one.levels) for one in results.several]
    more = (n for n in mixed_runs(len(results.factors), levels, settings.words) if n > now)
    size, least = next(more, None), effects.minimum_detectable_effect
    if size is None or not math.isfinite(least):
        return []
    unit = effect_unit(results.objective)
    found = (
        f"{about(least * math.sqrt(now / size))} {'' if results.objective.unit else 'in '}{unit}"
    )
    return [
        f"Smaller effects, from about {found} on, take a new study, with --measure {size}: the "
        "design of a factor of several levels cannot grow."
    ]


def _logit(refit: ScaleRefit, objective: Objective) -> list[str]:
    sentences = []
    name = objective.measure
    if refit.changed:
        sentences.append(
            f"On the logit of {name}, on which these techniques add up better, "
            f"{_verdicts(refit.changed)}. The logit has neither floor nor ceiling, so one of "
            f"{name} may be why it is otherwise in points."
        )
    if refit.interactions_vanish:
        sentences.append(
            f"The interactions vanish on the logit of {name}, a scale without ceiling, on which "
            "these techniques add up better. They may only show that good recipes are all close to "
            "the ceiling."
        )
    return sentences


def _verdicts(effects: Sequence[Effect]) -> str:
    """The techniques that help, those that hurt, and those that do neither clearly."""
    said = []
    for verdict in dict.fromkeys((*CERTAIN, *(each.verdict for each in effects))):
        names = [each.phrase for each in effects if each.verdict == verdict]
        if not names:
            continue
        if verdict in CERTAIN:
            does = verdict if len(names) == 1 else verdict.removesuffix("s")
        else:
            does = f"{'has' if len(names) == 1 else 'have'} {verdict}"
        said.append(f"{listed(names)} {does}")
    return ", and ".join(said)


def _additivity(sums: Additivity, objective: Objective) -> list[str]:
    if not sums.rejected:
        return []
    unit, p = in_unit(objective), p_value(sums.p_value)
    p = p if p.startswith("<") else f"= {p}"
    return [
        f"The effects sum to {sums.summed:+.3g}{unit}, but on fresh seeds all on minus all off is "
        f"{sums.measured:+.3g}{unit}, which seeds hardly explain (p {p}): more than two "
        "techniques probably act together. The effects hold on average over recipes, not for these "
        "two."
    ]
