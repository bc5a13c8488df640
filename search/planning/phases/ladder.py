"""`ladder`: techniques added one after another, over several seeds; by default the article's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from search.errors import InputError, did_you_mean
from search.parameters import level_name
from search.planning.phases.plan import Planned, run_seed
from search.planning.space import Space
from search.results import Results
from search.settings import Settings

STEPS: tuple[tuple[str, ...], ...] = (
    (),
    ("augmentation",),
    ("batch_norm",),
    ("residual", "late_widening"),
    ("global_pooling",),
    ("dropout",),
    ("mixup",),
    ("amsgrad",),
)
"""What each of the article's steps adds; its residual network also widens later."""


USUAL_SEEDS = 3
"""Seeds of each step where only the order was asked for."""
TOGETHER = "+"
"""Joins the names of what one step adds."""


def order_of(names: Sequence[str], settings: Settings) -> tuple[tuple[str, ...], ...]:
    """Read what each step of a ladder adds, as the user names it.

    A name is that of a technique or factor, of one level of a factor that has several, or several
    of these with `TOGETHER` between them. Raises `InputError` for one that does not vary in the
    study, and for one that comes twice.
    """
    varied = _varied(settings)
    steps, taken = [], set[str]()
    for text in names:
        added = [text] if text in varied else text.split(TOGETHER)
        for name in added:
            if name not in varied:
                raise InputError(_unknown(name, varied, settings))
            if varied[name] in taken:
                raise InputError(
                    f"--ladder adds {name.partition('=')[0]} twice; each of its steps adds "
                    "something that is not on yet"
                )
            taken.add(varied[name])
        steps.append(tuple(added))
    return tuple(tuple(_as_on(name, settings) for name in added) for added in steps)


def whole_order(settings: Settings) -> tuple[tuple[str, ...], ...]:
    """The article's steps that vary in a study, and then its other techniques one by one.

    Empty where there are no others, and for a user's program: those are the usual steps.
    """
    varied = settings.factors
    usual = [tuple(name for name in added if name in varied) for added in STEPS]
    others = [name for name in varied if not any(name in added for added in usual)]
    if settings.program is not None or not others:
        return ()
    return (*filter(None, usual), *((name,) for name in others))


def _varied(settings: Settings) -> Mapping[str, str]:
    """The names that a ladder takes, each with the technique or factor that it is of."""
    if settings.program is None:
        return {name: name for name in settings.factors}
    found: dict[str, str] = {}
    for factor in settings.program.factors:
        if factor.several:
            levels = [level_name(factor.name, label) for label in factor.labels[1:]]
            found |= dict.fromkeys(levels, factor.name)
        elif len(factor.levels) > 1 and factor.technique in settings.factors:
            found |= dict.fromkeys((factor.name, factor.technique), factor.technique)
    return found


def _as_on(name: str, settings: Settings) -> str:
    """A name that a ladder takes, as a run's `on` has it."""
    factors = () if settings.program is None else settings.program.factors
    return next((one.technique for one in factors if one.name == name), name)


def _unknown(name: str, varied: Mapping[str, str], settings: Settings) -> str:
    levels = [one for one, factor in varied.items() if factor == name]
    if levels:
        return f"--ladder {name}: {name} has several levels, so name one, as in {levels[0]}"
    if not name:
        return "--ladder has an empty name; it takes names separated by commas"
    program = settings.program
    shorter = {of for other, of in varied.items() if other != of}
    words = [one for one in varied if one not in shorter]
    what = "technique" if program is None else "factor"
    return (
        f"--ladder {name}: no {what} {name!r} varies in this study{did_you_mean(name, words)}; "
        f"there are {', '.join(words)}"
    )


def steps_of(settings: Settings, space: Space) -> list[tuple[str, ...]]:
    """The steps of a study: those asked for, the article's that vary here, or a program's factors
    one by one."""
    if settings.ladder_order:
        return [(), *settings.ladder_order]
    if settings.program is not None:
        return [(), *((name,) for name in space.factors)]
    return [added for added in STEPS if not added or set(added) & set(space.factors)]


def expected(settings: Settings) -> int:
    """The runs of the ladder of a study."""
    return settings.ladder * len(steps_of(settings, Space.of(settings)))


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """Plan every step with every seed; a step none of whose techniques vary here is left out."""
    steps = steps_of(settings, space)
    return [
        Planned(
            "ladder",
            run_seed(settings.seed, "ladder", repeat, step),
            space.params([name for added in steps[: step + 1] for name in added]),
        )
        for repeat in range(settings.ladder)
        for step in range(len(steps))
    ]
