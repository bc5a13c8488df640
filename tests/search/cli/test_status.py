"""`kouka status`: every kind of study, on any width, for people and for programs."""

import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

from search.analysis.importances import importances
from search.planning.phases.ladder import STEPS
from search.results import Results
from search.settings import Settings
from search.storage import optuna_internals
from search.storage.pictures import stored_pictures
from search.storage.reading import read
from search.storage.studies import all_studies, outlined_studies, read_study
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker
from tests.support.foreign import foreign_study

ON_OFF = CategoricalDistribution([False, True])


def kouka_study(
    storage: RDBStorage, name: str, planned: dict[str, Any], runs: dict[str, int]
) -> None:
    """One that kouka launched, with so many complete runs of each phase, each step twice."""
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
    settings = Settings(data="digits", epochs=2, **{"measure": (0,), "search": 0, **planned})
    study.set_user_attr("settings", settings.to_json())
    names = [name for step in STEPS for name in step]
    for phase, count in runs.items():
        for number in range(count):
            on = {name for step in STEPS[: number % 8 + 1] for name in step}
            study.add_trial(create_trial(
                params={name: name in on for name in names},
                distributions=dict.fromkeys(names, ON_OFF), value=0.5 + 0.01 * number,
                user_attrs={"epochs": settings.epochs_of(phase), "phase": phase, "seed": number},
                intermediate_values={1: 0.4},
            ))  # fmt: skip


def odd_study(storage: RDBStorage) -> None:
    """One of two objectives, with every kind of parameter, state, value and attribute."""
    study = optuna.create_study(
        study_name="odd 効果", storage=storage, directions=["minimize", "maximize"]
    )
    with pytest.warns(ExperimentalWarning):
        study.set_metric_names(["loss", "f1"])
    study.set_user_attr("note", {"of": [1, None, "x"]})
    spaces = {
        "flag": ON_OFF,
        "norm": CategoricalDistribution([None, "batch"]),
        "layers": IntDistribution(1, 9),
        "rate": FloatDistribution(1e-5, 1.0, log=True),
    }
    for number, state in enumerate((*[TrialState.COMPLETE] * 6, TrialState.FAIL,
                                    TrialState.RUNNING, TrialState.WAITING)):  # fmt: skip
        params = {"flag": number % 2 == 0, "norm": "batch" if number % 3 else None,
                  "layers": 1 + number, "rate": 10.0**(-0.5 * number)}  # fmt: skip
        if number == 5:
            del params["rate"]
        waiting = state is TrialState.WAITING
        study.add_trial(create_trial(
            state=state,
            params={} if waiting else params,
            distributions={} if waiting else {name: spaces[name] for name in params},
            values=[float("inf") if number == 3 else 0.1 * number, 0.5]
            if state is TrialState.COMPLETE else None,
            user_attrs={"phase": "mine", "seed": number} if number % 2 else {},
            intermediate_values={1: 0.5, 2: 0.25, 4: [math.inf, -math.inf, math.nan][number % 3]},
        ))  # fmt: skip


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A storage with a study of each kind: searched, a ladder, not begun, of other programs."""
    url = f"sqlite:///{tmp_path_factory.mktemp('studies') / 'studies.db'}"
    storage = RDBStorage(url)
    kouka_study(storage, "full", {"measure": (8, 16), "search": 3}, {"measure": 16, "search": 3})
    kouka_study(storage, "ladder", {"ladder": 2}, {"ladder": 16})
    kouka_study(storage, "new", {"measure": (32,), "search": 20}, {})
    foreign_study(storage=storage)
    odd_study(storage)
    return url


def without_epochs(results: Results) -> Results:
    """What the tables are read for: neither the epochs of a run nor its times."""
    return replace(
        results, runs=tuple(replace(run, curve={}, seconds=None) for run in results.runs)
    )


def no_optuna(*_: str) -> None:
    pytest.fail("Optuna was asked")


def test_a_study_read_from_the_tables_is_what_optuna_reads(
    studies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_optuna = all_studies(studies)
    monkeypatch.setattr("search.storage.studies.load_study", no_optuna)
    for one in by_optuna:
        study = read_study(studies, one.study_name)
        assert repr(study.get_trials()) == repr(one.get_trials())  # where NaN is equal to NaN
        assert (study.user_attrs, study.directions, study.metric_names) == (
            one.user_attrs, one.directions, one.metric_names
        )  # fmt: skip
        assert stored_pictures(study) == stored_pictures(one)
    foreign = [one for one in by_optuna if one.study_name == "foreign"]
    assert importances(read_study(studies, "foreign")) == importances(foreign[0]) != []


def test_the_tables_say_what_optuna_says(studies: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by_optuna = [without_epochs(read(one, objective=1)) for one in all_studies(studies)]
    assert [one.name for one in by_optuna] == ["full", "ladder", "new", "foreign", "odd 効果"]
    monkeypatch.setattr("search.storage.studies.all_studies", no_optuna)
    monkeypatch.setattr("search.storage.studies.load_study", no_optuna)
    assert [read(one, objective=1) for one in outlined_studies(studies)] == by_optuna
    for one in by_optuna:
        (alone,) = outlined_studies(studies, one.name)
        assert read(alone, objective=1) == one


@pytest.mark.parametrize("untried", ["TRIED", "TRIED_TABLES"])
def test_optuna_reads_what_is_of_another_version(
    studies: str, monkeypatch: pytest.MonkeyPatch, untried: str
) -> None:
    monkeypatch.setattr(optuna_internals, untried, ("v0",))
    (study,) = outlined_studies(studies, "foreign")
    assert not isinstance(study, optuna_internals.CopiedStudy)
    assert len(study.get_trials()) == 8


def test_a_study_has_one_line_and_shows_what_there_is_of_it(
    kouka: Kouka, studies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    head, *lines = [
        line.split() for line in kouka("status", "--storage", studies).output.splitlines()
    ]
    assert head == ["study", "measure", "ladder", "search", "failed", "best", "so", "far"]
    by_name = {line[0]: " ".join(line[1:]) for line in lines}
    assert len(by_name) == len(lines) == 5
    assert by_name["full"].startswith("16 of 16 — 3 of 3 0 ")
    assert by_name["ladder"].startswith("— 16 of 16 — 0 ")
    assert by_name["ladder"].endswith("% (ladder)")
    assert by_name["new"] == "0 of 32 — 0 of 20 0 —"
    assert by_name["foreign"].startswith("8 — — 0 ")
    assert by_name["odd"] == "効果 6 — — 1 0 loss"


@pytest.mark.usefixtures("no_report")
def test_runs_of_confirm_are_counted_beside_those_that_are_left(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    """A study that grew has others to confirm; the runs of the first ones stay."""

    def counted() -> tuple[int, int | None]:
        [study] = json.loads(kouka("status", "s", "--json").stdout)["studies"]
        [confirm] = [one for one in study["phases"] if one["phase"] == "confirm"]
        return confirm["ended"], confirm["planned"]

    fake_worker.interrupt_at = 20
    launch = ("launch", "s", "--data", "digits", "--techniques", "dropout,mixup,batch_norm",
              "--epochs", "2", "--measure", "16", "--search", "0")  # fmt: skip
    kouka(*launch)
    assert counted() == (4, 15)
    kouka(*launch)
    assert counted() == (15, 15)
    kouka("launch", "s", "--measure", "32", "--search", "6")
    ended, planned = counted()
    assert ended == planned
    assert ended > 15


def test_a_narrow_terminal_breaks_no_number_and_shows_no_blank(
    kouka: Kouka, studies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    shown = kouka("status", "--storage", studies).output
    assert max(map(len, shown.splitlines())) <= 40
    assert "—" not in shown
    text = " ".join(shown.split())
    assert "full measure 16 of 16; search 3 of 3; failed 0; best so far" in text
    assert "foreign measure 8;" in text


def test_one_study_is_shown_with_its_recipe_and_the_steps_of_its_ladder(
    kouka: Kouka, studies: str
) -> None:
    shown = " ".join(kouka("status", "--storage", studies, "ladder").output.split())
    assert "2 epochs" in shown
    assert "The article's ladder, by validation accuracy" in shown
    assert "residual + late_widening 2 " in shown
    shown = " ".join(kouka("status", "--storage", studies, "odd 効果").output.split())
    assert re.search(
        r"Beside these: 1 running \(since [-\d]+ [\d:]+\), 1 waiting, 1 failed\.", shown
    )
    assert "Best so far: 0 loss, by trial 0." in shown
    assert kouka("status", "--storage", studies, "odd").exit_code == 2


def test_the_best_run_of_a_study_of_two_lengths_has_its_epochs(kouka: Kouka, folder: Path) -> None:
    storage = f"sqlite:///{folder}/lengths.db"
    planned = {"verify_epochs": 9, "verify": (16,)}
    kouka_study(RDBStorage(storage), "screened", planned, {"measure": 8})
    kouka_study(RDBStorage(storage), "verified", planned, {"measure": 8, "verify": 1})
    runs = {"measure": 8, "verify": 1, "confirm": 3}
    kouka_study(RDBStorage(storage), "confirmed", planned, runs)
    for name, epochs, best in (
        ("screened", 2, "7 (measure)"),
        ("verified", 9, "8 (verify)"),
        ("confirmed", 9, "11 (confirm)"),
    ):
        shown = " ".join(kouka("status", "--storage", storage, name).output.split())
        assert f"validation accuracy after {epochs} epochs, by run {best}." in shown


def test_the_best_run_of_one_length_may_be_one_that_confirms(kouka: Kouka, folder: Path) -> None:
    storage = f"sqlite:///{folder}/one.db"
    kouka_study(RDBStorage(storage), "one", {"confirm": 3}, {"measure": 2, "confirm": 3})
    shown = " ".join(kouka("status", "--storage", storage, "one").output.split())
    assert "Best so far: 52.00 % validation accuracy, by run 4 (confirm)." in shown


def test_the_best_run_breaks_no_constraint_and_is_written_as_elsewhere(
    kouka: Kouka, folder: Path
) -> None:
    storage = f"sqlite:///{folder}/limited.db"
    study = optuna.create_study(study_name="prices", storage=storage, direction="minimize")
    for value, over in ((20081.4, -1.0), (15000.0, 2.0), (31000.0, -1.0)):
        study.add_trial(create_trial(
            params={"aug": value > 20000}, distributions={"aug": ON_OFF}, value=value,
            system_attrs={"constraints": [over]},
        ))  # fmt: skip
    shown = " ".join(kouka("status", "--storage", storage, "prices").output.split())
    assert "Best so far: 20,081, by trial 0." in shown


def test_a_study_without_trials_has_no_table(kouka: Kouka, folder: Path) -> None:
    optuna.create_study(study_name="empty", storage="sqlite:///studies.db")
    assert kouka("status", "empty").stdout == "empty: 0 trials of another program.\n"


def test_the_status_is_one_json_document(kouka: Kouka, studies: str) -> None:
    document = json.loads(kouka("status", "--storage", studies, "--json").stdout)
    assert document.keys() == {"schema", "studies", "unreadable"}
    full, ladder, new, foreign, odd = document["studies"]
    assert full["phases"][:2] == [
        {"phase": "measure", "ended": 16, "pruned": 0, "planned": 16},
        {"phase": "search", "ended": 3, "pruned": 0, "planned": 3},
    ]
    assert (full["unit"], full["objective"]) == ("%", "validation accuracy")
    assert 50 < full["best"]["value"] < 100
    assert full["best"]["epochs"] == 2
    assert ladder["best"]["phase"] == "ladder"
    assert new["best"] is None
    assert foreign["phases"] == [{"phase": "measure", "ended": 8, "pruned": 0, "planned": None}]
    assert (odd["running"], odd["waiting"], odd["failed"]) == (1, 1, 1)
    assert odd["best"]["params"] == {"flag": True, "norm": None, "layers": 1, "rate": 1.0}
    alone = json.loads(kouka("status", "--storage", studies, "ladder", "--json").stdout)
    assert alone["studies"] == [ladder]
    missing = kouka("status", "--storage", studies, "none", "--json")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert missing.stderr.startswith("kouka: there is no study 'none'")


@pytest.mark.parametrize("command", [["status"], ["status", "foreign"]], ids=" ".join)
def test_status_does_without_what_takes_long_to_import(folder: Path, command: list[str]) -> None:
    foreign_study()
    code = (
        "import sys; from search.cli import app; app(sys.argv[1:], standalone_mode=False); "
        "slow = 'alembic', 'sqlalchemy.orm', 'scipy', 'sklearn', 'plotly', 'PIL'; "
        "sys.exit(any(module in sys.modules for module in slow))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=folder, check=False, capture_output=True,
        text=True, env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "foreign" in ran.stdout
