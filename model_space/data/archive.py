"""Archives of a folder of images or sounds, zip or tar, unpacked into the cache."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from lzma import LZMAError
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from model_space.data.cache import home, kept_folder
from model_space.data.file_set import FileSet
from model_space.data.folder import folder_files
from model_space.data.layout import SUFFIXES
from model_space.data.listing import SOUNDS, is_hidden
from model_space.data.source import DataError

ARCHIVES = (
    ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz",
)  # fmt: skip
_NESTED = (*ARCHIVES, ".7z", ".rar")
_BROKEN = (
    gzip.BadGzipFile, tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError, EOFError,
    NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
"""Exceptions of the libraries for an archive that is damaged or of a kind they lack."""
_LARGE = 1 << 30
"""Bytes from which an archive must not become too many times larger."""
_MOST_TIMES = 100
"""That many times: photos hardly change in size, and an archive that fills disks does."""
_MOST_FILES = 5_000_000


@dataclass(frozen=True)
class _Member:
    """A file of an archive."""

    name: str
    size: int
    """Bytes."""
    content: IO[bytes]


def is_archive(path: Path) -> bool:
    """Tell an archive by its suffix."""
    return path.name.lower().endswith(ARCHIVES)


def archive_files(path: Path) -> FileSet:
    """Unpack the images or sounds of an archive, once, and list them as those of a folder.

    Raises `DataError` and `OSError`.
    """
    facts = path.stat()
    identity = (str(path.resolve()), facts.st_size, facts.st_mtime_ns)
    key = hashlib.sha256(repr(identity).encode()).hexdigest()[:32]
    try:
        folder = kept_folder(key, lambda into: _unpack(path, into))
    except DataError:
        raise
    except _BROKEN as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(":")
        raise DataError(f"{path} cannot be unpacked ({reason}); write it again") from error
    try:
        found = folder_files(folder)
    except DataError as error:
        raise DataError(str(error).replace(str(folder), str(path))) from error
    return replace(found, at=str(path), unpacked=folder)


def archive_holds_sounds(path: Path) -> bool:
    """Return True where the first image or sound of an archive is a sound."""
    with contextlib.suppress(*_BROKEN, OSError):
        for member in _members(path):
            inside = PurePosixPath(member.name)
            if inside.suffix.lower() in SUFFIXES and not any(map(is_hidden, inside.parts)):
                return inside.suffix.lower() in SOUNDS
    return False


def member_name(member: zipfile.ZipInfo) -> str:
    """Return the name of a file in a zip, as its maker meant it, with slashes.

    Some programs write UTF-8 and do not say so, and some write backslashes.
    """
    name = member.filename
    if not member.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/")


def _unpack(path: Path, into: Path) -> None:
    """Write the images and sounds of an archive to a folder, and all else without content."""
    packed, total = path.stat().st_size, 0
    free = shutil.disk_usage(into).free
    for number, member in enumerate(_members(path)):
        inside = PurePosixPath(member.name)
        total += member.size
        if number >= _MOST_FILES:
            raise DataError(f"{path} holds more than {_MOST_FILES:,} files; give a folder instead")
        if total > _LARGE and total > _MOST_TIMES * packed:
            raise DataError(
                f"{path} unpacks to more than {_MOST_TIMES} times its size, as archives do that "
                "are made to fill a disk; give the folder instead"
            )
        hidden = any(map(is_hidden, inside.parts))
        if not hidden and inside.name.lower().endswith(_NESTED):
            raise DataError(
                f"{path} holds another archive, {member.name}; unpack it and give the folder, or "
                "an archive of the files themselves"
            )
        wanted = not hidden and inside.suffix.lower() in SUFFIXES
        free -= member.size if wanted else 0
        if free < 0:
            raise DataError(
                f"the files of {path} take {total / 1e9:.3g} GB and more, for which there is no "
                f"room in {home()}; XDG_CACHE_HOME names another place"
            )
        try:
            (into / inside).parent.mkdir(parents=True, exist_ok=True)
            with (into / inside).open("wb") as file:
                if wanted:
                    shutil.copyfileobj(member.content, file, 1 << 20)
        except OSError as error:
            raise DataError(
                f"{path} cannot be unpacked: {member.name} cannot be written to {home()} "
                f"({error.strerror or error}); mend that, or give the folder instead"
            ) from error


def _members(path: Path) -> Iterator[_Member]:
    """Yield the files of an archive; raises `DataError` for what is no file in its folder."""
    if path.suffix.lower() == ".zip":
        yield from _members_of_zip(path)
    else:
        yield from _members_of_tar(path)


def _members_of_zip(path: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name = member_name(member)
            mode = member.external_attr >> 16
            if member.is_dir() or name.endswith("/"):
                continue
            _check_inside(path, name)
            if stat.S_ISLNK(mode):
                raise _refused_link(path, name)
            if member.flag_bits & 1:
                raise DataError(f"{path} is encrypted; unpack it and give the folder")
            with archive.open(member) as content:
                yield _Member(name, member.file_size, content)


def _members_of_tar(path: Path) -> Iterator[_Member]:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isdir():
                continue
            _check_inside(path, member.name)
            if member.issym() or member.islnk():
                raise _refused_link(path, member.name)
            content = archive.extractfile(member) if member.isfile() else None
            if content is None:
                raise DataError(
                    f"{path} holds {member.name}, which is neither file nor folder; pack it "
                    "without that"
                )
            with content:
                yield _Member(member.name, member.size, content)


def _check_inside(path: Path, name: str) -> None:
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts or PureWindowsPath(name).drive:
        raise DataError(
            f"{path} holds {name!r}, a file outside of its folder; pack it with paths from the "
            "folder"
        )


def _refused_link(path: Path, name: str) -> DataError:
    return DataError(
        f"{path} holds a link, {name}; pack the files that links point to (tar --dereference "
        "--hard-dereference does)"
    )
