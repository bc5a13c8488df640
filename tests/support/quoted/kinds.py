"""Quotes and claims: text of a page, and what computes the numbers in it or tells whether it is so.

A quote is a page, a piece of its text with every number that was measured in braces, and a function
that gives these numbers in their order. They must agree as far as the page writes them. A claim is
a sentence that says in words what was measured, and a function that tells whether it is so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parents[3]


_NUMBER = re.compile(r"\{([^{}]+)\}")


_SLACK = 1e-6
"""Of a unit of the last digit: what the arithmetic of another processor may add to half of it."""


Numbers = Callable[[], tuple[float, ...]]


class Quote(NamedTuple):
    """Text of a page, its measured numbers in braces, and a function that gives them."""

    page: str
    text: str
    numbers: Numbers

    @property
    def sentence(self) -> str:
        """The text as it stands on the page."""
        return _NUMBER.sub(r"\1", self.text)

    @property
    def written(self) -> list[str]:
        """The numbers as they are written."""
        return _NUMBER.findall(self.text)


class Claim(NamedTuple):
    """Text of a page, and a function that tells whether what it says was measured."""

    page: str
    sentence: str
    holds: Callable[[], bool]


@cache
def text_of(page: str) -> str:
    """Read a page, its lines joined."""
    return " ".join((TOP / page).read_text(encoding="utf-8").split())


def agrees(written: str, number: float) -> bool:
    """Tell whether a number, rounded as it is written, is what is written."""
    plain = written.replace(",", "")
    unit = 10.0 ** -len(plain.partition(".")[2])
    return abs(float(plain) - number) <= unit * (0.5 + _SLACK)
