"""What the commands share: options, and how they end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from search.storage.passwords import without_passwords

if TYPE_CHECKING:
    from model_space.custom.code import CustomCode

StorageOption = Annotated[
    str,
    typer.Option(envvar="KOUKA_STORAGE", help="Where the studies are: an SQLAlchemy URL."),
]
DEFAULT_STORAGE = "sqlite:///studies.db"
WorkersOption = Annotated[
    str,
    typer.Option(
        help="Training processes side by side: a number, or auto: one per GPU, or per core with "
        "4 GiB of memory."
    ),
]
DataOption = Annotated[
    str | None,
    typer.Option(help="Where this machine has the study's data, if not where the launch did."),
]
TechniqueOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A technique of your own: FILE.py, FILE.py:NAME or PACKAGE.MODULE:NAME. Repeatable."
    ),
]
NetworkOption = Annotated[
    str | None,
    typer.Option(
        help="A network of your own: FILE.py, FILE.py:NAME or PACKAGE.MODULE:NAME. [the article's]"
    ),
]
PerGpuOption = Annotated[
    int | None, typer.Option(help="Let so many workers share each GPU. [1]", show_default=False)
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(help="Begin no run after so many seconds; the same command goes on."),
]
CheckpointsOption = Annotated[
    Path | None,
    typer.Option(
        envvar="KOUKA_CHECKPOINTS",
        help="Where long runs keep what to go on from. [~/.cache/kouka/checkpoints]",
    ),
]


def default_checkpoints() -> Path:
    """Where checkpoints are kept unless the user says otherwise."""
    from model_space.data.cache import home

    return home() / "checkpoints"


def brought(technique: list[str] | None, network: str | None) -> CustomCode:
    """Describe the techniques and the network of the user's own that the options name."""
    from model_space.custom.code import CustomCode

    if not technique and network is None:
        return CustomCode()
    from model_space.custom.description import describe

    return describe(technique or [], network)


def folder_of(kind: str, name: str) -> Path:
    """Where a study's reports or models go unless the user says otherwise.

    A study's name may have slashes, as names of data sets do; a folder in another's would be in
    the way of what is written there.
    """
    return Path(kind) / name.replace("/", "-")


@contextmanager
def interruptible(
    kept: str = "every finished run is kept, and the same command goes on from here",
) -> Iterator[None]:
    """End with code 130 on Ctrl-C, and on what a scheduler or a closed terminal sends instead.

    `kept` says what becomes of what was begun.
    """
    from search.running import signals

    signals.listen()
    try:
        yield
    except KeyboardInterrupt:
        _end(130, f"interrupted; {kept}")


@contextmanager
def told(then: str = "once that is mended, the same command goes on") -> Iterator[None]:
    """End with one line on stderr, and no traceback, where the user or the storage is the cause.

    `then` is what to do where training has failed, or what else Keras does.
    """
    try:
        yield
    except typer.Exit:
        raise
    except Exception as error:
        code, sentence = _explained(error, then)
        if not code:
            raise
        _end(code, sentence)


def _explained(error: Exception, then: str) -> tuple[int, str]:
    """The exit code and the sentence for an error that is not a defect of kouka; else 0."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    from model_space.custom.code import CustomCodeError
    from model_space.data import DataError
    from model_space.worker.client import TrainingError
    from search.errors import InputError, StudyFailedError

    if isinstance(error, (InputError, DataError, CustomCodeError)):
        return 2, str(error)
    if isinstance(error, (StudyFailedError, TrainingError)):
        return 1, f"{error}; {then}"
    if isinstance(error, (SQLAlchemyError, StorageInternalError, ConnectionError, TimeoutError)):
        reason = str(error.__cause__ or error).splitlines()[0]
        return 1, f"the storage failed ({reason}); finished runs are kept, the same command goes on"
    return 0, ""


def quiet_optuna() -> None:
    """Keep Optuna's own lines out of the terminal."""
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


def _end(code: int, sentence: str) -> NoReturn:
    print(f"kouka: {without_passwords(sentence)}", file=sys.stderr)
    raise typer.Exit(code)
