"""How long JAX takes to compile a study's networks on a CPU.

    python -m bench.compiling                       # this kouka
    python -m bench.compiling --beside ../other     # and another checkout's, by turns

Eight recipes with half of the article's techniques each, drawn at random, train for an epoch of two
batches in one process, and of a smaller one where `--images` leaves one: first with nothing in
JAX's cache of compiled programs, then again. The seconds are a processor's, of all threads
together, which other programs change less.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.checkouts import parse_beside
from bench.options import script_options
from bench.results import reporter
from model_space.techniques import SETS

NAMES = SETS["article"]
TRAINING = """
import json, sys, time
from model_space.budget import Budget
from model_space.data import load
from model_space.techniques import usual
from model_space.training.trainer import Trainer

trainer = Trainer(load("digits", train_size=int(sys.argv[2]), validation=60))
budget = Budget(epochs=1, batch_size=32, width=0.125)
began = time.process_time()
right = [
    trainer.train(usual(recipe), budget, 0, lambda epoch, accuracy: True).test_accuracy
    for recipe in json.loads(sys.argv[1])
]
print(json.dumps([time.process_time() - began, 100 * sum(right) / len(right)]))
"""


def recipes(count: int) -> list[list[str]]:
    """The techniques of each recipe."""
    draw = random.Random(0)
    return [sorted(draw.sample(NAMES, len(NAMES) // 2), key=NAMES.index) for _ in range(count)]


def trained(checkout: Path, cache: Path, count: int, images: int) -> tuple[float, float]:
    """Seconds of a processor that the recipes took, and their test accuracy in percent."""
    environment = {
        **os.environ, "PYTHONPATH": str(checkout), "KERAS_BACKEND": "jax",
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", TRAINING, json.dumps(recipes(count)), str(images)],
        env=environment, cwd=cache.parent, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    seconds, accuracy = json.loads(ended.stdout)
    return seconds, accuracy


def main() -> None:
    """Train with each checkout, with an empty cache and again, and print the seconds."""
    parser = script_options(__doc__)
    parser.add_argument("--recipes", type=int, default=8)
    parser.add_argument("--images", type=int, default=64, help="for training, in batches of 32")
    arguments, checkouts = parse_beside(parser)
    report = reporter("compiling", record=arguments.record)
    with tempfile.TemporaryDirectory() as folder:
        for cache in ("empty", "filled"):
            for which, checkout in checkouts.items():
                seconds, accuracy = trained(
                    checkout, Path(folder, which), arguments.recipes, arguments.images
                )
                report({
                    "recipes": arguments.recipes, "cache": cache, "kouka": which,
                    "seconds of a processor": round(seconds, 1),
                    "test accuracy, %": round(accuracy, 2),
                })  # fmt: skip


if __name__ == "__main__":
    main()
