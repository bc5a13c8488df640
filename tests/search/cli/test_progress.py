"""Lines that a launch prints as runs end, where there is no terminal."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from search.cli.progress import Progress
from search.cli.study_display import _run_line
from search.commands.program import Metric, Program
from search.planning.design import design
from search.planning.schedule import Schedule
from search.results import Results, Run
from search.settings import Settings
from tests.support.programs import switches
from tests.support.simulate import results_of, simulated


def test_runs_of_an_earlier_plan_are_not_counted_among_those_of_this_one() -> None:
    """Nine were confirmed; then the design grew, and other recipes are: four of them so far."""
    runs = [replace(one, number=at, phase="confirm", seconds=1.0, epochs=10)
            for at, one in enumerate(simulated(design(8, 64, 64)[:11], 0, 0.3))]  # fmt: skip
    before, now = (results_of(some, settings=Settings(epochs=10)) for some in (runs[:9], runs))
    printed = StringIO()
    with Progress(Console(file=printed, width=100)) as progress:
        progress.study_opened(before, 1)
        progress.seen(now, Schedule((), {"confirm": 20}, {"confirm": 16}))
    counts = [line.split()[1] for line in printed.getvalue().splitlines()
              if line.startswith("confirm")]  # fmt: skip
    assert counts == ["3/20", "4/20"]


def test_a_program_at_work_has_no_data_to_read_and_its_scores_are_counted() -> None:
    progress = Progress(Console(file=StringIO(), width=100))
    assert "starting Keras" in str(progress._display())
    progress.trying("a")
    assert str(progress._display()) == "Waiting for the run to end …"
    program = Program("train {flags}", "/", switches("a"), Metric("acc", "acc"))
    under_way = Run(0, "measure", "running", {"a": True}, frozenset({"a"}), None,
                    curve={10: 0.3, 20: 0.4})  # fmt: skip
    results = Results("s", ("a",), (under_way,), Settings(data="", program=program))
    assert str(_run_line(under_way, results)).startswith("run 0  2 scores, ")
