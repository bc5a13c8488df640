"""The decision for a recipe: what it reaches, and its gain over all off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from search.analysis.confirmation import Confirmed, chosen_by_tests
from search.analysis.contexts import context_of, ran
from search.analysis.effects import Effect, Effects
from search.analysis.estimate import NO_ESTIMATE, Estimate
from search.analysis.over_all_off import OverAllOff, repeated
from search.analysis.predicted import Predicted
from search.analysis.recommendation import Recommendation, beside_all_off
from search.analysis.scale_refit import ScaleRefit
from search.analysis.t_distribution import critical_value, quantile
from search.parameters import level_name
from search.planning.schedule import schedule
from search.planning.space import Space
from search.results import Results

Verdict = Literal["better", "not sure", "worse", "all off", "unknown"]
"""Of the recommended recipe against all off. `not sure`: other seeds or other test images may
explain the difference. `unknown`: there is no interval of it."""


_LARGEST = 700.0
"""Of a logarithm, whose value is a float."""


@dataclass(frozen=True)
class Decision:
    """The recommended recipe beside all off, by the study's objective."""

    recommended: Recommendation
    tested: Confirmed | None
    """Its results on fresh seeds and test images; None where they give no interval of its gain, or
    there are none, and it is predicted."""
    all_off_tested: Confirmed | None
    reached: Estimate
    """Its objective, on the test images where it is tested, else predicted for the validation
    images; NaN where the runs are too few to predict it."""
    all_off: Estimate | None
    gain: Estimate | None
    """The difference to all off, in the objective's unit; None where it is all off, with a number
    at another value or not, or where all off is not known."""
    verdict: Verdict
    any_better: bool
    """True where some recipe that was tested is surely better than all off, with an interval that
    allows for their number; or where the recommended one is predicted to be, or `surely_better`
    is."""
    under_way: bool = False
    """True where runs of `confirm` are still to come: an interval that is looked at after each run
    misses more often than it says."""
    surely_better: OverAllOff | None = None
    """Of another program's trials, where the recommended recipe is not surely better than all off:
    one of nothing but what clearly helps, or one that was repeated, and is."""

    @property
    def so_far(self) -> bool:
        """True where the runs that are to decide have not ended, or there are none."""
        return self.tested is None or self.under_way


def decide(
    results: Results,
    recommended: Recommendation | None,
    rows: Sequence[Confirmed],
    *,
    effects: Effects | None = None,
    refit: ScaleRefit | None = None,
) -> Decision | None:
    """Compare the recommended recipe with all off; `rows` are those of `confirmation`.

    Fresh seeds decide, but where they give no interval, as one seed does not, the prediction from
    all runs. `effects` are those that decide: where recipes fail together by them, nothing is
    predicted, as techniques and their pairs do not describe that. `refit` are these on another
    scale, if they add up better there. None where nothing is recommended, or no parameter is a
    technique.
    """
    if recommended is None or not (results.factors or results.choices):
        return None
    sign = results.objective.sign
    is_off = results.end_of(recommended) == "all off"
    tested = next((row for row in rows if row.recommended), None)
    off = next((row for row in rows if "all off" in row.label), None)
    failing = effects is not None and effects.fit.failing is not None
    reach = None if failing else recommended.reach
    gain = tested.objective_gain if tested else None
    unsure = gain is not None and math.isnan(gain.low) and reach is not None
    if tested is None or unsure:
        if reach is None or effects is None or results.designed:
            return _predicted(recommended, reach, sign, is_off=is_off)
        by_effects = _GainsByEffects.of(effects, refit, reach.all_off)
        return _of_foreign_trials(results, recommended, reach, by_effects, is_off=is_off)
    # Where they chose the recipe, their intervals allow for that already.
    others = 1 if chosen_by_tests(results) else sum(row.objective_gain is not None for row in rows)
    return Decision(
        recommended,
        tested,
        off,
        tested.test_objective,
        off.test_objective if off else None,
        gain,
        _verdict(gain, sign, is_off=is_off),
        any(_is_surely_better(row, sign, others) for row in rows),
        _is_under_way(results),
    )


def _of_foreign_trials(
    results: Results,
    recommended: Recommendation,
    reach: Predicted,
    by_effects: _GainsByEffects,
    *,
    is_off: bool,
) -> Decision:
    """Decide by another program's trials, which no phase planned: by the prediction, or where that
    is not sure, by the effects and by recipes that were repeated."""
    sign = results.objective.sign
    wider, off = by_effects.widened(recommended, reach.gain), reach.all_off
    least, most = results.objective.low - off.high, results.objective.high - off.low
    gain = replace(wider, low=max(wider.low, least), high=min(wider.high, most))
    reach = replace(reach, gain=gain)
    made = _predicted(recommended, reach, sign, is_off=is_off)
    if made.verdict != "not sure":
        return made
    better = [one for one in repeated(results)
              if _verdict(one.gain, sign, is_off=False) == "better"]  # fmt: skip
    if own := next((one for one in better if one.on == recommended.on), None):
        return replace(made, gain=own.gain, verdict="better", any_better=True)
    surely = _surely_better(results, by_effects, recommended, better)
    return replace(made, surely_better=surely, any_better=surely is not None)


def _is_under_way(results: Results) -> bool:
    settings = results.settings
    space = Space.known_of(settings)
    if settings is None or space is None:
        return False
    return schedule(settings, space, results).left["confirm"] > 0


@dataclass(frozen=True)
class _GainsByEffects:
    """Gains over all off, in the objective's unit, by the effects of another program's trials."""

    effects: Effects
    multiplied: float | None
    """The value of all off where the effects are on the logarithm; None where they add to it."""

    @staticmethod
    def of(effects: Effects, refit: ScaleRefit | None, all_off: Estimate) -> _GainsByEffects:
        if refit is None or refit.scale != "logarithm":
            return _GainsByEffects(effects, None)
        return _GainsByEffects(refit.effects, all_off.value)

    def widened(self, recommended: Recommendation, gain: Estimate) -> Estimate:
        """Widen a gain's interval by that of its effects.

        Its prediction has one noise for all runs, and a technique that a sampler seldom tries may
        be the noisy one: see `fit.fit`.
        """
        model = self.effects.fit.model
        on = [name for name in model.techniques if name in recommended.on]
        levels = [one.name for one in model.levels
                  if recommended.params.get(one.parameter) == one.level]  # fmt: skip
        found = self.simultaneous(self.contrasts(on, levels)[0])
        if found is None:
            return gain
        # Its few runs may be lucky ones of their recipes, which the value follows.
        moved = 0.0 if model.seldom else gain.value - found.value
        return Estimate(
            gain.value, min(gain.low, found.low + moved), max(gain.high, found.high + moved)
        )

    def contrasts(
        self, techniques: Sequence[str], levels: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        """A recipe's gain over all off, (terms,): by its effects alone, and with its pairs."""
        model = self.effects.fit.model
        nothing = np.zeros(len(model.inverse))
        beside = sum((model.technique_contrast(name) for name in levels), nothing)
        alone = sum((model.technique_contrast(name) for name in techniques), beside)
        return alone, model.prediction(techniques) - model.prediction(()) + beside

    def simultaneous(self, contrast: np.ndarray) -> Estimate | None:
        """Estimate what was chosen by the effects; None where the runs do not tell it."""
        fit, model = self.effects.fit, self.effects.fit.model
        if not np.any(contrast) or not fit.dof or not model.estimable(contrast):
            return None
        value, error, dof = fit.first(contrast)
        half = critical_value(dof, len(model.names)) * error
        ends = value, value - half, value + half
        if self.multiplied is None:
            return Estimate(*ends)
        return Estimate(*(self.multiplied * math.expm1(min(end, _LARGEST)) for end in ends))


def _surely_better(
    results: Results,
    by_effects: _GainsByEffects,
    recommended: Recommendation,
    repeated_ones: Sequence[OverAllOff],
) -> OverAllOff | None:
    """Find a recipe of what clearly helps, all together or one, that is surely better than all off.

    Its interval is one of as many as there are effects. Of runs that show no interaction it is one
    of those that ran, as all off did. Where there is none but the recommended one it is the first
    of the `repeated_ones`, which are surely better too. None without any, or where constraints may
    rule it out.
    """
    if not all(run.feasible for run in results.runs):
        return None
    first = {one.name: one.levels[0] for one in results.choices}
    helps: dict[str, Effect] = {}
    for one in by_effects.effects.effects:
        at_first = one.level is None or one.level.reference == first.get(one.parameter)
        if one.verdict == "helps" and at_first:
            helps.setdefault(one.parameter, one)
    sign = results.objective.sign
    model = by_effects.effects.fit.model
    unseen = context_of(model) is not None
    for chosen in ([*helps.values()], *([one] for one in helps.values())):
        techniques = [one.technique for one in chosen if one.level is None]
        levels = [one.level for one in chosen if one.level is not None]
        if unseen and not (ran(model, [one.technique for one in chosen]) and ran(model, ())):
            continue
        alone, with_pairs = by_effects.contrasts(techniques, [one.name for one in levels])
        estimable = model.estimable(with_pairs)
        gain = by_effects.simultaneous(with_pairs if estimable else alone)
        on = frozenset([*techniques, *(level_name(one.parameter, one.level) for one in levels)])
        if gain is not None and first:
            gain = _as_predicted(results, on, gain)
        if gain is None or _verdict(gain, sign, is_off=False) != "better":
            continue
        if on == recommended.on:
            break
        turned = {one.parameter: one.level for one in levels}
        return OverAllOff(on, {**dict.fromkeys(techniques, True), **turned}, gain)
    return next(iter(repeated_ones), None)


def _as_predicted(results: Results, on: frozenset[str], gain: Estimate) -> Estimate:
    """Widen a recipe's gain by its effects to what is predicted of the recipe itself.

    An effect is an average over the levels of what else varies, of which all off has the first:
    what halves the time of a wide network may do little for the narrow one of all off.
    """
    predicted = beside_all_off(results, on)
    if predicted is None:
        return gain
    value, low, high = predicted.gain.value, predicted.gain.low, predicted.gain.high
    return Estimate(value, min(gain.low, low), max(gain.high, high))


def _predicted(
    recommended: Recommendation, reach: Predicted | None, sign: int, *, is_off: bool
) -> Decision:
    if reach is None:
        return Decision(recommended, None, None, NO_ESTIMATE, None, None, "unknown", False)
    gain = None if is_off or (reach.beside and not recommended.on) else reach.gain
    verdict = _verdict(gain, sign, is_off=is_off)
    return Decision(
        recommended, None, None, reach.recommended, reach.all_off, gain, verdict,
        verdict == "better",
    )  # fmt: skip


def _verdict(gain: Estimate | None, sign: int, *, is_off: bool) -> Verdict:
    if is_off:
        return "all off"
    if gain is None or math.isnan(gain.low):
        return "unknown"
    if gain.low <= 0 <= gain.high:
        return "not sure"
    return "better" if sign * gain.value > 0 else "worse"


def _is_surely_better(row: Confirmed, sign: int, among: int) -> bool:
    """Tell a tested recipe that is better than all off, though it is one of so many."""
    gain = row.objective_gain
    if gain is None or math.isnan(gain.low):
        return False
    if row.recommended:  # by the validation images, not by these results
        return _verdict(gain, sign, is_off=False) == "better"
    alone, each = (quantile(gain.dof, 1 - gain.level / (2 * count)) for count in (1, among))
    wider = each / alone
    return sign * gain.value > wider * (gain.high - gain.low) / 2
