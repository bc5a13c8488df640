"""The recipes of a study as points of a fitted surface: what is predicted of each, and the best."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from search.analysis.best_value import BestNumber, Chance, errors_of_differences
from search.analysis.collapses import Collapse
from search.analysis.covariates import covariates
from search.analysis.distributions import symmetric_root
from search.analysis.fit_scale import cut_far_below, scale
from search.analysis.limits import Costing
from search.analysis.lost_together import LostTogether, lost_together
from search.analysis.model import varied
from search.analysis.number_curves import places_of
from search.analysis.number_terms import CAUTION, NumberTerms
from search.analysis.plateau import at_plateau
from search.analysis.surface import Points, Surface, fit_surface
from search.analysis.t_distribution import ALPHA
from search.analysis.tried_numbers import TriedNumbers
from search.parameters import Category, level_name
from search.planning.space import Space
from search.results import Results, Run, is_idle

BEAM = 32
"""Recipes whose neighbours, one technique away, are looked at in each round of the search."""
_MANY = 20
"""Techniques, above which the search begins at what each is worth by itself too, as it takes a
round for each technique that is to change."""
_DRAWS = 1000
_FEW = 8
"""Techniques up to which all recipes are compared."""


@dataclass(frozen=True)
class Option:
    """A recipe that may be recommended."""

    on: frozenset[str]
    """The techniques that are on."""
    params: Mapping[str, Any]
    """A trial's parameters; where another program made the study, those that are the recipe's."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Of another program, the best values for it; where not given, the mean of what trials had."""


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
    breaks: tuple[frozenset[str], ...] = ()
    """Techniques with which, together, every run has failed."""
    lost: tuple[LostTogether, ...] = ()
    """Choices of another program with which, two together, every trial has failed."""
    collapse: Collapse | None = None
    """Runs of a technique that fell far below all others in some seeds, of which the surface is not
    fitted."""
    fallen: float = 0.0
    """Their mean, on the scale of the fit."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """As in `Results.needs`."""
    numbers: NumberTerms | None = None
    """None where no number is in the fit."""
    fenced: bool = False
    """True where some run is so far below the others that it counts as less far."""

    @classmethod
    def of(
        cls,
        results: Results,
        runs: Sequence[Run],
        *,
        fenced: bool = True,
        choices: Sequence[Category] | None = None,
        breaks: Iterable[frozenset[str]] = (),
        collapse: Collapse | None = None,
    ) -> FittedRecipes | None:
        """Fit the surface; None where the runs are too few or all equal.

        `choices` are the factors of several levels that recipes differ in, by default all. What has
        one of the `breaks` on is no recipe, nor is what `is_idle`. What may meet a `collapse` is
        worth less by what that costs on average over seeds.
        """
        fallen = 0.0
        if collapse is not None and collapse.technique is not None:
            fell = [run for run in runs if collapse.has(run)]
            runs = [run for run in runs if not collapse.has(run)]
            fallen = float(np.mean(scale(fell, results))) if fell else 0.0
        if results.foreign:
            runs = _once_at_plateau(runs)
        techniques, held = varied(runs, results.factors), _held(results, runs)
        several = tuple(
            one
            for one in (results.choices if choices is None else choices)
            if len({one.place(run.params.get(one.name)) for run in runs}) > 1
        )
        dials = frozenset(dial.name for dial in results.dials)
        on = [run.on_with(several) for run in runs]
        keys = np.array([_key(one, run.params, dials) for one, run in zip(on, runs, strict=True)])
        signs = np.array([_signs(one, techniques, several) for one in on])
        varies = bool(techniques or several)
        named = {one.name for one in several}
        others = [one for one in results.others if one.name not in named]
        differ = covariates(runs, signs.shape[1], others)
        beside = differ.columns
        scaled = plain = scale(runs, results)
        if fenced:
            scaled = cut_far_below(plain, signs, beside)
        places = {one.name: places_of(one, [run.params[one.name] for run in runs])
                  for one in results.numbers if one.name in differ.of_numbers}  # fmt: skip
        numbers = NumberTerms.of(differ, places, signs, scaled) if varies else None
        points = Points(signs, keys, beside, None if numbers is None else numbers.terms)
        surface = fit_surface(points, scaled) if varies else None
        if surface is None:
            return None
        return cls(
            surface,
            runs,
            scaled,
            techniques,
            several,
            Space.known_of(results.settings),
            dials,
            held,
            results.on,
            tuple(breaks),
            lost_together(results),
            collapse,
            fallen,
            results.needs,
            numbers,
            not np.array_equal(scaled, plain),
        )

    def strongest(self, count: int, costing: Costing | None = None) -> list[Option]:
        """Find the recipes with the best predictions, best first, by a beam search from all runs.

        Dials are at their usual values, but where a run had others. Recipes above the limits of
        `costing` come last, and of these first those that are least above.
        """
        known: dict[int, Option] = {}
        scores: dict[int, tuple[float, float]] = {}
        seen: set[frozenset[str]] = set()

        def add(on: frozenset[str]) -> None:
            if on not in seen and not self._fails(on):
                seen.add(on)
                one = self.option(on)
                if not is_idle(one.on, self.needs):
                    known.setdefault(self._key(one.on, one.params), one)

        for run in self.runs:
            tried = self.tried(run)
            if is_idle(tried.on, self.needs):
                add(tried.on - self.needs.keys())
            else:
                known.setdefault(self._key(tried.on, tried.params), tried)
                add(tried.on)
        if len(self.techniques) > _MANY:
            slopes = zip(self.techniques, self.surface.slopes, strict=False)
            add(frozenset(name for name, slope in slopes if slope > 0))
        top: list[int] = []
        while True:
            new = [key for key in known if key not in scores]
            if new:
                options = self.tuned([known[key] for key in new])
                known.update(zip(new, options, strict=True))
                ranked = zip(
                    self.above(options, costing), -self.cautious_values(options), strict=True
                )
                scores.update(zip(new, ranked, strict=True))
            best = heapq.nsmallest(max(count, BEAM), scores, key=scores.__getitem__)
            if best == top:
                return [known[key] for key in best[:count]]
            top = best
            for key in top[:BEAM]:
                for name in self.techniques:
                    add(known[key].on ^ {name})
                for one in self.several:
                    for chosen in _levels_of(one):
                        add(known[key].on - set(_levels_of(one)) | {chosen} - {""})

    def _fails(self, on: frozenset[str]) -> bool:
        """Tell a recipe with which every run has failed."""
        return any(map(on.issuperset, self.breaks)) or any(one.has(on) for one in self.lost)

    def above(self, options: Sequence[Option], costing: Costing | None) -> np.ndarray:
        """Return by how much options, (options,), are above the limits; 0 where there are none."""
        return np.zeros(len(options)) if costing is None else costing.excess(self.points(options))

    def expected_best(
        self, options: Sequence[Option], beside: Sequence[Option], count: int
    ) -> list[int]:
        """Choose options one by one, each for the mean that it adds to the best of those chosen and
        of those `beside` them."""
        means, spread = self.surface.predict(self.points([*options, *beside]))
        means -= self._cost([*options, *beside], means)
        normal = np.random.default_rng(0).standard_normal((_DRAWS, len(means)))
        draws = means + normal @ symmetric_root(spread)
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
        means = self.surface.means(self.points(options))
        return np.asarray(means - self._cost(options, means))

    def cautious_values(self, options: Sequence[Option]) -> np.ndarray:
        """Predict the options' values, (options,), beside numbers less their standard errors.

        A sampler that learns tries most recipes at a few values, and of many with others some seem
        to be better than any that it tried.
        """
        values = self.values(options)
        if self.numbers is None:
            return values
        return values - CAUTION * self.surface.errors(self.points(options))

    def _cost(self, options: Sequence[Option], means: np.ndarray) -> np.ndarray:
        """The average cost over seeds of runs that fall, (options,)."""
        if self.collapse is None:
            return np.zeros(len(options))
        meets = np.array([self.collapse.meets(one.on) for one in options])
        return np.asarray(meets * self.collapse.share * np.maximum(means - self.fallen, 0.0))

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
        """Predict the options' values with their covariance, on the scale of the fit.

        It allows for the errors of the fit's variances, without which intervals of recipes that
        were chosen for their predictions are too narrow.
        """
        points = self.points(options)
        means, spread = self.surface.predict(points)
        return means, spread + self.surface.doubt(points)

    def points(self, options: Sequence[Option]) -> Points:
        """Convert options to the surface's points."""
        signs = self._signs_of(options)
        keys = [self._key(one.on, one.params) for one in options]
        if self.numbers is None:
            return Points(signs, np.array(keys))
        beside, terms = self.numbers.of_recipes(signs, [one.numbers for one in options])
        return Points(signs, np.array(keys), beside, terms)

    def tuned(self, options: Sequence[Option]) -> list[Option]:
        """Set the numbers of options to the values that are best for each."""
        if self.numbers is None or not options:
            return list(options)
        reach = np.array([self._tried.within(self._choices(one.on)) for one in options])
        best = self.numbers.best(self._signs_of(options), self.surface, reach)
        return [replace(one, numbers=values) for one, values in zip(options, best, strict=True)]

    @cached_property
    def _tried(self) -> TriedNumbers:
        assert self.numbers is not None
        numbers = [one.number for one in self.numbers.polynomials]
        choices = [self._choices(run.on_with(self.several)) for run in self.runs]
        values = [[one.scaled(run.params[one.name]) for one in numbers] for run in self.runs]
        return TriedNumbers.of(choices, np.array(values))

    def _choices(self, on: frozenset[str]) -> list[str]:
        """Name each choice of a recipe: a technique that is on or off, or a level."""
        return [
            *(f"{name} {name in on}" for name in self.techniques),
            *(f"{one.name} {_place(on, one)}" for one in self.several),
        ]

    def best_numbers(self, option: Option) -> list[BestNumber]:
        """Say where each number of an option is best; empty unless it is tuned."""
        if self.numbers is None or not option.numbers:
            return []
        found, dof = [], len(self.runs) - self.surface.fixed
        tests = 2 * len(self.numbers.polynomials)
        for one, places in zip(self.numbers.polynomials, self.numbers.places, strict=True):
            name = one.number.name
            means, spread = self.predict(
                [replace(option, numbers={**option.numbers, name: value}) for value in places]
            )
            top = places.index(option.numbers[name])
            behind, chance = _behind(means, spread, top, dof)
            average, mean_spread = self.numbers.on_average(one, places, self.surface)
            seen, usual = _behind(average, mean_spread, int(np.argmax(average)), dof)
            p_value = min(chance.p_value(behind.max()), usual.p_value(seen.max()))
            good = np.flatnonzero(behind <= chance.behind_best)
            best, low, high = (places[at] for at in (top, good[0], good[-1]))
            matters = tests * p_value < ALPHA
            found.append(BestNumber(one.number, places, best, low, high, matters))
        return found

    def _signs_of(self, options: Sequence[Option]) -> np.ndarray:
        return np.array([_signs(one.on, self.techniques, self.several) for one in options])

    def _key(self, on: frozenset[str], params: Mapping[str, Any]) -> int:
        return _key(on, params, self.dials)

    @property
    def columns(self) -> int:
        """Columns of the surface: a technique has one, a factor of several levels more, and so may
        what else another program varied."""
        return int(self.surface.observed.levels.shape[1]) + self.surface.fixed - 1

    def tried(self, run: Run) -> Option:
        """Make an option of what a run has, and not of what else another program varied."""
        if self.space is not None:
            return Option(run.on, run.params)
        one = self.option(run.on_with(self.several))
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


def _behind(means: np.ndarray, spread: np.ndarray, top: int, dof: int) -> tuple[np.ndarray, Chance]:
    """How far each of some estimates, (n,), is behind one, in standard errors, and what chance
    makes of that."""
    errors, apart = errors_of_differences(spread)[top], means[top] - means
    surely = np.where(apart > 0, np.inf, 0.0)  # where nothing is noise
    behind = np.where(errors > 0, apart / np.where(errors > 0, errors, 1.0), surely)
    return behind, Chance.of(spread, dof)


def _held(results: Results, runs: Sequence[Run]) -> dict[str, Any]:
    designed = [run.params for run in runs if run.phase == "measure"]
    values = {name: {params[name] for params in designed if name in params}
              for name in results.usual}  # fmt: skip
    return {name: next(iter(found)) for name, found in values.items() if len(found) == 1}


def _once_at_plateau(runs: Sequence[Run]) -> Sequence[Run]:
    """Keep one run of each choice at a plateau: as many without noise would make that of the others
    look small."""
    plateau = at_plateau(np.array([run.scaled for run in runs]))
    seen, kept = set[str](), []
    for run, there in zip(runs, plateau, strict=True):
        chosen = {name: one for name, one in run.params.items() if not isinstance(one, float)}
        choice = repr(sorted(chosen.items()))
        if not there or choice not in seen:
            kept.append(run)
        if there:
            seen.add(choice)
    return kept


def _levels_of(one: Category) -> list[str]:
    """The levels of a factor, as a run's `on` names them: the first by nothing."""
    return ["", *(level_name(one.name, level) for level in one.levels[1:])]


def _signs(
    on: frozenset[str], techniques: Sequence[str], several: Sequence[Category]
) -> list[float]:
    """The techniques and levels of a recipe as ±1: two columns for a factor of three or four
    levels, more for one of more."""
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
