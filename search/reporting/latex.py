"""Tables and a paragraph of methods for a paper, in LaTeX with the package booktabs.

Each file is one for `input`. LaTeX must know the letters of the names in them: what is not Latin
takes LuaLaTeX or XeLaTeX.
"""

from __future__ import annotations

import math
import re
from importlib.metadata import version

from search.analysis.contexts import context_of
from search.analysis.effects import Effects
from search.objective import UNNAMED
from search.reporting import tables
from search.reporting.answer.short_and_long import held
from search.reporting.findings import Findings, Verification
from search.reporting.formatting import about, capitalized, counted, effect_unit, listed
from search.reporting.section import Table
from search.reporting.sentences.budget import describe_budget, short_budget
from search.reporting.sentences.contexts import averaged
from search.reporting.sentences.fresh_seeds import about_tests, fresh_seeds
from search.results import Results

_MARKUP = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "[": "{[}", "*": "{*}", "<": "$<$", ">": "$>$", "|": r"\textbar{}", "\n": " ",
    "×": r"$\times$", "−": "$-$", "±": r"$\pm$", "—": "---", "–": "--", "…": r"\dots{}",
}  # fmt: skip
_WIDE_CELL = 40
"""Characters of a cell above which its column is a paragraph."""
_MANY = 5
"""Columns above which a table is set small."""


def documents(findings: Findings) -> dict[str, str]:
    """Write each table that the findings have rows for, and `methods`, by the name of its file."""
    objective = findings.results.objective
    unit = effect_unit(objective)
    found: dict[str, tuple[str, Table]] = {}
    long = findings.verification
    if long is not None:
        found["verified"] = (
            _of_effects(unit, long.effects, long.results),
            tables.effects_table(long.effects, objective),
        )
    if findings.effects is not None:
        found["effects"] = (
            _of_effects(unit, findings.effects, findings.results),
            tables.effects_table(findings.effects, objective),
        )
    if known := [row for row in findings.interactions if not math.isnan(row.effect)]:
        found["interactions"] = (
            f"Interactions of two techniques in {unit}; p at a false discovery rate.",
            tables.interactions_table(known),
        )
    if findings.confirmed:
        found["confirmed"] = (
            f"Recipes on {fresh_seeds(findings.results)}.",
            tables.confirmed_table(findings),
        )
    if findings.ladder:
        found["ladder"] = (
            "Techniques added one after another, and their effects averaged over all orders.",
            tables.ladder_table(findings),
        )
    written = {name: _table(name, caption, table) for name, (caption, table) in found.items()}
    return {**written, "methods": escape(methods(findings)) + "\n"}


def _of_effects(unit: str, effects: Effects, results: Results) -> str:
    """Caption the effects of some runs, with their budget."""
    budget = short_budget(results)
    head = f"Effect of each technique in {unit}, from {counted(effects.runs, 'run')}"
    return f"{head}, {budget}." if budget else f"{head}."


def escape(text: str) -> str:
    """Escape what LaTeX would read as markup; a sign before a number becomes that of a formula."""
    escaped = "".join(_MARKUP.get(character, character) for character in text)
    return re.sub(r"(?<![\w-])([+-])(?=\d)", r"$\1$", escaped)


def _table(name: str, caption: str, table: Table) -> str:
    longest = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
    kinds = "".join(
        "r" if at in table.numbers else r"p{0.35\textwidth}" if length > _WIDE_CELL else "l"
        for at, length in enumerate(longest)
    )
    small = r"\footnotesize" if len(table.head) > _MANY else r"\small"
    lines = [" & ".join(escape(cell) for cell in row) + r" \\" for row in (table.head, *table.rows)]
    return "\n".join((
        r"\begin{table}", r"\centering", small, rf"\caption{{{escape(caption)}}}",
        rf"\label{{tab:{name}}}", rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", lines[0],
        r"\midrule", *lines[1:], r"\bottomrule", r"\end{tabular}", r"\end{table}", "",
    ))  # fmt: skip


def methods(findings: Findings) -> str:
    """Describe in plain text how the findings came about, for the methods of a paper."""
    results, effects, long = findings.results, findings.deciding_effects, findings.verification
    studied = [*results.factors, *(one.name for one in results.categories)]
    names = listed(studied) if studied else "no technique"
    budget = describe_budget(results)
    parts = [
        f"We studied what {names} {'does' if len(studied) == 1 else 'do'} to "
        f"{results.objective.name} with kouka {version('kouka')}.",
        *([f"Each run was trained as follows: {budget}."] if not results.foreign else ()),
        *_runs(results),
        *(_long_runs(long) if long is not None else ()),
        *(_effects(effects, results) if effects is not None else ()),
    ]
    if findings.interactions:
        parts.append(
            "The p-values of interactions control the false discovery rate (Benjamini & Hochberg "
            "1995)."
        )
    if findings.confirmed:
        seeds = max(row.runs for row in findings.confirmed)
        parts.append(
            f"{listed([row.label for row in findings.confirmed])} were trained again with "
            f"{counted(seeds, 'fresh seed')} each"
            + ("." if results.program is not None else f", and measured on the test "
               f"{results.things}, which had no part in any choice.")
        )  # fmt: skip
        parts += about_tests(results, findings.confirmed)
    if results.versions:
        made = listed([f"{name} {number}" for name, number in results.versions.items()])
        parts.append(f"The runs were made with {made}.")
    return " ".join(capitalized(part) for part in parts)


def _runs(results: Results) -> list[str]:
    measured = counted(len(results.of("measure")), "complete run")
    if not results.designed:
        return [f"The {measured} are those of a study that another program planned."]
    parts = []
    if results.of("measure"):
        balanced = results.settings is not None and results.settings.order == "balanced"
        against = " that is balanced against a drift (Bailey 1987)" if balanced else ""
        parts.append(
            "The techniques were turned on and off in a balanced two-level factorial design, of "
            f"which there are {measured}, in a random order{against} and each with a seed of its "
            "own (Box, Hunter & Hunter 2005)."
        )
    if steps := results.of("ladder"):
        parts.append(
            f"{counted(len(steps), 'run')} added the techniques one after another, each with a "
            "seed of its own."
        )
    if searched := sum(run.phase == "search" and run.ended for run in results.runs):
        parts.append(
            f"{counted(searched, 'further run')} searched for the best recipe by the "
            "tree-structured Parzen estimator (Bergstra et al. 2011); no effect is estimated from "
            "these."
        )
    return parts


def _long_runs(long: Verification) -> list[str]:
    """Describe the runs of `verify`, whose effects decide."""
    results = long.results
    turned = f"turned {listed(list(results.factors))} on and off"
    kept = held(long)
    return [
        f"{counted(len(results.of('measure')), 'further run')} of a balanced design, "
        f"{short_budget(results)}, {turned} around the recipe that these runs recommended"
        + (f", with {kept}." if kept else "."),
        "The effects are those of these long runs.",
    ]


def _effects(effects: Effects, results: Results) -> list[str]:
    fit = effects.fit
    seen = context_of(fit.model) is None
    pairs = "with" if effects.pairs and seen else "without"
    parts = [
        f"The effect of a technique is the change when it is turned on{averaged(effects)}, by "
        f"least squares on columns of plus and minus one, {pairs} the interactions of two "
        "techniques."
    ]
    if not effects.dof:
        return [*parts, "The runs are too few for intervals."]
    sources = [
        f"{count} from {source}"
        for count, source in (
            (fit.dof_from_residuals, "the residuals"),
            (fit.dof_from_repeats, "repeated runs"),
            (
                fit.dof_from_interactions,
                "the interactions" if fit.outlier else "the smaller interactions (Dong 1993)",
            ),
        )
        if count
    ]
    freedom = counted(effects.dof, "degree") + " of freedom"
    whence = f", {listed(sources)}" if len(sources) > 1 or not fit.dof_from_residuals else ""
    parts.append(
        "Intervals are 95 % t intervals, each for its technique alone; the noise has "
        f"{freedom}{whence}."
    )
    if fit.covariances is not None and seen:
        parts.append(
            "As runs are missing, interactions are random terms of a mixed model (Searle, Casella "
            "& McCulloch 1992)."
        )
    elif fit.dof_from_residuals == effects.dof:
        parts.append(
            "Standard errors are heteroscedasticity-consistent (HC2, MacKinnon & White 1985)."
        )
    looks = len(effects.look.sizes)
    grown = f", and for the {looks} sizes at which the study was judged (Lan & DeMets 1983)"
    parts.append(
        f"The p-values of the {counted(effects.tests, 'effect')} are corrected for their "
        "number by the studentized maximum modulus (Stoline & Ury 1979)"
        f"{grown if looks > 1 else ''}; a verdict takes one below 5 %."
    )
    if not math.isnan(effects.minimum_detectable_effect):
        named = results.objective.unit or results.objective.name != UNNAMED
        unit = f" {effect_unit(results.objective)}" if named else ""
        least = about(effects.minimum_detectable_effect)
        parts.append(f"An effect of {least}{unit} is found by four of five such studies.")
    return parts
