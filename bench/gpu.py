"""How much of a GPU's arithmetic training takes up, and where the time of a step goes.

    KERAS_BACKEND=jax python -m bench.gpu                # under four minutes, on a GPU
    KERAS_BACKEND=jax python -m bench.gpu --kernels      # the kernels of a step, too
    KERAS_BACKEND=jax python -m bench.gpu --tiny         # tries the script, on any processor

The article's network trains on random images of 32 by 32 pixels as kouka trains it: all techniques
off or all on, batches of 128 or 1,024, in float32 or bfloat16, alone or several processes at once
that share the card, with and without NVIDIA's Multi-Process Service (MPS) where it is installed.
Operations are those of convolutions and dense layers, a multiplication and an addition each, three
times those of the forward pass (Chowdhery et al. 2022, PaLM, appendix B). The share is of what one
large matrix product, measured first, reaches on the same card in the same precision. Networks are
compiled beforehand, side by side, and their copies find the programs in a cache of this call's own.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from bench.options import script_options
from bench.results import Row, reporter
from model_space.techniques import SETS, usual

CLASSES = 10
PIXELS = 32
LARGEST = 8192
"""Rows and columns of the matrices whose product is the ceiling."""
KERNELS = 12
"""Kernels to list, those that take the most time."""
NVIDIA = "/usr/local/nvidia/bin"
"""A folder of NVIDIA's programs that is not always in the PATH."""


Report = Callable[[Row], None]


@dataclass(frozen=True)
class Case:
    """A network to train."""

    techniques: str
    """`all off` or `all on`."""
    batch: int
    precision: str


CASES = tuple(
    Case(on, batch, precision)
    for precision in ("mixed_bfloat16", "float32")
    for batch in (128, 1024)
    for on in ("all off", "all on")
)
SHARED = CASES[:2]
"""Those that are trained several at once, too."""


@dataclass(frozen=True)
class Size:
    """How large the networks and the data are, how long they train, and how many at once."""

    images: int
    width: float
    seconds: float
    matrix: int
    at_once: int


FULL = Size(16_384, 1.0, 3.0, LARGEST, 4)
TINY = Size(1_024, 0.03, 1.0, 512, 2)


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
    for _ in range(30):
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

    def kernels(self) -> list[tuple[str, float]]:
        """Trace an epoch, and return the kernels that take the most time, with their shares."""
        import jax

        with tempfile.TemporaryDirectory() as folder:
            with jax.profiler.trace(folder, create_perfetto_trace=True):
                self.epoch()
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
        return [(name, each / took.total()) for name, each in took.most_common(KERNELS)]


def work(case: Case, size: Size) -> None:
    """Compile a network and say so; then train it, or trace it, as often as a line asks for it."""
    training = Training(case, size)
    print(json.dumps([training.compiling, training.operations]), flush=True)
    for line in sys.stdin:
        if line.strip() == "trace":
            print(json.dumps(training.kernels()), flush=True)
            continue
        epochs, began = 0, time.perf_counter()
        while time.perf_counter() - began < size.seconds:
            training.epoch()
            epochs += 1
        print(json.dumps([epochs, time.perf_counter() - began]), flush=True)


class Process:
    """A process that compiles a network, and trains it when it is asked to."""

    def __init__(self, case: Case, size: Size, environment: Mapping[str, str]) -> None:
        """Start it; `ready` waits until it has compiled."""
        self.case, self.size = case, size
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.gpu", "--job", json.dumps([asdict(case), asdict(size)])],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )  # fmt: skip
        self._seconds = self.operations = 0.0

    def ready(self) -> float:
        """Wait until it has compiled, and return the seconds that this took."""
        if not self.operations:
            self._seconds, self.operations = self.answer()
        return self._seconds

    def ask(self, what: str) -> None:
        """Have it `train` for a while, or `trace` an epoch."""
        assert self._process.stdin is not None
        print(what, file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        """Wait for what it says; raises `ValueError` where it has ended."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def kernels(self) -> Iterator[Row]:
        """Trace an epoch, and yield a row for each of the kernels that take the most time."""
        self.ask("trace")
        for kernel, share in self.answer():
            yield {**asdict(self.case), "kernel": kernel[:60],
                   "of the time, %": round(100 * share, 1)}  # fmt: skip

    def end(self) -> None:
        """End it, if it runs still."""
        if self._process.poll() is None:
            self._process.communicate()


def measure(processes: Sequence[Process], ceilings: Mapping[str, float], *, mps: bool) -> Row:
    """Train the networks of some processes of a case side by side, from the same moment on."""
    for process in processes:
        process.ask("train")
    trained = [process.answer() for process in processes]
    case, images = processes[0].case, processes[0].size.images
    pace = [epochs / seconds for epochs, seconds in trained]
    steps = -(-images // case.batch)
    rate = sum(one.operations * each for one, each in zip(processes, pace, strict=True))
    return {
        **asdict(case), "at once": len(processes), "MPS": "with" if mps else "without",
        "step, ms": round(1000 / float(np.mean(pace)) / steps, 3),
        "images a second": round(images * sum(pace)), "TFLOP/s": float(f"{rate / 1e12:.3g}"),
        "of the ceiling, %": round(100 * rate / ceilings[case.precision], 1),
    }  # fmt: skip


def rows(size: Size, ceilings: Mapping[str, float], report: Report, trace: Report | None) -> None:
    """Measure every case alone, and some of them in groups; trace these first, if asked to."""
    with (
        tempfile.TemporaryDirectory() as name,
        mps(Path(name, "mps")) as served,
        ExitStack() as ending,
    ):
        plain = {
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # leaves the card to the others
            "JAX_COMPILATION_CACHE_DIR": f"{name}/compiled",
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "CUDA_MPS_PIPE_DIRECTORY": f"{name}/none",  # nor one that runs already
        }

        def start(case: Case, environment: Mapping[str, str]) -> Process:
            process = Process(case, size, environment)
            ending.callback(process.end)
            return process

        alone = [start(case, plain) for case in CASES]
        print(f"compiled in {max(each.ready() for each in alone):.0f} s", flush=True)
        if trace is not None:
            for each in alone[: len(SHARED)]:
                for row in each.kernels():
                    trace(row)
        for each in alone:
            report(measure([each], ceilings, mps=False))
        groups = [
            [first, *(start(first.case, plain) for _ in range(size.at_once - 1))]
            for first in alone[: len(SHARED)]
        ]
        under_mps = [
            [start(case, plain | served) for _ in range(size.at_once)] for case in SHARED if served
        ]
        for each in chain(*groups, *under_mps):
            each.ready()
        for group in groups:
            for many in range(2, size.at_once + 1):
                report(measure(group[:many], ceilings, mps=False))
        for each in chain(alone, *groups):
            each.end()
        for group in under_mps:
            for many in range(1, size.at_once + 1):
                report(measure(group[:many], ceilings, mps=True))


@contextmanager
def mps(folder: Path) -> Iterator[dict[str, str]]:
    """Run NVIDIA's Multi-Process Service, and yield the environment of processes that use it.

    An empty one where it is not installed or does not start. `folder` is made for its pipes and
    its logs. No setting of the card is changed.
    """
    folder.mkdir()
    served = dict.fromkeys(("CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"), str(folder))

    def control(*options: str, said: str = "") -> bool:
        program = shutil.which("nvidia-cuda-mps-control", path=f"{os.environ['PATH']}:{NVIDIA}")
        if program is None:
            return False
        ended = subprocess.run(
            [program, *options], env=os.environ | served, input=said, text=True,
            stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return ended.returncode == 0

    if not control("-d"):
        print("no MPS here", file=sys.stderr)
        yield {}
        return
    try:
        yield served
    finally:
        control(said="quit\n")


def main() -> None:
    """Print a row for each case, alone and in groups."""
    options = script_options(__doc__)
    options.add_argument("--kernels", action="store_true", help="trace an epoch by kernels first")
    options.add_argument("--tiny", action="store_true", help="small networks, to try the script")
    options.add_argument("--job", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.job:
        case, size = json.loads(given.job)
        work(Case(**case), Size(**size))
        return
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    import keras

    if keras.backend.backend() != "jax":
        options.error("this is measured on JAX; begin the command with KERAS_BACKEND=jax")
    import jax

    size, device = TINY if given.tiny else FULL, jax.devices()[0].device_kind
    ceilings = {case.precision: matrix_rate(case.precision, size.matrix) for case in CASES}
    for precision, rate in ceilings.items():
        print(f"{device}: {rate / 1e12:.2f} TFLOP/s in {precision}", flush=True)

    def kept(table: str) -> Report:
        report = reporter(table, record=given.record)
        return lambda row: report({"device": device, **row})

    rows(size, ceilings, kept("gpu"), kept("gpu_kernels") if given.kernels else None)


if __name__ == "__main__":
    main()
