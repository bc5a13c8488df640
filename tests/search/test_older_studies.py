"""A study that kouka 0.1 launched, before the house was rebuilt, still resumes, exports, trains.

`tests/kept/study-0.1.db` holds it: 2 of kouka's techniques and one of the user's own, `noise.py`,
8 measured runs, one searched and three confirmed. Its own results by that version are below.
"""

import csv
import json
import shutil
from pathlib import Path

import pytest

from search.results import Results
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support.faked import Kouka

KEPT = Path(__file__).parents[1] / "kept"
EFFECTS = {"mixup": (-4.5, -10.9, 1.9), "batch_norm": (-4.5, -10.9, 1.9), "noise": (0.5, -5.9, 6.9)}
STORAGE = ("--storage", "sqlite:///old.db")
TECHNIQUE = ("--technique", str(KEPT / "noise.py"))


@pytest.fixture
def old(folder: Path) -> Path:
    shutil.copy(KEPT / "study-0.1.db", folder / "old.db")
    return folder


def results() -> Results:
    return read(load_study("sqlite:///old.db", "old"))


@pytest.mark.numeric
def test_it_is_exported_with_the_numbers_that_it_had(kouka: Kouka, old: Path) -> None:
    before = (old / "old.db").read_bytes()
    exported = kouka("export", "old", "--out", "out", *STORAGE)
    assert exported.exit_code == 0, exported.output
    rows = list(csv.DictReader((old / "out" / "effects.csv").read_text("utf-8").splitlines()))
    found = {
        row["technique"]: tuple(round(float(row[key]), 1) for key in ("effect", "low", "high"))
        for row in rows
    }
    assert found == EFFECTS
    summary = json.loads((old / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["runs"] == {"measure": 8, "search": 1, "confirm": 3}
    assert summary["settings"]["own"]["noise"]["digest"]
    assert (old / "old.db").read_bytes() == before


@pytest.mark.usefixtures("no_report")
def test_it_is_gone_on_with(kouka: Kouka, old: Path) -> None:
    """The same command extends it: no run of before is run again, the user's code is taken."""
    before = results().runs
    launched = kouka("launch", "old", "--search", "2", "--out", "out", *STORAGE, *TECHNIQUE)
    assert launched.exit_code == 0, launched.output
    after = results().runs
    assert after[: len(before)] == before
    assert "search" in {run.phase for run in after[len(before) :]}
    assert all(run.ended for run in after)


def test_a_model_is_trained_by_its_best_recipe(kouka: Kouka, old: Path) -> None:
    trained = kouka("train", "old", "--epochs", "1", "--seeds", "1", *STORAGE, *TECHNIQUE)
    assert trained.exit_code == 0, trained.output
    card = json.loads((old / "models" / "old" / "model.json").read_text(encoding="utf-8"))
    assert list(card["recipe"]) == ["noise"]
    assert card["budget"]["width"] == 0.1
