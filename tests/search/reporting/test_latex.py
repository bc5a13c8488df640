"""What a paper takes from a study: LaTeX that says what was done, with the report's numbers."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from search.objective import UNNAMED, Objective
from search.planning.design import design
from search.reporting.export import write
from search.reporting.findings import Findings, find
from search.reporting.formatting import change
from search.reporting.latex import documents, escape, methods
from tests.search.analysis.test_ladder import climbed
from tests.search.reporting.test_html import everything
from tests.support.simulate import results_of, simulated

LATEX = shutil.which("pdflatex")
ODD = r"[a_b]", "*50%&#", "x^{2}~$", r"c:\new", "<é> – ½", "-1 to +2", "a|b", "n\nn"


def odd() -> Findings:
    """Another program's study, with all that LaTeX reads as markup in its names."""
    worth = {name: float(number) for number, name in enumerate(ODD)}
    runs = simulated(design(8, 32, 32), 0, 0.3, effects=worth)
    named = Objective("my_loss & more", "", 1.0, maximize=False)
    return find(results_of(runs, ODD, objective=named, designed=False), [])


def few() -> Findings:
    """Runs that are too few for an interval."""
    return find(results_of(simulated(design(8, 16, 16)[:10], 0, 0.3)), [])


STUDIES: dict[str, Callable[[], Findings]] = {
    "everything": lambda: everything(versions={"keras": "3.15.1"}),
    "odd names": odd,
    "few runs": few,
    "a ladder alone": lambda: find(results_of(climbed()), []),
    "nothing yet": lambda: find(results_of([]), []),
}


@pytest.mark.skipif(LATEX is None, reason="no TeX: Debian's texlive-latex-recommended brings one")
def test_a_paper_takes_it(tmp_path: Path) -> None:
    body = []
    for number, study in enumerate(STUDIES.values()):
        for name, text in documents(study()).items():
            (tmp_path / f"{name}{number}.tex").write_text(text, encoding="utf-8")
            body.append(rf"\input{{{name}{number}}}" + "\n\n")
    paper = (r"\documentclass{article}\usepackage{booktabs}\begin{document}"
             f"{''.join(body)}" r"\end{document}")  # fmt: skip
    (tmp_path / "paper.tex").write_text(paper, encoding="utf-8")
    ran = subprocess.run(
        [str(LATEX), "-interaction=nonstopmode", "-halt-on-error", "paper.tex"], cwd=tmp_path,
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")


def test_tables_have_the_reports_numbers_and_whole_rows() -> None:
    findings = everything()
    written = documents(findings)
    assert written.keys() == {"effects", "interactions", "confirmed", "ladder", "methods"}
    assert findings.effects is not None
    for effect in findings.effects.effects:
        assert f"{escape(effect.technique)} & {escape(change(effect))} & " in written["effects"]
    for name in written.keys() - {"methods"}:
        columns = re.search(r"begin\{tabular\}\{((?:[lr]|p\{[^}]*\})+)\}", written[name])
        assert columns is not None
        count = len(re.sub(r"p\{[^}]*\}", "p", columns[1]))
        rows = [line for line in written[name].splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {count - 1}


def test_methods_say_what_was_done_and_no_more() -> None:
    said = methods(STUDIES["everything"]())
    for part in (
        "cifar10, 2 epochs, batch 128, width 0.5", "balanced two-level factorial design",
        "64 complete runs", "with the interactions of two techniques",
        "3 fresh seeds each", "tree-structured Parzen", "studentized maximum modulus",
        "false discovery rate", "made with keras 3.15.1", "95 % t intervals",
    ):  # fmt: skip
        assert part in said, part
    said = methods(odd())
    assert "of a study that another program planned" in said
    assert "balanced" not in said
    assert "fresh seed" not in said
    assert "factorial" not in methods(find(results_of(climbed()), []))
    grown = replace(everything().results, settings=None)
    assert "Lan & DeMets" not in methods(find(grown, []))


def test_the_command_writes_it_beside_the_report(tmp_path: Path) -> None:
    findings = find(results_of(climbed(), designed=True), [])
    assert write(findings, tmp_path, ("latex",)) == ""
    assert {file.name for file in tmp_path.glob("*.tex")} == {"ladder.tex", "methods.tex"}
    objective = Objective(UNNAMED, "", 1.0, maximize=False)
    write(find(results_of([], objective=objective), []), tmp_path / "empty", ("latex",))
    assert [file.name for file in (tmp_path / "empty").glob("*.tex")] == ["methods.tex"]
