"""Variables that a Makefile sets over those of the environment."""

from pathlib import Path

import pytest

from search.commands.makefiles import set_by_makefile
from search.commands.parsing import parse_factor
from search.commands.program import Metric, Program

FACTORS = (parse_factor("bn: BN=1"), parse_factor("lr: LR=0.1 | LR=0.01"))


def warned(folder: Path, makefile: str, command: str = "make -s train") -> str:
    (folder / "Makefile").write_text(makefile)
    return set_by_makefile(Program(command, str(folder), FACTORS, Metric("acc", "acc")))


@pytest.mark.parametrize("sets", ["LR = 0.1", "LR:=0.1", "export LR=0.1", "LR ::= 0.1"])
def test_a_variable_that_the_makefile_sets_is_named(tmp_path: Path, sets: str) -> None:
    said = warned(tmp_path, f"BN ?= 0\n{sets}\ntrain:\n\tBN=2 ./train\n")
    assert said.startswith("the Makefile sets LR itself, so make passes over that")
    assert "LR ?= there, or 'make -e'" in said


@pytest.mark.parametrize(
    ("makefile", "command"),
    [
        ("LR ?= 0.1\nBN ?= 0\nLR_MAX = 3\n", "make train"),
        ("LR = 0.1\n", "make -se train"),
        ("LR = 0.1\n", "make --environment-overrides train"),
        ("LR = 0.1\n", "python train.py"),
    ],
)
def test_any_other_is_taken(tmp_path: Path, makefile: str, command: str) -> None:
    assert not warned(tmp_path, makefile, command)
