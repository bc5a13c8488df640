"""Whether the memory of the process that trains grows from run to run.

    python -m bench.memory              # 200 runs
    python -m bench.memory --runs 20

Trains tiny runs of as many recipes in one worker. Prints what is resident of the server that
forks, and the most that a fork held until the end of its epoch, the pages that it shares with
the server included. Reads /proc, so it runs on Linux only.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from bench.options import script_options
from bench.results import reporter
from model_space.budget import Budget
from model_space.data import DataSpec
from model_space.recipe import Recipe
from model_space.techniques import SETS, usual
from model_space.worker.client import Worker

BUDGET = Budget(epochs=1, batch_size=25, width=0.1)
SHOWN = (1, 50, 100, 200)


def recipe(run: int) -> Recipe:
    """Another set of techniques for every run, at their usual dials."""
    bits = run * 97  # odd, so that all sets come, and neighbours differ much
    return usual([name for place, name in enumerate(SETS["article"]) if bits >> place & 1])


def mebibytes(process: int, field: str) -> float:
    """A field of /proc/PID/status, such as VmRSS."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.M)
    assert found
    return int(found[1]) / 1024


def child(process: int) -> int:
    """The one child of a process."""
    return int(Path(f"/proc/{process}/task/{process}/children").read_text())


def main() -> None:
    """Train the runs, and print a row now and then."""
    parser = script_options(__doc__)
    parser.add_argument("--runs", type=int, default=SHOWN[-1])
    arguments = parser.parse_args()
    runs, write = arguments.runs, reporter("memory", record=arguments.record)
    peak = 0.0

    def report(epoch: int, accuracy: float) -> bool:
        nonlocal peak
        peak = max(peak, mebibytes(child(server), "VmHWM"))
        return True

    worker = Worker(DataSpec("digits", train_size=50, validation=50))
    worker.start()
    server = child(os.getpid())
    for run in range(1, runs + 1):
        worker.train(recipe(run), BUDGET, run, report)
        if run in (*SHOWN, runs):
            write({
                "after run": run,
                "server, MiB": round(mebibytes(server, "VmRSS")),
                "largest fork so far, MiB": round(peak),
            })  # fmt: skip
    worker.stop()


if __name__ == "__main__":
    main()
