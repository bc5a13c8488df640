"""Launching a study, or joining one: it is worked on until nothing is left to run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import optuna

from model_space.custom.code import CustomCode
from model_space.worker.client import Workload
from search.commands.parsing import check_program
from search.commands.program import Program
from search.errors import InputError
from search.planning.checks import check_batches, check_objective
from search.planning.requested import Requested
from search.planning.settle import only_grows, settle
from search.running.command_workers import CommandWorkers
from search.running.compatibility import (
    check_files,
    check_fingerprint,
    check_there,
    check_versions,
)
from search.running.first_run import FirstRuns
from search.running.folders import check_runs_folder
from search.running.following import Attach, Following, StudyWatch, Workers
from search.running.hardware import gpus
from search.running.local_workers import LocalWorkers
from search.running.making import (
    check_meant,
    check_name,
    make_study,
    settings_of,
    settle_launch,
    stored_settings,
)
from search.running.picturing import picture_training
from search.running.program_timing import before_its_plan, planned_by_first_runs
from search.running.requirements import check_installed, check_system
from search.running.timing import Launched, plan_in_time
from search.settings import Settings
from search.storage.connection import check_writable
from search.storage.lock import exclusive_to_make
from search.storage.reading import stored_facts, stored_versions
from search.storage.studies import load_study
from search.writable import check_folder

_CPU_WIDTH = 0.25


@dataclass(frozen=True)
class _Launch(Following):
    """The arguments of a launch beside the settings; see `launch`."""

    environments: Sequence[Mapping[str, str]]
    elsewhere: Workers | None
    fetch: Callable[[CustomCode], CustomCode] | None


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
    check_name(name)
    check_writable(url)
    if only_grows(requested):
        check_meant(url, name)
    early = requested
    if requested.time is not None and stored_settings(url, name) is None:
        requested = _with_small_network(requested)
        early = before_its_plan(requested)
    settings, before = settle_launch(url, name, early)
    if settings.data == before:
        check_there(name, settings.data)
    given = _Launch(
        url, name, watch, attach, checkpoints, deadline, environments, elsewhere, fetch
    )  # fmt: skip
    if settings.program is not None:
        return _launch_program(given, requested, settings, before, launched)
    return _launch_own(given, requested, settings, before, launched)


def _launch_own(
    given: _Launch, requested: Requested, settings: Settings, before: str | None, launched: Launched
) -> int:
    """Launch a study that kouka itself trains."""
    watch, elsewhere = given.watch, given.elsewhere
    if elsewhere is None:
        check_folder("--checkpoints", given.checkpoints)
    local = _local_workers(settings, given.environments)
    try:
        facts = local.facts(watch.reading)
        check_objective(settings, facts)
        if before is None:
            check_batches(settings, facts)
        if before is None and given.fetch is not None:
            local.survey(settings.techniques, settings.budget())  # which refuses small images
            code = given.fetch(settings.custom_code)
            if code != settings.custom_code:
                requested = replace(requested, custom_code=code)
                settings = replace(settings, custom_code=code)
                local.stop()
                local = _local_workers(settings, given.environments)
                facts = local.facts(watch.reading)
        if settings.custom_code:
            surveyed = local.survey(settings.techniques, settings.budget())
            requested = replace(requested, left_out=surveyed.left_out)
            for caution in surveyed.cautions:
                watch.cautioned(caution)
        begins, asked = launched.began, requested
        if requested.time is not None and before is None:
            # The reading, and the timing that follows, are a part of it.
            workers = elsewhere.workers if elsewhere else local.workers
            planned = plan_in_time(local, workers, settings, facts, requested, launched, watch)
            begins = time.monotonic()
            resized = planned.image_size != settings.image_size
            if resized:
                local.stop()
                resized_settings = replace(settings, image_size=planned.image_size)
                local = _local_workers(resized_settings, given.environments)
                facts = local.facts(watch.reading)
            watch.planned(planned.plan, planned.timing, settings, facts.image_shape, resized)
            requested = planned.requested
        with exclusive_to_make(given.url, given.name):
            # Again, for another launch may have made or extended it meanwhile, by its own plan.
            settings, before = settle_launch(given.url, given.name, asked, requested)
            study = make_study(given.url, given.name, settings, facts, before)
        if before is not None and before != settings.data:
            watch.moved(before, settings.data)
        picture_training(study, settings, local.strips, watch.cautioned)
        if elsewhere is not None:
            local.stop()
        return given.follow(study, settings, elsewhere or local, begins)
    finally:
        local.stop()


def _launch_program(
    given: _Launch, requested: Requested, settings: Settings, before: str | None, launched: Launched
) -> int:
    """Launch a study of the user's program.

    The first run of a new study is tried before the study is made, and then is its first trial.
    """
    assert settings.program is not None
    name = given.name
    check_program(settings.program)
    check_files(name, settings.program)
    check_runs_folder(settings.program, name)
    seconds = requested.time.seconds if requested.time else None
    runs = FirstRuns(name, given.environments[0], given.watch, seconds)
    first, begins, asked = None, launched.began, requested
    if before is None and requested.time is not None:
        count = given.elsewhere.workers if given.elsewhere else len(given.environments)
        first, requested = planned_by_first_runs(runs, settings, requested, count, launched)
        begins = time.monotonic()
    elif before is None:
        first = runs.with_other_seed(runs.first(settings))
        requested = first.settled(requested)
    with exclusive_to_make(given.url, name):
        settings, before = settle_launch(given.url, name, asked, requested)
        assert settings.program is not None
        study = make_study(given.url, name, settings, None, before)
        if first is not None and before is None:
            first.keep(study, settings)
    local = CommandWorkers(settings.program, given.environments)
    try:
        return given.follow(study, settings, given.elsewhere or local, begins)
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
    settings = settle(settings_of(study), requested)
    given = Following(url, name, watch, attach, checkpoints, deadline)
    if settings.program is not None:
        if data is not None:
            raise InputError(
                f"--data has no meaning for {name!r}, which runs a program; --directory names the "
                "folder where that is here"
            )
        program = replace(settings.program, directory=directory or settings.program.directory)
        return _join_program(given, study, settings, program, environments)
    if directory is not None:
        raise InputError(f"--directory has no meaning for {name!r}, which kouka itself trains")
    return _join_own(given, study, settings, environments, data)


def _join_own(
    given: Following,
    study: optuna.Study,
    settings: Settings,
    environments: Sequence[Mapping[str, str]],
    data: str | None,
) -> int:
    """Join a study that kouka itself trains."""
    check_installed(settings.backend)
    check_versions(given.name, ("keras", settings.backend), stored_versions(study))
    if data is None:
        check_there(given.name, settings.data)
    check_folder("--checkpoints", given.checkpoints)
    local = _local_workers(settings, environments, data)
    try:
        facts = local.facts(given.watch.reading)
        check_fingerprint(given.name, data or settings.data, stored_facts(study), facts)
        # Again, for a launch may have extended it while the data were read.
        return given.follow(study, settings_of(study), local)
    finally:
        local.stop()


def _join_program(
    given: Following,
    study: optuna.Study,
    settings: Settings,
    program: Program,
    environments: Sequence[Mapping[str, str]],
) -> int:
    """Join a study of the user's program, which is `program` on this machine."""
    check_versions(given.name, (), stored_versions(study))
    check_program(program)
    check_files(given.name, program)
    check_runs_folder(program, given.name)
    commands = CommandWorkers(program, environments)
    try:
        return given.follow(study, settings, commands)
    finally:
        commands.stop()


def _local_workers(
    settings: Settings, environments: Sequence[Mapping[str, str]], data: str | None = None
) -> LocalWorkers:
    keras = {"KERAS_BACKEND": settings.backend}
    return LocalWorkers(workload_of(settings, data), [{**each, **keras} for each in environments])


def workload_of(settings: Settings, data: str | None = None) -> Workload:
    """The workload of a study; `data` is where this machine has the data, if elsewhere."""
    return Workload(settings.data_spec(data), settings.objective, settings.custom_code)
