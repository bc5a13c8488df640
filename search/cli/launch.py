"""`kouka launch`: run a new study, or resume or extend one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from search.cli import clock
from search.cli.errors import RESUMES, interruptible, user_errors
from search.cli.options.data import (
    ColumnsOption,
    DataOption,
    ImageSizeOption,
    ImagesOption,
    TrainSizeOption,
    ValidationOption,
    resolved,
)
from search.cli.options.output import JsonOption, ReportOption, folder_of
from search.cli.options.phases import (
    ConfirmOption,
    LadderOption,
    MeasureOption,
    PrunerOption,
    SearchOption,
    TimeOption,
    VerifyOption,
)
from search.cli.options.program import (
    CommandOption,
    DialOption,
    FactorOption,
    MetricNameOption,
    MetricOption,
    MinimizeOption,
    RunTimeoutOption,
    ScaleOption,
    ShellOption,
    StudyFileOption,
    TestMetricOption,
    UnitOption,
    program_of,
)
from search.cli.options.runs import (
    BatchSizeOption,
    BatchSizesOption,
    LastEpochsOption,
    LearningRatesOption,
    ObjectiveOption,
    PrecisionOption,
    SeedOption,
    StudyAtMostOption,
    StudyEpochsOption,
    VerifyEpochsOption,
    limits,
)
from search.cli.options.storage import (
    DEFAULT_STORAGE,
    LaunchedStudyArgument,
    StorageOption,
    storage_note,
    storage_option,
)
from search.cli.options.techniques import (
    DepthOption,
    FixOption,
    NetworkOption,
    TechniqueOption,
    TechniquesOption,
    WeightsOption,
    WidthOption,
    custom_code,
)
from search.cli.options.workers import (
    CheckpointsOption,
    PerGpuOption,
    RayOption,
    TimeoutOption,
    WorkersOption,
    deadline,
    default_checkpoints,
)

if TYPE_CHECKING:
    from rich.console import Console

    from model_space.custom.code import CustomCode
    from model_space.technique import Factor
    from search.commands.program import Program
    from search.running.following import Workers


def launch(
    name: LaunchedStudyArgument = None,
    data: DataOption = None,
    columns: ColumnsOption = None,
    image_size: ImageSizeOption = None,
    train_size: TrainSizeOption = None,
    validation: ValidationOption = None,
    techniques: TechniquesOption = None,
    study: StudyFileOption = None,
    command: CommandOption = None,
    factor: FactorOption = None,
    dial: DialOption = None,
    metric: MetricOption = None,
    metric_name: MetricNameOption = None,
    test_metric: TestMetricOption = None,
    minimize: MinimizeOption = False,
    unit: UnitOption = None,
    scale: ScaleOption = None,
    run_timeout: RunTimeoutOption = None,
    shell: ShellOption = False,
    technique: TechniqueOption = None,
    network: NetworkOption = None,
    weights: WeightsOption = None,
    fix: FixOption = None,
    measure: MeasureOption = None,
    search: SearchOption = None,
    verify: VerifyOption = None,
    verify_epochs: VerifyEpochsOption = None,
    confirm: ConfirmOption = None,
    ladder: LadderOption = None,
    epochs: StudyEpochsOption = None,
    batch_size: BatchSizeOption = None,
    learning_rates: LearningRatesOption = None,
    batch_sizes: BatchSizesOption = None,
    width: WidthOption = None,
    depth: DepthOption = None,
    precision: PrecisionOption = None,
    objective: ObjectiveOption = None,
    at_most: StudyAtMostOption = None,
    last_epochs: LastEpochsOption = None,
    pruner: PrunerOption = None,
    seed: SeedOption = None,
    time: TimeOption = None,
    timeout: TimeoutOption = None,
    workers: WorkersOption = "auto",
    workers_per_gpu: PerGpuOption = None,
    ray: RayOption = None,
    checkpoints: CheckpointsOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    out: ReportOption = None,
    images: ImagesOption = None,
    json: JsonOption = False,
) -> None:
    """Launch a study, or resume it.

    The same command resumes a study: finished runs are kept. A larger --measure, --search,
    --verify, --verify-epochs, --confirm, --ladder or --time extends it. Begin with

        kouka launch NAME --data FOLDER --time 30m

    Without --time, a new study trains 99 networks for 100 epochs each, for which you want a GPU.
    """
    with user_errors(kept=RESUMES):
        from model_space.data import stem
        from model_space.techniques import beside
        from search.cli.console import make_console
        from search.errors import InputError
        from search.planning.parsing import (
            parse_columns,
            parse_ladder,
            parse_objective,
            parse_techniques,
        )
        from search.planning.programs import check_meaning
        from search.planning.rates import parse_rates, parse_sizes
        from search.planning.requested import Requested
        from search.planning.time_plan import time_limit

        program = program_of(
            command, factor or [], dial or [], metric, metric_name=metric_name,
            test_metric=test_metric, minimize=minimize, unit=unit, scale=scale,
            run_timeout=run_timeout, shell=shell,
        )  # fmt: skip
        if program is not None and name is None:
            raise InputError("a study of --command needs a name: kouka launch NAME --command …")
        code = custom_code(technique, network)
        known = (*beside(code.techniques), *code.techniques)
        studied = program or (_program_of(storage, name) if fix or techniques else None)
        if studied is not None and techniques is not None:
            check_meaning(studied, Requested(techniques=()))
        fixed, studied = _held(fix, known, studied) if fix else (None, studied)
        seeds, order = (None, None) if ladder is None else parse_ladder(ladder)
        named = None if techniques is None else parse_techniques(techniques, known)
        wanted = named is None or "pretrained" in (*named, *(fixed or {}))
        console = make_console(json)
        code, fetch = _with_weights(code, weights, wanted, console)
        requested = Requested(
            custom_code=code,
            program=program and studied,
            techniques=named,
            fixed=fixed,
            data=resolved(data),
            columns=parse_columns(columns) if columns else None,
            image_size=image_size,
            train_size=train_size,
            validation=validation,
            images=images,
            measure=measure,
            search=search,
            verify=verify,
            confirm=confirm,
            ladder=seeds,
            ladder_order=order,
            pruner=pruner,
            time=None if time is None else time_limit(time),
            epochs=epochs,
            verify_epochs=verify_epochs,
            batch_size=batch_size,
            learning_rates=None if learning_rates is None else parse_rates(learning_rates),
            batch_sizes=None if batch_sizes is None else parse_sizes(batch_sizes),
            width=width,
            depth=depth,
            precision=precision,
            objective=None if objective is None else parse_objective(objective),
            last_epochs=last_epochs,
            at_most=limits(at_most),
            seed=seed,
            backend=os.environ.get("KERAS_BACKEND") or None,
        )
        if name is None:
            name = stem(requested.data or "cifar10")

        # Only now, for what these import takes longer than to refuse an option.
        from search.cli.console import quiet_optuna
        from search.cli.progress import Progress, print_left
        from search.reporting.dashboard_note import attach
        from search.reporting.export import check_out
        from search.reporting.report_folder import REPORT
        from search.running.hardware import taking_turns
        from search.running.study import launch as run
        from search.storage.tracked_by_git import caution

        out = out or folder_of("reports", name)
        quiet_optuna()
        check_out(out)
        until = deadline(timeout)
        environments, elsewhere = _places(storage, workers, workers_per_gpu, ray)
        cautions = caution(storage), taking_turns(len(environments))
        usual = named is None and program is None
        kept = partial(_kept, storage, name)
        with interruptible(kept), Progress(console, *cautions, by_default=usual) as progress:
            left = run(
                storage, name, requested, environments, progress,
                partial(
                    attach, report=out / REPORT, storage_option=storage_option(storage),
                    storage_note=storage_note(storage),
                ),
                checkpoints=checkpoints or default_checkpoints(), deadline=until,
                elsewhere=elsewhere, began=clock.began(), fetch=fetch,
            )  # fmt: skip
        print_left(left, console)
        _report(storage, name, out, left, console, json=json)


def _kept(storage: str, name: str) -> str:
    """Say what becomes of the work of a launch that may be interrupted before it has a study."""
    from search.errors import InputError
    from search.running.making import stored_settings

    with suppress(InputError):  # of a storage that cannot be read just now
        if stored_settings(storage, name) is None:
            return "nothing is stored yet, and the same command begins anew"
    return RESUMES


def _program_of(storage: str, name: str | None) -> Program | None:
    """The program of a study that is there; None of any other."""
    from search.running.making import stored_settings

    settings = None if name is None else stored_settings(storage, name)
    return None if settings is None else settings.program


def _held(
    fix: list[str], known: Sequence[Factor], program: Program | None
) -> tuple[Mapping[str, Mapping[str, float] | None] | None, Program | None]:
    """Read what --fix holds in every run, and the program, if it is of one, as that leaves it."""
    from search.commands.parsing import parse_held
    from search.planning.parsing import parse_fix

    if program is None:
        return parse_fix(fix, known), None
    held, program = parse_held(fix, program)
    return {one: {} if on else None for one, on in held.items()} or None, program


def _with_weights(
    code: CustomCode, file: str | None, wanted: bool, console: Console
) -> tuple[CustomCode, Callable[[CustomCode], CustomCode] | None]:
    """Add the weights that the network begins with, or return what adds them later.

    Those of ImageNet are downloaded only for a study whose data are known to fit.
    """
    from model_space.custom.description import lacks_imagenet, with_weights

    fetch = partial(
        with_weights, file=file, wanted=wanted, tell=partial(console.print, soft_wrap=True)
    )
    if file is None and wanted and lacks_imagenet(code):
        return code, fetch
    return fetch(code), None


def _places(
    storage: str, workers: str, per_gpu: int | None, ray: str | None
) -> tuple[Sequence[Mapping[str, str]], Workers | None]:
    """The environments of the training processes here, and the workers elsewhere, if they train."""
    from search.running.hardware import parse_workers, shares

    if ray is None:
        return shares(parse_workers(workers, per_gpu)), None
    from search.running.ray_workers import RayWorkers

    return [{}], RayWorkers(ray, storage, workers, per_gpu)


def _report(storage: str, name: str, out: Path, left: int, console: Console, *, json: bool) -> None:
    """Write the report, and show what the study found and what to do next."""
    from search.cli.console import print_json
    from search.cli.ending import print_ending
    from search.cli.export import write_report
    from search.reporting.report_folder import UnwrittenError
    from search.storage.studies import load_study

    with interruptible():
        try:
            exported = write_report(load_study(storage, name), out, console, storage)
        except UnwrittenError as error:
            again = f"kouka export {quote(name)}{storage_option(storage, here=True)}"
            note = storage_note(storage, here=True)
            raise UnwrittenError(
                f"{error}; the runs are kept, and {again} writes the report{note and f'. {note}'}"
            ) from error
        if json:
            print_json(exported.to_json(left))
        else:
            print_ending(exported, storage, console)
