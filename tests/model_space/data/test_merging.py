"""Several folders as one data set, sounds of every source, and the names of places."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model_space.data import DataError, holds_sounds, load, places, resolve, stem
from model_space.facts import DataFacts
from tests.model_space.data.test_sound import tones
from tests.support.pictures import pictures
from tests.support.sources import said, same

pytestmark = pytest.mark.numeric


def test_folders_are_merged_by_class_and_a_file_counts_once(tmp_path: Path) -> None:
    one, two = pictures(tmp_path / "one", 6), pictures(tmp_path / "two" / "train", 6, "bc", seed=1)
    pictures(tmp_path / "two" / "test", 2, "bc", seed=2)
    shutil.copy(one / "b" / "0.png", two / "b" / "copy.png")
    shutil.copy(tmp_path / "two" / "test" / "b" / "0.png", one / "b" / "leak.png")
    shutil.copy(one / "a" / "0.png", two / "c" / "other class.png")
    data = load(f"{one},{tmp_path / 'two'}", validation=3)
    assert data.classes == ("a", "b", "c")
    assert [len(labels) for _, labels in data.parts.values()] == [6 + 6 + 12 + 1 - 3, 3, 4]
    assert "training images from one and two/train, test images from two/test;" in said(data)
    assert "2 images of them are in an earlier folder too" in said(data)
    facts = DataFacts.of(data)
    assert facts.checks is not None
    assert not facts.checks.repeated.get("test")
    assert facts.checks.contradicting <= 1
    with pytest.raises(DataError, match=r"names several folders to merge, and .*three does not"):
        load(f"{one},{tmp_path / 'three'}")


def test_names_of_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("cats, mine", "dogs", "photos.tar.gz"):
        Path(name).mkdir()
    Path("real.csv").touch()
    Path("link.csv").symlink_to("real.csv")
    assert resolve("cats, mine") == str(tmp_path / "cats, mine")
    assert resolve("dogs, photos.tar.gz") == f"{tmp_path / 'dogs'},{tmp_path / 'photos.tar.gz'}"
    assert resolve("link.csv") == str(tmp_path / "link.csv")
    assert resolve("hf:user/name") == "hf:user/name" == stem("hf:user/name")
    assert resolve("nothing,at all") == "nothing,at all"
    assert stem("dogs,photos.tar.gz") == "dogs+photos"
    assert stem("a/labels.v2.csv") == "labels.v2"
    assert places.short(resolve("dogs,link.csv")) == "dogs,link.csv"


def test_sounds_of_a_table_and_of_an_archive(tmp_path: Path) -> None:
    root = tones(tmp_path / "data")
    files = sorted(root.rglob("*.wav"))
    lines = [f"{file.relative_to(tmp_path)},{file.parent.name}" for file in files]
    (tmp_path / "meta.csv").write_text("\n".join(["slice,kind", *lines]))
    packed = shutil.make_archive(str(tmp_path / "sounds"), "zip", root)
    whole = load(str(root))
    for name in (str(tmp_path / "meta.csv"), packed):
        assert holds_sounds(name)
        data = load(name)
        assert data.sound == whole.sound
        same(data, whole)
