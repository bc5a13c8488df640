"""Everything a study has to show, written to a folder."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import optuna
import plotly.graph_objects as go
import plotly.io
from plotly.offline import get_plotlyjs

from search import words
from search.analysis.importances import Importance, importances
from search.errors import InputError
from search.figures import curves as curves_figure
from search.figures import effects as effects_figure
from search.figures import history as history_figure
from search.figures import importances as importances_figure
from search.findings import Findings, find
from search.report import page
from search.results import Run, read

IMAGE_FORMATS = ("png", "svg")

_EFFECT_COLUMNS = ("technique", "effect", "low", "high", "p_value", "verdict")


def export(study: optuna.Study, out: Path, formats: Sequence[str] = ()) -> tuple[Findings, str]:
    """Write the report, the figures and the tables of a study to `out`.

    `formats`, of `IMAGE_FORMATS`, are written beside the interactive figures where a Chrome is
    found. Every file is complete before it replaces an older one. Returns what was found and a
    sentence on what could not be written, or an empty one. Raises `InputError` where `out` cannot
    be written.
    """
    findings = find(read(study))
    shares = importances(study)
    figures = _figures(findings, shares)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".kouka-") as folder:
            draft = Path(folder)
            _tables(findings, shares, draft)
            if figures:
                (draft / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
            for name, figure in figures.items():
                figure.write_html(draft / f"{name}.html", include_plotlyjs="directory")
            (draft / "report.html").write_text(page(findings, figures), encoding="utf-8")
            unwritten = _images(figures, formats, draft)
            for file in draft.iterdir():
                file.replace(out / file.name)
    except OSError as error:
        raise InputError(
            f"--out {out} cannot be written ({error.strerror}); it takes a folder"
        ) from error
    return findings, unwritten


def _figures(findings: Findings, shares: Sequence[Importance]) -> dict[str, go.Figure]:
    results, fit = findings.results, findings.fit
    budget = words.budget(results)
    figures: dict[str, go.Figure] = {}
    if fit is not None:
        figures["effects"] = effects_figure.figure(fit, f"{fit.runs} runs; {budget}")
    if findings.curves:
        caption = f"mean over {len(results.of('measure'))} measured runs; {budget}"
        figures["curves"] = curves_figure.figure(findings.curves, caption)
    complete = [run for run in results.runs if run.state == "complete"]
    if complete:
        caption = f"{len(complete)} complete runs of all phases; {budget}"
        figures["history"] = history_figure.figure(results, caption)
    if shares:
        caption = f"{len(complete)} complete runs of all phases; what they mean is in the report"
        figures["importances"] = importances_figure.figure(shares, caption)
    return figures


def _images(figures: dict[str, go.Figure], formats: Sequence[str], folder: Path) -> str:
    """Write the figures as images, or say in one sentence why not."""
    wanted = [(name, kind) for name in figures for kind in formats]
    try:
        if wanted:
            plotly.io.write_images(
                [figures[name] for name, _ in wanted],
                [folder / f"{name}.{kind}" for name, kind in wanted],
                width=1000,
            )
    except RuntimeError:
        return (
            f"No {' or '.join(formats)} was written: that needs Chrome or Chromium, which was not "
            "found; the HTML figures save a PNG from their own menu."
        )
    return ""


def _tables(findings: Findings, shares: Sequence[Importance], folder: Path) -> None:
    fitted = findings.fit.effects if findings.fit else ()
    _write(folder / "effects.csv", _EFFECT_COLUMNS, (asdict(effect) for effect in fitted))
    _write(
        folder / "importances.csv",
        ("evaluator", "parameter", "importance"),
        (asdict(share) for share in shares),
    )
    _write(
        folder / "ladder.csv",
        ("adds", "runs", "accuracy", "change", "low", "high"),
        ({**asdict(step), "accuracy": step.accuracy.mean} for step in findings.ladder),
    )
    runs = findings.results.runs
    params = list(dict.fromkeys(name for run in runs for name in run.params))
    columns = ("number", "phase", "state", "accuracy", "test_accuracy", "seconds_per_epoch",
               "parameters", "seed", "diverged", "failure")  # fmt: skip
    _write(folder / "trials.csv", (*columns, *params), (_row(run, columns) for run in runs))


def _row(run: Run, columns: Sequence[str]) -> dict[str, Any]:
    return {**{name: getattr(run, name) for name in columns}, **run.params}


def _write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
