"""The process that reads a data set of TensorFlow Datasets.

Every request and answer is a JSON object on a line. The first request names the data set and the
size of its images, and is answered with the classes and labels. Each later one names images to
decode into a file, and is answered with the progress, about once a second, and at its end.
Whatever cannot be done is answered with a sentence for the user.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import numpy as np
from filelock import FileLock

from model_space.child import answer_stream, ending_with
from model_space.data import earlier, images
from model_space.data.cache import home
from model_space.data.images import decode_image, size_of
from model_space.data.source import PARTS, DataError, Progress, first_line
from model_space.data.spec import READER

_AT_ONCE = 500
"""Images decoded between two looks at the clock."""


class DataSet:
    """A data set on this machine's disk, of images of one size."""

    def __init__(self, name: str, image_size: int | None, reader: int = READER) -> None:
        """Prepare it, if need be; raises `DataError` where it cannot be used."""
        import tensorflow_datasets

        self._tfds = tensorflow_datasets
        self._tfds.disable_progress_bar()
        self._name = name
        self._reader = reader
        self._builder = self._find(name.partition(":")[2])
        self.image, self.label = self._features()
        """The names of its features for the image and for its class."""
        self._prepare()
        splits = self._builder.info.splits
        if "train" not in splits:
            raise DataError(f"{name} has no train split; it has {', '.join(sorted(splits))}")
        self._parts = {part: splits[part] for part in PARTS if part in splits}
        channels = self._builder.info.features[self.image].shape[-1]
        self._mode, self._channels = ("L", 1) if channels == 1 else ("RGB", 3)
        self._size = (image_size, image_size) if image_size else self._first_size()

    def listing(self) -> dict[str, Any]:
        """Return its classes, labels by part, image shape, and a digest of its files."""
        rules = () if self._reader == 1 else (self._reader,)
        identity = (self._builder.info.full_name, self._mode, *rules)
        digest = hashlib.sha256(repr(identity).encode())
        for part in self._parts.values():
            for path in part.filepaths:
                facts = path.stat()
                digest.update(repr((str(path), facts.length, facts.mtime)).encode())
        return {
            "classes": self._builder.info.features[self.label].names,
            "labels": {
                part: [
                    label for batch in self._batches(part, self.label) for label in batch.tolist()
                ]
                for part in self._parts
            },
            "shape": (self._size[1], self._size[0], self._channels),
            "identity": digest.hexdigest(),
        }

    def decode(self, entries: list[int], into: str, progress: Progress) -> None:
        """Decode the images of those numbers, in ascending order, into a .npy file."""
        images = np.load(into, mmap_mode="r+")
        wanted = np.zeros(sum(part.num_examples for part in self._parts.values()), bool)
        wanted[entries] = True
        first, done, reported = 0, 0, time.monotonic()
        with ThreadPoolExecutor() as threads:
            for part, facts in self._parts.items():
                begin, first = first, first + facts.num_examples
                if not wanted[begin:first].any():
                    continue
                for batch in self._batches(part, self.image):
                    encoded = batch[wanted[begin : begin + len(batch)]]
                    begin += len(batch)
                    for pixels in threads.map(self._pixels, encoded):
                        images[done] = pixels
                        done += 1
                    if time.monotonic() - reported > 1:
                        progress(done, len(entries))
                        reported = time.monotonic()

    def _find(self, named: str) -> Any:
        try:
            return self._tfds.builder(named)
        except self._tfds.core.DatasetNotFoundError as error:
            close = difflib.get_close_matches(named, self._tfds.list_builders(), n=3)
            mean = f" (is it {' or '.join(close)}?)" if close else ""
            raise DataError(
                f"TensorFlow Datasets has none named {named!r}{mean}; --data takes "
                "tfds:NAME, tfds:NAME/CONFIG and tfds:NAME:VERSION"
            ) from error
        except Exception as error:  # tfds raises all kinds
            raise DataError(
                f"TensorFlow Datasets does not take {named!r} ({first_line(error)}); --data takes "
                "tfds:NAME, tfds:NAME/CONFIG and tfds:NAME:VERSION"
            ) from error

    def _features(self) -> tuple[str, str]:
        """Return the names of the features for the image and for its class."""
        features, kinds = self._builder.info.features, self._tfds.features
        named = dict(features) if isinstance(features, kinds.FeaturesDict) else {}
        images = [
            name for name, feature in named.items()
            if type(feature) is kinds.Image and len(feature.shape) == 3
            and feature.np_dtype != np.float32  # of which the pixels are no brightness
        ]  # fmt: skip
        labels = [name for name, feature in named.items() if isinstance(feature, kinds.ClassLabel)]
        match self._builder.info.supervised_keys:
            case (image, label) if image in images and label in labels:
                return image, label
        if len(images) == len(labels) == 1:
            return images[0], labels[0]
        has = ", ".join(f"{name} ({type(named[name]).__name__})" for name in sorted(named))
        raise DataError(
            f"{self._name} does not say which image is of which class, as a classifier needs; its "
            f"features are {has or 'unnamed'}; give other --data"
        )

    def _prepare(self) -> None:
        lock = home() / "tfds.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(lock):  # of several workers, one prepares it
                self._builder.download_and_prepare()
        except Exception as error:  # tfds raises all kinds
            raise DataError(
                f"TensorFlow Datasets could not download or prepare {self._name} "
                f"({first_line(error)}); solve that, prepare it with tfds build, or give other "
                "--data"
            ) from error

    def _batches(self, part: str, feature: str) -> Iterator[np.ndarray]:
        """Yield one feature of all examples of a part in batches, image files undecoded."""
        undecoded = {self.image: self._tfds.decode.SkipDecoding()}
        examples = self._builder.as_dataset(
            split=part,
            shuffle_files=False,
            decoders=self._tfds.decode.PartialDecoding(
                {feature: True}, undecoded if feature == self.image else None
            ),
            # A file after the other: always the same order, and the one that is meant.
            read_config=self._tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
        )
        for batch in examples.batch(_AT_ONCE).as_numpy_iterator():
            yield batch[feature]

    def _first_size(self) -> tuple[int, int]:
        for batch in self._batches("train", self.image):
            return size_of(BytesIO(batch[0]))
        raise DataError(f"{self._name} has no training images; give other --data")

    def _pixels(self, encoded: bytes) -> np.ndarray:
        try:
            pixels = earlier.pixels if self._reader == 1 else images.pixels
            return decode_image(BytesIO(encoded), self._mode, self._size, None, pixels)
        except DataError as error:
            raise DataError(
                f"{self._name} holds an image that cannot be read; remove "
                f"{self._builder.data_dir} to have it prepared anew"
            ) from error


def _answer_requests(answer: Callable[..., None]) -> None:
    asked = json.loads(sys.stdin.readline())
    data = DataSet(asked["name"], asked["image_size"], asked["reader"])
    answer(**data.listing())
    for line in sys.stdin:
        asked = json.loads(line)
        data.decode(asked["entries"], asked["into"], lambda done, of: answer(reading=done, of=of))
        answer(decoded=asked["into"])


def main() -> None:
    """Answer the requests on standard input until they end."""
    answers = answer_stream()

    def answer(**message: Any) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    with ending_with(os.getppid()):
        try:
            _answer_requests(answer)
        except DataError as error:
            answer(unusable=str(error))


if __name__ == "__main__":
    main()
