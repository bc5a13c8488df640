"""The live display of a launch, on a terminal of any width that may change meanwhile."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from search.cli.console import make_console
from search.cli.progress import Progress
from search.planning.design import design
from search.planning.schedule import Schedule
from search.settings import Settings
from search.storage.schema import Phase
from tests.support.simulate import NAMES, results_of, run, simulated
from tests.support.terminal import Terminal

LATER: dict[Phase, int] = {"ladder": 0, "search": 20, "confirm": 9}


def show(seconds: float) -> None:
    """Show a study of which 40 runs have ended, and three are under way."""
    runs = [replace(one, number=at, seconds=60.0, seed=at, epochs=10)
            for at, one in enumerate(simulated(design(8, 64, 64)[:40], 0, 0.3))]  # fmt: skip
    under_way = run(NAMES, 0, state="running", curve={1: 0.3, 2: 0.4})
    runs += [replace(under_way, number=40 + at, value=None, epochs=10) for at in range(3)]
    results = results_of(runs, settings=Settings(data="cifar10", epochs=10))
    now = Schedule((), {"measure": 64, **LATER}, {"measure": 24, **LATER})
    with Progress(make_console()) as progress:
        progress.study_opened(results, 2)
        progress.seen(results, now)
        time.sleep(seconds)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    code = "from tests.search.cli.test_live_display import show; show(120)"
    opened = Terminal([sys.executable, "-c", code], columns=80)
    yield opened
    opened.close()


@pytest.mark.timed
def test_it_fits_each_width_and_leaves_nothing_behind_when_that_changes(
    terminal: Terminal,
) -> None:
    for columns in (80, 40, 200):
        terminal.resize(columns)
        lines = terminal.shown("mixup ")
        assert max(map(len, lines)) <= columns
        text = " ".join(" ".join(lines).split())
        once = Counter({
            wanted: text.count(wanted)
            for wanted in ("Study s, resumed after 40 runs", "About ", "40 of 64 runs", "run 41 ",
                           "Effect of each technique on validation accuracy", "late_widening -4.")
        })  # fmt: skip
        assert set(once.values()) == {1}, (columns, lines)
        assert ("verdict" in text) == (columns >= 60)
        effects = next(line for line in lines if line.startswith("late_widening "))
        assert " to -" in effects  # a line a technique, whatever the width
        (under_way,) = [line for line in lines if line.startswith("run 41 ")]
        assert under_way.endswith("amsgrad" if columns == 200 else "…")


def test_confirmed_recipes_that_were_chosen_before_are_not_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A study that has grown confirms other recipes: nine runs of now, after six of before."""
    measured = [replace(one, number=at, seed=at) for at, one in
                enumerate(simulated(design(8, 16, 16), 0, 0.3))]  # fmt: skip
    later = [replace(measured[0], number=16 + at, phase="confirm", seconds=1.0) for at in range(7)]
    settings = Settings(data="cifar10", measure=(16,), confirm=3)
    before = results_of([*measured, *later[:6]], settings=settings)
    planned: dict[Phase, int] = {"measure": 16, "ladder": 0, "search": 0, "confirm": 9}
    left: dict[Phase, int] = {"measure": 0, "ladder": 0, "search": 0, "confirm": 8}
    progress = Progress(make_console())
    progress.study_opened(before, 1)
    progress.seen(results_of([*measured, *later], settings=settings), Schedule((), planned, left))
    assert "confirm 1/9 " in capsys.readouterr().out
