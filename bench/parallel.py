"""Rows that several processes measure, one each at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from multiprocessing import get_context
from typing import Any

import optuna

from bench.results import Row, reporter

Job = tuple[Callable[..., Row], tuple[Any, ...]]
"""A function that measures a row, and its arguments."""


def measure(table: str, jobs: Iterable[Job], processes: int, *, record: bool) -> None:
    """Print the rows of a table in their order, and keep them if `record`."""
    report = reporter(table, record=record)
    with get_context("spawn").Pool(processes) as pool:
        for row in pool.imap(_call, jobs):
            report(row)


def _call(job: Job) -> Row:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    function, arguments = job
    return function(*arguments)
