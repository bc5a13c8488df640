"""Options that name the data of a study, and say how to read them."""

from __future__ import annotations

from typing import Annotated

import typer

DataOption = Annotated[
    str | None,
    typer.Option(
        metavar="DATA",
        help="A folder of images or sounds with one subfolder per class, or several, "
        "separated by commas; the same in a zip or tar; a .csv or .tsv list of their paths "
        "and labels; Parquet or Arrow files; a .npz file; digits, cifar10, cifar100, mnist, "
        "fashion_mnist, tfds:NAME of TensorFlow Datasets, hf:NAME of the Hugging Face Hub.  "
        "[default: the study's; of a new one NAME if that is a data set, else cifar10]",
    ),
]
ColumnsOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMNS",
        help="The columns of a table, as path=file,label=breed,split=part: some or all, by "
        "name, or by number from 1 if it has no names. Repeatable.  [default: found by their "
        "names and by what they hold]",
    ),
]
ImageSizeOption = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS",
        help="Resize images to this many pixels square.  [default: as they are]",
    ),
]
TrainSizeOption = Annotated[
    int | None,
    typer.Option(metavar="COUNT", help="Train on this many images only.  [default: all]"),
]
ValidationOption = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE|COUNT",
        help="Training images held out for validation: a share, or a number of images.  "
        "[default: 0.1]",
    ),
]
ImagesOption = Annotated[
    bool | None,
    typer.Option(
        "--images/--no-images",
        show_default=False,
        help="Keep a few small images of the data in the study, for its report; or none, and "
        "remove those there are.  [default: --images, in a new study]",
    ),
]


def resolved(data: str | None) -> str | None:
    """Make paths to data absolute; see `model_space.data.places.resolve`.

    Raises `InputError` for an empty name, as a variable of the shell may be.
    """
    from model_space.data import resolve
    from search.errors import InputError

    if data is not None and not data.strip():
        raise InputError("--data is empty; it takes the path or the name of a data set")
    return None if data is None else resolve(data)
