"""Sides of marks for their texts."""

from __future__ import annotations

from math import dist

import numpy as np

from search.reporting.figures.sides import AROUND, CORNERS, sides


def test_the_numbers_of_marks_that_touch_are_on_different_sides() -> None:
    marks = [(0.0, 0.0), (0.04, 0.02), (1.0, 1.0)]
    chosen = sides(marks, ["1", "2", "3"], CORNERS, (1, 1))
    assert chosen[2] == "top right"  # the first where there is room
    numbers = [np.add(mark, np.multiply(CORNERS[side], 0.05))
               for mark, side in zip(marks, chosen, strict=True)]  # fmt: skip
    for number, mark in ((0, 1), (1, 0)):
        assert dist(numbers[number], marks[mark]) > dist(numbers[number], marks[number])
    assert sides([(2.0, 2.0)], ["run 1"], CORNERS, (0, 0)) == ["top right"]


def test_a_name_does_not_cover_a_mark_without_one() -> None:
    above = [(0.0, 0.05)]
    assert sides([(0.0, 0.0)], ["run 1"], AROUND, (1, 1)) == ["top center"]
    assert sides([(0.0, 0.0)], ["run 1"], AROUND, (1, 1), above) == ["bottom center"]
