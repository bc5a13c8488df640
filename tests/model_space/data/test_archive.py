"""Archives: read as a folder's files are, and refused where they would do harm."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from model_space.data import DataError, load
from tests.support.damage import within
from tests.support.sources import FILES, png, said

pytestmark = pytest.mark.numeric


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


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_archives_below_a_folder_with_what_else_is_in_them(tmp_path: Path, kind: str) -> None:
    top = {f"My photos/./{name}": content for name, content in FILES.items()}
    others = {"__MACOSX/My photos/a/._0.png": b"x", "My photos/readme.txt": b"hello"}
    data = load(str(packed(tmp_path / f"photos.{kind}", top | others)))
    assert data.classes == ("a", "b")
    assert "Left out: 1 .txt, 1 hidden image." in said(data)
    again = load(str(packed(tmp_path / f"again.{kind}", FILES)))
    assert again.fingerprint == data.fingerprint


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
