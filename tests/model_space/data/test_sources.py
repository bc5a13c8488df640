"""Tables, archives, Parquet and Arrow files and several folders: read as a folder's images are."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from model_space.data import Columns, Data, DataError, holds_sounds, load, places, resolve, stem
from model_space.facts import DataFacts
from search.planning.parsing import parse_columns
from search.reporting.data import account
from tests.model_space.data.test_sound import tones
from tests.support.damage import within
from tests.support.pictures import pictures, pixels

pytestmark = pytest.mark.numeric
needs_pyarrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels(seed)).save(file, "PNG")
    return file.getvalue()


def labelled(root: Path, lines: list[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    """A table beside the folder of its images, a/0.png to b/4.png."""
    pictures(root)
    (root / "labels.csv").write_bytes((end.join(lines) + end).encode(encoding))
    return root / "labels.csv"


NAMES = [f"{name}/{number}.png" for name in "ab" for number in range(5)]


def rows(row: str, names: list[str] = NAMES) -> list[str]:
    return [row.format(path=name, label=name[-7], n=at) for at, name in enumerate(names)]


def same(data: Data, other: Data) -> None:
    """The same images, whatever the order in which they were listed."""
    for ours, theirs in ((data, other), (other, data)):
        have = {(i.tobytes(), n) for p in ours.parts.values() for i, n in zip(*p, strict=True)}
        for part in theirs.parts.values():
            assert have >= {(i.tobytes(), n) for i, n in zip(*part, strict=True)}


# Tables.

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
    lines = ["path,label", *[f"{name},{(at % 3) * 5}.0" for at, name in enumerate(NAMES * 2)]]
    pictures(tmp_path, 10)
    lines = ["path,label"]
    for at in range(20):
        lines.append(f"{'ab'[at % 2]}/{at // 2}.png,{(at % 3) * 5}{'.0' if at % 2 else ''}")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    assert load(str(tmp_path / "t.csv"), validation=3).classes == ("0", "5", "10")


def test_japanese_of_windows(tmp_path: Path) -> None:
    pictures(tmp_path / "画像")
    lines = ["ファイル,種類", *[f"画像/{n},{'犬猫'[int(n[0] == 'b')]}" for n in NAMES]]
    (tmp_path / "labels.csv").write_bytes("\r\n".join(lines).encode("cp932"))
    data = load(str(tmp_path / "labels.csv"))
    assert data.classes == ("犬", "猫")
    assert "text read as cp932" in said(data)


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


def said(data: Data) -> str:
    return " ".join(account(DataFacts.of(data)))


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
    "a,b\nx": r"line 2 of .* has 1 cell\(s\), and the first line 2",
    "a\nx\n": "no table with a column of files",
    "": "no table",
    "path,label\n": "has no rows",
    "path,label\na/0.png,a\nb/0.png,b,c\n": "has 3 cell.s., and the first line 2; quote",
    "path,label\na/0.png,a\nc/9.png,b\na/8.png,b\n": r"2 of the 3 files .* are missing: .*c/9\.png",
    "path,label\nhttp://x.org/1.png,a\nhttp://x.org/2.png,b\n": "2 addresses, .* not download",
    "path,label\na/0.png,a\na/0.png,b\n": "has the labels a and b in",
    "path,label\na/0.png,a\na/1.png,a\n": "have one class, 'a'",
    "path,label\na/0.png,a\nlabels.csv,b\n": r"labels\.csv cannot be read as an image",
    "path,label\na/0.png,a\nb/0.png,b\n": "2 of 2 classes have too few .*: 'a' 1, 'b' 1",
    "label,pixel0,pixel1\n1,0,0\n0,0,0\n": "with the paths of images or sounds is none",
    "path,label,split\na/0.png,a,train\nb/0.png,b,test\n": "the test split of .* has classes that",
    'path,label\n"a/0.png,a\nb/0.png,b\n': r"has 1 cell\(s\), and",
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
    with pytest.raises(DataError, match=r"or is .*flat/labels\.csv meant, a table of labels\?"):
        load(str(tmp_path / "flat"))


def test_columns_as_they_are_written() -> None:
    wanted = Columns("image path", "breed, long", "set")
    assert parse_columns(["path=image path,label=breed, long,split=set"]) == wanted
    assert parse_columns(["image=image path", "label=breed, long", "split=set"]) == wanted
    assert str(wanted) == "path=image path,label=breed, long,split=set"


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


# Archives.


def packed(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


FILES = {name: png(at) for at, name in enumerate(NAMES)}


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_archives_below_a_folder_with_what_else_is_in_them(tmp_path: Path, kind: str) -> None:
    top = {f"My photos/./{name}": content for name, content in FILES.items()}
    others = {"__MACOSX/My photos/a/._0.png": b"x", "My photos/readme.txt": b"hello"}
    data = load(str(packed(tmp_path / f"photos.{kind}", top | others)))
    assert data.classes == ("a", "b")
    assert "Left out: 1 .txt, 1 hidden image." in said(data)
    again = load(str(packed(tmp_path / f"again.{kind}", FILES)))
    assert again.fingerprint() == data.fingerprint()


def test_names_in_a_zip_as_other_systems_write_them(tmp_path: Path) -> None:
    files = {name.replace("a/", "b\\").replace("b/", "Ä/"): file for name, file in FILES.items()}
    path = packed(tmp_path / "photos.zip", files)
    # As macOS writes it: UTF-8, without the mark that says so.
    path.write_bytes(path.read_bytes().replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00"))
    assert path.read_bytes().count("Ä".encode()) == 10
    assert load(str(path)).classes == ("b", "Ä")


HOSTILE: dict[str, tuple[dict[str, bytes], str]] = {
    "a path upwards": ({**FILES, "../../evil.png": png(0)}, "a file outside of its folder"),
    "an absolute path": ({**FILES, "/tmp/evil.png": png(0)}, "a file outside of its folder"),
    "a path of Windows": ({**FILES, "C:\\evil.png": png(0)}, "a file outside of its folder"),
    "an archive": ({**FILES, "more.tar.gz": b"x"}, "holds another archive, more.tar.gz; unpack"),
    "a broken image": ({**FILES, "a/x.png": b"x"}, r"\.(zip|tgz)/a/x\.png cannot be read as an im"),
    "no classes": ({"x.png": png(0)}, r"photos\.(zip|tgz) has no subfolders with images"),
    "nothing": ({}, "has no subfolders"),
    "a folder and a file": ({"a.png": png(0), "a.png/b.png": png(1)}, "cannot be unpacked"),
}


@pytest.mark.parametrize("kind", ["zip", "tgz"])
@pytest.mark.parametrize("case", HOSTILE)
def test_archives_that_are_refused(tmp_path: Path, case: str, kind: str) -> None:
    files, message = HOSTILE[case]
    path = packed(tmp_path / f"photos.{kind}", files)
    if kind == "tgz" and "Windows" in case:
        pytest.skip("a name like another in a tar")
    with pytest.raises(DataError, match=message) as error:
        load(str(path))
    assert "unpacked" not in str(error.value).replace("cannot be unpacked", "")
    assert not Path("/tmp/evil.png").exists()


def test_links_and_what_is_made_to_fill_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for link_kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        with tarfile.open(tmp_path / "links.tar", "w") as tar:
            link = tarfile.TarInfo("a/0.png")
            link.type, link.linkname = link_kind, "/etc/passwd"
            tar.addfile(link)
        with pytest.raises(DataError, match=r"holds a link, a/0\.png"):
            load(str(tmp_path / "links.tar"))
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as archive:
        entry = zipfile.ZipInfo("a/0.png")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(DataError, match=r"holds a link, a/0\.png"):
        load(str(tmp_path / "links.zip"))
    monkeypatch.setattr("model_space.data.archive._LARGE", 1 << 20)
    for kind in ("zip", "tgz"):
        path = packed(tmp_path / f"bomb.{kind}", {f"a/{n}.png": bytes(1 << 20) for n in range(3)})
        with pytest.raises(DataError, match="unpacks to more than 100 times its size"):
            load(str(path))


def test_archives_that_are_cut_short(tmp_path: Path) -> None:
    for kind in ("zip", "tgz"):
        whole = packed(tmp_path / f"photos.{kind}", FILES).read_bytes()
        for share in (0, 0.1, 0.5, 0.99):
            path = tmp_path / f"cut-{share}.{kind}"
            path.write_bytes(whole[: int(share * len(whole))])
            with within(10), pytest.raises(DataError) as error:
                load(str(path))
            assert "\n" not in str(error.value)


# Parquet and Arrow.


def image_table(names: list[str], labels: list[Any], features: bool = True) -> Any:
    import pyarrow as pa

    images = [{"bytes": FILES[name], "path": name} for name in names]
    table = pa.table({"image": images, "label": labels, "note": ["x"] * len(names)})
    described = {
        "image": {"_type": "Image"},
        "label": {"names": ["zebra", "cat", "never"], "_type": "ClassLabel"},
    }
    content = json.dumps({"info": {"features": described}})
    return table.replace_schema_metadata({"huggingface": content}) if features else table


NUMBERS = [int(name[0] == "b") for name in NAMES]


@needs_pyarrow
def test_a_parquet_file_has_the_names_of_its_classes(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(image_table(NAMES, NUMBERS), tmp_path / "photos.parquet")
    data = load(str(tmp_path / "photos.parquet"))
    assert data.classes == ("zebra", "cat")
    assert "folders without images (never)" in said(data)
    pq.write_table(image_table(NAMES, NUMBERS, features=False), tmp_path / "plain.parquet")
    assert load(str(tmp_path / "plain.parquet")).classes == ("0", "1")
    words = ["b" if number else "a" for number in NUMBERS]
    pq.write_table(image_table(NAMES, words, features=False), tmp_path / "words.parquet")
    same(load(str(tmp_path / "words.parquet")), data)


@needs_pyarrow
@pytest.mark.parametrize("kind", ["saved to disk", "parquet", "arrow files"])
def test_a_data_set_in_parts(tmp_path: Path, kind: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = {"train": NAMES[1:4] + NAMES[6:9], "test": [NAMES[0], NAMES[5]], "extra": [NAMES[4]]}
    for part, names in parts.items():
        labels = [-1 if name == NAMES[1] else int(name[0] == "b") for name in names]
        table = image_table(names, labels)
        for shard, some in enumerate((table[:1], table[1:])):
            name = f"{shard:05d}-of-00002"
            if kind == "parquet":
                (tmp_path / "data").mkdir(exist_ok=True)
                pq.write_table(some, tmp_path / "data" / f"{part}-{name}.parquet")
                continue
            (tmp_path / part).mkdir(exist_ok=True)
            file = tmp_path / part / f"data-{name}.arrow"
            new = pa.ipc.new_stream if kind == "saved to disk" else pa.ipc.new_file
            with new(str(file), some.schema) as writer:
                writer.write_table(some)
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test", "extra"]}')
    data = load(str(tmp_path), validation=2)
    assert [len(labels) for _, labels in data.parts.values()] == [3, 2, 2]
    assert "1 row without image or label, 1 rows of the split extra" in said(data)


@needs_pyarrow
def test_parquet_files_that_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "photos.parquet"
    pq.write_table(image_table(NAMES, NUMBERS), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(DataError, match=r"photos\.parquet cannot be read \("):
        load(str(path))
    two = image_table(NAMES, NUMBERS, features=False).append_column("target", pa.array(NUMBERS))
    pq.write_table(two, path)
    with pytest.raises(DataError, match=r"label column of .* may be label or target .*--columns"):
        load(str(path))
    assert load(str(path), columns=Columns(label="target")).classes == ("0", "1")
    broken = image_table(NAMES, NUMBERS).to_pydict()
    broken["image"][3]["bytes"] = b"no image"
    pq.write_table(pa.table(broken), path)
    with pytest.raises(DataError, match=r"photos\.parquet/train/row-0000003 cannot be read as an"):
        load(str(path))
    pq.write_table(pa.table({"text": ["x"], "label": [1]}), path)
    with pytest.raises(DataError, match=r"column of .* with images or sounds is none"):
        load(str(path))


def test_what_is_missing_of_kouka_hf_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.parquet").touch()
    monkeypatch.setattr("model_space.data.arrow.find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"needs pyarrow: pip install 'kouka\[hf\]'"):
        load(str(tmp_path / "x.parquet"))
    if find_spec("datasets") is None:
        with pytest.raises(DataError, match=r"needs Hugging Face's datasets: pip install 'kouka\["):
            load("hf:beans")


# Several folders.


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
