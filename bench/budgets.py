"""Short runs and long ones: what each tells of the runs that people will use.

    python -m bench.budgets        # some minutes, from the runs in bench/runs/

The truth is a table of real runs, of all recipes of eight techniques and three seeds each, after
12 epochs; `bench/table.py` made it. A study's run is one of the table's, its seed drawn at random.
Long runs are of 12 epochs, short ones of fewer. Prints, for each way to spend epochs, the true
accuracy of the recommended recipe and the share of right signs among the effects that the study
calls clear.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass, replace
from statistics import fmean, stdev

import numpy as np

from bench.options import script_options
from bench.results import Row, reporter
from bench.table import EPOCHS, NAMES, rows
from search.analysis.effects import CERTAIN, effects_of
from search.analysis.long_runs import long_study
from search.analysis.recommendation import recommend
from search.analysis.verified_techniques import choose_verified
from search.planning.phases import PLANS, Planned
from search.planning.space import Space
from search.results import Results, Run
from search.settings import Settings, usual_last_epochs

SPACE = Space(NAMES)
TABLES = (1000, 250)
"""Training images of the tables."""
SEEDS = 3
"""Of each recipe in them."""


@dataclass(frozen=True)
class Way:
    """A way to spend epochs; `verify` runs are of 12."""

    measure: int
    epochs: int
    verify: int = 0

    @property
    def spent(self) -> int:
        """Epochs of all its runs."""
        return self.measure * self.epochs + self.verify * EPOCHS


WAYS = (
    Way(64, 3), Way(32, 6), Way(16, 12),
    Way(16, 1, 16), Way(16, 3, 16), Way(32, 3, 16), Way(64, 3, 16), Way(32, 12), Way(64, 12),
)  # fmt: skip


class Trained:
    """Runs that have all been made already."""

    def __init__(self, images: int, judge: int | None = None) -> None:
        """Read the curves of all recipes; those of the seed `judge` are the truth and not drawn.

        Without one, all are both.
        """
        drawn: dict[frozenset[str], list[dict[int, float]]] = defaultdict(list)
        judged: dict[frozenset[str], list[dict[int, float]]] = defaultdict(list)
        for row in rows(images):
            on = frozenset(name for name in NAMES if row[name] == "1")
            curve = {epoch: float(row[f"epoch {epoch}"]) for epoch in range(1, EPOCHS + 1)}
            if judge is None or int(row["seed"]) == judge:
                judged[on].append(curve)
            if judge is None or int(row["seed"]) != judge:
                drawn[on].append(curve)
        self._curves = dict(drawn)
        many = usual_last_epochs(EPOCHS)
        self.truth = {
            on: 100 * fmean(fmean(list(curve.values())[-many:]) for curve in curves)
            for on, curves in judged.items()
        }
        self.effects = {
            name: fmean(v for on, v in self.truth.items() if name in on)
            - fmean(v for on, v in self.truth.items() if name not in on)
            for name in NAMES
        }

    def relabelled(self, random: np.random.Generator) -> Trained:
        """Call the techniques by each other's names, so that a design meets other recipes."""
        names = dict(zip(NAMES, random.permutation(NAMES), strict=True))

        def renamed(on: frozenset[str]) -> frozenset[str]:
            return frozenset(names[name] for name in on)

        other = copy(self)
        other._curves = {renamed(on): curves for on, curves in self._curves.items()}
        other.truth = {renamed(on): accuracy for on, accuracy in self.truth.items()}
        other.effects = {names[name]: effect for name, effect in self.effects.items()}
        return other

    def train(self, one: Planned, epochs: int, number: int, random: np.random.Generator) -> Run:
        """Draw one of the runs of a recipe, as far as it is to train."""
        assert one.params is not None
        on = frozenset(name for name in NAMES if one.params[name])
        curves = self._curves[on]
        whole = curves[int(random.integers(len(curves)))]
        curve = {epoch: whole[epoch] for epoch in range(1, epochs + 1)}
        value = fmean(list(curve.values())[-usual_last_epochs(epochs) :])
        return Run(number, one.phase, "complete", one.params, on, value, curve, one.seed,
                   epochs=epochs)  # fmt: skip


def study(trained: Trained, way: Way, seed: int) -> Results:
    """Make a study that spends its epochs in one way."""
    settings = Settings(
        data="digits", measure=(way.measure,), search=0, confirm=0, epochs=way.epochs,
        last_epochs=usual_last_epochs(way.epochs), seed=seed,
        verify=(way.verify,) if way.verify else (),
        verify_epochs=EPOCHS if way.verify else None,
    )  # fmt: skip
    random = np.random.default_rng(seed)
    results = Results("s", NAMES, (), settings)
    for phase in ("measure", "verify"):
        if phase == "verify" and way.verify:
            results = replace(results, verified=choose_verified(results))
        plan = PLANS[phase](settings, SPACE, results)
        epochs = settings.epochs_of(phase)
        first = len(results.runs)
        new = [trained.train(one, epochs, first + at, random) for at, one in enumerate(plan)]
        results = replace(results, runs=(*results.runs, *new))
    return results


def judge(trained: Trained, results: Results) -> tuple[float, int, int]:
    """True accuracy of the recommended recipe, percent; clear effects, and those of right sign."""
    found = recommend(results)
    assert found is not None
    decides = long_study(results) or results
    fitted = effects_of(decides)
    assert fitted is not None
    clear = [e for e in fitted.effects if e.verdict in CERTAIN]
    right = sum(e.effect * trained.effects[e.technique] > 0 for e in clear)
    return trained.truth[found.on], len(clear), right


def measure(images: int, way: Way, studies: int) -> Row:
    """Measure one way on one table."""
    trained = Trained(images)
    judged = [judge(trained, study(trained, way, seed)) for seed in range(studies)]
    accuracies = [accuracy for accuracy, *_ in judged]
    clear = sum(count for _, count, _ in judged)
    right = sum(count for *_, count in judged)
    return {
        "training images": images,
        "measure runs": way.measure,
        "their epochs": way.epochs,
        "verify runs": way.verify,
        "epochs in all": way.spent,
        "studies": studies,
        "recommended, %": round(fmean(accuracies), 2),
        "± of the mean": round(1.96 * stdev(accuracies) / studies**0.5, 2),
        "best of all, %": round(max(trained.truth.values()), 2),
        "clear effects a study": round(clear / studies, 2),
        "right sign, %": round(100 * right / clear, 1) if clear else None,
    }


def main() -> None:
    """Print a row for each table and way."""
    options = script_options(__doc__)
    options.add_argument("--studies", type=int, default=100)
    chosen = options.parse_args()
    report = reporter("budgets", record=chosen.record)
    for images in TABLES:
        for way in WAYS:
            report(measure(images, way, chosen.studies))


if __name__ == "__main__":
    main()
