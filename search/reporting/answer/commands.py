"""Commands that a reader of the answer may run next."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence

from search.analysis.next_steps import NextStep
from search.planning.durations import run_time
from search.reporting.findings import Findings
from search.reporting.formatting import about, counted, effect_unit, listed, roughly
from search.reporting.programs import command_of_recipe
from search.reporting.section import Command
from search.reporting.sentences import dials
from search.reporting.sentences.fresh_seeds import fresh_seeds
from search.reporting.sentences.recipes import plain

SEEDS_OF_TRAIN = 3
"""Networks that `kouka train` trains."""


def line(findings: Findings, command: str, options: Sequence[str] = ()) -> str:
    """Write the line of a command on the study."""
    words = ["kouka", command, shlex.quote(findings.results.name), *options]
    return " ".join(words) + findings.storage_option


def train(findings: Findings, recipe: str = "") -> Command | None:
    """Train the recommended recipe, or another; None where kouka cannot."""
    results, found = findings.results, findings.recommended
    if results.settings is None or found is None:
        return None
    if results.program is not None:
        which = "with all techniques off" if recipe else "of this recipe"
        command = command_of_recipe(results, () if recipe == "none" else None)
        missing = [f"a {name} for {{{name}}}" for name in results.program.left_open]
        put = f"; put {listed(missing)}" if missing else ""
        return Command(command, f"The command {which}{put}.")
    takes = run_time(results)
    epochs = results.settings.final_epochs
    time = _about(None if takes is None else SEEDS_OF_TRAIN * takes.of(epochs))
    is_plain = recipe == "none" or results.end_of(found) == "all off"
    which = plain(results) if is_plain else "this recipe"
    seeds = f"with {SEEDS_OF_TRAIN} seeds"
    does = f"Train {which} {seeds} on all but the test {results.things}, and save the model{time}."
    options = ["--recipe", recipe] if recipe else []
    if not recipe and results.at_most != results.settings.at_most:
        options = ["--at-most", str(results.at_most)]
    return Command(line(findings, "train", options), does)


def settle(findings: Findings) -> list[Command]:
    """Run what would settle something, the most needed first."""
    return [
        Command(line(findings, "launch", step.options), _does(step, findings))
        for step in findings.steps
    ]


def _does(step: NextStep, findings: Findings) -> str:
    results, decision = findings.results, findings.decision
    runs = counted(step.runs, "run")
    time = _about(step.seconds)
    if step.kind == "resume":
        return f"The rest of the planned runs, {step.runs:,}{time}."
    if step.kind == "time":
        more = runs.replace(" ", " more ")
        return f"What matters, for which the time was too short: {more}{time}."
    if step.kind == "longer":
        return f"What matters and what is best after {step.epochs} epochs: {runs}{time}."
    if step.kind == "search":
        usual = dials.in_words({one.dial.name: one.usual for one in results.run_dials})
        return f"Better values than {usual}, which all runs have: {runs}{time}."
    if step.kind == "confirm":
        off = plain(results)
        is_off = decision is not None and decision.verdict == "all off"
        both = f"{off} and the most promising recipes" if is_off else f"the recipe and {off}"
        return f"What {both} reach on {fresh_seeds(results)}: {runs}{time}."
    if step.kind == "seeds":
        return (
            f"Whether the recipe is better than {plain(results)}: {step.options[-1]} seeds for "
            f"each recipe, {step.runs:,} more runs{time}."
        )
    if step.separates and math.isnan(step.detectable):
        return f"The interaction of each two techniques: {step.runs:,} more runs{time}."
    pairs = ", and the interaction of each two techniques" if step.separates else ""
    unit = effect_unit(results.objective)
    unit = unit if results.objective.unit else f"in {unit}"
    least = (
        f"from about {about(step.detectable)} {unit} on" if step.detectable < float("inf") else ""
    )
    return f"Smaller effects{f', {least}' if least else ''}{pairs}: {step.runs:,} more runs{time}."


def _about(seconds: float | None) -> str:
    return "" if seconds is None else f", about {roughly(seconds)} with one worker"
