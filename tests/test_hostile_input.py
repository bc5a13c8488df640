"""Whatever a user, a file or a database says: a value, or a sentence of what to do about it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from model_space.data.wav import read_wav
from model_space.facts import DataFacts
from model_space.technique import Factor
from model_space.techniques import TECHNIQUES
from model_space.typed_json import JsonError
from search.cli.options.output import folder_of
from search.errors import InputError
from search.planning.parsing import parse_fix, parse_recipe, parse_techniques
from search.reporting.findings import find
from search.reporting.sections import sections
from search.reporting.status import status_of
from search.reporting.summary import summarise
from search.settings import Settings
from search.storage import schema
from search.storage.reading import read
from search.storage.urls import redact, storage_url

settings.register_profile(
    "suite",
    max_examples=60,
    deadline=None,  # which another process on the cores would break
    derandomize=True,  # so that the suite is the same at every run
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("suite")

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**30) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
STORED: dict[str, Any] = json.loads(json.dumps(Settings(data="digits").to_json()))
SAYINGS = st.text(st.sampled_from("=(),.-+ 0123456789e") | st.characters(), max_size=30)
ATTRIBUTES = (
    schema.SETTINGS, schema.DATA, schema.VERSIONS, schema.CANDIDATES, schema.VERIFIED,
)  # fmt: skip
OF_TRIALS = (
    schema.PHASE, schema.SEED, schema.EPOCHS, schema.TEST_ACCURACY, schema.TEST_CORRECT,
    schema.SECONDS_PER_EPOCH, schema.PARAMETERS, schema.DIVERGED, schema.FAILURE, schema.WORKER,
)  # fmt: skip


def refused(ask: Callable[[], object]) -> str | None:
    """The sentence by which something is refused; None where it is taken."""
    try:
        ask()
    except (InputError, JsonError) as error:
        return str(error)
    return None


def fix(text: str) -> object:
    """What --fix makes of one text."""
    return parse_fix([text])


@given(SAYINGS | st.tuples(st.sampled_from(TECHNIQUES), SAYINGS).map(lambda p: p[0].name + p[1]))
def test_a_recipe_is_read_or_refused(text: str) -> None:
    for parse in (parse_recipe, parse_techniques, fix):
        refusal = refused(partial(parse, text))
        assert refusal is None or "\n" not in refusal.strip()


@given(SAYINGS, st.sampled_from(["", "sqlite:///", "postgresql://a:secret@h/", "x://"]))
@example(":A", "x://")
@example(":", "")
@example("\ud800", "sqlite:///")
def test_a_storage_is_an_address_or_refused_and_its_password_is_hidden(
    text: str, start: str
) -> None:
    refusal = refused(lambda: storage_url(start + text))
    if refusal is None:
        assert "secret" not in redact(storage_url(start + text))
    else:
        assert "secret" not in refusal


@given(st.text(max_size=300))
@example("..")
@example("../../etc")
@example("a/../../b")
def test_a_folder_is_in_its_own_whatever_the_study_is_called(name: str) -> None:
    folder = folder_of("reports", name)
    assert folder.parent == Path("reports")
    assert folder.name not in ("", ".", "..")
    assert len(folder.name.encode(errors="surrogateescape")) < 255


@given(
    st.binary(max_size=80), st.sampled_from([b"", b"RIFF\0\0\0\0WAVE", b"RF64\xff\xff\xff\xffWAVE"])
)
def test_a_sound_is_read_or_damaged(tmp_path: Path, content: bytes, start: bytes) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(start + content)
    try:
        rate, count, samples = read_wav(str(file), 1.0)
    except ValueError:
        return
    assert rate >= 0
    assert count >= 0
    assert samples.ndim == 2


@given(st.dictionaries(st.sampled_from(sorted(STORED)), JSON, min_size=1, max_size=3))
def test_settings_are_read_or_no_settings(changed: dict[str, Any]) -> None:
    for kind, of in ((Settings, STORED | changed), (DataFacts, changed)):
        refusal = refused(partial(kind.from_json, of))
        assert refusal != ""


@settings(max_examples=15)  # each is analysed whole
@given(
    st.dictionaries(st.sampled_from(ATTRIBUTES), JSON, max_size=3),
    st.dictionaries(st.sampled_from(OF_TRIALS), JSON, max_size=4),
    st.lists(st.floats(allow_nan=False), min_size=8, max_size=8),
)
@example({}, {}, [0.0] * 7 + [9e-287])  # which differ, and whose variance is 0
def test_a_study_with_any_attributes_and_values_is_reported_or_refused(
    attributes: dict[str, Any], of_trials: dict[str, Any], values: list[float]
) -> None:
    study = optuna.create_study(direction="maximize")
    for name, value in attributes.items():
        study.set_user_attr(name, value)
    for place, value in enumerate(values):
        trial = study.ask()
        trial.suggest_categorical("a", [False, True])
        trial.suggest_float("lr", 1e-5, 1e-1, log=True)
        for name, of_trial in of_trials.items():
            trial.set_user_attr(name, of_trial)
        trial.report(math.nan if place == 3 else value, place)
        study.tell(trial, value, skip_if_finished=True)
    if refused(lambda: read(study)) is not None:
        return
    results = read(study)
    findings = find(results, [])
    json.dumps(summarise(findings), allow_nan=False)
    assert sections(findings)
    assert status_of(results).study == study.study_name


def test_every_technique_can_be_asked_for() -> None:
    """The inputs above are near enough to real ones to be taken."""
    one: Factor = TECHNIQUES[0]
    assert parse_recipe(one.name)
    assert Settings.from_json(STORED) == Settings(data="digits")
