"""A study: made or found again in its storage, and worked on until nothing is left to run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from difflib import get_close_matches
from pathlib import Path

import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState

from model_space.custom.code import CustomCode
from model_space.data import holds_sounds, is_set
from model_space.facts import DataFacts
from model_space.worker.client import Workload
from search.commands.parsing import check_program
from search.errors import InputError
from search.planning.checks import check_batches, check_objective
from search.planning.settle import Requested, only_grows, settle, usual_techniques
from search.results import objective_of
from search.running.command_workers import CommandWorkers
from search.running.compatibility import (
    check_files,
    check_fingerprint,
    check_there,
    check_versions,
    versions_of,
)
from search.running.first_run import tried_first, with_other_seed
from search.running.following import Attach, StudyWatch, Workers, follow
from search.running.hardware import best_precision, check_installed, check_system, gpus
from search.running.local_workers import LocalWorkers
from search.running.picturing import picture_training
from search.running.program_timing import before_its_plan, planned_by_first_runs
from search.running.timekeeping import time_unspent
from search.running.timing import Launched, plan_in_time
from search.settings import Settings, is_settings
from search.storage import schema
from search.storage.connection import (
    check_writable,
    find_storage,
    load_study,
    make_storage,
    redact,
    study_names,
)
from search.storage.heartbeat import fail_lost
from search.storage.lock import exclusive, exclusive_to_make
from search.storage.reading import stored_facts, stored_versions
from search.writable import check_folder

_CPU_WIDTH = 0.25
_OVERTIME = 0.04
"""Share of a study's time by which a run may go beyond it."""


def stored_settings(url: str, name: str) -> Settings | None:
    """The settings a study was launched with; None where there is no such study yet.

    Nor is there one where a launch was cut short in between creating it and describing it.
    """
    storage = find_storage(url)
    if storage is None or name not in study_names(storage):
        return None
    study = optuna.load_study(study_name=name, storage=storage)
    begun = study.user_attrs.keys() <= {schema.DATA, schema.VERSIONS}
    return None if begun and not study.get_trials(deepcopy=False) else _settings(study)


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
    began: float | None = None,
    fetch: Callable[[CustomCode], CustomCode] | None = None,
) -> int:
    """Make a study, or find it again, run what it lacks, and return how many runs are left out.

    A worker for each of `environments`, which its training process is given, works here; or the
    workers `elsewhere` do, and the first environment is for looking at the data. Other launches
    and workers may take part. Unless `requested` says otherwise, a new study that is named after a
    data set is of that data, and one of sounds is of the techniques for sounds. `attach` shows
    what the runs say so far beside the trials. `deadline`, a `time.monotonic()`, is when no
    further run begins; `began`, of the same clock, is when the command did. `fetch` downloads
    the weights that a new study's network begins with, once its data are known to fit. Nothing is
    created until the settings, the data and the user's own code have been found usable. Raises
    `InputError`, `DataError`, `CustomCodeError`, `TrainingError`, `StudyFailedError`, or what the
    storage raised after all patience.
    """
    began = time.monotonic() if began is None else began
    launched = Launched(began, (time.monotonic() - began) / time.process_time())
    check_system()
    _check_name(name)
    check_writable(url)
    if only_grows(requested):
        _check_meant(url, name)
    early = requested
    if requested.time is not None and stored_settings(url, name) is None:
        requested = _with_small_network(requested)
        early = before_its_plan(requested)
    settings, before = _settle(url, name, early)
    if settings.data == before:
        check_there(name, settings.data)
    if settings.program is not None:
        return _launch_program(
            url, name, requested, settings, before, environments, watch, attach,
            checkpoints=checkpoints, deadline=deadline, elsewhere=elsewhere, launched=launched,
        )  # fmt: skip
    if elsewhere is None:
        check_folder("--checkpoints", checkpoints)
    local = _local_workers(settings, environments)
    try:
        facts = local.facts(watch.reading)
        check_objective(settings, facts)
        if before is None:
            check_batches(settings, facts)
        if before is None and fetch is not None:
            local.survey(settings.techniques, settings.budget())
            code = fetch(settings.custom_code)
            if code != settings.custom_code:
                requested = replace(requested, custom_code=code)
                settings, before = _settle(url, name, replace(early, custom_code=code))
                local.stop()
                local = _local_workers(settings, environments)
                facts = local.facts(watch.reading)
        if settings.custom_code:
            surveyed = local.survey(settings.techniques, settings.budget())
            requested = replace(requested, left_out=surveyed.left_out)
            for caution in surveyed.cautions:
                watch.cautioned(caution)
        begins, asked = began, requested
        if requested.time is not None and before is None:
            # The reading, and the timing that follows, are a part of it.
            workers = elsewhere.workers if elsewhere else local.workers
            planned = plan_in_time(local, workers, settings, facts, requested, launched, watch)
            begins = time.monotonic()
            resized = planned.image_size != settings.image_size
            if resized:
                local.stop()
                local = _local_workers(
                    replace(settings, image_size=planned.image_size), environments
                )
                facts = local.facts(watch.reading)
            watch.planned(planned.plan, planned.timing, settings, facts.image_shape, resized)
            requested = planned.requested
        with exclusive_to_make(url, name):
            # Again, for another launch may have made or extended it meanwhile, by its own plan.
            settings, before = _settle(url, name, asked, requested)
            study = _open(url, name, settings, facts, before)
        if before is not None and before != settings.data:
            watch.moved(before, settings.data)
        picture_training(study, settings, local.strips, watch.cautioned)
        if elsewhere is not None:
            local.stop()
        crew = elsewhere or local
        if settings.time is not None:
            settings = _begin_clock(study, url, time.monotonic() - begins, crew.workers)
        return _follow_in_time(
            study, url, settings, crew, watch, attach, checkpoints, deadline, ends=True
        )
    finally:
        local.stop()


def _launch_program(
    url: str,
    name: str,
    requested: Requested,
    settings: Settings,
    before: str | None,
    environments: Sequence[Mapping[str, str]],
    watch: StudyWatch,
    attach: Attach,
    *,
    checkpoints: Path,
    deadline: float | None,
    elsewhere: Workers | None,
    launched: Launched,
) -> int:
    """Launch a study of the user's program, as `launch` does one that kouka trains.

    The first run of a new study is tried before the study is made, and then is its first trial.
    """
    assert settings.program is not None
    check_program(settings.program)
    check_files(name, settings.program)
    first, begins, here, asked = None, launched.began, environments[0], requested
    if before is None and requested.time is not None:
        count = elsewhere.workers if elsewhere else len(environments)
        first, requested = planned_by_first_runs(
            name, settings, requested, here, count, launched, watch
        )
        begins = time.monotonic()
    elif before is None:
        first = with_other_seed(tried_first(name, settings, here, watch), here, watch)
        requested = first.settled(requested)
    with exclusive_to_make(url, name):
        settings, before = _settle(url, name, asked, requested)
        assert settings.program is not None
        study = _open(url, name, settings, None, before)
        if first is not None and before is None:
            first.keep(study, settings)
    local = CommandWorkers(settings.program, environments)
    crew = elsewhere or local
    if settings.time is not None:
        settings = _begin_clock(study, url, time.monotonic() - begins, crew.workers)
    try:
        return _follow_in_time(
            study, url, settings, crew, watch, attach, checkpoints, deadline, ends=True
        )
    finally:
        local.stop()


def _with_small_network(requested: Requested) -> Requested:
    """Ask for the width that a machine without a GPU trains, unless another was asked for."""
    if requested.program is not None:
        return requested
    if requested.width is None and requested.custom_code.network is None and not gpus():
        return replace(requested, width=_CPU_WIDTH)
    return requested


def join(
    url: str,
    name: str,
    environments: Sequence[Mapping[str, str]],
    watch: StudyWatch,
    attach: Attach,
    *,
    checkpoints: Path,
    data: str | None = None,
    custom_code: CustomCode | None = None,
    directory: str | None = None,
    deadline: float | None = None,
) -> int:
    """Take part in a study that has been launched, and return how many runs are left out.

    `data` and `custom_code` say where this machine has the study's data and the user's own code,
    if not where the study was launched; `directory` where its command runs here. The rest is as in
    `launch`. Raises `InputError` where the study is missing, its data, code or files differ, or
    this version of kouka would train something else.
    """
    check_system()
    study = load_study(url, name)
    check_writable(url)
    requested = Requested(custom_code=custom_code or CustomCode())
    settings = settle(_settings(study), requested)
    if settings.program is not None:
        program = replace(settings.program, directory=directory or settings.program.directory)
        check_versions(name, (), stored_versions(study))
        check_program(program)
        check_files(name, program)
        commands = CommandWorkers(program, environments)
        try:
            return _follow_in_time(
                study, url, settings, commands, watch, attach, checkpoints, deadline
            )
        finally:
            commands.stop()
    if directory is not None:
        raise InputError(f"--directory has no meaning for {name!r}, which kouka itself trains")
    check_installed(settings.backend)
    check_versions(name, ("keras", settings.backend), stored_versions(study))
    if data is None:
        check_there(name, settings.data)
    check_folder("--checkpoints", checkpoints)
    local = _local_workers(settings, environments, data)
    try:
        facts = local.facts(watch.reading)
        check_fingerprint(name, data or settings.data, stored_facts(study), facts)
        settings = _settings(study)
        return _follow_in_time(study, url, settings, local, watch, attach, checkpoints, deadline)
    finally:
        local.stop()


def _begin_clock(study: optuna.Study, url: str, elapsed: float, workers: int) -> Settings:
    """Settle when the study's time ends, for a launch that began `elapsed` seconds ago.

    Where others are at work on it already, it ends when it would, and these workers are added.
    """
    with exclusive(url, study.study_name):
        fail_lost(study, make_storage(url))
        settings = _settings(study)
        limit, trials = settings.time, study.get_trials(deepcopy=False)
        assert limit is not None
        ends = time.time() + time_unspent(limit, trials) - elapsed
        others = sum(trial.state == TrialState.RUNNING for trial in trials)
        if others and limit.ends:
            ends = limit.ends
        limit = replace(limit, ends=ends, workers=others + workers)
        settings = replace(settings, time=limit)
        study.set_user_attr(schema.SETTINGS, settings.to_json())
    return settings


def _follow_in_time(
    study: optuna.Study,
    url: str,
    settings: Settings,
    workers: Workers,
    watch: StudyWatch,
    attach: Attach,
    checkpoints: Path,
    deadline: float | None,
    ends: bool = False,
) -> int:
    """Follow the workers, who stop when the study's time is over, if it has one.

    `ends` as in `follow`: a worker that comes while nobody launches the study does not end it.
    """
    limit, last_call = settings.time, None
    if limit is not None:
        over = time.monotonic() + limit.ends - time.time()
        deadline = over if deadline is None else min(deadline, over)
        last_call = over + _OVERTIME * limit.seconds
    ends = ends and limit is not None
    return follow(study, url, workers, watch, attach, checkpoints, deadline, last_call, ends)


def _check_name(name: str) -> None:
    """Raise `InputError` for a name that a new study may not have, as folders are named after it.

    A study of another program may have it, which can be exported.
    """
    if not name.strip(" ./\\") or not name.isprintable():
        raise InputError(
            f"a study cannot be called {name!r}; NAME takes letters and digits, and what else a "
            "folder's name may have"
        )


def _check_meant(url: str, name: str) -> None:
    """Raise `InputError` where a launch that describes no new study names none that is known.

    It may be in another storage, and would begin as a long study of the usual data.
    """
    if is_set(name):
        return
    storage = find_storage(url)
    known = [] if storage is None else study_names(storage)
    if name in known:
        return
    near = get_close_matches(name, known, n=1, cutoff=0.8)
    but = f", but {near[0]!r}" if near else ""
    raise InputError(
        f"there is no study {name!r} in {redact(url)}{but}; --storage or KOUKA_STORAGE names the "
        "database of a study to go on with, and a new one takes --data, such as --data FOLDER or "
        f"--data {Settings.data}, or --command"
    )


def _settle(
    url: str, name: str, requested: Requested, planned: Requested | None = None
) -> tuple[Settings, str | None]:
    """The settings of a launch, and where a known study had its data before.

    A study that is still new takes those that this launch has `planned` beside the requested ones.
    """
    stored = stored_settings(url, name)
    if stored is None and planned is not None:
        requested = planned
    own = requested.program is not None
    if stored is None and requested.data is None and is_set(name) and not own:
        requested = replace(requested, data=name)
    if stored is None and requested.techniques is None:
        sounds = requested.data is not None and holds_sounds(requested.data, requested.columns)
        usual = usual_techniques(requested.custom_code, sounds=sounds)
        requested = replace(requested, techniques=usual)
    if requested.precision == "auto":
        decided = stored.precision if stored else best_precision()
        requested = replace(requested, precision=decided)
    settings = settle(stored, requested)
    if settings.program is None:
        check_installed(settings.backend)
    return settings, None if stored is None else stored.data


def _local_workers(
    settings: Settings, environments: Sequence[Mapping[str, str]], data: str | None = None
) -> LocalWorkers:
    keras = {"KERAS_BACKEND": settings.backend}
    return LocalWorkers(workload_of(settings, data), [{**each, **keras} for each in environments])


def workload_of(settings: Settings, data: str | None = None) -> Workload:
    """The workload of a study; `data` is where this machine has the data, if elsewhere."""
    return Workload(settings.data_spec(data), settings.objective, settings.custom_code)


def _metric_name(settings: Settings) -> str:
    """The name of a trial's value, as optuna-dashboard shows it."""
    name, last = objective_of(settings.objective).name, settings.last_epochs
    if settings.program is not None:
        name = settings.program.metric.name
    return f"{name}, mean of the last {last} epochs" if last > 1 else name


def _open(
    url: str, name: str, settings: Settings, facts: DataFacts | None, before: str | None
) -> optuna.Study:
    """Make the study, or bring what it says of itself up to date.

    `before` is where it had its data, None for a new one; elsewhere they must be the same. There
    are none of a program. The settings are stored last: without them, the study is a new one.
    """
    trains = ("keras", settings.backend) if settings.program is None else ()
    versions, stored = versions_of(*trains), settings.to_json()  # which may fail
    minimize = settings.program is not None and settings.program.minimize
    direction = StudyDirection.MINIMIZE if minimize else StudyDirection.MAXIMIZE
    study = optuna.create_study(
        study_name=name, storage=make_storage(url), load_if_exists=True, direction=direction
    )
    if study.direction != direction:
        raise InputError(
            f"there is an empty study {name!r} already, whose values are not to be "
            f"{direction.name.lower()}d; use another name"
        )
    if facts is not None:
        if before is not None:
            check_fingerprint(name, settings.data, stored_facts(study), facts, before)
        study.set_user_attr(schema.DATA, asdict(facts))
    study.set_metric_names([_metric_name(settings)])
    study.set_user_attr(schema.VERSIONS, versions)
    study.set_user_attr(schema.SETTINGS, stored)
    return study
