"""Parquet and Arrow files: read as a folder's images are."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from model_space.data import Columns, DataError, load
from tests.support.sources import FILES, NAMES, said, same

pytestmark = pytest.mark.numeric
needs_pyarrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")


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
    texts = [word.encode() for word in words]
    pq.write_table(image_table(NAMES, texts, features=False), tmp_path / "bytes.parquet")
    named = load(str(tmp_path / "bytes.parquet"), columns=Columns("image", "label"))
    assert named.classes == ("a", "b")


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
    assert "1 row without image or label, 1 row of the split extra" in said(data)


@needs_pyarrow
def test_broken_rows_are_named_by_their_files_and_numbers_in_them(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = image_table(NAMES, NUMBERS).to_pydict()
    whole["split"] = ["test" if number % 2 else "train" for number in range(len(NAMES))]
    for row in (2, 4):
        whole["image"][row]["bytes"] = b"no image"
    table = pa.table(whole)
    pq.write_table(table[:4], tmp_path / "a.parquet")
    pq.write_table(table[4:], tmp_path / "b.parquet")
    with pytest.raises(DataError) as refusal:
        load(str(tmp_path))
    assert str(refusal.value) == (
        f"2 files cannot be used: row 3 of {tmp_path / 'a.parquet'} cannot be read as an image; "
        f"row 1 of {tmp_path / 'b.parquet'} cannot be read as an image; repair or remove them"
    )


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
    with pytest.raises(DataError, match=r"row 4 of .*photos\.parquet cannot be read as an"):
        load(str(path))
    pq.write_table(pa.table({"text": ["x"], "label": [1]}), path)
    with pytest.raises(DataError, match=r"column of .* with images or sounds cannot be told"):
        load(str(path))
    whole = image_table(NAMES, NUMBERS).append_column("id", pa.array(range(len(NAMES))))
    pq.write_table(whole, path)
    with pytest.raises(DataError, match=r"has int where its images or sounds should be"):
        load(str(path), columns=Columns(path="id"))
    halves = [{"half": name} for name in NAMES]
    pq.write_table(pa.table({"image": halves, "label": NUMBERS}), path)
    with pytest.raises(DataError, match=r"has dict where its images or sounds should be"):
        load(str(path), columns=Columns(path="image"))
    splits = ["train", "", *["train"] * (len(NAMES) - 3), "test"]
    pq.write_table(image_table(NAMES, NUMBERS).append_column("split", pa.array(splits)), path)
    with pytest.raises(DataError, match=r"1 of \d+ rows of .* have no split in split; fill"):
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
