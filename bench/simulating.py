"""The part that scripts share whose rows are simulated studies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import optuna

from bench.options import script_options
from bench.results import Row, reporter


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
