"""The command line. Each command imports what it needs, so that `kouka --help` is quick."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search.cli.final_commands import code, predict, train
from search.cli.options import (
    DEFAULT_STORAGE,
    CheckpointsOption,
    DataOption,
    NetworkOption,
    PerGpuOption,
    StorageOption,
    TechniqueOption,
    TimeoutOption,
    WorkersOption,
    brought,
    default_checkpoints,
    folder_of,
    interruptible,
    quiet_optuna,
    told,
)
from search.storage.passwords import hide_in_title

if TYPE_CHECKING:
    from search.planning.settle import Requested

app = typer.Typer(
    name="kouka",
    help="Which training technique matters on your data, by how many points of accuracy, "
    "how surely, and at what cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"kouka {version('kouka')}")
        raise typer.Exit


@app.callback()
def _kouka(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def launch(
    name: Annotated[
        str | None, typer.Argument(help="The study; its data's name if left out.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="digits, cifar10, cifar100, mnist, fashion_mnist, tfds:NAME of TensorFlow "
            "Datasets, a folder of images or sounds with one subfolder per class, or a .npz file. "
            "[NAME if it is a set, or cifar10]"
        ),
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Resize images to so many pixels square.")
    ] = None,
    train_size: Annotated[int | None, typer.Option(help="Train on so many images only.")] = None,
    validation: Annotated[
        float | None,
        typer.Option(help="Training images held out for validation: a share or a number. [0.1]"),
    ] = None,
    techniques: Annotated[
        str | None,
        typer.Option(
            help="The techniques to study: article, modern, sound, all, or names, separated by "
            "commas. [article]"
        ),
    ] = None,
    technique: TechniqueOption = None,
    network: NetworkOption = None,
    fix: Annotated[
        list[str] | None,
        typer.Option(help="Hold a technique: dropout=off, mixup=on, mixup=0.3. Repeatable."),
    ] = None,
    measure: Annotated[
        int | None, typer.Option(help="Runs of the balanced design that measures effects. [64]")
    ] = None,
    search: Annotated[
        int | None, typer.Option(help="Runs of the search for the best recipe. [20]")
    ] = None,
    confirm: Annotated[
        int | None, typer.Option(help="Seeds for the best recipe, all off and all on. [3]")
    ] = None,
    ladder: Annotated[
        int | None, typer.Option(help="Seeds for each of the article's eight steps. [0]")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of a run. [100]")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images in a batch. [128]")] = None,
    width: Annotated[float | None, typer.Option(help="Scales the network's channels. [1]")] = None,
    depth: Annotated[int | None, typer.Option(help="Convolutions: 10, 16, 22, … [10]")] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            help="float32, mixed_bfloat16, or auto: that where the GPU is quicker in it. [float32]"
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            help="What runs are judged by: accuracy, balanced_accuracy, neg_log_loss. [accuracy]"
        ),
    ] = None,
    pruner: Annotated[
        str | None,
        typer.Option(help="What stops the search's poor runs: median, halving, none. [median]"),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Fixes the splits and every run's seed. [0]")
    ] = None,
    timeout: TimeoutOption = None,
    workers: WorkersOption = "1",
    workers_per_gpu: PerGpuOption = None,
    ray: Annotated[
        str | None,
        typer.Option(
            help="Run the workers on this Ray cluster: an address, or auto. Needs kouka[ray]."
        ),
    ] = None,
    checkpoints: CheckpointsOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    out: Annotated[Path | None, typer.Option(help="Where the report goes. [reports/NAME]")] = None,
) -> None:
    """Launch a study, or go on with it.

    The same command again resumes: finished runs are kept. A larger --measure, --search,
    --confirm or --ladder extends the study. The defaults are the article's budget.
    """
    with told():
        from model_space.data import is_set
        from model_space.techniques import TECHNIQUES
        from search.planning.parsing import parse_fix, parse_techniques, resolve_data
        from search.planning.settle import Requested

        code = brought(technique, network)
        known = (*TECHNIQUES, *code.techniques)
        requested = Requested(
            data=None if data is None else resolve_data(data),
            image_size=image_size,
            train_size=train_size,
            validation=validation,
            techniques=None if techniques is None else parse_techniques(techniques, known),
            fixed=parse_fix(fix, known) if fix else None,
            measure=measure,
            search=search,
            confirm=confirm,
            ladder=ladder,
            epochs=epochs,
            batch_size=batch_size,
            width=width,
            depth=depth,
            precision=precision,
            objective=objective,
            pruner=pruner,
            seed=seed,
            backend=os.environ.get("KERAS_BACKEND") or None,
            custom_code=code,
        )
        data = data or "cifar10"
        name = name or (data if is_set(data) else Path(data).stem)
        _launch(
            name, requested, storage, out or folder_of("reports", name), timeout=timeout,
            workers=workers, per_gpu=workers_per_gpu, ray=ray, checkpoints=checkpoints,
        )  # fmt: skip


def _launch(
    name: str,
    requested: Requested,
    storage: str,
    out: Path,
    *,
    timeout: float | None,
    workers: str,
    per_gpu: int | None,
    ray: str | None,
    checkpoints: Path | None,
) -> None:
    from rich.console import Console

    from search.cli.progress import Progress
    from search.reporting.dashboard_note import attach
    from search.running.hardware import parse_workers, shares
    from search.running.study import launch
    from search.storage.connection import load_study

    quiet_optuna()
    elsewhere = None
    if ray is not None:
        from search.running.ray_workers import RayWorkers

        elsewhere = RayWorkers(ray, storage, workers, per_gpu)
    environments = shares(parse_workers(workers, per_gpu)) if elsewhere is None else [{}]
    console = Console(highlight=False)
    with interruptible(), Progress(console) as progress:
        left = launch(
            storage, name, requested, environments, progress, attach,
            checkpoints=checkpoints or default_checkpoints(), deadline=_deadline(timeout),
            elsewhere=elsewhere,
        )  # fmt: skip
    with interruptible():
        _write(load_study(storage, name), out, [], console)
    _say_left(console, left)
    console.print(f"Watch it: kouka dashboard{_unless_default(storage)}")


@app.command()
def worker(
    name: Annotated[str, typer.Argument(help="The study, launched before.")],
    data: DataOption = None,
    technique: TechniqueOption = None,
    network: NetworkOption = None,
    workers: WorkersOption = "1",
    workers_per_gpu: PerGpuOption = None,
    timeout: TimeoutOption = None,
    checkpoints: CheckpointsOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """Take part in a study, from this machine or another, until nothing is left to run."""
    with told():
        from rich.console import Console

        from search.cli.progress import Progress
        from search.planning.parsing import resolve_data
        from search.planning.settle import Requested
        from search.reporting.dashboard_note import attach
        from search.running.hardware import parse_workers, shares
        from search.running.study import join

        quiet_optuna()
        environments = shares(parse_workers(workers, workers_per_gpu))
        console = Console(highlight=False)
        with interruptible(), Progress(console) as progress:
            left = join(
                storage, name, environments, progress, attach,
                checkpoints=checkpoints or default_checkpoints(), deadline=_deadline(timeout),
                data=None if data is None else resolve_data(data),
                brought=Requested(custom_code=brought(technique, network)),
            )  # fmt: skip
        _say_left(console, left)


def _deadline(timeout: float | None) -> float | None:
    return None if timeout is None else time.monotonic() + timeout


def _say_left(console: Any, left: int) -> None:
    if left:
        console.print(f"--timeout left {left} runs out; the same command goes on from here.")


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="The study.")],
    out: Annotated[Path | None, typer.Option(help="The folder to write. [reports/NAME]")] = None,
    format: Annotated[
        str, typer.Option(help="Images beside the HTML figures: png, svg or both, with a comma.")
    ] = "",
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """Write a study's report, figures and tables to a folder."""
    with told():
        from rich.console import Console

        from search.errors import InputError
        from search.reporting.export import IMAGE_FORMATS
        from search.storage.connection import load_study

        quiet_optuna()
        formats = [kind.strip() for kind in format.split(",") if kind.strip()]
        for kind in formats:
            if kind not in IMAGE_FORMATS:
                raise InputError(
                    f"--format {kind} is not known; it takes {', '.join(IMAGE_FORMATS)}"
                )
        study = load_study(storage, name)
        _write(study, out or folder_of("reports", name), formats, Console(highlight=False))


def _write(study: Any, out: Path, formats: list[str], console: Any) -> None:
    from search.cli.terminal import say
    from search.reporting.export import export_study

    findings, unwritten = export_study(study, out, formats)
    say(findings, console)
    console.print()
    if unwritten:
        console.print(unwritten)
    console.print(f"Report: {out / 'report.html'}", soft_wrap=True)


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(help="The port to serve on; 0 takes a free one.")] = 8080,
    host: Annotated[
        str,
        typer.Option(
            help="The address to serve on; others than this machine's own loopback "
            "take --read-only or --allow-writes."
        ),
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Refuse whatever would change a study.")
    ] = False,
    allow_writes: Annotated[
        bool,
        typer.Option("--allow-writes", help="Let everyone who reaches the host change studies."),
    ] = False,
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """Serve optuna-dashboard on the studies, for this machine only unless --host says otherwise."""
    with told():
        from search.reporting.dashboard_server import serve
        from search.storage.connection import redact

        quiet_optuna()

        def ready(address: str) -> None:
            print(f"{redact(storage)} in optuna-dashboard: {address} (Ctrl-C ends it)", flush=True)

        try:
            serve(storage, port, ready, host=host, read_only=read_only, allow_writes=allow_writes)
        except KeyboardInterrupt:
            print()


@app.command()
def copy(
    name: Annotated[str, typer.Argument(help="The study.")],
    to: Annotated[str, typer.Option(help="The storage to copy it to: an SQLAlchemy URL.")],
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """Copy a study to another storage, with everything in it."""
    with told():
        from search.storage.connection import redact
        from search.storage.copying import copy

        quiet_optuna()
        trials = copy(storage, name, to)
        print(f"Copied {name} with its {trials} trials to {redact(to)}.")


@app.command()
def techniques() -> None:
    """List the techniques: what each changes, its dials and its source."""
    with told():
        from rich.console import Console

        from model_space.techniques import TECHNIQUES
        from search.cli.techniques_table import techniques_table

        Console(highlight=False).print(techniques_table(TECHNIQUES))


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(help="One study; all of them if left out.")] = None,
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """Say where studies stand."""
    with told():
        from rich.console import Console

        from search.cli.tables import status_table
        from search.errors import InputError
        from search.reporting import words
        from search.storage.connection import all_studies, load_study
        from search.storage.reading import read

        quiet_optuna()
        console = Console(highlight=False)
        if name:
            results = read(load_study(storage, name))
            console.print(status_table([results]), words.budget(results), sep="\n")
            return
        found, unreadable = [], []
        for study in all_studies(storage):
            try:
                found.append(read(study))
            except InputError as error:
                unreadable.append(str(error))
        if found or not unreadable:
            console.print(status_table(found) if found else "There is no study yet.")
        for reason in unreadable:
            console.print(f"Not listed: {reason}.")


def _unless_default(storage: str) -> str:
    from search.storage.connection import redact

    return "" if storage == DEFAULT_STORAGE else f" --storage {redact(storage)}"


for command in (train, code, predict):
    app.command()(command)


def main() -> None:
    """The entry point of the `kouka` command."""
    hide_in_title()
    app()
