"""What to do: the recipe to train, what it reaches, its gain over all off, and the command."""

from __future__ import annotations

from search.analysis.chance_level import at_chance_level
from search.analysis.collapses import collapse
from search.analysis.fast_start import has_flattened
from search.analysis.long_runs import deciding
from search.analysis.recipe_names import describe
from search.reporting.answer import commands
from search.reporting.answer.support import support
from search.reporting.findings import Findings
from search.reporting.formatting import capitalized, counted, in_unit, listed, with_interval
from search.reporting.loss_cautions import broken_techniques
from search.reporting.recipe_cautions import fell
from search.reporting.section import Command, Section
from search.reporting.sentences import limits
from search.reporting.sentences.decision import off_in_words, off_of, reaching, recipe_of, value_of
from search.reporting.sentences.effects import no_effects
from search.reporting.sentences.recipes import named_once
from search.results import Results


def what_to_do(findings: Findings) -> Section:
    """Say which recipe to train, what it reaches and how far that is above all off."""
    results = findings.results
    said, *others = named_once([headline(findings), *support(findings)], results, off_of(findings))
    train = to_train(findings)
    if train and results.program is None and findings.storage_note:
        others.append(findings.storage_note)
    return Section("What to do", " ".join(others), headline=said, commands=tuple(train))


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


def headline(findings: Findings, *, briefly: bool = False) -> str:
    """Say what to do, or that nothing is surely better than the plain network.

    Further sentences warn where no run learned anything, where some seeds of the recipe may fail,
    or where the runs were too short for that to stay. The first tells of techniques with which
    every run failed: these may be a slip in a command.
    """
    said = " ".join([*broken_techniques(findings.results), _answer(findings, briefly=briefly)])
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
    longer = f"longer than {counted(epochs, 'epoch')} may say otherwise."
    runs = "Unless reports are of folds, runs" if findings.results.may_be_folds else "Runs"
    return f"{said} {runs} {longer}"


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
    recipe, off = recipe_of(findings, briefly=briefly), off_in_words(decision, results)
    so_far = decision.so_far
    if decision.verdict == "better":
        begin = "So far the runs favour" if so_far else _train(results)
        return f"{begin} {recipe}: {reaching(decision, results)}."
    if decision.verdict == "unknown" and decision.gain is not None:
        begin = "So far the runs favour" if so_far else "The runs favour"
        return f"{begin} {recipe}: {reaching(decision, results)}."
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
            gain = with_interval(surely.gain, in_unit(results.objective))
            simpler = describe(surely, results, levels=True)
            return f"So far {simpler} is surely better than {off}: {gain}."
        if decision.any_better:
            nothing = f"the recommended recipe is not surely better than {off}"
        return capitalized(f"{'so far ' if so_far else ''}{nothing}.")
    if so_far:
        return f"So far the runs favour {recipe}."
    return f"{_train(results)} {recipe}: {reaching(decision, results)}."


def _without_decision(findings: Findings) -> str:
    results = findings.results
    best = results.best
    if best is None or results.factors:
        return no_effects(results)
    values = [f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
              for name, value in best.params.items()]  # fmt: skip
    having = f", with {listed(values)}," if values else ""
    reached = value_of(best, results.objective)
    return f"So far trial {best.number}{having} is the best: it came to {reached} in one run."


def _train(results: Results) -> str:
    return "Turn on" if results.foreign else "Train with"
