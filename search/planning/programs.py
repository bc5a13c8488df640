"""The settings of a study of a user's program: what a launch may name, and what must not change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from search.commands.metric import name_of
from search.commands.program import EPOCHS, Metric, Program
from search.errors import InputError
from search.planning.checks import option
from search.planning.design import possible_runs
from search.planning.mixed_design import mixed_runs
from search.planning.requested import Requested

_OF_KERAS = ("data", "columns", "image_size", "train_size", "validation", "techniques",
             "batch_size", "width", "depth", "precision", "objective", "images", "learning_rates",
             "batch_sizes")  # fmt: skip
"""What says how kouka itself trains."""
_USUAL_MEASURE = 16
_SAME = {
    "command": "--command", "factors": "--factor", "dials": "--dial", "metric": "--metric",
    "test": "--test-metric", "minimize": "--minimize", "shell": "--shell",
}  # fmt: skip
"""What must stay the same, by the option that gives it."""
_SETTLED = {"unit": "--unit", "scale": "--scale"}
"""What must stay the same where it is named; the first run settles it where not."""


def new_program(program: Program, requested: Requested) -> Requested:
    """Complete what a launch of a new study asks for; raises `InputError` for what has no meaning.

    By default it measures alone, with 16 runs or as many as the factors need: nobody knows yet how
    long a run takes.
    """
    check_meaning(program, requested)
    if not program.has(EPOCHS):
        requested = replace(requested, epochs=1)
    elif requested.epochs is None:
        raise InputError(
            "--command has {epochs}, so --epochs COUNT is needed: those of a run; or --time, which "
            "chooses them"
        )
    techniques = tuple(one.name for one in program.known)
    varied = len([name for name in techniques if name not in (requested.fixed or {})])
    several = [len(one.levels) for one in program.several]
    possible = mixed_runs(varied, several) if several else possible_runs(max(1, varied))
    measure = next((runs for runs in possible if runs >= _USUAL_MEASURE), None)
    usual: dict[str, Any] = {"measure": measure, "search": 0, "confirm": 0}
    given = requested.named()
    return replace(
        requested, data="", techniques=techniques,
        **{name: value for name, value in usual.items() if name not in given},
    )  # fmt: skip


def check_meaning(program: Program, requested: Requested) -> None:
    """Raise `InputError` for what a launch names that has no meaning for a program."""
    for name in _OF_KERAS:
        if getattr(requested, name) is not None:
            raise InputError(
                f"{option(name)} has no meaning for --command: it says how kouka "
                "itself trains; put it into the command, or make it a --factor"
            )
    if requested.custom_code:
        raise InputError(
            "--technique, --network and --weights have no meaning for --command; --factor names "
            "what varies"
        )
    if program.has(EPOCHS):
        return
    for name in ("epochs", "verify_epochs", "last_epochs"):
        if getattr(requested, name) is not None:
            raise InputError(
                f"{option(name)} has no effect: --command has no {{epochs}}, the "
                "place where the program takes its epochs"
            )


def renamed(requested: Requested, stored: Program | None) -> Requested:
    """Call what a later launch holds as the study does, in which another version named levels."""
    if requested.program is None or stored is None or requested.fixed is None:
        return requested
    known = {one.name: one for one in stored.factors if len(one.levels) > 1}
    names = {
        one.technique: known[one.name].technique
        for one in requested.program.factors
        if len(one.levels) > 1 and one.name in known
    }
    fixed = {names.get(name, name): held for name, held in requested.fixed.items()}
    return replace(requested, fixed=fixed)


def differences_of(stored: Program | None, asked: Program | None) -> list[str]:
    """Name what a launch gives otherwise than the study's first did."""
    if asked is None:
        return []
    if stored is None:
        return ["--command was not given"]
    before, now = _as_described(stored, stored), _as_described(asked, stored)
    found = [_difference(option, getattr(before, name), getattr(now, name))
             for name, option in _SAME.items()
             if getattr(before, name) != getattr(now, name)]  # fmt: skip
    return found + [f"{option} is {getattr(stored, name)}, not {getattr(asked, name)}"
                    for name, option in _SETTLED.items()
                    if getattr(asked, name) not in (None, getattr(stored, name))]  # fmt: skip


def _difference(option: str, before: object, now: object) -> str:
    """Name what a launch gives otherwise: where a metric is found, or its name; or say of
    anything else that it was another."""
    if not before:
        return f"{option} was not given"
    if isinstance(before, Metric) and isinstance(now, Metric):
        if before.where != now.where:
            return f"{option} is {before.where}, not {now.where}"
        return f"--metric-name is {before.name}, not {now.name}"
    return f"{option} was another"


def _as_described(program: Program, stored: Program) -> Program:
    """A program as the user described it, without what kouka derives from that.

    Another version may have derived other names, and looked for a metric otherwise.
    """
    factors = [
        replace(factor, levels=tuple(replace(level, label="") for level in factor.levels))
        for factor in program.factors
    ]
    metrics = {
        field: replace(
            metric,
            name=named.name if metric.name == name_of(metric.where) else metric.name,
            rules=named.rules,
        )
        for field in ("metric", "test")
        if (metric := getattr(program, field)) is not None
        and (named := getattr(stored, field)) is not None
    }
    return replace(program, factors=tuple(factors), **metrics)


def merged(stored: Program | None, asked: Program | None) -> Program | None:
    """Take from a later launch what may change: the folder, and how long a run may take."""
    if stored is None or asked is None:
        return stored
    return replace(stored, directory=asked.directory, timeout=asked.timeout or stored.timeout)
