"""The parts that scripts share whose rows are simulated studies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import optuna

from bench.options import script_options
from bench.results import Row, reporter
from search.analysis.effects import CERTAIN, Effect


@dataclass
class Judged:
    """What estimated effects were beside the true ones."""

    held: list[bool] = field(default_factory=list)
    """Whether an interval held its effect."""
    clear: list[bool] = field(default_factory=list)
    """Whether an effect that is not zero was called clear, and of the right sign."""
    wrong: list[bool] = field(default_factory=list)
    """Whether an effect was called clear that is zero, or of the other sign."""

    def add(self, one: Effect, true: float) -> None:
        """Count an effect, given the true one in the same unit."""
        right = one.verdict in CERTAIN and one.effect * true > 0
        self.held.append(one.low <= true <= one.high)
        self.wrong.append(one.verdict in CERTAIN and not right)
        if true:
            self.clear.append(right)


def report_rows(
    doc: str | None,
    table: str,
    cases: Iterable[tuple[Any, ...]],
    row: Callable[..., Row],
    studies: int,
) -> None:
    """Print a row for each case, of as many studies as `--studies` says, or the usual number."""
    options = script_options(doc)
    options.add_argument("--studies", type=int, default=studies)
    chosen = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    report = reporter(table, record=chosen.record)
    for case in cases:
        report(row(*case, chosen.studies))
