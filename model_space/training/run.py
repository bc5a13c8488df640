"""A training run under way: its epochs so far, and the training of the next one."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from model_space.budget import Budget
from model_space.data import Data
from model_space.data.source import Part
from model_space.outcome import Report
from model_space.training.batches import ahead, orders, shards
from model_space.training.checkpoint import Checkpoint, Epoch, RunState, Stopped
from model_space.training.compiled import CompiledRun
from model_space.training.scorers import Scorer

CHECKPOINT_SECONDS = 20
"""The shortest time between two writings of a run's checkpoint."""
_SHORTEST_CALL = 0.25
"""Seconds of training that are done in one call, at least, once the pace is known."""


class TrainingRun:
    """A run under way, from its beginning or its checkpoint to its last epoch."""

    def __init__(
        self,
        compiled: CompiledRun,
        data: Data,
        budget: Budget,
        seed: int,
        scorer: Scorer,
        *,
        report: Report,
        checkpoint: Checkpoint | None,
        stopping: Callable[[], bool],
        traced: bool,
        sample: Part | None = None,
    ) -> None:
        """Begin before the first epoch; `traced` is True where an earlier run was compiled so.

        `sample` are training images, if the objective on them is wanted after each epoch too.
        """
        self._compiled, self._data, self._budget = compiled, data, budget
        self._scorer = scorer
        self._orders = orders(len(data.train[0]), seed)
        self._shards = ahead(self._cut())
        self._report, self._checkpoint, self._stopping = report, checkpoint, stopping
        self._sample = sample
        self._traced = traced
        self._batches = 1  # in one call, which nothing stops
        self._paces: list[float] = []  # seconds an image, of the calls of an epoch that traces
        self._state: RunState | None = None
        self._saved = time.monotonic()
        self.epochs: list[Epoch] = []
        self.diverged = self.stopped = False

    @property
    def goes_on(self) -> bool:
        """True where there is another epoch to train."""
        return len(self.epochs) < self._budget.epochs and not (self.diverged or self.stopped)

    def close(self) -> None:
        """End the thread that makes what is trained on next."""
        self._shards.close()

    def resume(self) -> None:
        """Restore the checkpoint, if there is one, and report its epochs again."""
        if self._checkpoint is None:
            return
        if (state := self._checkpoint.load(self._compiled.values())) is None:
            return
        for variable, value in zip(self._compiled.variables, state.variables, strict=True):
            variable.assign(value)
        for epoch in state.epochs:
            next(self._orders)
            self._add(epoch)
            if self.stopped:
                break

    def train_epoch(self) -> None:
        """Train an epoch, validate and report it, and keep the state of the run after it."""
        began = time.perf_counter()
        loss = self._train()
        self.diverged = not math.isfinite(loss)
        if not self.diverged:
            objective, _ = self._compiled.judge(self._scorer, self._data.validation)
            self.diverged = not math.isfinite(objective)  # of weights that the last step broke
        if self.diverged:
            objective = self._scorer.chance(len(self._data.classes))
        seconds, training = self._steady(time.perf_counter() - began), None
        if self._sample is not None and not self.diverged:
            training, _ = self._compiled.judge(self._scorer, self._sample)
        self._add(Epoch(objective, seconds, not self._traced, training))
        self._traced = True
        if self._checkpoint is not None and not (self.diverged or self.stopped):
            self._state = RunState(list(self.epochs), self._compiled.values())
            if time.monotonic() - self._saved >= CHECKPOINT_SECONDS:
                self.save()

    def save(self) -> None:
        """Write the state after the last epoch to the checkpoint, if there is one."""
        if self._checkpoint is not None and self._state is not None:
            self._checkpoint.save(self._state)
            self._saved = time.monotonic()

    def _train(self) -> float:
        """Train on all images once; return the sum of the batches' losses."""
        images, _ = self._data.train
        loss, left = 0.0, len(images)
        while left:
            shard, size = next(self._shards)
            left -= size
            first = 0
            while first < size:
                if self._stopping():
                    self.save()
                    raise Stopped
                began = time.perf_counter()
                last = min(size, first + self._batches * self._budget.batch_size)
                loss += self._compiled.train(shard, first, last)
                took = time.perf_counter() - began
                if not self._traced:
                    self._paces.append(took / (last - first))
                first = last
                if took < _SHORTEST_CALL:
                    self._batches *= 2
        return loss

    def _steady(self, seconds: float) -> float:
        """Estimate the seconds of this epoch without the tracing and compiling in it.

        The first call does that, and one whose last batch is smaller may do it again; an image is
        validated in no more time than it is trained on.
        """
        others = self._paces[1:]
        if self._traced or not others:
            return seconds
        images = len(self._data.train[1]) + len(self._data.validation[1])
        return min(seconds, images * statistics.median(others))

    def _cut(self) -> Iterator[tuple[Any, int]]:
        """Yield the shards of one epoch after another, on the device, and their sizes."""
        for order in self._orders:
            for shard in shards(self._data.train, self._budget.batch_size, order):
                yield self._compiled.put(shard), len(shard[1])

    def _add(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        self.stopped = not self._report(len(self.epochs), epoch.objective)
