"""The generated parts of the pages: tables of numbers, and what the program prints.

`make docs` puts them there, by cog; the sentences around them are written by hand.
"""

from __future__ import annotations

import ast
import math
import tomllib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner

from docs.shipped import ARTICLE, CIFAR, FULL, REFERENCE, data, findings, settings
from model_space.techniques import SETS, TECHNIQUES
from search import LadderStep
from search.cli import app
from search.cli.ending import print_ending
from search.cli.options.storage import DEFAULT_STORAGE
from search.cli.techniques_table import dials
from search.reporting.ending import Exported
from search.reporting.formatting import with_interval
from search.reporting.tables import budget_rows
from search.results import Run

TOP = Path(__file__).parents[1]

ACCURACIES = (72.88, 86.09, 91.24, 89.71, 90.44, 90.46, 90.70, 90.96)
"""Validation accuracy at each step of the article's ladder, percent, of one run each."""
CHANGES = tuple(after - before for before, after in pairwise(ACCURACIES))
"""Points that each of the article's seven steps adds."""
_PLAIN = "nothing: the plain network"


def sections(page: str) -> str:
    """List a page's sections, each with a link."""
    lines = (TOP / page).read_text(encoding="utf-8").splitlines()
    heads = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    return "".join(f"- [{head}](#{anchor(head)})\n" for head in heads)


def anchor(head: str) -> str:
    """The name by which GitHub links to a heading."""
    kept = "".join(one for one in head.lower() if one.isalnum() or one in " -_")
    return kept.replace(" ", "-")


def ending(name: str) -> str:
    """Show how a launch of a shipped study ends."""
    console = Console(highlight=False, markup=False, emoji=False, width=80)
    with console.capture() as said:
        exported = Exported(findings(name), Path("reports") / name)
        print_ending(exported, DEFAULT_STORAGE, console)
    return _block(line.rstrip() for line in said.get().strip("\n").splitlines())


def usage(command: str) -> str:
    """Show what `kouka COMMAND --help` prints."""
    return _block(_printed(command, "--help"))


def techniques() -> str:
    """List the techniques, their dials and the sets that they are in."""
    rows = [
        (
            f"[`{one.name}`](#{one.name})", one.changes, dials(one),
            ", ".join(n for n, names in SETS.items() if n != "all" and one.name in names),
        )
        for one in TECHNIQUES
    ]  # fmt: skip
    return _table(("technique", "changes", "dials: low, usual, high", "sets"), "----", rows)


def ladder() -> str:
    """Put the article's steps beside the same steps, and the effects at either budget."""
    cores, again, full = findings(REFERENCE), findings(ARTICLE), findings(FULL).effects
    assert full is not None
    smaller = {row.step.added: row for row in cores.comparisons}
    rows = []
    for accuracy, change, once in zip(ACCURACIES, (math.nan, *CHANGES), again.ladder, strict=True):
        added = _added(once)
        cells = [added or _PLAIN, f"{accuracy:.2f}", "", f"{once.scaled.value:.2f}"]
        if added:
            effects = [full.of(name) for name in once.added]
            row = smaller[once.added]
            cells[2] = f"{change:+.2f}"
            cells += [
                f"{once.change:+.2f}",
                ", ".join(with_interval(one) for one in effects),
                with_interval(row),
            ]
        rows.append((*cells, *[""] * (7 - len(cells))))
    heads = (
        "adds to the row above", "article, %", "its change", "run again, %", "change then",
        "effect after 100 epochs (95 %)", "on two cores (95 %)",
    )  # fmt: skip
    return _table(heads, "-rrrrrr", rows)


def verified() -> str:
    """Put the effects of the long runs on two cores beside those of the short ones."""
    found = findings(REFERENCE)
    assert found.effects is not None
    assert found.verification is not None
    rows = [
        (f"`{row.technique}`", row.short, row.long, row.difference, row.verdict, row.changed)
        for row in budget_rows(found.effects, found.verification)
    ]
    short, later = (found.results.epochs_of(phase) for phase in ("measure", "verify"))
    heads = (
        "technique", f"after {short} epochs (95 %)", f"after {later} epochs (95 %)",
        "change (95 %)", "verdict of the long runs", "",
    )  # fmt: skip
    return _table(heads, "-rrr--", rows)


def steps() -> str:
    """Put each step of the ladder on two cores beside the effects of what it adds."""
    found = findings(REFERENCE)
    base = found.ladder[0].scaled.value
    rows = [(_PLAIN, f"{base:.1f}", "", "")]
    for row in found.comparisons:
        step = row.step
        rows.append((
            _added(step),
            f"{step.scaled.value:.1f}",
            with_interval(step),
            with_interval(row),
        ))  # fmt: skip
    heads = (
        "adds to the row above", "accuracy, %", "the step, three seeds (95 %)",
        "averaged over the others, 64 runs (95 %)",
    )  # fmt: skip
    return _table(heads, "-rrr", rows)


def studies() -> str:
    """List the budgets and the runs of the shipped studies of CIFAR-10."""
    heads = ("study", "trained on", "validated on", "epochs", "width", "convolutions", "runs")
    rows = []
    for name in CIFAR:
        images, launched = data(name), settings(name)
        runs = findings(name).results.runs
        epochs = str(launched.epochs)
        if launched.verify_epochs:
            epochs += f", long runs {launched.verify_epochs}"
        convolutions = str(launched.depth)
        if "deeper" in launched.techniques:
            convolutions += f" or {launched.depth + 12}"
        rows.append((
            f"`{name}`", f"{images.train:,}", f"{images.validation:,}", epochs,
            f"{launched.width:g}", convolutions, _phases(runs),
        ))  # fmt: skip
    return _table(heads, "-rrrrr-", rows)


def rooms(package: str) -> str:
    """List what a package holds: its sub-packages, then its modules, a sentence each."""
    at = TOP / package
    found = sorted({*at.rglob("__init__.py"), *at.glob("*.py")} - {at / "__init__.py"}, key=_place)
    rows = []
    for file in found:
        place = file.relative_to(TOP).as_posix().removesuffix("__init__.py")
        sentence = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        rows.append((f"`{place}`", sentence.partition("\n")[0]))
    return _table(("room", "holds"), "--", rows)


def layers() -> str:
    """List the layers of each package, from the highest down, as import-linter holds them."""
    pyproject = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    lines = []
    for contract in pyproject["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers":
            (package,) = contract["containers"]
            lines += [f"{package}:", *(f"    {layer}" for layer in contract["layers"]), ""]
    return _block(lines[:-1])


def _place(file: Path) -> tuple[bool, str]:
    """Sort folders before modules, each by name."""
    return file.name != "__init__.py", file.as_posix()


def _printed(*arguments: str) -> list[str]:
    """Run a command, and return the lines that it prints to a terminal of 80 columns."""
    plain = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    ran = CliRunner().invoke(app, arguments, env=plain, prog_name="kouka", catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return [line.rstrip() for line in ran.stdout.strip("\n").splitlines()]


def _added(step: LadderStep) -> str:
    return " + ".join(f"`{name}`" for name in step.added)


def _phases(runs: tuple[Run, ...]) -> str:
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.phase] = counts.get(run.phase, 0) + run.ended
    return ", ".join(f"{count} {phase}" for phase, count in counts.items() if count)


def _table(heads: tuple[str, ...], align: str, rows: Sequence[tuple[str, ...]]) -> str:
    rule = ["---:" if side == "r" else "---" for side in align[: len(heads)]]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, rule, *rows))


def _block(lines: Iterable[str]) -> str:
    return "\n".join(["```text", *lines, "```", ""])
