"""What it costs to know: how near the truth each method comes in so many runs.

    python -m bench.knowing        # a few minutes, from the runs in bench/runs/

The truth is a table of real runs, of all recipes and several seeds each; `bench/table.py` made it.
A method's run is one of the table's, its seed drawn at random. Prints the tables of docs/digits.md.

The truth is itself known to a standard error only, so a technique counts as one of the largest
three where its effect is no more than two standard errors of a difference below the third's.
"""

from __future__ import annotations

import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from scipy.stats import spearmanr

from bench.calibration import EVALUATORS, SAMPLERS, largest_three, sampled
from bench.options import script_options
from bench.results import Row, reporter
from bench.table import EPOCHS, IMAGES, NAMES, file_of, rows
from bench.truths import Machine, names, run, simulate
from search.analysis import effects as effects_module
from search.analysis.effects import effects
from search.planning.design import fraction, possible_runs

RUNS = (8, 16, 32, 64)
REPEATS = 200
BUDGETS = (
    (16, 1000, 12), (32, 1000, 6), (64, 1000, 3), (64, 250, 12),
    (64, 1000, 12), (64, 1000, 6), (16, 1000, 6), (16, 1000, 3), (16, 250, 12),
)  # fmt: skip
"""Runs, training images and epochs; the first four train on as many images in all."""


class Table:
    """A machine whose runs have all been made."""

    drift = 0.0
    loss = False

    def __init__(self, images: int, epoch: int) -> None:
        """Read the accuracies after an epoch of runs on so many training images."""
        self._percents: dict[tuple[bool, ...], list[float]] = defaultdict(list)
        for row in rows(images):
            recipe = tuple(row[name] == "1" for name in NAMES)
            self._percents[recipe].append(100 * float(row[f"epoch {epoch}"]))
        if len(self._percents) < 2 ** len(NAMES):
            sys.exit(
                f"{file_of(images)} lacks recipes: python -m bench.table --train-size {images} "
                "makes the other runs"
            )
        self.seeds = min(len(percents) for percents in self._percents.values())
        recipes = np.array(list(self._percents))
        means = np.array([np.mean(percents) for percents in self._percents.values()])
        self._effects = np.array([means[on].mean() - means[~on].mean() for on in recipes.T])
        variances = [np.var(percents, ddof=1) for percents in self._percents.values()]
        self.noise = float(np.sqrt(np.mean(variances)))
        self.error = 2 * self.noise / np.sqrt(len(recipes) * self.seeds)
        """The standard error of each effect, in points."""

    @property
    def effects(self) -> np.ndarray:
        """Mean over all recipes with a technique, less that without it, in points."""
        return self._effects

    def means(self) -> dict[tuple[bool, ...], float]:
        """The percent of each recipe, in the mean over its runs."""
        return {recipe: float(np.mean(runs)) for recipe, runs in self._percents.items()}

    def value(self, recipe: np.ndarray, random: np.random.Generator) -> float:
        """The percent of one of a recipe's runs."""
        return float(random.choice(self._percents[tuple(recipe > 0)]))


def is_right(three: frozenset[int], truth: Table) -> bool:
    """Whether these are the largest three, as well as the truth is known."""
    sizes = np.abs(truth.effects)
    least = np.sort(sizes)[-3] - 2 * np.sqrt(2) * truth.error
    return bool((sizes[list(three)] >= least).all())


def by_design(machine: Machine, runs: int, random: np.random.Generator) -> np.ndarray:
    """The effects that kouka's design of so many runs finds."""
    design = np.where(fraction(len(NAMES), runs), 1.0, -1.0)
    measured = [run(recipe, machine.value(recipe, random)) for recipe in design]
    found = effects(measured, names(len(NAMES)), [])
    assert found is not None
    by_name = {effect.technique: effect.effect for effect in found.effects}
    return np.array([by_name[name] for name in names(len(NAMES))])


def steps(machine: Machine, runs: int, random: np.random.Generator, *, keep: bool) -> np.ndarray:
    """Each technique added to the base once; to those before it, where they are kept.

    The runs are shared out over the base and the eight steps; what has none counts as no effect.
    """
    recipe = -np.ones(len(NAMES))
    places = len(NAMES) + 1
    heights = np.full(places, np.nan)
    for place in range(places):
        if place:
            recipe = recipe.copy() if keep else -np.ones(len(NAMES))
            recipe[place - 1] = 1
        repeats = runs // places + (place < runs % places)
        if repeats:
            heights[place] = np.mean([machine.value(recipe, random) for _ in range(repeats)])
    found = np.diff(heights) if keep else heights[1:] - heights[0]
    return np.nan_to_num(found)


def by_importance(
    machine: Machine, runs: int, random: np.random.Generator, seed: int
) -> Iterator[tuple[str, frozenset[int]]]:
    """The top three of Optuna's evaluators, over random trials and over TPE's."""
    for kind, made in SAMPLERS.items():
        study = sampled(machine, made(seed=seed), runs, random)
        for name, evaluator in EVALUATORS.items():
            shares = optuna.importance.get_param_importances(study, evaluator=evaluator())
            yield f"{name}, {kind}", frozenset(int(one[1:]) for one in list(shares)[:3])


def table(truth: Table, runs: int) -> Iterator[Row]:
    """The rows of one number of runs: each method's error in points, and its top three."""
    random = np.random.default_rng(runs)
    errors: dict[str, list[float]] = defaultdict(list)
    right: dict[str, list[bool]] = defaultdict(list)
    for repeat in range(REPEATS):
        found = {
            "the article's ladder": steps(truth, runs, random, keep=True),
            "one at a time, from the base": steps(truth, runs, random, keep=False),
        }
        if runs in possible_runs(len(NAMES)):
            found["kouka's design"] = by_design(truth, runs, random)
        for method, values in found.items():
            errors[method].append(float(np.sqrt(np.mean((values - truth.effects) ** 2))))
            right[method].append(is_right(largest_three(values), truth))
        if repeat < REPEATS // 4:  # they are slow
            for method, three in by_importance(truth, runs, random, repeat):
                right[method].append(is_right(three, truth))
    for method, hits in right.items():
        yield {
            "runs": runs,
            "method": method,
            "error of the effects, points": (
                _rounded(np.mean(errors[method]), 2) if method in errors else None
            ),
            "top three right, %": round(float(100 * np.mean(hits))),
        }


def coverage(truth: Table, runs: int) -> Row:
    """Whether the intervals and verdicts are true of studies with the default confirm runs.

    An effect is a null where the truth cannot tell it from none.
    """
    random = np.random.default_rng([runs, 1])
    rows = np.where(fraction(len(NAMES), runs), 1.0, -1.0)
    covered, halves, wrong = [], [], []
    for _ in range(REPEATS):
        measured, confirmed = simulate(truth, rows, random)
        found = effects(measured, names(len(NAMES)), confirmed)
        assert found is not None
        false = False
        for effect in found.effects:
            true = truth.effects[int(effect.technique[1:])]
            covered.append(effect.low <= true <= effect.high)
            halves.append((effect.high - effect.low) / 2)
            certain = effect.verdict in ("helps", "hurts")
            false |= certain and (abs(true) < 2 * truth.error or effect.effect * true < 0)
        wrong.append(false)
    return {
        "runs": runs,
        "coverage, %": _rounded(100 * np.mean(covered), 1),
        "half-width, points": _rounded(np.mean(halves), 2),
        "wrong verdict for any technique, %": _rounded(100 * np.mean(wrong), 1),
    }


def fidelity(truth: Table, runs: int, images: int, epochs: int) -> Row:
    """What kouka's design finds of the full budget's effects in runs of a smaller one."""
    cheap = Table(images, epochs)
    random = np.random.default_rng([runs, images, epochs])
    found = [by_design(cheap, runs, random) for _ in range(REPEATS)]
    error = np.mean([np.sqrt(np.mean((one - truth.effects) ** 2)) for one in found])
    share = np.mean([is_right(largest_three(one), truth) for one in found])
    ranks = np.mean([spearmanr(one, truth.effects)[0] for one in found])
    limit = spearmanr(cheap.effects, truth.effects)[0]
    compute = runs * images * epochs / 1000
    return {
        "runs": runs,
        "images": images,
        "epochs": epochs,
        "thousands of images": round(compute),
        "error of the effects, points": _rounded(error, 2),
        "top three right, %": round(float(100 * share)),
        "rank correlation with the truth": _rounded(ranks, 2),
        "of its own true effects": _rounded(limit, 2),
    }


def _rounded(value: np.floating, decimals: int) -> float:
    return round(float(value), decimals) + 0.0


def main() -> None:
    """Print the tables."""
    parser = script_options(__doc__)
    record = parser.parse_args().record
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", ExperimentalWarning)
    effects_module._DRAWS = 10  # the probabilities of ranks are not looked at here
    truth = Table(IMAGES, EPOCHS)
    print(f"The truth, {truth.seeds} seeds a recipe; a run's standard deviation over seeds is "
          f"{truth.noise:.1f} points, an effect's standard error {truth.error:.2f}.\n")  # fmt: skip
    tables: dict[str, Iterable[Row]] = {
        "truth": (
            {"technique": name, "effect, points": _rounded(effect, 2)}
            for name, effect in zip(NAMES, truth.effects, strict=True)
        ),
        "knowing": (row for runs in RUNS for row in table(truth, runs)),
        "verdicts": (coverage(truth, runs) for runs in (16, 32, 64, 128)),
        "fidelity": (fidelity(truth, *budget) for budget in BUDGETS),
    }
    for name, found in tables.items():
        report = reporter(name, record=record)
        for row in found:
            report(row)
        print()


if __name__ == "__main__":
    main()
