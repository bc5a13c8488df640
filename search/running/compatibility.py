"""Data and versions of packages, which must agree before a machine takes part in a study."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

from model_space.data import missing
from model_space.facts import DataFacts
from search.commands.parsing import digests
from search.commands.program import Program
from search.errors import InputError
from search.planning.differences import is_place

_MOST_NAMED = 4
"""Differences of data that a message names."""


def check_there(name: str, data: str) -> None:
    """Raise `InputError` where a study's data were a path at its launch, and are there no more."""
    lost = is_place(data) and missing(data)
    if lost:
        raise InputError(
            f"the data of the study {name!r} are no longer at {lost[0]}; --data takes the place "
            "where they are now"
        )


def check_fingerprint(
    name: str, data: str, known: DataFacts | None, facts: DataFacts, before: str | None = None
) -> None:
    """Raise `InputError` where a study began with other images than those of these facts.

    `known` are the facts that the study keeps, if any; `data` is where the images are, and `before`
    where the study had its own, if known.
    """
    if known is not None and known.fingerprint and known.fingerprint != facts.fingerprint:
        things = "sounds" if facts.sound else "images"
        other = _differences(known, facts)
        if before is not None and before != data:
            raise InputError(
                f"the {things} of {data} are not those of {before}, with which the study {name!r} "
                f"began{other}; leave --data out, or use another name for a new study"
            )
        raise InputError(
            f"the {things} of {data} are not those the study {name!r} began with{other}; "
            "put them back, name their place with --data, or use another name for a new study"
        )


def _differences(known: DataFacts, facts: DataFacts) -> str:
    """Say in brackets how the classes differ, or else the sizes; empty where neither do."""
    changes = [f"without class {name!r}" for name in known.classes if name not in facts.classes]
    changes += [f"with class {name!r}" for name in facts.classes if name not in known.classes]
    sizes = ("train", facts.train, known.train), ("validation", facts.validation, known.validation)
    if not changes:
        changes = [
            f"{now:,} in {part}, not {before:,}"
            for part, now, before in (*sizes, ("test", facts.test, known.test))
            if now != before
        ]
    more = ", …" if len(changes) > _MOST_NAMED else ""
    return f" ({', '.join(changes[:_MOST_NAMED])}{more})" if changes else ""


def check_files(name: str, program: Program) -> None:
    """Raise `InputError` where a file that a study's command names has gone or changed since."""
    now = digests(program.command, program.directory)
    changed = [word for word, digest in program.files.items() if now.get(word) != digest]
    gone = [word for word in changed if not Path(program.directory, word).exists()]
    if gone:
        raise InputError(
            f"{', '.join(gone)}, which the study {name!r} runs, is not in {program.directory}; put "
            "it back, or go on where it is: kouka worker takes that folder by --directory, and "
            "kouka launch the same --command there"
        )
    if changed:
        raise InputError(
            f"{', '.join(changed)} in {program.directory} is not what the study {name!r} began "
            "with, so further runs would not compare; put it back, or use another name for a new "
            "study"
        )


def check_versions(name: str, trains: Sequence[str], studies: Mapping[str, str]) -> None:
    """Refuse to train what another version of kouka, Keras or its backend would train otherwise."""
    for package in ("kouka", *trains):
        here, there = _version(package), studies.get(package, "of an unknown version")
        if here.split(".")[:2] != there.split(".")[:2]:
            raise InputError(
                f"this machine has {package} {here} and the study {name!r} is of {package} "
                f"{there}, whose runs would not compare; install that version here"
            )


def versions_of(*trains: str) -> dict[str, str]:
    """The versions here of kouka and of the packages that train."""
    packages = ("kouka", *trains, "optuna", "numpy")
    return {"python": platform.python_version(), **{name: _version(name) for name in packages}}


def _version(package: str) -> str:
    """The version of a package, whose distribution may have another name, as tensorflow-cpu."""
    try:
        return version(package)
    except PackageNotFoundError:
        distributions = packages_distributions().get(package)
        if not distributions:
            raise
        return version(distributions[0])
