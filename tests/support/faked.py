"""Studies whose worker computes instead of training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from typer.testing import CliRunner, Result

from search import cli
from search.reporting import dashboard_note
from search.results import Results, Run
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support.fakes import FakeWorker

Kouka = Callable[..., Result]
STORAGE = "sqlite:///studies.db"
SMALL = ("launch", "s", "--data", "digits", "--epochs", "4")
FULL = (*SMALL, "--measure", "16", "--ladder", "1", "--search", "4", "--confirm", "2")
FOUR = (*SMALL, "--techniques", "augmentation,batch_norm,dropout,mixup", "--measure", "8")
FEW = (*FOUR, "--ladder", "1", "--search", "4", "--confirm", "1")
"""A smaller study of all phases: 8, 5, 4 and 5 runs."""


def without_report(patch: pytest.MonkeyPatch) -> None:
    """Let launches draw and write nothing."""
    patch.setattr("search.cli.launch._report", lambda *given, **named: None)
    patch.setattr(dashboard_note, "attach", lambda *given, **named: None)


def launched(folder: Path, *command: str) -> Results:
    """What a launch without a report comes to, in a folder that is several tests'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("KOUKA_STORAGE", raising=False)
        patch.setenv("KOUKA_CHECKPOINTS", str(folder / "checkpoints"))
        without_report(patch)
        FakeWorker.new().take_the_place(patch)
        assert CliRunner().invoke(cli.app, list(command)).exit_code == 0
        return results()


def stored(name: str = "s") -> optuna.Study:
    return load_study(STORAGE, name)


def results(name: str = "s") -> Results:
    return read(stored(name))


def ended(*phases: str) -> list[Run]:
    return [r for r in results().runs if r.phase in phases and r.state in ("complete", "pruned")]


def identity(run: Run) -> tuple[Any, ...]:
    return (run.phase, run.seed, tuple(sorted(run.params.items())), run.value, run.state,
            run.epochs)  # fmt: skip
