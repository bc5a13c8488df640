"""Tables of files and labels, as people write them: read as a folder's images are."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from model_space.data import Columns, Data, DataError, load
from model_space.data.file_set import numbered
from search.planning.parsing import parse_columns
from tests.support.pictures import pictures
from tests.support.sources import NAMES, png, said, same

pytestmark = pytest.mark.numeric


def labelled(root: Path, lines: list[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    """A table beside the folder of its images, a/0.png to b/4.png."""
    pictures(root)
    (root / "labels.csv").write_bytes((end.join(lines) + end).encode(encoding))
    return root / "labels.csv"


def rows(row: str, names: list[str] = NAMES) -> list[str]:
    return [row.format(path=name, label=name[-7], n=at) for at, name in enumerate(names)]


TABLES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "usual names": (["filename,class", *rows("{path},{label}")], {}),
    "other columns": (
        ["id,width,image_path,y,source", *rows("{n},16,{path},{label},web {n}")], {}
    ),
    "no header": (rows("{path},{label}"), {}),
    "no header, other columns": (rows("{n},{path},{label}"), {}),
    "by their values": (["Datei,Breite,Rasse", *rows("{path},16,{label}")], {}),
    "semicolons, a BOM, Windows' line ends": (
        ["Bild;Länge;label", *rows("{path};1,5;{label}")],
        {"encoding": "utf-8-sig", "end": "\r\n"},
    ),
    "tabs": (["file\ttarget", *rows("{path}\t{label}")], {}),
    "UTF-16": (["file,target", *rows("{path},{label}")], {"encoding": "utf-16"}),
    "Latin-1": (["file,category,où", *rows("{path},{label},à")], {"encoding": "latin-1"}),
    "quoted, with blanks and empty lines": (
        ['"image" , "category"', "", *rows('"{path}", {label} '), ","], {}
    ),
    "backslashes": (
        ["path,label", *[row.replace("/", "\\") for row in rows("{path},{label}")]], {}
    ),
    "no suffixes": (["id,label", *[row.replace(".png", "") for row in rows("{path},{label}")]], {}),
    "words and numbers": (
        ["path,label,class_name", *[f"{n},{int(n[0] == 'b')},{n[0]}" for n in NAMES]], {}
    ),
    "a column for each class": (
        ["name,a,b", *[f"{n},{int(n[0] == 'a')},{float(n[0] == 'b')}" for n in NAMES]], {}
    ),
    "a column for each class, as pandas writes it": (
        ["name,a,b", *[f"{n},{n[0] == 'a'},{n[0] == 'b'}" for n in NAMES]], {}
    ),
    "a column of masks": (["image,mask,label", *rows("{path},{path},{label}")], {}),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_tables_as_people_write_them(tmp_path: Path, case: str) -> None:
    lines, how = TABLES[case]
    data = load(str(labelled(tmp_path, lines, **how)))
    assert data.classes == ("a", "b")
    same(data, load_folder(tmp_path))


def load_folder(root: Path) -> Data:
    (root / "labels.csv").rename(root / "labels.txt")
    return load(str(root))


def test_classes_that_are_numbers_are_in_their_order(tmp_path: Path) -> None:
    pictures(tmp_path, 10)
    rows = [
        f"{'ab'[at % 2]}/{at // 2}.png,{(at % 3) * 5}{'.0' if at % 2 else ''}" for at in range(20)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["path,label", *rows]))
    assert load(str(tmp_path / "t.csv"), validation=3).classes == ("0", "5", "10")


def test_classes_that_are_equal_numbers_have_one_order_in_every_process() -> None:
    names = [f"{'0' * zeros}1" for zeros in reversed(range(8))]  # a set has them in any order
    classes, _ = numbered("t.csv", {"train": {f"{name}.png": name for name in names}})
    assert classes == tuple(names)


def test_japanese_of_windows(tmp_path: Path) -> None:
    pictures(tmp_path / "画像")
    lines = ["ファイル,種類", *[f"画像/{n},{'犬猫'[int(n[0] == 'b')]}" for n in NAMES]]
    (tmp_path / "labels.csv").write_bytes("\r\n".join(lines).encode("cp932"))
    data = load(str(tmp_path / "labels.csv"))
    assert data.classes == ("犬", "猫")
    assert "text read as cp932" in said(data)


@pytest.mark.parametrize(("on_disk", "other"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_of_another_coding_than_the_disk_s(
    tmp_path: Path, on_disk: Any, other: Any
) -> None:
    folder = unicodedata.normalize(on_disk, "Bilder für später")
    pictures(tmp_path / folder)
    lines = ["Datei,Rasse", *[f"{unicodedata.normalize(other, folder)}/{n},{n[0]}" for n in NAMES]]
    (tmp_path / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    data = load(str(tmp_path / "labels.csv"))
    same(data, load(str(tmp_path / folder)))


def test_columns_are_named_or_told_apart(tmp_path: Path) -> None:
    lines = ["path,species,colour", *[f"{n},{n[0]},{'xyx'[int(n[2]) % 2]}" for n in NAMES]]
    table = str(labelled(tmp_path, lines))
    with pytest.raises(DataError, match=r"label column of .* may be species or colour .*--columns"):
        load(table)
    assert load(table, columns=Columns(label="colour"), validation=2).classes == ("x", "y")
    with pytest.raises(
        DataError, match="1 of the 11 files"
    ):  # numbers are of a table without names
        load(table, columns=Columns("1", "2"))
    with pytest.raises(DataError, match="has no column 'kind'; it has path, species, colour"):
        load(table, columns=Columns(label="kind"))
    with pytest.raises(DataError, match="--columns label=x is for tables"):
        load("digits", columns=Columns(label="x"))


def test_splits_of_a_table(tmp_path: Path) -> None:
    parts = ["train", "TRAIN", "val", "test", "train"]
    lines = ["split,file,label", *[f"{parts[int(n[2])]},{n},{n[0]}" for n in NAMES]]
    data = load(str(labelled(tmp_path, lines)))
    assert [len(labels) for _, labels in data.parts.values()] == [6, 2, 2]
    assert "Splits: training images from split train/TRAIN, validation" in said(data)
    strange = [line.replace("val", "unused") for line in lines]
    with pytest.raises(DataError, match=r"column split of .* holds unused; splits are called"):
        load(str(labelled(tmp_path, strange)))


def test_a_column_of_yes_and_no_is_one_of_splits_where_it_is_named(tmp_path: Path) -> None:
    lines = ["file,label,is_valid", *[f"{n},{n[0]},{n[2] in '34'}" for n in NAMES]]
    table = str(labelled(tmp_path, lines))
    assert "label is label; not used: is_valid. --columns names others" in said(load(table))
    data = load(table, columns=Columns(split="is_valid"))
    held = "Splits: training images from is_valid False, validation images from is_valid True; test"
    assert held in said(data)
    assert len(data.validation[1]) == 4
    (tmp_path / "folds.csv").write_text("\n".join(lines).replace("is_valid", "fold"))
    with pytest.raises(DataError, match=r"column fold of .* holds False, True; splits are called"):
        load(str(tmp_path / "folds.csv"), columns=Columns(split="fold"))


def test_files_in_another_folder_and_what_is_left_out_are_said(tmp_path: Path) -> None:
    pictures(tmp_path / "photos")
    lines = ["file,label,note", *rows("{path},{label},"), "a/0.png,a,again", "a/1.png,,x", ",a,y"]
    (tmp_path / "labels.csv").write_bytes("\n".join([*lines, "b/0.png,b,é"]).encode("latin-1"))
    data = load(str(tmp_path / "labels.csv"))
    assert sum(len(labels) for _, labels in data.parts.values()) == 10
    assert (
        "path is file, label is label; not used: note; files from photos; text read as cp1252"
        in said(data)
    )
    assert "Left out: 2 rows without image or label, 2 rows that another row says" in said(data)


REFUSED = {
    "a,b\nx": r"line 2 of .* has 1 cell, and the first line 2",
    "a\nx\n": "no table with a column of files",
    "": "no table",
    "path,label\n": "has no rows",
    "path,label\na/0.png,a\nb/0.png,b,c\n": "has 3 cells, and the first line 2; quote",
    "path,label\na/0.png,a\nc/9.png,b\na/8.png,b\n": r"2 of the 3 files .* are missing: .*c/9\.png",
    "path,label\na/0.png,a\nc/9.png,b\n": "1 of the 2 files that .* names is missing",
    "path,label\nhttp://x.org/1.png,a\nhttp://x.org/2.png,b\n": "2 addresses, .* not download",
    "path,label\na/0.png,a\na/0.png,b\n": "has the labels a and b in",
    "path,label,split\na/0.png,a,train\nb/0.png,b,train\na/0.png,b,test\n": "labels a and b in",
    "path,label\na/0.png,a\na/1.png,a\n": "have one class, 'a'",
    "path,label\na/0.png,a\nlabels.csv,b\n": r"labels\.csv cannot be read as an image",
    "path,label\na/0.png,a\nb/0.png,b\n": "2 of 2 classes have too few .*: 'a' 1, 'b' 1",
    "label,pixel0,pixel1\n1,0,0\n0,0,0\n": (
        "with the paths of images or sounds cannot be told .* a program of yours, with --command"
    ),
    "path,label,split\na/0.png,a,train\nb/0.png,b,test\n": "the test split of .* has classes that",
    "path,a,b\na/0.png,1,0\na/1.png,1,1\nb/0.png,0,1\nb/1.png,0,0\n": (
        "columns a, b of .* have no yes in 1 of 4 rows, and several in 1; .* --columns label=COLUMN"
    ),
    'path,label\n"a/0.png,a\nb/0.png,b\n': "has 1 cell, and",
}


@pytest.mark.parametrize("content", REFUSED)
def test_tables_that_cannot_be_used(tmp_path: Path, content: str) -> None:
    pictures(tmp_path)
    (tmp_path / "labels.csv").write_text(content)
    with pytest.raises(DataError, match=REFUSED[content]) as error:
        load(str(tmp_path / "labels.csv"))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_a_folder_with_a_table_of_labels_says_that_it_is_there(tmp_path: Path) -> None:
    pictures(tmp_path / "one", classes="a")
    (tmp_path / "one" / "labels.csv").write_text("x")
    with pytest.raises(DataError, match=r"one folder of images or sounds, a; for the labels of .*"):
        load(str(tmp_path / "one"))
    (tmp_path / "flat").mkdir()
    for name in ("0.png", "labels.csv"):
        (tmp_path / "flat" / name).write_bytes(png(0))
    with pytest.raises(
        DataError,
        match=r"move each file .* or is .*flat/labels\.csv meant, a table of labels\?",
    ):
        load(str(tmp_path / "flat"))
    for part in ("train", "test"):
        shutil.copytree(tmp_path / "flat", tmp_path / "parts" / part)
    with pytest.raises(
        DataError, match=r"or is .*parts/train/labels\.csv meant, a table of labels"
    ):
        load(str(tmp_path / "parts"))


def test_columns_as_they_are_written() -> None:
    wanted = Columns("image path", "breed, long", "set")
    assert parse_columns(["path=image path,label=breed, long,split=set"]) == wanted
    assert parse_columns(["image=image path", "label=breed, long", "split=set"]) == wanted
    assert str(wanted) == "path=image path,label=breed, long,split=set"
