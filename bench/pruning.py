"""What pruning stops: runs that would have been among the best, and the epochs that it saves.

    python -m bench.pruning        # seconds, from the runs in bench/runs/

A study has measured 16 of a table's runs, drawn at random; others are searched. A run is stopped
where Optuna's median rule says so at one of its checks. Good runs are the best tenth of the table
by the mean of their last epochs.
"""

from __future__ import annotations

import numpy as np

from bench.curves import curves_of, load
from bench.options import script_options
from bench.results import Row, reporter
from bench.table import EPOCHS, rows
from search.analysis.rank_stability import ranked_from
from search.planning.pruners import PRUNERS
from search.results import Run
from search.settings import usual_last_epochs

_MEASURED, _SEARCHED, _STUDIES = 16, 20, 200
_GOOD = 0.9


def tables() -> dict[str, np.ndarray]:
    """Curves, (runs, epochs), in percent, by the name of their file."""
    columns = [f"epoch {epoch}" for epoch in range(1, EPOCHS + 1)]
    found = {
        name: np.array([[100 * float(row[column]) for column in columns] for row in rows(images)])
        for name, images in (("digits", 1000), ("digits-250", 250))
    }
    return {**found, "digits-long": curves_of(load("digits-long")[1])}


def first_judged(measured: np.ndarray, waits: bool) -> int:
    """The first epoch at which a run may be stopped."""
    if not waits:
        return 1
    last = usual_last_epochs(measured.shape[1])
    runs = [
        Run(0, "measure", "complete", {}, frozenset(), float(curve[-last:].mean()) / 100,
            {epoch: float(value) / 100 for epoch, value in enumerate(curve, start=1)})
        for curve in measured
    ]  # fmt: skip
    return ranked_from(runs) or 1


def measure(name: str, curves: np.ndarray, waits: bool) -> Row:
    """Measure the median rule on a table."""
    random = np.random.default_rng(0)
    epochs = curves.shape[1]
    finals = curves[:, -usual_last_epochs(epochs) :].mean(axis=1)
    good = finals >= np.quantile(finals, _GOOD)
    stopped = {True: 0, False: 0}
    seen = {True: 0, False: 0}
    trained = 0
    for _ in range(_STUDIES):
        order = random.permutation(len(curves))
        measured, searched = curves[order[:_MEASURED]], order[_MEASURED : _MEASURED + _SEARCHED]
        pruning = PRUNERS["median"](epochs, first_judged(measured, waits))
        medians = np.median(measured, axis=0)
        for place in searched:
            curve = curves[place]
            stops = [e for e in sorted(pruning.epochs) if curve[:e].max() < medians[e - 1]]
            seen[bool(good[place])] += 1
            stopped[bool(good[place])] += bool(stops)
            trained += stops[0] if stops else epochs
    whole = _STUDIES * _SEARCHED * epochs
    return {
        "table": name,
        "epochs": epochs,
        "pruning": "once ranks hold" if waits else "from a quarter on",
        "good runs stopped, %": round(100 * stopped[True] / seen[True], 1),
        "others stopped, %": round(100 * stopped[False] / seen[False], 1),
        "epochs saved, %": round(100 * (1 - trained / whole), 1),
    }


def main() -> None:
    """Print a row for each table and rule."""
    options = script_options(__doc__)
    report = reporter("pruning", record=options.parse_args().record)
    for name, curves in tables().items():
        for waits in (False, True):
            report(measure(name, curves, waits))


if __name__ == "__main__":
    main()
