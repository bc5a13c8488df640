"""Programs that end well, hang, die, print nothing, or leave children behind."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from model_space.budget import Budget
from model_space.outcome import Outcome
from model_space.worker.client import Stopped, TrainingError
from search.commands import process as process_module
from search.commands.program import RULES, CommandFactor, CommandLevel, Metric, Program
from search.commands.trainer import CommandTrainer, RunTimeoutError
from search.errors import StudyFailedError
from tests.support.processes import until

PYTHON = f"{sys.executable} -I -S"
FACTORS = (
    CommandFactor("mixup", (CommandLevel("off"), CommandLevel("on", ("--mixup",), {"MODE": "1"}))),
)


class Trained:
    """One run of a script, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept = folder / "run"
        self.curve: dict[int, float] = {}

    def trainer(
        self, script: str, metric: str = "acc=([0-9.]+)", **changed: object
    ) -> CommandTrainer:
        (self.folder / "train.py").write_text(f"import sys\n{script}")
        program = Program(
            f"{PYTHON} train.py {{epochs}} {{seed}} {{folder}} {{flags}}", str(self.folder),
            FACTORS, Metric("acc", metric, rules=RULES),
        )  # fmt: skip
        self.kept.mkdir(exist_ok=True)
        return CommandTrainer(replace(program, **changed))  # type: ignore[arg-type]

    def report(self, epoch: int, value: float) -> bool:
        self.curve[epoch] = value
        return True

    def train(self, script: str, *, on: bool = False, **changed: object) -> Outcome:
        trainer = self.trainer(script, **changed)  # type: ignore[arg-type]
        recipe: dict[str, dict[str, float]] = {"mixup": {}} if on else {}
        return trainer.train(recipe, Budget(epochs=3), 7, self.report, self.kept)

    @property
    def output(self) -> str:
        return (self.kept / process_module.OUTPUT).read_bytes().decode(errors="replace")


@pytest.fixture
def run(tmp_path: Path) -> Trained:
    return Trained(tmp_path)


def is_gone(file: Path) -> Callable[[], bool]:
    pid = int(file.read_text())

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    return gone


def test_a_run_gets_its_epochs_seed_folder_and_flags_and_is_judged_by_the_last_match(
    run: Trained,
) -> None:
    outcome = run.train(
        "import os\n"
        "print(sys.argv[1:], os.environ['MODE'], file=sys.stderr)\n"
        "for epoch in range(3): print(f'acc={epoch / 10} loss=1')\n",
        on=True,
    )  # fmt: skip
    assert outcome.objective == 0.2
    assert run.curve == {1: 0.0, 2: 0.1, 3: 0.2}
    assert run.output.splitlines()[0] == f"['3', '7', '{run.kept}', '--mixup'] 1"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("print('one'); print('two'); sys.exit(3)", "exit code 3; .*one / two"),
        ("if 1 and (1 / 0): pass", r"printed: .*in <module> / .*\(1 / 0\).* / ZeroDivisionError"),
        ("raise ValueError('no data')", "exit code 1; .*ValueError: no data"),
        ("import os; os.kill(os.getpid(), 9)", r"killed by signal 9 \(out of memory\?\)"),
        (
            "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "open('big', 'wb').write(bytes(10_000))",
            r"exit code 1; .*File too large",
        ),
        ("", "it ended well, but printed nothing$"),
        ("sys.exit(3)", "exit code 3; it printed nothing$"),
        ("print('acc=none')", r"printed nothing that 'acc=\(\[0-9\.\]\+\)' finds; the last it"),
        ("print(600 * 'a'); print(600 * 'b'); sys.exit('ends')", r"printed: b+ … / ends$"),
        ("sys.exit('Error: ' + 600 * 'a')", r"the last it printed: Error: a+ …$"),
        ("sys.exit('It has no data.')", "the last it printed: It has no data$"),
        ("print('x_acc=0.5')", "finds as a word of its own; to take that of 'x_acc', name it"),
        ("print('acc=0.5'); print('acc=nan')", "its acc is nan"),
        ("print('acc=0.5'); print('acc=-inf')", "its acc is -inf"),
    ],
)
def test_a_run_that_fails_says_why(run: Trained, script: str, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        run.train(script)


def test_a_secret_is_in_no_message_and_in_no_file(
    run: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_0.5")
    with pytest.raises(TrainingError, match=r"the last it printed: denied to \*\*\*$"):
        run.train("import os; print('denied to', os.environ['HF_TOKEN']); sys.exit(1)")
    assert run.output == "denied to ***\n"
    # What judges the run is looked for in what it really printed.
    monkeypatch.setenv("HF_TOKEN", "acc=0.5")
    assert run.train("print('acc=0.5', end='')").objective == 0.5
    assert run.output == "***"


def test_any_output_is_read(run: Trained) -> None:
    """Progress bars, bytes that are no UTF-8, lines without end, colours."""
    assert run.train("sys.stdout.write('10%\\racc=0.1\\r100%\\racc=0.2')").objective == 0.2
    assert run.train("sys.stdout.buffer.write(b'\\xff\\xfe acc=0.3 \\xff')").objective == 0.3
    assert run.train("print('\\x1b[32macc=\\x1b[1m0.4\\x1b[0m')").objective == 0.4
    assert run.train("print('acc=0.5', end=' ')\nprint('x ' * 200_000)").objective == 0.5


def test_output_beyond_a_limit_is_read_and_not_kept(
    run: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "_MOST_KEPT", 1000)
    assert run.train("print('x' * 100_000)\nprint('acc=0.6')").objective == 0.6
    assert len(run.output) < 1100


def test_a_full_disk_costs_the_output_and_not_the_run(run: Trained) -> None:
    run.kept.mkdir()
    (run.kept / process_module.OUTPUT).symlink_to("/dev/full")
    assert run.train("print('acc=0.5')").objective == 0.5
    with pytest.raises(TrainingError, match=r"could not be kept \(No space left on device\)"):
        run.train("print('more'); sys.exit(1)")


def test_points_with_an_epoch_are_complete_when_the_next_begins(run: Trained) -> None:
    where = r"epoch (?P<epoch>\d+) .*acc=([0-9.]+)"
    lines = ["epoch 0 acc=0.1", "epoch 0 acc=0.2", "epoch 1 acc=0.3", "epoch 1 acc=0.4"]
    assert run.train(f"print({chr(10).join(lines)!r})", metric=where).objective == 0.4
    assert run.curve == {1: 0.2, 2: 0.4}


def test_the_end_of_each_epoch_is_timed(run: Trained) -> None:
    where = r"epoch (?P<epoch>\d+) .*acc=([0-9.]+)"
    for metric in (where, "acc=([0-9.]+)"):
        trainer = run.trainer(
            "import time\nfor e in (1, 2): time.sleep(0.1); print('epoch', e, 'acc=1', flush=True)",
            metric,
        )
        trainer.train({}, Budget(epochs=2), 1, run.report, run.kept)
        first, second = trainer.epoch_ends
        assert first > 0.1
        assert second - first > 0.05


def test_a_metric_may_be_in_lines_of_json_or_in_a_file(run: Trained) -> None:
    script = 'print(\'{"epoch": 1, "acc": 0.1}\'); print(\'{"acc": NaN, "epoch": 2}\')'
    with pytest.raises(TrainingError, match="its acc is nan"):
        run.train(script, metric="json:acc")
    write = "open(sys.argv[3] + '/{}', 'w').write({!r})"
    found = [
        ("m.json", '{"acc": 0.7}', ":acc"),
        ("m.csv", "a,acc\n1,0.2\n2,0.7\n", ":acc"),
        ("m.jsonl", '{"acc": 0.1}\n{"acc": 0.7}\n', ":acc"),
        ("m.txt", " 0.7\n", ""),
    ]
    for name, text, key in found:
        outcome = run.train(write.format(name, text), metric=f"file:{name}{key}")
        assert outcome.objective == 0.7
    assert run.curve == {}
    text = "epoch,acc\n0,0.2\n1,0.6\n2,0.7\n"
    outcome = run.train(write.format("m.csv", text), metric="file:m.csv:acc")
    assert (outcome.objective, run.curve) == (0.7, {1: 0.2, 2: 0.6, 3: 0.7})
    with pytest.raises(TrainingError, match=r"none\.json cannot be read"):
        run.train("", metric="file:none.json:acc")


def test_a_number_with_a_comma_fails_the_run(run: Trained) -> None:
    with pytest.raises(TrainingError, match=r"ended well, but printed 82,11, .* print a point; if"):
        run.train("print('acc=82,11')")


def test_a_run_that_takes_too_long_is_ended_with_its_children(
    run: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "GRACE", 0.1)
    late = property(lambda self: 60.0 * (run.folder / "child").exists())
    monkeypatch.setattr(process_module.Process, "seconds", late)
    script = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child: print('acc=0.5', flush=True); open('child', 'w').write(str(child))\n"
        "time.sleep(60)\n"
    )
    with pytest.raises(TrainingError, match=r"longer than 30 s \(--run-timeout\); .*acc=0\.5"):
        run.train(script, timeout=30.0)
    until(is_gone(run.folder / "child"))


def test_a_run_is_over_when_its_program_is_whatever_that_leaves_behind(run: Trained) -> None:
    script = (
        "import os, time\n"
        "child = os.fork()\n"
        "if not child: time.sleep(60)\n"
        "open('child', 'w').write(str(child)); print('acc=0.5')\n"
    )
    began = time.monotonic()
    assert run.train(script).objective == 0.5
    assert time.monotonic() - began < 20
    until(is_gone(run.folder / "child"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no other system tells of them")
@pytest.mark.parametrize("then", ["print('acc=0.5')", "time.sleep(60)"])
def test_a_daemon_does_not_outlive_its_run(
    run: Trained, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has left its session and its parents, and does not end when it is asked to."""
    monkeypatch.setattr(process_module, "GRACE", 0.2)
    late = property(lambda self: 60.0 * (run.folder / "child").exists())
    monkeypatch.setattr(process_module.Process, "seconds", late)
    script = (
        "import os, signal, time\n"
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    if os.fork(): os._exit(0)\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    open('written', 'w').write(str(os.getpid())); os.rename('written', 'child')\n"
        "    time.sleep(60)\n"
        "while not os.path.exists('child'): time.sleep(0.01)\n"
    )
    if "acc" in then:
        assert run.train(script + then).objective == 0.5
    else:
        with pytest.raises(RunTimeoutError):
            run.train(script + then, timeout=30.0)
    assert is_gone(run.folder / "child")()


def test_a_pruned_run_ends_early(run: Trained) -> None:
    trainer = run.trainer("import time\nprint('acc=1\\nacc=0.5', flush=True)\ntime.sleep(60)")
    outcome = trainer.train({}, Budget(epochs=3), 1, lambda epoch, value: epoch < 2, run.kept)
    assert outcome.objective == 0.5
    assert outcome.stopped


def test_a_run_that_has_ended_is_no_longer_pruned(run: Trained) -> None:
    """Its last point is complete at its end alone, and the pruner may be asked about that."""
    where = r"epoch (?P<epoch>\d+) acc=([0-9.]+)"
    trainer = run.trainer("print('epoch 3 acc=1\\nepoch 6 acc=0.5')", where)
    outcome = trainer.train({}, Budget(epochs=6), 1, lambda epoch, value: epoch < 2, run.kept)
    assert outcome.objective == 0.5
    assert not outcome.stopped


def test_a_single_value_is_no_curve(run: Trained) -> None:
    assert run.train("print('acc=0.5')").objective == 0.5
    assert not run.curve


def test_one_that_is_asked_to_stop_stops_and_starts_nothing_more(run: Trained) -> None:
    trainer = run.trainer(
        "import os, time\nopen('child', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    stopped: list[bool] = []

    def train() -> None:
        with pytest.raises(Stopped):
            trainer.train({}, Budget(), 1, run.report, run.kept)
        stopped.append(True)

    thread = threading.Thread(target=train)
    thread.start()
    until((run.folder / "child").exists)
    trainer.ask_to_stop()
    thread.join(20)
    assert stopped
    until(is_gone(run.folder / "child"))
    with pytest.raises(Stopped):
        trainer.train({}, Budget(), 1, run.report, run.kept)


def test_nothing_outlives_a_kouka_that_was_killed(run: Trained) -> None:
    script = "import os, time\nopen('child', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    trainer = run.trainer(script)
    pid = os.fork()
    if not pid:
        trainer.train({}, Budget(), 1, run.report, run.kept)
        os._exit(0)
    until(lambda: (run.folder / "child").exists() and (run.folder / "child").read_text() != "")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    until(is_gone(run.folder / "child"))


def test_values_come_in_the_unit_of_the_study(run: Trained) -> None:
    assert run.train("print('acc=91.5')", unit="points", scale=1.0).objective == pytest.approx(
        0.915
    )
    assert run.train("print('acc=2')", unit="ms", scale=1000.0).objective == 2000
    with pytest.raises(TrainingError, match=r"is 150, which is no percentage"):
        run.train("print('acc=150')", unit="points", scale=100.0)
    with pytest.raises(StudyFailedError, match=r"acc 43 is in percent.* --scale 1 --unit points"):
        run.train("print('acc=43')", unit="points", scale=100.0)
    assert math.isclose(run.train("print('acc=3')").objective, 3)


def test_output_is_read_alike_in_every_locale(tmp_path: Path) -> None:
    (tmp_path / process_module.OUTPUT).write_bytes("ma_précision=0.5\n".encode())
    program = f"""
from pathlib import Path
from search.commands.program import RULES, Metric
from search.commands.trainer import _nothing
print(ascii(_nothing(Metric("m", "pr\\xe9cision=([0-9.]+)", RULES), Path({str(tmp_path)!r}))))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )  # fmt: skip
    assert ascii("to take that of 'ma_précision', name it whole")[1:-1] in ended.stdout
