"""The progress of a final training: a live display, and a line for each run that has ended."""

from __future__ import annotations

import statistics
import time

from rich.console import Console, RenderableType
from rich.text import Text

from search.cli.live_display import LiveDisplay
from search.objective import ACCURACY, Objective
from search.reporting.formatting import counted, outcome, roughly


class FinalProgress:
    """The `FinalWatch` that prints to a console how a final training goes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._reading = ""
        self._objective = ACCURACY
        self._epochs = self._seeds = 0
        self._running = ""
        self._left = 0
        """Epochs still to train, over all runs."""
        self._last_epoch_at = 0.0
        self._took: list[float] = []
        """Seconds of each epoch but the very first, which also compiles the network."""
        self._live = LiveDisplay(console, self._display)

    def __enter__(self) -> FinalProgress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def reading(self, done: int, of: int) -> None:
        """Show how many images or sounds are decoded."""
        self._reading = f" ({done:,} of {of:,})"

    def began(
        self, recipe: str, images: str, epochs: int, seeds: int, objective: Objective
    ) -> None:
        """Print what is trained, on what, and for how long."""
        self._objective = objective
        self._epochs, self._seeds, self._left = epochs, seeds, epochs * seeds
        self._running = f"seed 1 of {seeds}"
        self._console.print(f"Techniques on: {recipe}.")
        self._console.print(
            f"Training on {images}: {counted(seeds, 'run')} of {counted(epochs, 'epoch')}."
        )

    def epoch(self, number: int, epoch: int, reached: float) -> None:
        """Show the epoch, what it reached, and the time left."""
        now = time.monotonic()
        if self._last_epoch_at:
            self._took.append(now - self._last_epoch_at)
        self._last_epoch_at = now
        self._left -= 1
        self._running = (
            f"seed {number} of {self._seeds}  epoch {epoch} of {self._epochs}, training "
            f"{self._objective.measure} {outcome(reached, self._objective)}  "
            f"{self._time_left()}"
        )

    def ended(self, number: int, test_accuracy: float, test_objective: float) -> None:
        """Print what a run reached on the test images."""
        left = f"  {self._time_left()}" if self._left else ""
        reached = f"test {self._objective.measure} {outcome(test_objective, self._objective)}"
        if self._objective != ACCURACY:
            accuracy = outcome(ACCURACY.scale * test_accuracy, ACCURACY)
            reached += f", test accuracy {accuracy}"
        self._console.print(f"seed {number} of {self._seeds}  {reached}{left}")

    def _time_left(self) -> str:
        if not self._took:
            return "time left not yet known"
        return f"about {roughly(max(1.0, statistics.mean(self._took) * self._left))} left"

    def _display(self) -> RenderableType:
        return Text(
            self._running or f"Reading the data{self._reading} and starting Keras …", style="dim"
        )
