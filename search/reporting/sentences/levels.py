"""Sentences about effects at each level of a factor, such as the learning rate."""

from __future__ import annotations

from collections.abc import Sequence

from search.analysis.by_half import EffectByHalf
from search.analysis.by_level import EffectByLevel, runs_for_levels
from search.parameters import level_label
from search.reporting.findings import Findings
from search.reporting.formatting import counted, effect_unit, in_unit, listed, signed, with_interval
from search.results import Results

_MOST_NAMED = 8
"""Techniques whose effects at the best level are all in one sentence."""
_MOST_DEPENDENT = 3
"""Techniques whose effects at each level are above the details."""


def reversals(findings: Findings) -> list[str]:
    """Name the techniques that surely help at one level and surely hurt at another."""
    results, sentences = findings.results, []
    for name in factors_of(findings.by_level):
        turned = [row for row in rows_of(findings.by_level, name) if row.reverses]
        named = [_turned(row, results) for row in turned]
        if named:
            sentences.append(f"The {in_words(name, results)} decides the sign: {'; '.join(named)}.")
    return sentences


def dependent(findings: Findings) -> list[str]:
    """Name the techniques whose effect is surely another at one level than at another, or in one
    half of a number than in the other.

    Without those that change sign from level to level, which `reversals` names.
    """
    rows = [
        row
        for row in findings.by_level_or_half
        if isinstance(row, EffectByHalf) or (row.depends and not row.reverses)
    ]
    return [
        f"{row.technique} is worth {listed(_each(row, findings.results))}."
        for row in sorted(rows, key=lambda row: row.p_differs)[:_MOST_DEPENDENT]
    ]


def _each(row: EffectByLevel | EffectByHalf, results: Results) -> list[str]:
    unit, name = in_unit(results.objective), in_words(row.factor, results)
    values = [with_interval(one, "" if at else unit) for at, one in enumerate(row.levels)]
    labels = [level_label(one.level) for one in row.levels]
    labels[0] = f"{name} {labels[0]}"
    return [f"{value} with {label}" for value, label in zip(values, labels, strict=True)]


def at_best(findings: Findings) -> list[str]:
    """Give the effects at each technique's best level, or say that the runs are too few."""
    results, sentences = findings.results, []
    measured = results.of("measure")
    for factor in results.several if findings.effects else ():
        rows = rows_of(findings.by_level, factor.name)
        word = in_words(factor.name, results)
        if rows:
            named = [f"{r.technique} {with_interval(r)}" for r in rows[:_MOST_NAMED]]
            unit = effect_unit(results.objective)
            sentences.append(f"At its best {word} each is worth, in {unit}: {listed(named)}.")
        elif enough := runs_for_levels(len(results.factors), results.several, len(measured)):
            asked = max(results.settings.measure, default=0) if results.settings else 0
            # As many as were asked for are enough: some have failed, or are still to come.
            more = f"; a new study with --measure {enough} has them" if enough > asked else ""
            sentences.append(
                f"{counted(len(measured), 'run')} are too few for effects at each {word}{more}."
            )
    return sentences


def _turned(row: EffectByLevel, results: Results) -> str:
    """Name where a technique helps, and where it hurts."""
    better = results.objective.sign
    sides = []
    for verb, sign in (("helps", better), ("hurts", -better)):
        at = [f"{level_label(one.level)} ({signed(one)})"
              for one in row.levels if one.sign == sign]  # fmt: skip
        sides.append(f"{verb} at {listed(at)}")
    return f"{row.technique} {' and '.join(sides)}"


def factors_of(rows: Sequence[EffectByLevel]) -> list[str]:
    """Name the factors of some rows, in their order."""
    return list(dict.fromkeys(row.factor for row in rows))


def rows_of(rows: Sequence[EffectByLevel], factor: str) -> list[EffectByLevel]:
    """Choose the rows of one factor."""
    return [row for row in rows if row.factor == factor]


def in_words(name: str, results: Results) -> str:
    """Name a factor in a sentence; those of a user's program are as their user named them."""
    own = not results.foreign and results.program is None
    return name.replace("_", " ") if own else name
