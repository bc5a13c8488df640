"""The process that trains, started for real."""

import os
import signal
from typing import Any

import pytest

from model_space import worker
from model_space.data import DataError
from model_space.worker import TrainingError, Worker

BUDGET = {"epochs": 2, "batch_size": 25, "width": 0.1, "depth": 10}


@pytest.fixture(scope="module")
def small() -> Any:
    one = Worker(name="digits", train_size=50, validation=50)
    yield one
    one.stop()


def go_on(epoch: int, accuracy: float) -> bool:
    return True


def accuracies(outcome: dict[str, Any]) -> tuple[float, float]:
    return outcome["accuracy"], outcome["test_accuracy"]


def test_it_says_what_the_data_are(small: Worker) -> None:
    facts = small.start()
    assert (facts.train, facts.validation, facts.image_shape) == (50, 50, (16, 16, 1))


def test_data_that_cannot_be_used_are_refused_and_leave_no_process() -> None:
    refused = Worker(name="nothing-of-this-name")
    with pytest.raises(DataError, match="nothing-of-this-name"):
        refused.start()
    assert refused._process is None


def test_a_run_that_raises_is_told_and_the_next_one_trains(small: Worker) -> None:
    with pytest.raises(TrainingError, match="ValueError: depth 11"):
        small.train({}, {**BUDGET, "depth": 11}, 1, go_on)
    assert small.train({}, BUDGET, 1, go_on)["parameters"] > 0


def test_a_killed_process_is_told_and_the_next_run_starts_another(small: Worker) -> None:
    def kill(epoch: int, accuracy: float) -> bool:
        assert small._process is not None
        os.kill(small._process.pid, signal.SIGKILL)
        return True

    expected = accuracies(small.train({"batch_norm": {}}, BUDGET, 7, go_on))
    with pytest.raises(TrainingError, match=r"killed by signal 9 \(out of memory\?\)"):
        small.train({}, BUDGET, 1, kill)
    assert accuracies(small.train({"batch_norm": {}}, BUDGET, 7, go_on)) == expected


def test_the_process_is_renewed_before_it_has_kept_too_many_networks(
    small: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.train({}, BUDGET, 1, go_on)
    assert small._process is not None
    before = small._process.pid
    monkeypatch.setattr(worker, "RUNS_PER_PROCESS", small._runs)
    small.train({}, BUDGET, 1, go_on)
    assert small._process is not None
    assert small._process.pid != before
