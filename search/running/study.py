"""A study: made or found again in its storage, and worked on until nothing is left to run."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import optuna
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from model_space.data import holds_sounds, is_set
from model_space.techniques import SETS
from model_space.worker.client import DataFacts
from search.errors import InputError
from search.planning.schedule import Schedule, schedule
from search.planning.settle import Requested, settle
from search.planning.space import Space
from search.results import OBJECTIVES, Results
from search.running import signals
from search.running.hardware import best_precision, check_installed
from search.running.local_workers import Crew
from search.running.worker_loop import study_checkpoints
from search.settings import Settings, is_settings
from search.storage import schema
from search.storage.connection import (
    check_writable,
    find_storage,
    is_away,
    load_study,
    make_storage,
    patiently,
    study_names,
)
from search.storage.lock import exclusive
from search.storage.reading import read

_LOOK_EVERY = 1.0
"""Seconds between two looks at how the study goes."""
_ATTACH_SHARE = 0.05
"""The share of the time that showing the results in the dashboard may take."""


class StudyWatch(Protocol):
    """What wants to know how a study goes."""

    def reading(self, done: int, of: int) -> None:
        """So many images or sounds of so many are decoded; each second or so, before all else."""

    def study_opened(self, results: Results, workers: int) -> None:
        """So many workers begin, or go on with what there is."""

    def seen(self, results: Results, now: Schedule) -> None:
        """What the study holds now, and what is left of it; every second or so."""

    def storage_away(self, reason: str) -> None:
        """The storage could not be read; its workers wait for it."""

    def worker_ended(self, reason: str) -> None:
        """A worker ended early; the others go on."""

    def stopping(self) -> None:
        """The workers have been asked to stop."""


class Workers(Protocol):
    """Whatever runs the workers: threads of this process, or a cluster."""

    workers: int

    def begin(self, url: str, name: str, checkpoints: Path, deadline: float | None) -> None:
        """Set them to work."""

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until all have ended; returns whether any still works."""

    def ended_early(self) -> list[str]:
        """Why workers ended early while others go on; each is told once."""

    def ask_to_stop(self) -> None:
        """End every run within a second or so, its finished epochs kept."""

    def stop(self) -> None:
        """End everything at once."""


Attach = Callable[[optuna.Study, Results], None]


def stored_settings(url: str, name: str) -> Settings | None:
    """The settings a study was launched with; None where there is no such study yet."""
    storage = find_storage(url)
    if storage is None or name not in study_names(storage):
        return None
    return _settings(optuna.load_study(study_name=name, storage=storage))


def _settings(study: optuna.Study) -> Settings:
    attributes = study.user_attrs
    if not is_settings(attributes.get(schema.SETTINGS)):
        raise InputError(
            f"the study {study.study_name!r} was not launched by kouka, so it can be exported but "
            "not continued; use another name"
        )
    return Settings.from_json(attributes[schema.SETTINGS])


def launch(
    url: str,
    name: str,
    requested: Requested,
    environments: Sequence[Mapping[str, str]],
    watch: StudyWatch,
    attach: Attach,
    *,
    checkpoints: Path,
    deadline: float | None = None,
    elsewhere: Workers | None = None,
) -> int:
    """Make a study, or find it again, run what it lacks, and return how many runs are left out.

    A worker for each of `environments`, which its training process is given, works here; or the
    workers `elsewhere` do, and the first environment is for looking at the data. Other launches
    and workers may take part. Unless `requested` says otherwise, a new study that is named after a
    data set is of that data, and one of sounds is of the techniques for sounds. `attach` shows
    what the runs say so far beside the trials. `deadline`, a `time.monotonic()`, is when no
    further run begins. Nothing is created until the settings, the data and the user's own code have
    been found usable. Raises `InputError`, `DataError`, `OwnError`, `TrainingError`,
    `StudyFailedError`, or what the storage raised after all patience.
    """
    check_writable(url)
    settings = _settle(url, name, requested)
    crew = _crew(settings, environments)
    try:
        facts = crew.facts(watch.reading)
        if settings.own or settings.network:
            left_out = crew.survey(settings.techniques, asdict(settings.budget()))
            requested = replace(requested, left_out=left_out)
        with exclusive(url):
            # Again, for another launch may have made or extended it meanwhile.
            settings = _settle(url, name, requested)
            study = _open(url, name, settings, facts)
        if elsewhere is not None:
            crew.stop()
        workers = elsewhere or crew
        return _follow(study, url, workers, watch, attach, checkpoints, deadline)
    finally:
        crew.stop()


def join(
    url: str,
    name: str,
    environments: Sequence[Mapping[str, str]],
    watch: StudyWatch,
    attach: Attach,
    *,
    checkpoints: Path,
    data: str | None = None,
    brought: Requested | None = None,
    deadline: float | None = None,
) -> int:
    """Take part in a study that has been launched, and return how many runs are left out.

    `data` is where this machine has the study's data, and `brought`, as from
    `model_space.custom.loading.describe`, tells where it has the code that is the user's own, if
    not where the study was launched. The rest is as in `launch`. Raises `InputError` where the
    study is missing, its data or code differ, or this version of kouka would train something else.
    """
    study = load_study(url, name)
    settings, attributes = settle(_settings(study), brought or Requested()), study.user_attrs
    check_installed(settings.backend)
    _check_versions(name, settings.backend, attributes[schema.VERSIONS])
    crew = _crew(settings, environments, data)
    try:
        facts = crew.facts(watch.reading)
        check_fingerprint(name, data or settings.data, attributes, facts)
        return _follow(study, url, crew, watch, attach, checkpoints, deadline)
    finally:
        crew.stop()


def _settle(url: str, name: str, requested: Requested) -> Settings:
    stored = stored_settings(url, name)
    if stored is None and requested.data is None and is_set(name):
        requested = replace(requested, data=name)
    if stored is None and requested.data is not None and holds_sounds(Path(requested.data)):
        requested = replace(requested, techniques=requested.techniques or SETS["sound"])
    if requested.precision == "auto":
        decided = stored.precision if stored else best_precision()
        requested = replace(requested, precision=decided)
    settings = settle(stored, requested)
    check_installed(settings.backend)
    return settings


def _crew(
    settings: Settings, environments: Sequence[Mapping[str, str]], data: str | None = None
) -> Crew:
    keras = {"KERAS_BACKEND": settings.backend}
    where = {"name": data} if data else {}
    return Crew({**needs_of(settings), **where}, [{**each, **keras} for each in environments])


def needs_of(settings: Settings) -> dict[str, Any]:
    """The arguments of `model_space.worker.client.Worker`, but for the environment."""
    others = {name: getattr(settings, name) for name in ("own", "network", "objective")}
    return {**data_of(settings), **others}


def data_of(settings: Settings) -> dict[str, Any]:
    """The arguments of `model_space.data.load`."""
    return {
        "name": settings.data,
        "image_size": settings.image_size,
        "validation": settings.validation,
        "train_size": settings.train_size,
        "seed": settings.seed,
    }


def _open(url: str, name: str, settings: Settings, facts: DataFacts) -> optuna.Study:
    """Make the study, or bring what it says of itself up to date."""
    study = optuna.create_study(
        study_name=name, storage=make_storage(url), direction="maximize", load_if_exists=True
    )
    check_fingerprint(name, settings.data, study.user_attrs, facts)
    study.set_metric_names([OBJECTIVES[settings.objective].name])
    study.set_user_attr(schema.DATA, asdict(facts))
    study.set_user_attr(schema.VERSIONS, versions_of(settings.backend))
    study.set_user_attr(schema.SETTINGS, settings.to_json())
    return study


def check_fingerprint(
    name: str, data: str, attributes: Mapping[str, Any], facts: DataFacts
) -> None:
    """Raise `InputError` where a study's attributes tell of other images than these facts do."""
    known = attributes.get(schema.DATA, {})
    if known and known["fingerprint"] != facts.fingerprint:
        things = "sounds" if facts.sound else "images"
        raise InputError(
            f"the {things} of {data} are not those the study {name!r} began with; put "
            "them back, or use another name for a new study"
        )


def _check_versions(name: str, backend: str, studies: Mapping[str, str]) -> None:
    """Refuse to train what another version of kouka, Keras or its backend would train otherwise."""
    for package in ("kouka", "keras", backend):
        here, there = version(package), studies.get(package, "of an unknown version")
        if here.split(".")[:2] != there.split(".")[:2]:
            raise InputError(
                f"this machine has {package} {here} and the study {name!r} is of {package} "
                f"{there}, whose runs would not compare; install that version here"
            )


def _follow(
    study: optuna.Study,
    url: str,
    workers: Workers,
    watch: StudyWatch,
    attach: Attach,
    checkpoints: Path,
    deadline: float | None,
) -> int:
    """Watch the workers until they have ended; an interruption asks them to stop."""
    name = study.study_name
    watch.study_opened(read(study), workers.workers)
    shown = _Shown(study, attach)
    workers.begin(url, name, checkpoints, deadline)
    try:
        try:
            while workers.wait(_LOOK_EVERY):
                signals.check()
                for reason in workers.ended_early():
                    watch.worker_ended(reason)
                if _look(study, watch, shown) is None:
                    break
        except KeyboardInterrupt:
            watch.stopping()
            workers.ask_to_stop()
            while workers.wait(_LOOK_EVERY):
                pass
            raise
    except BaseException:
        with suppress(SQLAlchemyError, StorageInternalError):
            _look(study, watch, shown, last=True)
        raise
    finally:
        workers.stop()
    left = patiently(lambda: _look(study, watch, shown, last=True))
    if left is None:
        shutil.rmtree(study_checkpoints(checkpoints, url, name), ignore_errors=True)
    return left or 0


class _Shown:
    """What the dashboard shows of a study, renewed as runs end but not all the time."""

    def __init__(self, study: optuna.Study, attach: Attach) -> None:
        self._study, self._attach = study, attach
        self._ended, self._not_before = -1, 0.0

    def renew(self, results: Results, last: bool) -> None:
        ended = sum(run.ended for run in results.runs)
        began = time.monotonic()
        if ended == self._ended or (began < self._not_before and not last):
            return
        self._attach(self._study, results)
        took = time.monotonic() - began
        self._ended, self._not_before = ended, began + took / _ATTACH_SHARE


def _look(study: optuna.Study, watch: StudyWatch, shown: _Shown, last: bool = False) -> int | None:
    """Show how the study goes, and return how many runs are left; None where it has ended."""
    try:
        results = read(study)
        settings = Settings.from_json(results.settings)
        now = schedule(settings, Space.of(settings), results)
        watch.seen(results, now)
        shown.renew(results, last)
    except (SQLAlchemyError, StorageInternalError) as error:
        if last or not is_away(error):
            raise
        watch.storage_away(str(error.__cause__ or error).splitlines()[0])
        return 0
    return None if now.phase is None else sum(now.left.values())


def versions_of(backend: str) -> dict[str, str]:
    """The versions of what trains on that backend here."""
    packages = ("kouka", "keras", backend, "optuna", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
