"""What matters and what does not: the effects that are real, and the others."""

from __future__ import annotations

from search.analysis.effects import CERTAIN, Effects
from search.analysis.headline import headline
from search.analysis.long_runs import deciding
from search.analysis.model import varied
from search.reporting import words
from search.reporting.budgets import matters
from search.reporting.findings import Findings
from search.reporting.formatting import counted, level, listed, listed_first
from search.reporting.levels import at_best, reversals
from search.reporting.section import Section
from search.reporting.tables import budgets_table, effects_table, ladder_table
from search.results import Results

TITLE = "What matters, and what does not"
_MOST_NAMED = 4
"""Techniques in one sentence."""
_ABOUT_LADDER = (
    "adds {things} one after another. A step holds for that order only: what is on already makes "
    "it larger or smaller."
)


def what_matters(findings: Findings) -> Section | None:
    """Name the techniques that help and hurt, with their effects, and those that do neither."""
    results, effects, long = findings.results, findings.effects, findings.verification
    decides = findings.deciding
    if decides is None:
        return _without_effects(findings)
    text = " ".join([
        matters(findings), *together(findings), *no_contradiction(findings), *unclear(findings)
    ])  # fmt: skip
    if long is not None and long.effects is not None:
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
        (*_two_intervals(decides), *at_best(findings), *pairs(findings)),
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


def about_ladder(results: Results) -> str:
    """Say what a ladder does, and for what its steps hold."""
    things = "the techniques" if results.program is None else "factors"
    return f"{words.ladder_name(results)} {_ABOUT_LADDER.format(things=things)}"


def _without_effects(findings: Findings) -> Section | None:
    """The ladder's steps, where nothing else says what matters, or why nothing does."""
    if findings.ladder:
        verdict = words.ladder_verdict(findings.ladder, findings.comparisons)
        text = f"{about_ladder(findings.results)} {verdict}".rstrip()
        return Section(TITLE, text, table=ladder_table(findings))
    if findings.results.best is None:  # the headline has said why
        return None
    return Section(TITLE, words.no_effects(findings.results))


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
    inside, outside = (level(value, objective) for value in (failing.mean, failing.others))
    runs = counted(failing.runs, "run")
    return [f"The {runs} {which} reached {inside} on average, the others {outside}."]


def unlike_averages(findings: Findings) -> list[str]:
    """Name what the recommended recipe has on though it hurts, or off though it helps."""
    decision, effects = findings.decision, findings.deciding
    if decision is None or effects is None or not decision.recommended.on:
        return []
    parts: list[str] = []
    for state, verdict, verb in (("on", "hurts", "hurt"), ("off", "helps", "help")):
        names = [one.technique for one in effects.effects
                 if one.verdict == verdict
                 and (one.technique in decision.recommended.on) == (state == "on")]  # fmt: skip
        if names:
            average = "" if parts else " on average"
            does = verdict if len(names) == 1 else verb
            parts.append(f"{listed(names)} {state}, which {does}{average}")
    if not parts:
        return []
    return [f"Effects are averages: the recommended recipe has {', and '.join(parts)}."]


def unclear(findings: Findings) -> list[str]:
    """Name what the recommended recipe has on though it is not known to help."""
    decision, effects = findings.decision, findings.deciding
    if decision is None or effects is None or not effects.look.complete:
        return []
    decides = deciding(findings.results)
    on = decision.recommended.on & {*varied(decides.of("measure"), decides.factors)}
    names = [
        one.technique
        for one in effects.effects
        if one.technique in on and one.verdict not in CERTAIN
    ]
    if not names:
        return []
    have = "its effect is" if len(names) == 1 else "their effects are"
    return [
        f"The recommended recipe also has {listed_first(names, _MOST_NAMED)} on, as the runs "
        f"lean that way; {have} not clear."
    ]


def no_contradiction(findings: Findings) -> list[str]:
    """Explain where the recommended recipe and the effects seem to say different things."""
    decision, effects = findings.decision, findings.deciding
    if unlike := unlike_averages(findings):
        return unlike
    if decision is None or effects is None or decision.any_better:
        return []
    if not any(effect.verdict == "helps" for effect in effects.effects):
        return []
    return [
        "Effects are averages over whatever else is on: a technique may help many recipes, and "
        f"still add little to {words.plain(findings.results)}."
    ]


def pairs(findings: Findings) -> tuple[str, ...]:
    """Name the techniques whose effect depends most on another one, by the runs that decide."""
    objective, long = findings.results.objective, findings.verification
    if long is not None and long.effects is not None:
        said = words.certain_pairs([row for row in long.interactions if row.certain], objective)
        return (*reversals(findings), *([said] if said else []))
    rows = findings.dependences
    turned = words.reversals(rows, objective.maximize)
    return (
        *reversals(findings), *([turned] if turned else []), *words.main_pairs(rows, objective)
    )  # fmt: skip
