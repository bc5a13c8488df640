import zlib
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from search.errors import InputError
from search.planning.design import (
    design,
    fraction,
    grown,
    interaction_variance,
    pair_columns,
    possible_runs,
)
from search.planning.phases.measure import design_of
from search.settings import Settings

KEPT = {
    (8, (16, 64)): 1627471414,
    (7, (16, 32, 64)): 844182111,
    (6, (16, 32)): 1650300197,
    (8, (16, 32, 64)): 2555080638,
    (8, (64, 128)): 2282410769,
    (4, (8, 16)): 2190476950,
}
"""Checksums of grown designs."""


def levels(rows: np.ndarray) -> np.ndarray:
    return np.where(rows, 1.0, -1.0)


def assert_main_effects_are_clear(rows: np.ndarray) -> None:
    """Balanced, orthogonal to each other, and free of every product of two."""
    main = levels(rows)
    pairs = pair_columns(main)
    np.testing.assert_array_equal(main.sum(axis=0), 0)
    np.testing.assert_array_equal(main.T @ main, len(main) * np.eye(main.shape[1]))
    np.testing.assert_array_equal(main.T @ pairs, 0)


@pytest.mark.parametrize("techniques", range(1, 13))
def test_every_possible_design_is_balanced_and_orthogonal(techniques: int) -> None:
    for runs in possible_runs(techniques)[:4]:
        rows = fraction(techniques, runs)
        assert rows.shape == (runs, techniques)
        if techniques > 1:
            assert_main_effects_are_clear(rows)


@pytest.mark.parametrize("techniques", range(13, 21))
def test_up_to_twenty_techniques_have_designs_of_resolution_four(techniques: int) -> None:
    fewest = 32 if techniques <= 16 else 64
    assert possible_runs(techniques)[0] == fewest
    for runs in (32, 64, 128):
        if runs >= fewest:
            assert_main_effects_are_clear(fraction(techniques, runs))


# Length-4 words of the minimum-aberration designs, as tabulated by Box, Hunter & Hunter and by
# Chen, Sun & Wu 1993, "A catalogue of two-level and three-level fractional factorial designs".
@pytest.mark.parametrize(
    ("techniques", "runs", "words_of_four"),
    [(4, 8, 1), (5, 16, 0), (6, 16, 3), (7, 16, 7), (8, 16, 14), (6, 32, 0), (7, 32, 1), (8, 32, 3),
     (9, 32, 6), (8, 64, 0), (9, 64, 1), (10, 64, 2)],
)  # fmt: skip
def test_fractions_are_as_good_as_the_catalogue(
    techniques: int, runs: int, words_of_four: int
) -> None:
    pairs = pair_columns(levels(fraction(techniques, runs)))
    aliased = np.abs(pairs.T @ pairs) == runs
    # A word ABCD aliases AB with CD, AC with BD and AD with BC.
    assert (aliased.sum() - len(aliased)) / 2 == 3 * words_of_four


# Resolutions of the same catalogue, in which no fraction's shortest word is longer.
@pytest.mark.parametrize(
    ("techniques", "runs", "letters"),
    [(5, 16, 5), (6, 32, 6), (7, 64, 7), (8, 64, 5), (8, 128, 8), (9, 128, 6), (9, 256, 9),
     (10, 256, 6)],
)  # fmt: skip
def test_the_shortest_word_is_as_long_as_may_be(techniques: int, runs: int, letters: int) -> None:
    columns = levels(fraction(techniques, runs))
    constant = [
        len(some)
        for count in range(1, techniques + 1)
        for some in combinations(range(techniques), count)
        if abs(columns[:, some].prod(axis=1).sum()) == runs
    ]
    assert min(constant) == letters


def test_a_study_keeps_the_words_that_it_began_with() -> None:
    began = fraction(6, 32, "short")
    assert not np.array_equal(began, fraction(6, 32))
    older = Settings(techniques=("a", "b", "c", "d", "e", "f"), measure=(32,), growth="exchanged")
    np.testing.assert_array_equal(design_of(older, 6), began)
    now = replace(older, words="all")
    np.testing.assert_array_equal(design_of(now, 6), fraction(6, 32))
    np.testing.assert_array_equal(fraction(8, 64, "short"), fraction(8, 64))


def test_eight_techniques_in_64_runs_separate_every_pair() -> None:
    pairs = pair_columns(levels(fraction(8, 64)))
    np.testing.assert_array_equal(pairs.T @ pairs, 64 * np.eye(28))


@pytest.mark.parametrize(
    ("techniques", "first", "runs"),
    [
        (8, 16, 32),
        (8, 16, 64),
        (8, 32, 64),
        (8, 64, 128),
        (16, 32, 64),
        (20, 64, 128),
        (3, 8, 16),
        (2, 4, 8),
        (1, 2, 4),
    ],
)
def test_a_grown_design_keeps_its_runs_and_stays_clear(
    techniques: int, first: int, runs: int
) -> None:
    grown = design(techniques, first, runs)
    assert grown.shape == (runs, techniques)
    np.testing.assert_array_equal(grown[:first], fraction(techniques, first))
    if techniques > 1:
        assert_main_effects_are_clear(grown)


@pytest.mark.numeric
def test_a_design_grown_to_64_separates_every_pair_as_a_fresh_one_does() -> None:
    def columns(rows: np.ndarray) -> np.ndarray:
        main = levels(rows)
        return np.column_stack([np.ones(len(main)), main, pair_columns(main)])

    for first in (16, 32):
        grown = columns(design(8, first, 64))
        assert np.linalg.matrix_rank(grown) == 37
        variances = np.diag(np.linalg.inv(grown.T @ grown)) * 64
        np.testing.assert_allclose(variances[:9], 1)  # the effects lose nothing
        assert variances.max() < 3  # an interaction's interval at most 1.7 times as wide


def test_run_counts_that_make_no_design_are_refused_with_those_that_do() -> None:
    with pytest.raises(InputError, match=r"24 has no balanced design for 8 .*16, 32, 64, 128"):
        fraction(8, 24)
    assert possible_runs(8)[0] == 16
    assert possible_runs(9)[0] == 32
    assert possible_runs(1)[0] == 2


@pytest.mark.numeric
@pytest.mark.parametrize(
    ("techniques", "sizes", "pairs", "effects"),
    [
        (8, (16, 64), 1.25, 1.10),
        (7, (16, 32, 64), 1.25, 1.05),
        (6, (16, 32), 1.30, 1.17),
        (8, (16, 32, 64), 1.50, 1.20),
        (8, (64, 128), 1.0, 1.0),
        (4, (8, 16), 1.0, 1.0),
    ],
)
def test_a_design_grows_to_one_that_is_nearly_as_good_as_a_new_one(
    techniques: int, sizes: tuple[int, ...], pairs: float, effects: float
) -> None:
    """Mean variances, over those in a new design, by the pairwise model."""
    rows = grown(techniques, sizes)
    assert rows.shape == (sizes[-1], techniques)
    np.testing.assert_array_equal(rows[: sizes[0]], fraction(techniques, sizes[0]))
    assert interaction_variance(rows) < pairs + 1e-9
    main = levels(rows)
    columns = np.column_stack([np.ones(len(main)), main, pair_columns(main)])
    variances = np.diag(np.linalg.inv(columns.T @ columns)) * len(main)
    assert np.mean(variances[1 : 1 + techniques]) < effects + 1e-9
    # What the designs were when this was written, so that studies in being keep theirs.
    assert zlib.crc32(np.packbits(rows).tobytes()) == KEPT[techniques, sizes]


def test_too_few_runs_to_separate_pairs_grow_by_blocks_that_keep_effects_clear() -> None:
    for techniques, sizes in ((8, (16, 32)), (12, (32, 64)), (16, (32, 64))):
        assert_main_effects_are_clear(grown(techniques, sizes))
