"""The effects in optuna-dashboard: what its pages read from the storage."""

import json
from pathlib import Path

import optuna
import pytest
from optuna_dashboard import get_note, save_note
from optuna_dashboard._custom_plot_data import get_plotly_graph_objects

from search.storage.studies import load_study
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker

pytestmark = pytest.mark.numeric

STORAGE = "sqlite:///studies.db"
LAUNCH = ("launch", "s", "--data", "digits", "--measure", "16", "--search", "0", "--epochs", "2",
          "--out", "out")  # fmt: skip


def attached(study: optuna.Study) -> dict[str, str]:
    return dict(get_plotly_graph_objects(study._storage.get_study_system_attrs(study._study_id)))


def test_the_figure_and_the_note_hold_what_the_finished_study_says(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    result = kouka(*LAUNCH, "--confirm", "3")
    assert result.exit_code == 0, result.output
    study = load_study(STORAGE, "s")
    figure = json.loads(attached(study)["kouka-effects"])
    assert "What each technique is worth" in figure["layout"]["title"]["text"]
    assert "16 measured runs" in figure["layout"]["title"]["text"]
    shown = {
        row[3]: (low, high)
        for trace in figure["data"]
        for row in trace["customdata"]
        for low, high in [row[:2]]
    }
    lines = (folder / "out" / "effects.csv").read_text(encoding="utf-8").splitlines()[1:]
    for technique, _, low, high, *_ in (line.split(",") for line in lines):
        assert shown[technique] == pytest.approx((float(low), float(high)))
    note = get_note(study)
    assert "augmentation helps most" in note
    assert "PED-ANOVA" in note
    assert "but not their 28 interactions" in note


def test_it_is_renewed_as_runs_finish(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    fake_worker.interrupt_at = 12
    assert kouka(*LAUNCH, "--confirm", "0").exit_code == 130
    study = load_study(STORAGE, "s")
    assert "12 measured runs" in attached(study)["kouka-effects"]
    assert "12 of 16 planned runs" in get_note(study)
    kouka(*LAUNCH, "--confirm", "0")
    assert "16 measured runs" in attached(study)["kouka-effects"]
    assert "planned runs" not in get_note(study)


def test_somebody_elses_note_is_left_alone(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    fake_worker.interrupt_at = 3
    kouka(*LAUNCH, "--confirm", "0")
    save_note(load_study(STORAGE, "s"), "my own words")
    kouka(*LAUNCH, "--confirm", "0")
    assert get_note(load_study(STORAGE, "s")) == "my own words"
