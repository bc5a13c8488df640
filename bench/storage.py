"""What the storage costs a worker: python -m bench.storage [URL ...]

Eight workers each run trials of 100 epochs that take 60 seconds, give or take a fifth, as recipes
differ; in them they only sleep. Whatever a trial takes beyond that is its claim (waiting for the
lock, and the sampler, included), its reports, its looks at the pruner, its signs of life and its
end; opening the storage and the imports of a worker's first trial, once each, are told apart. The
default is an SQLite file in a temporary folder.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna

from bench.options import script_options
from bench.results import Row, reporter
from model_space.facts import DataFacts
from model_space.outcome import Outcome, Report
from search.planning.requested import Requested
from search.planning.schedule import Schedule
from search.running import local_workers, study
from search.running import worker_loop as work_module
from search.running.following import StudyWatch
from search.storage.heartbeat import Identity
from search.storage.studies import load_study
from search.storage.urls import sqlite_file

WORKERS, EPOCHS, SECONDS = 8, 100, 60.0
MEASURE, SEARCH = 16, 24


class Sleeper:
    """A worker that sleeps its epochs, and knows how long it slept."""

    slept = 0.0

    def __init__(self, workload: object = None, environment: object = None) -> None:
        pass

    def start(self) -> DataFacts:
        """Say what the data are, of which there are none."""
        return DataFacts(("a", "b"), (32, 32, 3), 100, 20, 20, "none")

    def train(
        self,
        recipe: object,
        budget: object,
        seed: int,
        report: Report,
        checkpoint: object,
    ) -> Outcome:
        """Sleep, and report each epoch."""
        seconds = SECONDS * random.Random(seed).uniform(0.8, 1.2)
        for epoch in range(1, EPOCHS + 1):
            began = time.perf_counter()
            time.sleep(seconds / EPOCHS)
            Sleeper.slept += time.perf_counter() - began
            report(epoch, 0.5 + epoch / 1000 + seed / 1e12)  # never worse, so that none is pruned
        return Outcome(0.6, 0.6, None, SECONDS / EPOCHS, parameters=1, diverged=False)

    def ask_to_stop(self) -> None:
        """Go on."""

    def stop(self) -> None:
        """There is no process to stop."""


def run_worker(url: str, answers: Any) -> None:
    """Work until the study has ended, and answer with the seconds of opening and of each trial."""
    quiet()
    began = time.perf_counter()
    opened, trials = 0.0, [0.0]

    def timed(function: Callable[..., Any], ends: bool) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal opened
            started, slept = time.perf_counter(), Sleeper.slept
            opened = opened or started - began
            result = function(*arguments)
            # A claim that finds nothing waits for the last runs of the others, at no trial's cost.
            if not isinstance(result, Schedule):
                trials[-1] += time.perf_counter() - started - (Sleeper.slept - slept)
            if ends:
                trials.append(0.0)
            return result

        return call

    work_module.claim = timed(work_module.claim, ends=False)  # type: ignore[attr-defined]
    work_module.run_trial = timed(work_module.run_trial, ends=True)  # type: ignore[attr-defined]
    shared = work_module.SharedWork(url, "bench", Path("none"))
    work_module.work(shared, Sleeper(), Identity.here(0))  # type: ignore[arg-type]
    answers.put((opened, trials[0], trials[1:-1]))


def quiet() -> None:
    """Nothing of Optuna's in the terminal."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


def measure(url: str, report: Callable[[Row], None]) -> None:
    """Report the two rows of a storage."""
    local_workers.Worker = Sleeper  # type: ignore[attr-defined, assignment]
    requested = Requested(data="digits", epochs=EPOCHS, measure=MEASURE, search=0, confirm=0)
    for phase, more in (("measure", requested), ("search", replace(requested, search=SEARCH))):
        study.launch(
            url, "bench", more, [{}], StudyWatch(), lambda *shown: None,
            checkpoints=Path("none"), deadline=0.0,
        )  # fmt: skip
        answers: Any = multiprocessing.Queue()
        workers = [
            multiprocessing.Process(target=run_worker, args=(url, answers)) for _ in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        found = [answers.get() for _ in workers]
        for worker in workers:
            worker.join()
        opened, first = (statistics.median(one[place] for one in found) for place in (0, 1))
        later = [seconds for *_, trials in found for seconds in trials]
        worst = max(statistics.mean(trials) for *_, trials in found)
        kind = "SQLite" if sqlite_file(url) is not None else url.partition("+")[0]
        report({
            "storage": kind,
            "phase": phase,
            "opening, ms": round(1000 * opened),
            "first trial, ms": round(1000 * first),
            "later trials, mean, ms": round(1000 * statistics.mean(later)),
            "worst worker, ms": round(1000 * worst),
            "share of 60 s, worst, %": round(100 * worst / SECONDS, 2),
        })  # fmt: skip
    assert len(load_study(url, "bench").trials) == MEASURE + SEARCH


def main() -> None:
    """Print the table."""
    quiet()
    parser = script_options(__doc__)
    parser.add_argument("urls", nargs="*")
    arguments = parser.parse_args()
    report = reporter("storage", record=arguments.record)
    with tempfile.TemporaryDirectory() as folder:
        for url in arguments.urls or [f"sqlite:///{folder}/studies.db"]:
            measure(url, report)


if __name__ == "__main__":
    main()
