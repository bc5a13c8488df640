"""Runs the tests that another machine could fail as other machines would run them.

`python -m tests.portable`, or `make portable`. Tests marked `numeric` compute with kernels that are
chosen by the processor; those marked `timed` wait for processes that share the cores with others.
What stands in for another machine is the environment: oneDNN and XLA with fewer instructions,
TensorFlow without oneDNN, OpenBLAS with another processor's kernels, more threads, busy cores.

Prints a row for each machine; the exit code is 1 where a test failed or none was run.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from search.running.hardware import cores

TOP = Path(__file__).parents[1]
OURS = (
    "ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS", "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)  # fmt: skip
"""Variables that a machine may have set, and that a row unsets where it does not set them."""
BUSY = "while True: pass"


@dataclass(frozen=True)
class Machine:
    """What one row stands for."""

    training: str
    """How Keras computes."""
    analysis: str
    """Whose kernels OpenBLAS takes; empty where it chooses."""
    threads: int
    busy: bool = False
    tests: str = "numeric"
    """A marker expression."""
    variables: dict[str, str] = field(default_factory=dict)
    leave_out: str = ""
    """Of the tests, by their names: what the variables cannot stand in for."""

    def environment(self) -> dict[str, str]:
        """This machine's, but for what the row is about."""
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        threads = ("OMP", "OPENBLAS", "MKL", "TF_NUM_INTRAOP", "TF_NUM_INTEROP")
        return {
            **inherited,
            **self.variables,
            **({"OPENBLAS_CORETYPE": self.analysis} if self.analysis else {}),
            **{
                f"{name}_THREADS" if name[:2] == "TF" else f"{name}_NUM_THREADS": str(self.threads)
                for name in threads
            },
        }


# TensorFlow asks the processor, not oneDNN, whether it has bfloat16, which AVX2 has not.
BFLOAT16 = "bfloat16 or precision_of_the_budget"
AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}
NO_ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "0"}
MACHINES = (
    Machine("oneDNN", "", 1),
    Machine("oneDNN to AVX2", "Haswell", 4, variables=AVX2, leave_out=BFLOAT16),
    Machine("no oneDNN", "SkylakeX", 1, variables=NO_ONEDNN),
    Machine("no oneDNN", "Zen", 4, variables=NO_ONEDNN),
    Machine("oneDNN", "", 1, busy=True, tests="timed"),
)


def has(machine: Machine) -> bool:
    """Whether this processor has the instructions of the other one's kernels, or it would crash."""
    if not machine.analysis:
        return True
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text().split()) if info.exists() else set()
    needed = {"avx512f", "avx512vl"} if machine.analysis == "SkylakeX" else {"avx2", "fma"}
    return platform.machine() in ("x86_64", "AMD64") and needed <= flags


@contextmanager
def busy(on: bool) -> Iterator[None]:
    """A loop on each core, while in here."""
    count = cores() if on else 0
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(machine: Machine, folder: Path, more: list[str]) -> tuple[dict[str, int], str]:
    """How many tests passed, failed and were skipped, and what pytest said."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    chosen = f"not ({machine.leave_out})" if machine.leave_out else ""
    with busy(machine.busy):
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-m", machine.tests, "-k", chosen,
             "-p", "no:cacheprovider", "--numprocesses", "2", f"--junitxml={report}", *more],
            env=machine.environment(), cwd=TOP, capture_output=True, text=True, check=False,
        )  # fmt: skip
    said = ended.stdout + ended.stderr
    if not report.exists():
        return {"passed": 0, "failed": 1, "skipped": 0}, said
    cases = list(ElementTree.parse(report).iter("testcase"))
    kinds = [{child.tag for child in case} for case in cases]
    failed = sum(bool(kind & {"failure", "error"}) for kind in kinds)
    skipped = sum("skipped" in kind for kind in kinds)
    if ended.returncode and not failed:
        failed = 1  # pytest itself
    return {"passed": len(cases) - failed - skipped, "failed": failed, "skipped": skipped}, said


def main() -> int:
    """Run every row that this processor can; further arguments are pytest's."""
    columns = "| Keras | OpenBLAS | threads | busy | tests | passed | failed | skipped | seconds |"
    print(columns, "| --- | --- | ---: | --- | --- | ---: | ---: | ---: | ---: |", sep="\n")
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for machine in MACHINES:
            row = (
                f"| {machine.training} | {machine.analysis or 'its own'} | {machine.threads} | "
                f"{'yes' if machine.busy else 'no'} | {machine.tests} | "
            )
            if not has(machine):
                print(row + "not run: this processor lacks the instructions | | | |", flush=True)
                continue
            began = time.monotonic()
            counts, said = run(machine, Path(folder), sys.argv[1:])
            seconds = f"{time.monotonic() - began:.0f}"
            print(row + " | ".join([*map(str, counts.values()), seconds]) + " |", flush=True)
            if counts["failed"] or not counts["passed"]:
                wrong.append(f"{row}\n{said}")
    print(*wrong, sep="\n\n", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
