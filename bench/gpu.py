"""How much of a GPU's arithmetic training takes up, and where the time of a step goes.

    KERAS_BACKEND=jax python -m bench.gpu                # eight minutes at most, on a GPU
    KERAS_BACKEND=jax python -m bench.gpu --kernels      # the kernels of a step, too
    KERAS_BACKEND=jax python -m bench.gpu --tiny         # tries the script, on any processor

The article's network trains on random images of 32 by 32 pixels as kouka trains it: all techniques
off or all on, batches of 128 or 1,024, in float32 or bfloat16, alone or several processes at once
that share the card. Operations are those of convolutions and dense layers, a multiplication and an
addition each, three times those of the forward pass (Chowdhery et al. 2022, PaLM, appendix B). The
share is of what one large matrix product reaches on the same card in the same precision. Compiling
is timed apart. What has no time left is named and not measured.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.results import Cell, reporter
from model_space.techniques import SETS, usual

CLASSES = 10
PIXELS = 32
LARGEST = 8192
"""Rows and columns of the matrices whose product is the ceiling."""
KERNELS = 12
"""Kernels to list, those that take the most time."""


@dataclass(frozen=True)
class Case:
    """Networks to train: `at_once` processes train the same kind."""

    techniques: str
    """`all off` or `all on`."""
    batch: int
    precision: str
    at_once: int = 1


CASES = (
    *(Case(on, batch, precision) for precision in ("mixed_bfloat16", "float32")
      for batch in (128, 1024) for on in ("all off", "all on")),
    *(Case(on, 128, "mixed_bfloat16", many) for many in (2, 3, 4) for on in ("all off", "all on")),
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How large the networks and the data are, and how long each case trains."""

    images: int
    width: float
    seconds: float
    matrix: int


FULL = Size(16_384, 1.0, 6.0, LARGEST)
TINY = Size(2_048, 0.0625, 1.0, 512)


def forward_operations(network: Any) -> int:
    """Count the multiplications and additions of a network's matrix products for one image."""
    import keras

    count = 0
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Conv2D):
            _, height, width, _ = layer.output.shape
            count += 2 * height * width * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Dense):
            count += 2 * int(np.prod(layer.kernel.shape))
    return count


def matrix_rate(precision: str, size: int) -> float:
    """Measure the operations a second of a matrix product in the precision of a policy."""
    import jax
    from jax import numpy as jnp

    dtype = "bfloat16" if precision == "mixed_bfloat16" else "float32"
    keys = jax.random.split(jax.random.key(0))
    a, b = (jax.random.normal(key, (size, size), jnp.float32).astype(dtype) for key in keys)
    product = jax.jit(jnp.matmul)
    product(a, b).block_until_ready()
    times = []
    for _ in range(10):
        began = time.perf_counter()
        product(a, b).block_until_ready()
        times.append(time.perf_counter() - began)
    return 2 * size**3 / float(np.median(times))


class Training:
    """A network of kouka's, its loops and some random images, ready to train."""

    def __init__(self, case: Case, size: Size) -> None:
        """Compile it, which `compiling` seconds tell of, and train it for an epoch."""
        from model_space.budget import Budget
        from model_space.data.dataset import Data
        from model_space.training.compiled import CompiledRun

        random = np.random.default_rng(0)
        shape = size.images, PIXELS, PIXELS, 3
        part = (
            random.integers(0, 256, shape, dtype="uint8"),
            random.integers(0, CLASSES, size.images),
        )
        few = part[0][:100], part[1][:100]
        data = Data(tuple(map(str, range(CLASSES))), part, few, few)
        budget = Budget(1, case.batch, size.width, precision=case.precision)
        recipe = usual(SETS["article"]) if case.techniques == "all on" else {}
        began = time.perf_counter()
        self._run = CompiledRun(recipe, data, budget, seed=0)
        self._shard, self.images = self._run.put(part), size.images
        self.epoch()
        self.compiling = time.perf_counter() - began
        self.operations = 3 * forward_operations(self._run.network) * size.images

    def epoch(self) -> None:
        """Train for an epoch."""
        self._run.train(self._shard, 0, self.images)


def work(case: Case, size: Size) -> None:
    """Train as one of a case's processes: say when it is compiled, wait, train, say how far."""
    training = Training(case, size)
    print(json.dumps([training.compiling, training.operations]), flush=True)
    sys.stdin.readline()
    epochs, began = 0, time.perf_counter()
    while time.perf_counter() - began < size.seconds:
        training.epoch()
        epochs += 1
    print(json.dumps([epochs, time.perf_counter() - began]), flush=True)


def measure(case: Case, size: Size, ceiling: float) -> dict[str, Cell]:
    """Train the networks of a case side by side, from the same moment on."""
    job = json.dumps([asdict(case), asdict(size)])
    share = {"XLA_PYTHON_CLIENT_MEM_FRACTION": f"{0.9 / case.at_once:.2f}"}
    running = [
        subprocess.Popen([sys.executable, "-m", "bench.gpu", "--job", job], text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | share)
        for _ in range(case.at_once)
    ]  # fmt: skip

    def answers() -> list[list[float]]:
        lines = [process.stdout.readline() if process.stdout else "" for process in running]
        return [json.loads(line) for line in lines]

    ready = answers()
    for process in running:
        assert process.stdin is not None
        print(file=process.stdin, flush=True)
    trained = answers()
    for process in running:
        process.wait()
    rate = sum(of[1] * epochs / seconds
               for of, (epochs, seconds) in zip(ready, trained, strict=True))  # fmt: skip
    images = sum(size.images * epochs / seconds for epochs, seconds in trained)
    return {
        "techniques": case.techniques, "batch": case.batch, "precision": case.precision,
        "at once": case.at_once, "compiling, s": round(max(of[0] for of in ready), 1),
        "images a second": round(images), "TFLOP/s": float(f"{rate / 1e12:.3g}"),
        "of the ceiling, %": round(100 * rate / ceiling, 1),
    }  # fmt: skip


def kernels(case: Case, size: Size) -> Iterator[dict[str, Cell]]:
    """Trace an epoch, and yield a row for each of the kernels that take the most time."""
    import jax

    training = Training(case, size)
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder, create_perfetto_trace=True):
            training.epoch()
        (written,) = Path(folder).rglob("perfetto_trace.json.gz")
        events = json.loads(gzip.decompress(written.read_bytes()))["traceEvents"]
    streams = {  # of a card, whose other rows tell the same again by layers
        (event["pid"], event["tid"]) for event in events
        if event.get("name") == "thread_name" and event["args"]["name"].startswith("Stream")
    }  # fmt: skip
    took: Counter[str] = Counter()
    for event in events:
        if event.get("ph") == "X" and (not streams or (event["pid"], event["tid"]) in streams):
            took[event["name"]] += event["dur"]
    for name, microseconds in took.most_common(KERNELS):
        yield {
            "techniques": case.techniques, "batch": case.batch, "precision": case.precision,
            "kernel": name[:60], "of the time, %": round(100 * microseconds / took.total(), 1),
        }  # fmt: skip


def main() -> None:
    """Print a row for each case that there is time for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=8.0, help="the most to take")
    options.add_argument("--kernels", action="store_true", help="trace an epoch by kernels first")
    options.add_argument("--tiny", action="store_true", help="small networks, to try the script")
    options.add_argument("--record", action="store_true", help="keep the rows in bench/measured")
    options.add_argument("--job", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.job:
        case, size = json.loads(given.job)
        work(Case(**case), Size(**size))
        return
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # leaves the card to the processes
    import keras

    if keras.backend.backend() != "jax":
        options.error("this is measured on JAX; begin the command with KERAS_BACKEND=jax")
    import jax

    size, until = TINY if given.tiny else FULL, time.monotonic() + 60 * given.minutes
    device = jax.devices()[0]
    ceilings = {case.precision: matrix_rate(case.precision, size.matrix) for case in CASES}
    for precision, rate in ceilings.items():
        print(f"{device.device_kind}: {rate / 1e12:.2f} TFLOP/s in {precision}", flush=True)
    if given.kernels:
        report = reporter("gpu_kernels", record=given.record)
        for case in (one for one in CASES[:2] if one.at_once == 1):
            for row in kernels(case, size):
                report({"device": device.device_kind, **row})
    report = reporter("gpu", record=given.record)
    longest = 0.0
    for case in CASES:
        if time.monotonic() + longest > until:
            print(f"no time for {case}", file=sys.stderr)
            continue
        began = time.monotonic()
        row = measure(case, size, ceilings[case.precision])
        longest = max(longest, time.monotonic() - began)
        report({"device": device.device_kind, **row})


if __name__ == "__main__":
    main()
