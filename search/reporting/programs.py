"""Sentences about a user's program that a study runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import optuna

from search.analysis.recipe_names import describe
from search.analysis.recommendation import recommend
from search.commands.filling import command_of
from search.commands.program import EPOCHS, SEED, Program
from search.planning.space import Space
from search.reporting.formatting import counted, outcome
from search.reporting.sentences.failures import Reasons
from search.results import Results, Run, by_recipe
from search.storage import schema


def seed_effect(program: Program, matters: bool) -> str:
    """Say what another seed changed in the first run of a study."""
    if not matters:
        return f"Caution: {_unheard(program)}"
    if program.has(SEED):
        return f"Another seed gave another {program.metric.name}, as it should."
    return (
        f"The command has no {{seed}}. The same run gave another {program.metric.name}, so the "
        "noise is what the program draws by itself."
    )


def unheard_seed(results: Results) -> list[str]:
    """Warn of a study whose program gives the same with every seed."""
    if results.program is None or results.seed_matters:
        return []
    return [_unheard(results.program)]


def mixed_up(results: Results) -> list[str]:
    """Warn of runs that worked at a time, and may have taken each other's score."""
    if not results.shared_files:
        return []
    first, *more = results.shared_files
    names = f"{first} and {counted(len(more), 'more file')}" if more else first
    return [
        f"Runs that worked at a time have the very same score, and the first run wrote {names} in "
        "the folder where all runs work: if the program reads that again, some scores are another "
        "run's. Let it write into {folder}, or launch a new study with --workers 1."
    ]


def too_few_digits(results: Results) -> list[str]:
    """Warn of a program that prints the very same score with fresh seeds, though not with all."""
    if results.program is None or not results.seed_matters:
        return []
    groups = by_recipe(results.of("confirm"))
    same = [
        runs
        for runs in groups
        if len(runs) > 1
        and any(len({value(run) for run in runs}) == 1 for value in (_score, _test_score))
    ]
    if not same:
        return []
    return [
        f"Fresh seeds of {len(same)} of {counted(len(groups), 'confirmed recipe')} gave the very "
        "same score, to the last digit. Their intervals are too narrow; let the program print more "
        "digits."
    ]


def ended_early(results: Results) -> list[str]:
    """Warn of runs whose scores end before their epochs do, as of a program that stops early."""
    program = results.program
    if program is None or not program.has(EPOCHS):
        return []
    more = {run.number for _, run in _with_more_scores(results)}
    runs = [(_last(run), run) for run in results.of(*schema.PHASES)
            if run.curve and run.number not in more]  # fmt: skip
    named = program.metric.names_epochs
    most: dict[int | None, int] = {}
    for last, run in runs:
        most[run.epochs] = (run.epochs or 0) if named else max(last, most.get(run.epochs, 0))
    early = [(last, run) for last, run in runs if last < most[run.epochs]]
    if not early:
        return []
    last, first = min(early, key=lambda pair: pair[0])
    ended = f"{'epoch ' * named}{last} of {most[first.epochs]}"
    return [
        f"The scores of {len(early):,} of {counted(len(runs), 'run')} ended early, those of run "
        f"{first.number} after {ended}, as where a program stops by itself. Such a run counts as "
        f"one of {counted(first.epochs or 0, 'epoch')} here, and by the scores that it printed."
    ]


def more_scores_than_epochs(results: Results) -> list[str]:
    """Warn of runs that printed more scores than they have epochs, beside others that did not."""
    more = _with_more_scores(results)
    if not more:
        return []
    scores, first = more[0]
    return [
        f"{counted(len(more), 'run')} printed more scores than epochs, as run {first.number} "
        f"{scores} in {counted(first.epochs or 0, 'epoch')}, and {'were' if more[1:] else 'was'} "
        "judged by the last, unlike the others. In a new study, let --metric match the scores "
        "after epochs alone."
    ]


def _with_more_scores(results: Results) -> list[tuple[int, Run]]:
    """The runs with more scores than epochs, and how many; none where no other has fewer."""
    program = results.program
    if program is None or not program.has(EPOCHS) or program.metric.names_epochs:
        return []
    runs = [(len(run.curve), run) for run in results.of(*schema.PHASES) if run.curve]
    within = {run.epochs for scores, run in runs if scores <= (run.epochs or 0)}
    return [(scores, run) for scores, run in runs
            if run.epochs in within and scores > (run.epochs or 0)]  # fmt: skip


def _last(run: Run) -> int:
    """The last epoch of a run's scores, and what is missing up to the next one it would print."""
    epochs = sorted(run.curve)
    last = epochs[-1] + (epochs[0] == 0)
    return last + max(1, *(after - one for one, after in pairwise([0, *epochs]))) - 1


def _score(run: Run) -> float | None:
    return run.value


def _test_score(run: Run) -> float | None:
    """The score on test data; another for each run where there is none."""
    return run.number if run.test_objective is None else run.test_objective


def _unheard(program: Program) -> str:
    same = f"gave the very same {program.metric.name}"
    if program.has(SEED):
        return (
            f"Two seeds {same}, so the program does not use its seed, draws nothing, or prints too "
            "few digits. If its runs do not vary as those of other seeds would, the intervals say "
            "nothing of these."
        )
    return (
        f"The command has no {{seed}}, and two runs of the same recipe {same}. The intervals say "
        "nothing of other seeds; put {seed} where the program takes its seed."
    )


@dataclass(frozen=True)
class LoggedRun:
    """A run of a program, and where what it printed is kept."""

    number: int
    phase: str
    recipe: str
    result: str
    """Its value with the unit, or why it has none."""
    folder: str | None
    """None before it has begun, and where a copy for others holds no folders."""
    host: str
    has_ended: bool


def logged_runs(study: optuna.Study, results: Results) -> list[LoggedRun]:
    """List the runs of a study of a program, in order."""
    trials = study.get_trials(deepcopy=False)
    rows, reasons = [], Reasons()
    for run in results.runs:
        attributes = trials[run.number].user_attrs
        folder = attributes.get(schema.FOLDER)
        ended = outcome(run.scaled, results.objective) if run.value is not None else run.state
        rows.append(
            LoggedRun(
                run.number,
                run.phase,
                describe(run, results),
                reasons.of(run.number, run.failure) if run.failure else ended,
                folder if isinstance(folder, str) else None,
                run.worker.partition(" ")[0],
                trials[run.number].state.is_finished(),
            )
        )
    return rows


def command_of_recipe(results: Results, on: Collection[str] | None = None) -> str:
    """Write the command of some techniques, or of the recommended recipe; empty where none is.

    `{seed}` and `{folder}` stay as they are.
    """
    settings = results.settings
    if settings is None or settings.program is None:
        return ""
    space = Space.of(settings)
    found = recommend(results) if on is None else None
    if on is None and found is None:
        return ""
    recipe = space.recipe(space.params(on or ()) if found is None else found.params)
    return command_of(settings.program, recipe, settings.final_epochs)
