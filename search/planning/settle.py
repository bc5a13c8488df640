"""Settling what a launch asks for with what the study was launched with."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_space.custom.code import CustomCode
from model_space.data import check_data_name, is_set
from model_space.data.places import places
from model_space.data.spec import READER
from model_space.pretrained.weights import IMAGENET
from model_space.techniques import SETS
from search.errors import InputError
from search.planning.checks import check, check_lengths, check_values, option
from search.planning.differences import DESIGNS, MAY_GROW, differences, is_place, shown
from search.planning.phases.ladder import USUAL_SEEDS, order_of, whole_order
from search.planning.programs import check_meaning, merged, new_program, renamed
from search.planning.rates import reference_first, searched
from search.planning.requested import Requested
from search.settings import Settings, TimeLimit, usual_last_epochs

VERIFY = 16
"""Runs of `verify` where only its epochs were asked for."""


def settle(stored: Settings | None, requested: Requested) -> Settings:
    """The settings of a new study, or of a known one that may grow and move but not change.

    What the user did not name keeps its stored or default value. Raises `InputError` that names
    every difference.
    """
    check_lengths(requested.verify, None, requested.verify_epochs)
    requested = _completed(requested, stored)
    asked = _asked(requested, stored)
    if stored is None:
        return _new(requested, asked)
    _check_asked(stored, requested, asked)
    if found := differences(stored, requested, asked):
        raise InputError(
            f"this study was launched with other settings: {'; '.join(found)}; "
            "use another name for a new study, or leave these options out to go on with this one"
        )
    return _grown(stored, requested, asked)


def _completed(requested: Requested, stored: Settings | None) -> Requested:
    """Complete what is asked for with what follows from it, in the names of the study."""
    program, code = requested.program, requested.custom_code
    if stored is None and program is not None:
        requested = new_program(program, requested)
    if stored is not None and stored.program is not None:
        check_meaning(program or stored.program, requested)
        requested = renamed(requested, stored.program)
    if stored is not None and code.weights is not None and code.weights.at == IMAGENET:
        # Nobody named them: those that it has stay.
        requested = replace(requested, custom_code=replace(code, weights=None))
    if requested.ladder_order is not None and requested.ladder is None:
        requested = replace(requested, ladder=(stored and stored.ladder) or USUAL_SEEDS)
    verified = requested.verify is not None or (stored is not None and stored.verify)
    if requested.verify_epochs is None or verified:
        return requested
    if stored is not None and stored.time is not None and requested.verify_epochs == stored.epochs:
        return replace(requested, verify_epochs=None)  # as its plan made all its runs
    return replace(requested, verify=VERIFY)


def _asked(requested: Requested, stored: Settings | None) -> dict[str, Any]:
    """The fields of `Settings` that are asked for, but for those that grow by rules of their own.

    Raises `InputError` for learning rates, batch sizes or a place of the data that cannot be.
    """
    asked = requested.named()
    for name in (*DESIGNS, "custom_code", "time", "program", "ladder_order"):
        asked.pop(name, None)
    if requested.program is not None or (stored is not None and stored.program is not None):
        asked.pop("backend", None)  # an environment variable of Keras
    asked |= _levels(requested, stored)
    if stored is not None and "techniques" in asked:
        asked["techniques"] = with_custom(asked["techniques"], stored.custom_code)
    if stored is not None and "data" in asked and is_place(stored.data):
        asked["data"] = _place(stored.data, asked["data"])
    return asked


def _check_asked(stored: Settings, requested: Requested, asked: Mapping[str, Any]) -> None:
    """Raise an error for a value that no study may have, which another name would not mend."""
    if "data" in asked and not is_place(stored.data) and stored.program is None:
        check_data_name(asked["data"])
    given = {name: getattr(requested, name) for name in DESIGNS}
    designs: dict[str, Any] = {name: (runs,) for name, runs in given.items() if runs is not None}
    changed = replace(
        stored, **asked, **designs, custom_code=stored.custom_code.updated(requested.custom_code)
    )
    check_values(changed, (*asked, *designs))


def _new(requested: Requested, asked: Mapping[str, Any]) -> Settings:
    program, code = requested.program, requested.custom_code
    values: dict[str, Any] = {
        "images": True if program is None else None,
        "last_epochs": usual_last_epochs(asked.get("epochs", Settings.epochs)),
        **asked,
        "techniques": with_custom(asked.get("techniques", Settings.techniques), code),
    }
    if requested.measure is not None:
        values["measure"] = (requested.measure,)
    if requested.verify:
        values["verify"] = (requested.verify,)
    settings = Settings(
        **values, custom_code=code, time=requested.time, program=program, reader=READER,
        growth="exchanged", words="all", order="balanced",
    )  # fmt: skip
    if program is None:
        settings = replace(settings, searched_rates=searched(settings))
    settings = check(_judged(settings, requested.last_epochs))
    order = _ladder_order(settings, requested, begins=settings.ladder > 0)
    return replace(settings, ladder_order=order)


def _grown(stored: Settings, requested: Requested, asked: Mapping[str, Any]) -> Settings:
    """A study's settings with all that it may grow by and where its code and data are by now."""
    stored = replace(stored, custom_code=stored.custom_code.updated(requested.custom_code))
    free = (*MAY_GROW, "data", "verify_epochs", "images", "at_most")
    grown: dict[str, Any] = {name: value for name, value in asked.items() if name in free}
    for name in DESIGNS:
        grown[name] = _counts(getattr(stored, name), getattr(requested, name))
    before, now = stored.time, requested.time
    has_time = before is not None and now is not None and now.seconds > before.seconds
    if (grown.get("confirm", 0) > stored.confirm or has_time) and stored.confirm:
        grown["confirm_before"] = (*stored.confirm_before, stored.confirm)
    if requested.verify_epochs not in (None, stored.verify_epochs):
        grown["confirm_before"] = ()  # nobody has seen longer runs yet
    if _is_longer(stored, requested) and stored.verify_last_epochs == _usual_last(stored):
        grown["verify_last_epochs"] = None
    grown["time"] = _extended(before, now, requested.named())
    grown["program"] = merged(stored.program, requested.program)
    if not stored.ladder:
        grown["ladder_order"] = _ladder_order(stored, requested, begins=bool(requested.ladder))
    if now is None and _asks_for_more(stored, requested):
        grown["time"] = None  # it was planned for fewer
    if grown["measure"] != stored.measure and len(stored.measured_sizes) < 2:
        # What it measured is the same by either way of growing, until it has grown.
        grown["growth"] = "exchanged"
    return check(_judged(replace(stored, **grown), requested.last_epochs))


def _ladder_order(
    settings: Settings, requested: Requested, *, begins: bool
) -> tuple[tuple[str, ...], ...]:
    """The steps of a study's ladder, in the order asked for now, or else before.

    A ladder that begins without one adds all that varies; those of earlier versions had the
    article's techniques alone, and keep them.
    """
    if requested.ladder_order is not None:
        return order_of(requested.ladder_order, settings)
    return settings.ladder_order or (whole_order(settings) if begins else ())


def _levels(requested: Requested, stored: Settings | None) -> dict[str, Any]:
    """Order the learning rates and batch sizes that are asked for, and find those of all off.

    Raises `InputError` where the batch size of all off is none of them, or a time is to be planned.
    """
    found: dict[str, Any] = {}
    base = stored or Settings()
    if requested.learning_rates:
        rates = reference_first(requested.learning_rates, base.learning_rate)
        found |= {"learning_rates": rates, "learning_rate": rates[0]}
    if requested.batch_sizes:
        given = requested.batch_size
        if given is not None and given not in requested.batch_sizes:
            raise InputError(
                f"--batch-size {given} is not among --batch-sizes "
                f"{shown(requested.batch_sizes)}; leave it out, or name one of them"
            )
        sizes = reference_first(requested.batch_sizes, given or base.batch_size)
        found |= {"batch_sizes": sizes, "batch_size": sizes[0]}
    if found and requested.time is not None:
        name = option(next(iter(found)))
        raise InputError(
            f"--time cannot plan a study with {name}; leave --time out, and name --measure and "
            "--epochs, or --timeout to end the launch in time"
        )
    return found


def usual_techniques(code: CustomCode, *, sounds: bool) -> tuple[str, ...] | None:
    """The techniques of a new study that names none; None for those of every other study."""
    if code.network is None or code.network.application is None:
        return SETS["sound"] if sounds else None
    if sounds:
        return tuple("spec_augment" if n == "augmentation" else n for n in SETS["transfer"])
    return SETS["transfer"]


def _asks_for_more(stored: Settings, requested: Requested) -> bool:
    """Tell a request for more runs than a study has, whatever time that takes."""
    had = {name: max(getattr(stored, name), default=0) for name in DESIGNS}
    had |= {name: getattr(stored, name) for name in MAY_GROW}
    grows = any((getattr(requested, name) or 0) > count for name, count in had.items())
    return grows or _is_longer(stored, requested)


def _is_longer(stored: Settings, requested: Requested) -> bool:
    """Tell a request for long runs that are longer than those of a study."""
    had, asked = stored.verify_epochs, requested.verify_epochs
    return had is not None and asked is not None and asked > had


def _extended(
    stored: TimeLimit | None, asked: TimeLimit | None, given: Iterable[str]
) -> TimeLimit | None:
    """The time of a study, as long as asked; its plan no longer chooses what is `given`."""
    if stored is None or asked is None:
        return stored
    more = asked.seconds - stored.seconds
    return replace(
        stored,
        seconds=asked.seconds,
        training=stored.training + more,
        ends=stored.ends and stored.ends + more,
        chosen=tuple(name for name in stored.chosen if name not in given),
        closed=() if more else stored.closed,
    )


def _counts(sizes: tuple[int, ...], runs: int | None) -> tuple[int, ...]:
    """The run counts of a design of which `runs` are asked for now; unchanged where none are."""
    if runs is None or runs <= max(sizes, default=0):
        return sizes
    return (*(count for count in sizes if count), runs)


def _judged(settings: Settings, last_epochs: int | None) -> Settings:
    """Settle how many of their last epochs judge the runs of `verify_epochs`, if there are any.

    As many as were asked for, also before there are any; else by the rule that settled it for the
    study's other runs.
    """
    if settings.verify_last_epochs is not None:
        return settings
    if settings.verify_epochs is None:
        return replace(settings, verify_last_epochs=last_epochs)
    return replace(settings, verify_last_epochs=last_epochs or _usual_last(settings))


def _usual_last(settings: Settings) -> int | None:
    """The last epochs that judge long runs for which no number was asked; None without such."""
    if settings.verify_epochs is None:
        return None
    usual = settings.last_epochs == usual_last_epochs(settings.epochs)
    return usual_last_epochs(settings.verify_epochs) if usual else settings.last_epochs


def only_grows(requested: Requested) -> bool:
    """Tell a launch that resumes a study, or extends it, from one that describes it."""
    more = {*MAY_GROW, *DESIGNS, "verify_epochs", "ladder_order", "time", "at_most", "images"}
    named = requested.named().keys() - {"custom_code", "backend"}  # which every launch has
    return not requested.custom_code and named <= more


def _place(stored: str, data: str) -> str:
    """Return the place of a study's data that is named; a path is absolute if it exists.

    Raises `InputError` for a path other than the study's where nothing is.
    """
    if Path(data).is_absolute() or is_set(data):
        return data
    if ",".join(os.path.abspath(place) for place in places(data)) == stored:
        return stored  # where they no longer are
    raise InputError(
        f"there is nothing at --data {data}; the study began with {stored}, and --data takes the "
        "place where that is now"
    )


def with_custom(techniques: Sequence[str], code: CustomCode) -> tuple[str, ...]:
    """The techniques, and then those of the user's own."""
    return tuple(dict.fromkeys((*techniques, *(one.name for one in code.techniques))))
