"""The messages of a worker's client and server, as lines of JSON."""

import pytest

from model_space.budget import Budget
from model_space.custom.code import CustomCode, CustomNetwork, CustomTechnique
from model_space.data import DataSpec
from model_space.data.mel import Spectrogram
from model_space.facts import DataFacts
from model_space.outcome import Outcome
from model_space.pictures import Drawn, Picture, Strip
from model_space.technique import Dial
from model_space.typed_json import JsonError
from model_space.worker import messages
from model_space.worker.messages import Message, decode, encode

TECHNIQUE = CustomTechnique(
    name="noise", changes="images", source="here", dials=(Dial("by", 1, 2, 3),), at="n.py",
    digest="1",
)  # fmt: skip
FACTS = DataFacts(
    ("a", "b"), (40, 62, 1), 8, 4, 2, "f", Spectrogram(8000, 1.0, 40, 62),
    {"train": (4, 4), "validation": (2, 2)},
)  # fmt: skip
PICTURE = Picture("data:image/webp;base64,AAAA", 8, 9)
MESSAGES: list[Message] = [
    messages.Workload(
        DataSpec("digits", validation=50), "neg_log_loss",
        CustomCode((TECHNIQUE,), CustomNetwork("net.py", "2", ("width",))),
    ),
    messages.Survey(("noise", "mixup"), Budget(epochs=3)),
    messages.Train({"noise": {"by": 2}, "residual": {}}, Budget(), 7, "run.npz", True, "m.keras"),
    messages.DrawStrips({"noise": {"by": 2}}),
    messages.DrawTestImages((3, 1)),
    messages.GoOn(False),
    messages.Stop(),
    messages.Decoding(3, 5),
    messages.DataRefused("no data"),
    messages.DataRead(FACTS),
    messages.Ready(),
    messages.EpochEnded(1, 0.5),
    messages.LastJob(),
    messages.Surveyed(("residual",), ("look out",)),
    messages.Trained(Outcome(0.5, None, None, 0.1, 1000, False)),
    messages.StripsDrawn((Strip("mixup", True, (Drawn(PICTURE, ((0, 0.75), (1, 0.25))),)),)),
    messages.ImagesDrawn((PICTURE,)),
    messages.Interrupted(),
    messages.Failed("ValueError: ✗"),
    messages.CodeRefused("no code"),
    messages.Died(-9),
]  # fmt: skip


def test_every_kind_is_here() -> None:
    assert {type(message).__name__ for message in MESSAGES} == set(messages._KINDS)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_a_line_that_is_read_as_it_was_written(message: Message) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == message


def test_another_line_is_refused() -> None:
    with pytest.raises(JsonError, match="there is no message 'Go'"):
        decode(b'{"message": "Go"}\n')
    with pytest.raises(JsonError, match="GoOn lacks go_on"):
        decode(b'{"message": "GoOn"}\n')
