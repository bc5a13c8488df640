"""Why our networks come below the article's: the loop, the files, the images held out.

    python -m bench.levels --data FOLDER             # CIFAR-10 (JPEG), an hour on two cores
    python -m bench.levels "all on" --data FOLDER    # half of it

Trains the article's plain network, and that with all techniques on, by kouka and by Keras' `fit`;
by kouka also on images that are compressed once more, as the files were, and on half as many. An
accuracy is the mean of the last ten epochs on test images, as one epoch's varies by a point or two.
Each row is of three seeds. Two networks train at once, each in a process of one thread.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from bench.options import script_options
from bench.results import reporter
from bench.rivals import arrays, batches, network
from model_space.budget import Budget
from model_space.data import load
from model_space.data.dataset import Data
from model_space.data.source import Part
from model_space.techniques import SETS, usual

IMAGES = 10_000
SETTINGS = {"epochs": 30, "batch_size": 128, "width": 0.25}
SEEDS = 3
LAST = 10
QUALITY, CHROMA_HALVED = 75, 2
"""Of JPEG, in the files' own headers; 2 is Pillow's word for half the resolution each way."""
OFF_THE_GRID = 4
"""Pixels by which a second compression's blocks lie beside those of the first."""

TECHNIQUES = ("all off", "all on")
SIDES = (
    ("kouka", "as they are", IMAGES),
    ("fit", "as they are", IMAGES),
    ("kouka", "compressed again", IMAGES),
    ("kouka", "as they are", IMAGES // 2),
)
"""The loop, the images and how many; the first is what the others are beside."""

Job = tuple[str, str, str, int]
"""The techniques, and a side."""


def compressed(image: np.ndarray) -> np.ndarray:
    """Compress an image of 8-bit pixels as the files are, on another grid of blocks."""
    padded = np.pad(image, ((OFF_THE_GRID,) * 2, (OFF_THE_GRID,) * 2, (0, 0)), mode="edge")
    file = io.BytesIO()
    Image.fromarray(padded).save(file, "JPEG", quality=QUALITY, subsampling=CHROMA_HALVED)
    opened = np.asarray(Image.open(file))
    return opened[OFF_THE_GRID:-OFF_THE_GRID, OFF_THE_GRID:-OFF_THE_GRID]


def again(data: Data) -> Data:
    """Compress all images of a data set once more."""

    def part(images: np.ndarray, labels: np.ndarray) -> Part:
        return np.stack([compressed(image) for image in images]), labels

    return Data(data.classes, part(*data.train), part(*data.validation), part(*data.test))


def accuracy(job: Job, folder: str, seed: int) -> float:
    """Train one network in this process; its accuracy on the test images, a fraction."""
    techniques, loop, images, number = job
    data = load(folder, train_size=number, validation=1000)
    if images == "compressed again":
        data = again(data)
    data = replace(data, validation=data.test)  # nothing is chosen by it here
    recipe = usual(SETS["article"] if techniques == "all on" else ())
    found: list[float] = []
    if loop == "kouka":
        from model_space.training.trainer import Trainer

        def report(epoch: int, reached: float) -> bool:
            found.append(reached)
            return True

        Trainer(data).train(recipe, Budget(**SETTINGS), seed, report)  # type: ignore[arg-type]
    else:
        import keras

        keras.utils.set_random_seed(seed)
        fitted = network(recipe, data, SETTINGS).fit(
            batches(data, recipe, SETTINGS), epochs=SETTINGS["epochs"], verbose=0,
            validation_data=arrays(data)[1],
        )  # fmt: skip
        found = fitted.history["val_accuracy"]
    return statistics.fmean(found[-LAST:])


def in_a_process(job: Job, folder: str, seed: int) -> float:
    """Train one network in a process of one thread; its test accuracy in percent."""
    one = {f"TF_NUM_{where}_THREADS": "1" for where in ("INTRAOP", "INTEROP")}
    ended = subprocess.run(
        [sys.executable, "-m", "bench.levels", "--data", folder,
         "--job", json.dumps([job, seed])],
        env={**os.environ, **one, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return 100 * float(ended.stdout.splitlines()[-1])


def main() -> None:
    """Print a row for each side, with all techniques off and with all on."""
    parser = script_options(__doc__)
    parser.add_argument("techniques", nargs="*", default=TECHNIQUES, metavar="TECHNIQUES")
    parser.add_argument("--data", required=True, metavar="FOLDER")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    folder = str(Path(chosen.data).resolve())
    if chosen.job:
        job, seed = json.loads(chosen.job)
        print(accuracy(tuple(job), folder, seed))
        return
    report = reporter("levels", record=chosen.record)
    with ThreadPoolExecutor(2) as two:
        all_jobs = {
            (techniques, *side): [
                two.submit(in_a_process, (techniques, *side), folder, seed) for seed in range(SEEDS)
            ]
            for techniques in chosen.techniques
            for side in SIDES
        }
        first: dict[str, list[float]] = {}
        for (techniques, loop, images, number), runs in all_jobs.items():
            found = [run.result() for run in runs]
            beside = first.setdefault(techniques, found)
            variance = statistics.variance(found) + statistics.variance(beside)
            same = beside is found
            report({
                "techniques": techniques, "loop": loop, "images": images, "of them": number,
                "test accuracy, %": round(statistics.fmean(found), 2),
                "difference, points":
                    None if same else round(statistics.fmean(found) - statistics.fmean(beside), 2),
                "standard error, points": None if same else round((variance / SEEDS) ** 0.5, 2),
            })  # fmt: skip


if __name__ == "__main__":
    main()
