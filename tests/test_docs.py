"""The pages say what was measured; `make docs` and `make figures` write them anew."""

from pathlib import Path

import pytest
from cogapp import Cog

from docs import figures

TOP = Path(__file__).parents[1]
PAGES = ("README.md", "bench/README.md", "docs/digits.md")


@pytest.mark.parametrize("page", PAGES)
def test_a_pages_numbers_are_those_that_were_measured(page: str) -> None:
    assert Cog().main(["cog", "-I", str(TOP), "--check", str(TOP / page)]) == 0


@pytest.mark.parametrize("name", sorted(figures.figures()))
def test_a_picture_shows_what_was_measured(name: str) -> None:
    assert figures.drawn_from(name) == figures.digest(figures.figures()[name])


def test_a_picture_of_other_numbers_would_be_told() -> None:
    drawn = figures.figures()["digits-error"]
    before = figures.digest(drawn)
    drawn.data[0].y = [*drawn.data[0].y[:-1], drawn.data[0].y[-1] + 0.01]
    assert figures.digest(drawn) != before
