"""Sentences of the README that rest on bench/measured."""

from __future__ import annotations

from bench.results import column
from search import Findings
from search.reporting.formatting import change, interval


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


def short(again: Findings, found: Findings) -> str:
    """What short runs tell: of digits, and of the article's first step."""
    long, brief = again.ladder[1], found.ladder[1]
    epochs = [of.results.settings["epochs"] for of in (found, again)]
    (top,), (whole,), (off,) = (
        column("fidelity", name, runs="16", images="1,000", epochs=epochs)
        for name, epochs in (
            ("top three right", "3"),
            ("top three right", "12"),
            ("error of the effects, points", "3"),
        )
    )
    return (
        f"On digits, short runs tell which, and long ones how much: 16 runs of a quarter of the "
        f"epochs named the three largest effects in {top:.0f} % of cases ({whole:.0f} % by whole "
        f"ones) and were {off:.0f} points off in their sizes ([docs/digits.md](docs/digits.md)). "
        "It is not so everywhere: on CIFAR-10, augmentation of the plain network is worth "
        f"{change(brief)} points ({interval(brief)}) after {epochs[0]} epochs on few "
        f"images, and {long.change:+.1f} (one run each) after {epochs[1]} on nearly all "
        "([the article's question](#the-articles-question)). So learn with short runs, and decide "
        "by runs of the budget that you will train at.\n"
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
