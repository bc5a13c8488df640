"""Studies with several learning rates, with a worker that computes instead of training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from optuna_dashboard import get_note

from model_space.budget import Budget
from model_space.outcome import Outcome, Report
from model_space.recipe import Recipe
from search.storage.studies import load_study
from tests.support.faked import Kouka, results
from tests.support.fakes import FakeWorker

RATES = ("launch", "s", "--data", "digits", "--techniques", "batch_norm,mixup", "--epochs", "2",
         "--measure", "16", "--search", "2", "--confirm", "1", "--verify", "4",
         "--verify-epochs", "6", "--learning-rates", "3e-4,1e-3,3e-3")  # fmt: skip


class RateWorker(FakeWorker):
    """mixup helps at small rates and hurts at large ones, which are the best."""

    budgets: list[Budget]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.budgets = []

    def train(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        *,
        detailed: bool = False,
    ) -> Outcome:
        type(self).budgets.append(budget)
        step = np.log10(budget.learning_rate / 1e-3) / np.log10(3)
        points = 60 + 8 * step + 5 * ("batch_norm" in recipe) - 4 * step * ("mixup" in recipe)
        points += 0.2 * np.random.default_rng(seed).standard_normal() - budget.batch_size / 100
        for epoch in range(1, budget.epochs + 1):
            if not report(epoch, points / 100):
                break
        return Outcome(points / 100, points / 100, None, 0.1, parameters=1000, diverged=False)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> type[RateWorker]:
    made: type[RateWorker] = type("NewRateWorker", (RateWorker,), {})
    made.take_the_place(monkeypatch)
    return made


def rates(phases: Sequence[str]) -> set[float]:
    return {run.params["learning_rate"] for run in results().runs if run.phase in phases}


def test_a_study_of_rates_goes_from_launch_to_train(kouka: Kouka, worker: type[RateWorker]) -> None:
    said = kouka(*RATES, "--out", "report")
    assert said.exit_code == 0
    turned = "The learning rate decides the sign: mixup helps at 0.0003 ("
    assert turned in " ".join(said.output.split())
    study = results()
    assert rates(["measure"]) == {3e-4, 1e-3, 3e-3}
    assert [one.learning_rate for one in worker.budgets[:16]] == [
        run.params["learning_rate"] for run in study.runs[:16]
    ]
    assert len(rates(["search"]) - {3e-4, 1e-3, 3e-3}) == 2  # free, and of its own
    (best,) = rates(["verify"])
    assert best >= 3e-3

    page = Path("report/report.md").read_text(encoding="utf-8").replace("\\_", "_")
    assert turned in page
    assert "learning rates 0.0003, 0.001 and 0.003" in page
    assert "Effects at each learning rate" in page
    summary = json.loads(Path("report/summary.json").read_text(encoding="utf-8"))
    assert any(turned in sentence for sentence in summary["depends"])
    found = {(row["technique"], row["level"]): row for row in summary["effects_by_level"]}
    for (name, rate), row in found.items():
        step = {3e-4: -1.096, 1e-3: 0, 3e-3: 1}[rate]
        assert row["effect"] == pytest.approx(5 if name == "batch_norm" else -4 * step, abs=0.7)
    at_best = {row["technique"]: row for row in summary["effects_at_best"]}
    assert at_best["mixup"]["reverses"]
    assert (at_best["mixup"]["level_on"], at_best["mixup"]["level_off"]) == (3e-3, 3e-3)
    assert at_best["mixup"]["low"] < -4 < at_best["mixup"]["high"] < -3
    mean = {row["technique"]: row["effect"] for row in summary["effects"]}
    assert mean["mixup"] == pytest.approx(-4 * (-1.096 + 1) / 4, abs=0.5)
    note = get_note(load_study("sqlite:///studies.db", "s"))
    assert turned in note

    assert "learning rates 0.0003, 0.001 and 0.003" in " ".join(kouka("status", "s").output.split())
    trained = kouka("train", "s", "--seeds", "1", "--out", "model")
    assert trained.exit_code == 0
    recommended = summary["recommended"]["params"]["learning_rate"]
    assert worker.budgets[-1].learning_rate == recommended > 1e-3
    assert f"learning rate {recommended:.4g}" in " ".join(trained.output.split())
    assert kouka("train", "s", "--seeds", "1", "--out", "other", "--recipe",
                 "mixup,learning_rate=3e-4,batch_size=16").exit_code == 0  # fmt: skip
    assert (worker.budgets[-1].learning_rate, worker.budgets[-1].batch_size) == (3e-4, 16)
    assert worker.trained == []


@pytest.mark.usefixtures("no_report")
def test_batch_sizes_are_two_levels_and_a_study_goes_on_with_them(
    kouka: Kouka, worker: type[RateWorker]
) -> None:
    sizes = ("launch", "s", "--data", "digits", "--techniques", "batch_norm,mixup", "--epochs",
             "2", "--measure", "8", "--search", "2", "--confirm", "1", "--batch-sizes",
             "32,128")  # fmt: skip
    assert kouka(*sizes).exit_code == 0
    study = results()
    assert study.factors == ("batch_norm", "mixup")
    measured = study.of("measure")
    assert sorted(run.params["batch_size"] for run in measured) == [32] * 4 + [128] * 4
    assert {run.params["batch_size"] for run in study.of("search")} <= {32, 128}
    ends = [run.params for run in study.of("confirm") if not run.on]
    assert {params["batch_size"] for params in ends} == {128}
    before = len(worker.budgets)
    assert kouka(*sizes[:-1], "128,32").exit_code == 0
    assert len(worker.budgets) == before
    refused = kouka(*sizes[:-1], "16,128")
    assert refused.exit_code == 2
    assert "--batch-sizes is 128,32, not 128,16" in " ".join(refused.output.split())


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--learning-rates", "1e-3"], "--learning-rates 1e-3 has 1 level; it takes 2 to 4"),
        (["--learning-rates", "1e-3,1e-2", "--time", "5m"], "--time cannot plan a study with"),
        (["--batch-sizes", "8,x"], "--batch-sizes 8,x: 'x' is not possible; it takes whole"),
        (["--learning-rates", "1e-3,1e-2,0.1", "--measure", "4"], "has no balanced design"),
        (["--techniques", "flip,augmentation"], "augmentation is flip, shift and rotation"),
    ],
)
def test_bad_input_ends_in_one_sentence(
    kouka: Kouka, worker: type[RateWorker], options: list[str], reason: str
) -> None:
    said = kouka("launch", "s", "--data", "digits", *options)
    assert said.exit_code == 2
    assert reason in " ".join(said.output.split())
    assert not worker.budgets
