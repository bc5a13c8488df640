"""Sides of marks on which their texts are apart from other marks and texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CORNERS = {"top right": (1, 1), "bottom left": (-1, -1), "top left": (-1, 1),
           "bottom right": (1, -1)}  # fmt: skip
"""Sides for short texts, away from error bars."""
AROUND = {"top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0),
          "middle left": (-1, 0)}  # fmt: skip
"""Sides for longer ones."""

_PLOT = (210, 300)
"""Pixels of a plot on a phone, where its marks are closest to each other."""
_MARK, _CHARACTER, _LINE = 10, 8, 16
"""Pixels of a mark, and of a text."""
_APART = 3
"""Pixels between two that are apart; more is no better."""

Point = tuple[float, float]


def sides(
    marks: Sequence[Point],
    texts: Sequence[str],
    choices: Mapping[str, Point],
    spans: Point,
    others: Sequence[Point] = (),
) -> list[str]:
    """Choose for each mark the first of the `choices` on which its text is apart, or the best.

    `spans` are the lengths of the two axes, and `others` are marks that have no text.
    """
    at = [_pixels(mark, spans) for mark in marks]
    rest = [(*_pixels(mark, spans), _MARK, _MARK) for mark in others]
    placed: list[tuple[float, float, float, float]] = []
    chosen = []
    for index, ((x, y), text) in enumerate(zip(at, texts, strict=True)):
        taken = [(*one, _MARK, _MARK) for one in (*at[:index], *at[index + 1 :])] + rest + placed
        wide = _CHARACTER * len(text)
        boxes = {
            side: (x + dx * (wide + _MARK) / 2, y + dy * (_LINE + _MARK) / 2, wide, _LINE)
            for side, (dx, dy) in choices.items()
        }
        gaps = {
            side: min([_APART, *(_gap(box, other) for other in taken)])
            for side, box in boxes.items()
        }
        side = max(gaps, key=lambda one: gaps[one])
        chosen.append(side)
        placed.append(boxes[side])
    return chosen


def _pixels(mark: Point, spans: Point) -> Point:
    (x, y), (wide, high) = mark, spans
    return x / (wide or 1) * _PLOT[0], y / (high or 1) * _PLOT[1]


def _gap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Pixels between two boxes of middle and size; below zero where they overlap."""
    return max(abs(one[k] - other[k]) - (one[k + 2] + other[k + 2]) / 2 for k in (0, 1))
