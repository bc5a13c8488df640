"""Recipes that fail together: they are found, and no innocent technique is blamed for them."""

from dataclasses import replace

import numpy as np
import pytest

from search.analysis.effects import effects
from search.analysis.failing_cells import Cell, dominant_cell, failing_cell
from search.analysis.model import levels
from search.planning.design import design
from search.results import Run
from tests.support.fakes import EFFECTS
from tests.support.simulate import NAMES, random_pairs, repeats_of, simulated

ENDS = ((), NAMES)
THREE = Cell(("batch_norm",), ("residual", "global_pooling"))
TWO = Cell(("batch_norm",), ("residual",))


def failing(runs: list[Run], cell: Cell, value: float | None, loss: float = 0.0) -> list[Run]:
    """The runs of a cell at one value, or less by some points."""
    return [
        replace(run, value=value if value is not None else (run.value or 0) - loss / 100)
        if set(cell.on) <= run.on and not set(cell.off) & run.on
        else run
        for run in runs
    ]


def dominant(runs: list[Run]) -> Cell | None:
    values = np.array([run.scaled for run in runs])
    return dominant_cell(levels(runs, NAMES), values, NAMES)


@pytest.mark.parametrize("count", [16, 32, 64])
def test_a_cell_that_fails_is_found(count: int) -> None:
    sound = simulated(design(8, count, count), 3, 0.3)
    assert dominant(failing(sound, TWO, 0.1)) == TWO
    found = dominant(failing(sound, THREE, None, 12.0))
    assert found is not None
    if count == 16:  # two runs, which share another level
        assert set(THREE.on) < set(found.on)
        assert set(THREE.off) == set(found.off)
    else:
        assert found == THREE


@pytest.mark.parametrize("count", [16, 32, 64])
def test_noise_and_interactions_of_pairs_are_no_failing_cell(count: int) -> None:
    """Not even one large interaction, which is as dominant: its runs are at no one level."""
    rows = design(8, count, count)
    one = {(NAMES[0], NAMES[1]): 20.0}
    for pairs in (None, random_pairs(NAMES, 1, 2.0), one):
        for seed in range(10):
            found = effects(simulated(rows, seed, 0.3, pairs), NAMES, repeats_of(ENDS, 3, 0.3))
            assert found is not None
            assert found.fit.failing is None


@pytest.mark.parametrize("count", [16, 32])
@pytest.mark.parametrize(("cell", "value"), [(THREE, None), (THREE, 0.1), (TWO, 0.1)])
def test_no_innocent_technique_is_called_real(count: int, cell: Cell, value: float | None) -> None:
    """`dropout` and `mixup` do nothing; their columns are aliased with the cell's."""
    wrong = 0
    for seed in range(20):
        runs = failing(simulated(design(8, count, count), seed, 0.3), cell, value, 12.0)
        found = effects(runs, NAMES, repeats_of(ENDS, 3, 0.3))
        assert found is not None
        innocent = [found.of(name) for name in NAMES if EFFECTS[name] == 0]
        wrong += any(effect.verdict in ("helps", "hurts") for effect in innocent)
    assert wrong <= 1


def test_the_runs_of_a_cell_are_compared_with_the_others() -> None:
    runs = failing(simulated(design(8, 16, 16), 0, 0.0), THREE, 0.1)
    found = failing_cell(THREE, runs)
    assert found is not None
    inside = [run for run in runs if run.value == 0.1]
    assert found.runs == len(inside)
    assert found.mean == pytest.approx(10.0)
    others = [run.scaled for run in runs if run.value != 0.1]
    assert found.others == pytest.approx(np.mean(others))
    assert failing_cell(None, runs) is None
