"""The process that downloads a data set of the Hugging Face Hub for `model_space.data.hub`."""

from __future__ import annotations

from pathlib import Path

from model_space.child import respond
from model_space.data.hub import Answer, Request
from model_space.data.source import first_line


def save(name: str, config: str | None, into: Path) -> None:
    """Save a data set of the Hugging Face Hub to a folder, its images and sounds as they are."""
    import datasets

    splits = datasets.load_dataset(name, config)
    for split, rows in splits.items():
        for column, feature in rows.features.items():
            if isinstance(feature, (datasets.Image, datasets.Audio)):
                splits[split] = splits[split].cast_column(column, type(feature)(decode=False))
    splits.save_to_disk(into)


def _answer(request: Request) -> Answer:
    """Download the data set and save it, its images and sounds as they are."""
    try:
        save(request.name, request.config, Path(request.into))
    except Exception as error:  # the library raises all kinds
        return Answer(first_line(error))
    return Answer()


if __name__ == "__main__":
    respond(Request, _answer)
