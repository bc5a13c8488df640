"""The look that the figures share."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from search import draw
from search.reporting.figures.style import untitled
from tests.search.reporting.test_html import everything


@pytest.fixture(scope="module")
def drawn() -> dict[str, go.Figure]:
    """Every figure of a study that has something in every section."""
    return draw(everything())


def test_a_legend_is_placed_from_the_bottom_of_its_figure(drawn: dict[str, go.Figure]) -> None:
    """A place in fractions of the plot would lie on the axis where the plot is low."""
    shown = {name: one.layout.legend for name, one in drawn.items() if one.layout.showlegend}
    assert len(shown) > 8
    for name, legend in shown.items():
        assert (legend.yref, legend.y, legend.yanchor) == ("container", 0, "bottom"), name


def test_the_page_keeps_the_place_of_a_legend(drawn: dict[str, go.Figure]) -> None:
    assert untitled(drawn["effects"]).layout.legend == drawn["effects"].layout.legend
