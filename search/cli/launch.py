"""`kouka launch`: run a new study, or resume or extend one."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from search.cli import clock
from search.cli.errors import interruptible, user_errors
from search.cli.options import (
    DEFAULT_STORAGE,
    CheckpointsOption,
    CommandOption,
    DialOption,
    FactorOption,
    JsonOption,
    MetricOption,
    NetworkOption,
    PerGpuOption,
    StorageOption,
    StudyFileOption,
    TechniqueOption,
    TimeoutOption,
    WeightsOption,
    WorkersOption,
    custom_code,
    deadline,
    default_checkpoints,
    folder_of,
    limits,
    resolved,
    storage_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from model_space.custom.code import CustomCode
    from search.commands.program import Program
    from search.planning.requested import Requested
    from search.reporting.ending import Exported


def launch(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The study.  [default: the name of its data]"),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="A folder of images or sounds with one subfolder per class, or several, "
            "separated by commas; the same in a zip or tar; a .csv or .tsv list of their paths "
            "and labels; Parquet or Arrow files; a .npz file; digits, cifar10, cifar100, mnist, "
            "fashion_mnist, tfds:NAME of TensorFlow Datasets, hf:NAME of the Hugging Face Hub.  "
            "[default: the study's; of a new one NAME if that is a data set, else cifar10]",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMNS",
            help="The columns of a table, as path=file,label=breed,split=part: some or all, by "
            "name, or by number from 1 if it has no names. Repeatable.  [default: found by their "
            "names and by what they hold]",
        ),
    ] = None,
    image_size: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            help="Resize images to this many pixels square.  [default: as they are]",
        ),
    ] = None,
    train_size: Annotated[
        int | None,
        typer.Option(metavar="COUNT", help="Train on this many images only.  [default: all]"),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE|COUNT",
            help="Training images held out for validation: a share, or a number of images.  "
            "[default: 0.1]",
        ),
    ] = None,
    techniques: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="The techniques to study: one of the sets article, modern, sound, parts, "
            "transfer and all, or names, separated by commas.  [default: article; sound for a new "
            "study of sounds, transfer for one of a network of keras.applications]",
        ),
    ] = None,
    study: StudyFileOption = None,
    command: CommandOption = None,
    factor: FactorOption = None,
    dial: DialOption = None,
    metric: MetricOption = None,
    metric_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The metric's name in the report.  [default: from the pattern]"
        ),
    ] = None,
    test_metric: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN", help="How to find the same score on test data; it chooses nothing."
        ),
    ] = None,
    minimize: Annotated[
        bool, typer.Option("--minimize", help="Smaller is better, as for a loss.")
    ] = False,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="UNIT",
            help="The metric's unit, such as nats; points for a share, shown in percent.  "
            "[default: points of an accuracy, else none]",
        ),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(
            metavar="FACTOR",
            help="Multiply printed values by this to get the unit.  [default: 100 for a share "
            "from 0 to 1, else 1]",
        ),
    ] = None,
    run_timeout: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="End a run of --command that takes longer, such as 90s, 30m or 2h; it counts as "
            "failed.  [default: no limit]",
        ),
    ] = None,
    shell: Annotated[
        bool, typer.Option("--shell", help="Run --command with /bin/sh, for pipes and variables.")
    ] = False,
    technique: TechniqueOption = None,
    network: NetworkOption = None,
    weights: WeightsOption = None,
    fix: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LEVEL",
            help="Hold a technique in every run: dropout=off, mixup=on or mixup=0.3. Repeatable.",
        ),
    ] = None,
    measure: Annotated[
        int | None,
        typer.Option(
            metavar="RUNS",
            help="Runs of the balanced design that measures effects: 16, 32, 64, …; at least 16 "
            "for up to 8 techniques, 32 for 16, 64 for 20.  [default: 64; of --command 16, or as "
            "many as its factors need]",
        ),
    ] = None,
    search: Annotated[
        int | None,
        typer.Option(
            metavar="RUNS",
            help="Runs that search for better recipes.  [default: 20; of --command 0]",
        ),
    ] = None,
    verify: Annotated[
        int | None,
        typer.Option(
            metavar="RUNS",
            help="Longer runs of a balanced design around the recommended recipe, which decide "
            "what matters and what is on: 4, 8, 16, …, with --verify-epochs.  [default: 16 with "
            "--verify-epochs, else 0]",
        ),
    ] = None,
    verify_epochs: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT",
            help="Epochs of the runs of --verify and --confirm, more than --epochs: as many as you "
            "will train for. With --time, of all runs if there is no time for both.  [default: "
            "no longer runs]",
        ),
    ] = None,
    confirm: Annotated[
        int | None,
        typer.Option(
            metavar="SEEDS",
            help="Fresh seeds for each of five recipes, which are then tested: three candidates, "
            "all techniques off, and all on.  [default: 3; of --command 0]",
        ),
    ] = None,
    ladder: Annotated[
        str | None,
        typer.Option(
            metavar="SEEDS|NAMES",
            help="Also add techniques one after another, with this many seeds for each step: the "
            "article's in its order and then the others, or --command's factors as you gave them. "
            "NAMES, such as mixup,dropout, are another order, with 3 seeds; 5:mixup,dropout has "
            "5.  [default: 0]",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT",
            help="Epochs of a run.  [default: 100; needed where --command has {epochs}, if not "
            "chosen by --time]",
        ),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="COUNT", help="Images in a batch.  [default: 128]")
    ] = None,
    learning_rates: Annotated[
        str | None,
        typer.Option(
            metavar="RATES",
            help="Learning rates that the design varies, 2 to 4, separated by commas: each "
            "technique gets an effect at its best rate too.  [default: 0.001 alone]",
        ),
    ] = None,
    batch_sizes: Annotated[
        str | None,
        typer.Option(
            metavar="COUNTS",
            help="Batch sizes that the design varies likewise, 2 to 4.  [default: --batch-size "
            "alone]",
        ),
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(
            metavar="FACTOR",
            help="The network's channels, as a multiple of the article's.  [default: 1; 0.25 with "
            "--time and no GPU]",
        ),
    ] = None,
    depth: Annotated[
        int | None, typer.Option(metavar="COUNT", help="Convolutions: 10, 16, 22, …  [default: 10]")
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What networks compute in: float32, mixed_bfloat16, or auto: mixed_bfloat16 if "
            "every GPU is built for it, else float32.  [default: float32]",
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What runs are judged by: accuracy, balanced_accuracy, f1_macro, auc, "
            "neg_log_loss, or top_5_accuracy and the like (top_k_accuracy is that of 5).  "
            "[default: accuracy]",
        ),
    ] = None,
    at_most: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIMITS",
            help="Recommend the best recipe that takes no more, such as seconds=600,parameters=1M: "
            "seconds to train one run for --verify-epochs, or else --epochs, on the machines of "
            "the runs; parameters of the network.  [default: no limits]",
        ),
    ] = None,
    last_epochs: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT",
            help="Judge each run by the mean of this many last epochs; 1 takes the last alone.  "
            "[default: a quarter of the epochs, at most 10]",
        ),
    ] = None,
    pruner: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The rule that stops poor runs of the search: median stops those below the "
            "median at the same epoch, halving lets the better half go on at each doubling of the "
            "epochs, none stops no run.  [default: median]",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="SEED",
            help="Fixes the split of the data and the seed of every run.  [default: 0]",
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Plan the study for this long, such as 90s, 30m or 2h: a few epochs are timed, "
            "or the first run of --command, and the number and length of the runs are chosen; "
            "what you name stays. Pauses do not count, and a longer time extends the study.  "
            "[default: as long as the runs take]",
        ),
    ] = None,
    timeout: TimeoutOption = None,
    workers: WorkersOption = "auto",
    workers_per_gpu: PerGpuOption = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Run the workers on this Ray cluster: an address, or auto. Needs kouka[ray].",
        ),
    ] = None,
    checkpoints: CheckpointsOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the report goes.  [default: reports/NAME]"),
    ] = None,
    images: Annotated[
        bool | None,
        typer.Option(
            "--images/--no-images",
            show_default=False,
            help="Keep a few small images of the data in the study, for its report; or none, and "
            "remove those there are.  [default: --images, in a new study]",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Launch a study, or resume it.

    The same command resumes a study: finished runs are kept. A larger --measure, --search,
    --verify, --verify-epochs, --confirm, --ladder or --time extends it. Begin with

        kouka launch NAME --data FOLDER --time 30m

    Without --time, a new study trains 99 networks for 100 epochs each, for which you want a GPU.
    """
    with user_errors():
        from model_space.custom.description import lacks_imagenet, with_weights
        from model_space.data import stem
        from model_space.techniques import beside
        from search.cli.console import make_console
        from search.cli.program import program_of
        from search.commands.parsing import parse_held
        from search.errors import InputError
        from search.planning.parsing import (
            parse_columns,
            parse_fix,
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
        fixed: dict[str, dict[str, float] | None] | None = None
        if fix and studied is not None:
            held, studied = parse_held(fix, studied)
            program = program and studied
            fixed = {one: {} if on else None for one, on in held.items()} or None
        elif fix:
            fixed = parse_fix(fix, known)
        seeds, order = (None, None) if ladder is None else parse_ladder(ladder)
        named = None if techniques is None else parse_techniques(techniques, known)
        wanted = named is None or "pretrained" in (*named, *(fixed or {}))
        console = make_console(json)
        fetch = partial(
            with_weights, file=weights, wanted=wanted, tell=partial(console.print, soft_wrap=True)
        )
        later = weights is None and wanted and lacks_imagenet(code)
        code = code if later else fetch(code)
        requested = Requested(
            custom_code=code,
            data=resolved(data),
            columns=parse_columns(columns) if columns else None,
            image_size=image_size,
            train_size=train_size,
            validation=validation,
            techniques=named,
            fixed=fixed,
            program=program,
            measure=measure,
            search=search,
            verify=verify,
            verify_epochs=verify_epochs,
            confirm=confirm,
            time=None if time is None else time_limit(time),
            ladder=seeds,
            ladder_order=order,
            epochs=epochs,
            last_epochs=last_epochs,
            batch_size=batch_size,
            learning_rates=None if learning_rates is None else parse_rates(learning_rates),
            batch_sizes=None if batch_sizes is None else parse_sizes(batch_sizes),
            width=width,
            depth=depth,
            precision=precision,
            objective=None if objective is None else parse_objective(objective),
            pruner=pruner,
            seed=seed,
            images=images,
            at_most=limits(at_most),
            backend=os.environ.get("KERAS_BACKEND") or None,
        )
        data = data or "cifar10"
        if name is None:
            name = stem(resolved(data) or data)
        _launch(
            name, requested, storage, out or folder_of("reports", name), timeout=timeout,
            workers=workers, per_gpu=workers_per_gpu, ray=ray, checkpoints=checkpoints, json=json,
            console=console, fetch=fetch if later else None,
        )  # fmt: skip


def _program_of(storage: str, name: str | None) -> Program | None:
    """The program of a study that is there; None of any other."""
    from search.running.making import stored_settings

    settings = None if name is None else stored_settings(storage, name)
    return None if settings is None else settings.program


def _launch(
    name: str,
    requested: Requested,
    storage: str,
    out: Path,
    *,
    timeout: str | None,
    workers: str,
    per_gpu: int | None,
    ray: str | None,
    checkpoints: Path | None,
    json: bool,
    console: Console,
    fetch: Callable[[CustomCode], CustomCode] | None,
) -> None:
    from search.cli.console import print_json, quiet_optuna
    from search.cli.ending import print_ending
    from search.cli.export import write_report
    from search.cli.progress import Progress, print_left
    from search.reporting.dashboard_note import attach
    from search.reporting.export import check_out
    from search.reporting.report_folder import REPORT, UnwrittenError
    from search.running.hardware import parse_workers, shares, taking_turns
    from search.running.study import launch
    from search.storage.connection import load_study
    from search.storage.tracked_by_git import caution

    quiet_optuna()
    check_out(out)
    until = deadline(timeout)
    elsewhere = None
    if ray is not None:
        from search.running.ray_workers import RayWorkers

        elsewhere = RayWorkers(ray, storage, workers, per_gpu)
    environments = shares(parse_workers(workers, per_gpu)) if elsewhere is None else [{}]
    with (
        interruptible(),
        Progress(
            console,
            caution(storage),
            taking_turns(len(environments)),
            by_default=requested.techniques is None and requested.program is None,
        ) as progress,
    ):
        left = launch(
            storage, name, requested, environments, progress,
            partial(attach, report=out / REPORT, storage_option=storage_option(storage)),
            checkpoints=checkpoints or default_checkpoints(), deadline=until,
            elsewhere=elsewhere, began=clock.began(), fetch=fetch,
        )  # fmt: skip
    print_left(left, console)

    def show(exported: Exported, console: Console) -> None:
        if json:
            print_json(exported.to_json(left))
        else:
            print_ending(exported, storage, console)

    with interruptible():
        try:
            write_report(load_study(storage, name), out, (), console, show, storage)
        except UnwrittenError as error:
            again = f"kouka export {quote(name)}{storage_option(storage, here=True)}"
            raise UnwrittenError(
                f"{error}; the runs are kept, and {again} writes the report"
            ) from error
