"""What it costs to know: how near the truth each method comes in so many runs.

    python -m bench.knowing        # a few minutes, from bench/digits.csv

The truth is a table of real runs, of all recipes and several seeds each; `bench/table.py` made it.
A method's run is one of the table's, its seed drawn at random. Prints the tables of the README.
"""

from __future__ import annotations

import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning

from bench.calibration import EVALUATORS, Machine, largest_three, names, run, sampled
from bench.table import EPOCHS, FILE, NAMES, rows
from search.analysis import effects as effects_module
from search.analysis.effects import effects
from search.design import fraction, possible_runs

RUNS = (8, 16, 32, 64)
REPEATS = 200


class Table:
    """A machine whose runs have all been made."""

    def __init__(self, epoch: int) -> None:
        """Read the accuracies after an epoch."""
        self._percents: dict[tuple[bool, ...], list[float]] = defaultdict(list)
        for row in rows():
            recipe = tuple(row[name] == "1" for name in NAMES)
            self._percents[recipe].append(100 * float(row[f"epoch {epoch}"]))
        if len(self._percents) < 2 ** len(NAMES):
            sys.exit(
                f"the table lacks recipes: python -m bench.table makes its other runs ({FILE})"
            )
        self.seeds = min(len(percents) for percents in self._percents.values())
        recipes = np.array(list(self._percents))
        means = np.array([np.mean(percents) for percents in self._percents.values()])
        self._effects = np.array([means[on].mean() - means[~on].mean() for on in recipes.T])
        variances = [np.var(percents, ddof=1) for percents in self._percents.values()]
        self.noise = float(np.sqrt(np.mean(variances)))

    @property
    def effects(self) -> np.ndarray:
        """Mean over all recipes with a technique, less that without it, in points."""
        return self._effects

    def value(self, recipe: np.ndarray, random: np.random.Generator) -> float:
        """The percent of one of a recipe's runs."""
        return float(random.choice(self._percents[tuple(recipe > 0)]))


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
    samplers: dict[str, optuna.samplers.BaseSampler] = {
        "random": optuna.samplers.RandomSampler(seed=seed),
        "TPE": optuna.samplers.TPESampler(seed=seed),
    }
    for kind, sampler in samplers.items():
        study = sampled(machine, sampler, runs, random)
        for name, evaluator in EVALUATORS.items():
            shares = optuna.importance.get_param_importances(study, evaluator=evaluator())
            yield f"{name}, {kind}", frozenset(int(one[1:]) for one in list(shares)[:3])


def table(truth: Table, runs: int) -> str:
    """The rows of one number of runs: each method's error in points, and its top three."""
    random = np.random.default_rng(runs)
    errors: dict[str, list[float]] = defaultdict(list)
    right: dict[str, list[bool]] = defaultdict(list)
    true = largest_three(truth.effects)
    for repeat in range(REPEATS):
        found = {
            "the article's ladder": steps(truth, runs, random, keep=True),
            "one at a time, from the base": steps(truth, runs, random, keep=False),
        }
        if runs in possible_runs(len(NAMES)):
            found["kouka's design"] = by_design(truth, runs, random)
        for method, values in found.items():
            errors[method].append(float(np.sqrt(np.mean((values - truth.effects) ** 2))))
            right[method].append(largest_three(values) == true)
        if repeat < REPEATS // 4:  # they are slow
            for method, three in by_importance(truth, runs, random, repeat):
                right[method].append(three == true)
    return "\n".join(
        f"| {runs} | {method} | "
        f"{f'{np.mean(errors[method]):.2f}' if method in errors else '–'} | "
        f"{100 * np.mean(hits):.0f} % |"
        for method, hits in right.items()
    )


def fidelity(truth: Table, runs: int, epochs: int) -> str:
    """What kouka's design finds of the full budget's effects in runs of fewer epochs."""
    cheap = Table(epochs)
    random = np.random.default_rng([runs, epochs])
    found = [by_design(cheap, runs, random) for _ in range(REPEATS)]
    error = np.mean([np.sqrt(np.mean((one - truth.effects) ** 2)) for one in found])
    true = largest_three(truth.effects)
    share = np.mean([largest_three(one) == true for one in found])
    order = np.corrcoef(cheap.effects, truth.effects)[0, 1]
    return (
        f"| {runs} | {epochs} | {runs * epochs} | {error:.2f} | {100 * share:.0f} % | {order:.2f} |"
    )


def main() -> None:
    """Print the tables."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", ExperimentalWarning)
    effects_module._DRAWS = 10  # the probabilities of ranks are not looked at here
    truth = Table(EPOCHS)
    print(f"The truth, {truth.seeds} seeds a recipe; a run's standard deviation over seeds is "
          f"{truth.noise:.1f} points.\n")  # fmt: skip
    print("| technique | effect, points |\n| --- | ---: |")
    for name, effect in zip(NAMES, truth.effects, strict=True):
        print(f"| {name} | {effect:+.2f} |")
    print("\n| runs | method | error of the effects, points | top three right |\n"
          "| ---: | --- | ---: | ---: |")  # fmt: skip
    for runs in RUNS:
        print(table(truth, runs), flush=True)
    print("\n| runs | epochs each | epochs in all | error of the effects, points | top three "
          "right | correlation of the true effects |")  # fmt: skip
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for runs, each in ((16, 12), (32, 6), (64, 3), (32, 12), (64, 6), (64, 12)):
        print(fidelity(truth, runs, each), flush=True)


if __name__ == "__main__":
    main()
