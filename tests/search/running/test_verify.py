"""Studies that verify at a longer budget, with a worker that computes instead of training."""

from typing import Any

import pytest

from search.storage import schema
from search.storage.studies import load_study
from tests.support.faked import Kouka, identity, results
from tests.support.fakes import FakeWorker

SHORT = ("launch", "s", "--data", "digits", "--techniques", "batch_norm,residual",
         "--epochs", "2", "--measure", "4", "--search", "1", "--confirm", "1")  # fmt: skip
LONG = (*SHORT, "--verify", "4", "--verify-epochs", "6")
pytestmark = pytest.mark.usefixtures("no_report")


def test_verify_and_confirm_train_longer(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    assert kouka(*LONG).exit_code == 0
    runs = results().runs
    phases = [(run.phase, run.epochs) for run in runs if run.state == "complete"]
    long = [("verify", 6)] * 4 + [("confirm", 6)] * 4
    assert phases[:4] == [("measure", 2)] * 4
    assert phases[-8:] == long
    for run in runs:
        if run.state == "complete":
            assert len(run.curve) == run.epochs
    (one,) = [run for run in runs if run.number == 5]
    assert one.value == pytest.approx(sum(one.curve[epoch] for epoch in (5, 6)) / 2)


def test_an_interrupted_verification_is_the_same(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    """The techniques that it turns on and off are those that it began with."""
    kouka(*LONG)
    whole = [identity(run) for run in results().runs]
    begun = load_study("sqlite:///studies.db", "s").user_attrs[schema.VERIFIED]
    fake_worker.interrupt_at = len(fake_worker.trained) + 7
    kouka("launch", "again", *LONG[2:])
    assert results("again").verified is not None
    kouka("launch", "again", *LONG[2:])
    again = [identity(run) for run in results("again").runs if run.state != "failed"]
    assert sorted(again) == sorted(whole)
    assert load_study("sqlite:///studies.db", "again").user_attrs[schema.VERIFIED] == begun


def test_a_finished_study_can_be_verified(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    kouka(*SHORT)
    assert [run.epochs for run in results().of("confirm")] == [2] * 5
    known = len(results().runs)
    assert kouka("launch", "s", "--verify-epochs", "6", "--verify", "4").exit_code == 0
    new = results().runs[known:]
    assert [(run.phase, run.epochs) for run in new] == [("verify", 6)] * 4 + [("confirm", 6)] * 4
    assert [run.epochs for run in results().of("confirm")] == [6] * 4


def test_a_study_of_long_runs_alone_confirms_what_they_recommend(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*LONG[:-10], "--measure", "0", "--search", "0", "--confirm", "1", *LONG[-4:])
    assert [run.phase for run in results().runs][:4] == ["verify"] * 4
    best = max(results().of("verify"), key=lambda run: run.scaled)
    assert best.on in {run.on for run in results().of("confirm")}


def test_the_search_learns_from_runs_of_its_budget_alone(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*LONG)
    kouka("launch", "s", "--search", "3")
    kouka("launch", "t", *SHORT[2:])
    kouka("launch", "t", "--search", "3")

    def searched(name: str) -> list[tuple[Any, ...]]:
        # The confirm runs of t are short, and are learned from there.
        return [identity(run) for run in results(name).runs if run.phase == "search"]

    assert len(searched("s")) == len(searched("t")) == 3
    assert searched("s")[:1] == searched("t")[:1]
    assert {epochs for *_, epochs in searched("s")} == {2}


def test_training_is_as_long_as_what_was_verified(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*LONG)
    assert "of 6 epochs" in kouka("train", "s", "--seeds", "1").output
