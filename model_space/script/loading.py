"""The part of a script that reads the data and holds out the same test images as the study."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np

from model_space.data import DataError, DataSpec, earlier, images
from model_space.data.arrays import KERAS_SETS, npz_names
from model_space.data.images import resized
from model_space.data.loading import find
from model_space.data.places import DIGITS
from model_space.data.reading import AS_IT_IS
from model_space.data.source import PARTS, Source
from model_space.data.splits import TEST_SHARE, split, take
from model_space.data.stretching import stretched
from model_space.data.tfds import TFDS
from model_space.facts import DataFacts
from model_space.script.embedding import Embedding
from model_space.script.files import of_files
from model_space.script.reading_code import BYTES, ReadingCode, indented, mode, numbers, text

_PART = "model_space.data.source", "Part"

_LOAD = '''\
def load() -> tuple[Part, Part]:
    """Return what to train on and what to test on, images and their labels each."""
{lines}'''
_PREPARED = '''\
def prepared(part: Part) -> Part:
    """Return images as numbers from 0 to 1, and labels as rows with a 1 for the class."""
    images, labels = part
    return {pixels}, keras.utils.to_categorical(labels, CLASSES)'''
_READ = '''\
def read(part: str) -> Part:
    """Return the images (N, height, width, channels), bytes, of a split, and their labels."""
    examples = tfds.load(
        DATA,
        split=part,
        decoders={{"{image}": tfds.decode.SkipDecoding()}},
        # A file after the other: the order in which the study has drawn.
        read_config=tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
    )
    images, labels = [], []
    for example in tfds.as_numpy(examples):
        with Image.open(BytesIO(example["{image}"])) as image:
            images.append(pixels(image, "{mode}", ({width}, {height})))
        labels.append(example["{label}"])
    return np.array(images), np.array(labels)'''


def loading(data: DataSpec, facts: DataFacts, embedding: Embedding) -> tuple[list[str], list[str]]:
    """Return constants, and the code of functions `load` and `prepared`.

    Raises `DataError` where the data differ from the facts, as far as that can be seen without
    decoding them.
    """
    name, size = data.name, data.image_size
    blocks = embedding.sources(_PART)
    if name in KERAS_SETS:
        reading = _keras(name, size, facts)
    else:
        with closing(find(data)) as source:
            _check(source, data, facts)
        if name == DIGITS:
            reading = _digits(size or 16)
        elif name.startswith(TFDS):
            reading = _tfds(data, source, facts, embedding)
        elif name.lower().endswith(".npz") and not Path(name).is_dir():
            reading = _npz(data, source)
        else:
            reading = of_files(data, source, facts, embedding)
    held_out = _held_out(reading.parts, data)
    if held_out:
        reading.constants.append(f"SPLIT_SEED = {data.seed}  # of the study's splits")
        blocks += embedding.sources(take)
    blocks += reading.blocks
    given = ["train", "test"]
    levels = (facts.reading or AS_IT_IS).stretched
    changes = []
    if levels and not reading.files:
        blocks += embedding.sources(stretched)
        changes = [f"{part} = stretched({part}[0], {numbers(levels)}), {part}[1]" for part in given]
    if reading.files:
        given = [f"decoded({part})" for part in given]
    elif reading.size is not None:
        blocks += embedding.sources(resized)
        given = [f"(resized({part}[0], {reading.size}), {part}[1])" for part in given]
    lines = [*reading.lines, *held_out, *changes, f"return {', '.join(given)}"]
    if reading.within:
        lines = [reading.within, *(f"    {line}" for line in lines)]
    blocks += [_LOAD.format(lines=indented(lines)), _PREPARED.format(pixels=reading.pixels)]
    return reading.constants, blocks


def _check(source: Source, data: DataSpec, facts: DataFacts) -> None:
    parts = split(source, data)
    sizes = tuple(len(labels) for _, labels in parts)
    of_classes = facts.class_counts or {}
    counts = {
        part: tuple(np.bincount(labels, minlength=len(source.classes)).tolist())
        for part, (_, labels) in zip(PARTS, parts, strict=True) if part in of_classes
    }  # fmt: skip
    known = facts.train, facts.validation, facts.test
    if (sizes, source.classes, counts) != (known, facts.classes, of_classes):
        raise DataError(
            f"the {source.thing}s of {data.name} are not those of the study; restore them, or "
            "name their place with --data"
        )


def _held_out(parts: set[str], data: DataSpec) -> list[str]:
    """Return lines that draw the test images where there are none, and join the others."""
    lines = []
    held = "validation" in parts
    exact = f"exact={data.reader > 2}"
    if "test" not in parts:
        share = f"round({TEST_SHARE} * len(train[1]))"
        lines.append(f"test, train = take(train, {share}, random, {1 + (not held)}, {exact})")
    if (size := data.train_size) is not None:
        if not held:
            count = data.validation
            share = f"round({count} * len(train[1]))" if count < 1 else str(int(count))
            lines.append(f"validation, train = take(train, {share}, random, 1, {exact})")
        lines.append(f"train, _ = take(train, {size}, random, 0, {exact})")
        held = True
    if lines:
        lines.insert(0, "random = np.random.default_rng(SPLIT_SEED)")
    if held:
        lines.append(
            "train = np.concatenate([train[0], validation[0]]), "
            "np.concatenate([train[1], validation[1]])"
        )
    return lines


def _digits(size: int) -> ReadingCode:
    lines = [
        "digits = load_digits()",
        "images = (digits.images * (255 / 16)).round().astype(np.uint8)[..., np.newaxis]",
        "train = images, digits.target",
    ]
    return ReadingCode(lines, {"train"}, size)


def _keras(name: str, size: int | None, facts: DataFacts) -> ReadingCode:
    channel = "[..., np.newaxis]" if facts.image_shape[2] == 1 else ""
    lines = [
        f"(images, labels), (held, held_labels) = keras.datasets.{name}.load_data()",
        f"train = images{channel}, labels.ravel()",
        f"test = held{channel}, held_labels.ravel()",
    ]
    return ReadingCode(lines, {"train", "test"}, size)


def _npz(data: DataSpec, source: Source) -> ReadingCode:
    path = Path(data.name)
    with np.load(path, allow_pickle=False) as archive:
        names = npz_names(path, archive.files, data.reader)
        arrays = {part: (archive[x], archive[y]) for part, (x, y) in names.items()}
    bytes_ = [images.dtype in (np.uint8, np.bool_) for images, _ in arrays.values()]
    rescaled = source.reading.levels is not None
    lines = ["with np.load(DATA, allow_pickle=False) as archive:"]
    for part, (pixels, labels) in arrays.items():
        x, y = (f"archive[{text(name)}]" for name in names[part])
        x += "[..., np.newaxis]" if pixels.ndim == 3 else ""
        number = pixels.dtype not in (np.uint8, np.bool_)
        if pixels.dtype == np.bool_:
            x = f"({x} * np.uint8(255))" if rescaled else f"{x} * np.uint8(255)"
        x += ".astype(np.float32)" if rescaled or number else ""
        if labels.ndim == 2:
            y += ".argmax(axis=1)" if labels.shape[1] > 1 else ".ravel()"
        y += "" if labels.dtype.kind in "iuUS" or ".argmax" in y else ".astype(np.int64)"
        lines.append(f"    {part} = {x}, {y}")
    labels = arrays["train"][1]
    values = np.unique(
        labels.argmax(axis=1) if labels.ndim == 2 and labels.shape[1] > 1 else labels
    )
    numbered = np.array_equal(values, np.arange(len(values)))
    if rescaled:
        lines.append("low, high = float(train[0].min()), float(train[0].max())")
    if not numbered:
        lines.append("classes = np.unique(train[1])")
    if rescaled or not numbered:
        for part in arrays:
            x = f"({part}[0] - low) / (high - low)" if rescaled else f"{part}[0]"
            y = f"{part}[1]" if numbered else f"np.searchsorted(classes, {part}[1])"
            lines.append(f"{part} = {x}, {y}")
    as_numbers = BYTES if all(bytes_) and not rescaled else "images"
    if any(bytes_) and not all(bytes_) and not rescaled:
        as_numbers = "images / np.float32(255) if images.dtype == np.uint8 else images"
    return ReadingCode(
        lines, set(arrays), data.image_size, [f"DATA = {text(path)}"], pixels=as_numbers
    )


def _tfds(data: DataSpec, source: Source, facts: DataFacts, embedding: Embedding) -> ReadingCode:
    from model_space.data.tfds_reader import DataSet

    height, width, channels = facts.image_shape
    known = DataSet(data.name, None)
    pixels = earlier.pixels if data.reader == 1 else images.pixels
    read = _READ.format(
        image=known.image, label=known.label, mode=mode(channels), width=width, height=height
    )
    parts = source.parts
    lines = ['train = read("train")', "classes = np.unique(train[1])"]
    for part in parts:
        if part != "train":
            lines.append(f'{part} = read("{part}")')
        lines.append(f"{part} = {part}[0], np.searchsorted(classes, {part}[1])")
    constants = [f"DATA = {text(data.name.removeprefix(TFDS))}  # of TensorFlow Datasets"]
    return ReadingCode(
        lines, set(parts), constants=constants, blocks=[*embedding.sources(pixels), read]
    )  # fmt: skip
