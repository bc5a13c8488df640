"""What the README says of the reference study, so that none of its numbers is typed.

`make docs` puts it there, and a test fails where the two drift apart.
"""

from __future__ import annotations

import io
import math
import statistics
from dataclasses import fields

from rich.console import Console

from docs.article import RESIDUAL, either_way, once, seeds
from docs.phrases import block, points, worth
from docs.shipped import CIFAR, findings
from model_space.techniques import SETS
from search import Confirmed, Findings, Results, simple_effect
from search.analysis.effects import effects
from search.cli.terminal import say
from search.reporting import words
from search.reporting.formatting import listed, percent, with_interval
from search.settings import Settings
from search.storage import schema

SKIPS = "residual"


def answer(found: Findings) -> str:
    """What matters most, how surely, and at what budget it was measured."""
    assert found.effects is not None
    settings, data = found.results.settings, found.results.data
    measured = found.results.of("measure")
    reached = [run.scaled for run in measured]
    batches = settings["epochs"] * math.ceil(data["train"] / settings["batch_size"])
    said = words.answer(found.effects, found.results)
    return (
        f"{said} ({len(measured)} networks, each a recipe of its own; the budget is small: "
        f"{data['train']:,} training images, {settings['epochs']} epochs, so {batches} steps, and "
        f"{settings['width']:g} of the article's channels. They come to {min(reached):.0f} to "
        f"{max(reached):.0f} % of validation accuracy.)\n"
    )


def studies() -> str:
    """The budgets of the studies on CIFAR-10, as a table."""
    lines = [
        "| study | images trained on, validated on | epochs | width | convolutions | runs |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for name in CIFAR:
        found = findings(name).results
        data, settings = found.data, found.settings
        deep = " or 22" if "deeper" in found.factors else ""
        runs = [f"{count} {phase}" for phase, count in counts(found).items() if count]
        lines.append(
            f"| `{name}` | {data['train']:,}, {data['validation']:,} | {settings['epochs']} | "
            f"{settings['width']:g} | {settings['depth']}{deep} | {', '.join(runs)} |"
        )
    return "\n".join(lines) + "\n"


def counts(found: Results) -> dict[str, int]:
    """How many runs of each phase have ended."""
    return {
        phase: sum(run.phase == phase and run.ended for run in found.runs)
        for phase in schema.PHASES
    }


def commands() -> str:
    """The commands that launched the studies on CIFAR-10."""
    lines = []
    for name in CIFAR:
        settings = findings(name).results.settings
        plain = {f.name: f.default for f in fields(Settings)}
        given = {key: value for key, value in settings.items() if value != plain.get(key)}
        options = ["--data FOLDER"]
        if settings["techniques"] != list(SETS["article"]):
            options.append(f"--techniques {','.join(settings['techniques'])}")
        for key in ("train_size", "validation", "epochs", "width", "measure", "ladder", "search",
                    "confirm"):  # fmt: skip
            if key in given or key == "measure":
                value = settings[key][-1] if key == "measure" else settings[key]
                options.append(f"--{key.replace('_', '-')} {value:g}")
        backend = "KERAS_BACKEND=jax " if given.get("backend") == "jax" else ""
        lines.append(f"{backend}kouka launch {name} {' '.join(options)}")
    return block(lines)


def lessons(found: Findings, again: Findings, deeper: Findings) -> str:
    """What one run for each technique could not tell, as a list."""
    said = (seeds(found), once(again), _order(found), _residual(found), _depth(deeper),
            _importances(found), _recipe(found), _cost(found))  # fmt: skip
    return "".join(f"- {line}\n" for line in said)


def example(found: Findings) -> str:
    """How a launch of the study ends in a terminal of 80 columns, as a block of Markdown."""
    screen = io.StringIO()
    say(found, Console(file=screen, width=80, highlight=False))
    lines = screen.getvalue().strip("\n").splitlines()
    return block(line.rstrip() for line in lines)


def _order(found: Findings) -> str:
    fit = found.effects
    assert fit is not None
    certain = [row for row in found.interactions if row.certain]
    verdict = words.ladder_verdict(found.ladder, found.comparisons)
    if not certain:
        pairs = words.certain_pairs(found.interactions, found.results.objective)
        return f"**Did the order matter?** Not that it could be told. {verdict} {pairs}"
    largest = max(certain, key=lambda row: abs(row.effect))
    first, second = sorted(largest.pairs[0], key=lambda name: -abs(fit.of(name).effect))
    without, beside = either_way(fit, first, second)
    return (
        f"**Did the order matter?** Yes: {len(certain)} of the {len(found.interactions)} pairs of "
        f"techniques interact, by the {fit.runs} runs of the design (5 % false discovery rate), so "
        f"a step depends on what came before. The largest: `{first}` is worth {points(without)} "
        f"without `{second}`, and {worth(beside)} with it. The ladder's own seeds are too few to "
        f"show it. {verdict}"
    )


def _residual(found: Findings) -> str:
    assert found.effects is not None
    skip, widening = found.effects.of("residual"), found.effects.of("late_widening")
    beside = [simple_effect(found.effects, name, "batch_norm", on=True)
              for name in ("residual", "late_widening")]  # fmt: skip
    return (
        f"**The skips, or the narrower network?** The article's residual step ({RESIDUAL:+.2f}) "
        "does two things together: it adds skips (`residual`), and it delays the widening, to 64, "
        "64 and 128 channels in place of 64, 128 and 256, which makes a smaller network "
        "(`late_widening`). Apart, and averaged over all orders, the skips are worth "
        f"{points(skip)} and the later widening {points(widening)}; where `batch_norm` is on, as "
        f"at that step, {' and '.join(map(worth, beside))}."
    )


def _depth(found: Findings) -> str:
    assert found.effects is not None
    measured = found.results.of("measure")
    shallow, deep = either_way(found.effects, SKIPS, "deeper")
    lost = [run for run in measured if "deeper" in run.on and not run.on & {"batch_norm", SKIPS}]
    ended, guessed = max(run.scaled for run in lost), 100 / len(found.results.data["classes"])
    normalised = [run for run in measured if "batch_norm" in run.on]
    others = [name for name in found.results.factors if name != "batch_norm"]
    beside = effects(normalised, others)
    assert beside is not None
    also_shallow, also_deep = either_way(beside, SKIPS, "deeper")
    return (
        "**Do skips pay in a deeper network?** The article guesses so, at about 20 layers. In "
        f"`{found.results.name}` ({found.effects.runs} runs of {len(found.results.factors)} "
        "techniques, one of which, `deeper`, makes 22 convolutions of 10), the skips are worth "
        f"{points(shallow)} at 10 convolutions and {worth(deep)} at 22. But the {len(lost)} "
        "networks of 22 convolutions that had neither skips nor `batch_norm` came to "
        f"{ended:.1f} % or less (guessing comes to {guessed:.0f} %); among the {len(normalised)} "
        "runs with `batch_norm`, as in the article, the skips are worth "
        f"{worth(also_shallow)} at 10 convolutions and "
        f"{worth(also_deep)} at 22."
    )


def _importances(found: Findings) -> str:
    assert found.effects is not None
    strongest = found.effects.effects[0].technique
    shares: dict[str, dict[str, float]] = {}
    for row in found.importances:
        shares.setdefault(row.evaluator, {})[row.parameter] = row.importance
    default, other = shares["PED-ANOVA"], shares["fANOVA"]
    first, first_other = (max(each, key=lambda name: each[name]) for each in (default, other))
    return (
        f"**What do Optuna's importances say of it?** Those of Optuna "
        f"{found.results.versions['optuna']} by default, which its dashboard draws (PED-ANOVA), "
        f"put `{first}` first, with a share of {default[first]:.2f}, and give `{strongest}` "
        f"{default[strongest]:.2f}; fANOVA puts `{first_other}` first, with "
        f"{other[first_other]:.2f}. Both are computed from all completed trials, among them those "
        "that the search chose, which alone turns dials such as the dropout rate; and they have no "
        "sign, no unit and no interval."
    )


def _recipe(found: Findings) -> str:
    of = {row.label: row for row in found.confirmed}
    best = next(row for label, row in of.items() if label.startswith("best"))
    chosen = found.results.best
    assert chosen is not None
    among = len(found.results.of("measure", "search"))
    return (
        f"**What to expect of the best recipe?** The best of {among} runs, at {chosen.scaled:.1f} "
        f"% of validation accuracy, a maximum and so a flattering number, is {best.recipe}. "
        f"Trained again with {best.runs} new seeds, it comes to {_tested(best)} on the "
        f"{found.results.data['test']:,} test images; all eight techniques come to "
        f"{_tested(of.get('all on', best))}, none to {_tested(of.get('all off', best))}. It is one "
        "run's luck too, so it need not have the signs of the effects, which are averages."
    )


def _cost(found: Findings) -> str:
    dear = [row for row in found.costs if row.seconds.low > 0]
    free = [row.technique for row in found.costs if not row.seconds.low > 0]
    named = [f"`{row.technique}` {with_interval(row.seconds.value, row.seconds)}" for row in dear]
    rest = f"; {listed(free)} cannot be told from none" if dear and free else ""
    usual = statistics.median(run.seconds_per_epoch or 0 for run in found.results.of("measure"))
    return (
        f"**At what cost?** To an epoch of {usual:.0f} seconds (the median; two workers on two "
        "cores that did other things too, so it is rough), a technique adds, averaged over the "
        f"others: {listed(named) if named else 'nothing that can be told'}{rest}. `kouka export` "
        "has the parameters, and points for each second."
    )


def _tested(row: Confirmed) -> str:
    return percent(row.test)
