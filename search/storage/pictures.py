"""Pictures of a study's images, kept in its database.

They are system attributes, which optuna-dashboard does not show and `optuna.copy_study` copies. As
some databases hold no more than 65,535 bytes in one, a long text is several.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from itertools import count

import optuna

from model_space.pictures import Picture, Strip
from model_space.typed_json import JsonError, from_json
from search.storage.optuna_internals import set_system_attribute, system_attributes

_KEY = "kouka:pictures"
_PIECE = 60_000
"""Characters, all of them ASCII."""


@dataclass(frozen=True)
class WrongImage:
    """A picture of a test image, and its row among them."""

    row: int
    picture: Picture


@dataclass(frozen=True)
class Pictures:
    """The pictures of a study."""

    strips: tuple[Strip, ...] = ()
    """Training images as the techniques make them; the first strip is of the images as they are."""
    wrong: tuple[WrongImage, ...] = ()
    """Test images that the recommended recipe gets wrong."""


def stored_pictures(study: optuna.Study) -> Pictures:
    """Read a study's pictures; there are none where another program wrote under their name."""
    attributes = system_attributes(study)
    pieces = []
    for number in count():
        piece = attributes.get(f"{_KEY}:{number}")
        if not isinstance(piece, str) or not piece:
            break
        pieces.append(piece)
    try:
        return from_json(Pictures, json.loads("".join(pieces)))
    except (JsonError, ValueError, RecursionError):
        return Pictures()


def keep_strips(study: optuna.Study, strips: tuple[Strip, ...]) -> None:
    """Keep pictures of training images in a study."""
    _write(study, replace(stored_pictures(study), strips=strips))


def keep_wrong_images(study: optuna.Study, images: tuple[WrongImage, ...]) -> None:
    """Keep pictures of test images in a study, in place of those that it has."""
    _write(study, replace(stored_pictures(study), wrong=images))


def remove_pictures(study: optuna.Study) -> None:
    """Leave no picture in a study."""
    _write(study, Pictures())


def _write(study: optuna.Study, pictures: Pictures) -> None:
    text = "" if pictures == Pictures() else json.dumps(asdict(pictures), separators=(",", ":"))
    pieces = {
        f"{_KEY}:{number}": text[first : first + _PIECE]
        for number, first in enumerate(range(0, len(text), _PIECE))
    }
    before = system_attributes(study)
    # Optuna removes no attribute: what is not needed any more becomes empty.
    unused = {key: "" for key in before if key.startswith(f"{_KEY}:") and key not in pieces}
    for key, piece in {**unused, **pieces}.items():
        if before.get(key) != piece:
            set_system_attribute(study, key, piece)
