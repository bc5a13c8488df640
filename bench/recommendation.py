"""The recommended recipe: how good it is, and whether the intervals of its test accuracy hold.

    python -m bench.recommendation [--studies 400]    # about ten minutes on two cores

Prints two tables of bench/README.md. The first is of the real runs in bench/runs/, of which every
recipe's mean is the truth. In the second, networks are simulated: whether one names an image right
depends on its recipe, its seed, how hard the image is to all, and how hard to its recipe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from bench.knowing import Table
from bench.options import script_options
from bench.results import Row, reporter
from bench.table import EPOCHS, NAMES
from model_space.correctness import pack
from model_space.facts import DataFacts
from search.analysis.confirmation import Confirmed, confirmation
from search.analysis.estimate import mean_over_seeds
from search.analysis.recommendation import candidates, recommend
from search.planning.design import fraction
from search.planning.phases.confirm import plan
from search.planning.space import Space
from search.results import Candidates, Results, Run
from search.settings import Settings

VALIDATION = 288
KINDS = (
    # seeds, test images, accuracy of all off, spread of the seeds, diverged runs in a hundred
    (3, 412, 0.95, 0.25, 0), (3, 412, 0.95, 0.25, 3), (3, 100, 0.97, 0.25, 3),
    (3, 10_000, 0.80, 0.05, 3), (3, 10_000, 0.80, 0.15, 3), (10, 412, 0.95, 0.25, 3),
    (2, 2_000, 0.60, 0.10, 3),
)  # fmt: skip

Train = Callable[[frozenset[str]], Run]
"""Trains a recipe with a fresh seed."""


def study(train: Train, runs: int, seeds: int, images: int) -> Iterator[Results]:
    """Run a study of kouka: yield its results before the confirmation, and at the end."""
    settings = Settings(
        data="digits", techniques=NAMES, measure=(runs,), search=0, confirm=seeds, epochs=EPOCHS
    )
    space = Space.of(settings)
    classes = tuple(map(str, range(10)))
    facts = DataFacts(classes, (8, 8, 1), 1000, VALIDATION, images, "", None, None)

    def one(phase: str, params: Mapping[str, Any], number: int, seed: int = 0) -> Run:
        on = frozenset(name for name in NAMES if params[name])
        return replace(train(on), phase=phase, params=params, number=number, seed=seed, on=on)

    rows = fraction(len(NAMES), runs)
    recipes = [{*compress(NAMES, row)} for row in rows]
    measured = [one("measure", space.params(on), at) for at, on in enumerate(recipes)]
    results = Results("bench", NAMES, tuple(measured), settings, facts)
    yield results
    chosen = Candidates(settings.measure, settings.search, tuple(candidates(results)))
    results = replace(results, candidates=chosen)
    planned = plan(settings, space, results)
    confirmed = [one("confirm", p.params or {}, runs + at, p.seed) for at, p in enumerate(planned)]
    yield replace(results, runs=(*measured, *confirmed))


def chosen(truth: Table, images: int, runs: int, studies: int) -> Row:
    """The true accuracy of what is chosen from so many runs of a table."""
    random = np.random.default_rng([images, runs])
    means = truth.means()
    found = defaultdict(list)

    def train(on: frozenset[str]) -> Run:
        percent = truth.value(_levels(on), random)
        return Run(0, "", "complete", {}, on, percent / 100, test_accuracy=percent / 100)

    def true(recipe: frozenset[str]) -> float:
        return means[tuple(name in recipe for name in NAMES)]

    for _ in range(studies):
        before, after = study(train, runs, 3, 412)
        best, early, late = before.best, recommend(before), recommend(after)
        assert best is not None
        assert early is not None
        assert late is not None
        found["best run"].append(true(best.on))
        found["recommended, not confirmed"].append(true(early.on))
        found["recommended"].append(true(late.on))
    return {
        "images": images,
        "runs": runs,
        **{f"{name}, %": round(float(np.mean(values)), 2) for name, values in found.items()},
        "best of all recipes, %": round(max(means.values()), 2),
    }


@dataclass
class Networks:
    """Simulated networks: an image is named right where a normal sum of reasons is above zero."""

    random: np.random.Generator
    images: int
    level: float
    """Mean accuracy of all off."""
    spread: float
    """Standard deviation over the seeds; those over the images are about 1."""
    diverged: float

    def __post_init__(self) -> None:
        self._effects = self.random.normal(0, 0.15, len(NAMES))
        self._pairs = np.triu(self.random.normal(0, 0.06, (len(NAMES), len(NAMES))), 1)
        self._difficulty = self.random.standard_normal(self.images)
        self._recipes: dict[frozenset[str], tuple[float, np.ndarray]] = {}

    def truth(self, on: frozenset[str]) -> float:
        """The mean accuracy of a recipe over all seeds that learn, and over all images."""
        x = np.array([name in on for name in NAMES], dtype=float)
        return float(ndtr(ndtri(self.level) + self._effects @ x + x @ self._pairs @ x))

    def train(self, on: frozenset[str]) -> Run:
        """Train a network and test it."""
        if on not in self._recipes:
            # Some recipes are less steady than others, and each finds other images hard.
            spread = self.spread * float(np.exp(self.random.normal(0, 0.4)))
            self._recipes[on] = spread, 0.4 * self.random.standard_normal(self.images)
        if self.random.random() < self.diverged:
            guessed = self.random.random(self.images) < 0.1
            return self._run(on, 0.1, guessed, diverged=True)
        spread, own = self._recipes[on]
        total = np.sqrt(1 + 0.4**2 + 0.7**2 + spread**2)
        mean = total * ndtri(self.truth(on)) + spread * self.random.standard_normal()
        hard = 0.7 * self.random.standard_normal(self.images)
        correct = mean + self._difficulty + own + hard > 0
        share = float(ndtr(mean / np.sqrt(total**2 - spread**2)))
        return self._run(on, self.random.binomial(VALIDATION, share) / VALIDATION, correct)

    def _run(
        self, on: frozenset[str], value: float, correct: np.ndarray, *, diverged: bool = False
    ) -> Run:
        return Run(
            0, "", "complete", {}, on, value, test_accuracy=float(np.mean(correct)),
            test_correct=pack(correct), diverged=diverged,
        )  # fmt: skip


def covered(
    seeds: int, images: int, level: float, spread: float, diverged: int, studies: int
) -> Row:
    """How often intervals of simulated studies hold the truth."""
    random = np.random.default_rng([seeds, images, diverged, int(1000 * spread)])
    hits, halves = defaultdict(list), defaultdict(list)

    def count(name: str, low: float, high: float, true: float) -> None:
        if not np.isnan(low):  # as of seeds that came out equal
            hits[name].append(low <= true <= high)
            halves[name].append((high - low) / 2)

    for _ in range(studies):
        networks = Networks(random, images, level, spread, diverged / 100)
        *_, results = study(networks.train, 16, seeds, images)
        rows = confirmation(results, recommend(results))
        off = next((row for row in rows if row.recipe == "none"), None)
        if not rows[0].recommended or off is None:
            continue
        plain = mean_over_seeds([100 * (run.test_accuracy or 0) for run in _runs(results, rows[0])])
        truth = 100 * networks.truth(_on(rows[0]))
        count("recommended", rows[0].test.low, rows[0].test.high, truth)
        count("t of its seeds", plain.low, plain.high, truth)
        count("all off", off.test.low, off.test.high, 100 * level)
        if rows[0].gain is not None:
            count("gain", rows[0].gain.low, rows[0].gain.high, truth - 100 * level)
    return {
        "seeds": seeds,
        "test images": images,
        "accuracy of all off, %": 100 * level,
        "spread of the seeds": spread,
        "diverged, %": diverged,
        **{f"{name}, coverage, %": round(100 * float(np.mean(v)), 1) for name, v in hits.items()},
        **{f"{n}, half-width, points": round(float(np.mean(v)), 2) for n, v in halves.items()},
    }


def _on(row: Confirmed) -> frozenset[str]:
    return frozenset(name for name in NAMES if row.params[name])


def _runs(results: Results, row: Confirmed) -> list[Run]:
    return [run for run in results.of("confirm") if run.params == row.params]


def _levels(on: frozenset[str]) -> np.ndarray:
    return np.array([1.0 if name in on else -1.0 for name in NAMES])


def main() -> None:
    """Print the tables."""
    parser = script_options(__doc__)
    parser.add_argument("--studies", type=int, default=400, help="simulated studies a row")
    options = parser.parse_args()
    report = reporter("recommendation", record=options.record)
    for images in (1000, 250):
        truth = Table(images, EPOCHS)
        for runs in (16, 32, 64):
            report(chosen(truth, images, runs, options.studies))
    print()
    report = reporter("tested", record=options.record)
    for kind in KINDS:
        report(covered(*kind, options.studies))


if __name__ == "__main__":
    main()
