"""What a program's factors, dials and files are read as."""

from pathlib import Path

import pytest

from search.commands.parsing import digests, parse_dial, parse_factor, parse_held
from search.commands.program import Metric, Program
from search.errors import InputError


def program(*factors: str) -> Program:
    return Program("true", ".", tuple(map(parse_factor, factors)), Metric("acc", "acc=(.*)"))


@pytest.mark.parametrize(
    ("factor", "fixed", "on"),
    [
        ("mixup: --mixup 0.2", "mixup=on", True),
        ("mixup: --mixup 0.2", "mixup=off", False),
        ("amp: --amp on | --amp off", "amp=on", False),
        ("amp: --amp on | --amp off", "amp=off", True),
        ("opt: --opt adam | --opt lion", "opt=adam", False),
        ("opt: --opt adam | --opt lion", "opt=on", True),
    ],
)
def test_a_factor_is_held_at_the_level_that_is_named(factor: str, fixed: str, on: bool) -> None:
    held, _ = parse_held([fixed], program(factor))
    assert list(held.values()) == [on]


@pytest.mark.parametrize(
    ("factor", "labels"),
    [
        ("opt: --x=1 | --ls=1 | --wd=1", ("x=1", "ls=1", "wd=1")),
        ("opt: --opt=adam --lr=1 | --opt=lion --lr=2", ("adam --lr=1", "lion --lr=2")),
        ("opt: --opt adam | --opt lion", ("adam", "lion")),
        ("prefix: ' ' | --prefix", ("none", "prefix")),
    ],
)
def test_a_level_is_called_by_what_sets_it_apart(factor: str, labels: tuple[str, ...]) -> None:
    assert parse_factor(factor).labels == labels


@pytest.mark.parametrize("factor", ["a: --a", "a: 1 | 2 | 3"])
def test_a_factor_is_fixed_once(factor: str) -> None:
    level = program(factor).factors[0].labels[1]
    with pytest.raises(InputError, match="a is fixed twice"):
        parse_held([f"a={level}", f"a={level}"], program(factor))


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        ("1 to inf int", "two finite numbers, LOW below"),
        ("-inf to 1", "two finite numbers, LOW below"),
        ("nan to 1", "two finite numbers, LOW below"),
        ("0.4 to 8 log int", "with int it takes two whole numbers"),
        ("1 to 8.5 int", "with int it takes two whole numbers"),
    ],
)
def test_a_dial_has_a_range_that_can_be_searched(limits: str, refusal: str) -> None:
    with pytest.raises(InputError, match=refusal):
        parse_dial(f"n: --n {{value}}, {limits}")


def test_the_files_that_a_command_names_are_digested(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("pass")
    code = f"import math; {'x = math.pi; ' * 50}"
    found = digests(f"python -c {code!r} train.py missing.py", str(tmp_path))
    assert list(found) == ["train.py"]
