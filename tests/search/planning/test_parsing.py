"""Recipes, as the command line takes them."""

import re
from typing import Any

import pytest

from model_space.technique import Dial, Factor
from search.errors import InputError
from search.planning.parsing import parse_fix, parse_ladder, parse_recipe


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("none", {}),
        ("mixup=0.3, batch_norm", {"batch_norm": {}, "mixup": {"alpha": 0.3}}),
        ("dropout", {"dropout": {"rate": 0.2}}),
        ("dropout,dropout.rate=0.5", {"dropout": {"rate": 0.5}}),
        ("mixup.alpha=1", {"mixup": {"alpha": 1.0}}),
    ],
)
def test_a_recipe_is_read(text: str, means: dict[str, Any]) -> None:
    read = parse_recipe(text)
    assert read == means
    assert list(read) == list(means)  # in the article's order


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sam", "no technique 'sam'; there are augmentation, "),
        ("none,mixup", "--recipe none,mixup: none is the recipe without any technique, and stands"),
        ("mixup,none=1", "none is the recipe without any technique"),
        ("batch_norm=1", "batch_norm has no dial"),
        ("batch_norm.rate=1", "batch_norm has no dial"),
        ("dropout.alpha=0.2", "dropout has no dial 'alpha'; it has rate"),
        ("dropout=0.9", "dropout takes its rate from 0.05 to 0.5"),
        ("dropout=", "dropout takes its rate"),
        ("dropout.rate", "dropout takes its rate"),
        ("mixup=nan", "mixup takes its alpha from 0.05 to 1"),
        ("mixup=0.1,mixup.alpha=0.2", "alpha of mixup is given twice"),
        ("", "it takes techniques, or none"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        parse_recipe(text)


def test_one_of_several_dials_is_named() -> None:
    known = (Factor("two", "", "", (Dial("a", 0, 1, 2), Dial("b", 0, 1, 2))),)
    assert parse_recipe("two.b=0.5", known) == {"two": {"a": 1, "b": 0.5}}
    with pytest.raises(InputError, match=r"two has several dials, a, b; two\.a=VALUE"):
        parse_recipe("two=1", known)


def test_a_technique_is_held_at_one_level() -> None:
    with pytest.raises(InputError, match="--fix mixup=off: mixup is fixed twice; it takes one"):
        parse_fix(["mixup=on", "dropout=off", "mixup=off"])


def test_a_ladder_has_seeds_and_steps() -> None:
    assert parse_ladder("0") == (0, None)
    assert parse_ladder("5:mixup,dropout") == (5, ("mixup", "dropout"))
    for text, says in (("0:mixup", "has no seeds"), ("0:", "names nothing"), ("3:", "names noth")):
        with pytest.raises(InputError, match=f"--ladder '{text}' {says}.*; it takes a number"):
            parse_ladder(text)
