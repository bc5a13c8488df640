"""Studies whose worker computes instead of training."""

from collections.abc import Callable
from typing import Any

import optuna
from typer.testing import Result

from search.results import Results, Run
from search.storage.connection import load_study
from search.storage.reading import read

Kouka = Callable[..., Result]
STORAGE = "sqlite:///studies.db"
SMALL = ("launch", "s", "--data", "digits", "--epochs", "4")
FULL = (*SMALL, "--measure", "16", "--ladder", "1", "--search", "4", "--confirm", "2")
FOUR = (*SMALL, "--techniques", "augmentation,batch_norm,dropout,mixup", "--measure", "8")
FEW = (*FOUR, "--ladder", "1", "--search", "4", "--confirm", "1")
"""A smaller study of all phases: 8, 5, 4 and 5 runs."""


def stored(name: str = "s") -> optuna.Study:
    return load_study(STORAGE, name)


def results(name: str = "s") -> Results:
    return read(stored(name))


def ended(*phases: str) -> list[Run]:
    return [r for r in results().runs if r.phase in phases and r.state in ("complete", "pruned")]


def identity(run: Run) -> tuple[Any, ...]:
    return run.phase, run.seed, tuple(sorted(run.params.items())), run.value, run.state
