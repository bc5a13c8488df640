"""The sentences and short phrases that the terminal and the report share."""

from __future__ import annotations

import math

from model_space.technique import Technique
from search.analysis.confirmation import Mean
from search.analysis.effects import Effect, Effects
from search.analysis.ladder import Step
from search.results import Results


def budget(results: Results) -> str:
    """What the runs were trained on and for how long, as far as the study says."""
    settings, data = results.settings, results.data
    if not settings:
        return "budget unknown: the study does not say"
    name = str(settings["data"]).rstrip("/").rsplit("/", 1)[-1]
    images = ""
    if data:
        height, width, channels = data["image_shape"]
        images = (
            f" ({data['train']} training, {data['validation']} validation, {data['test']} test "
            f"images of {height}×{width}×{channels})"
        )
    epochs = f"{settings['epochs']} epoch{'s' if settings['epochs'] != 1 else ''}"
    return (
        f"{name}{images}, {epochs}, batch {settings['batch_size']}, width {settings['width']:g}, "
        f"depth {settings['depth']}"
    )


def points(effect: Effect | Step) -> str:
    """An effect, or a step's change, in signed points."""
    value = effect.effect if isinstance(effect, Effect) else effect.change
    return "" if math.isnan(value) else f"{value:+.{_decimals(effect)}f}"


def interval(effect: Effect | Step) -> str:
    """The 95 % interval of an effect or of a step's change."""
    if math.isnan(effect.low):
        return "—"
    decimals = _decimals(effect)
    return f"{effect.low:+.{decimals}f} to {effect.high:+.{decimals}f}"


def _decimals(effect: Effect | Step) -> int:
    """No more than the interval's width lets a reader believe."""
    return 1 if effect.high - effect.low >= 1 else 2


def percent(value: Mean) -> str:
    """A mean accuracy with its interval."""
    if math.isnan(value.low):
        return f"{value.mean:.2f} %"
    return f"{value.mean:.2f} % ({value.low:.2f} to {value.high:.2f})"


def answer(fit: Effects) -> str:
    """The answer in a sentence or two: what helps most, what hurts, what cannot be told."""
    helps = [effect for effect in fit.effects if effect.verdict == "helps"]
    hurts = [effect for effect in fit.effects if effect.verdict == "hurts"]
    unclear = len(fit.effects) - len(helps) - len(hurts)
    if not helps and not hurts:
        return (
            "No technique's effect can be told from a change of seed with this many runs: "
            f"the largest is {fit.effects[0].technique}, {_worth(fit.effects[0])}."
        )
    first = (helps or hurts)[0]
    said = [f"{first.technique} {first.verdict} most, {_worth(first)}"]
    said += [f"{e.technique} {e.verdict} ({points(e)})" for e in helps[1:]]
    said += [f"{e.technique} hurts ({points(e)})" for e in hurts if e is not first]
    rest = f" The other {unclear} cannot be told from a change of seed." if unclear > 1 else ""
    if unclear == 1:
        rest = " The other one cannot be told from a change of seed."
    return "; ".join(said) + "." + rest


def _worth(effect: Effect) -> str:
    bounds = "" if math.isnan(effect.low) else f" (95 %: {interval(effect)})"
    return f"{points(effect)} points{bounds}"


def dials(technique: Technique) -> str:
    """A technique's dials with their low, usual and high values."""
    return "; ".join(
        f"{dial.name} {dial.low:g}, {dial.usual:g}, {dial.high:g}{' (log)' if dial.log else ''}"
        for dial in technique.dials
    )


def duration(seconds: float) -> str:
    """A duration as a person would say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{round(hours / 24)} days"
