"""The processors of this machine, and each worker's share of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from search.errors import InputError

_MOST_WORKERS, _MOST_PER_CORE = 64, 16
"""That a machine runs at once: each is a process that holds the data."""
_GROUPS, _OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_BYTES_PER_WORKER = 4 << 30
"""What `auto` gives a worker at least: TensorFlow, the data twice, and a batch's activations."""


def parse_workers(text: str, per_gpu: int | None) -> int:
    """The number of workers that `--workers` asks for: a number, or `auto`.

    `auto` is one for each GPU, or `per_gpu`; where there is none, one for each core that has the
    memory, as two cores train two networks faster than one. Raises `InputError` for anything
    else, and for more workers than GPUs unless `per_gpu` says that they share.
    """
    cards = len(gpus())
    if per_gpu is not None and per_gpu < 1:
        raise InputError(f"--workers-per-gpu {per_gpu} is too small; it takes 1 or more")
    if text == "auto":
        carried = min(cores(), memory() // _BYTES_PER_WORKER)
        return cards * (per_gpu or 1) if cards else max(1, carried)
    count = parse_count(text)
    if cards and count > cards * (per_gpu or 1):
        needed = -(-count // cards)
        raise InputError(
            f"--workers {text} is more than this machine's GPUs carry ({cards}); "
            f"--workers-per-gpu {needed} lets {needed} share each"
        )
    most = max(_MOST_WORKERS, _MOST_PER_CORE * cores())
    if count > most:
        raise InputError(
            f"--workers {text} is more than this machine carries, with {cores()} of its cores; it "
            f"takes up to {most} here, and auto chooses for you"
        )
    return count


def parse_count(text: str) -> int:
    """The number that `--workers` names; raises `InputError` where it is none."""
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"--workers {text} is neither a number from 1 on nor auto")
    return int(text)


def shares(workers: int) -> list[Mapping[str, str]]:
    """The environment that gives each of so many workers its one GPU, or its CPU threads.

    Beside a GPU, the threads compile, and each worker may use them all.
    """
    cards = gpus()
    threads = str(max(1, cores() // workers))
    environments: list[Mapping[str, str]] = []
    for index in range(workers):
        environment: dict[str, str] = {}
        if workers > 1 and not cards:
            environment.update(threads_of_each(threads))
        if len(cards) > 1:
            environment["CUDA_VISIBLE_DEVICES"] = cards[index % len(cards)]
        environments.append(environment)
    return environments


def taking_turns(workers: int) -> str:
    """A sentence for the user where so many workers take turns on a GPU; else empty.

    A GPU runs one process at a time, unless NVIDIA's Multi-Process Service (MPS) runs there.
    """
    cards = len(gpus())
    if not 0 < cards < workers or _mps_runs():
        return ""
    shared, each = ("1 GPU", "it") if cards == 1 else (f"{cards} GPUs", "each")
    return (
        f"{workers} workers share {shared} and take turns on {each}: on an H200 three were no "
        "faster than one, and 1.4 times as fast with NVIDIA's MPS, which nvidia-cuda-mps-control "
        "-d starts before a launch."
    )


def _mps_runs() -> bool:
    """Look for the file that its daemon removes at its end; its socket stays."""
    folder = os.environ.get("CUDA_MPS_PIPE_DIRECTORY") or "/tmp/nvidia-mps"  # noqa: S108
    return Path(folder, "nvidia-cuda-mps-control.pid").exists()


def threads_of_each(count: str) -> dict[str, str]:
    """The environment that gives TensorFlow, and JAX by the name of XLA's, so many CPU threads."""
    return dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC"), count)


def best_precision() -> str:
    """The precision that `--precision auto` means here: bfloat16 where every GPU has units for it.

    NVIDIA's do from compute capability 8 on.
    """
    found = _nvidia_smi("--query-gpu=compute_cap", "--format=csv,noheader")
    able = [line for line in found if line[:1].isdigit() and float(line) >= 8]
    return "mixed_bfloat16" if gpus() and found and len(able) == len(found) else "float32"


def gpus() -> list[str]:
    """The NVIDIA GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip() not in ("", "-1")]
    found = [line for line in _nvidia_smi("-L") if line.startswith("GPU ")]
    return [str(index) for index in range(len(found))]


def _nvidia_smi(*options: str) -> list[str]:
    """The lines that it prints; none where there is none."""
    if (program := shutil.which("nvidia-smi")) is None:
        return []
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        said = subprocess.run(  # noqa: S603
            [program, *options], capture_output=True, text=True, timeout=30, check=False
        )
        return said.stdout.splitlines()
    return []


def cores() -> int:
    """The CPU cores that this process may use, or whose time its control groups have."""
    affinity = getattr(os, "sched_getaffinity", None)
    here = len(affinity(0)) if affinity else os.cpu_count() or 1
    shares = [-(-int(quota) // int(period)) for quota, period in _group_limits("cpu.max")]
    return min([here, *shares])


def memory() -> int:
    """The bytes of memory that this process may use; the machine's, or its control groups'."""
    here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([here, *(int(most) for (most,) in _group_limits("memory.max"))])


def _group_limits(name: str) -> Iterator[list[str]]:
    """Yield what a file says in each control group of this process that sets a limit.

    As containers and schedulers do. Groups lie in others, whose limits hold too.
    """
    lines = _OWN_GROUP.read_text().splitlines() if _OWN_GROUP.exists() else []
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    for group in (_GROUPS / own, *(_GROUPS / own).parents):
        with contextlib.suppress(OSError):
            words = (group / name).read_text().split()
            if words[0] != "max":
                yield words
