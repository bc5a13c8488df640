"""Plans for a time: what was promised, and how long each study really took.

    python -m bench.plans digits                    # those of digits that are not measured yet
    python -m bench.plans "CIFAR-10 (JPEG)" FOLDER  # and of a folder of images or sounds
    python -m bench.plans digits --again            # all of them, measured or not

Each row is a study of its own, launched as a user does with `--time` and little else. Its time is
that of the whole command, from the start of Python to the report. Some are interrupted after two
thirds of their time, in one of three ways, and launched again: then it is the time of both
commands, without the pause.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from bench.options import script_options
from bench.results import FOLDER, Row, reporter, rows_of
from search.planning.time_plan import time_limit
from search.storage.reading import read
from search.storage.studies import load_study

SIGNALS = {
    "Ctrl-C": signal.SIGINT,
    "SIGTERM": signal.SIGTERM,
    "kill -9": signal.SIGKILL,
}
INTERRUPTED = 2 / 3
"""Share of the time after which a study is interrupted, whose runs have begun by then."""
PAUSE = 20.0
"""Seconds between an interruption and the second launch."""


@dataclass(frozen=True)
class Case:
    """A plan to measure."""

    data: str
    time: str
    interrupted: str = ""
    """One of `SIGNALS`, or nothing."""


CIFAR = "CIFAR-10 (JPEG)"
SOUNDS = "spoken digits"
CASES = tuple(
    Case(data, time, interrupted)
    for data, interruption in (("digits", "Ctrl-C"), (SOUNDS, "SIGTERM"), (CIFAR, "kill -9"))
    for time, interrupted in (("2m", ""), ("3m", ""), ("4m", ""), ("4m", interruption))
)
TECHNIQUES = ("--techniques", "augmentation,batch_norm,residual,dropout")
OPTIONS = {
    "digits": ("--train-size", "600", *TECHNIQUES),
    SOUNDS: ("--train-size", "300", *TECHNIQUES),
    CIFAR: ("--train-size", "500", "--validation", "500", *TECHNIQUES),
}
"""Few images and techniques, so that there is something to plan in a few minutes."""


def launch(command: list[str], case: Case, stop_after: float | None) -> float | None:
    """Run a launch, or a part of it, and return its seconds; None where it refuses the time."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = process.communicate(timeout=stop_after)
    except subprocess.TimeoutExpired:
        process.send_signal(SIGNALS[case.interrupted])
        process.communicate()
    else:
        print(said, file=sys.stderr, flush=True)
        if process.returncode:
            return None
    return time.monotonic() - began


def measured(case: Case, folder: str | None) -> Row | None:
    """Launch the study of a case, and compare its time with what was asked for.

    None where this machine cannot do it in that time, and the launch says so.
    """
    with tempfile.TemporaryDirectory() as work:
        url = f"sqlite:///{work}/studies.db"
        command = [
            sys.executable, "-c", "from search.cli import main; main()", "launch", "study",
            "--data", folder or case.data, "--time", case.time, *OPTIONS[case.data],
            "--storage", url, "--out", f"{work}/report", "--checkpoints", f"{work}/checkpoints",
        ]  # fmt: skip
        asked = time_limit(case.time).seconds
        took = launch(command, case, INTERRUPTED * asked if case.interrupted else None)
        if case.interrupted and took:
            time.sleep(PAUSE)
            again = launch(command, case, None)
            took = again and took + again
        if took is None:
            return None
        results = read(load_study(url, "study"))
    counts = {
        phase: sum(run.ended for run in results.runs if run.phase == phase)
        for phase in ("measure", "search", "verify", "confirm")
    }
    settings = results.launched_with()
    return {
        "data": case.data,
        "predicted, s": round(asked),
        "interrupted": case.interrupted or "no",
        "real, s": round(took),
        "deviation, %": round(100 * (took / asked - 1), 1),
        **{f"{phase} runs": count for phase, count in counts.items()},
        "epochs": settings.epochs,
        "long epochs": settings.final_epochs,
    }


def main() -> None:
    """Print a row for each plan of a data set."""
    parser = script_options(__doc__)
    parser.add_argument("data", choices=sorted(OPTIONS))
    parser.add_argument("folder", nargs="?", help="where the data are, if not digits")
    parser.add_argument("--again", action="store_true", help="measure again what has a row")
    given = parser.parse_args()
    # A shell's background jobs ignore Ctrl-C, and so would the launches.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if given.folder is None and given.data != "digits":
        parser.error(f"{given.data} needs the folder of its images or sounds")
    known = rows_of("plans") if (FOLDER / "plans.csv").exists() else []
    done = {tuple(row.values())[:3] for row in known}
    report = reporter("plans", record=given.record)
    for case in CASES:
        of = case.data, time_limit(case.time).seconds, case.interrupted or "no"
        if case.data == given.data and (given.again or of not in done):
            row = measured(case, given.folder)
            if row is not None:
                report(row)


if __name__ == "__main__":
    main()
