"""What docs/digits.md and the README say of digits, from bench/measured and real runs."""

from __future__ import annotations

from bench.knowing import Table
from bench.results import column, rows_of
from bench.table import NAMES, rows
from search import Findings
from search.reporting.formatting import listed

KOUKA, LADDER, ONE = "kouka's design", "the article's ladder", "one at a time, from the base"


def few() -> str:
    """The answer: what 16 and 64 runs come to."""
    return (
        f"16 runs of kouka's design name the three largest of eight effects in {_top(16, KOUKA)} "
        f"of studies, and are {_off(16, KOUKA):.2f} points off in their sizes (root mean square); "
        f"64 runs do so in {_top(64, KOUKA)}, {_off(64, KOUKA):.2f} points off. The article's "
        f"ladder, repeated until it has as many runs, finds them in {_top(16, LADDER)} and "
        f"{_top(64, LADDER)}, {_off(16, LADDER):.2f} and {_off(64, LADDER):.2f} points off. What "
        f"Optuna gives by default, PED-ANOVA over TPE trials, finds them in "
        f"{_top(16, 'PED-ANOVA, TPE')} and {_top(64, 'PED-ANOVA, TPE')}.\n"
    )


def truth() -> str:
    """How well the truth is known, and how noisy its runs are."""
    known = Table(1000, 12)
    plain, hard = (
        [100 * float(row["epoch 12"]) for row in rows(1000) if {row[name] for name in of} == {on}]
        for of, on in ((NAMES, "0"), (("augmentation", "dropout", "mixup"), "1"))
    )
    return (
        f"The truth is the mean of {known.seeds} seeds a recipe: a run's standard deviation over "
        f"seeds is {known.noise:.1f} points, an effect's standard error {known.error:.2f}. Recipes "
        f"are far from equally noisy: with all off, runs came to {min(plain):.0f} to "
        f"{max(plain):.0f} %; with augmentation, dropout and mixup on, whatever else was, to "
        f"{min(hard):.0f} to {max(hard):.0f} %, as some hardly train in 12 epochs.\n"
    )


def ratio() -> str:
    """The ladder's error beside the design's, after 16 runs."""
    times = _off(16, LADDER) / _off(16, KOUKA)
    return (
        f"After 16 runs the ladder's error is {times:.2f} times that of kouka's design, and its "
        f"squared error {times**2:.1f} times. To halve an error takes four times the runs, so the "
        f"ladder would need about {times**2:.0f} times as many if seeds were all that it misses; "
        f"and no number of them mends its order: {_off(64, LADDER):.2f} points after 64. The goal "
        "had been an error of a quarter, which both sides' share of the seeds' noise forbids.\n"
    )


def names() -> str:
    """Where a simpler way names as well as the design does."""
    return (
        f"Names alone are cheaper here than sizes. One technique at a time, from the base, names "
        f"the three in {_top(16, ONE)} of studies after 16 runs and {_top(32, ONE)} after 32 "
        f"({_top(32, KOUKA)} by kouka's design), and fANOVA over 64 random trials in "
        f"{_top(64, 'fANOVA, random')}; but one at a time stays {_off(64, ONE):.1f} points off "
        "however often it is repeated, and an importance has no size, no sign and no interval.\n"
    )


def intervals() -> str:
    """Whether the intervals are true of these runs."""
    verdicts = rows_of("verdicts")
    said = listed([f"{row['coverage']} after {row['runs']}" for row in verdicts])
    return f"By runs, 95 % intervals hold the true effect in {said}.\n"


def cheaper() -> str:
    """Whether shorter runs rank the same."""
    short, whole = ({"runs": "16", "images": "1,000", "epochs": e} for e in ("3", "12"))
    ranked = "rank correlation with the truth"
    (top,), (rank,), (off,) = (
        column("fidelity", name, **short)
        for name in ("top three right", ranked, "error of the effects, points")
    )
    (of_whole,) = column("fidelity", ranked, **whole)
    place = [row["technique"] for row in rows_of("truth")].index("augmentation")
    early, late = (Table(1000, epochs).effects[place] for epochs in (3, 12))
    return (
        f"16 runs of 3 epochs, a quarter of the compute, name the largest three in {top:.0f} % of "
        f"cases, and rank all eight with a correlation of {rank:.2f} ({of_whole:.2f} by 16 whole "
        f"runs). The sizes are another matter, {off:.0f} points off: augmentation comes to "
        f"{early:+.0f} points after 3 epochs and {late:+.0f} after 12. So `--epochs` may be small "
        "for *which*, and must be the real one for *how much*.\n"
    )


def sizes() -> str:
    """The design beside the ladder."""
    return (
        "kouka asks the same question of a design in which each technique is on in half of the "
        "runs, and each pair of them in a quarter, so that every run informs every technique's "
        "effect. On digits, where all 256 recipes have been trained, 16 such runs tell the "
        f"effects with an error of {_off(16, KOUKA):.1f} points (root mean square), and the "
        f"article's steps, with 64 runs, of {_off(64, LADDER):.1f} ([how few runs give the right "
        "answer](docs/digits.md)).\n"
    )


def held(found: Findings) -> str:
    """Whether the intervals of a study at the table's budget hold the table's effects."""
    known = Table(1000, 12)
    assert found.effects is not None
    inside = [
        name
        for name, true in zip(NAMES, known.effects, strict=True)
        if found.effects.of(name).low <= true <= found.effects.of(name).high
    ]
    return (
        f"All 256 recipes have been trained at this budget too, on {known.seeds} seeds each ([how "
        "few runs give the right answer](docs/digits.md)), so each effect is known to "
        f"±{2 * known.error:.1f} points: {len(inside)} of the {len(NAMES)} intervals contain it.\n"
    )


def _off(runs: int, method: str) -> float:
    return column("knowing", "error of the effects, points", runs=str(runs), method=method)[0]


def _top(runs: int, method: str) -> str:
    return f"{column('knowing', 'top three right', runs=str(runs), method=method)[0]:.0f} %"
