"""Runs that a design needs which is grown until it is known what matters.

    python -m bench.stopping           # some minutes, from simulations and the runs in bench/runs/

A study of eight techniques measures 16, 32 and then 64 runs, and stops as soon as
`search.analysis.stopping` says that its three largest effects are known; another measures
64 runs whatever they say. The truths are simulated (`bench.truths`), or tables of real runs.
Prints, for each truth, the runs, the share of right top threes, and that of studies with a wrong
verdict.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from bench.calibration import distinct, largest_three
from bench.knowing import Table, is_right
from bench.options import script_options
from bench.results import Row, reporter
from bench.table import EPOCHS
from bench.truths import KINDS, Machine, Truth, names, simulate
from search.analysis import effects as effects_module
from search.analysis.effects import CERTAIN, Effects, effects
from search.analysis.looks import Look
from search.analysis.stopping import FIRST, LATER, three_largest
from search.planning.design import Design, grown

TECHNIQUES = 8
SIZES = (16, 32, 64)
TRUTHS = ("equal", "unequal", "heavy tails", "ceiling", "no effects")
"""Simulated; of *no effects*, pairs interact."""
TABLES = {"digits": 1000, "digits, 250 images": 250}
"""Real runs, by their training images."""


def machine_of(truth: str, random: np.random.Generator) -> Machine:
    """Draw a machine whose third effect is clear of the fourth, where it has effects at all."""
    if truth == "no effects":
        drawn = KINDS["equal"](TECHNIQUES, random)
        return Truth(0 * drawn.linear, drawn.pairs, drawn.noise)
    while True:
        drawn = KINDS[truth](TECHNIQUES, random)
        if distinct(drawn):
            return drawn


def look(
    machine: Machine, rows: Design, sizes: tuple[int, ...], random: np.random.Generator
) -> list[Effects]:
    """Measure the runs of a design, and look at them at each of its sizes."""
    order = np.concatenate([
        begin + random.permutation(end - begin)
        for begin, end in zip((0, *sizes), sizes, strict=False)
    ])  # fmt: skip
    runs, _ = simulate(machine, np.where(rows, 1.0, -1.0)[order], random)
    found = []
    for at, size in enumerate(sizes, start=1):
        fitted = effects(runs[:size], names(TECHNIQUES), look=Look(sizes[:at], size))
        assert fitted is not None
        found.append(fitted)
    return found


def right(found: Effects, machine: Machine) -> bool:
    """Check the three largest, as well as the truth is known."""
    three = frozenset(int(one.technique[1:]) for one in found.effects[:3])
    if isinstance(machine, Table):
        return is_right(three, machine)
    return three == largest_three(machine.effects)


def wrong(found: Effects, machine: Machine) -> bool:
    """Find a verdict for a technique without effect, or of the wrong sign."""
    error = 2 * machine.error if isinstance(machine, Table) else 0.0
    true = {f"t{at}": effect for at, effect in enumerate(machine.effects)}
    return any(
        one.verdict in CERTAIN
        and (abs(true[one.technique]) <= error or one.effect * true[one.technique] < 0)
        for one in found.effects
    )


def stopped(truth: str, studies: int) -> Row:
    """Give the row of a truth."""
    effects_module._DRAWS = 10  # the probabilities of single ranks are not looked at here
    random = np.random.default_rng([*truth.encode()])
    table = Table(TABLES[truth], EPOCHS) if truth in TABLES else None
    small, fixed = grown(TECHNIQUES, SIZES), grown(TECHNIQUES, SIZES[-1:])
    ended: Counter[int] = Counter()
    counts: Counter[str] = Counter()
    for _ in range(studies):
        machine = table or machine_of(truth, random)
        looks = look(machine, small, SIZES, random)
        known = (three_largest(f) >= (LATER if at else FIRST) for at, f in enumerate(looks))
        place = next((at for at, sure in enumerate(known) if sure), len(SIZES) - 1)
        (whole,) = look(machine, fixed, SIZES[-1:], random)
        ended[SIZES[min(place, len(SIZES) - 1)]] += 1
        counts["right"] += right(looks[place], machine)
        counts["right, fixed"] += right(whole, machine)
        counts["wrong"] += wrong(looks[place], machine)
        counts["wrong, fixed"] += wrong(whole, machine)

    def share(count: str) -> float | None:
        if count.startswith("right") and truth == "no effects":
            return None
        return round(100 * counts[count] / studies, 1)

    return {
        "truth": truth,
        "studies": studies,
        "runs, mean": round(sum(size * many for size, many in ended.items()) / studies, 1),
        **{f"end at {size}, %": round(100 * ended[size] / studies) for size in SIZES},
        "top three right, %": share("right"),
        "with 64 runs always, %": share("right, fixed"),
        "wrong verdict, %": share("wrong"),
        "wrong with 64 always, %": share("wrong, fixed"),
    }


def main() -> None:
    """Print a row for each truth."""
    parser = script_options(__doc__)
    parser.add_argument("truths", nargs="*", default=[*TRUTHS, *TABLES])
    parser.add_argument("--studies", type=int, default=400, help="a row")
    given = parser.parse_args()
    report = reporter("stopping", record=given.record)
    for truth in given.truths:
        report(stopped(truth, given.studies))


if __name__ == "__main__":
    main()
