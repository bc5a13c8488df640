"""What the storage costs a worker: python bench/storage.py [URL ...]

Eight workers each run trials of 100 epochs that take 60 seconds, give or take a fifth, as recipes
differ; in them they only sleep. Whatever a trial takes beyond that is its claim, its reports, its
signs of life and its end. The default is an SQLite file in a temporary folder.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import optuna

from model_space.worker import DataFacts
from search import crew, study
from search.cluster import _Silent
from search.heartbeat import identity
from search.storage import load_study, sqlite_file
from search.work import Tally, work

WORKERS, EPOCHS, SECONDS = 8, 100, 60.0
MEASURE, SEARCH = 32, 32


class Sleeper:
    """A worker that sleeps its epochs, and knows how long it slept."""

    slept = 0.0
    ended: ClassVar[list[float]] = []

    def __init__(self, *environment: object, **data: Any) -> None:
        pass

    def start(self) -> DataFacts:
        """Say what the data are, of which there are none."""
        return DataFacts(["a", "b"], (32, 32, 3), 100, 20, 20, "none")

    def train(
        self,
        choice: object,
        budget: object,
        seed: int,
        report: Callable[[int, float], bool],
        checkpoint: object,
    ) -> dict[str, Any]:
        """Sleep, and report each epoch."""
        seconds = SECONDS * random.Random(seed).uniform(0.8, 1.2)
        for epoch in range(1, EPOCHS + 1):
            began = time.perf_counter()
            time.sleep(seconds / EPOCHS)
            Sleeper.slept += time.perf_counter() - began
            report(epoch, 0.5 + epoch / 1000 + seed / 1e12)  # never worse, so that none is pruned
        Sleeper.ended.append(time.perf_counter())
        return {"accuracy": 0.6, "test_accuracy": 0.6, "seconds_per_epoch": SECONDS / EPOCHS,
                "parameters": 1, "diverged": False}  # fmt: skip

    def ask_to_stop(self) -> None:
        """Go on."""

    def stop(self) -> None:
        """There is no process to stop."""


def run_worker(url: str, answers: Any) -> None:
    """Work until the study has ended, and answer with each trial's seconds of storage."""
    quiet()
    began = time.perf_counter()
    work(url, "bench", Sleeper(), identity(0), checkpoints=Path("none"),  # type: ignore[arg-type]
         deadline=None, stopping=threading.Event(), tally=Tally())  # fmt: skip
    # What it waited for the last runs of the others is no cost of a trial.
    busy = Sleeper.ended[-1] - began
    answers.put((len(Sleeper.ended), busy - Sleeper.slept))


def quiet() -> None:
    """Nothing of Optuna's in the terminal."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


def measure(url: str) -> None:
    """Print one row of the table."""
    crew.Worker = Sleeper  # type: ignore[attr-defined, assignment]
    requested = {"data": "digits", "epochs": EPOCHS, "measure": MEASURE, "search": 0, "confirm": 0}
    for phase, more in (("measure", {}), ("search", {"search": SEARCH})):
        study.launch(
            url, "bench", {**requested, **more}, [{}], _Silent(), lambda *shown: None,
            checkpoints=Path("none"), deadline=0.0,
        )  # fmt: skip
        answers: Any = multiprocessing.Queue()
        workers = [
            multiprocessing.Process(target=run_worker, args=(url, answers)) for _ in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        each = [seconds / trials for trials, seconds in (answers.get() for _ in workers)]
        for worker in workers:
            worker.join()
        kind = "SQLite" if sqlite_file(url) is not None else url.partition("+")[0]
        print(
            f"| {kind} | {phase} | {1000 * statistics.median(each):.0f} ms | "
            f"{1000 * max(each):.0f} ms | {100 * max(each) / SECONDS:.2f} % |",
            flush=True,
        )
    assert len(load_study(url, "bench").trials) == MEASURE + SEARCH


def main() -> None:
    """Print the table."""
    quiet()
    print("| storage | phase | a trial, median worker | worst worker | share of 60 s, worst |")
    print("| --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for url in sys.argv[1:] or [f"sqlite:///{folder}/studies.db"]:
            measure(url)


if __name__ == "__main__":
    main()
