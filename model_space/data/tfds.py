"""TensorFlow Datasets by name, read by a child process.

TensorFlow reads them, and a process in which it has computed anything must not be forked, as
`model_space.worker.server` is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
from importlib.util import find_spec
from typing import Any

import numpy as np

from model_space.child import running
from model_space.data.cache import kept
from model_space.data.source import DataError, Part, Progress, Source

TFDS = "tfds:"
"""The prefix of the names of these data sets; `tfds.builder` takes the rest."""


def read_tfds(name: str, image_size: int | None, reader: int) -> Source:
    """Prepare a data set where it is not on this machine yet, and list its images.

    They become grey or RGB as the data set says, and of the first one's size, or `image_size`
    pixels square. Entries are counted through the splits train, validation and test. `reader` is
    the version of the rules.
    """
    if find_spec("tensorflow_datasets") is None:
        raise DataError(f"--data {name} needs TensorFlow Datasets: pip install 'kouka[tfds]'")
    client = _Reader(name)
    try:
        listing = client.ask(name=name, image_size=image_size, reader=reader)
        classes, parts = _labelled(name, listing["classes"], listing["labels"])
    except BaseException:
        client.close()
        raise
    shape = height, width, channels = listing["shape"]

    def decode(entries: np.ndarray, progress: Progress) -> np.ndarray:
        def fill(images: np.ndarray) -> None:
            assert isinstance(images, np.memmap)
            client.ask(progress, entries=entries.tolist(), into=str(images.filename))

        digest = hashlib.sha256(repr((listing["identity"], shape)).encode())
        digest.update(entries.astype("<i8").tobytes())
        return kept(digest.hexdigest()[:32], (len(entries), height, width, channels), fill)

    return Source(
        classes, parts["train"], parts.get("validation"), parts.get("test"), decode,
        close=client.close,
    )  # fmt: skip


def _labelled(
    name: str, names: list[str], labels: dict[str, list[int]]
) -> tuple[tuple[str, ...], dict[str, Part]]:
    """Return the classes of the training images, and the entries and labels of each part.

    A part whose labels are all negative was published without labels, and is left out.
    """
    parts: dict[str, Part] = {}
    first = 0
    for part, of_part in labels.items():
        if any(label >= 0 for label in of_part):
            parts[part] = np.arange(first, first + len(of_part)), np.array(of_part, np.int64)
        first += len(of_part)
    if "train" not in parts or parts["train"][1].min() < 0:
        raise DataError(
            f"{name} has training images without a class, which no classifier can use; give "
            "other --data"
        )
    values = np.unique(parts["train"][1])
    for part, (_, of) in parts.items():
        if unknown := np.setdiff1d(of, values).tolist():
            raise DataError(
                f"the {part} split of {name} has labels that train lacks: {unknown}; give other "
                "--data"
            )
    return tuple(names[value] for value in values), {
        part: (entries, np.searchsorted(values, of)) for part, (entries, of) in parts.items()
    }


class _Reader:
    """The client of the process that reads one data set, `model_space.data.tfds_reader`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process = subprocess.Popen(  # noqa: S603 - Python itself
            running("model_space.data.tfds_reader"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},  # a GPU is for training
        )

    def ask(self, progress: Progress = lambda done, of: None, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer; raises `DataError` where there is none."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # its answers end, too
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        while (line := self._process.stdout.readline()).endswith("\n"):
            answer: dict[str, Any] = json.loads(line)
            if "unusable" in answer:
                raise DataError(answer["unusable"])
            if "reading" not in answer:
                return answer
            progress(answer["reading"], answer["of"])
        raise DataError(
            f"the process that reads {self._name} ended with exit code {self._process.wait()}; "
            "try again, or give other --data"
        )

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError), self._process:
            pass  # its pipes are closed, and its end awaited
