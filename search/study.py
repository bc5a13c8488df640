"""A study: made or found again in its storage, and driven through its phases."""

from __future__ import annotations

import hashlib
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import optuna
from filelock import FileLock, Timeout
from optuna.trial import TrialState

from model_space.data import DIGITS, KERAS_SETS
from model_space.worker import DataFacts, Worker
from search import schema
from search.errors import InputError, StudyFailedError
from search.phases import PLANS, Planned
from search.pruners import PRUNERS
from search.results import Results, read
from search.schema import Phase
from search.settings import Settings, settle
from search.space import Space
from search.storage import check_writable, find_storage, located, make_storage, study_names
from search.trial import Watch, run_trial

TRIES = 3
"""How often a planned run is tried before the study goes on without it."""


class StudyWatch(Watch, Protocol):
    """What wants to know how a study goes."""

    def study_opened(self, results: Results) -> None:
        """A launch begins, or goes on with what there is."""

    def known(self, results: Results) -> None:
        """What the study holds before its next run."""

    def phase_planned(self, phase: Phase, done: int, to_do: int, left: int) -> None:
        """A phase begins, with `left` runs, its own included, until the study's end."""


def stored_settings(url: str, name: str) -> Settings | None:
    """The settings a study was launched with; None where there is no such study yet."""
    storage = find_storage(url)
    if storage is None or name not in study_names(storage):
        return None
    attributes = optuna.load_study(study_name=name, storage=storage).user_attrs
    if schema.SETTINGS not in attributes:
        raise InputError(
            f"the study {name!r} was not launched by kouka, so it can be exported but not "
            "continued; use another name"
        )
    return Settings.from_stored(attributes[schema.SETTINGS])


def launch(
    url: str,
    name: str,
    requested: Mapping[str, Any],
    watch: StudyWatch,
    attach: Callable[[optuna.Study, Results], None],
    deadline: float | None = None,
) -> int:
    """Run what a study still lacks, and return how many runs the deadline left out.

    `attach` shows what the runs say so far beside the trials, after each of them.
    `requested` holds the settings the user named, by field of `Settings`; `deadline`, a
    `time.monotonic()`, is when no further run begins. A new study that is named after a data set is
    of that data unless `requested` says otherwise. Nothing is created until the settings and
    the data have been found usable. Raises `InputError`, `DataError` or `StudyFailedError`.
    """
    check_writable(url)
    # The lock comes first: settings read outside it could be stale by the time they are stored.
    with only_launch(url, name):
        stored = stored_settings(url, name)
        if stored is None and name in (DIGITS, *KERAS_SETS):
            requested = {"data": name, **requested}
        settings = settle(stored, requested)
        worker = Worker(
            name=settings.data,
            image_size=settings.image_size,
            validation=settings.validation,
            train_size=settings.train_size,
            seed=settings.seed,
        )
        try:
            study = _prepare(url, name, settings, worker.start())
            watch.study_opened(read(study))
            return _run_phases(study, settings, worker, watch, attach, deadline)
        finally:
            worker.stop()


@contextmanager
def only_launch(url: str, name: str) -> Iterator[None]:
    """Hold a study against other launches on this machine, until the process ends at the latest.

    Raises `InputError` where another launch holds it.
    """
    digest = hashlib.sha256(f"{located(url)}\0{name}".encode()).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"kouka-{digest}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(
            f"another launch is running the study {name!r} on this machine; wait for it or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _prepare(url: str, name: str, settings: Settings, facts: DataFacts) -> optuna.Study:
    storage = make_storage(url)
    study = optuna.create_study(
        study_name=name,
        storage=storage,
        direction="maximize",
        load_if_exists=True,
    )
    known = study.user_attrs.get(schema.DATA, {})
    if known and known["fingerprint"] != facts.fingerprint:
        raise InputError(
            f"the images of {settings.data} are not those the study {name!r} began with; put "
            "them back, or use another name for a new study"
        )
    study.set_metric_names(["validation accuracy"])
    study.set_user_attr(schema.DATA, asdict(facts))
    study.set_user_attr(schema.SETTINGS, settings.stored())
    study.set_user_attr(schema.VERSIONS, _versions())
    for _ in study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        study.ask()  # takes a trial that a killed launch had queued, to be failed below
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study_id = storage.get_study_id_from_name(name)
        trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
        storage.set_trial_user_attr(trial_id, schema.FAILURE, schema.INTERRUPTED)
        study.tell(trial.number, state=TrialState.FAIL)
    study.pruner = PRUNERS[settings.pruner](settings.epochs)
    return study


def _run_phases(
    study: optuna.Study,
    settings: Settings,
    worker: Worker,
    watch: StudyWatch,
    attach: Callable[[optuna.Study, Results], None],
    deadline: float | None,
) -> int:
    fixed = settings.fixed or {}
    space = Space(
        settings.factors, {name: dials for name, dials in fixed.items() if dials is not None}
    )
    budget = {name: getattr(settings, name) for name in ("epochs", "batch_size", "width", "depth")}
    finished = failed = 0
    phase: Phase | None = None
    while to_do := _everything_to_do(settings, space, results := read(study)):
        watch.known(results)
        attach(study, results)
        if to_do[0].phase != phase:
            phase = to_do[0].phase
            planned = PLANS[phase](settings, space, results)
            here = sum(one.phase == phase for one in to_do)
            watch.phase_planned(phase, len(planned) - here, here, len(to_do))
        if deadline is not None and time.monotonic() > deadline:
            return len(to_do)
        state = run_trial(study, to_do[0], space, worker, budget, watch)
        finished += state != TrialState.FAIL
        failed += state == TrialState.FAIL
        if failed >= TRIES and not finished:
            last = read(study).runs[-1].failure
            raise StudyFailedError(f"the first {failed} runs failed; the last said: {last}")
    attach(study, results)
    return 0


def _everything_to_do(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """What the phases still lack, phase by phase; `confirm` guesses its recipe until its turn."""
    return [
        one for plan in PLANS.values() for one in _to_do(plan(settings, space, results), results)
    ]


def _to_do(planned: list[Planned], results: Results) -> list[Planned]:
    """What has not ended and may be tried again, the least tried first."""
    lacking = []
    for one in planned:
        runs = [run for run in results.runs if one.is_run(run)]
        failures = [run for run in runs if run.failure not in (None, schema.INTERRUPTED)]
        if not any(run.ended for run in runs) and len(failures) < TRIES:
            lacking.append((len(failures), one))
    return [one for _, one in sorted(lacking, key=lambda pair: pair[0])]


def _versions() -> dict[str, str]:
    packages = ("kouka", "keras", "tensorflow", "optuna", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
