"""Recipes that fail together: they are found, and no innocent technique is blamed for them."""

from dataclasses import replace
from itertools import combinations, compress

import numpy as np
import pytest

from search.analysis import failing_cells as module
from search.analysis.effects import CERTAIN, effects
from search.analysis.failing_cells import (
    Cell,
    coefficients_beside,
    dominant_cells,
    failing_cell,
    is_cell,
)
from search.analysis.model import signs
from search.analysis.small_interactions import has_outlier
from search.analysis.t_distribution import quantile
from search.planning.design import design
from search.results import Run
from tests.support.fakes import EFFECTS
from tests.support.simulate import NAMES, random_pairs, repeats_of, run, simulated

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


def dominant(runs: list[Run]) -> tuple[Cell, ...]:
    values = np.array([run.scaled for run in runs])
    return dominant_cells(signs(runs, NAMES), values, NAMES)


@pytest.mark.parametrize("count", [16, 32, 64])
def test_a_cell_that_fails_is_found(count: int) -> None:
    sound = simulated(design(8, count, count), 3, 0.3)
    assert dominant(failing(sound, TWO, 0.1))[0] == TWO
    found = dominant(failing(sound, THREE, None, 12.0))
    if count == 16:  # two runs, which share another level; other cells explain as much
        assert any(set(THREE.on) < set(one.on) and THREE.off == one.off for one in found)
    else:
        assert found[0] == THREE


def test_of_very_many_runs_cells_of_two_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = simulated(design(8, 32, 32), 3, 0.3)
    monkeypatch.setattr(module, "_MOST_MEMBERS", 8 * 32 * 56 - 1)
    assert dominant(failing(sound, TWO, 0.1))[0] == TWO
    assert THREE not in dominant(failing(sound, THREE, None, 12.0))
    monkeypatch.setattr(module, "_MOST_MEMBERS", 8 * 32 * 56)
    assert dominant(failing(sound, THREE, None, 12.0))[0] == THREE


def test_one_technique_alone_makes_no_cell() -> None:
    rows = np.where(np.arange(12) % 2, 1.0, -1.0)[:, np.newaxis]
    low = np.arange(12) < 3
    assert not is_cell(rows, low)
    values = np.where(low, 10.0, 60.0) + np.arange(12) % 5
    assert has_outlier(np.column_stack([np.ones(12), rows]), values, rows)


def test_a_fit_that_leaves_nothing_has_no_outlier() -> None:
    rows = np.where(design(3, 8, 8), 1.0, -1.0)
    main = np.column_stack([np.ones(8), rows])
    assert not has_outlier(main, main @ [60.0, 10.0, 3.3, 0.1], rows)


def test_two_runs_may_have_diverged_by_chance() -> None:
    for count, sure in ((16, False), (32, True)):
        runs = failing(simulated(design(8, count, count), 3, 0.3), THREE, 0.1)
        found = effects(runs, NAMES, repeats_of(ENDS, 3, 0.3))
        assert found is not None
        assert (found.fit.failing is not None) == sure
        assert found.fit.outlier != sure


@pytest.mark.parametrize(("runs", "techniques"), [(16, 6), (16, 8), (32, 8)])
def test_runs_that_collapse_by_chance_make_no_effect_clear(runs: int, techniques: int) -> None:
    """With one technique and without another, four runs in ten learn nothing; the others have no
    effect."""
    random = np.random.default_rng(3)
    names = NAMES[:techniques]
    rows = design(techniques, runs, runs)
    held = wrong = 0
    for _ in range(40):
        measured = []
        for row in rows:
            on = {*compress(names, row)}
            collapsed = names[0] in on and names[1] not in on and random.random() < 0.4
            points = 10 if collapsed else 60 + 0.5 * random.standard_normal()
            measured.append(run(on, points / 100))
        repeats = [[run(on, 0.6 + 0.005 * random.standard_normal()) for _ in range(3)]
                   for on in ([], names, [names[1]])]  # fmt: skip
        found = effects(measured, names, repeats)
        assert found is not None
        others = [found.of(name) for name in names[2:]]
        held += sum(one.low <= 0 <= one.high for one in others)
        wrong += any(one.verdict in CERTAIN for one in others)
    assert wrong <= 2
    assert held >= 0.94 * 40 * (techniques - 2)


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


@pytest.mark.parametrize(("value", "loss"), [(None, 12.0), (0.1, 0.0)])
def test_with_the_cell_in_the_place_of_pairs_the_effects_are_those_of_all_recipes(
    value: float | None, loss: float
) -> None:
    for count in (64, 256):
        rows = design(8, count, count)
        runs = failing(simulated(rows, 0, 0.0), THREE, value, loss)
        every = failing(simulated(design(8, 256, 256), 0, 0.0), THREE, value, loss)
        values = np.array([[run.scaled] for run in runs])
        found = 2 * coefficients_beside(THREE, signs(runs, NAMES), values, NAMES)[:, 0]
        truth = signs(every, NAMES).T @ [run.scaled for run in every] / 128
        assert found == pytest.approx(truth, abs=1e-6)


def test_where_four_share_a_cells_runs_each_three_of_them_may_be_the_reason() -> None:
    four = Cell(("a", "b"), ("c", "d"))
    assert len(four.parts) == 4
    assert Cell(("a",), ("c", "d")) in four.parts
    assert THREE.parts == (THREE,)


def test_the_first_cell_is_the_one_whose_runs_fail() -> None:
    """In 32 runs of 8, what these four do together is fitted as well by the opposite runs."""
    runs = simulated(design(8, 32, 32), 0, 0.3)
    rows = signs(runs, NAMES)
    four = next(
        four for four in combinations(range(8), 4) if len(np.unique(rows[:, four], axis=0)) == 8
    )
    for side in (1, -1):
        inside = np.all(rows[:, four] == side * rows[0, four], axis=1)
        failed = [replace(run, value=0.3) if bad else run
                  for run, bad in zip(runs, inside, strict=True)]  # fmt: skip
        names = {NAMES[place] for place in four}
        alike = dominant(failed)
        assert len(alike) > 1
        found = failing_cell(alike[0], failed)
        assert found is not None
        assert {*found.cell.on, *found.cell.off} == names
        assert found.mean == pytest.approx(30.0)
        assert found.apart


def test_an_effect_that_a_cell_may_explain_as_well_is_in_doubt() -> None:
    """In 64 runs of 8, a technique without effect is aliased with the cell and augmentation."""
    runs = failing(simulated(design(8, 64, 64), 0, 0.3), THREE, 0.1)
    found = effects(runs, NAMES)
    assert found is not None
    assert found.fit.doubts is not None
    for place, name in enumerate(NAMES):
        effect, doubt = found.of(name), 2 * float(found.fit.doubts[1 + place, 0])
        assert effect.high - effect.effect >= quantile(found.dof) * doubt


@pytest.mark.parametrize("count", [16, 32, 64])
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
    assert found.apart
    better = failing_cell(THREE, [replace(run, value=-(run.value or 0)) for run in runs])
    assert better is not None
    assert better.apart
    less = failing_cell(THREE, failing(simulated(design(8, 16, 16), 0, 0.0), THREE, None, 5.0))
    assert less is not None
    assert not less.apart
    assert failing_cell(None, runs) is None
