r"""Runs of a study with their curves, as a CSV file for the benches.

    python -m bench.curves STUDY --storage FILE > bench/runs/NAME.csv

A row a complete run of the phase `measure`: 1 where a technique is on, the seed, and the validation
accuracy after each epoch. `bench/runs/digits-long.csv` is of the study

    kouka launch digits-long --data digits --train-size 1000 --epochs 40 --batch-size 32 \
        --width 0.125 --measure 64 --search 0 --confirm 0

and `cifar-long.csv` of the measured runs of `cifar10-10k`, which comes with kouka.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np

from search.analysis.effects import Effects, effects
from search.results import Run
from search.settings import usual_last_epochs
from search.storage.reading import read
from search.storage.studies import load_study

_FOLDER = Path(__file__).with_name("runs")


def load(name: str) -> tuple[tuple[str, ...], list[Run]]:
    """Read the techniques and the runs of a file; a run's value is that after its last epoch."""
    with (_FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    epochs = [column for column in table[0] if column.startswith("epoch ")]
    names = tuple(list(table[0])[: list(table[0]).index("seed")])
    runs = []
    for number, row in enumerate(table):
        curve = {int(column.split()[1]): float(row[column]) for column in epochs}
        on = frozenset(technique for technique in names if row[technique] == "1")
        params = {technique: technique in on for technique in names}
        runs.append(Run(number, "measure", "complete", params, on, curve[len(epochs)], curve,
                        int(row["seed"]), epochs=len(epochs)))  # fmt: skip
    return names, runs


def curves_of(runs: list[Run]) -> np.ndarray:
    """The curves, (runs, epochs), in percent."""
    return np.array([[run.scale * value for value in run.curve.values()] for run in runs])


def reference(name: str, epochs: int, without: Collection[int | None] = ()) -> Effects:
    """The effects of a file's runs after so many epochs, or after all that it has if fewer.

    Runs of the seeds `without` are left out.
    """
    techniques, runs = load(name)
    runs = [run for run in runs if run.seed not in without]
    end = min(epochs, len(runs[0].curve))
    last = slice(end - usual_last_epochs(end), end)
    values = [fmean(list(run.curve.values())[last]) for run in runs]
    fitted = effects(
        [replace(run, value=value) for run, value in zip(runs, values, strict=True)], techniques
    )
    assert fitted is not None
    return fitted


def main() -> None:
    """Print the table of a study."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("study")
    options.add_argument("--storage", required=True)
    chosen = options.parse_args()
    results = read(load_study(chosen.storage, chosen.study))
    runs = results.of("measure")
    epochs = range(1, min(len(run.curve) for run in runs) + 1)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*results.factors, "seed", *(f"epoch {epoch}" for epoch in epochs)])
    for run in runs:
        on = [int(name in run.on) for name in results.factors]
        writer.writerow([*on, run.seed, *(f"{run.curve[epoch]:.4f}" for epoch in epochs)])


if __name__ == "__main__":
    main()
