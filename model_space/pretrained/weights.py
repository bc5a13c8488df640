"""Files of weights that a network begins with: finding, downloading and recognizing them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from model_space.pretrained.catalogue import Application

IMAGENET = "imagenet"
"""The place of the weights that Keras offers for a network, trained on ImageNet."""
ENDINGS = (".h5", ".keras")
"""Of the names of files that hold weights; `.weights.h5` is one of them."""
_SERVER = "https://storage.googleapis.com/tensorflow/keras-applications/"
_TIMEOUT = 20.0
"""Seconds in which the server has to answer."""


class WeightsError(ValueError):
    """Weights cannot be used; the message says why, and what to do."""


@dataclass(frozen=True)
class Weights:
    """The weights that a study's network begins with where `pretrained` is on."""

    at: str
    """`imagenet`, or a file's absolute path."""
    digest: str
    """Of the file."""


def kept_by_keras(application: Application) -> Path:
    """Return the place where Keras keeps a network's weights of ImageNet, once downloaded."""
    home = Path.home()
    if not os.access(home, os.W_OK):
        home = Path("/tmp")  # noqa: S108 - where Keras has it then
    keras = os.environ.get("KERAS_HOME") or home / ".keras"
    return Path(keras) / "models" / application.file.rpartition("/")[2]


def of_imagenet(application: Application, downloading: Callable[[str], None]) -> Weights:
    """Return a network's weights of ImageNet, after downloading them where Keras has not yet.

    `downloading` is given a sentence before that. Raises `WeightsError`.
    """
    file = kept_by_keras(application)
    if not file.is_file():
        downloading(
            f"Downloading the weights of ImageNet for {application.name}, once, to {file} …"
        )
        _download(application, file)
    return Weights(IMAGENET, _digest(file, IMAGENET))


def of_file(path: str) -> Weights:
    """Return the weights in a file of the user's own. Raises `WeightsError`."""
    file = Path(path).absolute()
    if not file.name.endswith(ENDINGS):
        raise WeightsError(
            f"--weights {path} is not a file that Keras writes weights to; it takes a .weights.h5, "
            "a .h5 or a .keras file"
        )
    return Weights(str(file), _digest(file, path))


def find(application: Application, weights: Weights) -> Path:
    """Return the file with the weights of a study on this machine.

    Those of ImageNet are downloaded where need be. Raises `WeightsError` where there is none, or
    another than the study began with.
    """
    file = Path(weights.at)
    if weights.at == IMAGENET:
        file = kept_by_keras(application)
        if not file.is_file():
            _download(application, file)
    if _digest(file, weights.at) != weights.digest:
        raise WeightsError(
            f"the weights in {file} are not those that the study began with, so its runs would "
            "not compare; restore the file, or use another name for a new study"
        )
    return file


def _digest(file: Path, named: str) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()[:16]
    except OSError as error:
        raise WeightsError(
            f"--weights {named} cannot be read on this machine ({error.strerror}); it takes a "
            ".weights.h5, .h5 or .keras file that is there"
        ) from error


def _download(application: Application, file: Path) -> None:
    """Download the weights of ImageNet to that file, all of it or nothing."""
    from urllib.request import urlopen  # which takes long to import, and is seldom needed

    url = _SERVER + application.file
    partial = file.with_name(f".{file.name}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(partial.with_suffix(".lock")):
            if file.is_file():
                return  # another process was faster
            try:
                with urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310 - https
                    length = answer.headers.get("Content-Length")
                    with partial.open("wb") as out:
                        shutil.copyfileobj(answer, out)
                if length is not None and partial.stat().st_size != int(length):
                    raise OSError("the connection broke off")
                partial.replace(file)
            finally:
                with suppress(OSError):
                    partial.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        reason = getattr(reason, "strerror", None) or reason
        raise WeightsError(
            f"the weights of ImageNet for {application.name} cannot be downloaded ({reason}): "
            f"bring {url} to {file} in some other way, or name a file of your own with --weights"
        ) from error
