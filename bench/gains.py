"""The predicted gain of the recommended recipe over all off, in studies that confirm nothing.

    python -m bench.gains                 # about five minutes on one core
    python -m bench.gains --studies 10    # a tenth of the studies

Prints a table of bench/README.md. The recipe is chosen for being the best, so an interval made as
if it had not been chosen would hold the true gain too rarely, and praise recipes without any.
"""

from __future__ import annotations

import numpy as np

from bench.knowing import Table
from bench.options import script_options
from bench.results import Row, reporter
from bench.selection import maker
from bench.truths import Truth, names, run
from search.analysis.decision import decide
from search.analysis.effects import effects
from search.analysis.recommendation import recommend
from search.planning.design import fraction
from search.results import Results

CASES = (
    ("no effects", 5, 16), ("no effects", 8, 16), ("no effects", 8, 32), ("no effects", 8, 64),
    ("digits", 8, 16), ("digits", 8, 64), ("digits, 250 images", 8, 64),
    ("equal", 8, 64), ("strong interactions", 8, 64), ("three lose 12 points", 8, 64),
)  # fmt: skip
"""Kind of truth, techniques and runs."""


def row_of(kind: str, techniques: int, runs: int, studies: int) -> Row:
    """Measure studies of a kind, whose true gains are known."""
    random = np.random.default_rng([techniques, runs, len(kind)])
    named = names(techniques)
    held = praised = wrongly = predicted = 0
    gains, widths = [], []
    for _ in range(studies):
        machine = maker(kind)(techniques, random)
        rows = np.where(random.permutation(fraction(techniques, runs)), 1.0, -1.0)
        measured = [run(recipe, machine.value(recipe, random)) for recipe in rows]
        results = Results("bench", tuple(named), tuple(measured))
        fitted = effects(measured, named)
        made = decide(results, recommend(results), (), effects=fitted)
        assert made is not None
        if made.verdict == "unknown":
            continue
        predicted += 1
        on = np.array([1.0 if name in made.recommended.on else -1.0 for name in named])
        gain = _mean(machine, on) - _mean(machine, -np.ones(techniques))
        low, high = (0.0, 0.0) if made.gain is None else (made.gain.low, made.gain.high)
        held += low - 1e-9 <= gain <= high + 1e-9
        praised += made.verdict == "better"
        wrongly += made.verdict == "better" and gain <= 0
        gains.append(gain)
        widths.append(high - low)
    return {
        "truth": kind,
        "techniques": techniques,
        "runs": runs,
        "predicted, %": 100 * predicted / studies,
        "true gain, points": round(float(np.mean(gains)), 2) if gains else None,
        "interval covers, %": 100 * held / predicted if predicted else None,
        "width, points": round(float(np.mean(widths)), 2) if widths else None,
        "called better, %": 100 * praised / studies,
        "wrongly, %": 100 * wrongly / studies,
    }


def _mean(machine: object, recipe: np.ndarray) -> float:
    """A recipe's value without noise."""
    if isinstance(machine, Table):
        return machine.means()[tuple(bool(side > 0) for side in recipe)]
    assert isinstance(machine, Truth)
    return machine.mean(recipe)


def main() -> None:
    """Print the table, and keep it with `--record`."""
    parser = script_options(__doc__)
    parser.add_argument("--studies", type=int, default=100, help="studies a row")
    given = parser.parse_args()
    report = reporter("gains", record=given.record)
    for case in CASES:
        report(row_of(*case, given.studies))


if __name__ == "__main__":
    main()
