"""Data sets of TensorFlow Datasets, real ones on the disk, of a few small images."""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model_space.budget import Budget
from model_space.data import DataError, DataSpec, load, tfds, tfds_reader
from model_space.data.source import Progress
from model_space.worker.client import Worker
from tests.model_space.script.test_data import in_order
from tests.support.scripts import check_clean, run, written

with warnings.catch_warnings():  # of what it imports
    warnings.simplefilter("ignore")
    tensorflow_datasets = pytest.importorskip("tensorflow_datasets")
    from tensorflow_datasets.core.download import downloader

features = tensorflow_datasets.features
Example = dict[str, Any]

GREY = np.random.default_rng(0).integers(0, 256, (80, 16, 16, 1), np.uint8)
NAMES = ["unseen", "cat", "dog"]
SIZES = [(16 + i, 40 - i) for i in range(20)]


def png(pixels: np.ndarray) -> io.BytesIO:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    file.seek(0)
    return file


def grey(first: int, last: int, label: Callable[[int], Any]) -> list[Example]:
    return [{"image": png(GREY[i, ..., 0]), "label": label(i)} for i in range(first, last)]


def store(path: Path, name: str, described: dict[str, Any], **splits: list[Example]) -> None:
    tensorflow_datasets.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        config="grey" if name == "tiny" else None,
        features=features.FeaturesDict(described),
        split_datasets={split: list(enumerate(examples)) for split, examples in splits.items()},
        data_dir=path,
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tfds")
    image, label = features.Image(shape=(16, 16, 1)), features.ClassLabel(names=NAMES)
    plain = {"image": image, "label": label}
    store(
        path, "tiny", plain, train=grey(0, 60, lambda i: 1 + i % 2),
        validation=grey(60, 70, lambda i: 1 + i % 2), test=grey(70, 80, lambda i: -1),
    )  # fmt: skip
    coloured = {"picture": features.Image(), "coarse": label, "word": features.Text()}
    several = [
        {"picture": png(np.full((*size, 3), 200 * (i % 2), np.uint8)), "coarse": i % 2, "word": ""}
        for i, size in enumerate(SIZES)
    ]
    store(path, "several", coloured, train=several)
    store(path, "testing", plain, test=grey(0, 9, lambda i: i % 2))
    store(
        path, "texts", {"text": features.Text(), "label": label}, train=[{"text": "", "label": 1}]
    )
    two = {"image": image, "fine": label, "coarse": label}
    store(path, "two", two, train=[{"image": png(GREY[0, ..., 0]), "fine": 0, "coarse": 0}])
    depth = {"image": features.Image(shape=(16, 16, 1), dtype=np.float32), "label": label}
    store(path, "depths", depth, train=[{"image": GREY[0].astype(np.float32), "label": 0}])
    store(path, "secret", plain, train=grey(0, 9, lambda i: i % 2 - 1))
    store(
        path, "more", plain, train=grey(0, 20, lambda i: i % 2), test=grey(20, 30, lambda i: 2)
    )  # fmt: skip
    broken = [{"image": io.BytesIO(b"no image"), "label": 0}]
    store(path, "broken", plain, train=grey(0, 20, lambda i: i % 2) + broken)
    return path


class _Here:
    """The reader in this process, as starting one takes long."""

    asked: list[Example]

    def __init__(self, name: str) -> None:
        _Here.asked = []

    def ask(self, progress: Progress = lambda done, of: None, **request: Any) -> Example:
        _Here.asked.append(request)
        if "name" in request:
            self._data = tfds_reader.DataSet(**request)
            return dict(json.loads(json.dumps(self._data.listing())))
        self._data.decode(**request, progress=progress)
        return {}

    def close(self) -> None:
        pass


@pytest.fixture
def here(stored: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Here]]:
    monkeypatch.setattr(tfds, "_Reader", _Here)
    monkeypatch.setattr(tensorflow_datasets.core.constants, "DATA_DIR", str(stored))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorFlow Datasets
        yield _Here


@pytest.mark.parametrize("name", ["tfds:tiny", "tfds:tiny/grey", "tfds:tiny/grey:1.0.0"])
def test_each_image_is_of_its_split_and_its_class(here: type[_Here], name: str) -> None:
    data = load(name)
    assert data.classes == ("cat", "dog")
    numbers = {GREY[i].tobytes(): i for i in range(80)}
    parts = {}
    for part in ("train", "validation", "test"):
        images, labels = getattr(data, part)
        parts[part] = [numbers[image.tobytes()] for image in images]
        assert [i % 2 for i in parts[part]] == labels.tolist()
    assert sorted(parts["validation"]) == list(range(60, 70))
    # The test split has no labels, so a fifth of the training images takes its place.
    assert len(parts["test"]) == 12
    assert sorted(parts["train"] + parts["test"]) == list(range(60))


def test_images_are_decoded_once(
    here: type[_Here], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tfds_reader, "_AT_ONCE", 7)
    first = load("tfds:tiny", seed=1)
    assert [len(request.get("entries", [])) for request in here.asked] == [0, 48, 10, 12]
    again = load("tfds:tiny", seed=1)
    assert len(here.asked) == 1
    assert again.fingerprint == first.fingerprint != load("tfds:tiny", seed=2).fingerprint


def test_several_sizes_become_the_firsts_or_the_one_asked_for(here: type[_Here]) -> None:
    data = load("tfds:several", image_size=30)
    assert data.image_shape == (30, 30, 3)
    assert set(np.unique(data.train[0])) == {0, 200}
    np.testing.assert_array_equal(data.train[0][:, 0, 0, 0], 200 * data.train[1])
    # Which one is the first, tfds decides when it shuffles what it stores.
    assert load("tfds:several").image_shape[:2] in SIZES


UNUSABLE = {
    "no train split": ("testing", "tfds:testing has no train split; it has test"),
    "no image": ("texts", r"which image .* its features are label \(ClassLabel\), text \(Text\)"),
    "two labels": ("two", "does not say which image is of which class"),
    "no brightness": ("depths", "does not say which image is of which class"),
    "no label": ("secret", "training images without a class"),
    "a test label": ("more", r"test split of tfds:more has labels that train lacks: \[2\]"),
    "broken image": ("broken", "holds an image that cannot be read; remove .*broken.1.0.0"),
    "unknown": ("mnits", r"none named 'mnits' \(is it mnist.*tfds:NAME/CONFIG"),
    "no name": ("", "names no data set; it takes tfds:NAME"),
    "unknown version": ("tiny/grey:9.9.9", "none named 'tiny/grey:9.9.9'"),
    "unknown config": ("tiny/gray", "none named 'tiny/gray'"),
}


@pytest.mark.parametrize(("name", "says"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_sets_are_refused_in_a_sentence(here: type[_Here], name: str, says: str) -> None:
    with pytest.raises(DataError, match=says) as refusal:
        load(f"tfds:{name}")
    assert "\n" not in str(refusal.value)


def test_a_failed_download_is_told(
    here: type[_Here], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorflow_datasets.core.constants, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(downloader, "MAX_RETRIES", 0)  # or it tries for minutes
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # where nobody answers
    with pytest.raises(DataError, match=r"not download or prepare tfds:mnist \(.+\)") as refusal:
        load("tfds:mnist")
    assert "\n" not in str(refusal.value)


def test_the_package_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(DataError, match=r"--data tfds:mnist .* pip install 'kouka\[tfds\]'"):
        load("tfds:mnist")


def test_a_worker_reads_it_says_nothing_and_trains(
    stored: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TFDS_DATA_DIR", str(stored))
    worker = Worker(DataSpec("tfds:tiny", image_size=15))
    try:
        facts = worker.start()
        assert (facts.classes, facts.image_shape) == (("cat", "dog"), (15, 15, 1))
        assert (facts.train, facts.validation, facts.test) == (48, 10, 12)
        outcome = worker.train(
            {"global_pooling": {}}, Budget(epochs=1, width=0.1), 0, lambda epoch, accuracy: True
        )
    finally:
        worker.stop()
    assert 0 <= outcome.objective <= 1
    assert capfd.readouterr() == ("", "")


def test_a_reader_that_dies_is_told(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFDS_DATA_DIR", str(stored))
    reader = tfds._Reader("tfds:tiny")
    os.kill(reader._process.pid, 9)
    with pytest.raises(DataError, match="reads tfds:tiny ended with exit code -9"):
        reader.ask(name="tfds:tiny", image_size=None)
    reader.close()


@pytest.mark.parametrize("name", ["tfds:tiny", "tfds:several"])
def test_a_script_reads_the_same_images(here: type[_Here], name: str, tmp_path: Path) -> None:
    data = load(name, validation=4)
    script = written({}, data, DataSpec(name, validation=4))
    check_clean({"script": script}, tmp_path)
    train, test = run(script)["load"]()
    for ours, theirs in zip(in_order(*train), in_order(*data.joined().train), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(test, data.test, strict=True):
        np.testing.assert_array_equal(ours, theirs)
