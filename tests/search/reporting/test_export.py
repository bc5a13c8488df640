"""Studies whose accuracies are computed from known effects, through `kouka export` itself."""

import csv
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import plotly.graph_objects as go
import plotly.io
import pytest
import statsmodels.api
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import create_trial

from search.planning.design import design
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support.faked import Kouka
from tests.support.fakes import EFFECTS, FakeWorker
from tests.support.foreign import foreign_study


def compute_study(rows: np.ndarray, noise: float, seed: int = 0, name: str = "known") -> None:
    """Store trials in the schema that the design describes, by Optuna alone."""
    random = np.random.default_rng(seed)
    study = optuna.create_study(
        study_name=name, storage="sqlite:///studies.db", direction="maximize"
    )
    for number, row in enumerate(rows):
        params: dict[str, float] = {n: bool(on) for n, on in zip(EFFECTS, row, strict=True)}
        distributions: dict[str, optuna.distributions.BaseDistribution] = dict.fromkeys(
            params, CategoricalDistribution([False, True])
        )
        if params["dropout"]:
            params["dropout_rate"] = 0.2
            distributions["dropout_rate"] = FloatDistribution(0.05, 0.5)
        points = 70 + sum(
            e / 2 * (1 if on else -1) for e, on in zip(EFFECTS.values(), row, strict=True)
        )
        points += 2.0 * (1 if row[0] == row[1] else -1)  # augmentation and batch_norm interact
        accuracy = (points + noise * random.standard_normal()) / 100
        study.add_trial(
            optuna.create_trial(
                params=params,
                distributions=distributions,
                value=accuracy,
                intermediate_values={e: accuracy * e / 5 for e in range(1, 6)},
                user_attrs={
                    "phase": "measure", "seed": number, "test_accuracy": accuracy - 0.01,
                    "seconds_per_epoch": 1.0, "parameters": 1000,
                },
            )
        )  # fmt: skip


def effects_of(path: Path) -> list[dict[str, str]]:
    with (path / "effects.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.numeric
@pytest.mark.parametrize("runs", [16, 64])
def test_known_effects_are_found_within_their_intervals(
    kouka: Kouka, folder: Path, runs: int
) -> None:
    compute_study(design(8, runs, runs), noise=0.3)
    result = kouka("export", "known", "--out", "out")
    assert result.exit_code == 0, result.output
    rows = effects_of(folder / "out")
    assert list(rows[0])[:6] == ["technique", "effect", "low", "high", "p_value", "verdict"]
    sizes = [abs(float(row["effect"])) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    inside = sum(
        float(row["low"]) <= EFFECTS[row["technique"]] <= float(row["high"]) for row in rows
    )
    assert inside >= 7  # of eight 95 % intervals
    assert rows[0]["technique"] == "augmentation"
    assert rows[0]["verdict"] == "helps"
    if runs > 16:  # the interaction is in the fit and no longer widens the intervals
        assert {row["technique"]: row["verdict"] for row in rows}["residual"] == "hurts"
        assert max(float(row["high"]) - float(row["low"]) for row in rows) < 0.6


def test_export_writes_a_report_that_needs_no_network(kouka: Kouka, folder: Path) -> None:
    compute_study(design(8, 16, 16), noise=0.3)
    kouka("export", "known", "--out", "out")
    report = (folder / "out" / "report.html").read_text(encoding="utf-8")
    page, _, _ = report.partition("<script>")
    assert 'src="http' not in report.replace(page, "").split("plotly.js v")[0]
    assert "http" not in page
    assert "augmentation helps most" in report.replace("</a>", "")
    for figure in ("effects", "curves", "history", "importances"):
        assert f'id="{figure}"' in report
        html = (folder / "out" / f"{figure}.html").read_text(encoding="utf-8")
        assert 'src="plotly.min.js"' in html
    assert (folder / "out" / "plotly.min.js").stat().st_size > 1_000_000
    assert not list((folder / "out").glob(".kouka*"))


def test_trials_csv_holds_every_trial(kouka: Kouka, folder: Path) -> None:
    compute_study(design(8, 16, 16), noise=0.3)
    kouka("export", "known", "--out", "out")
    with (folder / "out" / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    runs = read(load_study("sqlite:///studies.db", "known")).runs
    assert len(rows) == 16
    for row, run in zip(rows, runs, strict=True):
        assert float(row["accuracy"]) == run.value
        assert row["augmentation"] == str(run.params["augmentation"])
        assert row["dropout_rate"] == str(run.params.get("dropout_rate", ""))


def test_none_as_a_value_differs_from_what_was_not_asked_for(kouka: Kouka, folder: Path) -> None:
    study = optuna.create_study(
        storage="sqlite:///studies.db", study_name="with-none", direction="maximize"
    )
    decay = CategoricalDistribution([None, "cosine"])
    asked: list[dict[str, Any]] = [{"decay": None}, {"decay": "cosine"}, {}]
    for params in asked:
        space: dict[str, BaseDistribution] = dict.fromkeys(params, decay)
        study.add_trial(create_trial(params=params, distributions=space, value=0.5))
    assert kouka("export", "with-none", "--out", "out").exit_code == 0
    with (folder / "out" / "trials.csv").open(newline="") as file:
        assert [row["decay"] for row in csv.DictReader(file)] == ["None", "cosine", ""]


def test_an_unknown_number_is_an_empty_cell(kouka: Kouka, folder: Path) -> None:
    foreign_study()
    assert kouka("export", "foreign", "--out", "out").exit_code == 0
    assert {row["seconds"] for row in effects_of(folder / "out")} == {""}


def test_every_importance_is_there_and_labelled(kouka: Kouka, folder: Path) -> None:
    compute_study(design(8, 64, 64), noise=0.3)
    kouka("export", "known", "--out", "out")
    with (folder / "out" / "importances.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for evaluator in ("PED-ANOVA", "fANOVA", "MDI"):
        shares = {
            r["parameter"]: float(r["importance"]) for r in rows if r["evaluator"] == evaluator
        }
        assert math.isclose(sum(shares.values()), 1, abs_tol=1e-6)
        assert set(EFFECTS) <= set(shares)
        assert evaluator in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_a_study_with_too_few_runs_says_so_and_exports_what_there_is(
    kouka: Kouka, folder: Path
) -> None:
    compute_study(design(8, 16, 16)[:1], noise=0.3)
    result = kouka("export", "known", "--out", "out")
    assert result.exit_code == 0
    assert "too few measure runs" in result.output
    assert effects_of(folder / "out") == []
    assert (folder / "out" / "history.html").exists()
    optuna.create_study(study_name="empty", storage="sqlite:///studies.db", direction="maximize")
    assert kouka("export", "empty", "--out", "empty").exit_code == 0


def test_names_from_a_study_are_escaped(kouka: Kouka, folder: Path) -> None:
    compute_study(design(8, 16, 16), noise=0.3, name="<script>alert(1)</script>")
    kouka("export", "<script>alert(1)</script>", "--out", "out")
    assert "<script>alert" not in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_images_are_written_where_there_is_a_chrome_and_else_a_sentence(
    kouka: Kouka, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_chrome(*arguments: object, **options: object) -> None:
        raise RuntimeError("Kaleido requires Google Chrome to be installed.")

    compute_study(design(8, 16, 16), noise=0.3)
    monkeypatch.setattr(plotly.io, "write_images", no_chrome)
    result = kouka("export", "known", "--out", "out", "--format", "png,svg")
    assert result.exit_code == 0
    assert "needs Chrome or Chromium" in " ".join(result.output.split())

    class BrowserFailedError(RuntimeError):
        """As choreographer's."""

    def broken(*arguments: object, **options: object) -> None:
        raise BrowserFailedError("no sandbox\nmore")

    monkeypatch.setattr(plotly.io, "write_images", broken)
    result = kouka("export", "known", "--out", "out", "--format", "png")
    assert "Chromium, which did not start (no sandbox)." in " ".join(result.output.split())

    report = folder / "out" / "report.md"
    assert "[Figure: What each technique is worth](effects.html)\n" in report.read_text(
        encoding="utf-8"
    )
    sizes = {}

    def with_chrome(figures: list[go.Figure], files: list[Path], **options: Any) -> None:
        asked = (options["width"], options["height"], options["scale"])
        for figure, file, width, height, scale in zip(figures, files, *asked, strict=True):
            file.write_bytes(b"an image")
            assert height == figure.layout.height
            assert width == figure.layout.meta.get("width", 1000)
            sizes[file.name] = (width, height, scale)

    monkeypatch.setattr(plotly.io, "write_images", with_chrome)
    result = kouka("export", "known", "--out", "out", "--format", "png, svg,pdf,png")
    assert "Chrome" not in result.output
    assert {file.name for file in (folder / "out").glob("effects.*")} == {
        "effects.csv", "effects.html", "effects.png", "effects.svg", "effects.pdf",
    }  # fmt: skip
    assert {name.partition(".")[2]: scale for name, (_, _, scale) in sizes.items()} == {
        "png": 2, "svg": 1, "pdf": 1,
    }  # fmt: skip
    assert len({height for _, height, _ in sizes.values()}) > 3
    assert len({width for width, _, _ in sizes.values()}) > 1
    image = "![Figure: What each technique is worth](effects.png)"
    said = report.read_text(encoding="utf-8")
    assert f"[{image}](effects.html) · [svg](effects.svg) · [pdf]" in said
    for link in re.findall(r"\]\(([^)]+)\)", said):
        assert (folder / "out" / link).exists(), link


def test_the_ladder_is_reported_step_by_step(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    result = kouka("launch", "s", "--data", "digits", "--measure", "0", "--search", "0",
                   "--confirm", "0", "--ladder", "3", "--epochs", "1", "--out", "out")  # fmt: skip
    assert result.exit_code == 0, result.output
    with (folder / "out" / "ladder.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["adds"] for row in rows] == [
        "all off", "augmentation", "batch_norm", "residual + late_widening", "global_pooling",
        "dropout", "mixup", "amsgrad",
    ]  # fmt: skip
    runs = read(load_study("sqlite:///studies.db", "s")).of("ladder")
    accuracies = np.array([100 * (run.value or 0) for run in runs]).reshape(3, 8)
    # The oracle: a one-way analysis of variance with the pooled error of the eight steps.
    fit = statsmodels.api.OLS(
        accuracies.ravel(), np.kron(np.ones((3, 1)), np.tril(np.ones((8, 8))))
    ).fit()
    for step, row in enumerate(rows[1:], start=1):
        low, high = fit.conf_int()[step]
        assert float(row["change"]) == pytest.approx(fit.params[step])
        assert [float(row["low"]), float(row["high"])] == pytest.approx([low, high])
    assert "The article's ladder" in (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "residual + late_widening" in result.output
