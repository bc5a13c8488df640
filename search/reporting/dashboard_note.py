"""The effects beside the trials in optuna-dashboard: a figure and a note that says what it is."""

from __future__ import annotations

import optuna
from optuna_dashboard import get_note, save_note, save_plotly_graph_object

from search.analysis.effects import effects, repeated
from search.reporting import words
from search.reporting.cautions import notes
from search.reporting.figures.effects import figure
from search.results import Results

_FIGURE = "kouka-effects"
_MARK = "_kouka renews this note as runs finish._"


def attach(study: optuna.Study, results: Results) -> None:
    """Show in the dashboard what the runs say so far; a note of somebody else's is left alone."""
    repeats = repeated(results)
    found = effects(results.of("measure"), results.factors, repeats, results.objective.maximize)
    if found is not None:
        caption = f"{found.runs} measured runs; {words.budget(results)}"
        drawn = figure(found, words.worth(results.objective), caption)
        save_plotly_graph_object(study, drawn, graph_object_id=_FIGURE)
    answer = words.answer(found, results.objective) if found else words.no_effects(results)
    said = _note(answer, notes(results, found, repeats), words.worth(results.objective))
    before = get_note(study)
    if before != said and (not before or before.startswith(_MARK)):
        save_note(study, said)


def _note(answer: str, cautions: list[str], unit: str) -> str:
    points = "".join(f"- {caution}\n" for caution in cautions)
    return f"""{_MARK}

**{answer}**

{points}
The figure *What each technique is worth* (on the study's first page) shows each technique's
effect in {unit} with its 95 % interval, from the `measure` trials, which
are a balanced experiment. The dashboard's own *Hyperparameter Importance* is something else: the
PED-ANOVA share of each parameter, computed from all completed trials, those among them that a
search chose. It has no sign, no unit and no interval, and with few trials it can put a dial that
only the search turned above every technique. Where the two disagree, believe the figure.
"""
