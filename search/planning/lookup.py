"""A technique by its name."""

from __future__ import annotations

from collections.abc import Sequence

from model_space.technique import Factor
from search.errors import InputError, did_you_mean


def technique(name: str, known: Sequence[Factor], option: str = "") -> Factor:
    """The technique of that name; raises `InputError`, which names the option if there is one."""
    for factor in known:
        if factor.name == name:
            return factor
    names = [factor.name for factor in known]
    where = f"{option}: " if option else ""
    raise InputError(
        f"{where}there is no technique {name!r}{did_you_mean(name, names)}; there are "
        f"{', '.join(names)}"
    )
