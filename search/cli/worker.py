"""`kouka worker`: take part in a study that was launched elsewhere."""

from __future__ import annotations

from functools import partial

from search.cli.errors import RESUMES, interruptible, user_errors
from search.cli.options.data import resolved
from search.cli.options.here import (
    DataHereOption,
    DirectoryHereOption,
    NetworkHereOption,
    TechniqueHereOption,
    WeightsHereOption,
)
from search.cli.options.storage import (
    DEFAULT_STORAGE,
    StorageOption,
    StudyArgument,
    storage_note,
    storage_option,
)
from search.cli.options.techniques import custom_code
from search.cli.options.workers import (
    CheckpointsOption,
    PerGpuOption,
    TimeoutOption,
    WorkersOption,
    deadline,
    default_checkpoints,
)


def worker(
    name: StudyArgument,
    data: DataHereOption = None,
    technique: TechniqueHereOption = None,
    network: NetworkHereOption = None,
    weights: WeightsHereOption = None,
    directory: DirectoryHereOption = None,
    workers: WorkersOption = "auto",
    workers_per_gpu: PerGpuOption = None,
    timeout: TimeoutOption = None,
    checkpoints: CheckpointsOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """Help to run a study that was launched.

    Any machine that reaches the study's storage can help to run it. The command ends when nothing
    is left to run.
    """
    with user_errors(kept=RESUMES):
        from search.cli.console import make_console, quiet_optuna
        from search.cli.progress import Progress, print_left
        from search.reporting.dashboard_note import attach
        from search.running.hardware import parse_workers, shares, taking_turns
        from search.running.study import join
        from search.storage.tracked_by_git import caution

        quiet_optuna()
        environments = shares(parse_workers(workers, workers_per_gpu))
        console = make_console()
        until = deadline(timeout)
        cautions = caution(storage), taking_turns(len(environments))
        with interruptible(), Progress(console, *cautions) as progress:
            left = join(
                storage, name, environments, progress,
                partial(
                    attach, storage_option=storage_option(storage),
                    storage_note=storage_note(storage),
                ),
                checkpoints=checkpoints or default_checkpoints(), deadline=until,
                data=resolved(data), custom_code=custom_code(technique, network, weights),
                directory=None if directory is None else str(directory.resolve()),
            )  # fmt: skip
        print_left(left, console)
