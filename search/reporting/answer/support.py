"""What the recommendation rests on: what was reached, by how many runs and at which budget."""

from __future__ import annotations

import math

from search.analysis.confirmation import Confirmed
from search.analysis.decision import Decision
from search.analysis.estimate import mean_over_seeds
from search.analysis.long_runs import deciding
from search.analysis.recipe_names import describe
from search.objective import ACCURACY, UNNAMED
from search.reporting.findings import Findings
from search.reporting.formatting import (
    beside,
    capitalized,
    counted,
    in_unit,
    listed,
    mean,
    percent,
    with_interval,
)
from search.reporting.sentences import limits, numbers, recipes
from search.reporting.sentences.budget import trained_for
from search.reporting.sentences.decision import (
    estimate_in_words,
    gain_over,
    off_in_words,
    reaching,
    recipe_of,
    value_of,
)
from search.results import Results


def support(findings: Findings, *, briefly: bool = False) -> list[str]:
    """Say what the headline rests on: what was reached, by how many runs and at which budget."""
    decision, results = findings.decision, findings.results
    if decision is None:
        return []
    recipe = recipe_of(findings, briefly=briefly)
    sentences = []
    if not decision.recommended.within:
        verdict = f"That recipe: {reaching(decision, results)}."
        return [verdict, _rests_on(findings, decision)]
    if decision.verdict in ("not sure", "worse"):
        verb = "The runs favour" if decision.so_far else "The recommended recipe is"
        sentences.append(f"{verb} {recipe}: {reaching(decision, results)}.")
    if decision.verdict == "all off":
        off = recipes.plain(results) if results.foreign else "all techniques off"
        sentences.append(f"{capitalized(off)}: {reaching(decision, results)}.")
        sentences += [] if briefly else _next_best(findings)
    elif decision.all_off is not None and not briefly:
        sentences.append(_all_off(decision, results))
    if decision.verdict == "not sure" and not briefly:
        seeds_alone = decision.tested is None or results.program is not None
        what = "Other seeds" if seeds_alone else f"Other seeds or other test {results.things}"
        if seeds_alone and results.one_seed:
            what = "What the fit does not describe"
        which, simpler = "the difference", off_in_words(decision, results)
        surely = decision.surely_better
        if surely is not None:
            simpler = describe(surely, results, levels=True)
            which = f"what that has beyond {simpler}"
        sentences.append(
            f"{what} may explain {which}: where time counts, {simpler} is the simpler choice."
            if surely is None or surely.on <= decision.recommended.on
            else f"Trials of that recipe would tell whether it is better than {simpler}."
        )
    if decision.verdict == "unknown" and decision.tested is None and decision.gain is None:
        sentences.append(_runs_of_it(findings))
        reach = decision.recommended.reach
        if reach is not None and not reach.beside and not briefly:
            sentences.append(
                "As some recipes fail together, nothing is predicted of its gain over "
                f"{recipes.plain(results)}."
            )
    sentences.append(_rests_on(findings, decision))
    sentences.append(limits.taken(results, decision.recommended))
    sentences += _held_on(results)
    if not briefly:
        sentences += _accuracy(decision, results)
        if decision.tested is None and not math.isnan(decision.reached.value):
            unseen = "" if results.foreign else "; no fresh seed has confirmed it"
            if findings.confirmed:
                unseen = (
                    "; the seeds that confirm it are too few, or too much alike, to judge it by"
                )
            which = "all runs" if deciding(results) is results else "the long runs"
            if far := sum(run.far for run in results.runs):
                which += f" but the {'one' if far == 1 else far} far from all others"
            sentences.append(f"This is predicted from {which}{unseen}.")
    if not briefly:
        sentences += numbers.of_recipe(decision.recommended)
    sentences += _helps_beside(findings)
    if findings.steps and findings.steps[0].kind == "resume":
        left = findings.steps[0].runs
        sentences.append(
            f"{counted(left, 'planned run')} {'is' if left == 1 else 'are'} still to come, and "
            "may change it."
        )
    return [sentence for sentence in sentences if sentence]


def _all_off(decision: Decision, results: Results) -> str:
    assert decision.all_off is not None
    name = capitalized(off_in_words(decision, results))
    aside = ", with all techniques off," if name == "The plain network" else ""
    verb = "is predicted to come to" if decision.tested is None else "comes to"
    return f"{name}{aside} {verb} {mean(decision.all_off, results.objective)}."


def _next_best(findings: Findings) -> list[str]:
    """The best of the recipes that were tested beside all off."""
    objective = findings.results.objective
    for row in findings.confirmed:
        if row.objective_gain is not None:
            value, over = mean(row.test_objective, objective), row.objective_gain
            return [
                f"The best other recipe, {row.recipe}, comes to {value}, "
                f"{beside(over, objective.unit, 'it')}."
            ]
    return []


def _helps_beside(findings: Findings) -> list[str]:
    """Name what surely helps, but is in no recipe, as only some trials were asked for it."""
    effects, results = findings.effects, findings.results
    if effects is None:
        return []
    asked = {one.parameter: one for one in results.conditional}
    return [
        f"{one.phrase} helps as well: {with_interval(one, in_unit(results.objective))}"
        f", in the {asked[one.parameter].asked:,} of {asked[one.parameter].trials:,} trials that "
        "were asked for it."
        for one in effects.effects
        if one.verdict == "helps" and one.parameter in asked
    ]


def _rests_on(findings: Findings, decision: Decision) -> str:
    results = findings.results
    if decision.tested is None:
        phase = "measure" if deciding(results) is results else "verify"
        budget = trained_for(results, phase if results.of(phase) else "ladder")
        return f"All of this is {budget}." if budget else ""
    rows = [decision.tested]
    if decision.all_off_tested not in (None, decision.tested):
        rows.append(decision.all_off_tested)
    seeds = [row.seeds for row in rows]
    alike = len(set(seeds)) == 1
    begin = "It is" if len(rows) == 1 else "Both are" if alike else "They are"
    if not alike:
        of = f"means of {listed([str(count) for count in seeds])} seeds"
    elif seeds[0] > 1:
        of = f"{'the mean' if len(rows) == 1 else 'means'} of {seeds[0]} seeds"
    else:
        of = "of one seed"
    bounds = decision.reached if decision.gain is None else decision.gain
    if math.isnan(bounds.low):
        equal = ", which came out equal" if max(seeds) > 1 and alike else ""
        of += f"{equal}, so without interval"
    budget = trained_for(results, "confirm")
    said = [f"{begin} {of}{f', {budget}' if budget else ''}."]
    return " ".join([*said, *(_lost(row, results) for row in rows if row.diverged)])


def _lost(row: Confirmed, results: Results) -> str:
    """The runs of a recipe that taught nothing, which its mean leaves out."""
    of = f"of {recipes.plain(results)}" if "all off" in row.label else "of it"
    if row.diverged == row.runs:
        return f"Every run {of} diverged."
    are = "is" if row.diverged == 1 else "are"
    return (
        f"{row.diverged} of {row.runs} runs {of} diverged or learned nothing, and {are} left out."
    )


def _runs_of_it(findings: Findings) -> str:
    """Describe the runs of the recommended recipe, where they are too few to predict it."""
    results, found = findings.results, findings.recommended
    assert found is not None
    others = {name: value for name, value in found.params.items() if name not in results.factors}
    runs = [run for run in results.runs
            if run.state == "complete" and run.value is not None and not run.copy
            and run.on_with(results.choices) == found.on
            and others.items() <= run.params.items()]  # fmt: skip
    if not runs:
        return "No run was of this recipe."
    of_it = "of it, at other numbers," if found.best_numbers else "of it"
    if len(runs) == 1:
        return f"One run {of_it} came to {value_of(runs[0], results.objective)}, without interval."
    value = mean_over_seeds([run.scaled for run in runs], results.objective)
    of = results.objective
    name = "" if of.name == UNNAMED else f"{of.name} "
    return f"{len(runs)} runs {of_it} came to {name}{estimate_in_words(value, of)} on average."


def _accuracy(decision: Decision, results: Results) -> list[str]:
    """Test accuracy, where the objective is another."""
    row = decision.tested
    if row is None or results.program is not None or results.objective == ACCURACY:
        return []
    over = gain_over(row.gain, ACCURACY, recipes.plain(results))
    return [f"Its test accuracy is {percent(row.test)}{over}."]


def _held_on(results: Results) -> list[str]:
    settings = results.settings
    fixed = (
        []
        if settings is None
        else [n for n, on in (settings.fixed or {}).items() if on is not None]
    )
    if not fixed:
        return []
    return [f"{listed(fixed)} {'is' if len(fixed) == 1 else 'are'} on throughout."]
