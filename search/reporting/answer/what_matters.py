"""What matters and what does not: the effects that are real, and the others."""

from __future__ import annotations

from search.analysis.effects import Effects
from search.analysis.headline import headline
from search.reporting.answer.multiplied import factors
from search.reporting.answer.recipe_and_effects import no_contradiction, unclear
from search.reporting.answer.short_and_long import matters
from search.reporting.findings import Findings
from search.reporting.formatting import counted, listed, outcome
from search.reporting.section import Section
from search.reporting.sentences.early import before_pruning
from search.reporting.sentences.effects import no_effects
from search.reporting.sentences.ladder import about_ladder, ladder_verdict
from search.reporting.sentences.levels import at_best, dependent, reversals
from search.reporting.sentences.numbers import about_numbers, moved_by
from search.reporting.sentences.pairs import certain_pairs, main_pairs, reversed_pairs
from search.reporting.tables import budgets_table, effects_table, ladder_table

TITLE = "What matters, and what does not"


def what_matters(findings: Findings) -> Section | None:
    """Name the techniques that help and hurt, with their effects, and those that do neither."""
    results, effects, long = findings.results, findings.effects, findings.verification
    decides = findings.deciding_effects
    if decides is None:
        return _without_effects(findings)
    text = " ".join([
        matters(findings), *factors(findings), *together(findings), *no_contradiction(findings),
        *unclear(findings), *about_numbers(findings), *before_pruning(findings.early),
    ])  # fmt: skip
    if long is not None:
        if effects is None:
            table = effects_table(long.effects, results.objective, ranks=False)
        else:
            table = budgets_table(results, effects, long)
        return Section(TITLE, text, "verified", table, pairs(findings))
    table = effects_table(decides, results.objective, ranks=False)
    return Section(
        TITLE,
        text,
        "effects",
        table,
        (
            *_two_intervals(decides),
            *at_best(findings),
            *pairs(findings),
            *dependent(findings),
            *moved_by(findings),
        ),
    )


def _two_intervals(effects: Effects) -> list[str]:
    """Explain why the first effect has another interval in the text than in the table."""
    named = headline(effects)
    if named == effects.of(named.technique):
        return []
    return [
        f"Above the table the interval of {named.technique} is wider, as it allows for the choice "
        "of the largest effect."
    ]


def _without_effects(findings: Findings) -> Section | None:
    """The ladder's steps, where nothing else says what matters, or why nothing does."""
    if findings.ladder:
        verdict = ladder_verdict(findings.ladder, findings.comparisons)
        text = f"{about_ladder(findings.results)} {verdict}".rstrip()
        return Section(TITLE, text, table=ladder_table(findings))
    # Without a complete run the headline has said why.
    said = about_numbers(findings)
    if findings.results.best is not None:
        said.append(no_effects(findings.results))
    said += before_pruning(findings.early)
    figure = "numbers" if findings.numbers else ""
    return Section(TITLE, " ".join(said), figure) if said else None


def together(findings: Findings) -> list[str]:
    """Compare the runs of techniques that fail together, where they surely do, with all others."""
    failing, objective = findings.failing, findings.results.objective
    if failing is None or not failing.apart:
        return []
    which = " and ".join(
        f"{preposition} {listed(names)}"
        for preposition, names in (("with", failing.cell.on), ("without", failing.cell.off))
        if names
    )
    inside, outside = (outcome(value, objective) for value in (failing.mean, failing.others))
    runs = counted(failing.runs, "run")
    return [f"The {runs} {which} reached {inside} on average, the others {outside}."]


def pairs(findings: Findings) -> tuple[str, ...]:
    """Name the techniques whose effect depends most on another one, by the runs that decide."""
    objective, long = findings.results.objective, findings.verification
    if long is not None:
        said = certain_pairs([row for row in long.interactions if row.certain], objective)
        return (*reversals(findings), *([said] if said else []))
    rows = findings.dependences
    turned = reversed_pairs(rows, objective.maximize)
    return (
        *reversals(findings), *([turned] if turned else []), *main_pairs(rows, objective)
    )  # fmt: skip
