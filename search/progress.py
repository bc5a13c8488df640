"""What a launch shows: one live display, or a line a run where there is no terminal."""

from __future__ import annotations

import time

from optuna.trial import TrialState
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from model_space.techniques import Choice
from search import words
from search.analysis.confirmation import with_dials
from search.analysis.effects import Effects, effects, repeated
from search.results import Objective, Results
from search.schema import Phase
from search.tables import effects_table

_LONG = 600
"""Seconds from which a study is worth shortening."""


class Progress:
    """Follows a study; the `StudyWatch` of a launch."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._phase: Phase | None = None
        self._done = self._total = self._left = self._epochs = 0
        self._techniques = ""
        self._epoch, self._accuracy = 0, 0.0
        self._run_began = self._epoch_ended_at = time.monotonic()
        self._run_seconds: list[float] = []
        self._guess: float | None = None
        self._fit: Effects | None = None
        self._live = Live(
            console=console, get_renderable=self._display, transient=True, refresh_per_second=4
        )

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def study_opened(self, results: Results) -> None:
        """A launch begins or goes on with what there is."""
        self._epochs = results.settings["epochs"]
        ended = sum(run.ended for run in results.runs)
        going_on = f", going on after {ended} runs" if ended else ""
        self._console.print(f"Study {results.name}{going_on}: {words.budget(results)}.")

    def phase_planned(self, phase: Phase, done: int, to_do: int, left: int) -> None:
        """A phase begins."""
        self._phase, self._done, self._total, self._left = phase, done, done + to_do, left

    def known(self, results: Results) -> None:
        """What the study holds before its next run."""
        self._fit = effects(results.of("measure"), results.factors, repeated(results))

    def run_started(self, choice: Choice) -> None:
        """The techniques of a run are known."""
        self._techniques = with_dials(choice.items())
        self._epoch, self._accuracy = 0, 0.0
        self._run_began = self._epoch_ended_at = time.monotonic()

    def epoch_ended(self, epoch: int, accuracy: float) -> None:
        """An epoch of the current run ended."""
        now = time.monotonic()
        if self._guess is None and epoch == min(2, self._epochs):
            # The first epoch also traces the network; the second is what the others will be.
            each = now - self._epoch_ended_at
            self._guess = (now - self._run_began) + each * (self._epochs - epoch)
            self._say_how_long(self._guess * self._left)
        self._epoch, self._accuracy, self._epoch_ended_at = epoch, accuracy, now

    def run_ended(self, state: TrialState) -> None:
        """A run is complete, pruned or failed."""
        took = time.monotonic() - self._run_began
        self._run_seconds.append(took)
        if state != TrialState.FAIL:  # a run that failed is tried again
            self._done += 1
            self._left -= 1
        if not self._console.is_terminal:
            end = (
                f"{100 * self._accuracy:.2f} %"
                if state == TrialState.COMPLETE
                else state.name.lower()
            )
            self._console.print(
                f"{self._phase} {self._done}/{self._total}  {end}  "
                f"{words.duration(took)}  [{self._techniques or 'none'}]  {self._time_left()}",
                markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip

    def _say_how_long(self, seconds: float) -> None:
        said = (
            f"About {words.duration(seconds)} for {self._left} runs of {self._epochs} epochs "
            "on this machine."
        )
        if seconds > _LONG:
            said += (
                " Fewer --epochs, --measure or --search runs, a smaller --train-size or --width "
                "shorten it; Ctrl-C and the same command go on later."
            )
        self._console.print(said)

    def _time_left(self) -> str:
        if self._run_seconds:
            each = sum(self._run_seconds) / len(self._run_seconds)
        elif self._guess is not None:
            each = self._guess
        else:
            return "time left not known yet"
        spent = time.monotonic() - self._run_began if self._epoch < self._epochs else 0
        return f"about {words.duration(max(1.0, each * self._left - spent))} left"

    def _display(self) -> RenderableType:
        if self._phase is None:
            return Text("Reading the data and starting TensorFlow …", style="dim")
        head = Table.grid(padding=(0, 2))
        head.add_row(
            Text(self._phase, style="bold"),
            ProgressBar(total=self._total, completed=self._done, width=30),
            Text(f"{self._done} of {self._total} runs, {self._time_left()}"),
        )
        accuracy = f", {100 * self._accuracy:.2f} %" if self._epoch else ""
        run = Text(f"epoch {self._epoch} of {self._epochs}{accuracy}  ", no_wrap=True)
        run.append(self._techniques or "no technique", style="dim")
        if self._fit is None:
            return Group(head, run, Text("effects known after a few more runs", style="dim"))
        return Group(head, run, Text(), effects_table(self._fit, Objective()))
