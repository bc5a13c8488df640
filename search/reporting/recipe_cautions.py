"""Cautions on the recommended recipe, and on how it fares with other seeds and data."""

from __future__ import annotations

import math

from search.analysis.carry_over import carry_over
from search.analysis.chance_level import at_chance_level
from search.analysis.collapses import Collapse, collapse
from search.analysis.held_out import rate
from search.analysis.recommendation import Recommendation
from search.analysis.shared_seeds import seed_spreads
from search.reporting.formatting import about, counted, in_unit, outcome
from search.reporting.sentences import dials
from search.results import Results

_NEAR_END = 0.05
"""Share of a dial's range that is an end of it."""


def of_collapse(results: Results) -> list[str]:
    """Name what fell far below the others in some seeds, and how often to expect that."""
    found = collapse(results)
    if found is None or _is_told(found, results):
        return []
    low, high = (100 * end for end in rate(len(found.runs), found.of))
    expect = (
        f"expect that of {100 * found.share:.0f} % of such runs (95 % interval {low:.0f} to "
        f"{high:.0f} %)"
    )
    why = ""
    if found.technique is not None:
        why = f" No run without {found.technique} did" + (
            ", which chance hardly explains." if found.sure else ", which may be chance."
        )
    return [
        f"{fell(found, results)}, far below {_others(found, results)}: {expect}.{why} What "
        "is recommended is best in the mean over seeds."
    ]


def fell(found: Collapse, results: Results) -> str:
    """Say how many runs fell far below the others in some seeds, and to what."""
    beside = "" if found.technique is None else f" with {found.technique}"
    if found.gap is None:
        to = f"by about {found.depth:.3g}{in_unit(results.objective)}"
    else:
        to = f"to about {outcome(found.mean, results.objective)}"
    return f"{len(found.runs)} of {counted(found.of, 'run')}{beside} fell {to}"


def _others(found: Collapse, results: Results) -> str:
    if found.gap is None:
        return "what such recipes came to with other seeds"
    low, high = (outcome(end, results.objective) for end in (found.gap.low, found.gap.high))
    return f"all others ({low} to {high})"


def _is_told(found: Collapse, results: Results) -> bool:
    """Check whether another caution names these runs, as diverged or at chance level."""
    return found.diverged or at_chance_level(results) is not None


def of_carry_over(results: Results, recommended: Recommendation | None) -> list[str]:
    """Say where a gain on the validation data is another on the test data."""
    found, program = carry_over(results, recommended), results.program
    if found is None or program is None or program.test is None:
        return []
    unit = in_unit(results.objective)
    return [
        f"On fresh seeds the recommended recipe gains {found.validation:+.3g}{unit} of "
        f"{results.objective.name} over all techniques off, but {found.test:+.3g} of "
        f"{program.test.name}, and seeds do not explain that. The effects are those on "
        f"{results.objective.name}. Are the two data alike, and does no technique see the "
        "validation data?"
    ]


def of_shared_seeds(results: Results) -> list[str]:
    """Say where most of a program's noise is the same in all recipes, as that of a split."""
    spreads = seed_spreads(results)
    if results.program is None or spreads is None or spreads.shared <= spreads.own:
        return []
    shared, own = (f"{about(spread)}{in_unit(results.objective)}" for spread in spreads)
    return [
        f"Seeds move all recipes alike, by {shared} (standard deviation), and a single recipe by "
        f"only {own} beside that, as where the seed draws the split of the data. If the program "
        "kept one split, or averaged over several, a new study would find far smaller effects; "
        "those of one split hold for that split."
    ]


def of_effects_elsewhere(results: Results, recommended: Recommendation | None) -> list[str]:
    """Say that the recommended recipe has other dials than the runs that measured the effects."""
    at = dials.measured_at(recommended, results)
    if recommended is None or not at:
        return []
    has = {name: value for name, value in recommended.params.items() if name in at}
    several = len(at) > 1
    sentence = (
        f"The effects were measured at {dials.in_words(at)}, but the recommended recipe has "
        f"{dials.in_words(has)}: there techniques may be worth something else, and part or all "
        f"of its gain may be due to {'these values' if several else 'this value'}."
    )
    if results.program is None:
        return [sentence]
    return [
        f"{sentence} A new study with {'them' if several else 'it'} after `usual` in --dial "
        "measures the effects there."
    ]


def of_dials(results: Results, recommended: Recommendation | None) -> list[str]:
    """Name the numbers of a program that are at an end of their range in the recommended recipe."""
    if recommended is None or results.program is None:
        return []
    sentences = []
    for one in results.run_dials:
        dial, value = one.dial, recommended.params.get(one.dial.name)
        if not isinstance(value, int | float) or value == dial.usual:
            continue
        low, high, at = (math.log(n) if dial.log else n for n in (dial.low, dial.high, value))
        if min(at - low, high - at) <= _NEAR_END * (high - low):
            sentences.append(
                f"{dial.name} is {value:.3g} in the recommended recipe, at an end of its range, "
                f"{dial.low:g} to {dial.high:g}. A new study with a wider --dial shows whether "
                "better lies beyond."
            )
    return sentences
