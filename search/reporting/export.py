"""Export of a study's report, figures, tables and summary to a folder."""

from __future__ import annotations

import csv
import json
import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import optuna
import plotly.graph_objects as go
import plotly.io
from plotly.offline import get_plotlyjs

from search.errors import InputError, as_given
from search.reporting.figures.style import on_its_own
from search.reporting.findings import Findings, analyse, check_findings
from search.reporting.gallery import draw
from search.reporting.html import page
from search.reporting.latex import documents
from search.reporting.markdown import document
from search.reporting.picture_html import escape
from search.reporting.records import Records, records
from search.reporting.report_folder import PAGE, REPORT, SUMMARY, UnwrittenError, check_own
from search.reporting.sections import sections
from search.reporting.sentences.limits import taken
from search.reporting.summary import summarise
from search.settings import Limits
from search.writable import check_folder, unwritable

IMAGE_FORMATS = ("png", "svg", "pdf")
LATEX = "latex"
FORMATS = (*IMAGE_FORMATS, LATEX)
"""What can be written beside the report."""
_WIDTH = 1000
"""Pixels, of a figure that does not say; an image is as high as its figure."""
_UNENCODABLE = "backslashreplace"
"""The treatment of names of files that are not UTF-8: their bytes become escapes."""
_SCALE = {"png": 2}
"""Pixels of an image for each of its figure, for screens that show two."""


def export_study(
    study: optuna.Study,
    out: str | Path,
    formats: Sequence[str] = (),
    objective: int | str | None = None,
    storage_option: str = "",
    *,
    images: bool = True,
    at_most: Limits | None = None,
    storage_note: str = "",
) -> tuple[Findings, str]:
    """Write the report, the figures, the tables and the summary of a study to `out`.

    `formats` are of `FORMATS`: images, which are written beside the interactive figures where a
    Chrome is found, and LaTeX's tables and methods. Every file is complete before it replaces an
    older one. Returns the findings, and a sentence on images that could not be written, else an
    empty string. `objective` is one of a study's several, by its number, from 1, or its name,
    and `storage_option` names the storage in the report's commands, or `storage_note` says how they
    find it. Without `images`, none of the study's own is shown.
    `at_most` are other limits of what is recommended than the study's own. Raises `InputError`
    where no recipe is within these, where `out` cannot be written, or where it holds files of the
    same names that are no report's.
    """
    _check_formats(formats)
    check_out(_folder(out))
    found = analyse(study, objective=objective, images=images, at_most=at_most)
    if at_most is not None and found.recommended is not None and not found.recommended.within:
        raise InputError(taken(found.results, found.recommended))
    findings = replace(found, storage_option=storage_option, storage_note=storage_note)
    unwritten = write(findings, out, formats)
    return findings, unwritten


def check_out(out: Path) -> None:
    """Raise `InputError` where a report could not be written to a folder."""
    check_folder("--out", out)
    check_own(out)


def write(findings: Findings, out: str | Path, formats: Sequence[str] = ()) -> str:
    """Write findings to a folder, as `export_study` does, and return its sentence."""
    check_findings(findings)
    _check_formats(formats)
    out = _folder(out)
    figures = draw(findings)
    parts = sections(findings)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".kouka-") as folder:
            draft = Path(folder)
            for name, table in records(findings).items():
                _csv(draft / f"{name}.csv", table)
            _figures(figures, draft)
            _text(draft / REPORT, page(findings.results, parts, figures))
            _text(draft / SUMMARY, json.dumps(summarise(findings), indent=2) + "\n")
            if LATEX in formats:
                for name, text in documents(findings).items():
                    _text(draft / f"{name}.tex", text)
            images = tuple(kind for kind in formats if kind in IMAGE_FORMATS)
            unwritten = _images(figures, images, draft)
            written = () if unwritten else images
            _text(draft / PAGE, document(findings.results, parts, figures, written))
            names = sorted((file.name for file in draft.iterdir()), key=SUMMARY.__ne__)
            check_own(out, names)
            # The summary first, by which others that write here know the report as kouka's.
            for name in names:
                (draft / name).replace(out / name)
    except (OSError, RecursionError) as error:  # the latter of a path with too many folders
        raise UnwrittenError(unwritable("--out", out, error)) from error
    return unwritten


def _folder(out: str | Path) -> Path:
    if not isinstance(out, str | Path) or out == "":
        raise InputError(f"out={as_given(out)} names no folder; it takes a path, str or Path")
    return Path(out)


def _check_formats(formats: Sequence[str]) -> None:
    listed = isinstance(formats, Sequence) and not isinstance(formats, str | bytes)
    unknown = [kind for kind in formats if kind not in FORMATS] if listed else [formats]
    if unknown:
        raise InputError(
            f"formats takes a list of {', '.join(FORMATS)}, and not {as_given(unknown[0])}"
        )


def _figures(figures: Mapping[str, go.Figure], folder: Path) -> None:
    if figures:
        _text(folder / "plotly.min.js", get_plotlyjs())
    for name, figure in figures.items():
        _text(folder / f"{name}.html", _page(figure))


def _page(figure: go.Figure) -> str:
    """A figure as a page of its own, with what a screen reader and a phone ask of a page."""
    html: str = on_its_own(figure).to_html(include_plotlyjs="directory")
    head = (
        f"<html lang='en'><head><title>{escape(figure.layout.meta['title'])}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    )
    return re.sub(r"<html>\s*<head>", lambda _: head, html, count=1)


def _images(figures: Mapping[str, go.Figure], formats: Sequence[str], folder: Path) -> str:
    """Write the figures as images, or return a sentence that says why not."""
    wanted = [(name, kind) for name in figures for kind in formats]
    try:
        if wanted:
            plotly.io.write_images(
                [figures[name] for name, _ in wanted],
                [folder / f"{name}.{kind}" for name, kind in wanted],
                width=[figures[name].layout.meta.get("width", _WIDTH) for name, _ in wanted],
                height=[figures[name].layout.height for name, _ in wanted],
                scale=[_SCALE.get(kind, 1) for _, kind in wanted],
            )
    except RuntimeError as error:
        # Plotly raises this class where there is no browser, and the browser's errors subclass it.
        absent = type(error) is RuntimeError
        problem = (
            "was not found" if absent else f"did not start ({str(error).partition(chr(10))[0]})"
        )
        return (
            f"No {' or '.join(formats)} was written: that needs Chrome or Chromium, which "
            f"{problem}. The HTML figures can save a PNG from their own menu."
        )
    return ""


def _csv(path: Path, table: Records) -> None:
    with path.open("w", newline="", encoding="utf-8", errors=_UNENCODABLE) as file:
        writer = csv.DictWriter(file, table.columns)
        writer.writeheader()
        writer.writerows(
            {name: _cell(value, name in table.parameters) for name, value in row.items()}
            for row in table.rows
        )


def _cell(value: object, of_parameter: bool) -> object:
    if isinstance(value, float) and math.isnan(value):
        return ""
    return str(value) if of_parameter else value


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors=_UNENCODABLE)
