"""Sections of the report: the answer first, then all that it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.analysis.classes import class_sizes
from search.analysis.effects import Effects
from search.analysis.epochs import EpochEffects
from search.analysis.importances import Importance
from search.reporting import words
from search.reporting.budgets import answer
from search.reporting.data import account
from search.reporting.findings import Findings
from search.reporting.formatting import listed
from search.reporting.section import Section
from search.reporting.tables import (
    budgets_table,
    confirmed_table,
    costs_table,
    dependences_table,
    effects_table,
    epochs_table,
    interactions_table,
    ladder_table,
)

MOST_PAIRS = 12
"""Interactions in the report's table; the rest are in the figure and in interactions.csv."""

_ABOUT_EFFECTS = (
    "An effect is the change when the technique is turned on, averaged over what else is on. Each "
    "interval is for its technique alone; the verdict uses p, which is corrected for the number of "
    "techniques, and for the looks at a study that has grown. The interval in the first sentence "
    "also allows for naming the largest: where it is not much larger than others, it is wider "
    "there than in the table.",
    "'No clear effect': these runs cannot tell the effect from a change of seed. It need not be "
    "zero.",
    "'Largest' and 'top three' are the probabilities that the effect is the largest, or among the "
    "three largest, whatever its sign.",
)
_ABOUT_WAITING = (
    "'Not yet': some of the planned runs are still to come. Who looks often enough finds "
    "something, so verdicts wait for all of them."
)
_ABOUT_LEVELS = (
    "A parameter of several levels has an effect for each change from its first level to another; "
    "p is corrected for these too."
)
_RANKS_OF_LEVELS = " A parameter of several levels counts once, by its largest effect."


_ABOUT_BUDGETS = (
    "The effects of the short runs are averaged over all other techniques, those of the long runs "
    "over the techniques that these turn on and off. A change is named where a test of the "
    "difference, corrected for the number of techniques, is clear; it changed sign where both "
    "effects are clear."
)


def sections(findings: Findings) -> list[Section]:
    """Compose the sections that the findings have something for, in order."""
    every = [
        _answer(findings),
        _confirmed(findings),
        _short_runs(findings),
        _data(findings),
        _classes(findings),
        _waterfall(findings),
        _ladder(findings),
        _interactions(findings),
        _dependences(findings),
        _epochs(findings),
        _costs(findings),
        _dials(findings),
        _curves(findings),
        _history(findings),
        _importances(findings),
    ]
    return [section for section in every if section is not None]


def _answer(findings: Findings) -> Section:
    results, effects = findings.results, findings.effects
    if effects is None:
        return Section("", words.no_effects(results), remarks=findings.cautions)
    long = findings.verification
    if long is not None and long.effects is not None:
        return Section(
            "",
            answer(findings),
            "verified",
            budgets_table(results, effects, long),
            (*_about(long.effects), _ABOUT_BUDGETS, *long.cautions),
        )
    return Section(
        "",
        answer(findings),
        "effects",
        effects_table(effects, results.objective),
        (*_about(effects), *findings.cautions),
    )


def _about(effects: Effects) -> tuple[str, ...]:
    change, unclear, ranks = _ABOUT_EFFECTS
    said = [change, *([_ABOUT_LEVELS] if effects.levels else [])]
    said.append(unclear if effects.look.complete else _ABOUT_WAITING)
    if effects.parameters > 1:
        said.append(f"{ranks}{_RANKS_OF_LEVELS if effects.levels else ''}")
    return tuple(said)


def _short_runs(findings: Findings) -> Section | None:
    """The short runs, where long ones give the answer."""
    results, effects, long = findings.results, findings.effects, findings.verification
    if effects is None or long is None or long.effects is None:
        return None
    return Section(
        "The short runs",
        f"What chose the techniques to verify. {words.answer(effects, results)}",
        "effects",
        effects_table(effects, results.objective),
        findings.cautions,
    )


def _confirmed(findings: Findings) -> Section | None:
    if not findings.confirmed:
        return None
    objective, things = findings.results.objective, findings.results.things
    recommended = words.recommendation(findings.results, findings.recommended, findings.confirmed)
    return Section(
        f"The recommended recipe on fresh seeds and test {things}",
        f"{recommended} It is chosen among these recipes by {objective.name}, from what the fit "
        f"says and what all runs reached, these included. The test {things} choose nothing.",
        table=confirmed_table(findings),
        remarks=tuple(words.about_tests(findings.results, findings.confirmed)),
    )


def _data(findings: Findings) -> Section | None:
    data = findings.results.data
    if data is None or data.reading is None:
        return None
    return Section("The data", " ".join(account(data)))


def _classes(findings: Findings) -> Section | None:
    results = findings.results
    train, validation = class_sizes(results, "train"), class_sizes(results, "validation")
    if train is None or validation is None or not (train.unequal or validation.unequal):
        return None
    text = (
        words.class_extremes(f"Training {results.things}", train),
        words.class_extremes(f"Validation {results.things}", validation),
        words.class_weights(results, validation),
    )
    return Section("The classes", " ".join(text))


def _waterfall(findings: Findings) -> Section | None:
    if findings.effects is None or not findings.effects.fit.model.techniques:
        return None
    mean = (
        ""
        if findings.effects.fit.model.covariates.columns is None
        else " The other parameters are at their mean."
    )
    ladder = (
        " Below them are the steps of the ladder, which hold for its order only."
        if findings.ladder
        else ""
    )
    return Section(
        f"From all off to all on{_in_short_runs(findings)}",
        "Each effect is the mean of the technique's steps over all orders of adding the "
        "techniques. So the effects sum to the difference between all on and all off, as fitted."
        + mean
        + ladder,
        "waterfall",
    )


def _ladder(findings: Findings) -> Section | None:
    if not findings.ladder:
        return None
    verdict = words.ladder_verdict(findings.ladder, findings.comparisons)
    return Section(
        "The article's ladder",
        "The techniques added one after another, in the article's order. A step holds for that "
        f"order only: what is on already makes it larger or smaller. {verdict}".rstrip(),
        table=ladder_table(findings),
    )


def _interactions(findings: Findings) -> Section | None:
    known = [row for row in findings.interactions if not math.isnan(row.effect)]
    if not known:
        return None
    text = [
        "An interaction is the change of one technique's effect when the other is turned on. Below "
        "zero, the two take from each other.",
        words.certain_pairs(known, findings.results.objective),
    ]
    if any(row.certain and row.low < 0 < row.high for row in known):
        text.append(
            "Where the interval of a clear one includes zero, the two interact, but it is not "
            "settled which way."
        )
    text += [
        f"{row.name} looks the same in these runs as {listed(row.triple)} acting together. As "
        "each two of these interact, it gets no number."
        for row in findings.interactions
        if row.triple
    ]
    unknown = sum(math.isnan(row.effect) and not row.triple for row in findings.interactions)
    if unknown:
        text.append(f"{unknown} cannot be told from the others with these runs.")
    if any(len(row.pairs) > 1 for row in known):
        text.append(
            "Several pairs are seen only as their sum. A letter marks the pairs of one sum; any of "
            "them may be behind it."
        )
    more = len(known) - MOST_PAIRS
    return Section(
        f"Interactions of two techniques{_in_short_runs(findings)}",
        " ".join(text),
        "interactions",
        interactions_table(known[:MOST_PAIRS]),
        (f"{more} more {'is' if more == 1 else 'are'} in interactions.csv.",) if more > 0 else (),
    )


def _dependences(findings: Findings) -> Section | None:
    rows = findings.dependences
    if not rows:
        return None
    more = (len(rows) - MOST_PAIRS) // 2
    return Section(
        "Techniques that depend on another",
        "For each pair whose interaction is clear: what either technique is worth without the "
        "other and with it, averaged over the rest. "
        + (
            words.reversals(rows, findings.results.objective.maximize)
            or "None of them clearly helps with the other and hurts without it, or the other way "
            "round."
        ),
        table=dependences_table(rows[:MOST_PAIRS]),
        remarks=(f"{more} more pair{'s' * (more > 1)} {'is' if more == 1 else 'are'} in "
                 "simple_effects.csv.",) if more > 0 else (),
    )  # fmt: skip


def _epochs(findings: Findings) -> Section | None:
    if not findings.by_epoch:
        return None
    long = findings.verification
    both = (
        ""
        if long is None
        else (" Blue are the short runs, orange the long ones; the table is of the long ones.")
    )
    return Section(
        "From which epoch each effect is clear",
        f"The effect after each epoch, with a band of 95 % intervals.{both} A dot marks the epoch "
        "from which the interval excludes zero to the end, where the effect after the last epoch "
        "is clear by the test that verdicts go by.",
        "epochs",
        epochs_table(findings.by_epoch if long is None else long.by_epoch),
        tuple(words.sign_turn(row) for row in _turned(findings)),
    )


def _in_short_runs(findings: Findings) -> str:
    """Continue a title: of which runs the section is, where the answer is of others."""
    return "" if findings.verification is None else ", in the short runs"


def _turned(findings: Findings) -> list[EpochEffects]:
    """The techniques whose effect turns its sign, by the long runs where there are some."""
    long = findings.verification
    rows = findings.by_epoch if long is None else long.by_epoch
    return [row for row in rows if row.turn is not None]


def _costs(findings: Findings) -> Section | None:
    if not findings.costs:
        return None
    unit = findings.results.objective.unit or "effect"
    return Section(
        "What each technique costs",
        "The increase in an epoch's time and in the network's parameters when the technique is "
        "turned on, averaged over what else is on. Seconds hold for the machine that ran the "
        f"study, and for its load. {unit[:1].upper()}{unit[1:]} per second are given where the "
        "technique certainly takes time.",
        "costs",
        costs_table(findings),
    )


def _dials(findings: Findings) -> Section | None:
    if not findings.dials:
        return None
    objective = findings.results.objective
    return Section(
        "Dials",
        "The values that the search chose for the dials of techniques that were on. The sampler "
        "chose each along with all the others, so a trend is a hint and not an effect.",
        "dials",
        remarks=tuple(f"{words.dial_trend(trend, objective)}." for trend in findings.dials),
    )


def _curves(findings: Findings) -> Section | None:
    if not findings.curves:
        return None
    name = findings.results.objective.name
    return Section(
        "Learning curves",
        f"{name[:1].upper()}{name[1:]} by epoch: the mean over the measured runs with the "
        "technique on, and over those with it off.",
        "curves",
    )


def _history(findings: Findings) -> Section | None:
    if not any(run.state == "complete" for run in findings.results.runs):
        return None
    return Section("Every run", "All runs by phase, in the order in which they ran.", "history")


def _importances(findings: Findings) -> Section | None:
    if not findings.importances:
        return None
    return Section(
        "Optuna's importances",
        "Importances show which settings separate the trials. They do not show by how much or in "
        "which direction, and they have no interval. They square differences and use the completed "
        "trials of all phases, also those that the search chose. Where they and the effects "
        "disagree, believe the effects.",
        "importances",
        remarks=(
            *(f"{name}: {meaning}." for name, meaning in words.IMPORTANCES.items()),
            *_drawn(findings.importances),
        ),
    )


def _drawn(rows: Sequence[Importance]) -> list[str]:
    of = {row.evaluator: row.drawn for row in rows if row.drawn is not None}
    return [
        f"{name} is computed of {count:,} complete trials, drawn at random, as all would take long."
        for name, count in of.items()
    ]
