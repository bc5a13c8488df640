"""How much of a study's time is training, and nothing else.

    python -m bench.efficiency                     # 35 digits runs as those of `make study`
    python -m bench.efficiency --workers 2
    python -m bench.efficiency --data FOLDER       # 5 epochs of 4,000 images, width 0.25

Launches a study, then trains each of its runs again as bare compiled steps: everything in memory,
one compiled loop an epoch, nothing validated, reported or saved, its tracing not counted. The
efficiency is the time of the bare steps over that of the study.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.options import script_options
from bench.results import reporter
from search.results import Results
from search.storage.reading import read
from search.storage.studies import load_study

DIGITS = (
    "--data digits --train-size 1000 --validation 0.2 --epochs 12 --batch-size 32 --width 0.125 "
    "--measure 16 --search 4 --confirm 3"
)
CIFAR = (
    "--train-size 4000 --validation 1000 --epochs 5 --width 0.25 --techniques "
    "augmentation,batch_norm,residual,mixup --measure 8 --search 0 --confirm 0"
)


def launch(folder: Path, options: list[str]) -> tuple[float, Results]:
    """Launch a study with kouka's own command; its seconds and what it found."""
    command = [str(Path(sys.executable).with_name("kouka")), "launch", "bench", *options]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    seconds = time.perf_counter() - began
    return seconds, read(load_study(f"sqlite:///{folder}/studies.db", "bench"))


def working_seconds(folder: Path) -> float:
    """From the first run's beginning to the last one's end."""
    trials = load_study(f"sqlite:///{folder}/studies.db", "bench").trials
    ends = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    begins = [trial.datetime_start for trial in trials if trial.datetime_start]
    return (max(ends) - min(begins)).total_seconds()


def bare_seconds(results: Results) -> float:
    """The time of all the study's training steps, each run's in one compiled loop an epoch."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    from model_space.budget import Budget
    from model_space.data import load_spec
    from model_space.training.setup import TrainingSetup
    from search.planning.space import Space

    settings = results.launched_with()
    space = Space.of(settings)
    data = load_spec(settings.data_spec())
    images, labels = (tf.constant(each) for each in data.train)
    budget = Budget(settings.epochs, settings.batch_size, settings.width, settings.depth)
    size, batch = len(images), budget.batch_size
    total = 0.0
    for run in results.runs:
        if run.state not in ("complete", "pruned"):
            continue
        recipe = space.recipe(run.params)
        setup = TrainingSetup(recipe, data, budget)
        network, optimizer = setup.network, setup.optimizer

        @tf.function  # type: ignore[untyped-decorator]
        def epoch() -> None:
            order = tf.random.shuffle(tf.range(size))
            for first in tf.range(0, size, batch):
                rows = order[first : first + batch]
                x, y = tf.gather(images, rows), tf.gather(labels, rows)
                taken = setup.training_batch(x, y)  # noqa: B023 - within this turn
                with tf.GradientTape() as tape:
                    scores = network(taken["images"], training=True)  # noqa: B023
                    loss = setup.loss(taken["labels"], scores)  # noqa: B023
                weights = network.trainable_variables  # noqa: B023
                optimizer.apply(tape.gradient(loss, weights), weights)  # noqa: B023

        epoch()  # traced, and every buffer allocated
        epochs = len(run.curve)
        began = time.perf_counter()
        for _ in range(epochs):
            epoch()
        total += time.perf_counter() - began
    return total


def main() -> None:
    """Print one row of the table."""
    parser = script_options(__doc__)
    parser.add_argument("--data")
    parser.add_argument("--workers", default="1")
    arguments = parser.parse_args()
    options = f"--data {Path(arguments.data).resolve()} {CIFAR}" if arguments.data else DIGITS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole, results = launch(folder, [*options.split(), "--workers", arguments.workers])
        working = working_seconds(folder)
    bare = bare_seconds(results)
    reporter("efficiency", record=arguments.record)({
        "study": "CIFAR-10 (JPEG)" if arguments.data else "digits",
        "workers": int(arguments.workers) if arguments.workers.isdigit() else "auto",
        "runs": len(results.runs),
        "bare steps, s": round(bare, 1),
        "first run to last, s": round(working, 1),
        "efficiency": round(bare / working, 2),
        "whole command, s": round(whole, 1),
        "efficiency, whole command": round(bare / whole, 2),
    })  # fmt: skip


if __name__ == "__main__":
    main()
