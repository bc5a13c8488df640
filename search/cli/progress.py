"""The progress of a launch or a worker: a live display, or without a terminal a line a run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, RenderableType
from rich.text import Text

from model_space.data import is_set
from search.analysis.effects import Effects, effects_of
from search.analysis.looks import look_at
from search.analysis.recipe_names import describe
from search.cli.live_display import LiveDisplay
from search.cli.pace import Pace, runs_left
from search.cli.plans import plan_changes, runs_of, timed, timed_program
from search.cli.study_display import done, of_epochs, study_display
from search.commands.process import OUTPUT
from search.commands.program import EPOCHS, Program
from search.objective import Objective
from search.planning.durations import RunTime
from search.planning.schedule import Schedule
from search.planning.time_plan import TimePlan, Timing
from search.reporting.data import account
from search.reporting.data_cautions import data_cautions
from search.reporting.formatting import counted, duration, listed, outcome, roughly
from search.reporting.programs import seed_effect
from search.reporting.sentences.budget import describe_budget, set_aside
from search.reporting.sentences.failures import Reasons
from search.reporting.sentences.growth import growth
from search.reporting.sentences.recipes import as_words
from search.reporting.sentences.techniques import default_techniques, left_out
from search.results import Results, Run
from search.running.following import StudyWatch
from search.settings import Settings
from search.storage import schema

_LONG = 600
"""Seconds above which a launch says how to stop or shorten a study."""
_NARROW = 60
"""Columns of a terminal below which the display is made of short lines."""


class Progress(StudyWatch):
    """An observer that prints to a console how a study goes, whoever runs it."""

    def __init__(self, console: Console, *cautions: str, by_default: bool = False) -> None:
        """Take cautions that are printed, where they are not empty, before the first run.

        `by_default` says that a new study's techniques are those that kouka takes by itself.
        """
        self._console = console
        self._cautions = cautions
        self._by_default = by_default
        self._results: Results | None = None
        self._settings: Settings | None = None
        self._schedule: Schedule | None = None
        self._reported: set[int] = set()
        self._pace = Pace()
        self._reading = ""
        self._began_reading = 0.0
        self._ended_before = 0
        self._estimated = False
        self._planned = False
        self._fit: Effects | None = None
        self._note = ""
        self._tried = False
        self._reasons = Reasons()
        self._live = LiveDisplay(console, self._display)

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def reading(self, done: int, of: int) -> None:
        """Show how many images or sounds are decoded, and the time left."""
        if not self._reading and not self._console.is_terminal:
            self._console.print(
                f"Reading {of:,} images or sounds; they are kept decoded for the next time."
            )
        now = time.monotonic()
        self._began_reading = self._began_reading or now - 1
        left = (now - self._began_reading) * (of - done) / max(1, done)
        self._reading = f"{done:,} of {of:,}, about {roughly(max(1, left))} left"

    def cautioned(self, caution: str) -> None:
        """Print a caution about the user's own code."""
        self._console.print(f"Caution: {caution}", soft_wrap=True)

    def moved(self, before: str, now: str) -> None:
        """Print that the study has its data at another place from now on."""
        self._console.print(
            f"The data are the same at {now} as at {before}; the study takes them from there now.",
            soft_wrap=True,
        )

    def trying(self, recipe: str) -> None:
        """Print that the first run is tried alone."""
        self._tried = True
        self._console.print(f"Trying the first run alone, with {as_words(recipe)} …")

    def tried(
        self,
        objective: Objective,
        value: float,
        points: int,
        folder: Path,
        judged: float,
        last: int,
    ) -> None:
        """Print the result of the first run."""
        times = "" if points < 2 else f", the last of {points} values"
        if last > 1:
            mean = outcome(judged, objective)
            times += f", and is judged by the mean of the last {last}, {mean}"
        self._console.print(
            f"It ended with {objective.name} {outcome(value, objective)}{times}. Its output: "
            f"{folder / OUTPUT}", soft_wrap=True,
        )  # fmt: skip

    def trying_seed(self) -> None:
        """Print that another seed is tried."""
        self._console.print("The same run with another seed …")

    def tried_seed(self, program: Program, matters: bool) -> None:
        """Print whether the seed has an effect."""
        self._console.print(seed_effect(program, matters), soft_wrap=True)

    def timing(self) -> None:
        """Print that a few epochs are being timed."""
        self._console.print("Timing a few epochs, to plan by …")

    def planned(
        self,
        plan: TimePlan,
        timing: Timing,
        settings: Settings,
        shape: Sequence[int],
        resized: bool,
    ) -> None:
        """Print the plan that was made for a time."""
        self._planned = True
        self._console.print(timed(timing, settings, shape), soft_wrap=True)
        for line in runs_of(plan, "reading, timing and the report"):
            self._console.print(line)
        if resized:
            self._console.print(
                "The images are made smaller, so that the runs have epochs enough; --image-size "
                "says otherwise."
            )
        if plan.why_no_short_runs:
            self._console.print(plan.why_no_short_runs, soft_wrap=True)

    def planned_program(self, plan: TimePlan, timing: Timing, program: Program) -> None:
        """Print the plan that was made for a time, of a program's runs."""
        self._planned = True
        self._console.print(timed_program(timing, program), soft_wrap=True)
        for line in runs_of(plan, "the first runs and the report", program.has(EPOCHS)):
            self._console.print(line)
        if program.has(EPOCHS) and plan.why_no_short_runs:
            self._console.print(plan.why_no_short_runs, soft_wrap=True)

    def study_opened(self, results: Results, workers: int) -> None:
        """Print the study's name and budget, and what it holds already."""
        self._pace.workers = workers
        self._settings = results.settings
        ended = [run for run in results.runs if run.ended]
        # The run that was tried first is now one of the study's, and gets its line as all do.
        if not self._tried:
            self._reported = {run.number for run in results.runs if run.state != "running"}
        self._ended_before = len(ended)
        resumed = ""
        if ended and not self._tried:
            resumed = f", resumed after {counted(len(ended), 'run')}"
        by = f", {counted(workers, 'worker')}" if workers > 1 else ""
        self._console.print(f"Study {results.name}{resumed}: {describe_budget(results)}{by}.")
        if results.data is not None:
            for line in account(results.data):
                self._console.print(line)
        if self._by_default and not results.runs:
            self._console.print(default_techniques(results))
        grown = "" if look_at(results).complete else growth(results)
        notes = (
            _namesake(results), *left_out(results), *data_cautions(results), grown,
            set_aside(results),
            *self._cautions,
        )  # fmt: skip
        for note in notes:
            if note:
                self._console.print(note)

    def seen(self, results: Results, now: Schedule) -> None:
        """Show what the study holds now, and print the runs that have ended since."""
        began = self._results is None
        settings = results.launched_with()
        for line in plan_changes(self._settings or settings, settings, now):
            self._console.print(line, soft_wrap=True)
        self._settings = settings
        self._results, self._schedule, self._note = results, now, ""
        new = [run for run in results.runs if run.number not in self._reported]
        if began or any(run.state != "running" for run in new):
            self._fit = effects_of(results)
        for run in new:
            if run.state == "running":
                self._pace.see(run)
        over = [run for run in new if run.state in ("complete", "pruned", "failed")]
        self._print_estimate(results)
        later = Counter(run.phase for run in over if run.ended)
        for run in over:
            self._reported.add(run.number)
            self._pace.forget(run)
            later[run.phase] -= run.ended
            failed = run.failure not in (None, schema.INTERRUPTED)
            # A display shows no run that has ended; why some fail is news there too.
            if not self._console.is_terminal or (failed and self._reasons.is_new(str(run.failure))):
                line = self._line(run, results, later[run.phase])
                self._console.print(line, soft_wrap=True)

    def storage_away(self, reason: str) -> None:
        """Print, once, that the storage does not answer, or takes nothing."""
        waiting = f"The storage cannot be used ({reason}); the workers wait for it."
        if not self._note and not self._console.is_terminal:
            self._console.print(waiting)
        self._note = waiting

    def worker_ended(self, reason: str) -> None:
        """Print why a worker ended early."""
        self._console.print(f"A worker ended early ({reason}); the others continue.")

    def stopping(self) -> None:
        """Print that the workers have been asked to stop."""
        own = self._settings is not None and self._settings.program is not None
        kept = "runs" if own else "epochs"
        self._console.print(f"Stopping; finished {kept} are kept. Ctrl-C again stops at once.")

    def _line(self, run: Run, results: Results, later: int) -> str:
        """A line on a run after which `later` ones of its phase ended, seen at the same time."""
        assert self._schedule is not None
        end = {
            "complete": outcome(run.scaled, results.objective),
            "failed": self._reasons.of(run.number, str(run.failure)),
        }.get(run.state, run.state)
        if run.failure == schema.INTERRUPTED:
            over = run.phase in results.closed
            end = "stopped, as the time is over" if over else "interrupted; it will be run again"
        planned = self._schedule.planned.get(run.phase, 0)  # type: ignore[call-overload]
        ended = max(0, done(self._schedule, run.phase) - later)
        return (
            f"{run.phase} {ended}/{planned}  {end}  "
            f"{duration(run.seconds or 0)}  [{describe(run, results)}]  "
            f"{self._time_left()}"
        )

    def _print_estimate(self, results: Results) -> None:
        """Print, once, how long the runs take that this launch found left to do."""
        if self._estimated:
            return
        assert self._schedule is not None
        runs = runs_left(results, self._schedule)
        ended = [run for run in results.runs if run.ended][self._ended_before :]
        runs.update(run.epochs for run in ended if run.epochs)
        takes = self._pace.run_time(results) if runs else RunTime(0, 0)
        if takes is None:
            return
        self._estimated = True
        if not runs:
            self._console.print(_nothing_left(results))
            return
        seconds = sum(count * takes.of(epochs) for epochs, count in runs.items())
        seconds /= self._pace.workers
        if not self._planned:  # the plan has said how long
            counts = [f"{counted(count, 'run')}{of_epochs(results, epochs)}"
                      for epochs, count in sorted(runs.items())]  # fmt: skip
            self._console.print(f"About {roughly(seconds)} for {listed(counts)} on this machine.")
        if seconds > _LONG:
            self._console.print("Stop with Ctrl-C; the same command resumes.")
            if not self._planned:
                self._console.print(_how_to_shorten(results))

    def _time_left(self) -> str:
        assert self._results is not None
        assert self._schedule is not None
        left = self._pace.left(self._results, self._schedule)
        if left is None:
            return "time left not yet known"
        return f"about {roughly(max(1.0, left))} left"

    def _display(self) -> RenderableType:
        if self._results is None or self._schedule is None:
            if self._tried:
                return Text("Waiting for the run to end …", style="dim")
            reading = self._reading and f" ({self._reading})"
            return Text(f"Reading the data{reading} and starting Keras …", style="dim")
        return study_display(
            self._results, self._schedule, self._fit, self._time_left(), self._note,
            narrow=self._console.width < _NARROW,
        )  # fmt: skip


def _namesake(results: Results) -> str:
    """Say that a file or folder here has the name of the data set; empty where none has."""
    name = "" if results.settings is None else results.settings.data
    if not is_set(name) or not Path(name).exists():
        return ""
    return (
        f"{name} is the data set of that name, and not {Path(name).absolute()}; a new study with "
        f"--data {Path('.', name).absolute()} is of that."
    )


def _nothing_left(results: Results) -> str:
    """Say that nothing is left to run, or that there is no time left for it."""
    limit = results.launched_with().time
    if limit is None or not limit.closed:
        return "Nothing is left to run."
    return (
        f"The time of this study, {duration(limit.seconds)}, is used up; a larger --time goes on "
        "with it."
    )


def _how_to_shorten(results: Results) -> str:
    """Name the options by which a new study is faster."""
    settings = results.launched_with()
    # No plan is made for learning rates and batch sizes that vary.
    varies = bool(settings.learning_rates or settings.batch_sizes)
    plans = "" if varies else "; --time 30m plans one for half an hour"
    return f"A new study with a smaller {_what_may_be_smaller(results)} is faster{plans}."


def _what_may_be_smaller(results: Results) -> str:
    if results.program is None:
        network = results.launched_with().custom_code.network
        if network is not None and "width" not in network.keywords:
            return "--epochs, --measure, --search, --train-size or --image-size"
        return "--epochs, --measure, --search, --train-size or --width"
    return "--epochs or --measure" if results.program.has(EPOCHS) else "--measure"


def print_left(left: int, console: Console) -> None:
    """Print that `--timeout` left some runs to do, where it did."""
    if left:
        console.print(
            f"Stopped in time with {counted(left, 'run')} left; a later launch or worker goes on."
        )
