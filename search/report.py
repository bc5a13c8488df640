"""The report: one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from string import Template

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from search import words
from search.analysis.confirmation import Confirmed
from search.analysis.effects import Effects
from search.analysis.importances import MEANINGS
from search.analysis.ladder import Step
from search.findings import Findings

_TEMPLATE = Path(__file__).with_name("report.html")


def page(findings: Findings, figures: Mapping[str, go.Figure]) -> str:
    """The whole page: the answer, the effects, the best recipe, then the rest of the figures.

    `figures` maps effects, curves, history and importances to those there are.
    """
    results = findings.results
    sections = [
        _effects(findings.fit, findings.notes, figures),
        _confirmed(findings.confirmed),
        _ladder(findings.ladder),
    ]
    for name, title in (("curves", "Learning curves"), ("history", "Every run")):
        if name in figures:
            sections.append(f"<h2>{title}</h2>{_embed(name, figures[name])}")
    if "importances" in figures:
        meanings = "".join(
            f"<li><b>{escape(name)}</b>: {escape(meaning)}.</li>"
            for name, meaning in MEANINGS.items()
        )
        sections.append(
            "<h2>Optuna's importances</h2><p>They say which settings separate the trials, not by "
            "how many points or in which direction, and have no interval; they count the trials "
            "of every phase, those that a search chose among them. Where they disagree with the "
            f"effects above, believe the effects.</p><ul>{meanings}</ul>"
            + _embed("importances", figures["importances"])
        )
    versions = ", ".join(f"{name} {number}" for name, number in results.versions.items())
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        name=escape(results.name),
        budget=escape(words.budget(results)),
        plotly=get_plotlyjs() if figures else "",
        sections="\n".join(section for section in sections if section),
        date=date.today().isoformat(),
        versions=escape(f" with {versions}" if versions else ""),
    )


def _effects(fit: Effects | None, notes: Sequence[str], figures: Mapping[str, go.Figure]) -> str:
    if fit is None:
        return (
            "<p class='answer'>There are not enough <i>measure</i> runs yet to estimate the effect "
            "of each technique.</p>"
        )
    rows = [
        [effect.technique, words.points(effect), words.interval(effect),
         _p_value(effect.p_value), effect.verdict]
        for effect in fit.effects
    ]  # fmt: skip
    caution = (
        "Each interval is for its technique alone; the verdict goes by the p-value, which is "
        "corrected for the number of techniques tested."
    )
    return (
        f"<p class='answer'>{escape(words.answer(fit))}</p>"
        + _embed("effects", figures["effects"])
        + _table(["technique", "effect, points", "95 % interval", "p", "verdict"], rows, (1, 2, 3))
        + f"<p class='budget'>{escape(caution)}</p>"
        + "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>"
    )  # fmt: skip


def _confirmed(confirmed: Sequence[Confirmed]) -> str:
    if not confirmed:
        return ""
    rows = [
        [
            row.label,
            row.recipe,
            str(row.runs),
            words.percent(row.test),
            words.percent(row.validation),
        ]
        for row in confirmed
    ]
    head = ["", "techniques on", "seeds", "test accuracy (95 %)", "validation accuracy (95 %)"]
    return (
        "<h2>The best recipe, on images and seeds that chose nothing</h2>"
        "<p>The best recipe is that of the highest validation accuracy; fresh seeds and the test "
        "images say what to expect of it.</p>" + _table(head, rows, (2, 3, 4))
    )


def _ladder(steps: Sequence[Step]) -> str:
    if not steps:
        return ""
    rows = [
        [step.adds, str(step.runs), words.percent(step.accuracy), words.points(step),
         words.interval(step)]
        for step in steps
    ]  # fmt: skip
    head = ["adds", "seeds", "validation accuracy (95 %)", "change, points", "95 % interval"]
    return (
        "<h2>The article's ladder</h2><p>Techniques added one after another, in the article's "
        "order. A step holds for this order only: what is on already, and not only the seed, "
        "makes it larger or smaller. The effects above are the mean over all orders.</p>"
        + _table(head, rows, (1, 2, 3, 4))
    )


def _p_value(value: float) -> str:
    if value != value:
        return "—"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(
        f"<tr>{''.join(_cell(cell, column in numbers) for column, cell in enumerate(row))}</tr>"
        for row in rows
    )
    return f"<div class='wide'><table><tr>{cells}</tr>{lines}</table></div>"


def _cell(text: str, number: bool) -> str:
    return f"<td{' class=number' if number else ''}>{escape(text)}</td>"


def _embed(name: str, figure: go.Figure) -> str:
    html = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=name, config={"responsive": True}
    )
    return f"<figure>{html}</figure>"
