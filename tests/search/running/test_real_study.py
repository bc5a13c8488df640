"""Small studies that really train, each launched in a terminal's stead and read back."""

import csv
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from search.results import Results
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support import dense_network, gate
from tests.support.harness import essence, states
from tests.support.processes import ending, until

pytestmark = pytest.mark.timed

NAME = "dropout"
EPOCHS, LAST = 10, 3
BATCHES = 4
"""Of an epoch."""
COMMAND = [
    sys.executable, "-c", "from search.cli import main; main()", "launch", "tiny",
    "--data", "digits", "--train-size", "100", "--validation", "100", "--epochs", str(EPOCHS),
    "--batch-size", "25", "--network", dense_network.__file__, "--width", "0.2",
    "--techniques", NAME, "--technique", gate.TECHNIQUE, "--fix", "gate=on",
    "--measure", "4", "--search", "2", "--confirm", "1", "--workers", "1", "--out", "out",
]  # fmt: skip


def surroundings(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        **gate.Gate(folder / "gate").environment,
        "KOUKA_CHECKPOINTS": str(folder / "checkpoints"),
    }


def launch(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, cwd=folder, env=surroundings(folder), capture_output=True, text=True, check=False
    )


def results(folder: Path) -> Results:
    return read(load_study(f"sqlite:///{folder / 'studies.db'}", "tiny"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    ended = launch(folder)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    (folder / "printed").write_text(ended.stdout)
    return folder


def test_the_measured_runs_are_balanced_and_were_never_pruned(undisturbed: Path) -> None:
    runs = [run for run in results(undisturbed).runs if run.phase == "measure"]
    assert [run.state for run in runs] == ["complete"] * 4
    assert len({run.seed for run in runs}) == 4
    assert [run.params[NAME] for run in runs].count(True) == 2


def test_a_trial_keeps_what_the_design_says(undisturbed: Path) -> None:
    found = results(undisturbed)
    for run in found.runs:
        assert run.seconds_per_epoch is not None
        assert run.parameters is not None
        assert (run.test_accuracy is None) == (run.state == "pruned")
        if run.state == "complete":
            assert run.value == pytest.approx(statistics.fmean(list(run.curve.values())[-LAST:]))
            assert list(run.curve) == list(range(1, EPOCHS + 1))
    assert found.data is not None
    assert found.data.train == 100
    assert found.data.validation == 100
    assert found.launched_with().last_epochs == LAST
    assert found.launched_with().epochs == EPOCHS
    assert "tensorflow" in found.versions


def test_nothing_of_tensorflow_reaches_the_terminal(undisturbed: Path) -> None:
    printed = (undisturbed / "printed").read_text()
    assert "measure 4/4" in printed
    assert "print all effects" in printed
    for noise in ("WARNING", "cuda", "oneDNN", "tensorflow", "/usr", "Traceback"):
        assert noise not in printed
    with (undisturbed / "out" / "effects.csv").open() as file:
        assert {row["technique"] for row in csv.DictReader(file)} == {NAME}


def test_a_study_that_was_interrupted_twice_equals_one_that_was_not(
    undisturbed: Path, tmp_path: Path
) -> None:
    """Ctrl-C in the midst of measuring, SIGKILL in the midst of searching, then to the end."""
    interrupt_after(tmp_path, 2, signal.SIGINT)
    interrupt_after(tmp_path, 5, signal.SIGKILL)
    assert any(run.state == "running" for run in results(tmp_path).runs)
    ended = launch(tmp_path)
    assert ended.returncode == 0, ended.stderr
    kept = [essence(run) for run in results(tmp_path).runs if run.state != "failed"]
    assert kept == [essence(run) for run in results(undisturbed).runs]
    assert not [file for file in tmp_path.glob("checkpoints/**/*") if file.is_file()]


def test_a_second_signal_ends_it_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    interrupt_after(tmp_path, 1, signal.SIGTERM, twice=True)


def interrupt_after(folder: Path, runs: int, how: signal.Signals, twice: bool = False) -> None:
    """Launch, and send a signal in the midst of the run after so many."""
    held = gate.Gate(folder / "gate")
    held.let_through(0)
    with ending(
        subprocess.Popen(
            COMMAND, cwd=folder, env=surroundings(folder), stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
            # A shell makes what it runs in the background deaf to SIGINT, these tests for one.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    ) as process:  # fmt: skip
        hold_in_the_midst(held, folder, runs)
        family = descendants(process.pid)
        assert len(family) == 2  # the one that forks, and the one that trains
        process.send_signal(how)
        if twice:
            time.sleep(0.05)
            process.send_signal(how)
        elif how != signal.SIGKILL:
            held.let_through(0, then=0.5)  # so the rest of the run takes longer than to be stopped
        _, said = process.communicate(timeout=300)
        if how != signal.SIGKILL:
            assert process.returncode == 130
            assert said.count("\n") == 1
            assert "same command resumes" in said
            assert [run.state for run in results(folder).runs].count("failed") == 1 or twice
    # The training process must end with its parent, even where the parent was killed.
    until(lambda: not family & {pid for pid, _ in living()})
    held.open()


def hold_in_the_midst(held: gate.Gate, folder: Path, runs: int) -> None:
    """Let a study train until so many runs have ended and an epoch of the next one is over.

    An epoch and a half at a time, so that no run can pass by: none is pruned before its third.
    """
    batches = seen = 0
    while seen < 2:
        held.wait()
        found = states(f"sqlite:///{folder / 'studies.db'}")
        seen += found["COMPLETE"] + found["PRUNED"] == runs
        assert found["COMPLETE"] + found["PRUNED"] <= runs
        assert found["RUNNING"] > 0
        if seen < 2:
            batches += 3 * BATCHES // 2
            held.let_through(batches)


def living() -> list[tuple[int, int]]:
    """The processes that live, each with its parent."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [(int(pid), int(parent)) for pid, parent, state in rows if state[0] != "Z"]


def descendants(pid: int) -> set[int]:
    """The children of a process, and theirs."""
    children = {child for child, parent in living() if parent == pid}
    return children.union(*map(descendants, children))
