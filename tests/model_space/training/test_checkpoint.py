"""The file of a checkpoint: what it keeps, and what it never takes for one."""

import errno
import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from model_space.training.checkpoint import Checkpoint, Epoch, RunState
from tests.support.checkpoints import equal, left


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints" / "run.npz"


STATE = RunState(
    epochs=[Epoch(0.5, 2.0, traced=True), Epoch(0.25, 1.0, traced=False, training=0.75)],
    variables=[np.arange(600, dtype=np.float32).reshape(20, 30), np.array(7)],
)


class Trap:
    """Makes a file where it is unpickled."""

    def __init__(self, sprung: Path) -> None:
        self.sprung = sprung

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.sprung,)


def npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def test_a_state_is_read_as_it_was_written(path: Path) -> None:
    saved = Checkpoint(path, "run")
    assert saved.load(STATE.variables) is None
    saved.save(STATE)
    state = saved.load([np.zeros_like(value) for value in STATE.variables])
    assert state is not None
    assert state.epochs == STATE.epochs
    assert equal(state.variables, STATE.variables)
    assert Checkpoint(path, "another").load(STATE.variables) is None


def test_a_state_of_an_earlier_version_has_no_training_objective(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(npz(run="run", epochs=np.array([(0.5, 2.0, True)])))
    state = Checkpoint(path, "run").load([])
    assert state is not None
    assert state.epochs == [Epoch(0.5, 2.0, traced=True)]


def test_a_damaged_file_is_never_read_as_another_state(path: Path) -> None:
    saved = Checkpoint(path, "run")
    saved.save(STATE)
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[position] ^= 0x55
        for damaged in (bytes(flipped), whole[:position]):
            path.write_bytes(damaged)
            state = saved.load(STATE.variables)
            if state is not None:  # the byte says nothing: a date, for one
                assert state.epochs == STATE.epochs
                assert equal(state.variables, STATE.variables)


def test_a_foreign_file_is_none(path: Path) -> None:
    saved = Checkpoint(path, "run")
    saved.save(STATE)
    with np.load(path) as file:
        arrays = dict(file)
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    sprung = path.parent / "sprung"
    for content in (
        b"",
        b"no archive",
        array.getvalue(),
        npz(),
        npz(run="run"),
        npz(**{**arrays, "epochs": np.zeros((2, 2))}),
        npz(**{**arrays, "arr_0": arrays["arr_0"].T}),
        npz(**{**arrays, "arr_0": arrays["arr_0"].astype(np.float64)}),
        npz(**{**arrays, "arr_0": np.array([Trap(sprung)])}),
        npz(**{**arrays, "run": np.array(Trap(sprung))}),
        pickle.dumps(Trap(sprung)),
    ):
        path.write_bytes(content)
        assert saved.load(STATE.variables) is None
    assert not sprung.exists()


def test_a_file_is_replaced_as_a_whole_or_not_at_all(path: Path) -> None:
    saved = Checkpoint(path, "run")
    saved.save(STATE)
    whole = path.read_bytes()
    path.with_suffix(".partial").symlink_to("/dev/full")
    with pytest.raises(OSError, match=f"{os.strerror(errno.ENOSPC)}.*run.npz"):
        saved.save(STATE)
    assert path.read_bytes() == whole
    assert left(path) == ["run.npz"]
