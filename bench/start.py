"""How long commands take to start.

    python -m bench.start                       # this kouka, each command ten times
    python -m bench.start --beside ../other     # and another checkout's, by turns

Prints the median seconds of each command, a process of its own, and how many of them a processor
worked, which other programs change less; on a study of 64 measured runs and 20 of a search. The
first two rows are Python itself, a floor, and Optuna opening that study and reading it, which the
commands that read do without. Goal: under 1 s for all but the export.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import optuna

from bench.checkouts import parse_beside
from bench.export import make
from bench.options import script_options
from bench.results import reporter

KOUKA = "from search.cli import main; main()"
OPTUNA = """
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
optuna.load_study(study_name="large", storage="sqlite:///studies.db").get_trials()
"""
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "optuna.load_study(…).get_trials()": ["-c", OPTUNA],
    **{
        f"kouka {arguments}": ["-c", KOUKA, *arguments.split()]
        for arguments in ("--help", "techniques", "status", "status large", "export large")
    },
}


def seconds(arguments: list[str], checkout: Path, folder: str) -> tuple[float, float]:
    """How long a command of that checkout takes, in a folder that holds `studies.db`.

    Seconds by the clock, and of a processor.
    """
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)} failed with status {status}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Time each command of each checkout, by turns, and print the medians."""
    parser = script_options(__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    arguments, checkouts = parse_beside(parser)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    report = reporter("start", record=arguments.record)
    with tempfile.TemporaryDirectory() as folder:
        make(f"sqlite:///{folder}/studies.db", 84)
        for name, command in COMMANDS.items():
            taken: dict[str, list[tuple[float, float]]] = {which: [] for which in checkouts}
            for repeat in range(arguments.repeats + 1):
                for which, checkout in checkouts.items():
                    took = seconds(command, checkout, folder)
                    if repeat:  # the first compiles what Python has not compiled yet
                        taken[which].append(took)
            for which, times in taken.items():
                clock, processor = (
                    statistics.median(column) for column in zip(*times, strict=True)
                )
                report({
                    "command": name, "kouka": which, "seconds": round(clock, 2),
                    "of a processor": round(processor, 2),
                })  # fmt: skip


if __name__ == "__main__":
    main()
