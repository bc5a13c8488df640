"""Data sets of the Hugging Face Hub, which a child process downloads by the library datasets.

The library starts threads, and a process that has some must not be forked, as
`model_space.worker.server` is.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from model_space.child import ChildError, ask
from model_space.data.arrow import arrow_files
from model_space.data.cache import kept_folder
from model_space.data.file_set import FileSet
from model_space.data.places import HUB
from model_space.data.source import DataError
from model_space.data.spec import Columns

_OLDEST = 4
"""The first version of the library that never runs code of a data set."""


_READER = "model_space.data.hub_reader"


@dataclass(frozen=True)
class Request:
    """Download a data set."""

    name: str
    """As the Hub has it."""
    config: str | None
    into: str
    """The folder to save it to."""


@dataclass(frozen=True)
class Answer:
    """The outcome of a download."""

    unusable: str | None = None
    """The reason why it cannot be had; None where it is saved."""


def hub_files(name: str, columns: Columns) -> FileSet:
    """Download a data set, once, and list its images or sounds.

    `name` is `hf:NAME` or `hf:NAME:CONFIG`. Raises `DataError` and `OSError`.
    """
    folder = folder_of(name)
    try:
        return replace(arrow_files(folder, columns), at=name)
    except DataError as error:
        raise DataError(str(error).replace(str(folder), name)) from error


def parsed(name: str) -> tuple[str, str | None]:
    """Return a data set's name on the Hub, and its configuration if there is one."""
    found, _, config = name.removeprefix(HUB).partition(":")
    return found, config or None


def folder_of(name: str) -> Path:
    """Return the folder that a data set is saved in, once. Raises `DataError` and `OSError`."""
    _check_installed(name)
    found, config = parsed(name)

    def fill(into: Path) -> None:
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
        try:
            answer = ask(_READER, Request(found, config, str(into)), Answer, environment)
        except ChildError as error:
            raise DataError(f"the process that downloads {name} {error}; try again") from error
        if answer.unusable is not None:
            raise DataError(
                f"{name} cannot be had of the Hugging Face Hub ({answer.unusable}); --data takes "
                "hf:NAME and hf:NAME:CONFIG of data sets without code"
            )

    return kept_folder(f"hub-{hashlib.sha256(name.encode()).hexdigest()[:32]}", fill)


def _check_installed(name: str) -> None:
    try:
        installed = version("datasets")
    except PackageNotFoundError:
        raise DataError(
            f"--data {name} needs Hugging Face's datasets: pip install 'kouka[hf]'"
        ) from None
    if int(installed.split(".")[0]) < _OLDEST:
        raise DataError(
            f"--data {name} needs datasets {_OLDEST} or later, and {installed} is installed: pip "
            "install --upgrade 'kouka[hf]'"
        )
