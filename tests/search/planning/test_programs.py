"""What a later launch of a program's study may describe otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from search.commands.parsing import parse_factor
from search.commands.program import RULES, CommandFactor, CommandLevel, Metric, Program
from search.errors import InputError
from search.planning.programs import differences_of, renamed
from search.planning.requested import Requested
from search.planning.settle import settle

WHERE = "epoch +(?P<epoch>[0-9]+).*valid loss +([0-9.]+)"
LONG = ("--use-optimizer", "--lr", "0.005")
ASKED = Program(
    "train {flags}", "/",
    (
        CommandFactor(
            "adamw", (CommandLevel("lr 5", ("--lr", "5")), CommandLevel("use-optimizer", LONG))
        ),
    ),
    Metric("valid loss", WHERE),
)  # fmt: skip


def test_names_that_another_version_derived_are_no_difference() -> None:
    levels = (CommandLevel("lr 5", ("--lr", "5")), CommandLevel("use-optimizer --lr 0.005", LONG))
    stored = replace(
        ASKED, metric=Metric("epoch", WHERE), factors=(CommandFactor("adamw", levels),)
    )
    assert not differences_of(stored, ASKED)
    whole = replace(ASKED, metric=replace(ASKED.metric, rules=RULES))
    assert not differences_of(stored, whole)
    named = replace(ASKED, metric=Metric("loss", WHERE))
    assert differences_of(stored, named) == ["--metric-name is epoch, not loss"]
    elsewhere = replace(ASKED, metric=Metric("valid loss", "json:loss"), scale=2.0)
    assert differences_of(replace(stored, scale=1.0), elsewhere) == [
        f"--metric is {WHERE}, not json:loss",
        "--scale is 1.0, not 2.0",
    ]
    other = CommandFactor("adamw", (levels[0], CommandLevel("use-optimizer --lr 0.005", LONG[:1])))
    assert differences_of(stored, replace(ASKED, factors=(other,))) == ["--factor was another"]
    tested = replace(ASKED, test=Metric("acc", "acc"))
    assert differences_of(stored, tested) == ["--test-metric was not given"]


def test_a_level_is_held_by_the_name_that_the_study_has_for_it() -> None:
    levels = (CommandLevel("x= 1", ("--x=1",)), CommandLevel("ls= 1", ("--ls=1",)))
    stored = replace(ASKED, factors=(CommandFactor("opt", levels),))
    now = replace(ASKED, factors=(parse_factor("opt: --x=1 | --ls=1"),))
    assert not differences_of(stored, now)
    held = renamed(Requested(program=now, fixed={"opt=ls=1": {}}), stored)
    assert held.fixed == {"opt=ls= 1": {}}


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (Requested(data="digits"), "--data has no meaning for --command"),
        (Requested(images=False), "--images has no meaning for --command"),
        (Requested(width=0.5), "--width has no meaning for --command"),
        (Requested(objective="auc"), "--objective has no meaning for --command"),
        (Requested(epochs=4), "--epochs has no effect: --command has no {epochs}"),
        (Requested(verify=4, verify_epochs=20), "--verify-epochs has no effect"),
    ],
)
def test_a_later_launch_may_name_no_more_than_the_first(named: Requested, sentence: str) -> None:
    first = settle(None, Requested(program=ASKED))
    with pytest.raises(InputError, match=sentence):
        settle(first, named)
    assert settle(first, Requested(measure=32)).measure == (16, 32)


def test_the_epochs_of_another_command_are_not_said_to_have_no_effect() -> None:
    first = settle(None, Requested(program=ASKED))
    other = replace(ASKED, command="train {epochs} {flags}")
    with pytest.raises(InputError, match="--command was another"):
        settle(first, Requested(program=other, epochs=5))


def test_the_epochs_of_a_program_may_be_its_iterations() -> None:
    program = replace(ASKED, command="train {epochs} {flags}")
    settle(None, Requested(program=program, epochs=600_000, verify=4, verify_epochs=2_000_000))
    with pytest.raises(InputError, match="--epochs 1000000001 is too large; it takes 1,000,000,"):
        settle(None, Requested(program=program, epochs=1_000_000_001))
