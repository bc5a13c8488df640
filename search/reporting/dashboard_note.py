"""A figure of the effects and a note on it, for a study's pages in optuna-dashboard."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna_dashboard import get_note, save_note, save_plotly_graph_object

from search.reporting.budget import describe_budget
from search.reporting.budgets import answer, cautions_that_count
from search.reporting.figures.effects import figure
from search.reporting.findings import find
from search.reporting.formatting import counted, effect_unit
from search.results import Results

_FIGURE = "kouka-effects"
_MARK = "_kouka renews this note as runs finish._"


def attach(study: optuna.Study, results: Results) -> None:
    """Renew figure and note from the runs so far; leave a note alone that kouka did not write."""
    findings = find(results, [])
    unit = effect_unit(results.objective)
    long = findings.verification
    fitted, of, runs = findings.effects, results, "measured run"
    if long is not None and long.effects is not None:
        fitted, of, runs = long.effects, long.results, "long run"
    if fitted is not None:
        caption = f"{counted(fitted.runs, runs)}; {describe_budget(of)}"
        drawn = figure(fitted, unit, caption)
        save_plotly_graph_object(study, drawn, graph_object_id=_FIGURE)
    note = _note(answer(findings), cautions_that_count(findings), unit)
    before = get_note(study)
    if before != note and (not before or before.startswith(_MARK)):
        save_note(study, note)


def _note(answer: str, points: Sequence[str], unit: str) -> str:
    listed = "".join(f"- {point}\n" for point in points)
    return f"""{_MARK}

**{answer}**

{listed}
The figure *What each technique is worth*, on the study's first page, shows each technique's effect
in {unit} with its 95 % interval. It uses the `measure` trials, or those of
`verify` where there are some, which are a balanced experiment. "No clear effect" means that these
trials cannot tell the effect from a change of seed; "not yet", that some of the planned trials are
still to come.

The dashboard's own *Hyperparameter Importance* is something else: each parameter's PED-ANOVA share,
computed from all completed trials, also those that a search chose. It has no sign, no unit and no
interval. With few trials it can rank a dial that only the search turned above every technique.
Where the two disagree, believe the figure.
"""
