"""Sentences of the README that rest on bench/measured."""

from __future__ import annotations

from bench.results import column


def workers() -> str:
    """What a second worker brings on two cores."""
    (one,), (two,) = (
        column("efficiency", "first run to last, s", study="digits", workers=count)
        for count in ("1", "2")
    )
    return (
        f"On two cores, two workers take {two:.0f} seconds for the runs of `make study`'s design, "
        f"and one takes {one:.0f} ([bench/](bench/README.md#how-much-of-a-study-is-training)).\n"
    )


def short() -> str:
    """What short runs tell."""
    (top,), (whole,), (off,) = (
        column("fidelity", name, runs="16", images="1,000", epochs=epochs)
        for name, epochs in (
            ("top three right", "3"),
            ("top three right", "12"),
            ("error of the effects, points", "3"),
        )
    )
    return (
        f"Short runs tell which, and long ones how much: on digits, 16 runs of a quarter of the "
        f"epochs named the three largest effects in {top:.0f} % of cases ({whole:.0f} % by whole "
        f"ones) and were {off:.0f} points off in their sizes ([docs/digits.md](docs/digits.md)). "
        "So begin with a small `--epochs` where a study would take days, and give the one that "
        "matters its own budget.\n"
    )


def covered() -> str:
    """Whether intervals are true, simulated and real."""
    simulated, real = (column(table, "coverage") for table in ("coverage", "verdicts"))
    return (
        "Whether the intervals and verdicts are true is measured ([bench/](bench/README.md)): with "
        "the default `--confirm`, 95 % intervals hold the true effect in "
        f"{min(simulated):.0f} to {max(simulated):.0f} % of cases on simulated studies of 16 to "
        f"128 runs, and in {min(real):.0f} to {max(real):.0f} % on "
        "[real runs of digits](docs/digits.md).\n"
    )
