"""Who gets which GPU and how many threads, on machines that are made up."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from bench.results import column
from search.errors import InputError
from search.running import hardware
from search.running.hardware import (
    best_precision,
    gpus,
    parse_workers,
    shares,
    taking_turns,
)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Eight cores, 16 GiB, and an nvidia-smi that lists what the file `cards` holds."""
    monkeypatch.setattr(hardware, "cores", lambda: 8)
    monkeypatch.setattr(hardware, "memory", lambda: 16 << 30)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    program = tmp_path / "nvidia-smi"
    listed = f"[ $1 = -L ] && cat {tmp_path}/cards || cat {tmp_path}/capabilities"
    program.write_text(f"#!/bin/sh\n{listed}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "cards").write_text("")
    return tmp_path


def give(machine: Path, count: int) -> None:
    cards = "".join(f"GPU {i}: NVIDIA H100 80GB HBM3 (UUID: GPU-{i})\n" for i in range(count))
    (machine / "cards").write_text(cards)


def test_auto_is_what_the_cores_and_the_memory_carry(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parse_workers("auto", None) == 4
    threads = {"TF_NUM_INTRAOP_THREADS": "4", "TF_NUM_INTEROP_THREADS": "4", "NPROC": "4"}
    assert shares(2) == [threads] * 2
    monkeypatch.setattr(hardware, "memory", lambda: 5 << 30)
    assert parse_workers("auto", None) == 1
    assert shares(1) == [{}]


def test_auto_is_one_for_each_gpu_and_each_sees_its_own(machine: Path) -> None:
    give(machine, 2)
    assert gpus() == ["0", "1"]
    assert parse_workers("auto", None) == 2
    assert [share["CUDA_VISIBLE_DEVICES"] for share in shares(2)] == ["0", "1"]
    assert parse_workers("auto", 2) == 4
    assert [share["CUDA_VISIBLE_DEVICES"] for share in shares(4)] == ["0", "1", "0", "1"]


def test_the_gpus_that_a_scheduler_gave_are_those_there_are(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(machine, 8)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert gpus() == ["3", "5"]
    assert [share["CUDA_VISIBLE_DEVICES"] for share in shares(2)] == ["3", "5"]
    for none in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", none)
        assert gpus() == []


@pytest.mark.parametrize(
    ("workers", "per_gpu", "says"),
    [
        ("3", None, "--workers 3 is more than this machine's GPUs carry .2.; --workers-per-gpu 2"),
        ("5", 2, "--workers 5 is more than .* --workers-per-gpu 3 lets 3 share each"),
        ("99999", 9999999, "--workers 99999 is more than this machine carries, with .* up to"),
        ("0", None, "--workers 0 is neither a number from 1 on nor auto"),
        ("many", None, "--workers many is neither"),
        ("-1", None, "--workers -1 is neither"),
        ("1", 0, "--workers-per-gpu 0 is too small; it takes 1 or more"),
    ],
)
def test_what_cannot_be_shared_is_told(
    machine: Path, workers: str, per_gpu: int | None, says: str
) -> None:
    give(machine, 2)
    with pytest.raises(InputError, match=says):
        parse_workers(workers, per_gpu)
    assert parse_workers("2", None) == 2
    assert parse_workers("4", 2) == 4


def test_workers_that_take_turns_on_a_gpu_are_told_of_what_ends_that(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(machine))
    assert taking_turns(4) == ""  # on cores
    give(machine, 1)
    assert taking_turns(1) == ""
    assert taking_turns(6).startswith("6 workers share 1 GPU and take turns on it:")
    assert "nvidia-cuda-mps-control -d" in taking_turns(6)
    alone, three, served = (
        column(
            "gpu", "TFLOP/s", batch=128, precision="mixed_bfloat16", **{"at once": many}, MPS=mps
        )
        for many, mps in ((1, "without"), (3, "without"), (3, "with"))
    )
    assert three < alone
    assert f"{served[0] / alone[0]:.1f} times" in taking_turns(6)
    give(machine, 2)
    assert taking_turns(2) == ""
    assert taking_turns(3).startswith("3 workers share 2 GPUs and take turns on each:")
    (machine / "control").touch()  # which a daemon leaves behind
    assert taking_turns(3) != ""
    (machine / "nvidia-cuda-mps-control.pid").write_text("17861\n")
    assert taking_turns(3) == ""


def test_a_launch_says_so_before_its_first_run(
    machine: Path, fake_worker: object, no_report: None, kouka: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    give(machine, 1)
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(machine))
    result = kouka(
        "launch", "tiny", "--data", "digits", "--epochs", "1", "--techniques", "dropout,mixup",
        "--measure", "4", "--search", "0", "--confirm", "0", "--workers-per-gpu", "2",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("take turns on it") == 1
    assert result.stdout.index("take turns on it") < result.stdout.index("measure 1/4")


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (["9.0", "8.0"], "mixed_bfloat16"),
        (["12.1"], "mixed_bfloat16"),
        (["9.0", "7.5"], "float32"),
        (["[N/A]"], "float32"),
        ([], "float32"),
    ],
)
def test_the_best_precision_is_what_every_gpu_has_units_for(
    machine: Path, capabilities: list[str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(machine, len(capabilities))
    (machine / "capabilities").write_text("".join(f"{each}\n" for each in capabilities))
    assert best_precision() == expected
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert best_precision() == "float32"


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The control group of this process, without limits, within that of a job."""
    (tmp_path / "own").write_text("1:cpu:/elsewhere\n0::/job/step\n")
    monkeypatch.setattr(hardware, "_OWN_GROUP", tmp_path / "own")
    monkeypatch.setattr(hardware, "_GROUPS", tmp_path)
    step = tmp_path / "job" / "step"
    step.mkdir(parents=True)
    (step / "cpu.max").write_text("max 100000\n")
    (step / "memory.max").write_text("max\n")
    return step


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="as Linux bounds a process")
def test_the_cores_are_those_that_this_process_may_use(group: Path) -> None:
    allowed = os.sched_getaffinity(0)
    listed = re.search(r"Cpus_allowed_list:\s*(\S+)", Path("/proc/self/status").read_text())
    assert listed
    spans = [span.split("-") for span in listed[1].split(",")]
    assert hardware.cores() == sum(int(span[-1]) - int(span[0]) + 1 for span in spans)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert hardware.cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(("quota", "cores"), [("50000", 1), ("150000", 2), ("900000", 8)])
def test_the_cores_are_no_more_than_the_time_that_a_container_has(
    group: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    (group / "cpu.max").write_text(f"{quota} 100000\n")
    assert hardware.cores() == cores


def test_the_memory_is_the_machines_or_what_its_control_groups_may_use(group: Path) -> None:
    whole = hardware.memory()
    used = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    available = re.search(r"MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text())
    assert available
    assert whole > max(used, 1024 * int(available[1]))
    for text, expected in (("max\n", whole), (f"{whole + 1}\n", whole), ("5000000\n", 5_000_000)):
        (group.parent / "memory.max").write_text(text)
        assert hardware.memory() == expected
    (group / "memory.max").write_text("4000000\n")
    assert hardware.memory() == 4_000_000
