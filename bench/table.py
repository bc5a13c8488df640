"""Every recipe on digits, several seeds each: the truth that few runs are held against.

    python -m bench.table [--seeds 3] [--workers 2]
    python -m bench.table --train-size 250    # the same with fewer images, for bench.knowing

Appends to `bench/runs/digits.csv`, or `digits-250.csv` beside it; after an interruption, the same
command resumes. Each row is a run: which techniques were on, in the article's order; its seed; its
validation accuracy after every epoch; and its median seconds an epoch, by which recipes compare
only within one machine.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import random
import threading
import time
from collections.abc import Iterator
from itertools import compress
from pathlib import Path

from model_space.budget import Budget
from model_space.data import DataSpec
from model_space.techniques import SETS, usual
from model_space.worker.client import Worker
from search.running.hardware import threads_of_each

IMAGES = 1000
EPOCHS = 12
BUDGET = Budget(epochs=EPOCHS, batch_size=32, width=0.125)
"""As in `make study`, which trains on 1,000 images; 288 validate."""
NAMES = SETS["article"]
RUNS = Path(__file__).with_name("runs")

Recipe = tuple[bool, ...]


def file_of(images: int) -> Path:
    """The file of the runs on so many training images."""
    return RUNS / ("digits.csv" if images == IMAGES else f"digits-{images}.csv")


def rows(images: int) -> list[dict[str, str]]:
    """The runs that its file holds."""
    if not file_of(images).exists():
        return []
    with file_of(images).open(newline="") as file:
        return list(csv.DictReader(file))


def missing(images: int, seeds: int) -> list[tuple[Recipe, list[int]]]:
    """The recipes, in a random order, and the seeds that each still lacks."""
    found = {(tuple(row[n] == "1" for n in NAMES), int(row["seed"])) for row in rows(images)}
    recipes = list(itertools.product([False, True], repeat=len(NAMES)))
    random.Random(0).shuffle(recipes)
    lacking = [(r, [s for s in range(seeds) if (r, s) not in found]) for r in recipes]
    return [(recipe, lacks) for recipe, lacks in lacking if lacks]


def main() -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--train-size", type=int, default=IMAGES)
    arguments = parser.parse_args()
    epochs = [f"epoch {number}" for number in range(1, EPOCHS + 1)]
    images, path = arguments.train_size, file_of(arguments.train_size)
    jobs = missing(images, arguments.seeds)
    todo: Iterator[tuple[Recipe, list[int]]] = iter(jobs)
    lock = threading.Lock()
    fresh = not path.exists()
    began, done = time.monotonic(), 0
    with path.open("a", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        if fresh:
            table.writerow([*NAMES, "seed", *epochs, "seconds per epoch"])

        def work() -> None:
            nonlocal done
            threads = str(max(1, (os.cpu_count() or 1) // arguments.workers))
            worker = Worker(
                DataSpec("digits", validation=0.2, train_size=images), threads_of_each(threads)
            )
            worker.start()
            while True:
                with lock:
                    recipe, seeds = next(todo, ((), []))
                if not seeds:
                    break
                on = {*compress(NAMES, recipe)}
                choice = usual(on)
                for seed in seeds:
                    curve: list[float] = []

                    def report(epoch: int, accuracy: float, curve: list[float] = curve) -> bool:
                        curve.append(accuracy)
                        return True

                    outcome = worker.train(choice, BUDGET, seed, report)
                    with lock:
                        table.writerow([*map(int, recipe), seed, *(f"{a:.4f}" for a in curve),
                                        f"{outcome.seconds_per_epoch:.3f}"])  # fmt: skip
                        file.flush()
                with lock:
                    done += 1
                    each = (time.monotonic() - began) / done
                    left = each * (len(jobs) - done) / 60
                    print(f"{done} of {len(jobs)} recipes, {left:.0f} min left", flush=True)
            worker.stop()

        threads = [threading.Thread(target=work) for _ in range(arguments.workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
