"""The look that the figures share."""

from __future__ import annotations

from itertools import combinations
from math import nan

import numpy as np
import plotly.graph_objects as go
import pytest

from search import draw
from search.analysis.contrast_sizes import ContrastSize
from search.analysis.dials import DialTrend
from search.analysis.interactions import Interaction
from search.analysis.recipe_tests import RecipeTests
from search.parameters import SearchedDial
from search.reporting.figures import confusion, dials, interactions, pareto
from search.reporting.figures.panels import panels, panels_height
from search.reporting.figures.style import (
    LEGEND_WIDTH,
    columns,
    end,
    label,
    on_its_own,
    start,
    styled,
    untitled,
)
from search.reporting.markdown import rendered
from search.reporting.section import Command, Section
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


def test_panels_leave_room_for_their_titles() -> None:
    """Each row of panels is as far below the one above as the lines of its titles need."""
    for name, lines in (("short", 1), ("a_rather_long_name_of_one_technique", 2)):
        assert label(name).count("<br>") == lines - 1
        names = [name] * 20
        drawn, _ = panels(names)
        between = drawn.layout.yaxis.domain[0] - drawn.layout.yaxis3.domain[1]
        assert between * panels_height(names) == pytest.approx(30 + 18 * lines)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1e-4, 1e-1, ["1e-4", "3e-4", "0.001", "0.003", "0.01", "0.03", "0.1"]),
        (1e-3, 1e-2, ["0.001", "0.002", "0.005", "0.01"]),
        (1e-8, 1.0, ["1e-8", "1e-6", "1e-4", "0.01", "1"]),
    ],
)
def test_a_logarithmic_dial_has_numbers_as_people_write_them(
    low: float, high: float, text: list[str]
) -> None:
    trend = DialTrend(SearchedDial("lr", low, high, log=True), (), nan, nan, nan)
    axis = dials.figure([trend], "accuracy", "").layout.xaxis
    assert list(axis.ticktext) == text
    assert [float(one) for one in text] == list(axis.tickvals)


def test_no_axis_abbreviates_numbers(drawn: dict[str, go.Figure]) -> None:
    """100µ is no learning rate, and 2m no loss; but networks have 2M parameters."""
    for name, figure in drawn.items():
        for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
            counts = (axis.title.text or "").startswith("parameters of")
            assert axis.exponentformat == ("B" if counts else "power"), name


def test_a_title_breaks_before_its_brackets() -> None:
    figure = styled(go.Figure(), title="", caption="", height=100)
    figure.update_xaxes(title="points of val_acc (95 % interval)")
    before = figure.layout.height - figure.layout.margin.t
    page = untitled(figure)
    assert page.layout.xaxis.title.text == "points of val_acc<br>(95\u00a0%\u00a0interval)"
    assert page.layout.height - page.layout.margin.t == before + 20  # the second line's


@pytest.mark.parametrize(
    ("effect", "error", "text"),
    [
        (1.74, 0.3, "+1.7"),
        (-3.1, 1.56, "-3.1"),
        (184139.5, 20000.0, "+184,140"),
        (-1.2e-4, 1e-5, "-1.20e-04"),
    ],
)
def test_a_bar_has_as_many_digits_as_its_error_allows(
    effect: float, error: float, text: str
) -> None:
    row = ContrastSize("a", "a", effect, error, 2 * error, clear=True, pair=False, expected=1.0)
    drawn = pareto.figure([row], "points", "")
    (number,) = [trace.text[0] for trace in drawn.select_traces(selector={"mode": "text"})]
    assert number == f"\u00a0{text}"


@pytest.mark.parametrize(("names", "numbered"), [(["mixup"] * 8, False), (["x" * 40] * 8, True)])
def test_numbers_stand_in_for_names_that_do_not_fit_below_a_map(
    names: list[str], numbered: bool
) -> None:
    names = [f"{name}{at}" for at, name in enumerate(names)]
    rows = [Interaction(((one, other),), (1,), 1.0) for one, other in combinations(names, 2)]
    drawn = interactions.figure(rows, names, "points", "")
    below = drawn.layout.xaxis.ticktext
    assert (below is not None) == numbered
    if numbered:
        assert list(below) == [str(at) for at in range(1, 9)]
        assert [name.rpartition(" ")[2] for name in drawn.data[0].y] == list(below)


def test_a_long_name_breaks_in_a_legend() -> None:
    lines = label("12 randaugment_with_magnitude_nine_and_cutout", LEGEND_WIDTH).split("<br>")
    assert len(lines) == 2
    assert max(map(len, lines)) <= LEGEND_WIDTH + 1


def test_a_command_in_a_paragraph_is_code_whatever_it_holds() -> None:
    """A page that does not scroll its blocks grows as wide as the longest command."""
    commands = (Command("python a.py --x 1", "Run"), Command("echo `date`", "Again"))
    blocks = rendered(Section("Title", "", commands=commands), wrapped=True)
    assert blocks == ["Run", "`python a.py --x 1`", "Again", "`` echo `date` ``"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("データ拡張", "データ拡張"),
        ("正則化_ドロップアウト_強い", "正則化_<br>ドロップアウト_<br>強い"),
        ("バッチ正規化を各畳み込みの前に", "バッチ正規化を各畳<br>み込みの前に"),
        ("x" * 20, f"{'x' * 18}<br>xx"),
        ("__init__", "__init__"),
    ],
)
def test_a_wide_character_takes_the_room_of_two(name: str, shown: str) -> None:
    assert label(name) == shown
    assert max(columns(line) for line in label(name * 4).split("<br>")) <= 18
    assert columns(start(name, 8)) < 8 > columns(end(name, 8))


def _confusion(classes: list[str]) -> go.Figure:
    counts = 9 * np.eye(len(classes), dtype=int)
    counts[0, -1] = 1
    return confusion.figure(RecipeTests(tuple(classes), 1, counts, (), ()), "")


@pytest.mark.parametrize(
    ("classes", "below"),
    [
        ([str(at) for at in range(10)], "upright"),
        ([f"truck{at}" for at in range(10)], "on end"),
        ([f"{at:02}" for at in range(20)], "on end"),
        (["european_common_tree_frog", *"abcdefghi"], "numbers"),
        ([f"species {at}" for at in range(40)], "numbers"),
    ],
)
def test_classes_below_a_confusion_matrix_do_not_meet(classes: list[str], below: str) -> None:
    drawn = _confusion(classes)
    axis, beside = drawn.layout.xaxis, drawn.layout.yaxis.ticktext
    if below == "numbers":
        assert list(drawn.data[0].x) == [int(text.split()[-1]) for text in beside]
        assert axis.title.text == "named, by number"
    else:
        assert list(axis.ticktext) == list(beside)
        assert axis.tickangle == (0 if below == "upright" else -90)
    assert list(drawn.data[0].customdata[0][-1]) == [1, classes[-1]]


def test_a_dark_page_shows_through_where_no_image_was_named_so() -> None:
    (cells,) = _confusion(["cat", "dog"]).data
    assert (0.5, "rgba(128, 128, 128, 0.1)") in cells.colorscale
    assert np.array(cells.z).tolist() == [[-0.9, 1.0], [0.0, -1.0]]


def test_a_figure_of_its_own_fits_a_phone(drawn: dict[str, go.Figure]) -> None:
    for name, figure in drawn.items():
        page = on_its_own(figure)
        title, *lines = page.layout.title.text.split("<br><sub>")
        assert max(map(len, title.split("<br>"))) <= 33, name
        assert all(len(line) <= 52 + len("</sub>") for line in lines), name
        more = page.layout.margin.t - figure.layout.margin.t
        assert more >= 22 < page.layout.title.pad.t, name
        assert page.layout.height - figure.layout.height >= more, name
