"""What a final training shows: one live display, or a line a run where there is no terminal."""

from __future__ import annotations

import statistics
import time

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from search.reporting.formatting import duration, level
from search.results import ACCURACY, Objective


class FinalProgress:
    """Follows a final training; its `FinalWatch`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._reading = ""
        self._objective = ACCURACY
        self._epochs = self._seeds = 0
        self._under_way = ""
        self._left = 0
        """Epochs of all runs together."""
        self._told_at = 0.0
        self._took: list[float] = []
        """Seconds of each epoch but the first of all, which also traces the network."""
        self._live = Live(
            console=console, get_renderable=self._display, transient=True, refresh_per_second=4
        )

    def __enter__(self) -> FinalProgress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def reading(self, done: int, of: int) -> None:
        """Files are being decoded."""
        self._reading = f" ({done:,} of {of:,})"

    def began(
        self, recipe: str, images: str, epochs: int, seeds: int, objective: Objective
    ) -> None:
        """A recipe is to be trained, once a seed."""
        self._objective = objective
        self._epochs, self._seeds, self._left = epochs, seeds, epochs * seeds
        self._under_way = f"seed 1 of {seeds}"
        runs = f"{seeds} runs of " if seeds > 1 else ""
        self._console.print(f"Techniques on: {recipe}.")
        self._console.print(
            f"Training on {images}, {runs}{epochs} epoch{'s' if epochs > 1 else ''}."
        )

    def epoch(self, number: int, epoch: int, reached: float) -> None:
        """An epoch has ended."""
        now = time.monotonic()
        if self._told_at:
            self._took.append(now - self._told_at)
        self._told_at = now
        self._left -= 1
        self._under_way = (
            f"seed {number} of {self._seeds}  epoch {epoch} of {self._epochs}, "
            f"{level(reached, self._objective)} on what is trained on  {self._time_left()}"
        )

    def ended(self, number: int, test_accuracy: float, test_objective: float) -> None:
        """A run has ended."""
        left = f"  {self._time_left()}" if self._left else ""
        tested = level(test_objective, self._objective)
        if self._objective is not ACCURACY:
            accuracy = level(ACCURACY.scale * test_accuracy, ACCURACY)
            tested = f"{self._objective.measure} {tested}, accuracy {accuracy}"
        self._console.print(f"seed {number} of {self._seeds}  {tested} on the test set{left}")

    def _time_left(self) -> str:
        if not self._took:
            return "time left not known yet"
        return f"about {duration(max(1.0, statistics.mean(self._took) * self._left))} left"

    def _display(self) -> RenderableType:
        return Text(
            self._under_way or f"Reading the data{self._reading} and starting Keras …", style="dim"
        )
