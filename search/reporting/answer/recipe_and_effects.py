"""Where the recommended recipe and the effects seem to say different things, and why."""

from __future__ import annotations

from search.analysis.contexts import context_of
from search.analysis.effects import CERTAIN
from search.analysis.long_runs import deciding
from search.analysis.model import varied
from search.parameters import level_label
from search.reporting.findings import Findings
from search.reporting.formatting import listed, listed_first
from search.reporting.sentences import dials, recipes
from search.reporting.sentences.contexts import beside


def unlike_averages(findings: Findings) -> list[str]:
    """Name what the recommended recipe has on though it hurts, or off though it helps."""
    decision, effects = findings.decision, findings.deciding_effects
    if decision is None or effects is None or not decision.recommended.on:
        return []
    context = context_of(effects.fit.model)
    parts: list[str] = []
    for state, verdict, verb in (("on", "hurts", "hurt"), ("off", "helps", "help")):
        names = [one.technique for one in effects.effects
                 if one.verdict == verdict and one.level is None
                 and (one.technique in decision.recommended.on) == (state == "on")]  # fmt: skip
        if names:
            average = "" if parts or context else " on average"
            does = verdict if len(names) == 1 else verb
            parts.append(f"{listed(names)} {state}, which {does}{average}")
    if not parts:
        return []
    are = f"Each effect is that {beside(context)}" if context else "Effects are averages"
    if at := dials.measured_at(decision.recommended, findings.results):
        are += f", measured at {dials.in_words(at)}"
    return [f"{are}: the recommended recipe has {', and '.join(parts)}."]


def unclear(findings: Findings) -> list[str]:
    """Name what the recommended recipe has on, and at which level, though neither surely helps."""
    decision, effects = findings.decision, findings.deciding_effects
    if decision is None or effects is None or not effects.look.complete:
        return []
    decides = deciding(findings.results)
    on = decision.recommended.on & {*varied(decides.of("measure"), decides.factors)}
    names = [
        one.technique
        for one in effects.effects
        if one.technique in on and one.verdict not in CERTAIN
    ]
    levels = [
        f"{one.level.parameter} {level_label(one.level.level)}"
        for one in effects.effects
        if one.level is not None
        and one.verdict not in CERTAIN
        and decision.recommended.params.get(one.level.parameter) == one.level.level
    ]
    has = [*([f"{listed_first(names)} on"] if names else []), *levels]
    if not has:
        return []
    effect = "effect is" if len(names) + len(levels) == 1 else "effects are"
    beside = any(one.technique in on and one.verdict == "helps" for one in effects.effects)
    return [
        f"The recommended recipe, chosen as a whole, {'also ' * beside}has "
        f"{listed_first(has)}, whose {effect} not clear."
    ]


def no_contradiction(findings: Findings) -> list[str]:
    """Explain where the recommended recipe and the effects seem to say different things."""
    decision, effects = findings.decision, findings.deciding_effects
    if unlike := unlike_averages(findings):
        return unlike
    if decision is None or effects is None or decision.any_better:
        return []
    if not any(effect.verdict == "helps" for effect in effects.effects):
        return []
    context = context_of(effects.fit.model)
    are, many = "Effects are averages over whatever else is on", "many recipes"
    if context:
        are, many = f"Each effect is that {beside(context)}", "there"
    return [
        f"{are}: a technique may help {many}, and still add little to "
        f"{recipes.plain_again(findings.results)}."
    ]
