"""Making a study in its storage, or finding it again, with the settings of a launch."""

from __future__ import annotations

from dataclasses import asdict, replace

import optuna
from optuna.study import StudyDirection

from model_space.data import holds_sounds, is_set
from model_space.facts import DataFacts
from search.errors import InputError, did_you_mean
from search.objective import objective_of
from search.planning.requested import Requested
from search.planning.settle import settle, usual_techniques
from search.running.compatibility import check_fingerprint, versions_of
from search.running.hardware import best_precision
from search.running.requirements import check_installed
from search.settings import Settings, is_settings
from search.storage import schema
from search.storage.connection import find_storage, make_storage
from search.storage.reading import stored_facts
from search.storage.studies import study_names
from search.storage.urls import redact


def stored_settings(url: str, name: str) -> Settings | None:
    """The settings a study was launched with; None where there is no such study yet.

    Nor is there one where a launch was cut short in between creating it and describing it.
    """
    storage = find_storage(url)
    if storage is None or name not in study_names(storage):
        return None
    study = optuna.load_study(study_name=name, storage=storage)
    begun = study.user_attrs.keys() <= {schema.DATA, schema.VERSIONS}
    return None if begun and not study.get_trials(deepcopy=False) else settings_of(study)


def settings_of(study: optuna.Study) -> Settings:
    """The settings that a study was launched with; raises `InputError` where kouka did not."""
    attributes = study.user_attrs
    if not is_settings(attributes.get(schema.SETTINGS)):
        raise InputError(
            f"the study {study.study_name!r} was not launched by kouka, so it can be exported but "
            "not continued; use another name"
        )
    return Settings.from_json(attributes[schema.SETTINGS])


def check_name(name: str) -> None:
    """Raise `InputError` for a name that a new study may not have, as folders are named after it.

    A study of another program may have it, which can be exported.
    """
    if not name.strip(" ./\\") or not name.isprintable():
        raise InputError(
            f"a study cannot be called {name!r}; NAME takes letters and digits, and what else a "
            "folder's name may have"
        )


def check_meant(url: str, name: str) -> None:
    """Raise `InputError` where a launch that describes no new study names none that is known.

    It may be in another storage, and would begin as a long study of the usual data.
    """
    if is_set(name):
        return
    storage = find_storage(url)
    known = [] if storage is None else study_names(storage)
    if name in known:
        return
    near = did_you_mean(name, known)
    raise InputError(
        f"there is no study {name!r} in {redact(url)}{near}; --storage or KOUKA_STORAGE names the "
        "database of a study to go on with, and a new one takes --data, such as --data FOLDER or "
        f"--data {Settings.data}, or --command"
    )


def settle_launch(
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


def make_study(
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
    if study.directions != [direction]:
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


def _metric_name(settings: Settings) -> str:
    """The name of a trial's value, as optuna-dashboard shows it."""
    name, last = objective_of(settings.objective).name, settings.last_epochs
    if settings.program is not None:
        name = settings.program.metric.name
    return f"{name}, mean of the last {last} epochs" if last > 1 else name
