"""What to do: the recipe to train, what it reaches, its gain over all off, and the command."""

from __future__ import annotations

import math
import re

from search.analysis.chance_level import at_chance_level
from search.analysis.collapses import collapse
from search.analysis.confirmation import Confirmed
from search.analysis.decision import Decision
from search.analysis.estimate import Estimate, mean_over_seeds
from search.analysis.fast_start import has_flattened
from search.analysis.long_runs import deciding
from search.analysis.recipe_names import describe
from search.objective import ACCURACY, UNNAMED, Objective
from search.parameters import levels_on
from search.reporting.answer import commands
from search.reporting.findings import Findings
from search.reporting.formatting import (
    beside,
    capitalized,
    counted,
    in_unit,
    listed,
    mean,
    outcome,
    percent,
    with_interval,
)
from search.reporting.recipe_cautions import fell
from search.reporting.section import Command, Section
from search.reporting.sentences import limits, recipes
from search.reporting.sentences.budget import trained_for
from search.reporting.sentences.effects import no_effects
from search.results import Results, Run

_LONG_RECIPE = 130
"""Characters of a recipe that is given in full where there is room for a few lines."""


def what_to_do(findings: Findings) -> Section:
    """Say which recipe to train, what it reaches and how far that is above all off."""
    return Section(
        "What to do",
        " ".join(support(findings)),
        headline=headline(findings),
        commands=tuple(to_train(findings)),
    )


def to_train(findings: Findings) -> list[Command]:
    """Train the recommended recipe, and the plain network where that may be as good."""
    decision = findings.decision
    if decision is None or not decision.recommended.within:
        return []
    plain = commands.train(findings, "none")
    if decision.verdict == "worse":
        chosen = [plain]
    elif decision.verdict == "not sure":
        chosen = [commands.train(findings), plain]
    else:
        chosen = [commands.train(findings)]
    return [command for command in chosen if command is not None]


def recipe_of(findings: Findings, *, briefly: bool = False) -> str:
    """List the techniques of the recommended recipe; `briefly` leaves out dials, then names."""
    found = findings.recommended
    if found is None:
        return "no technique"
    recipe = recipes.in_words(found, findings.results)
    return _shortened(recipe) if briefly else recipe


def headline(findings: Findings, *, briefly: bool = False) -> str:
    """Say what to do, or that nothing is surely better than the plain network.

    Further sentences warn where no run learned anything, where some seeds of the recipe may fail,
    or where the runs were too short for that to stay.
    """
    said = _answer(findings, briefly=briefly)
    if findings.decision is None:
        return said
    decides = deciding(findings.results)
    low = at_chance_level(decides)
    if low is not None and low.runs == low.measured:
        return f"{said} No measured run learned more than to name one class every time."
    said += _but_some_fell(findings, decides) if low is None else ""
    epochs = _open_beyond(findings)
    if epochs is None:
        return said
    return f"{said} Runs longer than {counted(epochs, 'epoch')} may say otherwise."


def _open_beyond(findings: Findings) -> int | None:
    """The epochs after which nothing tells whether effects stay; None where something does."""
    if findings.fast_start is not None:
        return findings.fast_start.epochs
    results = findings.results
    short = any(step.kind == "longer" for step in findings.steps)
    if not short or results.settings is None or has_flattened(results):
        return None
    return results.settings.epochs


def _but_some_fell(findings: Findings, decides: Results) -> str:
    """Warn of runs that fell far below the others, where the recommended recipe may; else empty."""
    fallen, recipe = collapse(decides), findings.recommended
    if fallen is None or fallen.diverged or recipe is None or not fallen.concerns(recipe.on):
        return ""
    return f" But {fell(fallen, decides)}."


def _answer(findings: Findings, *, briefly: bool) -> str:
    decision, results = findings.decision, findings.results
    if decision is None:
        return _without_decision(findings)
    if not decision.recommended.within:
        return limits.taken(results, decision.recommended)
    recipe, off = recipe_of(findings, briefly=briefly), _off(decision, results)
    so_far = decision.so_far
    if decision.verdict == "better":
        begin = "So far the runs favour" if so_far else _train(results)
        return f"{begin} {recipe}: {_reach(decision, results)}."
    if decision.verdict == "unknown" and decision.gain is not None:
        begin = "So far the runs favour" if so_far else "The runs favour"
        return f"{begin} {recipe}: {_reach(decision, results)}."
    if decision.verdict == "worse":
        return f"Keep {off}: the recommended recipe comes out worse."
    keeps = "" if all(run.feasible for run in results.runs) else " that keeps the constraints"
    nothing = f"nothing tried{keeps} is surely better than {off}"
    if decision.verdict == "all off":
        if so_far:
            return f"So far {nothing}."
        better = "by the validation runs no recipe is better" if decision.any_better else nothing
        return capitalized(f"{better}.")
    if decision.verdict == "not sure":
        if (surely := decision.surely_better) is not None:
            gain = with_interval(surely.gain.value, surely.gain, in_unit(results.objective))
            simpler = describe(surely, results, levels=True)
            return f"So far {simpler} is surely better than {off}: {gain}."
        if decision.any_better:
            nothing = f"the recommended recipe is not surely better than {off}"
        return capitalized(f"{'so far ' if so_far else ''}{nothing}.")
    if so_far:
        return f"So far the runs favour {recipe}."
    return f"{_train(results)} {recipe}: {_reach(decision, results)}."


def support(findings: Findings, *, briefly: bool = False) -> list[str]:
    """Say what the headline rests on: what was reached, by how many runs and at which budget."""
    decision, results = findings.decision, findings.results
    if decision is None:
        return []
    recipe = recipe_of(findings, briefly=briefly)
    sentences = []
    if not decision.recommended.within:
        verdict = f"That recipe: {_reach(decision, results)}."
        return [verdict, _rests_on(findings, decision)]
    if decision.verdict in ("not sure", "worse"):
        verb = "The runs favour" if decision.so_far else "The recommended recipe is"
        sentences.append(f"{verb} {recipe}: {_reach(decision, results)}.")
    if decision.verdict == "all off":
        off = "all techniques off" if results.settings else recipes.plain(results)
        sentences.append(f"{capitalized(off)}: {_reach(decision, results)}.")
        sentences += [] if briefly else _next_best(findings)
    elif decision.all_off is not None and not briefly:
        sentences.append(_all_off(decision, results))
    if decision.verdict == "not sure" and not briefly:
        seeds_alone = decision.tested is None or results.program is not None
        what = "seeds" if seeds_alone else f"seeds or other test {results.things}"
        which, simpler = "the difference", _off(decision, results)
        if decision.surely_better is not None:
            simpler = describe(decision.surely_better, results, levels=True)
            which = f"what that has beyond {simpler}"
        sentences.append(
            f"Other {what} may explain {which}: where time counts, {simpler} is the simpler choice."
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
            unseen = "; no fresh seed has confirmed it" if results.settings else ""
            if findings.confirmed:
                unseen = (
                    "; the seeds that confirm it are too few, or too much alike, to judge it by"
                )
            which = "all runs" if deciding(results) is results else "the long runs"
            sentences.append(f"This is predicted from {which}{unseen}.")
    if findings.steps and findings.steps[0].kind == "resume":
        left = findings.steps[0].runs
        sentences.append(
            f"{counted(left, 'planned run')} {'is' if left == 1 else 'are'} still to come, and "
            "may change it."
        )
    return [sentence for sentence in sentences if sentence]


def _without_decision(findings: Findings) -> str:
    results = findings.results
    best = results.best
    if best is None or results.factors:
        return no_effects(results)
    values = [f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
              for name, value in best.params.items()]  # fmt: skip
    having = f", with {listed(values)}" if values else ""
    reached = _reached(best, results.objective)
    return f"So far the best trial is {best.number}{having}: {reached}, of one run."


def _reached(run: Run, objective: Objective) -> str:
    """Give a run's value, with the name of what it is where it has one."""
    name = "" if objective.name == UNNAMED else f" {objective.name}"
    return f"{outcome(run.scaled, objective)}{name}"


def _train(results: Results) -> str:
    return "Turn on" if results.settings is None else "Train with"


def _named(decision: Decision, results: Results) -> str:
    if decision.tested is not None:
        return results.tested_by
    objective = results.objective
    less = "" if objective.maximize else " (less is better)"
    return f"predicted {objective.name.removeprefix('the ')}{less}"


def _reach(decision: Decision, results: Results) -> str:
    objective = results.objective
    over = _over(decision.gain, objective, _off(decision, results))
    return f"{_named(decision, results)} {_with_interval(decision.reached, objective)}{over}"


def _with_interval(value: Estimate, objective: Objective) -> str:
    """Format a level with the words for its interval."""
    said = mean(value, objective)
    return said.replace("(", "(95 % interval ", 1)


def _off(decision: Decision, results: Results) -> str:
    """Name all off, with its numbers where it is predicted beside others than the usual ones."""
    reach = decision.recommended.reach
    numbers = reach.beside if reach is not None and decision.tested is None else {}
    values = [f"{name} {format(value, '.4g')}" for name, value in numbers.items()]
    return recipes.plain(results) + (f" with {listed(values)}" if values else "")


def _over(gain: Estimate | None, of: Objective, off: str) -> str:
    return "" if gain is None else f", {beside(gain, of.unit, off)}"


def _all_off(decision: Decision, results: Results) -> str:
    assert decision.all_off is not None
    name = capitalized(_off(decision, results))
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
    """What the runs of the recommended recipe came to, where they are too few to predict it."""
    results, found = findings.results, findings.recommended
    assert found is not None
    others = {name: value for name, value in found.params.items() if name not in results.factors}
    runs = [run for run in results.runs
            if run.state == "complete" and run.value is not None and not run.copy
            and run.on | levels_on(run.params, results.choices) == found.on
            and others.items() <= run.params.items()]  # fmt: skip
    if not runs:
        return "No run was of this recipe."
    if len(runs) == 1:
        return f"One run of it came to {_reached(runs[0], results.objective)}, without interval."
    value = mean_over_seeds([run.scaled for run in runs], results.objective)
    of = results.objective
    name = "" if of.name == UNNAMED else f"{of.name} "
    return f"{len(runs)} runs of it came to {name}{_with_interval(value, of)} on average."


def _accuracy(decision: Decision, results: Results) -> list[str]:
    """Test accuracy, where the objective is another."""
    row = decision.tested
    if row is None or results.program is not None or results.objective == ACCURACY:
        return []
    over = _over(row.gain, ACCURACY, recipes.plain(results))
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


def _shortened(recipe: str) -> str:
    if len(recipe) <= _LONG_RECIPE:
        return recipe
    names = re.sub(r" \([^)]*\)", "", recipe).split(", ")
    shown = names
    while len(", ".join(shown)) > _LONG_RECIPE and len(shown) > 1:
        shown = shown[:-1]
    more = len(names) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more' if more else ''}"
