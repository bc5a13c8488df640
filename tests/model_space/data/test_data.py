from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model_space.data import DataError, load


def save(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


def images(n: int, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, *(shape or (16, 16, 3))), np.uint8)


def folder(
    root: Path, classes: dict[str, int], mode: str = "RGB", size: int = 16, suffix: str = ".png"
) -> Path:
    for label, (name, count) in enumerate(classes.items()):
        (root / name).mkdir(parents=True)
        for i in range(count):
            pixels = images(1, size, size, 3, seed=100 * label + i)[0]
            Image.fromarray(pixels).convert(mode).save(root / name / f"{i}{suffix}")
    return root


def as_set(part: tuple[np.ndarray, np.ndarray]) -> set[bytes]:
    return {image.tobytes() for image in part[0]}


def test_digits_are_real_enlarged_and_stratified() -> None:
    data = load("digits")
    assert data.image_shape == (16, 16, 1)
    assert len(data.classes) == 10
    assert sum(len(part[1]) for part in (data.train, data.validation, data.test)) == 1797
    for _, labels in (data.train, data.validation, data.test):
        shares = np.bincount(labels, minlength=10) / len(labels)
        assert abs(shares - 0.1).max() < 0.02


def test_parts_share_no_image_and_a_seed_fixes_them() -> None:
    data, again, other = (load("digits", seed=seed) for seed in (1, 1, 2))
    parts = [as_set(part) for part in (data.train, data.validation, data.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert data.fingerprint == again.fingerprint != other.fingerprint


def test_sizes_are_those_asked_for() -> None:
    for validation, expected in ((0.2, 288), (100, 100)):
        data = load("digits", validation=validation, train_size=333)
        assert (len(data.train[1]), len(data.validation[1])) == (333, expected)


def test_classes_too_small_for_a_share_are_within_the_number(tmp_path: Path) -> None:
    labels = np.concatenate([np.zeros(900, int), np.repeat(np.arange(1, 11), 8)])
    path = save(tmp_path / "a.npz", x=images(980), y=labels)
    data = load(path, train_size=40, validation=30)
    for part, size in ((data.train, 40), (data.validation, 30)):
        counts = np.bincount(part[1])
        assert counts.sum() == size
        assert counts.min() == 1
        assert counts[0] == size - 10
    earlier = load(path, train_size=40, validation=30, reader=2)
    assert len(earlier.train[1]) > 40
    assert len(earlier.validation[1]) > 30


def test_the_test_images_do_not_depend_on_what_is_trained_on() -> None:
    small = load("digits", validation=50, train_size=100)
    assert as_set(small.test) == as_set(load("digits").test)


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("column", [False, True])
def test_npz_with_splits(tmp_path: Path, one_hot: bool, column: bool) -> None:
    y = np.arange(60) % 3
    labels = np.eye(3)[y] if one_hot else y[:, None] if column else y
    x = images(60)
    name = save(tmp_path / "a.npz", x_train=x, y_train=labels, x_test=x[:9] // 2, y_test=labels[:9])
    data = load(name, validation=6)
    assert data.classes == ("0", "1", "2")
    assert len(data.train[1]) == 54
    np.testing.assert_array_equal(data.test[0], x[:9] // 2)
    np.testing.assert_array_equal(data.test[1], y[:9])


def test_npz_of_grey_floats_is_rescaled_by_its_training_images(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(5, 100, (60, 16, 16))
    data = load(save(tmp_path / "a.npz", x=x, y=10 + 5 * (np.arange(60) % 2)))
    assert data.classes == ("10", "15")
    assert data.image_shape == (16, 16, 1)
    assert data.train[0].dtype == np.float32
    everything = np.concatenate([part[0] for part in (data.train, data.validation, data.test)])
    assert everything.min() == 0
    assert everything.max() == pytest.approx(1)


def test_npz_of_floats_in_range_stays_as_it_is(tmp_path: Path) -> None:
    x = np.random.default_rng(0).uniform(0.2, 0.7, (60, 16, 16, 3)).astype(np.float32)
    data = load(save(tmp_path / "a.npz", x=x, y=np.arange(60) % 2))
    assert as_set(data.train) <= {image.tobytes() for image in x}


@pytest.mark.parametrize(
    "above", [(), ("train",), ("train", "test"), ("train", "val"), ("train", "val", "test")]
)
def test_folders_with_and_without_splits(tmp_path: Path, above: tuple[str, ...]) -> None:
    for part in above or ("",):
        folder(tmp_path / part, {"cat": 20, "dog": 10})
    (tmp_path / "train" / ".hidden" if above else tmp_path / ".hidden").mkdir()
    data = load(str(tmp_path), validation=3)
    assert data.classes == ("cat", "dog")
    assert data.image_shape == (16, 16, 3)
    held = 30 if "val" in above else 3
    tested = 30 if "test" in above else 6
    expected = 30 - (0 if "val" in above else held) - (0 if "test" in above else tested)
    assert [len(p[1]) for p in (data.train, data.validation, data.test)] == [expected, held, tested]
    assert (np.bincount(data.train[1])[0] - 2 * np.bincount(data.train[1])[1]) <= 2


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".PNG"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_image_formats_and_grey(tmp_path: Path, suffix: str, mode: str) -> None:
    folder(tmp_path, {"a": 5, "b": 5}, mode=mode, suffix=suffix)
    channels = 1 if mode == "L" and suffix != ".gif" else 3
    assert load(str(tmp_path)).image_shape[:2] == (16, 16)
    if suffix != ".gif":
        assert load(str(tmp_path)).image_shape[2] == channels


def test_images_are_labelled_by_their_folder(tmp_path: Path) -> None:
    for name, value in (("black", 0), ("white", 255)):
        (tmp_path / name).mkdir()
        for i in range(10):
            Image.fromarray(np.full((16, 16, 3), value, np.uint8)).save(
                tmp_path / name / f"{i}.png"
            )
    data = load(str(tmp_path))
    for x, y in (data.train, data.validation, data.test):
        np.testing.assert_array_equal(x[:, 0, 0, 0], 255 * y)


def test_several_sizes_become_the_firsts_or_the_one_asked_for(tmp_path: Path) -> None:
    folder(tmp_path, {"a": 5, "b": 5}, size=20)
    Image.fromarray(images(1, 40, 30, 3)[0]).save(tmp_path / "b" / "odd.png")
    assert load(str(tmp_path)).image_shape == (20, 20, 3)
    assert load(str(tmp_path), image_size=24).image_shape == (24, 24, 3)


def test_sixteen_bit_images_span_black_to_white(tmp_path: Path) -> None:
    for name, value in (("dark", 1000), ("light", 60000)):
        (tmp_path / name).mkdir()
        for i in range(5):
            pixels = np.full((16, 16), value, np.uint16)
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    data = load(str(tmp_path))
    assert set(np.unique(data.train[0])) == {0, 255}


def no_folder(path: Path) -> str:
    return str(path / "nowhere")


def empty_folder(path: Path) -> str:
    return str(path)


def one_class(path: Path) -> str:
    return str(folder(path, {"a": 9}))


def scarce_class(path: Path) -> str:
    return str(folder(path, {"a": 9, "rare": 2}))


def corrupt_image(path: Path) -> str:
    (folder(path, {"a": 9, "b": 9}) / "b" / "3.png").write_bytes(b"not an image")
    return str(path)


def truncated_image(path: Path) -> str:
    file = folder(path, {"a": 9, "b": 9}, suffix=".jpg") / "b" / "3.jpg"
    file.write_bytes(file.read_bytes()[:200])
    return str(path)


def small_images(path: Path) -> str:
    return str(folder(path, {"a": 9, "b": 9}, size=14))


def lone_test_folder(path: Path) -> str:
    folder(path / "test", {"a": 9, "b": 9})
    return str(path)


def unknown_test_class(path: Path) -> str:
    folder(path / "train", {"a": 9, "b": 9})
    folder(path / "test", {"a": 9, "c": 9})
    return str(path)


def text_file(path: Path) -> str:
    (path / "a.txt").write_text("hello")
    return str(path / "a.txt")


def npz(**arrays: Any):  # type: ignore[no-untyped-def]
    def make(path: Path) -> str:
        return save(path / "a.npz", **arrays)

    return make


def broken_npz(path: Path) -> str:
    (path / "a.npz").write_bytes(b"PK\x03\x04 and no more")
    return str(path / "a.npz")


Y = np.arange(20) % 2
X = images(20)

UNUSABLE = {
    "unknown name": (lambda path: "cifar11", "no data set and no path 'cifar11'.*cifar10"),
    "no folder": (no_folder, "nowhere'.*folder of images"),
    "empty folder": (empty_folder, "no subfolders"),
    "one class": (one_class, "one class, 'a', .*; --data takes .* a subfolder for each class"),
    "scarce class": (
        scarce_class, "1 of 2 classes has too few training images: 'rare' 2; each needs 3 or more"),
    "a class for each image": (npz(x=X, y=np.arange(20)),
        "20 of 20 classes have .*: '0' 1, .* and 15 more; .*; are these labels names or measure"),
    "corrupt image": (corrupt_image, r"b/3\.png cannot be read"),
    "truncated image": (truncated_image, r"b/3\.jpg cannot be read"),
    "small images": (small_images, "14×14.*15×15.*--image-size"),
    "test without train": (lone_test_folder, "no train folder"),
    "unknown test class": (unknown_test_class, r"training folder lacks: \['c'\]"),
    "text file": (text_file, "neither a folder nor a .npz"),
    "broken npz": (broken_npz, "not a readable .npz"),
    "pickled objects": (npz(x=np.array([{}] * 20, dtype=object), y=Y), "pickled"),
    "pickled texts": (
        npz(x=X, y=np.array(["a", "b"] * 10, dtype=object)),
        r"y of .* holds pickled Python objects, .* texts as y\.astype\(str\)"),
    "nothing to test on": (
        npz(x_train=X, y_train=Y, x_test=X[:0], y_test=Y[:0]), "x_test of .* is empty; fill"),
    "bytes and numbers": (
        npz(x_train=X, y_train=Y, x_test=X / np.float32(255), y_test=Y),
        "x_train of .* holds bytes and x_test numbers from 0 to 1; give both the same type"),
    "numbers and bytes": (
        npz(x_train=X / np.float32(255), y_train=Y, x_test=X, y_test=Y),
        "x_train of .* holds numbers from 0 to 1 and x_test bytes; give both the same type"),
    "a name that is too long": (lambda path: "a" * 300, "no data set and no path 'aaa"),
    "names that are too long": (lambda path: f"{path},{'a' * 300}", "and aaa.* does not exist"),
    "NaN": (npz(x=np.full((20, 16, 16), np.nan), y=Y), "NaN"),
    "lengths": (npz(x=X, y=Y[:-1]), "20 images in x and 19 labels in y"),
    "no labels": (npz(x=X), "holds x; it needs"),
    "half a test": (npz(x_train=X, y_train=Y, x_test=X), "x_test without its counterpart"),
    "seven channels": (npz(x=images(20, 16, 16, 7), y=Y), "N×height×width"),
    "two shapes": (
        npz(x_train=X, y_train=Y, x_test=images(20, 18, 18, 3), y_test=Y), "differ in shape"),
    "dates": (npz(x=X, y=Y.astype("M8[D]")), "labels are integers, texts or one-hot"),
    "fractional labels": (npz(x=X, y=Y + 0.5), "not whole numbers"),
    "labels beyond integers": (npz(x=X, y=Y.astype("u8") + 2**63), r"labels from 9.*e\+18 to 9"),
    "labels beyond floats": (npz(x=X, y=Y * 1e300), r"labels from 0 to 1e\+300; number the cl"),
    "two-hot labels": (npz(x=X, y=np.ones((20, 2))), "not one-hot"),
    "labels of the test": (npz(x_train=X, y_train=Y, x_test=X, y_test=Y + 1), r"lacks: \[2\]"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "says"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_data_are_refused_in_a_sentence(tmp_path: Path, make, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match=says) as refusal:
        load(make(tmp_path))
    assert "\n" not in str(refusal.value)


def test_splits_that_leave_nothing_are_refused() -> None:
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"validation": 2000}, "--validation 2000 leaves none"),
        ({"train_size": 5}, "--train-size 5 does not fit"),
        ({"train_size": 100_000}, "--train-size 100000 does not fit"),
    )
    for options, says in refused:
        with pytest.raises(DataError, match=says):
            load("digits", **options)


def test_a_keras_set_that_cannot_be_downloaded_names_the_other_ways(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras

    def refuse() -> None:
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", refuse)
    with pytest.raises(DataError, match=r"could not download 'cifar10'.*digits.*folder.*npz"):
        load("cifar10")


def test_a_keras_set_comes_with_its_own_test_images(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    train, test = (
        (images(50, 28, 28), np.arange(50) % 10),
        (images(20, 28, 28, seed=1), np.arange(20) % 10),
    )
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: (train, test))
    data = load("mnist")
    assert data.image_shape == (28, 28, 1)
    np.testing.assert_array_equal(data.test[0][..., 0], test[0])
