"""Trainers of a worker's runs: Keras in a process of its own, or the user's command."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from model_space.budget import Budget
from model_space.outcome import Outcome, Report
from model_space.recipe import Recipe


class Trainer(Protocol):
    """Trains one run after another for a worker; any thread may stop it.

    `model_space.worker.client.Worker` and `search.commands.trainer.CommandTrainer` are such.
    """

    def train(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        /,
        *,
        detailed: bool = False,
    ) -> Outcome:
        """Train one run, and return its outcome.

        `report` takes each epoch, from 1, and its objective, and returns True to go on. The last
        argument is a place of the run's own: the file of its checkpoint, or the folder of its
        command. A `detailed` run is tested image by image, where there are images. Raises
        `Stopped` once `ask_to_stop` was called, `TrainingError` where the run fails, and
        `StudyFailedError` where all would.
        """

    def ask_to_stop(self) -> None:
        """End the run under way, and let no other begin."""

    def stop(self) -> None:
        """End everything at once."""
