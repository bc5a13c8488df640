"""The fit: what stands out of the noise, its levels, what it misses and cannot tell apart."""

from __future__ import annotations

import math

from search.analysis.fitted_runs import FittedRuns
from search.analysis.level_means import Misfit
from search.analysis.recipe_names import describe
from search.reporting.details.effects import in_short_runs
from search.reporting.findings import Findings
from search.reporting.formatting import about, counted, in_unit, outcome
from search.reporting.section import Section

MOST_SETS = 20
"""Sets of aliased terms that are named."""
_MOST_MISSED = 6

_MISFITS: dict[Misfit, str] = {
    "failing": "some recipes fail together, and a fit of techniques and pairs spreads their loss "
    "over innocent ones",
    "saturated": "the runs are as few as the terms of the fit, which goes through all of them",
    "unseen": "nothing shows what other combinations of techniques than those that ran come to",
}


def pareto(findings: Findings) -> Section | None:
    """Draw the effects and interactions beside their limits of noise."""
    review = findings.review
    if review is None or not review.contrasts:
        return None
    return Section(
        f"What stands out of the noise{in_short_runs(findings)}",
        "The size of every effect and of every interaction, beside the limit from which its "
        "verdict is clear.",
        "pareto",
    )


def half_normal(findings: Findings) -> Section | None:
    """Draw the effects and interactions against what noise alone would give."""
    if findings.review is None or not findings.review.contrasts:
        return None
    return Section(
        f"Half-normal plot of the effects{in_short_runs(findings)}",
        "The same effects and interactions in standard errors, against what the smallest to the "
        "largest of as many would be if nothing mattered (Daniel 1959). If most points lie above "
        "the line, the noise is estimated too low, or most techniques matter.",
        "half_normal",
    )


def main_effects(findings: Findings) -> Section | None:
    """Draw the means with each technique off and on, or say why not."""
    review = findings.review
    if review is None or not (review.mains or review.misfit):
        return None
    title = f"Main effects{in_short_runs(findings)}"
    if review.misfit:
        return Section(
            title,
            "The means with a technique off and on, and with two of them, are not drawn: "
            f"{_MISFITS[review.misfit]}.",
        )
    name = findings.results.objective.name
    return Section(
        title,
        f"The mean of {name} with each technique off and on, with 95 % intervals: fitted, averaged "
        "over all else.",
        "main_effects",
    )


def interaction_plots(findings: Findings) -> Section | None:
    """Draw the four means of each pair whose interaction is clear."""
    review = findings.review
    if review is None or not review.pairs:
        return None
    return Section(
        f"Interaction plots{in_short_runs(findings)}",
        "For each pair whose interaction is clear, the means of the first technique off and on, "
        "with the second on and off: fitted, averaged over all else, with 95 % intervals.",
        "interaction_plots",
    )


def fitted(findings: Findings) -> Section | None:
    """Draw every measured run against the fit, and name those that it misses."""
    if findings.review is None or findings.review.runs is None:
        return None
    runs = findings.review.runs
    text = [
        f"The fit explains {100 * runs.explained:.0f} % of the variance of "
        f"{counted(len(runs.runs), 'run')}."
    ]
    if not math.isnan(runs.error):
        unit = in_unit(findings.results.objective)
        text.append(
            "Predicted by a fit to all other runs, one is typically off by "
            f"{about(runs.error)}{unit}: the crosses."
        )
    return Section(
        f"Predicted and observed{in_short_runs(findings)}",
        " ".join(text),
        "fitted",
        remarks=_missed(findings, runs),
    )


def _missed(findings: Findings, runs: FittedRuns) -> tuple[str, ...]:
    results = findings.results
    missed = sorted(
        (one for one in runs.runs if one.missed), key=lambda one: -abs(one.observed - one.fitted)
    )
    if not missed:
        return ()
    more = len(missed) - _MOST_MISSED
    return (
        *(
            f"The fit misses run {one.run.number} ({describe(one.run, results)}): "
            f"{outcome(one.observed, results.objective)}, predicted "
            f"{outcome(one.fitted, results.objective)}."
            for one in missed[:_MOST_MISSED]
        ),
        *([f"It misses {more} more."] if more > 0 else []),
    )


def aliases(findings: Findings) -> Section | None:
    """Draw and name what the design cannot tell apart."""
    found = None if findings.review is None else findings.review.aliases
    if found is None:
        return None
    sets, techniques = found.sets, set(found.techniques)
    text = []
    if sets:
        mixed = any(techniques & {term.removeprefix("−") for term in row} for row in sets)
        text.append(
            f"{counted(len(sets), 'set')} of techniques and pairs cannot be told apart by these "
            "runs, which see only the sum of each set."
            + ("" if mixed else " Every technique is told from all pairs.")
        )
    else:
        text.append("No technique or pair is the same as another in all of these runs.")
    if (partial := found.largest_partial) > 0.005:
        text.append(
            f"{'Others' if sets else 'Some'} are in part seen together: the largest correlation is "
            f"{partial:.2f}. The more two share, the wider are the intervals of both."
        )
    more = len(sets) - MOST_SETS
    return Section(
        "What the design tells apart",
        " ".join(text),
        "aliases",
        remarks=(
            *(f"Only as a sum: {_sum(row)}." for row in sets[:MOST_SETS]),
            *([f"{counted(more, 'more sum')}."] if more > 0 else []),
        ),
    )


def _sum(terms: tuple[str, ...]) -> str:
    first, *rest = terms
    return first + "".join(
        f" − {term[1:]}" if term.startswith("−") else f" + {term}" for term in rest
    )
