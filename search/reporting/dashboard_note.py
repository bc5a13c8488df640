"""A figure of the effects and a note on it, for a study's pages in optuna-dashboard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import optuna
import plotly.graph_objects as go
from optuna_dashboard import get_note, save_note, save_plotly_graph_object

from search.reporting.answer import commands
from search.reporting.answer.how_sure import how_sure
from search.reporting.answer.what_matters import what_matters
from search.reporting.answer.what_to_do import headline, what_to_do
from search.reporting.figures.effects import figure
from search.reporting.figures.style import CAPTION_WIDTH, columns, end, label, on_its_own, start
from search.reporting.findings import Findings, find
from search.reporting.formatting import counted, effect_unit, if_less
from search.reporting.markdown import rendered
from search.results import Results

_FIGURE = "kouka-effects"
_HEIGHT = 450
"""Pixels that the dashboard gives a figure."""
_MOST_ROWS = 12
"""Effects that have room in it."""
_LONGEST = 24
"""Characters of a name in one line."""
_MARK = "_kouka renews this note as runs finish._"
_IMPORTANCE = """## Why the importances differ

The dashboard's own *Hyperparameter Importance* is something else than these effects: each
parameter's PED-ANOVA share, computed from all completed trials, also those that a search chose. It
has no sign, no unit and no interval. With few trials it can rank a dial that only the search turned
above every technique. Where the two disagree, believe the effects. They are from the `measure`
trials, or those of `verify` where there are some, which are a balanced experiment."""


def attach(
    study: optuna.Study,
    results: Results,
    report: Path | None = None,
    storage_option: str = "",
    storage_note: str = "",
) -> None:
    """Renew figure and note from the runs so far; leave a note alone that kouka did not write.

    `report` is the page that the launch writes at its end; `storage_option` names the storage in
    commands, and `storage_note` explains them, as `Findings` has it.
    """
    found = find(results, [])
    findings = replace(found, storage_option=storage_option, storage_note=storage_note)
    if findings.deciding_effects is not None:
        save_plotly_graph_object(study, _figure(findings), graph_object_id=_FIGURE)
    note = _note(findings, report)
    before = get_note(study)
    if before != note and (not before or before.startswith(_MARK)):
        save_note(study, note)


def _figure(findings: Findings) -> go.Figure:
    """Draw the effects with the headline above them, as the dashboard's first page has no note."""
    drawn = findings.deciding_effects
    assert drawn is not None
    runs = counted(drawn.runs, "long run" if findings.verification else "measured run")
    caption = (
        f"{headline(findings, briefly=True)} {runs}. This study's note says what to do, and why "
        "the importances above differ."
    )
    if len(drawn.effects) > _MOST_ROWS:
        caption = f"The {_MOST_ROWS} largest of {len(drawn.effects)} effects. {caption}"
        drawn = replace(drawn, effects=drawn.effects[:_MOST_ROWS])
    # Its page is wider than a phone, and more lines would leave too few pixels for the rows.
    of = findings.results.objective
    wide = figure(drawn, f"{effect_unit(of)}{if_less(of)}", caption)
    made = on_its_own(wide, CAPTION_WIDTH)
    # The key in words stands in for the legend and its room.
    made.update_layout(height=_HEIGHT, showlegend=False, margin={"b": 60})
    names = [effect.technique for effect in drawn.effects]
    row = (_HEIGHT - made.layout.margin.t - 60) / len(names)
    lines = max(1 + label(name).count("<br>") for name in names)
    made.update_traces(marker_size=max(6, min(12, int(0.7 * row))))
    # All names, as Plotly leaves some out where there is little room for them.
    made.update_yaxes(
        tickvals=[label(name) for name in names],
        ticktext=[label(name) if 15 * lines <= row else _short(name) for name in names],
        tickfont={"size": max(8, min(12, int(0.85 * row)))},
    )
    return made.update_layout(height=_HEIGHT)


def _short(name: str) -> str:
    """A name in one line, of which a long one has its two ends."""
    half = _LONGEST // 2 + 1
    short = name if columns(name) <= _LONGEST else f"{start(name, half)}…{end(name, half)}"
    return short.replace("<", "&lt;")


def _note(findings: Findings, report: Path | None) -> str:
    parts = [_MARK]
    for section in (what_to_do(findings), what_matters(findings), how_sure(findings)):
        if section is not None:
            parts += [f"## {section.title}", *rendered(section, wrapped=True)]
    if findings.effects is not None:
        parts.append(
            "The figure *What each technique is worth*, on this study's first page, draws the "
            "effects with their 95 % intervals."
        )
    parts.append(_IMPORTANCE)
    again = commands.line(findings, "export")
    where = f"`{report}` is written at the end of the launch; " if report else ""
    parts += ["## The report", f"{where}`{again}` writes it at any time."]
    return "\n\n".join(parts) + "\n"
