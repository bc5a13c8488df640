"""The options that several commands share, and what they stand for."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model_space.pretrained.catalogue import NAMES
from search.cli.study_file import take_defaults

if TYPE_CHECKING:
    from model_space.custom.code import CustomCode
    from search.settings import Limits

DEFAULT_STORAGE = "sqlite:///studies.db"
_VARIABLE = "KOUKA_STORAGE"
_CODE = "FILE.py, FILE.py:NAME or PACKAGE.MODULE:NAME"
_AS_LAUNCHED = "[default: where the launch had it]"


def as_url(storage: str) -> str:
    """Take a file for the storage in it; ends the command where it is none."""
    from search.cli.errors import user_errors

    with user_errors():
        from search.storage.connection import storage_url

        return storage_url(storage)


StudyArgument = Annotated[str, typer.Argument(metavar="NAME", help="The study.")]
_DATABASE = "The studies' database: an SQLAlchemy URL"
StorageOption = Annotated[
    str,
    typer.Option(
        metavar="URL|FILE",
        envvar=_VARIABLE,
        callback=as_url,
        help=f"{_DATABASE} or an SQLite file.",
    ),
]
ReadStorageOption = Annotated[
    str,
    typer.Option(
        metavar="URL|FILE",
        envvar=_VARIABLE,
        callback=as_url,
        help=f"{_DATABASE}, an SQLite file, or an Optuna journal file.",
    ),
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document to stdout, and all else to stderr."),
]
WorkersOption = Annotated[
    str,
    typer.Option(
        metavar="COUNT",
        help="Training processes side by side: a number, or auto for one per GPU, or without a "
        "GPU one per core with 4 GiB of memory.",
    ),
]
PerGpuOption = Annotated[
    int | None,
    typer.Option(metavar="COUNT", help="Workers that share each GPU.  [default: 1]"),
]
TechniqueOption = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE", help=f"A technique of your own: {_CODE}. Repeatable."),
]
NetworkOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|CODE",
        help=f"One of keras.applications ({NAMES}), or a network of your own: {_CODE}.  "
        "[default: the article's]",
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="The weights that a --network of keras.applications begins with where pretrained is "
        "on: a .weights.h5, .h5 or .keras file.  [default: those of ImageNet, downloaded once]",
    ),
]
DataHereOption = Annotated[
    str | None,
    typer.Option(metavar="DATA", help=f"Where this machine has the study's data.  {_AS_LAUNCHED}"),
]
TechniqueHereOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE",
        help="Where this machine has a technique of your own that the study uses: "
        f"{_CODE}. Repeatable.  {_AS_LAUNCHED}",
    ),
]
NetworkHereOption = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help=f"Where this machine has the network of your own that the study uses: {_CODE}.  "
        f"{_AS_LAUNCHED}",
    ),
]
WeightsHereOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help=f"Where this machine has the file of --weights that the study uses.  {_AS_LAUNCHED}",
    ),
]
DirectoryHereOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help=f"Where this machine has the folder in which the study's command runs.  "
        f"{_AS_LAUNCHED}",
    ),
]
CommandOption = Annotated[
    str | None,
    typer.Option(
        metavar="COMMAND",
        help="Study a program of your own: the command of one run, such as "
        "'python train.py --epochs {epochs} --seed {seed} {flags}'. {folder} is a folder of the "
        "run's own.",
    ),
]
FactorOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME: WORDS",
        help="What --command varies: 'mixup: --mixup 0.2' adds the words where it is on, "
        "'optimizer: --opt adamw | --opt muon' has two levels; NAME=VALUE sets an environment "
        "variable. Repeatable.",
    ),
]
DialOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME: WORDS",
        help="A number of --command that --search tunes: 'lr: --lr {value}, 1e-4 to 1e-1 log'. The "
        "other runs have the middle of its range, or what 'usual 3e-4' at the end says; 'int' "
        "makes it whole. Repeatable.",
    ),
]
MetricOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        help="What --command's runs are judged by: a regular expression whose group is the number, "
        "of which the last match counts, as in 'val_acc=([0-9.]+)'; json:KEY for lines of JSON; "
        "file:PATH:KEY for a JSON or CSV file in {folder}.",
    ),
]
StudyFileOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml",
        is_eager=True,
        callback=take_defaults,
        help="Take what is not named here from this file, with options as keys: factors, dials and "
        "fix as tables, and the study's name as name.",
    ),
]
RecipeOption = Annotated[
    str | None,
    typer.Option(
        metavar="RECIPE",
        help="The techniques to turn on, such as batch_norm,mixup=0.3. NAME.DIAL=VALUE sets one "
        "of several dials; none turns every technique off; learning_rate=0.003 and batch_size=32 "
        "are a part of it where they are not the study's usual ones.  [default: the recommended "
        "one]",
    ),
]
AtMostOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LIMITS",
        help="Recommend the best recipe that takes no more, such as seconds=600,parameters=1M: "
        "seconds to train one run, one of the longer runs if there are some; none lifts the "
        "limits.  "
        "[default: the study's]",
    ),
]
EpochsOption = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        help="Epochs to train.  [default: the study's; of two lengths the longer]",
    ),
]
NoImagesOption = Annotated[
    bool, typer.Option("--no-images", help="Show no images of the data, which may be private.")
]
TimeoutOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Start no run after this time, such as 90s, 30m or 2h; a bare number is seconds. The "
        "same command resumes.  [default: no limit]",
    ),
]
CheckpointsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        envvar="KOUKA_CHECKPOINTS",
        help="Where interrupted runs keep what they resume from.  "
        "[default: ~/.cache/kouka/checkpoints]",
    ),
]


def default_checkpoints() -> Path:
    """Return the folder of checkpoints for a user who names none."""
    from model_space.data.cache import home

    return home() / "checkpoints"


def storage_option(storage: str, *, here: bool = False) -> str:
    """Return the option that names a storage, its password hidden; empty for the default.

    Empty too where KOUKA_STORAGE names the storage and the commands are for this shell, or the
    password would be hidden in them.
    """
    from shlex import quote

    from search.storage.connection import redact
    from search.storage.passwords import has_password

    given = os.environ.get(_VARIABLE)
    named = storage in (given, f"sqlite:///{given}")
    if storage == DEFAULT_STORAGE or (named and (here or has_password(storage))):
        return ""
    return f" --storage {quote(redact(storage))}"


def folder_of(kind: str, name: str) -> Path:
    """Return the folder of a study's `reports` or `models` for a user who names none."""
    from search.folder_names import folder_name

    return Path(kind) / folder_name(name)


def resolved(data: str | None) -> str | None:
    """Make paths to data absolute; see `model_space.data.places.resolve`.

    Raises `InputError` for an empty name, as a variable of the shell may be.
    """
    from model_space.data import resolve
    from search.errors import InputError

    if data is not None and not data.strip():
        raise InputError("--data is empty; it takes the path or the name of a data set")
    return None if data is None else resolve(data)


def limits(at_most: list[str] | None) -> Limits | None:
    """Read the limits of what is recommended; see `search.planning.parsing.parse_limits`."""
    from search.planning.parsing import parse_limits

    return parse_limits(at_most) if at_most else None


def custom_code(
    technique: list[str] | None, network: str | None, weights: str | None = None
) -> CustomCode:
    """Describe the techniques, the network and the weights that the options name.

    Raises `CustomCodeError` where one of them cannot be used, and `InputError` without Keras.
    """
    from model_space.custom.code import CustomCode

    if not technique and network is None and weights is None:
        return CustomCode()
    from model_space.child import backend_here
    from model_space.custom.description import describe, with_weights
    from search.running.hardware import check_installed

    code = CustomCode()
    if technique or network is not None:
        check_installed(backend_here())
        code = describe(technique or [], network)
    return with_weights(code, weights, wanted=False, tell=print)


def deadline(timeout: str | None) -> float | None:
    """Return the `time.monotonic()` after which no run starts; None for no limit.

    Raises `InputError` for what is no time.
    """
    from search.planning.time_plan import time_limit

    if timeout is None:
        return None
    bare = re.fullmatch(r"\d+(\.\d+)?", timeout)
    seconds = float(timeout) if bare else time_limit(timeout, "--timeout").seconds
    return time.monotonic() + seconds
