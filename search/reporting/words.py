"""The sentences and short phrases that the terminal, the report and the figures share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import PurePath
from typing import Any, Protocol

from search.analysis.classes import ClassSizes
from search.analysis.confirmation import Mean
from search.analysis.costs import Cost, Estimate
from search.analysis.dials import DialTrend
from search.analysis.effects import Effect, Effects
from search.analysis.epochs import EpochEffects
from search.analysis.interactions import Interaction
from search.analysis.ladder import Comparison, Step
from search.reporting.cautions import listed
from search.results import ACCURACY, Objective, Results, Run

_MOST_NAMED = 4
"""Of techniques, or of interactions, in one sentence."""


class Bounds(Protocol):
    """Anything with the ends of an interval."""

    @property
    def low(self) -> float:
        """The lower end."""

    @property
    def high(self) -> float:
        """The upper end."""


def no_effects(results: Results) -> str:
    """Why there are no effects."""
    if not results.factors and results.runs:
        return "No parameter of these trials is on or off, so there is no technique to tell of."
    return "There are too few measure runs yet to tell the techniques apart."


def budget(results: Results) -> str:
    """What the runs were trained on and for how long, as far as the study says."""
    settings, data = results.settings, results.data
    said = []
    if "data" in settings:
        path = PurePath(str(settings["data"]))
        said.append(path.name if path.is_absolute() else str(path))
    if {"train", "validation", "test", "image_shape"} <= data.keys():
        parts = f"{data['train']} training, {data['validation']} validation, {data['test']} test"
        said = [" ".join([*said, f"({parts} {results.things} of {_size(data)})"])]
    if (epochs := settings.get("epochs")) is not None:
        said.append(f"{epochs} epoch{'s' if epochs != 1 else ''}")
    sizes = ("width", "depth")
    if network := settings.get("network"):
        said.append(f"network {PurePath(network['at']).name}")
        sizes = network["keywords"]
    said += [
        f"{'batch' if name == 'batch_size' else name} {settings[name]:g}"
        for name in ("batch_size", *sizes)
        if name in settings
    ]
    if (precision := settings.get("precision", "float32")) != "float32":
        said.append(precision)
    if results.objective.key not in ("", ACCURACY.key):
        said.append(f"objective {results.objective.key}")
    return ", ".join(said) or "budget unknown: the study does not say"


def _size(data: Mapping[str, Any]) -> str:
    if sound := data.get("sound"):
        return (
            f"{sound['seconds']:.2g} s at {sound['rate'] / 1000:g} kHz as {sound['bands']} mel "
            f"bands × {sound['frames']} frames"
        )
    return "×".join(str(length) for length in data["image_shape"])


def made(results: Results) -> str:
    """Who made a report, when, and with what the runs were made."""
    versions = ", ".join(f"{name} {number}" for name, number in results.versions.items())
    return f"Made by kouka on {date.today().isoformat()}" + (
        f"; runs by {versions}." if versions else "."
    )


def signed(value: float, bounds: Bounds) -> str:
    """A signed difference, to no more decimals than its interval lets a reader believe."""
    if math.isnan(value):
        return "—"
    decimals = _decimals(bounds, value)
    return f"{round(value, decimals) + 0.0:+.{decimals}f}"


def points(effect: Effect | Step) -> str:
    """An effect, or a step's change, with its sign: in points, or what the objective is in."""
    value = effect.effect if isinstance(effect, Effect) else effect.change
    return "" if math.isnan(value) else signed(value, effect)


def interval(bounds: Bounds) -> str:
    """The 95 % interval of a difference."""
    if math.isnan(bounds.low):
        return "—"
    return f"{signed(bounds.low, bounds)} to {signed(bounds.high, bounds)}"


def _decimals(bounds: Bounds, value: float = 1.0) -> int:
    width = bounds.high - bounds.low
    if math.isnan(width) or width == 0:  # then two digits of what is smaller than one
        return min(8, max(2, 1 - math.floor(math.log10(abs(value) or 1.0))))
    return min(8, max(0 if width >= 100 else 1, math.ceil(1 - math.log10(width))))


def percent(value: Mean) -> str:
    """A mean accuracy with its interval."""
    if math.isnan(value.low):
        return f"{value.mean:.2f} %"
    return f"{value.mean:.2f} % ({value.low:.2f} to {value.high:.2f})"


def level(value: float, objective: Objective) -> str:
    """What a run came to: percent of a share, or a number in the objective's unit."""
    if objective.share:
        return f"{value:.2f} %"
    return f"{value:.4f} {objective.unit}" if objective.unit else f"{value:.4g}"


def mean(value: Mean, objective: Objective) -> str:
    """A mean of the objective with its interval."""
    if objective.share:
        return percent(value)
    if math.isnan(value.low):
        return level(value.mean, objective)
    decimals = max(2, _decimals(value))
    middle, low, high = (f"{v:.{decimals}f}" for v in (value.mean, value.low, value.high))
    return f"{middle} {objective.unit} ({low} to {high})"


def scale(name: str, objective: Objective) -> str:
    """The name of an axis on which levels of the objective are."""
    unit = "%" if objective.share else objective.unit
    return f"{name}, {unit}" if unit else name


def worth(objective: Objective) -> str:
    """What effects are measured in."""
    return f"{objective.unit} of {objective.name}" if objective.unit else objective.name


def extremes(found: ClassSizes) -> str:
    """The largest and the smallest class of some images."""
    return (
        f"class {found.largest!r} has {found.largest_count:,} ({100 * found.largest_share:.1f} %) "
        f"and {found.smallest!r} {found.smallest_count:,} ({100 * found.smallest_share:.1f} %)"
    )


def weighed(results: Results, validation: ClassSizes) -> str:
    """How the study's objective weighs classes of unequal size."""
    objective = results.objective
    name = f"{objective.measure[:1].upper()}{objective.measure[1:]}"
    if objective.key == "balanced_accuracy":
        present = sum(count > 0 for count in results.data["class_counts"]["validation"])
        return (
            f"{name} is the mean over the classes, so that each weighs the same: naming one class "
            f"every time gives {100 / present:.1f} %."
        )
    said = f"{name} is a mean over {results.things}, so that a class weighs by its size"
    if objective is ACCURACY:
        share = 100 * validation.largest_share
        said += f": naming {validation.largest!r} every time gives {share:.1f} %"
    return f"{said}."


def over_seeds(runs: int) -> str:
    """What a mean of so many runs, and the interval that `percent` gives it, are of."""
    return ", of one seed" if runs == 1 else f", the mean of {runs} seeds and its 95 % interval"


def reached(run: Run, objective: Objective) -> str:
    """What a run came to, and in what."""
    return f"{level(run.scaled, objective)} {objective.name}"


def probability(value: float) -> str:
    """A probability in percent; never 0 or 100 %, which draws cannot show."""
    if math.isnan(value):
        return "—"
    if value < 0.01:
        return "< 1 %"
    return "> 99 %" if value > 0.99 else f"{100 * value:.0f} %"


def sure(value: float) -> str:
    """A probability in running text."""
    return "above 99 %" if value > 0.99 else f"of {probability(value)}"


def p_value(value: float) -> str:
    """A p-value to three decimals."""
    if math.isnan(value):
        return "—"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def steps(effect: Effect) -> str:
    """From the smallest to the largest step of a technique."""
    if math.isnan(effect.smallest_step):
        return "—"
    return f"{signed(effect.smallest_step, effect)} to {signed(effect.largest_step, effect)}"


def seconds(cost: Estimate) -> str:
    """Seconds added to an epoch, with the interval."""
    if math.isnan(cost.value):
        return "—"
    bounds = "" if math.isnan(cost.low) else f" ({interval(cost)})"
    return f"{signed(cost.value, cost)}{bounds}"


def count(cost: Estimate) -> str:
    """Parameters added to the network, with the interval where it has a width."""
    if math.isnan(cost.value):
        return "—"
    if math.isnan(cost.low) or cost.high - cost.low < 0.5:
        return f"{cost.value:+,.0f}"
    return f"{cost.value:+,.0f} ({cost.low:+,.0f} to {cost.high:+,.0f})"


def per_second(cost: Cost) -> str:
    """Points, or the objective's unit, for each second that a technique adds to an epoch."""
    value = cost.per_second
    if math.isnan(value):
        return "—"
    return f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.2g}"


def answer(found: Effects, objective: Objective) -> str:
    """The answer in two sentences: what matters most and how surely; and what of the rest."""
    certain = [effect for effect in found.effects if effect.verdict in ("helps", "hurts")]
    if not any(effect.effect for effect in found.effects):
        return "Every run came to the same value, so nothing can be said of any technique."
    if not certain:
        return (
            "No technique's effect can be told from a change of seed with this many runs. "
            f"The largest is {found.effects[0].technique}, {_worth(found.effects[0], objective)}."
        )
    first, others = certain[0], certain[1:]
    rank = (
        f", the largest of all with a probability {sure(first.first)}"
        if first is found.effects[0] and not math.isnan(first.first)
        else ""
    )
    said = f"{first.technique} {first.verdict} most, {_worth(first, objective)}{rank}."
    rest = [
        _these([e for e in others if e.verdict == verdict], verdict, verdict == first.verdict)
        for verdict in ("helps", "hurts")
    ]
    if unclear := [effect.technique for effect in found.effects if effect not in certain]:
        which = listed(unclear) if len(unclear) <= _MOST_NAMED else f"the other {len(unclear)}"
        rest.append(f"{which} cannot be told from a change of seed")
    second = "; ".join(part for part in rest if part)
    if second.startswith("the "):
        second = f"T{second[1:]}"
    return f"{said} {second}." if second else said


def _these(effects: Sequence[Effect], verdict: str, too: bool) -> str:
    if not effects:
        return ""
    named = [f"{effect.technique} ({points(effect)})" for effect in effects[:_MOST_NAMED]]
    more = len(effects) - len(named)
    names = listed([*named, f"{more} more"] if more else named)
    return f"{names} {verdict if len(effects) == 1 else verdict[:-1]}{' too' if too else ''}"


def _worth(effect: Effect, objective: Objective) -> str:
    of = "" if objective.unit else "of "
    bounds = "" if math.isnan(effect.low) else f" (95 %: {interval(effect)})"
    return f"{points(effect)} {of}{worth(objective)}{bounds}"


def ladder_verdict(steps: Sequence[Step], comparisons: Sequence[Comparison]) -> str:
    """Where the ladder and the order-free effects disagree, in a sentence or more."""
    if len(steps) > 1 and not steps[-1].dof:
        return (
            "Each step was run once, so no change can be told from a change of seed: --ladder 3 "
            "runs each three times."
        )
    if not comparisons:
        return ""
    if all(math.isnan(row.p_value) for row in comparisons):
        return "No step can be compared with the order-free effects: that takes intervals of both."
    apart = [row for row in comparisons if row.disagree]
    if not apart:
        return (
            f"None of the {len(comparisons)} steps differs from the order-free effect of what it "
            "adds by more than seeds explain."
        )
    said = [
        f"{row.step.adds} ({signed(row.step.change, row.step)} as a step, "
        f"{signed(row.effect, row)} in any order)"
        for row in apart
    ]
    return (
        f"The two disagree, by more than seeds explain, on {listed(said)}: what was on already "
        "changed what the step added."
    )


def certain_pairs(rows: Sequence[Interaction]) -> str:
    """The interactions that are told from noise, in a sentence; empty where none is known."""
    known = [row for row in rows if not math.isnan(row.effect)]
    if not known:
        return ""
    certain = [row for row in known if row.certain]
    if not certain:
        return "No interaction can be told from noise at a false discovery rate of 5 %."
    certain.sort(key=lambda row: -abs(row.effect))
    named = [
        f"{f'the sum {row.letter}, {row.name}' if row.letter else row.name} "
        f"({signed(row.effect, row)})"
        for row in certain[:_MOST_NAMED]
    ]
    more = f", the largest of {len(certain)}" if len(certain) > _MOST_NAMED else ""
    return f"Interactions, at a false discovery rate of 5 %{more}: {'; '.join(named)}."


def dial_trend(trend: DialTrend, objective: Objective) -> str:
    """What the search saw of a dial."""
    whole = sum(not run.pruned for run in trend.runs)
    head = f"{trend.dial.name}: {whole} run{'s' * (whole != 1)}"
    if math.isnan(trend.correlation):
        return f"{head}, too few for a trend"
    bounds = "" if math.isnan(trend.low) else f" (95 %: {trend.low:+.2f} to {trend.high:+.2f})"
    return f"{head}, rank correlation with {objective.measure} {trend.correlation:+.2f}{bounds}"


def pays_from(row: EpochEffects) -> str:
    """The epoch from which a technique's interval stays clear of zero."""
    return "not by the last epoch" if row.pays_from is None else f"epoch {row.pays_from}"


def duration(seconds: float) -> str:
    """A duration as a person would say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{round(hours / 24)} days"
