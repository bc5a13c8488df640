"""The part of a script that lists files, wherever they are, and decodes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from model_space.data import (
    Columns,
    DataSpec,
    archive,
    arrow_layout,
    arrow_rows,
    earlier,
    hub,
    hub_reader,
    images,
    listing,
    sound,
)
from model_space.data.arrow_rows import ArrowForm
from model_space.data.layout import Layout, find_layout
from model_space.data.loading import file_set, is_arrow
from model_space.data.mel import Spectrogram
from model_space.data.merging import without_copies
from model_space.data.places import HUB, places
from model_space.data.reading import AS_IT_IS
from model_space.data.source import PARTS, Source
from model_space.data.stretching import stretched
from model_space.data.table import TableForm, find_form, labels_of, read_rows
from model_space.data.wav import read_wav
from model_space.facts import DataFacts
from model_space.script.embedding import Embedding
from model_space.script.layout import bracketed
from model_space.script.reading_code import ReadingCode, indented, mode, numbers, text

_DECODED = '''\
def decoded(part: Part) -> Part:
    """Return the images (N, height, width, channels), bytes, of files, and their labels."""
    files, labels = part
    images = np.empty((len(files), *IMAGE_SHAPE), np.uint8)
    for file, target in zip(files, images, strict=True):
{lines}
    return {images}, labels'''
_IMAGE = (
    "with Image.open(file) as image:",
    '    target[:] = pixels(image, "{mode}", ({width}, {height}){levels})',
)
_WAV = ("rate, _, samples = read_wav(file, SPECTROGRAM.seconds)",)
_ANY_SOUND = (
    "try:",
    "    rate, _, samples = read_wav(file, SPECTROGRAM.seconds)",
    "except NotPlainWavError:",
    "    with soundfile.SoundFile(file) as sound:",
    "        rate = sound.samplerate",
    "        wanted = round(SPECTROGRAM.seconds * rate)",
    '        samples = sound.read(wanted, dtype="float32", always_2d=True)',
)
_SOUND = "target[:] = mel_image(rate, samples, SPECTROGRAM)"
_NUMBERED = '''\
def numbered(labels: dict[str, str], folder: Path) -> Part:
    """Return the paths of files in a folder, and the numbers of their classes."""
    files = np.array([str(folder / name) for name in labels], dtype=object)
    return files, np.array([CLASS_NAMES.index(name) for name in labels.values()], np.int64)'''
_UNZIP = '''\
def unpack(path: Path, folder: Path) -> None:
    """Unpack a zip into a folder."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            member.filename = member_name(member)
            archive.extract(member, folder)'''
_UNTAR = '''\
def unpack(path: Path, folder: Path) -> None:
    """Unpack a tar into a folder."""
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")'''
_UNPACKED = "with tempfile.TemporaryDirectory() as unpacked:"


def of_files(data: DataSpec, source: Source, facts: DataFacts, embedding: Embedding) -> ReadingCode:
    """Return the code that lists the files of a data set, and decodes them."""
    paths, columns = places(data.name), data.columns or Columns()
    suffixes = "IMAGES" if source.sound is None else "SOUNDS"
    if data.name.startswith(HUB):
        code = _hub(data.name, columns, source, embedding)
    elif data.reader == 1:
        code = _folder_as_before(paths[0], embedding)
    elif len(paths) > 1:
        code = _folders(paths, suffixes, embedding)
    elif is_arrow(paths[0]):
        code = _arrow(paths[0], columns, source, embedding)
    elif paths[0].is_dir():
        code = _folder(paths[0], suffixes, embedding)
    elif archive.is_archive(paths[0]):
        code = _archive(paths[0], suffixes, embedding)
    else:
        code = _table(paths[0], columns, source, embedding)
    code.files = True
    code.blocks += _decoding(data, source, facts, embedding)
    return code


def _decoding(data: DataSpec, source: Source, facts: DataFacts, embedding: Embedding) -> list[str]:
    """Return the code of `decoded`, and of what it calls."""
    account = facts.reading or AS_IT_IS
    if source.sound is None:
        blocks = embedding.sources(earlier.pixels if data.reader == 1 else images.pixels)
        decode = _image_code(facts)
    else:
        mel_image = earlier.mel_image if data.reader == 1 else sound.mel_image
        blocks = embedding.sources(Spectrogram, mel_image, read_wav)
        blocks.append(f"SPECTROGRAM = {facts.sound!r}")
        decode = [*_sound_code(source), _SOUND]
    decoded = "images"
    if account.stretched:
        blocks += embedding.sources(stretched)
        decoded = f"stretched(images, {numbers(account.stretched)})"
    return [*blocks, _DECODED.format(lines=indented(decode, 8), images=decoded)]


def _folder_as_before(path: Path, embedding: Embedding) -> ReadingCode:
    folders = earlier.part_folders(path) or {"train": path}
    lines = [
        f"{part} = listed({_within('DATA', folder.relative_to(path))}, CLASS_NAMES)"
        for part, folder in folders.items()
    ]
    constants = _constants(path, earlier.class_names(folders["train"]))
    return ReadingCode(
        lines, set(folders), constants=constants, blocks=embedding.sources(earlier.listed)
    )


def _folder(path: Path, suffixes: str, embedding: Embedding) -> ReadingCode:
    layout = find_layout(path)
    lines = [f"{part} = {code}" for part, code in _listed(path, layout, "DATA", suffixes).items()]
    return ReadingCode(
        lines,
        set(layout.parts),
        constants=_constants(path, layout.classes),
        blocks=embedding.sources((listing.__name__, suffixes), listing.listed),
    )


def _folders(paths: Sequence[Path], suffixes: str, embedding: Embedding) -> ReadingCode:
    layouts = [find_layout(path) for path in paths]
    classes = sorted({name for layout in layouts for name in layout.classes})
    folders = bracketed("FOLDERS = [", [f"Path({text(path)})" for path in paths], "]", 0)
    lines = ["places = ["]
    for number, (path, layout) in enumerate(zip(paths, layouts, strict=True)):
        listed = _listed(path, layout, f"FOLDERS[{number}]", suffixes)
        items = [f"{text(part)}: {code}" for part, code in listed.items()]
        lines += bracketed("{", items, "},", 4)
    lines += ["]", "parts = without_copies(places)"]
    parts = {part for layout in layouts for part in layout.parts}
    lines += [f'{part} = parts["{part}"]' for part in PARTS if part in parts]
    names = bracketed("CLASS_NAMES = [", [text(name) for name in classes], "]", 0)
    return ReadingCode(
        lines,
        parts,
        constants=[*folders, *names],
        blocks=embedding.sources((listing.__name__, suffixes), listing.listed, without_copies),
    )


def _archive(path: Path, suffixes: str, embedding: Embedding) -> ReadingCode:
    folder = file_set(str(path)).unpacked
    assert folder is not None
    layout = find_layout(folder)
    listed = _listed(folder, layout, "Path(unpacked)", suffixes)
    lines = ["unpack(DATA, Path(unpacked))", *(f"{p} = {code}" for p, code in listed.items())]
    zipped = path.suffix.lower() == ".zip"
    return ReadingCode(
        lines,
        set(layout.parts),
        constants=_constants(path, layout.classes),
        blocks=[
            *(embedding.sources(archive.member_name) if zipped else []),
            _UNZIP if zipped else _UNTAR,
            *embedding.sources((listing.__name__, suffixes), listing.listed),
        ],
        within=_UNPACKED,
    )


def _table(path: Path, columns: Columns, source: Source, embedding: Embedding) -> ReadingCode:
    form, _ = find_form(path, columns)
    parts = source.parts
    lines = [
        f"rows = read_rows(DATA, TABLE.encoding, TABLE.delimiter){'[1:]' * form.header}",
        "labels = labels_of(DATA, rows, TABLE)",
        *_parts_of_labels(parts, "DATA.parent"),
    ]
    return ReadingCode(
        lines,
        set(parts),
        constants=_constants(path, source.classes),
        blocks=[
            *embedding.sources(TableForm, read_rows, labels_of),
            "\n".join(_made("TABLE", form)),
            _NUMBERED,
        ],
    )


def _parts_of_labels(parts: Iterable[str], folder: str) -> list[str]:
    return [f'{part} = numbered(labels["{part}"], {folder})' for part in parts]


def _arrow(path: Path, columns: Columns, source: Source, embedding: Embedding) -> ReadingCode:
    form = arrow_layout.find_arrow_layout(path, columns).form
    return _rows(arrow_layout.root(path), form, source, embedding)


def _rows(folder: Path, form: ArrowForm, source: Source, embedding: Embedding) -> ReadingCode:
    parts = source.parts
    lines = [
        "labels = unpack(DATA, ROWS, Path(unpacked))",
        *_parts_of_labels(parts, "Path(unpacked)"),
    ]
    return ReadingCode(
        lines,
        set(parts),
        constants=_constants(folder, source.classes),
        blocks=[
            *embedding.sources(ArrowForm, arrow_rows.unpack),
            "\n".join(_made("ROWS", form)),
            _NUMBERED,
        ],
        within=_UNPACKED,
    )


def _hub(name: str, columns: Columns, source: Source, embedding: Embedding) -> ReadingCode:
    folder = hub.folder_of(name)
    form = arrow_layout.find_arrow_layout(folder, columns).form
    code = _rows(folder, form, source, embedding)
    found, config = hub.parsed(name)
    given = text(found) if config is None else f"{text(found)}, {text(config)}"
    names = bracketed("CLASS_NAMES = [", [text(one) for one in source.classes], "]", 0)
    code.constants = [f"DATA = {given}  # of the Hugging Face Hub", *names]
    code.blocks = [*embedding.sources(hub_reader.save), *code.blocks]
    saved = 'Path(unpacked, "saved")'
    called = "DATA, None" if config is None else "*DATA"
    code.lines = [f"save({called}, {saved})", *code.lines]
    code.lines[1] = f"labels = unpack({saved}, ROWS, Path(unpacked))"
    return code


def _constants(path: Path, classes: Iterable[str]) -> list[str]:
    names = bracketed("CLASS_NAMES = [", [text(name) for name in classes], "]", 0)
    return [*bracketed("DATA = Path(", [text(path)], ")", 0), *names]


def _listed(path: Path, layout: Layout, at: str, suffixes: str) -> dict[str, str]:
    """Return the code that lists each part of a folder, which is called `at`."""
    return {
        part: f"listed({_within(at, folder.relative_to(path))}, CLASS_NAMES, {suffixes})"
        for part, folder in layout.parts.items()
    }


def _within(at: str, inside: Path) -> str:
    return " / ".join([at, *map(text, inside.parts)])


def _made(name: str, form: TableForm | ArrowForm) -> list[str]:
    """Return the code of a constant for a form."""
    given = [f"{field}={_value(value)}" for field, value in vars(form).items()]
    return bracketed(f"{name} = {type(form).__name__}(", given, ")", 0)


def _value(value: object) -> str:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        items = [_value(one) for one in value]
        return f"({', '.join(items)}{',' * (len(items) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_value(key)}: {_value(one)}' for key, one in value.items())}}}"
    return repr(value)


def _image_code(facts: DataFacts) -> list[str]:
    """Return the lines that decode an image."""
    height, width, channels = facts.image_shape
    levels = (facts.reading or AS_IT_IS).levels
    given = "" if levels is None else f", {levels}"
    return [
        line.format(mode=mode(channels), width=width, height=height, levels=given)
        for line in _IMAGE
    ]


def _sound_code(source: Source) -> Iterable[str]:
    """Return the lines that read a sound: shorter where each is a WAV that needs no library."""
    listed = (source.train, source.validation, source.test)
    files = np.concatenate([part[0] for part in listed if part is not None])
    plain = sound.survey(files, lambda done, of: None)["plain"]
    return _WAV if plain.all() else _ANY_SOUND
