"""JSON into dataclasses: what is taken, what is refused, and with which words."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import pytest

from model_space.budget import Budget
from model_space.facts import DataFacts
from model_space.typed_json import JsonError, from_json


@dataclass(frozen=True)
class Inner:
    name: str
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Outer:
    inner: Inner
    pair: tuple[int, float]
    maybe: Inner | None
    by_name: Mapping[str, Mapping[str, float] | None]
    either: int | str = 0
    on: bool = False


OUTER = Outer(Inner("a", (1, 2)), (3, 0.5), None, {"x": {"y": 1.5}, "z": None}, "text", True)


def test_an_object_is_read_as_it_was_written() -> None:
    written = json.loads(json.dumps(asdict(OUTER)))
    assert from_json(Outer, written) == OUTER
    written["maybe"] = {"name": "b"}
    assert from_json(Outer, written).maybe == Inner("b")


def test_what_is_missing_has_its_default_and_what_is_new_is_passed_over() -> None:
    short = {"inner": {"name": "a"}, "pair": [1, 2], "maybe": None, "by_name": {}, "newer": 1}
    assert from_json(Outer, short) == Outer(Inner("a"), (1, 2), None, {})


def test_an_integer_stays_one_where_a_float_may_stand() -> None:
    assert type(from_json(Budget, {"width": 1}).width) is int


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"inner": "a"}, "Outer.inner is 'a', not an object"),
        ({"inner": {}}, "Outer.inner lacks name"),
        ({"inner": {"name": 3}}, "Outer.inner.name is 3, not str"),
        ({"inner": {"name": "a", "numbers": [1, 2.5]}}, r"inner.numbers\[1\] is 2.5, not int"),
        ({"inner": {"name": "a", "numbers": [True]}}, r"numbers\[0\] is True, not int"),
        ({"pair": [1]}, "Outer.pair is .*, not an array of 2"),
        ({"pair": 1}, "Outer.pair is 1, not an array"),
        ({"by_name": {"x": {"y": "1"}}}, "Outer.by_name.x.y is '1', not float"),
        ({"by_name": [1]}, "Outer.by_name is .*, not an object"),
        ({"either": 1.5}, "Outer.either is 1.5, not str"),
        ({"on": 1}, "Outer.on is 1, not bool"),
    ],
)  # fmt: skip
def test_what_is_of_another_type_is_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(JsonError, match=says):
        from_json(Outer, {**json.loads(json.dumps(asdict(OUTER))), **change})


@pytest.mark.parametrize("other", [None, [], "text", 3])
def test_what_is_no_object_is_refused(other: object) -> None:
    with pytest.raises(JsonError, match=r"Outer is .*, not an object"):
        from_json(Outer, other)


def test_a_budget_that_cannot_be_is_refused() -> None:
    with pytest.raises(JsonError, match="epochs is 0; it must be above 0"):
        from_json(Budget, {"epochs": 0})


def test_the_facts_of_an_older_study_are_read() -> None:
    """The first studies held no fingerprint, sound or counts of classes."""
    older = {
        "classes": ["a", "b"],
        "image_shape": [8, 9, 1],
        "train": 3,
        "validation": 2,
        "test": 1,
    }
    facts = DataFacts.from_json(older)
    assert (facts.classes, facts.image_shape, facts.things) == (("a", "b"), (8, 9, 1), "images")
    assert (facts.sound, facts.class_counts) == (None, None)
    sounds = DataFacts.from_json(
        {**older, "sound": {"rate": 8000, "seconds": 1.0, "bands": 40, "frames": 62}}
    )
    assert sounds.things == "sounds"
    assert json.loads(json.dumps(asdict(sounds)))["sound"]["frames"] == 62
