"""Where the recommended recipe turns dials that every run has, the report says at which all else
was measured."""

from __future__ import annotations

from functools import cache

import pytest

from model_space.technique import Dial
from search.commands.program import CommandDial, Metric, Program
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.reporting.answer.recipe_and_effects import unlike_averages
from search.reporting.answer.what_to_do import what_to_do
from search.reporting.findings import Findings, find
from search.results import Results, Run
from search.storage.parameters import number_of
from tests.support.programs import switches

pytestmark = pytest.mark.numeric


@cache
def found(rate: float) -> Findings:
    """A study in which `ema` hurts, and all runs of its search, at another rate, have it.

    It ends with three fresh seeds of their recipe, and of all off.
    """
    program = Program(
        "train {flags}", "/",
        switches(("ema", "warmup")),
        Metric("acc", "acc"), unit="points", scale=100.0,
        dials=(CommandDial(Dial("lr", 1e-4, 1e-3, 1e-1, log=True), ("--lr", "{value}")),
               CommandDial(Dial("width", 16, 64, 128), ("--width", "{value}"), whole=True)),
    )  # fmt: skip
    settings = settle(None, Requested(program=program, measure=16, search=4, confirm=3))
    space = Space.of(settings)
    planned = [
        *((["ema"] * (at % 2) + ["warmup"] * (at // 2 % 2), {}, 0.6 - 0.1 * (at % 2), "measure")
          for at in range(16)),
        *((["ema"], {"lr": rate}, 0.9, "search") for _ in range(4)),
        *((["ema"], {"lr": rate}, 0.9, "confirm") for _ in range(3)),
        *(([], {}, 0.6, "confirm") for _ in range(3)),
    ]  # fmt: skip
    runs = [
        Run(at, phase, "complete", {**space.params(on), **turned}, frozenset(on),
            worth + 0.001 * (at * 7 % 5), {}, at, epochs=settings.epochs)
        for at, (on, turned, worth, phase) in enumerate(planned)
    ]  # fmt: skip
    drawn = space.distributions(space.params([]))
    dials = tuple(number_of(name, drawn[name]) for name in ("lr", "width"))
    return find(Results("s", settings.factors, tuple(runs), settings, dials=dials), [])


def test_a_gain_names_the_dials_of_all_off() -> None:
    said = what_to_do(found(0.03))
    assert "over all techniques off with lr 0.001." in said.headline
    assert said.text.startswith("All techniques off comes to 60.")
    assert "over all techniques off." in what_to_do(found(0.001)).headline


def test_effects_that_the_recipe_contradicts_name_their_dials() -> None:
    [said] = unlike_averages(found(0.03))
    assert said == (
        "Effects are averages, measured at lr 0.001: the recommended recipe has ema on, which "
        "hurts on average."
    )
    [said] = unlike_averages(found(0.001))
    assert said.startswith("Effects are averages: ")


def test_a_caution_says_that_effects_were_measured_at_other_dials() -> None:
    caution = (
        "The effects were measured at lr 0.001, but the recommended recipe has lr 0.03: there "
        "techniques may be worth something else, and part or all of its gain may be due to this "
        "value. A new study with it after `usual` in --dial measures the effects there."
    )
    assert caution in found(0.03).cautions
    assert not any("were measured at" in one for one in found(0.001).cautions)
