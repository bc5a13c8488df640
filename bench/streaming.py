"""Data larger than memory: what a folder of very many images costs in time and memory.

    python -m bench.streaming FOLDER [--images 1000000] [--size 64]

FOLDER holds images in subfolders, such as CIFAR-10's as JPEG; its files are linked again and again
until there are enough. Then the training process reads them as in a study (lists, decodes to the
disk, reads them back) and trains on them for a while. Memory is what Linux counts as the process's
own: pages of the decoded file are shared, and given back whenever others need them.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import threading
import time
from pathlib import Path

from bench.memory import child, mebibytes
from bench.options import script_options
from bench.results import reporter
from model_space.budget import Budget
from model_space.data import DataSpec
from model_space.worker.client import Stopped, Worker

BUDGET = Budget(epochs=1, batch_size=128, width=0.125)


def link(source: Path, target: Path, images: int) -> None:
    """So many images in `target`, one subfolder per class, by hard links to those of `source`."""
    classes = sorted(folder for folder in source.iterdir() if folder.is_dir())
    for folder in classes:
        files = itertools.cycle(sorted(folder.rglob("*.jp*g")))
        (target / folder.name).mkdir()
        for number in range(images // len(classes)):
            os.link(next(files), target / folder.name / f"{number}.jpg")


def main() -> None:
    """Print a table."""
    parser = script_options(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder.parent) as name:
        work = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(work / "cache")
        (work / "images").mkdir()
        link(arguments.folder, work / "images", arguments.images)
        rows = []
        worker = Worker(DataSpec(str(work / "images"), image_size=arguments.size))
        for reading in ("first time", "again"):  # it stops the process of the time before
            began = time.perf_counter()
            facts = worker.start()
            seconds = time.perf_counter() - began
            server = child(os.getpid())
            rows.append((f"start, {reading}", seconds, mebibytes(server, "RssAnon")))
        peak = 0.0
        ended = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not ended.wait(0.5):
                peak = max(peak, mebibytes(child(server), "RssAnon"))

        def stop() -> None:
            worker.ask_to_stop()

        threading.Timer(5, threading.Thread(target=watch, daemon=True).start).start()
        threading.Timer(arguments.seconds, stop).start()
        began = time.perf_counter()
        with contextlib.suppress(Stopped):
            worker.train({"augmentation": {}}, BUDGET, 0, lambda epoch, accuracy: True)
        ended.set()
        seconds = time.perf_counter() - began
        worker.stop()
        on_disk = facts.train * arguments.size**2 * facts.image_shape[2] / 2**20
        rows.append(("training", seconds, peak))
    print(f"{facts.train:,} training images of {facts.image_shape}, {on_disk:,.0f} MiB decoded\n")
    report = reporter("streaming", record=arguments.record)
    for what, seconds, memory in rows:
        report({
            "what": what,
            "seconds": round(seconds),
            "memory of its own, MiB": round(memory),
        })  # fmt: skip


if __name__ == "__main__":
    main()
