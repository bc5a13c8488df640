"""The recommended recipe, by all runs together: what was observed of it, and what the fit says.

The values are fitted on a scale on which techniques add up better than on the objective's own: the
logit of a share, the logarithm of a log loss. Runs far below the others count as less far below
(Tukey's fence), as it matters that a recipe fails, and not how badly.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np

from search.analysis.limits import Costing, Taken, excess, took
from search.analysis.long_runs import deciding, long_study
from search.analysis.model import varied
from search.analysis.predicted import Predicted, compared, predicted
from search.analysis.surface import Points, Surface, fit_surface
from search.planning.phases.confirm import CANDIDATES
from search.planning.space import Space
from search.results import Category, Objective, Results, Run, level_name, levels_on
from search.settings import Limits

_BEAM = 32
"""Recipes whose neighbours, one technique away, are looked at in each round of the search."""
_MANY = 20
"""Techniques, above which the search begins at what each is worth by itself too, as it takes a
round for each technique that is to change."""
_DRAWS = 1000
_FEW = 8
"""Techniques up to which all recipes are compared."""
_SPARE = 2
"""Runs, more than techniques, from which a recipe's value is predicted with an interval."""
_FENCE = 1.5
"""Interquartile ranges below the first quartile at which a value is cut (Tukey 1977)."""
_USUAL_IMAGES = 1000
"""Validation images where a study does not say how many it has."""
_LEAST_LOSS = 1e-3
"""In nats; its logarithm would otherwise be infinite."""


@dataclass(frozen=True)
class Option:
    """A recipe that may be recommended."""

    on: frozenset[str]
    """The techniques that are on."""
    params: Mapping[str, Any]
    """A trial's parameters; where another program made the study, those that are the recipe's."""


@dataclass(frozen=True)
class Recommendation:
    """The recipe to use, by what is known so far."""

    on: frozenset[str]
    params: Mapping[str, Any]
    """As in `Option`."""
    predicted: float
    """The objective on the validation images in the mean over seeds, in percent or in its unit; NaN
    where the runs are too few to predict it."""
    confirmed: bool
    """True where it was chosen among recipes that ran on fresh seeds, and by these runs too."""
    reach: Predicted | None = None
    """Its prediction with an interval, beside all off; None where the runs are too few."""
    takes: Taken | None = None
    """What it takes, where that is limited."""
    within: bool = True
    """False where no recipe is within the limits, and this is the one that exceeds them least."""


def recommend(results: Results, runs: Sequence[Run] | None = None) -> Recommendation | None:
    """Recommend the recipe with the best predicted objective; None where no run is complete.

    It is one of those that `confirm` compares, once it does, else any. The long runs decide, where
    a study has them, unless `runs` are those to go by; by default, all that are complete. The test
    images choose nothing. Where what a recipe takes is limited, it is the best within the limits.
    """
    results = deciding(results) if runs is None else results
    runs = complete_runs(results) if runs is None else runs
    if not runs:
        return None
    tested = _compared(results)
    surface = FittedRecipes.of(results, runs)
    if surface is None:
        return _of_means(results, runs, chosen=bool(tested))
    costing = _costing(results, surface)
    options = tested or surface.strongest(_BEAM, costing)
    kept = [run for run in runs if run.feasible]
    unpredicted = results.settings is None and len(runs) < surface.columns + _SPARE
    if unpredicted or len(kept) < len(runs):
        # Nothing can be predicted of a recipe that no trial tried, or whether it can be used.
        options = [surface.tried(run) for run in kept or runs]
    if (
        costing is not None
        and tested
        and (not _chosen_within(results) or surface.above(tested, costing).min() > 0)
    ):
        options = [*tested, *surface.strongest(_BEAM, costing)]
    values, above = surface.values(options), surface.above(options, costing)
    top = int(np.lexsort((-values, above))[0])
    on, params = options[top].on, options[top].params
    value = unscaled(float(values[top]), results.objective)
    reach = _reach(results, runs, options[top])
    confirmed = top < len(tested)
    if costing is None:
        return Recommendation(on, params, value, confirmed, reach)
    (takes,) = costing.takes(surface.points([options[top]]))
    return Recommendation(on, params, value, confirmed, reach, takes, not above[top])


def _costing(results: Results, surface: FittedRecipes) -> Costing | None:
    """What recipes take; None where that is not limited."""
    if not results.at_most:
        return None
    points = surface.points([surface.tried(run) for run in surface.runs])
    return Costing.of(results.at_most, _epochs(results), surface.runs, points)


def _epochs(results: Results) -> int:
    """The epochs of the runs that decide."""
    return results.settings.final_epochs if results.settings else 1


def _chosen_within(results: Results) -> bool:
    """Tell whether the recipes to confirm were chosen under the limits that hold now."""
    return results.candidates is not None and results.candidates.at_most == results.at_most


def limited(results: Results, at_most: Limits | None) -> Results:
    """Recommend within other limits than the study's own, unless `at_most` is None.

    Raises `InputError` where kouka did not launch the study.
    """
    if at_most is None:
        return results
    results.launched_with()
    return replace(results, at_most=at_most)


def _of_means(results: Results, runs: Sequence[Run], *, chosen: bool) -> Recommendation:
    """Recommend the recipe with the best mean, where there are too few recipes for a fit."""
    of: dict[tuple[frozenset[str], str], list[Run]] = {}
    for run in runs:
        # Another program's trials differ in more than the recipe, and each would be one.
        dials = repr(sorted(run.params.items())) if results.settings else ""
        on = run.on | levels_on(run.params, results.choices)
        of.setdefault((on, dials), []).append(run)
    values = {recipe: [run.scaled for run in its] for recipe, its in of.items()}
    takes = {recipe: took(its, _epochs(results)) for recipe, its in of.items()}
    limits = results.at_most or Limits()
    usable = [recipe for recipe, its in of.items() if any(run.feasible for run in its)]
    best = min(
        usable or of,
        key=lambda recipe: (
            excess(takes[recipe], limits), -_sign(results.objective) * fmean(values[recipe]),
            len(recipe[0]),
        ),
    )  # fmt: skip
    off = next(
        (one for one, its in of.items() if results.end_of(one[0], its[0].params) == "all off"), None
    )
    reach = None if off is None else compared(values[best], values[off])
    value = reach.recommended.value if reach else math.nan
    found = Recommendation(best[0], of[best][0].params, value, chosen, reach)
    if not limits:
        return found
    return replace(found, takes=takes[best], within=not excess(takes[best], limits))


def _reach(results: Results, runs: Sequence[Run], best: Option) -> Predicted | None:
    """Predict a recipe and all off from the runs as they are, however far below the others."""
    surface = FittedRecipes.of(results, runs, fenced=False)
    if surface is None or len(runs) < surface.columns + _SPARE:
        return None
    off = surface.ends([])
    if not off:
        return None
    among = [best, *off, *surface.some()]
    back = partial(unscaled, objective=results.objective)
    return predicted(*surface.predict(among), len(runs), back)


def candidates(results: Results, count: int = CANDIDATES) -> list[Mapping[str, Any]]:
    """Choose the parameters of the recipes to confirm, beside all off and all on.

    They are not simply those with the best predictions, which are often near each other, and right
    or wrong together: each is added for what it may gain over those before it and the ends. The
    expected maximum is computed from draws of the fit's distribution. The last is the best long run
    where there are too few of them to decide. Empty where no run is complete.
    """
    chosen = _by_fit(deciding(results), count)
    long = long_study(results)
    if long is not None and deciding(results) is results and not results.at_most:
        best = max(long.of("measure"), key=lambda run: _sign(results.objective) * run.scaled)
        if best.params not in chosen:
            chosen = [*chosen[: count - 1], best.params]
    return chosen


def _by_fit(results: Results, count: int) -> list[Mapping[str, Any]]:
    runs = complete_runs(results)
    if not runs:
        return []
    surface = FittedRecipes.of(results, runs)
    if surface is None:
        only = recommend(results)
        return [only.params] if only else []
    costing = _costing(results, surface)
    options = surface.strongest(2 * _BEAM, costing)
    above = surface.above(options, costing)
    options = [one for one, much in zip(options, above, strict=True) if much <= above.min()]
    ends = surface.ends(results.factors)
    others = [one for one in options if one not in ends]
    return [others[place].params for place in surface.expected_best(others, ends, count)]


def complete_runs(results: Results) -> list[Run]:
    """The runs that recipes are predicted from."""
    return results.of("measure", "ladder", "search", "confirm")


def _compared(results: Results) -> list[Option]:
    """The recipes that `confirm` compares, or compared before the study grew."""
    confirmed = [run.params for run in results.of("confirm")]
    chosen = results.candidates.recipes if results.candidates and confirmed else ()
    found: list[Mapping[str, Any]] = []
    for params in (*chosen, *confirmed):
        if params not in found:
            found.append(params)
    return [Option(results.on(params), params) for params in found]


@dataclass(frozen=True, eq=False)
class FittedRecipes:
    """The surface of a study, and the recipes as its points."""

    surface: Surface
    runs: Sequence[Run]
    scaled: np.ndarray
    """(runs,): their values on the scale of the fit."""
    techniques: tuple[str, ...]
    """Those that vary."""
    several: tuple[Category, ...]
    """Factors of several levels that vary."""
    space: Space | None
    """None where another program made the study."""
    dials: frozenset[str]
    held: Mapping[str, Any]
    """Numbers that every designed run has alike, as the learning rate of the long runs."""
    on_of: Callable[[Mapping[str, Any]], frozenset[str]]
    """What is on by a run's parameters."""

    @classmethod
    def of(
        cls,
        results: Results,
        runs: Sequence[Run],
        *,
        fenced: bool = True,
        choices: Sequence[Category] | None = None,
    ) -> FittedRecipes | None:
        """Fit the surface; None where the runs are too few or all equal.

        `choices` are the factors of several levels that recipes differ in, by default all.
        """
        techniques, held = varied(runs, results.factors), _held(results, runs)
        several = tuple(
            one
            for one in (results.choices if choices is None else choices)
            if len({one.place(run.params.get(one.name)) for run in runs}) > 1
        )
        dials = frozenset(dial.name for dial in results.dials)
        on = [run.on | levels_on(run.params, several) for run in runs]
        keys = np.array([_key(one, run.params, dials) for one, run in zip(on, runs, strict=True)])
        signs = np.array([_signs(one, techniques, several) for one in on])
        scaled = _scaled(runs, results, fenced)
        varies = bool(techniques or several)
        surface = fit_surface(Points(signs, keys), scaled) if varies else None
        if surface is None:
            return None
        space = None if results.settings is None else Space.known_of(results.settings)
        return cls(surface, runs, scaled, techniques, several, space, dials, held, results.on)

    def strongest(self, count: int, costing: Costing | None = None) -> list[Option]:
        """Find the recipes with the best predictions, best first, by a beam search from all runs.

        Dials are at their usual values, but where a run had others. Recipes above the limits of
        `costing` come last, and of these first those that are least above.
        """
        known: dict[int, Option] = {}
        scores: dict[int, tuple[float, float]] = {}
        seen: set[frozenset[str]] = set()

        def add(on: frozenset[str]) -> None:
            if on not in seen:
                seen.add(on)
                one = self.option(on)
                known.setdefault(self._key(one.on, one.params), one)

        for run in self.runs:
            tried = self.tried(run)
            known.setdefault(self._key(tried.on, tried.params), tried)
            add(tried.on)
        if len(self.techniques) > _MANY:
            slopes = zip(self.techniques, self.surface.slopes, strict=False)
            add(frozenset(name for name, slope in slopes if slope > 0))
        top: list[int] = []
        while True:
            new = [key for key in known if key not in scores]
            if new:
                options = [known[key] for key in new]
                ranked = zip(self.above(options, costing), -self.values(options), strict=True)
                scores.update(zip(new, ranked, strict=True))
            best = heapq.nsmallest(max(count, _BEAM), scores, key=scores.__getitem__)
            if best == top:
                return [known[key] for key in best[:count]]
            top = best
            for key in top[:_BEAM]:
                for name in self.techniques:
                    add(known[key].on ^ {name})
                for one in self.several:
                    for chosen in _levels_of(one):
                        add(known[key].on - set(_levels_of(one)) | {chosen} - {""})

    def above(self, options: Sequence[Option], costing: Costing | None) -> np.ndarray:
        """Return by how much options, (options,), are above the limits; 0 where there are none."""
        return np.zeros(len(options)) if costing is None else costing.excess(self.points(options))

    def expected_best(
        self, options: Sequence[Option], beside: Sequence[Option], count: int
    ) -> list[int]:
        """Choose options one by one, each for the mean that it adds to the best of those chosen and
        of those `beside` them."""
        means, spread = self.surface.predict(self.points([*options, *beside]))
        variances, vectors = np.linalg.eigh(spread)
        normal = np.random.default_rng(0).standard_normal((_DRAWS, len(means)))
        draws = means + normal @ (vectors * np.sqrt(np.maximum(variances, 0))).T
        best = draws[:, len(options) :].max(axis=1, keepdims=True, initial=-np.inf)
        draws = draws[:, : len(options)]
        chosen: list[int] = []
        for _ in range(min(count, len(options))):
            gained = np.maximum(draws, best).mean(axis=0)
            gained[chosen] = -np.inf
            chosen.append(int(np.argmax(gained)))
            best = np.maximum(best, draws[:, chosen[-1:]])
        return chosen

    def values(self, options: Sequence[Option]) -> np.ndarray:
        """Predict the options' values, (options,), on the scale of the fit."""
        return self.surface.means(self.points(options))

    def some(self) -> list[Option]:
        """All recipes with the usual dials, or of many some, drawn at random."""
        count = len(self.techniques)
        if count <= _FEW:
            rows = [[bool(at >> bit & 1) for bit in range(count)] for at in range(2**count)]
        else:
            rows = (np.random.default_rng(0).random((2**_FEW, count)) < 0.5).tolist()
        random = np.random.default_rng(1)
        chosen = [
            frozenset(n for n, on in zip(self.techniques, row, strict=True) if on)
            | {str(random.choice(_levels_of(one))) for one in self.several} - {""}
            for row in rows
        ]
        return [self.option(on) for on in chosen]

    def predict(self, options: Sequence[Option]) -> tuple[np.ndarray, np.ndarray]:
        """Predict the options' values with their covariance, on the scale of the fit."""
        return self.surface.predict(self.points(options))

    def points(self, options: Sequence[Option]) -> Points:
        """Convert options to the surface's points."""
        signs = [_signs(one.on, self.techniques, self.several) for one in options]
        keys = [self._key(one.on, one.params) for one in options]
        return Points(np.array(signs), np.array(keys))

    def _key(self, on: frozenset[str], params: Mapping[str, Any]) -> int:
        return _key(on, params, self.dials)

    @property
    def columns(self) -> int:
        """Columns of the surface: a technique has one, a factor of several levels more."""
        return int(self.surface.observed.levels.shape[1])

    def tried(self, run: Run) -> Option:
        """Make an option of what a run has, and not of what else another program varied."""
        if self.space is not None:
            return Option(run.on, run.params)
        one = self.option(run.on | levels_on(run.params, self.several))
        turned = {name: run.params[name] for name in self.dials & run.params.keys()}
        return Option(one.on, {**one.params, **turned})

    def option(self, on: frozenset[str]) -> Option:
        """Make an option of techniques, with their dials at the usual values."""
        if self.space is None:
            chosen = {one.name: one.levels[_place(on, one)] for one in self.several}
            techniques = dict.fromkeys(sorted(on & {*self.techniques}), True)
            return Option(on, {**techniques, **chosen})
        params = self.space.params(on)
        levels = {one.name: one for one in self.several}
        for name, value in self.held.items():
            factor = levels.get(name)
            # Of a factor that varies, the level that is asked for; all runs near it have this.
            if factor is None or factor.place(params[name]) == factor.place(value):
                params[name] = value
        return Option(self.on_of(params), params)

    def ends(self, techniques: Collection[str]) -> list[Option]:
        """All off, and all `techniques` on, where the runs tell of them as `confirm` trains them.

        That is with each number at its first level, where these runs may hold it at another.
        """
        wanted = [frozenset[str](), *([frozenset(techniques)] if techniques else [])]
        found = [self.option(on) for on in wanted]
        if self.space is None:
            return found
        return [
            one
            for on, one in zip(wanted, found, strict=True)
            if one.on == self.on_of(self.space.params(on))
        ]


def _held(results: Results, runs: Sequence[Run]) -> dict[str, Any]:
    designed = [run.params for run in runs if run.phase == "measure"]
    values = {name: {params[name] for params in designed if name in params}
              for name in results.numbers}  # fmt: skip
    return {name: next(iter(found)) for name, found in values.items() if len(found) == 1}


def _levels_of(one: Category) -> list[str]:
    """The levels of a factor, as a run's `on` names them: the first by nothing."""
    return ["", *(level_name(one.name, level) for level in one.levels[1:])]


def _signs(
    on: frozenset[str], techniques: Sequence[str], several: Sequence[Category]
) -> list[float]:
    """What is on in a recipe as ±1: two columns for a factor of three or four levels, more for one
    of more."""
    signs = [1.0 if name in on else -1.0 for name in techniques]
    for one in several:
        place = _place(on, one)
        bits = max(2, (len(one.levels) - 1).bit_length())
        signs += [1.0 if place >> bit & 1 else -1.0 for bit in reversed(range(bits))]
    return signs


def _place(on: frozenset[str], one: Category) -> int:
    """The place of the level of a factor that a recipe has."""
    return next((at for at, name in enumerate(_levels_of(one)) if name in on), 0)


def _key(on: frozenset[str], params: Mapping[str, Any], dials: frozenset[str]) -> int:
    """A number of 63 bits for each recipe, the same in every process."""
    turned = sorted((name, params[name]) for name in dials & params.keys())
    digest = hashlib.blake2b(f"{sorted(on)} {turned}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def _sign(objective: Objective) -> int:
    return 1 if objective.maximize else -1


def _scaled(runs: Sequence[Run], results: Results, fenced: bool) -> np.ndarray:
    """The runs' values, (runs,), greater where better, on the scale of the fit."""
    values = np.array([run.value for run in runs], dtype=float)
    if results.objective.share:
        images = _USUAL_IMAGES if results.data is None else results.data.validation
        shares = (images * values + 0.5) / (images + 1)
        values = np.log(shares / (1 - shares))
    elif results.objective.key == "neg_log_loss":
        values = -np.log(np.maximum(-values, _LEAST_LOSS))
    values = _sign(results.objective) * values
    if not fenced:
        return np.asarray(values)
    first, third = np.percentile(values, [25, 75])
    return np.maximum(values, first - _FENCE * (third - first)) if third > first else values


def unscaled(value: float, objective: Objective) -> float:
    """A value on the scale of the fit, in percent or in the objective's unit."""
    value *= _sign(objective)
    if objective.share:
        return 100 / (1 + math.exp(-value))
    return -math.exp(-value) if objective.key == "neg_log_loss" else value
