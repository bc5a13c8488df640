"""Intervals of test accuracy, for other seeds and other images."""

import math

import numpy as np
import pytest

from search.analysis.held_out import HeldOut, accuracy, difference, rate


def test_images_count_however_many_seeds_there_are() -> None:
    """The same 400 images are named by every seed alike: then seeds add nothing."""
    correct = np.tile(np.arange(400) % 10 > 0, (50, 1))
    low, high = accuracy(HeldOut((0.9,) * 50, 400, correct))
    assert (low, high) == pytest.approx((86.6, 92.6), abs=0.2)  # of one proportion, Wilson
    alone = accuracy(HeldOut((0.9,) * 50, 400))
    assert alone == pytest.approx((low, high), abs=0.1)


def test_seeds_count_where_images_do_not() -> None:
    """Of a million images only the seeds matter: Student's t."""
    low, high = accuracy(HeldOut((0.50, 0.51, 0.52), 1_000_000))
    half = 4.303 * 1.0 / math.sqrt(3)
    assert (low, high) == pytest.approx((51 - half, 51 + half), abs=0.05)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_an_interval_stays_within_its_range_and_has_a_width(share: float) -> None:
    low, high = accuracy(HeldOut((share,) * 3, 100, np.full((3, 100), share > 0)))
    assert 0 <= low < high <= 100
    assert low <= 100 * share <= high


def test_one_seed_has_no_interval() -> None:
    assert math.isnan(accuracy(HeldOut((0.9,), 400))[0])
    assert math.isnan(difference(HeldOut((0.9,), 400), HeldOut((0.8,), 400)).low)


def test_seeds_that_name_other_images_right_are_no_certainty() -> None:
    """Two seeds that each name one of two classes every time: half of the images, but others."""
    correct = np.array([np.arange(16) < 8, np.arange(16) >= 8])
    one = HeldOut((0.5, 0.5), 16, correct)
    low, high = accuracy(one)
    assert low < 35
    assert high > 65
    assert difference(one, one).low < -20


def test_the_same_images_make_a_difference_more_certain() -> None:
    hard = np.random.default_rng(0).random(1000)
    better, worse = (np.array([hard < level + luck for luck in (0, 0.002, -0.002)])
                     for level in (0.8, 0.78))  # fmt: skip
    one, other = (HeldOut(tuple(c.mean(axis=1)), 1000, c) for c in (better, worse))
    paired = difference(one, other)
    unpaired = difference(HeldOut(one.accuracies, 1000), HeldOut(other.accuracies, 1000))
    assert paired.paired
    assert not unpaired.paired
    assert paired.value == pytest.approx(unpaired.value) == pytest.approx(2, abs=0.5)
    assert paired.low > 0 > unpaired.low


def test_coverage() -> None:
    """Crossed effects of seeds and images, drawn anew: 95 % intervals hold what they should."""
    random = np.random.default_rng(1)
    held = {"accuracy": 0, "difference": 0}
    for _ in range(300):
        difficulty = random.normal(0, 1, 300)
        found = []
        for level in (1.5, 1.0, 1.0, 0.5):
            seeds, own = random.normal(0, 0.3, (3, 1)), random.normal(0, 0.4, 300)
            correct = level + seeds + difficulty + own + random.normal(0, 0.7, (3, 300)) > 0
            found.append(HeldOut(tuple(correct.mean(axis=1)), 300, correct))
        spread = math.sqrt(1 + 0.3**2 + 0.4**2 + 0.7**2)
        first, last = (50 * (1 + math.erf(each / spread / math.sqrt(2))) for each in (1.5, 0.5))
        low, high = accuracy(found[0], found)
        held["accuracy"] += low <= first <= high
        apart = difference(found[0], found[-1], found)
        held["difference"] += apart.low <= first - last <= apart.high
    assert all(276 <= count <= 297 for count in held.values()), held


def test_a_rate_has_an_exact_interval() -> None:
    assert rate(0, 15) == pytest.approx((0, 0.218), abs=1e-3)
    assert rate(1, 15) == pytest.approx((0.0017, 0.3195), abs=1e-3)
    assert rate(3, 3)[1] == 1
