import math
from dataclasses import replace
from functools import partial
from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from search.analysis.effects import Effects, effects
from search.analysis.interactions import Interaction, interactions
from search.analysis.t_distribution import two_sided
from search.planning.design import design
from search.results import Run
from tests.support.simulate import NAMES, random_pairs, repeats_of, simulated, value, values

pytestmark = pytest.mark.numeric


def fitted(runs: list[Run], names: tuple[str, ...] = NAMES, noise: float | None = None) -> Effects:
    """The effects; with the noise of repeated runs where it is given."""
    repeats = [] if noise is None else repeats_of([[], list(NAMES)], 4, noise)
    found = effects(runs, names, repeats)
    assert found is not None
    return found


def known(found: Effects) -> dict[frozenset[tuple[str, str]], Interaction]:
    return {frozenset(row.pairs): row for row in interactions(found)}


def test_an_interaction_is_how_much_a_step_grows_in_any_company() -> None:
    """By brute force: the difference of differences, over every set of the others."""
    names = ("a", "b", "c", "d")
    main = dict(zip(names, (3.0, -1.0, 2.0, 0.5), strict=True))
    pairs = random_pairs(names, 4, 2.0)
    rows = known(fitted(simulated(design(4, 16, 16), 0, 0.0, pairs, main), names))
    for one, two in combinations(names, 2):
        others = [name for name in names if name not in (one, two)]
        for count in range(3):
            for company in combinations(others, count):
                on = list(company)
                change = (
                    value([*on, one, two], main, pairs) - value([*on, one], main, pairs)
                    - value([*on, two], main, pairs) + value(on, main, pairs)
                )  # fmt: skip
                assert rows[frozenset([(one, two)])].effect == pytest.approx(change)


def test_shapiq_finds_the_same_interaction_indices() -> None:
    shapiq = pytest.importorskip("shapiq", reason="shapiq, a second oracle, is not installed")
    names = ("a", "b", "c", "d")
    main, pairs = dict.fromkeys(names, 1.0), random_pairs(names, 4, 2.0)

    game = partial(values, names=names, effects=main, pairs=pairs)
    indices = shapiq.ExactComputer(n_players=4, game=game)(index="SII", order=2)
    rows = known(fitted(simulated(design(4, 16, 16), 0, 0.0, pairs, main), names))
    for i, j in combinations(range(4), 2):
        row = rows[frozenset([(names[i], names[j])])]
        assert row.effect == pytest.approx(indices[(i, j)])


def test_aliased_pairs_are_given_as_the_sum_that_is_known() -> None:
    pairs = random_pairs(NAMES, 2, 2.0)
    found = fitted(simulated(design(8, 16, 16), 0, 0.0, pairs), noise=0.1)
    rows = interactions(found)
    assert sorted(len(row.pairs) for row in rows) == [4] * 7
    assert [row.letter for row in rows] == list("ABCDEFG")
    for row in rows:
        signed = zip(row.pairs, row.signs, strict=True)
        assert row.effect == pytest.approx(sum(pairs[pair] * sign for pair, sign in signed))
        assert row.name.count("×") == 4
        assert all(f"{a} × {b}" in row.name for a, b in row.pairs)


def test_intervals_of_interactions_cover_the_truth() -> None:
    """With few clear ones and with many; of the clear ones, and of each study's largest."""
    for spread, least in ((0.5, 25), (1.5, 250)):
        certain: list[bool] = []
        largest: list[bool] = []
        for seed in range(25):
            pairs = random_pairs(NAMES, seed, spread)
            rows = interactions(fitted(simulated(design(8, 64, 64), seed, 1.0, pairs)))
            held = {
                abs(row.effect): row.low <= pairs[row.pairs[0]] <= row.high
                for row in rows
                if row.certain
            }
            certain += held.values()
            largest += [held[max(held)]] if held else []
        assert len(certain) >= least
        assert np.mean(certain) > 0.93
        assert np.mean(largest) > 0.9


def test_without_any_clear_interaction_the_intervals_hold_for_all_at_once() -> None:
    found = fitted(simulated(design(8, 64, 64), 5, 1.0))
    rows = interactions(found)
    assert not any(row.certain for row in rows)
    for row in rows:
        bonferroni = student(found.dof).ppf(1 - 0.05 / 28 / 2)
        assert row.high - row.effect == pytest.approx(bonferroni * row.error)
        assert row.effect - row.low == pytest.approx(bonferroni * row.error)


@pytest.mark.parametrize("first", [16, 64])
def test_a_pair_is_not_blamed_for_three_techniques_that_fail_together(first: int) -> None:
    """In 64 runs of eight a pair may have the column of three others, in full or in part."""
    rows = design(8, first, 64)
    sides = np.where(rows, 1, -1)
    pair, triple = max(
        product(combinations(range(8), 2), combinations(range(8), 3)),
        key=lambda both: (
            not set(both[0]) & set(both[1]),
            abs(np.sum(np.prod(sides[:, [*both[0], *both[1]]], axis=1))),
        ),
    )
    fails = np.all(rows[:, triple], axis=1)
    runs = [
        replace(run, value=(run.value or 0) - 0.12 * bool(failed))
        for run, failed in zip(simulated(rows, 0, 0.5), fails, strict=True)
    ]
    found = {row.pairs[0]: row for row in interactions(fitted(runs))}
    innocent = found.pop((NAMES[pair[0]], NAMES[pair[1]]))
    failing = tuple(NAMES[place] for place in triple)
    assert innocent.triple == failing
    assert math.isnan(innocent.effect)
    assert not innocent.certain
    certain = {frozenset(pair) for pair, row in found.items() if row.certain}
    assert certain >= {frozenset(pair) for pair in combinations(failing, 2)}


def test_p_values_are_corrected_as_statsmodels_corrects_them() -> None:
    found = fitted(simulated(design(8, 64, 64), 0, 1.0, random_pairs(NAMES, 0, 0.8)))
    rows = interactions(found)
    single = [two_sided(row.effect / row.error, found.dof) for row in rows]
    oracle = multipletests(single, method="fdr_bh")[1]
    assert [row.p_value for row in rows] == pytest.approx(list(oracle))
    assert any(row.certain for row in rows)
    assert not all(row.certain for row in rows)


def test_without_room_for_pairs_none_is_given_a_number() -> None:
    rows = interactions(fitted(simulated(design(8, 16, 16), 0, 1.0)))
    assert len(rows) == 7
    assert all(math.isnan(row.effect) and not row.certain for row in rows)
