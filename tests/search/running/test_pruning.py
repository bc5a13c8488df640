"""Looks at the pruner that read little decide as Optuna's own, which read everything."""

from collections import Counter
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

from search.planning.pruners import PRUNERS
from search.running.pruning import PruningChecks
from search.storage import schema

EPOCHS = 20


@pytest.mark.parametrize("name", ["median", "halving"])
def test_a_run_is_pruned_when_optuna_itself_would_prune_it(name: str, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    curves = random.normal(0.5, 0.1, (40, 1)) + np.cumsum(
        random.normal(0.01, 0.02, (40, EPOCHS)), axis=1
    )
    storages = [RDBStorage(f"sqlite:///{tmp_path / file}") for file in ("ours.db", "theirs.db")]
    ours, theirs = (optuna.create_study(storage=s, direction="maximize") for s in storages)
    decisions: Counter[bool] = Counter()
    for curve in curves:
        pruning, pruner = PRUNERS[name](EPOCHS, 1), PRUNERS[name](EPOCHS, 1).pruner
        running = create_trial(state=TrialState.RUNNING)
        mine, its = (s._storage.create_new_trial(s._study_id, running) for s in (ours, theirs))
        checks = PruningChecks(pruning, ours, storages[0], mine, EPOCHS)
        stopped = False
        for epoch, value in enumerate(map(float, curve), start=1):
            storages[1].set_trial_intermediate_value(its, epoch, value)
            seen = {e: float(curve[e - 1]) for e in range(1, epoch + 1)}
            stopped = checks.should_prune(seen)
            if epoch in pruning.epochs:
                assert stopped == pruner.prune(theirs, storages[1].get_trial(its))
                decisions[stopped] += 1
            if stopped:
                break
        for epoch, value in seen.items():
            storages[0].set_trial_intermediate_value(mine, epoch, value)
        state = TrialState.PRUNED if stopped else TrialState.COMPLETE
        for storage, trial in zip(storages, (mine, its), strict=True):
            storage.set_trial_state_values(trial, state, [float(curve[epoch - 1])])
    assert decisions[True] > 5
    assert decisions[False] > 5


def test_nothing_is_looked_at_where_nothing_would_be_pruned() -> None:
    assert PRUNERS["none"](100, 1).epochs == frozenset()
    assert min(PRUNERS["median"](100, 1).epochs) == 26
    assert sorted(PRUNERS["halving"](100, 1).epochs) == [12, 24, 48, 96]
    assert all(max(PRUNERS[name](8, 1).epochs) < 8 for name in ("median", "halving"))


def test_no_run_is_judged_before_the_runs_rank_as_at_their_end() -> None:
    assert min(PRUNERS["median"](100, 60).epochs) == 60
    assert sorted(PRUNERS["halving"](100, 30).epochs) == [30, 60]
    for name in ("median", "halving"):
        assert PRUNERS[name](20, 20).epochs == frozenset()


def test_a_run_is_compared_with_runs_of_its_own_length_alone(tmp_path: Path) -> None:
    """Long runs whose schedule keeps the learning rate high are behind short ones, or before."""
    storage = RDBStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    study = optuna.create_study(storage=storage, direction="maximize")
    for epochs, level in ((8, 0.5), (40, 0.9)):
        for above in range(6):
            curve = dict.fromkeys(range(1, epochs + 1), level + above / 100)
            study.add_trial(
                create_trial(
                    value=level, intermediate_values=curve, user_attrs={schema.EPOCHS: epochs}
                )
            )
    running = study._storage.create_new_trial(
        study._study_id, create_trial(state=TrialState.RUNNING)
    )
    for value, stops in ((0.6, False), (0.4, True)):
        for name in ("median", "halving"):
            pruning = PRUNERS[name](8, 1)
            checks = PruningChecks(pruning, study, storage, running, 8)
            curve = dict.fromkeys(range(1, max(pruning.epochs) + 1), value)
            assert checks.should_prune(curve) == (stops and name == "median")
