"""What the report says, section by section, whatever it is written in."""

from __future__ import annotations

import math
from dataclasses import dataclass

from search.analysis.classes import class_sizes
from search.analysis.costs import Estimate
from search.analysis.epochs import EpochEffects
from search.analysis.importances import MEANINGS
from search.reporting import words
from search.reporting.findings import Findings
from search.results import ACCURACY

MOST_PAIRS = 12
"""Interactions in the report's table; the rest are in the figure and in interactions.csv."""


@dataclass(frozen=True)
class Table:
    """Cells of text; `numbers` are the columns that align right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the report, from top to bottom: what it says, its figure, table and notes."""

    title: str
    """Empty for the part that opens the report."""
    text: str
    figure: str = ""
    """A name of `gallery.draw`; the figure is left out where there is none."""
    table: Table | None = None
    notes: tuple[str, ...] = ()


def sections(findings: Findings) -> list[Section]:
    """The report: the answer first, then what it rests on."""
    every = [
        _answer(findings),
        _confirmed(findings),
        _classes(findings),
        _waterfall(findings),
        _ladder(findings),
        _interactions(findings),
        _epochs(findings),
        _costs(findings),
        _dials(findings),
        _curves(findings),
        _history(findings),
        _importances(findings),
    ]
    return [section for section in every if section is not None]


def _answer(findings: Findings) -> Section:
    found, objective = findings.effects, findings.results.objective
    if found is None:
        return Section("", words.no_effects(findings.results), notes=findings.notes)
    unit = f"effect, {objective.unit}" if objective.unit else "effect"
    head = ("technique", unit, "95 % interval", "verdict", "p", "first", "top three",
            "step, by what else is on")  # fmt: skip
    rows = tuple(
        (
            e.technique, words.points(e) or "—", words.interval(e), e.verdict,
            words.p_value(e.p_value), words.probability(e.first), words.probability(e.top_three),
            words.steps(e),
        )
        for e in found.effects
    )  # fmt: skip
    return Section(
        "",
        words.answer(found, objective),
        "effects",
        Table(head, rows, (1, 2, 4, 5, 6, 7)),
        (
            "An effect is what turning the technique on does, on average over what else is on. The "
            "interval is for the technique alone; the verdict goes by p, which is corrected for "
            "the number of techniques. First and top three are the probabilities of that rank by "
            "size, whatever the sign.",
            *findings.notes,
        ),
    )


def _confirmed(findings: Findings) -> Section | None:
    if not findings.confirmed:
        return None
    objective, things = findings.results.objective, findings.results.things
    names = ["test accuracy", objective.name]
    if objective is not ACCURACY:
        names.insert(0, f"test {objective.measure}")
    rows = []
    for row in findings.confirmed:
        cells = [words.percent(row.test), words.mean(row.validation, objective)]
        if objective is not ACCURACY:
            cells.insert(0, words.mean(row.test_objective, objective))
        rows.append((row.label, str(row.runs), *cells, row.recipe))
    head = ("", "seeds", *(f"{name} (95 %)" for name in names), "techniques on")
    return Section(
        f"The best recipe, on {things} and seeds that chose nothing",
        f"The best recipe is that of the highest {objective.name}; fresh seeds and the test "
        f"{things} say what to expect of it.",
        table=Table(head, tuple(rows), tuple(range(1, len(head) - 1))),
    )


def _classes(findings: Findings) -> Section | None:
    results = findings.results
    train, validation = class_sizes(results, "train"), class_sizes(results, "validation")
    if train is None or validation is None or not (train.unequal or validation.unequal):
        return None
    return Section(
        "The classes",
        f"Of the {train.images:,} {results.things} that are trained on, "
        f"{words.extremes(train)}; of the {validation.images:,} that validate, "
        f"{words.extremes(validation)}. {words.weighed(results, validation)}",
    )


def _waterfall(findings: Findings) -> Section | None:
    if findings.effects is None:
        return None
    beside = (
        " Below them are the steps of the ladder, which hold for its one order."
        if findings.ladder
        else ""
    )
    return Section(
        "From all off to all on",
        "The effects are the mean steps over all orders of adding the techniques, so they sum to "
        "the difference between all on and all off as the fit predicts both." + beside,
        "waterfall",
    )


def _ladder(findings: Findings) -> Section | None:
    if not findings.ladder:
        return None
    objective = findings.results.objective
    beside = {row.step.adds: row for row in findings.comparisons}
    head: tuple[str, ...] = ("adds", "seeds", f"{objective.name} (95 %)", "step (95 %)")
    if beside:
        head += ("effect in any order (95 %)", "p of no difference")
    rows = []
    for step in findings.ladder:
        changed = words.points(step)
        if step.dof and step.added:
            changed += f" ({words.interval(step)})"
        cells = [step.adds, str(step.runs), words.mean(step.scaled, objective), changed]
        if row := beside.get(step.adds):
            effect = f"{words.signed(row.effect, row)} ({words.interval(row)})"
            cells += [effect, words.p_value(row.p_value)]
        rows.append((*cells, *[""] * (len(head) - len(cells))))
    return Section(
        "The article's ladder",
        "Techniques added one after another, in the article's order. A step holds for that order "
        "only: what is on already makes it larger or smaller. "
        + words.ladder_verdict(findings.ladder, findings.comparisons),
        table=Table(head, tuple(rows), tuple(range(1, len(head)))),
    )


def _interactions(findings: Findings) -> Section | None:
    known = [row for row in findings.interactions if not math.isnan(row.effect)]
    if not known:
        return None
    said = words.certain_pairs(known)
    unknown = len(findings.interactions) - len(known)
    if unknown:
        said += f" {unknown} cannot be told from the others with these runs."
    if any(len(row.pairs) > 1 for row in known):
        said += (
            " The design sees several pairs only as sums: a letter marks the pairs of one sum, and "
            "any of them may be behind it."
        )
    rows = tuple(
        (f"{row.letter}: {row.name}" if row.letter else row.name,
         words.signed(row.effect, row), words.interval(row), words.p_value(row.p_value))
        for row in known[:MOST_PAIRS]
    )  # fmt: skip
    more = len(known) - len(rows)
    return Section(
        "What pairs do together",
        "How much the step of one technique grows when the other is on; below zero, they take from "
        "each other. " + said,
        "interactions",
        Table(("pair", "interaction", "95 % interval", "p"), rows, (1, 2, 3)),
        (f"{more} more are in interactions.csv.",) if more else (),
    )


def _epochs(findings: Findings) -> Section | None:
    if not findings.by_epoch:
        return None
    rows = tuple(
        (row.technique, words.pays_from(row), _at(row, 0), _at(row, -1))
        for row in findings.by_epoch
    )
    first, last = findings.by_epoch[0].epochs[0], findings.by_epoch[0].epochs[-1]
    head = ("technique", "clear of zero from", f"effect at epoch {first}", f"at epoch {last}")
    return Section(
        "When each technique starts to pay",
        "The effect after each epoch, with the band of its 95 % intervals. A dot marks the epoch "
        "from which the interval stays on one side of zero.",
        "epochs",
        Table(head, rows, (2, 3)),
    )


def _at(row: EpochEffects, index: int) -> str:
    bounds = Estimate(row.effect[index], row.low[index], row.high[index])
    return words.signed(bounds.value, bounds)


def _costs(findings: Findings) -> Section | None:
    if not findings.costs:
        return None
    rows = tuple(
        (row.technique, words.seconds(row.seconds), words.count(row.parameters),
         words.per_second(row))
        for row in findings.costs
    )  # fmt: skip
    unit = findings.results.objective.unit or "effect"
    head = ("technique", "seconds an epoch (95 %)", "parameters (95 %)", f"{unit} per second")
    return Section(
        "What each technique costs",
        "What turning a technique on adds to an epoch and to the network, on average over what "
        "else is on. Seconds are those of the machine that ran the study, and of its load; what "
        "it brings for each of them is given where they are certainly more than none.",
        "costs",
        Table(head, rows, (1, 2, 3)),
    )


def _dials(findings: Findings) -> Section | None:
    if not findings.dials:
        return None
    return Section(
        "Dials",
        "The dials as the search turned them where their technique was on. The sampler chose each "
        "value along with all the others, so a trend is a hint and not an effect.",
        "dials",
        notes=tuple(
            f"{words.dial_trend(trend, findings.results.objective)}." for trend in findings.dials
        ),
    )


def _curves(findings: Findings) -> Section | None:
    name = findings.results.objective.name
    text = (
        f"{name[:1].upper()}{name[1:]} by epoch: the mean over the measured runs with the "
        "technique on, and over those with it off."
    )
    return Section("Learning curves", text, "curves") if findings.curves else None


def _history(findings: Findings) -> Section | None:
    if not any(run.state == "complete" for run in findings.results.runs):
        return None
    return Section("Every run", "In the order in which they ran, by phase.", "history")


def _importances(findings: Findings) -> Section | None:
    if not findings.importances:
        return None
    return Section(
        "Optuna's importances",
        "They say which settings separate the trials, not by how much or in which direction, and "
        "have no interval. They may disagree with the effects: they square "
        "differences, count the trials of every phase, those that a search chose among them, and "
        "see completed trials only. Where they do, believe the effects.",
        "importances",
        notes=tuple(f"{name}: {meaning}." for name, meaning in MEANINGS.items()),
    )
