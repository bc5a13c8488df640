"""Optuna's private parts are still what `search.storage.optuna_internals` takes them for."""

import ast
import time
from pathlib import Path

import optuna
import pytest
from optuna.distributions import BaseDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

import search
from search.storage import optuna_internals
from search.storage.optuna_internals import (
    TRIED,
    CompleteTrials,
    begin_trial,
    heartbeat_ages,
    id_of,
    write_values,
)

PRIVATE = {"_storage", "_study_id", "_trial_id", "_get_trials", "_backend", "_rdb"}


@pytest.fixture
def storage(tmp_path: Path) -> RDBStorage:
    return RDBStorage(f"sqlite:///{tmp_path / 'studies.db'}")


@pytest.fixture
def study(storage: RDBStorage) -> optuna.Study:
    return optuna.create_study(storage=storage, direction="maximize")


def test_this_optuna_has_been_tried() -> None:
    assert ".".join(optuna.__version__.split(".")[:2]) in TRIED


def test_a_trial_begins_running_with_all_that_it_is_given(study: optuna.Study) -> None:
    space: dict[str, BaseDistribution] = {"x": optuna.distributions.FloatDistribution(0, 1)}
    template = create_trial(state=TrialState.RUNNING, params={"x": 0.5}, distributions=space,
                            user_attrs={"seed": 3})  # fmt: skip
    trial_id = begin_trial(study, template)
    (trial,) = study.get_trials()
    assert id_of(trial) == trial_id
    assert (trial.state, trial.params, trial.user_attrs) == (
        TrialState.RUNNING, {"x": 0.5}, {"seed": 3}
    )  # fmt: skip


def test_values_are_written_at_once_and_read_by_optuna(
    study: optuna.Study, storage: RDBStorage
) -> None:
    trial_id = begin_trial(study, create_trial(state=TrialState.RUNNING))
    write_values(storage, trial_id, {1: 0.25, 2: 0.5})
    write_values(storage, trial_id, {2: 0.75, 3: 1.0})
    assert study.trials[0].intermediate_values == {1: 0.25, 2: 0.75, 3: 1.0}
    storage.set_trial_state_values(trial_id, TrialState.COMPLETE, [1.0])
    with pytest.raises(UpdateFinishedTrialError):
        write_values(storage, trial_id, {4: 1.0})
    assert study.trials[0].intermediate_values == {1: 0.25, 2: 0.75, 3: 1.0}


def test_a_heartbeats_age_is_told_and_none_without_one(
    study: optuna.Study, storage: RDBStorage
) -> None:
    one, other = (begin_trial(study, create_trial(state=TrialState.RUNNING)) for _ in range(2))
    began = time.monotonic()
    storage.record_heartbeat(one)
    ages = heartbeat_ages(storage, [one, other])
    assert ages.keys() == {one}
    assert -2 < ages[one] < 2 + time.monotonic() - began  # the database counts whole seconds


def test_complete_trials_alone_are_seen_and_new_ones_too(
    study: optuna.Study, storage: RDBStorage
) -> None:
    seen = CompleteTrials(study, storage)
    assert seen.direction == study.direction
    assert seen.get_trials() == []
    for value in (0.1, 0.2):
        running = begin_trial(study, create_trial(state=TrialState.RUNNING))
        trial_id = begin_trial(study, create_trial(state=TrialState.RUNNING))
        write_values(storage, trial_id, {1: value})
        storage.set_trial_state_values(trial_id, TrialState.COMPLETE, [value])
        assert running not in map(id_of, seen.get_trials())
        complete = study.get_trials(states=(TrialState.COMPLETE,))
        assert seen.get_trials() == complete


def test_no_other_module_touches_a_private_part_of_optuna() -> None:
    """Their names and private modules, in all of `search` but the one room."""
    assert search.__file__
    assert optuna_internals.__file__
    for path in Path(search.__file__).parent.rglob("*.py"):
        if path == Path(optuna_internals.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("optuna"):
                assert "._" not in (node.module or ""), path
                assert not any(name.name.startswith("_") for name in node.names), path
            if isinstance(node, ast.Attribute) and node.attr in PRIVATE:
                assert ast.unparse(node.value) == "self", (path, node.lineno)
