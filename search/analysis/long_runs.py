"""The long runs of `verify` and `confirm`, as a study of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from search.analysis.model import varied
from search.parameters import level_label
from search.results import Results, Run
from search.settings import TimeLimit


def long_study(results: Results) -> Results | None:
    """The `verify` runs as the `measure` runs of a study of their own, at the long budget.

    Its techniques are those that `verify` turns on and off, and its settings hold the others. It
    has the `confirm` runs too, which are as long. None where no such run is planned or complete.
    """
    runs = results.of("verify")
    begun = _turned(results, runs)
    if not runs or not begun:
        return None
    settings = results.settings
    if settings is not None:
        fixed = {**(settings.fixed or {})}
        fixed |= {name: {} if runs[0].params[name] else None
                for name in results.factors if name not in begun}  # fmt: skip
        settings = replace(
            settings,
            epochs=settings.final_epochs,
            last_epochs=settings.last_epochs_of("verify"),
            measure=settings.verify,
            time=_time(settings.time),
            fixed=fixed,
            verify=(), verify_epochs=None, verify_last_epochs=None, search=0, ladder=0,
        )  # fmt: skip
    kept = [run for run in results.runs if run.phase in ("verify", "confirm")]
    return replace(
        results,
        factors=tuple(name for name in results.factors if name in begun),
        runs=tuple(
            replace(run, phase="measure") if run.phase == "verify" else run
            for run in kept
            if results.at_budget(run)
        ),
        settings=settings,
        dials=(),
        verified=None,
    )


def _turned(results: Results, runs: Sequence[Run]) -> tuple[str, ...]:
    """The techniques that `verify` turns on and off, of which these are the runs."""
    return results.verified.techniques if results.verified else varied(runs, results.factors)


def _time(limit: TimeLimit | None) -> TimeLimit | None:
    """The time limit of the long runs alone, whose phase is `measure` there."""
    if limit is None:
        return None
    return replace(limit, closed=("measure",) if "verify" in limit.closed else ())


def deciding(results: Results) -> Results:
    """The runs that decide on the recipe, as a study of their own: the long ones where they can.

    That is, once there are enough of `verify`, or once the recipes to choose from are confirmed.
    All techniques are among its own, also those that the long runs hold.
    """
    long = long_study(results)
    if long is None:
        return results
    if len(long.of("measure")) < len(long.factors) + 2 and not long.of("confirm"):
        return results
    settings = long.settings
    if settings is not None and results.settings is not None:
        settings = replace(settings, fixed=results.settings.fixed)
    return replace(long, factors=results.factors, settings=settings, dials=results.dials)


def held(results: Results) -> Mapping[str, bool]:
    """The techniques that `verify` holds, each on or off in all its runs."""
    runs = results.of("verify")
    turned = _turned(results, runs)
    if not runs or not turned:
        return {}
    return {name: name in runs[0].on for name in results.factors if name not in turned}


def held_levels(results: Results) -> Mapping[str, str]:
    """The factors of several levels, each with the level that `verify` holds it at."""
    runs = results.of("verify")
    return {
        one.name: level_label(level)
        for one in results.several
        if runs and (level := runs[0].params.get(one.name)) is not None
    }
