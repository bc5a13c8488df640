"""The end of a launch: the recipe to use and what it is worth, in a few lines or as values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.analysis.confirmation import Confirmed, Mean, describe
from search.reporting import words
from search.reporting.findings import Findings
from search.reporting.formatting import counted, mean
from search.reporting.summary import SCHEMA, plain, summarise
from search.results import Results

_LONGEST = 130
"""Characters of a recipe that is given in full."""
_BESIDE = ("all off", "all on", "earlier best")
"""Labels of the confirmed recipes that are not the one to use."""


@dataclass(frozen=True)
class Recommended:
    """The recipe to use, as far as the runs tell. Values are in percent or the objective's unit."""

    recipe: str
    """The techniques that are on, with their dials; "none" where there are none."""
    confirmed: bool
    """True where it ran on fresh seeds, and the values are those on the test images; else they are
    of one run on the validation images, which was chosen for being the best."""
    runs: int
    """Seeds."""
    value: Mean
    """The objective."""
    all_off: Mean | None
    """The same of the plain network; None where it did not run as this recipe did."""

    @property
    def gain(self) -> float | None:
        """What the recipe gains over all techniques off, in points or the objective's unit."""
        return None if self.all_off is None else self.value.mean - self.all_off.mean


@dataclass(frozen=True)
class Exported:
    """What an export wrote and found."""

    findings: Findings
    out: Path
    """The folder that was written."""
    unwritten: str = ""
    """A sentence on images that could not be written."""

    @property
    def report(self) -> Path:
        """The report, as a page."""
        return self.out / "report.html"

    def to_json(self, left: int | None = None) -> dict[str, Any]:
        """Build the document of `--json`; `left` are the runs that a launch has left to do."""
        found = recommended(self.findings)
        return {
            "schema": SCHEMA,
            "study": self.findings.results.name,
            "left": left,
            "recommended": None if found is None else plain({
                "recipe": found.recipe, "confirmed": found.confirmed, "runs": found.runs,
                "value": found.value.mean, "low": found.value.low, "high": found.value.high,
                "all_off": None if found.all_off is None else found.all_off.mean,
                "gain": found.gain,
            }),
            "report": str(self.report),
            "out": str(self.out),
            "unwritten": self.unwritten or None,
            "summary": summarise(self.findings),
        }  # fmt: skip


def recommended(findings: Findings) -> Recommended | None:
    """Return the recipe that was confirmed, else that of the best run so far; None without runs."""
    rows = findings.confirmed
    best = next((row for row in rows if row.label not in _BESIDE), None)
    if best is not None:
        off = next((row for row in rows if row.label == "all off"), None)
        return Recommended(best.recipe, True, best.runs, best.test_objective, _tested(off))
    results = findings.results
    if results.best is None:
        return None
    value = Mean(results.best.scaled, math.nan, math.nan)
    return Recommended(describe(results.best, results.factors), False, 1, value, None)


def _tested(row: Confirmed | None) -> Mean | None:
    return None if row is None else row.test_objective


def answer_lines(findings: Findings) -> list[str]:
    """Answer in a few sentences, a line each: the recipe, what it reaches, what matters."""
    results = findings.results
    lines = []
    if (found := recommended(findings)) is not None:
        lines += [_recipe(found.recipe), _reached(found, results)]
    if findings.effects is not None:
        lines.append(words.answer(findings.effects, results, briefly=True))
    elif findings.ladder:
        lines += [_climbed(findings), words.ladder_verdict(findings.ladder, findings.comparisons)]
    else:
        lines.append(words.no_effects(results))
    return [line for line in lines if line]


def _recipe(recipe: str) -> str:
    """Name the techniques of a recipe; of more than two lines without dials and the last names."""
    if recipe == "none":
        return "Recipe: no technique, which is the plain network."
    if len(recipe) <= _LONGEST:
        return f"Recipe: {recipe}."
    names = re.sub(r" \([^)]*\)", "", recipe).split(", ")
    shown = names
    while len(", ".join(shown)) > _LONGEST and len(shown) > 1:
        shown = shown[:-1]
    more = len(names) - len(shown)
    return f"Recipe: {', '.join(shown)}{f' and {more} more' if more else ''}."


def _reached(found: Recommended, results: Results) -> str:
    objective = results.objective
    if not found.confirmed:
        luck = "the best of all, which is in part luck"
        how = "" if results.settings is None else ": --confirm 3 tests it on fresh seeds"
        return f"Its run reached {words.named_level(found.value.mean, objective)}, {luck}{how}."
    text = f"Test {objective.measure} {mean(found.value, objective)}"
    text += f" over {counted(found.runs, 'fresh seed')}"
    if found.all_off is None or found.gain is None:
        return f"{text}."
    off = mean(found.all_off, objective)
    gain = f"{found.gain:+.2f}" if objective.share else f"{found.gain:+.4g}"
    return f"{text}: {gain} {objective.unit or ''}".rstrip() + f" over all off, {off}."


def _climbed(findings: Findings) -> str:
    first, last = findings.ladder[0], findings.ladder[-1]
    objective = findings.results.objective
    return (
        f"The article's ladder goes from {mean(first.scaled, objective)}, the base, to "
        f"{mean(last.scaled, objective)} {objective.name}, with all {len(findings.ladder) - 1} "
        "steps."
    )
