"""A program's study with a factor of three levels, which its long runs hold at the best."""

from __future__ import annotations

from search.commands.program import CommandFactor, CommandLevel, Metric, Program
from search.parameters import categories
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.results import Results, Run, Verified
from tests.support.programs import switches

PROGRAM = Program(
    "train --epochs {epochs} {flags}", "/",
    (
        *switches(("ema", "mixup")),
        CommandFactor(
            "opt",
            (CommandLevel("sgd"), CommandLevel("adam", ("adam",)), CommandLevel("muon", ("muon",))),
        ),
    ),
    Metric("acc", "acc"), unit="points", scale=1.0,
)  # fmt: skip
OF_PROGRAM = settle(
    None,
    Requested(program=PROGRAM, measure=16, search=0, confirm=2, epochs=4, verify=8,
              verify_epochs=16),
)  # fmt: skip


def at_level(on: set[str], level: str, phase: str) -> Run:
    """A run of a program: each factor that is on adds 4 points, and muon as many."""
    space = Space.of(OF_PROGRAM)
    names = on | ({f"opt={level}"} if level != "sgd" else set())
    value = 0.7 + 0.04 * len(on) + 0.04 * (level == "muon")
    return Run(0, phase, "complete", space.params(names), frozenset(names), value, seed=1,
               epochs=OF_PROGRAM.epochs_of(phase))  # fmt: skip


def of_program(*levels: str) -> Results:
    """Long runs at the level that short ones chose, with short runs or without."""
    recipes: list[set[str]] = [set(), {"ema"}, {"mixup"}, {"ema", "mixup"}]
    runs = [at_level(on, level, "measure") for on in recipes for level in levels]
    runs += [at_level(on, "muon", "verify") for on in [*recipes, *recipes]]
    best = at_level({"ema", "mixup"}, "muon", "measure").params
    chosen = Verified(("ema", "mixup"), best)
    return Results("s", OF_PROGRAM.factors, tuple(runs), OF_PROGRAM, verified=chosen,
                   others=categories(OF_PROGRAM))  # fmt: skip
