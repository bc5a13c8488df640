"""Studies of a program of the user's own: small scripts in plain Python with known effects."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from search.analysis.confirmation import confirmation
from search.analysis.decision import decide
from search.analysis.effects import effects_of
from search.analysis.ladder import ladder
from search.analysis.recommendation import recommend
from search.planning.time_plan import Timing
from search.reporting.details.techniques import techniques
from search.reporting.findings import find
from search.reporting.programs import mixed_up, too_few_digits, unheard_seed
from search.results import Results, by_recipe
from search.running.worker_loop import study_checkpoints
from search.settings import usual_last_epochs
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support.faked import Kouka, without_report
from tests.support.harness import states
from tests.support.processes import until

STORAGE = "sqlite:///studies.db"
PYTHON = f"{sys.executable} -I -S"
TRAIN = """
import os, random, sys
epochs, seed, *flags = sys.argv[1:]
draw = random.Random(int(seed))
reach = 0.6 + 0.2 * ("mixup" in flags) - 0.1 * ("muon" in flags) + 0.05 * ("AMP" in os.environ)
if "lr" in flags:
    reach -= abs(float(flags[flags.index("lr") + 1]) - 0.5) / 10
for epoch in range(1, int(epochs) + 1):
    print(f"epoch {epoch} acc={reach * (1 - 0.5 ** epoch) + draw.gauss(0, 0.001)}")
print(f"tested: {reach - 0.01 + draw.gauss(0, 0.001)}")
"""
COMMAND = ("--command", f"{PYTHON} train.py {{epochs}} {{seed}} {{flags}}", "--epochs", "4")
FACTORS = ("--factor", "mixup: mixup", "--factor", "opt: sgd | muon", "--factor", "amp: AMP=1")
METRIC = ("--metric", "acc=([0-9.]+)")
STUDY = ("launch", "s", *COMMAND, *FACTORS, *METRIC)


@pytest.fixture(autouse=True)
def _plainly(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.running.hardware.cores", lambda: 1)
    if "with_report" not in request.keywords:
        without_report(monkeypatch)
    (folder / "train.py").write_text(TRAIN)


def results(name: str = "s") -> Results:
    return read(load_study(STORAGE, name))


def _full(*arguments: object, **options: object) -> Path:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def script(text: str, *arguments: str) -> tuple[str, ...]:
    """The launch of a script with one factor."""
    Path("own.py").write_text(text)
    command = f"{PYTHON} own.py {{seed}} {{flags}}"
    return ("launch", "s", "--command", command, "--factor", "a: on", *METRIC, *arguments)


@pytest.mark.with_report
def test_a_study_finds_the_effects_of_a_script_from_nothing_to_the_report(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "hunter2")
    monkeypatch.setenv("AMP", "2")  # which no run without the factor is to have
    text = f"{TRAIN}\nimport os\nprint('with', os.environ['API_KEY'])\n"
    Path("train.py").write_text(text)
    ended = kouka(*STUDY, "--measure", "8", "--test-metric", "tested: ([0-9.]+)", "--confirm", "1")
    assert ended.exit_code == 0, ended.output
    assert "Trying the first run alone, with " in ended.output
    assert "Another seed gave another acc" in ended.output
    found = results()
    fitted = effects_of(found)
    assert fitted is not None
    # The mean of the last epoch of four: 1 - 1/16 of what is reached.
    for name, points in (("mixup", 20), ("opt=muon", -10), ("amp", 5)):
        assert fitted.of(name).effect == pytest.approx(points * 15 / 16, abs=0.3)
    assert Counter(run.phase for run in found.runs) == {"measure": 8, "confirm": 5}
    report = Path("reports/s/report.md").read_text()
    assert "points of acc" in report
    assert "image" not in report.split("## Details")[0]
    assert "| technique | adds to the command |" in report
    assert "dials" not in report
    assert "own command" not in report
    assert "train.py 4 {seed} mixup sgd" in ended.output
    assert b"hunter2" not in Path("studies.db").read_bytes()
    shown = kouka("logs", "s", "3")
    assert shown.output.count("acc=") == 4
    assert "with ***" in shown.output
    assert shown.output == Path("runs/s/3/output.txt").read_text()
    assert "mixup" in kouka("logs", "s").output


def test_the_same_command_resumes_and_a_larger_one_extends(kouka: Kouka, folder: Path) -> None:
    assert kouka(*STUDY, "--measure", "8").exit_code == 0
    assert kouka(*STUDY).exit_code == 0
    assert len(results().runs) == 8
    assert kouka("launch", "s", "--ladder", "1").exit_code == 0
    steps = [run.on for run in results().runs if run.phase == "ladder"]
    assert steps == [set(), {"mixup"}, {"mixup", "opt=muon"}, {"mixup", "opt=muon", "amp"}]
    other = kouka("launch", "s", *COMMAND, *FACTORS, "--metric", "acc=(.*)", "--minimize")
    assert other.exit_code == 2
    assert "--metric is acc=([0-9.]+), not acc=(.*); --minimize was not given" in other.output
    assert kouka("launch", "s", "--width", "2").exit_code == 2
    (folder / "train.py").write_text(f"{TRAIN}\n")
    changed = kouka("launch", "s", "--measure", "16")
    assert changed.exit_code == 2
    assert "train.py in " in changed.output
    assert "is not what the study 's' began with" in changed.output


def test_a_search_turns_numbers_and_prunes_by_what_is_printed(kouka: Kouka) -> None:
    ended = kouka(*STUDY, "--measure", "8", "--search", "6", "--confirm", "1",
                  "--dial", "lr: lr {value}, 0 to 1 usual 0.1")  # fmt: skip
    assert ended.exit_code == 0, ended.output
    found = results()
    measured = [run.params["lr"] for run in found.of("measure")]
    assert measured == [0.1] * 8
    searched = [run for run in found.runs if run.phase == "search"]
    assert len({run.params["lr"] for run in searched}) == 6
    pruned = [run for run in searched if run.state == "pruned"]
    assert pruned
    assert all(len(run.curve) < 4 for run in pruned)
    best = found.best
    assert best is not None
    assert abs(best.params["lr"] - 0.5) < 0.3


def test_all_off_with_a_number_of_its_own_is_a_recipe_beside_all_off(kouka: Kouka) -> None:
    text = """
import random, sys
seed, *flags = sys.argv[1:]
lr = float(flags[flags.index("lr") + 1])
reach = 0.7 - abs(lr - 0.5) / 4 - 0.1 * ("on" in flags)
print(f"acc={reach + random.Random(seed).gauss(0, 0.002)}")
"""
    ended = kouka(*script(text, "--dial", "lr: lr {value}, 0 to 1 usual 0.1", "--measure", "4",
                          "--search", "12", "--confirm", "3"))  # fmt: skip
    assert ended.exit_code == 0, ended.output
    found = results()
    recommended = recommend(found)
    assert recommended is not None
    assert not recommended.on
    assert [len(runs) for runs in by_recipe(found.of("confirm"))] == [3] * 5
    assert abs(recommended.params["lr"] - 0.5) < 0.2
    rows = confirmation(found, recommended)
    assert rows[0].label == "recommended"
    assert next(row for row in rows if row.label == "all off").params["lr"] == 0.1
    decision = decide(found, recommended, rows)
    assert decision is not None
    assert decision.verdict == "better"
    assert decision.gain is not None
    assert abs(decision.gain.value - 25 * (0.4 - abs(recommended.params["lr"] - 0.5))) < 1


def test_a_second_try_that_fails_by_chance_does_not_stop_the_study(kouka: Kouka) -> None:
    text = """
import pathlib, random, sys
tried = pathlib.Path("tried")
tried.write_text((tried.read_text() if tried.exists() else "") + "x")
if tried.read_text() == "xx":
    sys.exit("out of luck")
print(f"acc={random.random()}")
"""
    ended = kouka(*script(text, "--measure", "4", "--confirm", "0"))
    assert ended.exit_code == 0, ended.output
    said = " ".join(ended.output.split())
    assert "Caution: with another seed it ended with exit code 1" in said
    assert "runs may fail by chance" in said
    assert len(results().of("measure")) == 4


def planned(output: str) -> list[list[str]]:
    return [line.split()[:6] for line in output.splitlines() if line.startswith("  ")]


def test_a_time_plans_the_runs_and_their_epochs(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Timing(1.0, 1.0, 2.0, 1)
    monkeypatch.setattr("search.running.program_timing._timing", lambda *runs: second)
    sizes = ("--measure", "8", "--verify", "4", "--verify-epochs", "90", "--confirm", "0")
    launch = ("launch", "s", "--command", COMMAND[1], *FACTORS, *METRIC, *sizes)
    ended = kouka(*launch, "--time", "10m")
    assert ended.exit_code == 0, ended.output
    assert "An epoch takes 1 s, and a run 2 s beside its epochs, with 1 worker." in ended.output
    settings = results().launched_with()
    # 4 runs of 92 s, and 8 of 2 s and their epochs, in 95 % of what the first runs leave.
    assert 12 <= settings.epochs <= 23
    assert settings.last_epochs == usual_last_epochs(settings.epochs)
    counts = Counter(run.phase for run in results().runs)
    assert counts == {"measure": 8, "verify": 4}
    again = kouka("launch", "s")
    assert again.exit_code == 0
    assert len(results().runs) == 12


def test_a_time_plans_runs_alone_where_the_command_has_no_epochs(kouka: Kouka) -> None:
    random = "import random\nprint(f'acc={random.random()}')"
    launch = script(random, "--measure", "4", "--confirm", "1", "--time", "10m")
    ended = kouka(*launch)
    assert ended.exit_code == 0, ended.output
    assert "A run takes about " in ended.output
    assert [line[:3] for line in planned(ended.output)] == [
        ["measure", "4", "runs,"], ["confirm", "2", "runs,"], ["beside", "the", "first"]
    ]  # fmt: skip
    # The run that was tried first is the first of the study.
    assert Counter(run.phase for run in results().runs) == {"measure": 4, "confirm": 2}
    limit = results().launched_with().time
    assert limit is not None
    assert limit.chosen == ("search",)
    assert 0 < limit.ends - time.time() < 600
    longer = kouka("launch", "s", "--time", "20m", "--measure", "8")
    assert longer.exit_code == 0
    assert len(results().of("measure")) == 8


def test_a_time_too_short_for_a_program_makes_no_study(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = kouka(*script("print('acc=1')", "--time", "1s", "--measure", "1024"))
    assert short.exit_code == 2
    assert "--time 1s is too short: the smallest plan, with --measure 1024, takes" in short.output
    assert "another seed" not in short.output
    monkeypatch.setattr("search.running.first_run._PATIENCE", -0.9)
    hanging = kouka(*script("import time\nprint('acc=1')\ntime.sleep(60)", "--time", "1s"))
    assert hanging.exit_code == 2
    assert "not even the first run ended in 1s" in hanging.output
    assert not Path("studies.db").exists()


def test_a_factor_of_several_levels_has_an_effect_for_each_change(kouka: Kouka) -> None:
    levels = "import random, sys\nsteps = {'one': 0, 'two': 0.2, 'three': -0.1}\n" + (
        "print(f'acc={0.5 + steps[sys.argv[2]] + random.gauss(0, 0.001)}')"
    )
    Path("own.py").write_text(levels)
    launched = ("launch", "s", "--command", f"{PYTHON} own.py {{seed}} {{flags}}", *METRIC,
                "--factor", "size: one | two | three", "--factor", "more: more")  # fmt: skip
    assert kouka(*launched, "--measure", "8", "--search", "2").exit_code == 0
    found = results()
    counts = Counter(run.params["size"] for run in found.of("measure"))
    assert counts == {"one": 4, "two": 2, "three": 2}
    fitted = effects_of(found)
    assert fitted is not None
    assert fitted.of("size: one → two").effect == pytest.approx(20, abs=0.5)
    assert fitted.of("size: one → three").effect == pytest.approx(-10, abs=0.5)
    best = recommend(found)
    assert best is not None
    assert best.params["size"] == "two"
    held = kouka("launch", "t", *launched[2:], "--measure", "2", "--fix", "size=two")
    assert held.exit_code == 0, held.output
    assert all((run.value or 0) > 0.65 for run in results("t").runs)
    explained = techniques(find(found, []))
    assert explained is not None
    assert explained.table is not None
    assert [row[:2] for row in explained.table.rows] == [
        ("more", "more"), ("size", "one | two | three")
    ]  # fmt: skip
    assert kouka("launch", "s", "--ladder", "1:more,size=two").exit_code == 0
    assert [step.adds for step in ladder(results())] == ["all off", "more", "size=two"]
    grown = kouka("launch", "s", "--measure", "16")
    assert grown.exit_code == 2
    assert "--measure 16 cannot extend a design with a factor of several levels" in grown.output


def test_a_smaller_metric_is_better_where_it_is_a_loss(kouka: Kouka) -> None:
    loss = (
        "import random, sys\nprint('acc=9', 'acc:', 2 - ('on' in sys.argv) + random.random() / 9)"
    )
    # Without a group, the number counts that follows; and of all matches the last.
    launched = kouka(*script(loss, "--metric", "acc", "--metric-name", "loss", "--minimize",
                             "--measure", "8"))  # fmt: skip
    assert launched.exit_code == 0, launched.output
    found = results()
    assert not found.objective.maximize
    assert found.objective.name == "loss"
    fitted = effects_of(found)
    assert fitted is not None
    assert fitted.of("a").effect == pytest.approx(-1, abs=0.2)
    assert fitted.of("a").verdict == "helps"


def test_a_first_run_that_fails_for_what_is_on_gives_way_to_another(kouka: Kouka) -> None:
    """Another recipe tells whether the program fails or the technique."""
    failing = (
        "import random\nif 'on' in sys.argv: raise SystemExit(3)\nprint(f'acc={random.random()}')"
    )
    launched = kouka(*script(f"import sys\n{failing}", "--measure", "4", "--seed", "1"))
    assert launched.exit_code == 0, launched.output
    assert "the first run failed: it ended with exit code 3" in launched.output
    assert "Another that is planned, with less on, is tried." in launched.output
    assert "Trying the first run alone, with no technique …" in launched.output
    assert results().runs[0].on == set()
    assert all(run.on for run in results().runs if run.state == "failed")


def test_the_first_run_says_what_it_is_judged_by_and_gets_its_line(kouka: Kouka) -> None:
    prints = "import random\nfor e in range(4): print(f'acc={random.random():.4f}')"
    said = " ".join(kouka(*STUDY, "--measure", "8", "--last-epochs", "2").output.split())
    first = results().runs[0]
    assert first.scaled is not None
    last = first.scale * first.curve[4]
    assert (
        f"It ended with acc {last:.2f} %, the last of 4 values, and is judged by the mean of the "
        f"last 2, {first.scaled:.2f} %."
    ) in said
    for at in range(1, 9):
        assert said.count(f"measure {at}/8 ") == 1
    assert f"measure 1/8 {first.scaled:.2f} %" in said
    other = ("launch", "t", *script(prints, "--measure", "4", "--timeout", "0")[2:])
    one = kouka(*other)
    assert "the last of 4 values. Its output" in one.output  # of which the last judges


def test_scores_out_of_the_order_of_their_epochs_are_told_of_once(kouka: Kouka) -> None:
    prints = "import random\nfor e in (2, 0, 1): print(f'epoch {e} acc={random.random():.4f}')"
    said = " ".join(kouka(*script(prints, "--measure", "4")).output.split())
    assert said.count("The first run printed acc of epoch 0 after that of epoch 2.") == 1


def test_nothing_is_made_where_the_first_run_fails(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = kouka(*script("print('one'); raise SystemExit(3)", "--measure", "4"))
    assert failed.exit_code == 1
    assert (
        "the first run failed: it ended with exit code 3; the last it printed: one" in failed.output
    )
    assert failed.output.endswith("nothing is stored: fix that, and launch it again\n")
    assert not Path("studies.db").exists()
    with monkeypatch.context() as patch:
        patch.setattr("search.running.folders.Path.mkdir", _full)
        full = kouka(*script("print('acc=1')", "--measure", "4"))
    assert full.exit_code == 1
    assert "of the runs cannot be written (No space left on device)" in full.output
    mended = script("import random\nprint(f'acc={random.random()}')", "--measure", "4")
    with monkeypatch.context() as patch:
        patch.setattr("search.commands.trainer.Process", _full)
        full = kouka(*mended)
    assert full.exit_code == 1
    assert "kouka: no run can begin here ([Errno 28] No space left" in full.stderr
    assert set(states(STORAGE)) <= {"FAIL"}
    assert kouka(*mended).exit_code == 0


def test_a_folder_in_which_no_run_could_be_kept_is_refused_before_the_first(
    kouka: Kouka, folder: Path
) -> None:
    (folder / "runs").write_text("a file")
    ended = kouka(*STUDY, "--measure", "8")
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert f"{folder / 'runs' / 's'}, in which kouka keeps what the runs print" in ended.stderr
    assert "(Not a directory)" in ended.stderr
    assert not (folder / "studies.db").exists()


def test_a_worker_that_could_keep_no_run_begins_none(kouka: Kouka, folder: Path) -> None:
    assert kouka(*STUDY, "--measure", "8", "--timeout", "0").exit_code == 0
    before = states(STORAGE)
    shutil.rmtree(folder / "runs")
    (folder / "runs").write_text("a file")
    ended = kouka("worker", "s")
    assert ended.exit_code == 2
    assert f"{folder / 'runs' / 's'}, in which kouka keeps what the runs print" in ended.stderr
    assert states(STORAGE) == before


def test_an_interrupted_first_run_leaves_no_study_to_resume(
    kouka: Kouka, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*shown: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("search.cli.progress.Progress.trying", stop)
    ended = kouka(*STUDY, "--measure", "8")
    assert ended.exit_code == 130
    assert ended.stderr.endswith(
        "kouka: interrupted; nothing is stored yet, and the same command begins anew\n"
    )
    assert not (folder / "studies.db").exists()


def test_a_long_name_has_folders_that_can_be_made(kouka: Kouka, folder: Path) -> None:
    name = "画" * 90
    assert kouka("launch", name, *STUDY[2:], "--measure", "8").exit_code == 0
    [runs] = (folder / "runs").iterdir()
    assert runs.name.startswith("画画画")
    checkpoints = study_checkpoints(folder / "checkpoints", STORAGE, name)
    checkpoints.mkdir(parents=True)
    assert checkpoints != study_checkpoints(folder / "checkpoints", STORAGE, name + "画")


def test_scores_that_are_no_epochs_have_no_effects_by_epoch(kouka: Kouka) -> None:
    """A score for each of two data sets, of which the larger one's is better."""
    two = "import random\nfor size in (1, 2): print(f'acc={size / 3 + random.random() / 100}')"
    assert kouka(*script(two, "--measure", "4")).exit_code == 0
    assert all(len(run.curve) == 2 for run in results().of("measure"))
    findings = find(results(), [])
    assert findings.effects is not None
    assert (findings.fast_start, findings.by_epoch, findings.curves) == (None, (), ())
    launch = ("launch", "e", *COMMAND, *FACTORS[:2], *METRIC, "--measure", "4")
    assert kouka(*launch).exit_code == 0
    assert find(results("e"), []).by_epoch


def test_a_score_of_too_few_digits_is_found_out(kouka: Kouka) -> None:
    rounded = (
        "import random\nrandom.seed(int(sys.argv[1]))\nbase = 5 - ('on' in sys.argv)\n"
        "print(f'x={random.random()} acc={base + random.random() / 100:.1f}')"
    )
    launch = script(f"import sys\n{rounded}", "--measure", "2", "--confirm", "2")
    launch = tuple(one if one != METRIC[1] else "(?:x|acc)=([0-9.]+)" for one in launch)
    assert kouka(*launch).exit_code == 0
    assert results().seed_matters
    (said,) = too_few_digits(results())
    assert said.startswith("Fresh seeds of 2 of 2 confirmed recipes gave the very same score")


def test_seeds_that_agree_by_rounding_alone_are_no_deaf_ones(kouka: Kouka) -> None:
    """The first run's two, where other runs of one recipe differ."""
    text = (
        "import sys, pathlib\n"
        "first = len([*pathlib.Path('.').glob('runs/*/*/output.txt')]) < 3\n"
        "print('acc=0.9' if first else f'acc={int(sys.argv[1]) % 7 / 10}')\n"
    )
    said = kouka(*script(text, "--measure", "8"))
    assert "or prints too few digits" in said.output
    assert results().seed_matters
    assert not unheard_seed(results())


def test_runs_that_took_the_score_of_another_are_found_out(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.running.hardware.cores", lambda: 2)
    text = (
        "import pathlib, sys, time\n"
        "file = pathlib.Path('score.txt')\n"
        "file.write_text(f'acc={int(sys.argv[1]) % 997 / 1000}')\n"
        "time.sleep(0.5)\n"
        "print(file.read_text())\n"
    )
    assert kouka(*script(text, "--measure", "8", "--workers", "2")).exit_code == 0
    (said,) = mixed_up(results())
    assert "the first run wrote score.txt in the folder where all runs work" in said
    assert (
        kouka("launch", "e", *script(text, "--measure", "4", "--workers", "1")[2:]).exit_code == 0
    )
    assert not mixed_up(results("e"))


def test_a_script_that_ignores_its_seed_is_found_out(kouka: Kouka) -> None:
    deaf = kouka(*script("open('best.pt', 'w')\nprint('acc=0.5')", "--measure", "4"))
    assert "Two seeds gave the very same acc" in deaf.output
    assert "Caution: the run wrote best.pt in " in deaf.output
    assert not results().seed_matters


@pytest.mark.with_report
def test_a_slip_in_a_factor_is_the_answer_and_its_reason_is_given_once(kouka: Kouka) -> None:
    factors = ("--factor", "mixup: nonsense", *FACTORS[2:])
    text = f"import sys\nassert 'nonsense' not in sys.argv, 'no such option'\n{TRAIN}"
    Path("train.py").write_text(text)
    ended = kouka("launch", "s", *COMMAND, *factors, *METRIC, "--measure", "16")
    assert ended.exit_code == 0, ended.output
    said = " ".join(ended.output.split())
    lines = [line for line in ended.output.splitlines() if line.startswith("measure")]
    failed = [line for line in lines if "failed" in line]
    assert sum("no such option" in line for line in failed) == 1
    assert sum("failed as run " in line for line in failed) == len(failed) - 1 == 7
    assert (
        "Every run with mixup failed, 8 in all: it ended with exit code 1; the last it printed: "
        in said
    )
    assert "AssertionError: no such option. A mended --factor needs a new study." in said
    assert "given up" not in said
    assert " ".join(kouka("logs", "s").output.split()).count("no such") == 1


def test_a_recipe_that_fails_is_given_up_and_the_others_go_on(kouka: Kouka) -> None:
    text = (
        "import random, sys\n"
        "random.seed(int(sys.argv[1]))\n"
        "print(f'acc={random.random()}' if len(sys.argv) < 3 or random.random() < 0.5 else 'no')\n"
    )
    assert kouka(*script(text, "--measure", "8")).exit_code == 0
    failed = [run for run in results().runs if run.state == "failed"]
    lost = len({run.seed for run in failed})
    assert lost
    said = f"{lost} run{' has' if lost == 1 else 's have'} been given up, as every try failed."
    assert said in kouka("status", "s").output
    assert all("the last it printed: no" in (run.failure or "") for run in failed)


def test_a_killed_launch_gives_its_run_back_and_leaves_no_process(
    kouka: Kouka, folder: Path
) -> None:
    waiting = (
        "import os, pathlib, random, time\n"
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "while pathlib.Path('wait').exists(): time.sleep(0.02)\n"
        "print(f'acc={random.random()}')\n"
    )
    launched = script(waiting, "--measure", "4")
    assert kouka(*launched).exit_code == 0
    (folder / "wait").touch()
    (folder / "pid").unlink()
    launched_again = os.fork()
    if not launched_again:
        kouka("launch", "s", "--measure", "8")
        os._exit(0)
    until(lambda: (folder / "pid").exists() and (folder / "pid").read_text() != "")
    os.kill(launched_again, signal.SIGKILL)
    os.waitpid(launched_again, 0)
    pid = int((folder / "pid").read_text())
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert states(STORAGE)["RUNNING"] == 1
    (folder / "wait").unlink()
    assert kouka("launch", "s").exit_code == 0
    assert len(results().of("measure")) == 8
    assert "interrupted" in {run.failure for run in results().runs}


def test_a_study_may_stand_in_a_file(kouka: Kouka, folder: Path) -> None:
    (folder / "s.toml").write_text(
        f'name = "s"\ncommand = "{PYTHON} train.py {{epochs}} {{seed}} {{flags}}"\n'
        'metric = "acc=([0-9.]+)"\nepochs = 4\nmeasure = 8\n'
        '[factors]\nmixup = "mixup"\nopt = ["sgd", "muon"]\namp = "AMP=1"\n[fix]\namp = "on"\n'
    )
    assert kouka("launch", "--study", "s.toml", "--measure", "4").exit_code == 0
    assert len(results().runs) == 4
    assert results().factors == ("mixup", "opt=muon")
    (folder / "s.toml").write_text("meassure = 8\n")
    wrong = kouka("launch", "--study", "s.toml")
    assert wrong.exit_code == 2
    assert "s.toml has 'meassure', which is no option" in wrong.output


WRONG = [
    (("--command", "python train.py {flag}", *FACTORS, *METRIC), "{flags} is meant"),
    (("--command", "python train.py", *FACTORS, *METRIC), "has no {flags}"),
    (("--command", "nothing-here {flags}", *FACTORS, *METRIC), "which is no program here"),
    (("--command", "python train.py {flags} | tail", *FACTORS, *METRIC), "add --shell"),
    (("--command", "python train.py {flags} 2>&1", *FACTORS, *METRIC), "add --shell"),
    (("--command", "python train.py {flags} >log", *FACTORS, *METRIC), "add --shell"),
    (("--command", "python 'train.py {flags}", *FACTORS, *METRIC), "cannot be split into words"),
    ((*COMMAND[:2], *FACTORS, *METRIC), "--epochs COUNT is needed"),
    (("--command", "python {flags}", "--epochs", "3", *FACTORS, *METRIC), "--epochs has no effect"),
    ((*COMMAND, *FACTORS), "needs --metric"),
    ((*COMMAND, *METRIC), "needs --factor"),
    ((*COMMAND, *FACTORS, "--metric", "acc=([0-9"), "is no regular expression"),
    ((*COMMAND, *FACTORS, "--metric", r"(\d+)(\.\d+)"), r"--metric '(\d+)(\.\d+)' has 2 groups"),
    ((*COMMAND, *FACTORS, *METRIC, "--fix", "mixup=maybe"), "mixup takes off, on\n"),
    ((*COMMAND, *FACTORS, "--metric", "(a)(b)"), "has 2 groups"),
    ((*COMMAND, "--factor", "mixup", *METRIC), "is no factor; it takes NAME:"),
    ((*COMMAND, "--factor", "o: --o a|--o b", *METRIC), "'a|--o' has a bar without spaces"),
    ((*COMMAND, "--factor", "mix up: x", *METRIC), "'mix up' is no name"),
    ((*COMMAND, "--factor", "日本: x", "--factor", "2x: x", *METRIC), "'2x' is no name"),
    ((*COMMAND, "--factor", "a: 1 | 2 | 3 | 4 | 5", *METRIC), "designs have up to 4"),
    ((*COMMAND, "--factor", "a: 1 | 2 | 3", *METRIC, "--fix", "a=4"), "a takes 1, 2, 3"),
    ((*COMMAND, "--factor", "a: x | x", *METRIC), "has the same level twice"),
    ((*COMMAND, "--factor", "a: x", "--factor", "a: y", *METRIC), "'a' is the name of"),
    ((*COMMAND, *FACTORS, *METRIC, "--dial", "lr: lr {value}, 1 to 0"), "LOW below HIGH"),
    ((*COMMAND, *FACTORS, *METRIC, "--dial", "lr: lr, 0 to 1"), "is no dial"),
    ((*COMMAND, *FACTORS, *METRIC, "--fix", "mixup=loud"), "mixup takes off, on"),
    ((*COMMAND, *FACTORS, *METRIC, "--width", "2"), "--width has no meaning for --command"),
    ((*COMMAND, *FACTORS, *METRIC, "--measure", "6"), "--measure 6 has no balanced design"),
    ((*COMMAND, *FACTORS, *METRIC, "--run-timeout", "soon"), "--run-timeout soon is not a time"),
    (FACTORS, "--factor needs --command"),
    ((*COMMAND, "--factor", "a: HF_TOKEN=hf_abc123 x", *METRIC), "--factor a sets HF_TOKEN to"),
    (
        ("--command", "env API_KEY=hunter2 python {flags}", *FACTORS, *METRIC),
        "before kouka, as in API_KEY=… kouka launch",
    ),
    (("--command", "curl http://u:pw@h {flags}", *FACTORS, *METRIC), "a URL with a password"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "sentence"), WRONG)
def test_wrong_input_is_refused_in_a_sentence(
    kouka: Kouka, options: tuple[str, ...], sentence: str
) -> None:
    ended = kouka("launch", "s", *options)
    assert ended.exit_code == 2
    assert sentence in ended.output
    assert ended.output.count("\n") == 1
    assert not Path("studies.db").exists()


def test_a_later_launch_names_the_factors_of_the_study(kouka: Kouka) -> None:
    assert kouka(*STUDY, "--measure", "8", "--fix", "mixup=on", "--timeout", "0.01").exit_code == 0
    for options, sentence in (
        (("--fix", "ema=on"), "--fix ema=on: there is no factor 'ema'; there are mixup, opt, amp"),
        (("--fix", "amp=on"), "--fix is mixup=on, not amp=on; use another name"),
        (("--techniques", "opt"), "--techniques has no meaning for --command"),
    ):
        ended = kouka("launch", "s", *options)
        assert ended.exit_code == 2
        assert sentence in ended.output
    assert kouka("launch", "s", "--fix", "mixup=on", "--timeout", "0.01").exit_code == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("worker", "s", "--data", "digits"),
            "--data has no meaning for 's', which runs a program",
        ),
        (("worker", "s", "--network", "MobileNetV2"), "have no meaning for --command"),
        (("worker", "s", "--directory", "nowhere"), "nowhere, in which the command runs, is not"),
        (("launch", "s", "--at-most", "parameters=5"), "--at-most parameters=… has no meaning"),
        (("export", "s", "--at-most", "parameters=5"), "--at-most parameters=… has no meaning"),
    ],
)
def test_other_commands_refuse_what_has_no_meaning_for_a_program(
    kouka: Kouka, options: tuple[str, ...], sentence: str
) -> None:
    assert kouka(*STUDY, "--measure", "8", "--timeout", "0.01").exit_code == 0
    ended = kouka(*options)
    assert ended.exit_code == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_level_that_a_study_holds_may_be_named_again(kouka: Kouka) -> None:
    three = ("--factor", "opt: sgd | muon | adam", "--fix", "opt=muon")
    launch = ("launch", "s", *COMMAND, *FACTORS[:2], *three, *METRIC, "--timeout", "0.01")
    assert kouka(*launch).exit_code == 0
    assert kouka("launch", "s", "--fix", "opt=muon", "--timeout", "0.01").exit_code == 0
    ended = kouka("launch", "s", "--fix", "opt=adam")
    assert ended.exit_code == 2
    assert "--fix opt=adam: the study holds opt at muon" in ended.output
