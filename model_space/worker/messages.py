"""Messages between a worker's client and its server, a line of JSON each.

The client sends a `Workload` first, and the server answers with `Decoding` as long as it reads the
data, then with `DataRead` and `Ready`, or with a refusal. From then on the client sends jobs, one
at a time: `Survey`, `Train`, `DrawStrips` or `DrawTestImages`. During a job, the server answers
with `EpochEnded` after every epoch, which the client acknowledges with `GoOn`, and at the end with
the result (`Surveyed`, `Trained`, `StripsDrawn` or `ImagesDrawn`), or with `Interrupted`, `Failed`,
`CodeRefused` or `Died`. The client may send `Stop` at any time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import get_args

from model_space.budget import Budget
from model_space.custom.code import CustomCode
from model_space.data import DataSpec
from model_space.facts import DataFacts
from model_space.outcome import Outcome
from model_space.pictures import Picture, Strip
from model_space.recipe import Recipe
from model_space.typed_json import JsonError, from_json


@dataclass(frozen=True)
class Workload:
    """The data, objective and custom code that all runs of a worker share."""

    data: DataSpec
    objective: str = "accuracy"
    """The name of a scorer of `model_space.training.scorers`, by which every run is judged."""
    custom_code: CustomCode = field(default_factory=CustomCode)


@dataclass(frozen=True)
class Survey:
    """Try the user's code, and find which techniques change no stage of the network."""

    techniques: tuple[str, ...]
    budget: Budget


@dataclass(frozen=True)
class Train:
    """Train a run."""

    recipe: Recipe
    budget: Budget
    seed: int
    checkpoint: str | None = None
    final: bool = False
    """True to train on the validation images too, and to keep the checkpoint afterwards."""
    save: str | None = None
    """The file, whose name ends in .keras, to write the network to."""
    detailed: bool = False
    """True for an outcome with its mistakes, and the objective on training images by epoch."""


@dataclass(frozen=True)
class DrawStrips:
    """Draw some training images as each technique of a recipe makes them."""

    recipe: Recipe


@dataclass(frozen=True)
class DrawTestImages:
    """Draw some of the test images, given their rows."""

    rows: tuple[int, ...]


@dataclass(frozen=True)
class GoOn:
    """Acknowledge an epoch: go on with the run, or stop it early."""

    go_on: bool


@dataclass(frozen=True)
class Stop:
    """End the run under way after its batch, its finished epochs kept."""


@dataclass(frozen=True)
class Decoding:
    """Progress in decoding images or sounds."""

    done: int
    of: int


@dataclass(frozen=True)
class DataRefused:
    """The data cannot be used."""

    reason: str


@dataclass(frozen=True)
class DataRead:
    """The data have been read."""

    facts: DataFacts


@dataclass(frozen=True)
class Ready:
    """Keras and the user's code have been imported, and jobs may be sent."""


@dataclass(frozen=True)
class EpochEnded:
    """An epoch, from 1, has ended with this objective on the validation images."""

    epoch: int
    objective: float


@dataclass(frozen=True)
class LastJob:
    """The fork ends after the answer that follows; the server keeps this message to itself."""


@dataclass(frozen=True)
class Surveyed:
    """A survey has ended; the fields are those of `model_space.training.survey.Survey`."""

    left_out: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class Trained:
    """A run has ended."""

    outcome: Outcome


@dataclass(frozen=True)
class StripsDrawn:
    """Training images have been drawn."""

    strips: tuple[Strip, ...]


@dataclass(frozen=True)
class ImagesDrawn:
    """Test images have been drawn, in the order of their rows."""

    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Interrupted:
    """A run has ended early, as `Stop` asked."""


@dataclass(frozen=True)
class Failed:
    """A job has raised an exception."""

    reason: str


@dataclass(frozen=True)
class CodeRefused:
    """The user's code cannot be used."""

    reason: str


@dataclass(frozen=True)
class Died:
    """The fork has died within a job; a negative exit code is minus the signal that killed it."""

    exit_code: int


Job = Survey | Train | DrawStrips | DrawTestImages
Command = Workload | Job | GoOn | Stop
JobDone = Surveyed | Trained | StripsDrawn | ImagesDrawn
JobEnd = JobDone | Interrupted | Failed | CodeRefused | Died
Answer = Decoding | DataRefused | DataRead | Ready | EpochEnded | LastJob | JobEnd
Message = Command | Answer

_KINDS: Mapping[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}


def encode(message: Message) -> bytes:
    """Return a message as a line."""
    content = {"message": type(message).__name__, **asdict(message)}
    return json.dumps(content).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Read a line of `encode`. Raises `JsonError` for any other."""
    content = json.loads(line)
    kind = _KINDS.get(content["message"])
    if kind is None:
        raise JsonError(f"there is no message {content['message']!r}")
    return from_json(kind, content)
