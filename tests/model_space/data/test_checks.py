"""What is checked of the images that were read, and by which rules."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model_space.data import DataSpec, load
from model_space.data.checks import hardly_seen
from model_space.facts import DataFacts
from tests.support.pictures import SIDE, bits, every, pictures, pixels, sizes

pytestmark = pytest.mark.numeric


def checked(path: Path) -> Any:
    return DataFacts.of(load(str(path))).checks


def test_images_that_are_in_two_splits_are_counted(tmp_path: Path) -> None:
    pictures(tmp_path / "train", 10)
    pictures(tmp_path / "test", 4, seed=1)
    pictures(tmp_path / "val", 4, seed=2)
    copied = (tmp_path / "train" / "a" / "3.png").read_bytes()
    for name in ("test/a/3.png", "val/a/0.png", "train/a/5.png"):
        (tmp_path / name).write_bytes(copied)
    checks = checked(tmp_path)
    assert checks.repeated == {"validation": 1, "test": 1}
    assert checks.contradicting == 0
    (tmp_path / "test" / "b" / "2.png").write_bytes(copied)
    checks = checked(tmp_path)
    assert checks.repeated == {"validation": 1, "test": 2}
    assert checks.contradicting == 1
    assert checks.contradicting_files == (
        str(tmp_path / "train" / "a" / "3.png"), str(tmp_path / "test" / "b" / "2.png")
    )  # fmt: skip
    assert checks.uniform == 0


def test_files_of_an_archive_are_named_as_the_user_has_them(tmp_path: Path) -> None:
    pictures(tmp_path / "set", 10)
    copied = (tmp_path / "set" / "a" / "3.png").read_bytes()
    (tmp_path / "set" / "b" / "4.png").write_bytes(copied)
    archive = Path(shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path / "set"))
    checks = checked(archive)
    assert checks.contradicting == 1
    named = sorted(checks.contradicting_files)
    assert [name.startswith(f"{archive}/") for name in named] == [True, True]
    assert [name[-7:] for name in named] == ["a/3.png", "b/4.png"]


@pytest.mark.parametrize("value", [0, 7, 255])
def test_constant_inputs_are_found(tmp_path: Path, value: int) -> None:
    x = np.full((40, SIDE, SIDE), value, np.uint8)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(40) % 2)
    checks = checked(tmp_path / "a.npz")
    assert checks.spread == 0
    assert checks.uniform == 40
    assert checks.ranges["train"] == (value, value)
    assert checks.repeated == {"validation": 0, "test": 0}


def test_images_of_one_colour_are_found(tmp_path: Path) -> None:
    """Whatever the colour is: the channels of one differ from each other, and its pixels do not."""
    pictures(tmp_path, 10)
    for at, colour in enumerate([(200, 30, 30), (30, 200, 30), (0, 0, 0)]):
        Image.new("RGB", (SIDE, SIDE), colour).save(tmp_path / "a" / f"{at}.png")
    assert checked(tmp_path).uniform == 3
    x = np.full((3, SIDE, SIDE, 3), (0.8, 0.1, 0.1))
    x[1, 0, 0] = (0.81, 0.1, 0.1)
    x[2, 0, 0] = (0.1, 0.1, 0.1)
    assert hardly_seen(x).tolist() == [True, True, False]


def test_nearly_constant_inputs_are_found(tmp_path: Path) -> None:
    x = bits() + np.uint8(100)
    x[:, 3, 3] = 255  # a bright pixel hides it from the range
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(40) % 2)
    assert checked(tmp_path / "a.npz").spread < 0.005
    np.savez(tmp_path / "b.npz", x=pixels(0, 40, SIDE, SIDE), y=np.arange(40) % 2)
    assert checked(tmp_path / "b.npz").spread > 0.2


@pytest.mark.parametrize("whole", [1, 255])
def test_masks_of_another_scale_are_found(tmp_path: Path, whole: int) -> None:
    train, test = bits() * np.uint8(whole), bits() * np.uint8(256 - whole)
    np.savez(
        tmp_path / "a.npz", x=train, y=np.arange(40) % 2, x_test=test, y_test=np.arange(40) % 2
    )
    facts = DataFacts.of(load(str(tmp_path / "a.npz")))
    assert facts.reading is not None
    assert facts.checks is not None
    assert (facts.reading.ranges or facts.checks.ranges) == {
        "train": (0, whole), "validation": (0, whole), "test": (0, 256 - whole)
    }  # fmt: skip
    assert facts.checks.faint == (0 if whole == 1 else 40)


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.uint16])
def test_images_that_a_few_values_make_faint_are_found(tmp_path: Path, kind: type) -> None:
    x: Any = bits().astype(kind)
    x[:3] *= kind(255)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(40) % 2)
    assert checked(tmp_path / "a.npz").faint == 37
    images = np.stack([bits()[0], bits()[0] * np.uint8(255), bits()[0] * np.uint8(0)])
    assert hardly_seen(images[..., np.newaxis]).tolist() == [True, False, True]


def test_values_of_16_bits_are_compared_before_they_are_cut_off(tmp_path: Path) -> None:
    for part, depth in (("train", 12), ("test", 16)):
        for at in range(10):
            values = pixels(at + depth, SIDE, SIDE).astype(np.uint16) << (depth - 8)
            values[0, :2] = 0, (1 << depth) - 1
            (tmp_path / part / "ab"[at % 2]).mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(tmp_path / part / "ab"[at % 2] / f"{at}.png")
    data = load(str(tmp_path))
    assert data.reading.ranges == {"train": (0, 4095), "test": (0, 65535)}


def test_facts_travel_as_json(tmp_path: Path) -> None:
    pictures(tmp_path / "Training", 10)
    facts = DataFacts.of(load(str(tmp_path)))
    assert DataFacts.from_json(json.loads(json.dumps(asdict(facts)))) == facts


def test_what_began_by_the_earlier_rules_is_read_by_them(tmp_path: Path) -> None:
    pictures(tmp_path / "data" / "train", 8)
    pictures(tmp_path / "data" / "valid", 2)
    hidden = tmp_path / "data" / "train" / "a" / ".ipynb_checkpoints"
    hidden.mkdir()
    Image.fromarray(pixels(1)).save(hidden / "0.png")
    Image.fromarray(pixels(2)).convert("L").save(tmp_path / "data" / "train" / "a" / "0.png")
    first, now = (load(str(tmp_path / "data"), reader=reader) for reader in (1, 2))
    # The hidden copy comes first of all files: it is in colour.
    assert (first.image_shape, sum(sizes(first)), sizes(now)) == ((16, 16, 3), 17, [13, 4, 3])
    np.savez(tmp_path / "a.npz", x=bits(), y=np.arange(40) % 2, x_test=bits(), y_test=bits())
    assert every(load(str(tmp_path / "a.npz"), reader=1)).max() == 1
    assert DataSpec("digits").reader == 3
