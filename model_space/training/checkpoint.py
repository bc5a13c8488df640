"""Checkpoints: the file of a training run from which it resumes after a kill."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The run was asked to stop where it was; its checkpoint, if it has one, is kept."""


class Epoch(NamedTuple):
    """The objective and the time of an epoch."""

    objective: float
    """On the validation images."""
    seconds: float
    traced: bool
    """True for the first epoch of its process, which also traces the network; that is not in its
    seconds, as far as it can be told."""
    training: float | None = None
    """The objective on a sample of the training images; None where it is not known."""

    @property
    def row(self) -> tuple[float, ...]:
        """All of it as numbers, NaN where one is not known."""
        return (*self[:3], math.nan if self.training is None else self.training)

    @classmethod
    def of(cls, row: Sequence[float]) -> Epoch:
        """Read a row; earlier versions had no fourth number."""
        objective, seconds, traced, *training = row
        return cls(objective, seconds, bool(traced), *(t for t in training if not math.isnan(t)))


@dataclass(frozen=True)
class RunState:
    """The state of a run at the end of an epoch."""

    epochs: list[Epoch]
    variables: list[np.ndarray]
    """The value of every variable of the run, in the order in which it makes them."""


@dataclass(frozen=True)
class Checkpoint:
    """A file for a run's state, and a text that identifies the run."""

    path: Path
    run: str

    def save(self, state: RunState) -> None:
        """Write the state, all of it or nothing.

        Raises `OSError` where it cannot be written.
        """
        partial = _partial(self.path)
        partial.parent.mkdir(parents=True, exist_ok=True)
        try:
            rows = np.array([epoch.row for epoch in state.epochs])
            with partial.open("wb") as file:
                np.savez(file, *state.variables, run=self.run, epochs=rows)
            partial.replace(self.path)
        except OSError as error:  # which may be of an open file, without its name
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        finally:
            partial.unlink(missing_ok=True)

    def load(self, fresh: list[np.ndarray]) -> RunState | None:
        """Return the state; None where the file is missing, damaged or another run's.

        `fresh` holds the variables as the run begins: the state's have their shapes and types.
        """
        try:
            # Opened here, because np.load leaves open what is no archive.
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                if str(kept["run"]) != self.run:
                    return None
                epochs = [Epoch.of(row) for row in kept["epochs"].tolist()]
                variables = [kept[f"arr_{i}"] for i in range(len(fresh))]
        # NumPy and zipfile raise nearly anything on a damaged file, and none of it fails a run.
        except Exception:
            return None
        if [(v.shape, v.dtype) for v in variables] != [(v.shape, v.dtype) for v in fresh]:
            return None
        return RunState(epochs, variables)


@contextmanager
def removed_at_the_end(path: Path | None) -> Iterator[None]:
    """Remove the file once the run in this block has ended, well or in an error.

    It stays where the run was `Stopped`, where whoever reads its reports is gone (the pipe to
    them is broken), and where the process ends.
    """
    try:
        yield
    except (Stopped, BrokenPipeError):
        raise
    except Exception:
        _remove(path)
        raise
    _remove(path)


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)
        _partial(path).unlink(missing_ok=True)  # of a kill while it was written


def _partial(path: Path) -> Path:
    return path.with_suffix(".partial")
