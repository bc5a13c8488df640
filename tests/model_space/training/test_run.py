"""What a run says of its epochs' time, by a clock that the calls to train and validate move."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from model_space.budget import Budget
from model_space.training import run as module
from model_space.training.run import TrainingRun
from model_space.training.scorers import ACCURACY

IMAGES, VALIDATED, PACE, TRACING = 1000, 200, 0.01, 30.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


class Network:
    """A network whose first calls are slow, and on JAX that of another batch's size too."""

    def __init__(self, clock: Clock, *, jax: bool) -> None:
        self._clock, self._jax = clock, jax
        self._sizes: set[int] = set()
        self.variables: list[Any] = []

    def put(self, shard: Any) -> Any:
        return shard

    def values(self) -> list[np.ndarray]:
        return []

    def train(self, _shard: Any, first: int, last: int) -> float:
        for size in {32, (last - first) % 32 or 32}:
            if not self._sizes or (self._jax and size not in self._sizes):
                self._clock.now += TRACING
            self._sizes.add(size)
        self._clock.now += PACE * (last - first)
        return 1.0

    def judge(self, _scorer: Any, _part: Any) -> tuple[float, None]:
        self._clock.now += TRACING if 0 not in self._sizes else PACE * VALIDATED / 3
        self._sizes.add(0)
        return 0.5, None


@pytest.mark.parametrize("jax", [False, True])
@pytest.mark.parametrize("traced", [False, True])
def test_an_epoch_that_traces_takes_as_long_as_others(
    monkeypatch: pytest.MonkeyPatch, *, jax: bool, traced: bool
) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    network = Network(clock, jax=jax)
    if traced:  # by an earlier run
        network.train(None, 0, IMAGES)
        network.judge(None, None)
    part = np.zeros((IMAGES, 8, 8, 1), "uint8"), np.zeros(IMAGES, int)
    data: Any = SimpleNamespace(
        train=part, validation=tuple(each[:VALIDATED] for each in part), classes=("a", "b")
    )
    training: Any = network
    run = TrainingRun(
        training, data, Budget(epochs=2, batch_size=32), 0, ACCURACY, report=lambda *_: True,
        checkpoint=None, stopping=lambda: False, traced=traced,
    )  # fmt: skip
    try:
        run.train_epoch()
        run.train_epoch()
    finally:
        run.close()
    first, second = (epoch.seconds for epoch in run.epochs)
    assert second == pytest.approx(PACE * (IMAGES + VALIDATED / 3))
    assert first == pytest.approx(second, rel=0.2)
    assert [epoch.traced for epoch in run.epochs] == [not traced, False]
