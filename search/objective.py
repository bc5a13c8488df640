"""The objective of a study: the score of its runs, its unit, and whether more of it is better."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from search.commands.program import POINTS, Program


@dataclass(frozen=True)
class Objective:
    """The score of a study's runs, and the unit in which its differences are given."""

    name: str = "validation accuracy"
    unit: str = "points"
    """Points are percentage points, of an objective that is a share; empty where it is unknown."""
    scale: float = 100.0
    """What turns a trial's value into the unit."""
    maximize: bool = True
    low: float = 0.0
    """The ends of what it can be, in the unit."""
    high: float = 100.0
    key: str = ""
    """As `--objective` names it; empty in a study of another program."""
    balanced: bool = False
    """True where it weighs classes equally, however many images they have."""

    @classmethod
    def of(cls, program: Program) -> Objective:
        """The metric of a user's program."""
        name, unit = program.metric.name, program.unit or ""
        if unit == POINTS:
            return cls(name, maximize=not program.minimize)
        return cls(name, unit, 1.0, not program.minimize, -math.inf, math.inf)

    @property
    def share(self) -> bool:
        """True for a share, which is given in percent."""
        return self.unit == "points"

    @property
    def sign(self) -> int:
        """1 where more is better, else −1."""
        return 1 if self.maximize else -1

    def within(self, value: float) -> float:
        """Return a value in the unit, or the end of the range that it is beyond; NaN stays."""
        if value < self.low:
            return self.low
        return self.high if value > self.high else value

    @property
    def measure(self) -> str:
        """The name without the images that it is computed on."""
        return self.name.removeprefix("validation ")


ACCURACY = Objective(key="accuracy")
UNNAMED = "the objective"
"""Stands for the name of an objective to which its study gives none."""

OBJECTIVES: Mapping[str, Objective] = {
    one.key: one
    for one in (
        ACCURACY,
        Objective("validation balanced accuracy", key="balanced_accuracy", balanced=True),
        Objective(
            "validation negative log loss", "nats", 1.0, low=-math.inf, high=0.0, key="neg_log_loss"
        ),
        Objective("validation macro F1", "", 1.0, high=1.0, key="f1_macro", balanced=True),
        Objective("validation AUC", "", 1.0, high=1.0, key="auc", balanced=True),
    )
}
"""Those of `model_space.training.scorers`, by name, but for those that count the k likeliest."""


def top(key: str) -> int | None:
    """The number of classes that count as named, of an objective such as top_5_accuracy."""
    found = re.fullmatch(r"top_([1-9]\d*)_accuracy", key)
    return int(found[1]) if found else None


def objective_of(key: str) -> Objective:
    """The objective that `--objective` names; raises `KeyError` where there is none."""
    if (k := top(key)) is not None:
        return Objective(f"validation top-{k} accuracy", key=key)
    return OBJECTIVES[key]
