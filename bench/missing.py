"""Intervals and verdicts while runs are missing, and of a study that grows or is watched.

    python -m bench.missing            # all of it, about ten minutes on two cores
    python -m bench.missing --quick    # a tenth of the studies

Prints the tables of bench/README.md. The truths are those of `bench.truths`, and the tables of real
runs on digits. A study's runs are those of kouka's design in a random order, so that the first of
them are what an interrupted study has; that has no confirm runs, one that lost runs has them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.calibration import Coverage
from bench.knowing import Table
from bench.options import script_options
from bench.parallel import Job, measure
from bench.results import Row
from bench.table import EPOCHS, IMAGES
from bench.truths import KINDS, article, names, ordered, simulate
from search.analysis import effects as effects_module
from search.analysis.effects import CERTAIN, effects
from search.analysis.looks import Look
from search.planning.design import (
    Design,
    design,
    fraction,
    grown,
    interaction_variance,
    pair_columns,
)

SIZES = (
    (3, 8, (6, 7)), (5, 16, (10, 13, 15)), (6, 32, (20, 28)), (7, 32, (20, 28)),
    (8, 16, (12, 14, 15, 16)), (8, 32, (20, 28, 31, 32)), (8, 64, (20, 28, 36, 44, 52, 60, 63)),
    (12, 32, (20, 28)), (12, 64, (40, 60, 62, 64)), (8, 128, (70, 100, 120)),
)  # fmt: skip
"""Techniques, planned runs, and the finished ones."""
KINDS_TRIED = (
    "equal",
    "unequal",
    "heavy tails",
    "weak triples",
    "log loss",
    "some diverge",
    "drift",
)
HARDER = ((8, 16, 14), (8, 64, 44))
"""Techniques, planned and finished runs of the studies that each kind of truth is tried on."""
TABLES = {"digits": IMAGES, "digits, 250 images": 250}
"""Real runs, of all recipes of eight techniques, by their training images."""
PATHS = ((16,), (64,), (16, 32), (16, 64), (16, 32, 64), (16, 32, 64, 128))
"""Runs that studies of eight techniques were asked for, first to last."""
GROWTHS = (
    (4, (8, 16)), (5, (16, 32)), (6, (16, 32)), (6, (16, 32, 64)), (7, (16, 64)), (7, (16, 32, 64)),
    (8, (16, 64)), (8, (16, 32, 64)), (8, (32, 64)), (8, (64, 128)), (9, (32, 64)), (10, (32, 128)),
)  # fmt: skip
"""Techniques, and the runs of designs that grew."""
LARGE = 1.0
"""Points from which an effect ought to be named."""


def cover(techniques: int, runs: int, finished: int, kind: str, studies: int) -> Row:
    """A row of the first table."""
    effects_module._DRAWS = 10  # the probabilities of ranks are not looked at here
    random = np.random.default_rng([techniques, runs, finished, *kind.encode()])
    made = Table(TABLES[kind], EPOCHS) if kind in TABLES else None
    rows = np.where(fraction(techniques, runs), 1.0, -1.0)
    first, lost = Coverage(), Coverage()
    unknown = 0
    for _ in range(studies):
        machine = made or KINDS[kind](techniques, random)
        measured, confirmed = simulate(machine, ordered(machine, rows, random), random)
        kept = np.sort(random.permutation(runs)[:finished])
        for coverage, chosen, repeats in (
            (first, measured[:finished], []),
            (lost, [measured[at] for at in kept], confirmed),
        ):
            found = effects(chosen, names(techniques), repeats, maximize=not machine.loss)
            if found is None or any(np.isnan(one.low) for one in found.effects):
                unknown += 1
                continue
            coverage.add(found, machine)
    return {
        "truth": kind.replace("3 %", "some"),
        "techniques": techniques,
        "planned": runs,
        "finished": finished,
        **first.cells(of=", interrupted"),
        **lost.cells(of=", lost at random"),
        "without an interval, %": round(50 * unknown / studies, 1),
    }


def look(sizes: tuple[int, ...], studies: int) -> Row:
    """A row of the table of looks: a verdict at each size of a study of eight techniques.

    In one half of the studies no technique has an effect, though pairs interact; the others are the
    article's.
    """
    effects_module._DRAWS = 10
    random = np.random.default_rng(sizes)
    rows = grown(8, sizes)
    wrong = {True: 0, False: 0}
    named = large = 0
    for study in range(2 * studies):
        machine = article(8, random)
        if study % 2:
            machine = replace(machine, linear=0 * machine.linear)
        measured, confirmed = simulate(machine, np.where(rows, 1.0, -1.0), random)
        for allowed in wrong:
            false = False
            for at, size in enumerate(sizes, start=1):
                which = Look(sizes[:at], size) if allowed else Look()
                found = effects(measured[:size], names(8), confirmed, look=which)
                assert found is not None
                certain = [one for one in found.effects if one.verdict in CERTAIN]
                true = {one.technique: machine.effects[int(one.technique[1:])] for one in certain}
                false |= any(true[one.technique] * one.effect <= 0 for one in certain)
                if allowed and size == sizes[-1] and not study % 2:
                    named += sum(abs(worth) >= LARGE for worth in true.values())
                    large += int(np.sum(np.abs(machine.effects) >= LARGE))
            wrong[allowed] += false * (study % 2)
    return {
        "looks": _at(sizes),
        "wrong at some look, %": round(100 * wrong[True] / studies, 1),
        "wrong if each look stood alone, %": round(100 * wrong[False] / studies, 1),
        "named at the last, %": round(100 * named / large, 1),
    }


def growth(techniques: int, sizes: tuple[int, ...]) -> Row:
    """A row of the table of designs that grew."""
    now, before = grown(techniques, sizes), design(techniques, sizes[0], sizes[-1])
    return {
        "techniques": techniques,
        "runs": _at(sizes),
        "variance of interactions": _finite(interaction_variance(now)),
        "variance of effects": _finite(effect_variance(now)),
        "variance of interactions, doubled blocks": _finite(interaction_variance(before)),
    }


def effect_variance(rows: Design) -> float:
    """Mean variance of the effects beside all interactions, as a multiple of that in a new design;
    infinite where these cannot all be told apart."""
    levels = np.where(rows, 1.0, -1.0)
    columns = np.column_stack([np.ones(len(levels)), levels, pair_columns(levels)])
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        return np.inf
    variances = np.diag(np.linalg.inv(columns.T @ columns)) * len(rows)
    return float(np.mean(variances[1 : 1 + rows.shape[1]]))


def _at(sizes: tuple[int, ...]) -> str:
    return f"at {', '.join(map(str, sizes))}"


def _finite(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None


def main() -> None:
    """Print the tables, two processes at work."""
    parser = script_options(__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the studies")
    parser.add_argument("--table", help="growth, looks or missing alone")
    parser.add_argument("--studies", type=int, default=400, help="a row")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    studies = given.studies // (10 if given.quick else 1)
    sizes = [(k, n, m, kind) for kind in (*TABLES, *KINDS_TRIED[1:]) for k, n, m in HARDER]
    sizes += [(k, n, m, "equal") for k, n, ms in SIZES for m in ms]
    jobs: list[Job] = [(cover, (*size, studies)) for size in sizes]
    looks: list[Job] = [(look, (path, studies)) for path in PATHS]
    growths: list[Job] = [(growth, one) for one in GROWTHS]
    for table, rows in (("growth", growths), ("looks", looks), ("missing", jobs)):
        if given.table in (None, table):
            measure(table, rows, given.processes, record=given.record)
            print()


if __name__ == "__main__":
    main()
