"""The environment of the processes in which Keras runs."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

from model_space.data.cache import home

_DEFAULTS = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    # Both would take a GPU's memory to themselves, whatever their share of the GPU.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    # OpenBLAS would start threads when it is imported; a process that forks should have one.
    "OPENBLAS_NUM_THREADS": "1",
    # So would Arrow, which TensorFlow imports by way of pandas where both are installed.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    # The initial weights' many small programs take as long to compile as the network does.
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_COMPILATION_CACHE_MAX_SIZE": str(1 << 30),
}


def keras_environment() -> dict[str, str]:
    """Return the environment for a process in which Keras runs; what the user has set stays.

    JAX keeps what it has compiled in the user's cache folder, a gigabyte at most. Where that
    cannot be read or written, it compiles anew.
    """
    programs = home() / "compiled" / _processor()
    return {**_DEFAULTS, "JAX_COMPILATION_CACHE_DIR": str(programs), **os.environ}


def _processor() -> str:
    """Identify the processor: a program for one with other instructions might crash here."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        lines = []
    instructions = next(
        (line for line in lines if line.lower().startswith(("flags", "features"))), ""
    )
    return hashlib.sha256(f"{platform.machine()} {instructions}".encode()).hexdigest()[:16]
