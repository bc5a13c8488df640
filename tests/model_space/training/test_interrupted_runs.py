"""Runs that are killed or stopped, and go on from their checkpoint."""

import errno
import itertools
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from model_space.budget import Budget
from model_space.custom import registry
from model_space.custom.registry import Registry
from model_space.data import Data, load
from model_space.outcome import Outcome
from model_space.recipe import Recipe
from model_space.stages import Stages
from model_space.training import run as running
from model_space.training import trainer
from model_space.training.checkpoint import Stopped
from model_space.training.trainer import Trainer
from tests.support import trained
from tests.support.checkpoints import equal, left
from tests.support.shallow import SHALLOW

TINY = Budget(epochs=4, batch_size=32, width=0.1)
BATCHES = 4
"""Of an epoch."""
MIXUP: Recipe = {"mixup": {"alpha": 0.2}}
ALL_ON: Recipe = {
    "augmentation": {}, "batch_norm": {}, "residual": {}, "late_widening": {},
    "global_pooling": {}, "dropout": {"rate": 0.2}, "mixup": {"alpha": 0.2}, "amsgrad": {},
}  # fmt: skip


class Killed(BaseException):
    """Ends a run where it is, as a signal does."""


class Reports(list[float]):
    """The accuracies that a run reports; after one of its epochs it fails or is told to stop."""

    def __init__(self, *, failing: int = 0, error: type[BaseException] = Killed, stop: int = 0):
        super().__init__()
        self.failing, self.error, self.stop = failing, error, stop

    def __call__(self, epoch: int, accuracy: float) -> bool:
        assert epoch == len(self) + 1
        self.append(accuracy)
        if epoch == self.failing:
            raise self.error
        return epoch != self.stop


@dataclass
class Run:
    """What a run came to, all but its time."""

    outcome: Outcome
    curve: list[float]
    variables: list[np.ndarray]
    """Weights, dropout's random states and the optimizer's slots."""

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Run)
        return (
            self.outcome == other.outcome
            and self.curve == other.curve
            and equal(self.variables, other.variables)
        )


def small(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    """A network that TensorFlow traces in less time than the article's."""
    inputs = keras.Input(image_shape)
    x = stages.drop(keras.layers.ReLU()(keras.layers.Dense(20)(keras.layers.Flatten()(inputs))))
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))


SMALL = Registry(build=small)
train = partial(trained.train, registry=SMALL)


def run(
    recipe: Recipe, data: Data, checkpoint: Path | None = None, registry: Registry = SMALL
) -> Run:
    reports, trainer = Reports(), Trainer(data, registry)
    outcome = trainer.train(recipe, TINY, 1, reports, checkpoint)
    [kept] = trainer._compiled.values()
    values = [variable.numpy() for variable in kept.network.variables + kept.optimizer.variables]
    return Run(replace(outcome, seconds_per_epoch=0), reports, values)


def killed(recipe: Recipe, data: Data, checkpoint: Path, registry: Registry = SMALL) -> None:
    """Leave the checkpoint of a run that ended while it reported its third epoch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "CHECKPOINT_SECONDS", 0)
        with pytest.raises(Killed):
            train(recipe, data, TINY, 1, Reports(failing=3), checkpoint, registry=registry)


def before_batch(number: int) -> Callable[[], bool]:
    """Asked before every batch, counted from 1, answers true before that one."""
    asked = itertools.count(1)
    return lambda: next(asked) == number


@pytest.fixture(scope="module", autouse=True)
def one_batch_a_call() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_SHORTEST_CALL", 0)
        yield


@pytest.fixture(scope="module")
def data() -> Data:
    """Four batches: on JAX all of one size, as each other one is compiled for by itself."""
    size = 128 if keras.backend.backend() == "jax" else 100
    return load("digits", train_size=size, validation=60)


@pytest.fixture(scope="module")
def undisturbed(data: Data) -> Run:
    """The run with mixup, in one piece."""
    return run(MIXUP, data)


@pytest.fixture(scope="module")
def kept(data: Data, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The checkpoint of the run with mixup, which knows two epochs."""
    path = tmp_path_factory.mktemp("kept") / "run.npz"
    killed(MIXUP, data, path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints" / "run.npz"


@pytest.fixture
def checkpoint(path: Path, kept: bytes) -> Path:
    path.parent.mkdir()
    path.write_bytes(kept)
    return path


@pytest.fixture
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint is written at the end of every epoch."""
    monkeypatch.setattr(running, "CHECKPOINT_SECONDS", 0)


NEWER = {
    "random_erasing": {"probability": 0.5}, "cutmix": {"alpha": 1.0}, "cosine_schedule": {},
    "stochastic_depth": {"rate": 0.5}, "weight_ema": {"momentum": 0.5},
}  # fmt: skip


@pytest.mark.numeric
@pytest.mark.parametrize(
    "recipe", [{"augmentation": {}}, {"dropout": {"rate": 0.2}}, NEWER], ids=",".join
)
def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    recipe: Recipe, data: Data, path: Path
) -> None:
    killed(recipe, data, path)
    assert left(path) == ["run.npz"]
    assert run(recipe, data, path) == run(recipe, data)
    assert left(path) == []


@pytest.mark.numeric
@pytest.mark.jax
def test_a_killed_run_with_mixup_does(data: Data, checkpoint: Path, undisturbed: Run) -> None:
    assert run(MIXUP, data, checkpoint) == undisturbed
    assert left(checkpoint) == []


@pytest.mark.numeric
def test_a_killed_run_of_a_network_with_every_stage_does(data: Data, path: Path) -> None:
    killed(ALL_ON, data, path, SHALLOW)
    assert run(ALL_ON, data, path, SHALLOW) == run(ALL_ON, data, registry=SHALLOW)
    assert left(path) == []


def test_a_run_that_is_stopped_keeps_the_epochs_that_are_over(
    data: Data, path: Path, undisturbed: Run
) -> None:
    reports = Reports()
    with pytest.raises(Stopped):
        train(MIXUP, data, TINY, 1, reports, path, before_batch(2 * BATCHES + 3))
    assert reports == undisturbed.curve[:2]
    assert left(path) == ["run.npz"]
    assert run(MIXUP, data, path) == undisturbed


def test_a_run_that_is_stopped_in_its_first_epoch_keeps_nothing(data: Data, path: Path) -> None:
    with pytest.raises(Stopped):
        train(MIXUP, data, TINY, 1, Reports(), path, before_batch(2))
    assert left(path) == []


def test_a_run_without_a_checkpoint_can_be_stopped(data: Data) -> None:
    with pytest.raises(Stopped):
        train(MIXUP, data, TINY, 1, Reports(), stopping=before_batch(1))


def test_a_resumed_run_that_is_stopped_at_once_loses_nothing(
    data: Data, checkpoint: Path, kept: bytes, undisturbed: Run
) -> None:
    reports = Reports()
    with pytest.raises(Stopped):
        train(MIXUP, data, TINY, 1, reports, checkpoint, before_batch(1))
    assert reports == undisturbed.curve[:2]
    assert checkpoint.read_bytes() == kept


def test_a_resumed_run_may_be_told_to_stop_by_its_past(
    data: Data, checkpoint: Path, undisturbed: Run
) -> None:
    reports = Reports(stop=1)
    outcome = train(MIXUP, data, TINY, 1, reports, checkpoint)
    assert reports == undisturbed.curve[:1]
    assert outcome.objective == reports[0]
    assert outcome.test_accuracy is None
    assert left(checkpoint) == []


@pytest.mark.usefixtures("every_epoch")
def test_a_run_that_was_killed_after_its_last_epoch_is_only_tested(
    data: Data, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = replace(TINY, epochs=1)
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "removed_at_the_end", nullcontext)
        expected = train(MIXUP, data, budget, 1, Reports(), path)
    assert left(path) == ["run.npz"]
    assert train(MIXUP, data, budget, 1, Reports(), path) == expected
    assert left(path) == []


def test_the_seconds_an_epoch_leave_out_the_first_of_each_process(
    data: Data, checkpoint: Path
) -> None:
    with np.load(checkpoint) as file:
        arrays = dict(file)
    assert arrays["epochs"][:, 2].tolist() == [True, False]
    arrays["epochs"][:, 1] = 0, 100
    np.savez(checkpoint, **arrays)
    outcome = train(MIXUP, data, TINY, 1, Reports(), checkpoint)
    # The median of 100 seconds and of the fourth epoch's, as the third traced the network again.
    assert 50 < outcome.seconds_per_epoch < 60


def test_a_checkpoint_is_written_every_so_often(
    data: Data, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert running.CHECKPOINT_SECONDS == 20
    # Read at the beginning, after each epoch, and where it is written.
    for readings, kept in (((0.0, 10.0, 19.0), []), ((0.0, 19.0, 21.0, 21.0), ["run.npz"])):
        clock = iter(readings)
        told = SimpleNamespace(monotonic=clock.__next__, perf_counter=time.perf_counter)
        monkeypatch.setattr(running, "time", told)
        with pytest.raises(Killed):
            train(MIXUP, data, TINY, 1, Reports(failing=3), path)
        assert left(path) == kept


@pytest.mark.usefixtures("every_epoch")
def test_the_checkpoint_of_a_run_that_is_told_to_stop_is_removed(data: Data, path: Path) -> None:
    train(MIXUP, data, TINY, 1, Reports(stop=2), path)
    assert left(path) == []


@pytest.mark.usefixtures("every_epoch")
@pytest.mark.parametrize(("error", "stays"), [(RuntimeError, []), (BrokenPipeError, ["run.npz"])])
def test_the_checkpoint_of_a_run_that_fails_is_removed_unless_its_reader_is_gone(
    error: type[Exception], stays: list[str], data: Data, path: Path
) -> None:
    with pytest.raises(error):
        train(MIXUP, data, TINY, 1, Reports(failing=2, error=error), path)
    assert left(path) == stays


@pytest.mark.usefixtures("every_epoch")
def test_the_checkpoint_of_a_run_that_diverges_is_removed(
    data: Data, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = keras.optimizers.schedules.PiecewiseConstantDecay([BATCHES], [1e-3, 1e38])
    monkeypatch.setattr(
        registry, "compose", lambda recipe, techniques: Stages(schedule=lambda steps: rates)
    )
    with monkeypatch.context() as patch:  # killed once it has diverged
        patch.setattr(trainer, "removed_at_the_end", nullcontext)
        train({}, data, TINY, 1, Reports(), path)
    assert left(path) == ["run.npz"]
    reports = Reports()
    assert train({}, data, TINY, 1, reports, path).diverged
    assert len(reports) == 2
    assert left(path) == []


@pytest.mark.usefixtures("every_epoch")
def test_a_full_disk_fails_the_run_and_leaves_nothing(data: Data, path: Path) -> None:
    path.parent.mkdir()
    path.with_suffix(".partial").symlink_to("/dev/full")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        train(MIXUP, data, TINY, 1, Reports(), path)
    assert left(path) == []
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def reported_before_training(checkpoint: Path, **changed: Any) -> list[float]:
    """What a run reports before its first batch: the epochs that it takes from the file."""
    arguments = {"recipe": MIXUP, "budget": TINY, "seed": 1, **changed}
    reports = Reports()
    with pytest.raises(Stopped):
        train(report=reports, checkpoint=checkpoint, stopping=before_batch(1), **arguments)
    return reports


def test_another_runs_checkpoint_is_none(data: Data, checkpoint: Path) -> None:
    assert len(reported_before_training(checkpoint, data=data)) == 2
    images, labels = data.train
    for other in (
        {"recipe": {"mixup": {"alpha": 0.3}}},
        {"budget": replace(TINY, epochs=5)},
        {"seed": 2},
        {"data": replace(data, train=(255 - images, labels))},
    ):
        assert reported_before_training(checkpoint, **{"data": data, **other}) == []


def test_a_checkpoint_of_other_libraries_is_none(
    data: Data, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras, "__version__", "4.0.0")
    assert reported_before_training(checkpoint, data=data) == []


def test_a_run_with_a_damaged_checkpoint_starts_afresh(
    data: Data, checkpoint: Path, undisturbed: Run
) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1000])
    assert run(MIXUP, data, checkpoint) == undisturbed
    assert left(checkpoint) == []


def test_a_run_that_is_kept_comes_to_the_same_again_without_training(
    data: Data, undisturbed: Run, path: Path
) -> None:
    def again(stopping: Callable[[], bool]) -> Run:
        reports, trainer = Reports(), Trainer(data, SMALL)
        outcome = trainer.train(MIXUP, TINY, 1, reports, path, stopping, kept=True)
        [kept] = trainer._compiled.values()
        values = [v.numpy() for v in kept.network.variables + kept.optimizer.variables]
        return Run(replace(outcome, seconds_per_epoch=0), reports, values)

    assert again(lambda: False) == undisturbed
    assert left(path) == ["run.npz"]
    assert again(lambda: True) == undisturbed  # it would stop before its first batch
    assert left(path) == ["run.npz"]


def test_a_checkpoint_of_version_0_1_is_one_of_the_same_run(data: Data) -> None:
    """The text that tells runs apart has the names that it had there."""
    backend = keras.backend.backend()
    budget = asdict(TINY)
    del budget["learning_rate"]  # which was always the usual one
    assert json.loads(Trainer(data, SMALL)._identity(MIXUP, TINY, 1)) == {
        "choice": MIXUP, "data": data.fingerprint, "budget": budget, "own": [],
        "objective": "accuracy", "seed": 1, "keras": keras.__version__, backend: version(backend),
    }  # fmt: skip
