"""A study on a real Ray cluster of two nodes, both on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from search.results import Results
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support import harness
from tests.support.harness import training
from tests.support.processes import until

pytestmark = pytest.mark.timed

pytest.importorskip("ray")

REQUESTED = {"data": "digits", "epochs": 3, "measure": 16, "search": 0, "confirm": 0}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster whose head runs no worker, so that every node that does may die."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))  # for the tests' own tasks
    from ray.cluster_utils import Cluster

    # A node that refuses connections is dead after three seconds, not twenty.
    soon = {"health_check_period_ms": 1000, "health_check_failure_threshold": 3}
    head = {"num_cpus": 0, "_system_config": {"health_check_initial_delay_ms": 0, **soon}}
    made = Cluster(initialize_head=True, head_node_args=head)
    yield made
    made.shutdown()


def results(url: str) -> Results:
    return read(load_study(url, "s"))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_study_outlives_a_node_and_a_worker_that_falls_silent(cluster: Any, folder: Path) -> None:
    waiting = folder / "waiting"
    waiting.touch()  # or the study might end before Ray has seen that a node is dead
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    url = f"sqlite:///{folder / 'studies.db'}"
    launch = harness.start(
        harness.launch_on_ray, cluster.address, url, "s", folder, REQUESTED, "auto"
    )
    until(lambda: len(training(url)) == 2, 180)  # Ray starts a process for each
    before = training(url)
    cluster.remove_node(nodes[0], allow_graceful=False)
    until(lambda: sum(not is_alive(pid) for pid in before) == 1)
    cluster.add_node(num_cpus=1)
    until(lambda: len(training(url) - before) == 1, 180)  # placed again, on the new node
    (silent,) = (pid for pid in before if is_alive(pid))
    until(lambda: harness.stopped_in_a_run(url, "s", silent))
    waiting.unlink()
    launch.join(180)
    runs = results(url).runs
    assert launch.exitcode == 0, [(run.state, run.worker) for run in runs]
    assert [run.state for run in runs].count("complete") == 16
    failures = [run.failure for run in runs if run.state != "complete"]
    assert set(failures) == {"interrupted"}
    until(lambda: not is_alive(silent))


def test_each_worker_has_a_gpu_of_its_own(cluster: Any, folder: Path) -> None:
    cluster.add_node(num_cpus=4, num_gpus=2)
    url = f"sqlite:///{folder / 'studies.db'}"
    launch = harness.start(
        harness.launch_on_ray, cluster.address, url, "s", folder, REQUESTED, "auto"
    )
    launch.join(120)
    assert launch.exitcode == 0
    assert {run.state for run in results(url).runs} == {"complete"}
    assert sorted(file.read_text() for file in folder.glob("gpu-*")) == ["0", "1"]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nonsense", "auto"])
def test_a_cluster_that_does_not_answer_is_told(
    kouka: Callable[..., Result], folder: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    result = kouka("launch", "digits", "--ray", address)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"kouka: no Ray cluster answers at --ray {address}")
    assert result.stderr.count("\n") == 1
    assert "int()" not in result.stderr
    assert list(folder.iterdir()) == []
