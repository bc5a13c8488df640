"""The process that trains, started for real."""

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from model_space.budget import Budget
from model_space.custom.code import CustomCode
from model_space.custom.description import import_and_describe
from model_space.data import DataError, DataSpec, load_spec
from model_space.data.mel import Spectrogram
from model_space.outcome import Report
from model_space.recipe import Recipe
from model_space.worker.client import Stopped, TrainingError, Worker, Workload
from model_space.worker.server import _MOST_NETWORKS
from tests.model_space.data.test_sound import tones
from tests.support import dense_network, gate, shallow
from tests.support.processes import ending

pytestmark = pytest.mark.timed

DATA = DataSpec("digits", train_size=200, validation=50)
BUDGET = Budget(epochs=1, batch_size=25, width=0.1)
BATCHES = 20
LONG = Budget(epochs=3, batch_size=200 // BATCHES, width=0.1)
HELD: Recipe = {"gate": {}}
"""By which `gate` holds a run."""


@pytest.fixture(scope="module")
def code() -> CustomCode:
    """A network that is traced in a moment, and `gate`, as a study keeps them."""
    return import_and_describe([gate.TECHNIQUE], dense_network.__file__)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> gate.Gate:
    return gate.Gate(tmp_path_factory.mktemp("held") / "gate")


@pytest.fixture(autouse=True)
def _opened(held: gate.Gate) -> None:
    held.open()


@pytest.fixture(scope="module")
def small(code: CustomCode, held: gate.Gate) -> Iterator[Worker]:
    one = Worker(Workload(DATA, custom_code=code), held.environment)
    yield one
    one.stop()


@pytest.fixture
def fresh(code: CustomCode, held: gate.Gate) -> Iterator[Worker]:
    one = Worker(Workload(DATA, custom_code=code), held.environment)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def first(small: Worker) -> tuple[float, float | None]:
    """What a run of `train_again` comes to."""
    return train_again(small)


def train_again(worker: Worker) -> tuple[float, float | None]:
    outcome = worker.train({"dropout": {"rate": 0.2}}, BUDGET, 7, go_on)
    return outcome.objective, outcome.test_accuracy


def go_on(epoch: int, accuracy: float) -> bool:
    return True


class Process(NamedTuple):
    pid: int
    parent: int
    group: int
    kibibytes: int
    """Resident memory."""


def processes() -> list[Process]:
    """All that live."""
    columns = "pid=,ppid=,pgid=,rss=,stat="
    listed = subprocess.run(["ps", "-axo", columns], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [Process(*map(int, row[:4])) for row in rows if not row[4].startswith("Z")]


def server_of(worker: Worker) -> int:
    assert worker._server is not None
    return worker._server._process.pid


def fork_of(server: int) -> int:
    [fork] = [process.pid for process in processes() if process.parent == server]
    return fork


def wait_for_the_end_of(server: int) -> None:
    deadline = time.monotonic() + 300
    while left := [process for process in processes() if process.group == server]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def in_an_epoch(
    held: gate.Gate, act: Callable[[], None], pace: float = 0
) -> tuple[Report, list[int]]:
    """A report that acts from another thread, within the second epoch, which is held.

    A batch of the first takes as many seconds as `pace` says: by these a run chooses how many it
    trains at once.
    """
    epochs: list[int] = []

    def wait_and_act() -> None:
        held.wait()
        act()

    def report(epoch: int, accuracy: float) -> bool:
        epochs.append(epoch)
        held.let_through(BATCHES + 1)
        threading.Thread(target=wait_and_act, daemon=True).start()
        return True

    held.let_through(0, then=pace)
    return report, epochs


def test_it_says_what_the_data_are(small: Worker) -> None:
    facts = small.start()
    assert (facts.train, facts.validation, facts.image_shape) == (200, 50, (16, 16, 1))
    assert facts.sound is None
    data = load_spec(DATA)
    assert facts.class_counts == {
        "train": tuple(np.bincount(data.train[1])),
        "validation": tuple(np.bincount(data.validation[1])),
        "test": tuple(np.bincount(data.test[1])),
    }
    assert [sum(counts) for counts in facts.class_counts.values()] == [200, 50, facts.test]


def test_it_says_how_sounds_became_images_and_judges_by_what_it_is_told(tmp_path: Path) -> None:
    code = import_and_describe([], f"{shallow.__file__}:build")
    hearing = Worker(Workload(DataSpec(str(tones(tmp_path))), "neg_log_loss", code))
    try:
        facts = hearing.start()
        assert facts.sound == Spectrogram(rate=8000, seconds=1.008, bands=40, frames=62)
        assert facts.image_shape == (40, 62, 1)
        outcome = hearing.train({"global_pooling": {}}, BUDGET, 1, go_on)
        assert outcome.parameters is not None
        assert outcome.parameters > 0
        # An untrained network knows little more of the two classes than which are there.
        assert outcome.objective == pytest.approx(-math.log(2), abs=0.3)
        assert outcome.test_objective == pytest.approx(-math.log(2), abs=0.3)
        assert outcome.test_accuracy is not None
        assert 0 <= outcome.test_accuracy <= 1
    finally:
        hearing.stop()


def test_data_that_cannot_be_used_are_refused_and_leave_no_process() -> None:
    refused = Worker(DataSpec("nothing-of-this-name"))
    with pytest.raises(DataError, match="nothing-of-this-name"):
        refused.start()
    assert refused._server is None


def test_a_run_that_raises_is_told_and_the_next_one_trains(small: Worker) -> None:
    with pytest.raises(TrainingError, match=r"ValueError: .*units=0"):
        small.train({}, replace(BUDGET, width=0.001), 1, go_on)
    assert small.train({}, BUDGET, 1, go_on).parameters is not None


def test_a_run_without_memory_for_it_says_so(small: Worker) -> None:
    with pytest.raises(TrainingError, match=r"^out of memory: .*OOM when allocating tensor"):
        small.train({}, replace(BUDGET, width=1e12), 1, go_on)


def test_a_fork_is_replaced_before_the_networks_that_it_keeps_are_many(fresh: Worker) -> None:
    used: list[tuple[int, int, int]] = []

    def weigh(epoch: int, accuracy: float) -> bool:
        server = server_of(fresh)
        memory = {process.pid: process.kibibytes for process in processes()}
        used.append((fork_of(server), memory[server], memory[fork_of(server)]))
        return True

    for _ in range(2):  # the second time they are there
        for number in range(_MOST_NETWORKS - 1):
            fresh.train({}, replace(BUDGET, width=0.1 + number / 100), 1, weigh)
    assert len({fork for fork, _, _ in used}) == 1
    for number in (8, 9):
        fresh.train({}, replace(BUDGET, width=0.1 + number / 100), 1, weigh)
    (fork, server, memory), *_, (last, server_at_last, last_memory) = used
    assert fork != last
    assert server_at_last < 1.02 * server
    assert last_memory < 1.1 * memory


def test_a_later_run_equals_the_first_of_its_seed(
    small: Worker, first: tuple[float, float | None]
) -> None:
    assert train_again(small) == first


@pytest.mark.usefixtures("first")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="lists threads as Linux does")
def test_the_process_that_forks_has_one_thread(small: Worker) -> None:
    assert len(list(Path(f"/proc/{server_of(small)}/task").iterdir())) == 1


def test_a_killed_run_is_told_and_costs_nothing_else(
    small: Worker, first: tuple[float, float | None]
) -> None:
    def kill(epoch: int, accuracy: float) -> bool:
        os.kill(fork_of(server_of(small)), signal.SIGKILL)
        return True

    server = server_of(small)
    with pytest.raises(TrainingError, match=r"killed by signal 9 \(out of memory\?\)"):
        small.train({}, BUDGET, 1, kill)
    assert train_again(small) == first
    assert server_of(small) == server


def test_a_killed_process_takes_its_run_along_and_the_next_run_starts_another(
    small: Worker, first: tuple[float, float | None], held: gate.Gate
) -> None:
    server = server_of(small)
    report, epochs = in_an_epoch(held, lambda: os.kill(server, signal.SIGKILL))
    with pytest.raises(TrainingError, match=r"killed by signal 9 \(out of memory\?\)"):
        small.train(HELD, LONG, 1, report)
    assert epochs == [1]
    wait_for_the_end_of(server)
    assert train_again(small) == first
    assert server_of(small) != server


def test_a_process_that_ends_by_itself_is_told_by_its_own_error() -> None:
    with pytest.raises(TrainingError, match=r"ended with exit code 1: \S+.*nonsense"):
        Worker(DATA, {"KERAS_BACKEND": "nonsense"}).start()


def test_a_fork_that_a_defect_ends_says_what_it_was() -> None:
    program = """
from model_space.worker.messages import DrawStrips, encode
from model_space.worker.server import _Fork
class Trainer:
    def strips(self, recipe):
        return object()
fork = _Fork(Trainer())
fork.send(encode(DrawStrips({})))
print(fork.receive(), fork.wait())
"""
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout == "(None, False) 1\n"
    assert ended.stderr.splitlines()[-1].startswith("AttributeError: ")


def test_a_file_in_the_current_folder_is_no_module_of_pythons(fresh: Worker, folder: Path) -> None:
    (folder / "code.py").write_text("raise SystemExit('not this one')\n")  # TensorFlow imports it
    assert fresh.start().train == 200


def test_stop_from_another_thread_ends_a_run_at_once(small: Worker, held: gate.Gate) -> None:
    small.train({}, BUDGET, 1, go_on)
    server = server_of(small)
    report, epochs = in_an_epoch(held, small.stop)
    with pytest.raises(TrainingError, match="the training process was stopped"):
        small.train(HELD, LONG, 1, report)
    assert epochs == [1]
    wait_for_the_end_of(server)


def test_a_run_that_is_asked_to_stop_does_so_within_its_epoch(
    fresh: Worker, tmp_path: Path, held: gate.Gate
) -> None:
    def ask() -> None:
        fresh.ask_to_stop()
        fresh.ask_to_stop()
        held.let_through(0, then=0.3)  # the batches that are left then take several seconds

    report, epochs = in_an_epoch(held, ask, pace=0.1)
    with pytest.raises(Stopped):
        fresh.train(HELD, LONG, 1, report, tmp_path / "run.npz")
    assert epochs == [1]
    assert (tmp_path / "run.npz").exists()
    with pytest.raises(Stopped):
        fresh.train({}, BUDGET, 1, go_on)


def test_a_worker_that_is_asked_to_stop_beforehand_starts_nothing(fresh: Worker) -> None:
    fresh.ask_to_stop()
    with pytest.raises(Stopped):
        fresh.train({}, BUDGET, 1, go_on)
    assert fresh._server is None


PARENT = f"""
from model_space.budget import Budget
from model_space.custom.code import CustomCode, CustomNetwork, CustomTechnique
from model_space.data import DataSpec
from model_space.worker.client import Worker, Workload

worker = Worker(Workload({DATA}, custom_code=CODE))

def report(epoch, accuracy):
    print(worker._server._process.pid, flush=True)
    return True

worker.train({HELD}, {LONG}, 1, report)
"""


def test_nothing_outlives_a_parent_that_is_killed(code: CustomCode, held: gate.Gate) -> None:
    held.let_through(BATCHES + 1)
    command = [sys.executable, "-c", PARENT.replace("CODE", repr(code))]
    with ending(
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **held.environment}
        )
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        assert held.wait() == [fork_of(server)]
        parent.kill()
    wait_for_the_end_of(server)
