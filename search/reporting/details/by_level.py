"""Effects at each level of a factor, such as the learning rate, and at the best of them."""

from __future__ import annotations

from collections.abc import Sequence

from search.analysis.by_level import EffectByLevel
from search.parameters import Category, level_label
from search.reporting.findings import Findings
from search.reporting.formatting import listed, with_interval
from search.reporting.section import Section, Table
from search.reporting.sentences.levels import factors_of, in_words, reversals, rows_of
from search.results import Results


def by_level(findings: Findings) -> Section | None:
    """Tabulate the effects at each level of each factor; None where the runs do not tell them."""
    rows = findings.by_level
    if not rows:
        return None
    names = listed([in_words(name, findings.results) for name in factors_of(rows)])
    if findings.results.foreign:
        names = f"level of {names}"
    factors = {one.name: one for one in findings.results.choices}
    tables = [_table(rows_of(rows, name), factors[name]) for name in factors_of(rows)]
    if len(tables) == 1:
        head, cells = tables[0]
    else:
        head = (
            "technique",
            "of",
            "at each (95 %)",
            "at the best (95 %)",
            "best with it",
            "without",
        )
        cells = tuple(_short(row, findings.results) for row in rows)
    best = "" if findings.results.objective.maximize else ", the smaller the better,"
    return Section(
        f"Effects at each {names}",
        f"What a technique is worth at each {names}, averaged over the rest. At the best means the "
        f"best mean with it on{best} minus the best without it, whichever levels these are at; "
        "that interval allows for the choice of both.",
        table=Table(head, cells, tuple(range(1 if len(tables) == 1 else 2, len(head) - 2))),
        remarks=tuple(reversals(findings)),
    )


def _table(
    rows: Sequence[EffectByLevel], factor: Category
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    effects = [{factor.place(one.level): with_interval(one) for one in row.levels}
               for row in rows]  # fmt: skip
    places = [at for at in factor.ordered if any(at in one for one in effects)]
    labels = [level_label(factor.levels[at]) for at in places]
    head = ("technique", *(f"at {label} (95 %)" for label in labels),
            "at the best (95 %)", "best with it", "without")  # fmt: skip
    cells = tuple(
        (row.technique, *(each.get(at, "—") for at in places), with_interval(row),
         level_label(row.on), level_label(row.off))
        for row, each in zip(rows, effects, strict=True)
    )  # fmt: skip
    return head, cells


def _short(row: EffectByLevel, results: Results) -> tuple[str, ...]:
    each = "; ".join(f"{level_label(one.level)}: {with_interval(one)}" for one in row.levels)
    return (row.technique, in_words(row.factor, results), each, with_interval(row),
            level_label(row.on), level_label(row.off))  # fmt: skip
