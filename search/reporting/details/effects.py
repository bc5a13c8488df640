"""The effects in full: tables with p-values and ranks, the waterfall, the ladder."""

from __future__ import annotations

from search.analysis.contexts import context_of
from search.analysis.effects import Effects
from search.analysis.level_means import misfit
from search.reporting.findings import Findings
from search.reporting.formatting import counted, mean
from search.reporting.section import Section
from search.reporting.sentences.contexts import averaged
from search.reporting.sentences.early import reached
from search.reporting.sentences.effects import what_matters_most
from search.reporting.sentences.ladder import about_ladder, ladder_name, ladder_verdict
from search.reporting.tables import TOP, effects_table, ladder_table

_ABOUT_EFFECTS = (
    "An effect is the change when the technique is turned on{averaged}. Each "
    "interval is for its technique alone; the verdict uses p, which is corrected for the number of "
    "techniques, and for the looks at a study that has grown. Where a sentence names the largest "
    "effect, its interval also allows for that choice: if others are nearly as large, it is wider "
    "there than in the table."
)
_ABOUT_FIRST = "'Largest' is the probability that the effect is the largest, whatever its sign."
_ABOUT_RANKS = (
    "'Largest' and 'top three' are the probabilities that the effect is the largest, or among the "
    "three largest, whatever its sign."
)
_ABOUT_BUDGETS = (
    "These effects are averaged over all other techniques, those of the long runs over the "
    "techniques that these turn on and off. A change from one to the other is named where a test "
    "of the difference, corrected for the number of techniques, is clear; the sign changed where "
    "both effects are clear."
)
_ABOUT_WAITING = (
    "'Not yet': some of the planned runs are still to come. Who looks often enough finds "
    "something, so verdicts wait for all of them."
)
_ABOUT_LEVELS = (
    "A parameter of several levels has an effect for each change from one level, with which all "
    "others are compared; p is corrected for these too."
)
_AVERAGE_OF_LEVELS = " Each of its effects is an average over what else is on."
_RANKS_OF_LEVELS = " A parameter of several levels counts once, by its largest effect."


def effects(findings: Findings) -> Section | None:
    """Tabulate all effects that decide, with what the columns mean."""
    decides = findings.deciding_effects
    if decides is None:
        return None
    return Section(
        "Every effect, with p values and ranks",
        _ABOUT_EFFECTS.format(averaged=averaged(decides)),
        table=effects_table(decides, findings.results.objective),
        remarks=(*_about(decides), *_notes(findings)),
    )


def _about(effects: Effects) -> tuple[str, ...]:
    averages = context_of(effects.fit.model) is None
    said = [_ABOUT_LEVELS + _AVERAGE_OF_LEVELS * averages] if effects.levels else []
    if not effects.look.complete:
        said.append(_ABOUT_WAITING)
    if effects.parameters > 1:
        ranks = _ABOUT_RANKS if effects.parameters > TOP else _ABOUT_FIRST
        said.append(f"{ranks}{_RANKS_OF_LEVELS if effects.levels else ''}")
    return tuple(said)


def _notes(findings: Findings) -> tuple[str, ...]:
    return (findings.verification or findings).notes


def short_runs(findings: Findings) -> Section | None:
    """Tabulate the effects of the short runs, where long ones give the answer."""
    results, effects, long = findings.results, findings.effects, findings.verification
    if effects is None or long is None:
        return None
    return Section(
        "The short runs",
        "What chose the techniques to verify. "
        f"{what_matters_most(effects, results)} {_ABOUT_BUDGETS}",
        "effects",
        effects_table(effects, results.objective),
        (*findings.cautions, *findings.notes),
    )


def early(findings: Findings) -> Section | None:
    """Tabulate the effects before any trial was pruned."""
    found = findings.early
    if found is None:
        return None
    verb = "is" if found.far == 1 else "are"
    far = f" {counted(found.far, 'trial')} far from all others {verb} left out."
    return Section(
        "Before any trial was pruned",
        f"The effects on what {found.effects.runs:,} trials reported {reached(found)}, the last "
        "that all of them reached. A pruned trial has no final value, so the other effects are of "
        f"the trials that did well at first.{far if found.far else ''}",
        table=effects_table(found.effects, findings.results.objective),
    )


def waterfall(findings: Findings) -> Section | None:
    """Go from all off to all on, an effect after the other."""
    if findings.effects is None or not add_up(findings.effects):
        return None
    at_mean = " The other parameters are at their mean." if findings.effects.adjusted else ""
    ladder = (
        " Below them are the steps of the ladder, which hold for its order only."
        if findings.ladder
        else ""
    )
    return Section(
        f"From all off to all on{in_short_runs(findings)}",
        "Each effect is the mean of the technique's steps over all orders of adding the "
        "techniques. So the effects sum to the difference between all on and all off, as fitted."
        + at_mean
        + ladder
        + _levels(findings),
        "waterfall",
    )


def add_up(effects: Effects) -> bool:
    """Tell whether there are techniques whose effects sum to all on minus all off."""
    return bool(effects.fit.model.techniques) and misfit(effects) != "unseen"


_WHY_NOT = {
    "failing": "as some recipes fail together, which the fit does not describe",
    "saturated": "as no run is left over to show whether the fit holds there",
    "unseen": "as nothing shows whether the techniques add up",
    "range": "as the fit would put one where no value can be",
    "sum": "as fresh seeds come to another difference of the two",
}


def _levels(findings: Findings) -> str:
    """Give all off and all on with their intervals, or say why they have no level in the figure."""
    levels, objective = findings.levels, findings.results.objective
    if levels is None:
        return ""
    if levels.hold:
        off, on = (mean(one, objective) for one in (levels.all_off, levels.all_on))
        return f" By the fit all off comes to {off}, and all on to {on}, with 95 % intervals."
    if not levels.failure:
        return ""
    return f" All off and all on have no level here, {_WHY_NOT[levels.failure]}."


def ladder(findings: Findings) -> Section | None:
    """Tabulate the steps of the ladder, beside the effects."""
    if not findings.ladder or findings.effects is None:
        return None
    verdict = ladder_verdict(findings.ladder, findings.comparisons)
    return Section(
        ladder_name(findings.results),
        f"{about_ladder(findings.results)} {verdict}".rstrip(),
        table=ladder_table(findings),
    )


def in_short_runs(findings: Findings) -> str:
    """Continue a title: of which runs the section is, where the answer is of others."""
    return "" if findings.verification is None else ", in the short runs"
