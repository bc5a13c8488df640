"""The report and the dashboard as a browser shows them."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from search import draw, write
from search.reporting.findings import find
from tests.search.reporting.test_html import everything
from tests.support.fakes import FakeWorker
from tests.support.simulate import results_of, simulated

selenium = pytest.importorskip("selenium", reason="selenium, which drives the browser, is missing")
from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.timed,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="no browser: Debian's packages chromium and chromium-driver bring one",
    ),
]

SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage")  # fmt: skip
DESKTOP, TABLET, PHONE = 1000, 768, 375
PAPER = 700
"""Pixels between the side margins of A4 and of letter paper."""

LETTER = 980
"""Pixels between the upper and the lower margin of letter paper; A4 is higher."""

PATIENCE = 300
"""Seconds that a page may take; a busy machine takes its time."""

Driver = Any


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    profile = tmp_path_factory.mktemp("profile")
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study that has something in every section."""
    out = tmp_path_factory.mktemp("report")
    write(everything(), out)
    return out


def visit(driver: Driver, page: Path, width: int, scheme: str = "light") -> None:
    phone = width < 500
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": phone},
    )
    set_media(driver, "", scheme)
    driver.get_log("browser")
    # Now and then `get` returns while the page of before is still there.
    driver.execute_script("window.left = true")
    driver.get(page.as_uri())
    WebDriverWait(driver, PATIENCE).until(lambda d: d.execute_script(
        "if (window.left) return false;"
        "document.querySelectorAll('details').forEach((d) => {d.open = true});"
        "if (document.querySelector('.plot:not(.js-plotly-plot)')) return false;"
        "const p = [...document.querySelectorAll('.js-plotly-plot')];"
        "return p.length > 0 && p.every((one) => one.querySelector('.main-svg'))"
    ))  # fmt: skip


def set_media(driver: Driver, media: str, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def complaints(driver: Driver) -> list[str]:
    return [entry["message"] for entry in driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")]  # fmt: skip


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_report_is_drawn_without_complaint_and_without_sideways_scrolling(
    driver: Driver, report: Path, width: int
) -> None:
    visit(driver, report / "report.html", width)
    assert complaints(driver) == []
    sizes = driver.execute_script(
        "return [...document.querySelectorAll('.js-plotly-plot')].map((p) => {"
        "const b = p.querySelector('.main-svg').getBoundingClientRect();"
        "return [p.id, b.width, b.height]})"
    )
    assert sorted(name for name, *_ in sizes) == sorted(draw(everything()))
    for name, wide, high in sizes:
        assert width / 2 < wide <= width, name
        assert high > 200, name
    page = driver.execute_script(
        "const e = document.documentElement; return [e.scrollWidth, e.clientWidth]"
    )
    assert page[0] <= page[1]
    first = driver.find_element(By.CSS_SELECTOR, "section p").text
    assert first.startswith("So far nothing tried is surely better than the plain network.")


def test_a_reader_sees_the_answer_and_opens_the_details(driver: Driver, report: Path) -> None:
    driver.get((report / "report.html").as_uri())
    drawn = "return [...document.querySelectorAll('.js-plotly-plot')].map((p) => p.id)"
    waited = WebDriverWait(driver, PATIENCE)
    waited.until(lambda d: d.execute_script(drawn) == ["effects"])
    assert not driver.find_element(By.ID, "waterfall").is_displayed()
    link = driver.find_element(By.LINK_TEXT, "augmentation")
    driver.execute_script("arguments[0].click()", link)
    explained = driver.find_element(By.ID, "technique-augmentation")
    waited.until(lambda _: explained.is_displayed())
    assert "rotated" in explained.text


def test_no_table_is_cut_on_a_tablet(driver: Driver, report: Path) -> None:
    visit(driver, report / "report.html", TABLET)
    sizes = driver.execute_script(
        "return [...document.querySelectorAll('.wide')].map((w) => [w.scrollWidth, w.clientWidth])"
    )
    assert len(sizes) > 4
    for wide, shown in sizes:
        assert wide <= shown


def test_nothing_is_cut_on_a_phone(driver: Driver, report: Path) -> None:
    """Every cell is on the screen with the name of its column, and so is every title of a figure;
    no number of the heat map is wider than its cell."""
    visit(driver, report / "report.html", PHONE)
    tables = driver.execute_script(
        "return [...document.querySelectorAll('.wide')].map((w) => [w.scrollWidth, w.clientWidth,"
        "[...w.querySelectorAll('tbody :is(th, td)')].map((c) => c.getBoundingClientRect().right),"
        "[...w.querySelectorAll('tbody td:not(:empty)')]"
        ".every((c) => getComputedStyle(c, '::before').content.length > 2)])"
    )
    assert len(tables) > 4
    for wide, shown, cells, named in tables:
        assert wide <= shown
        assert max(cells) <= PHONE
        assert named
    titles = driver.execute_script(
        "return [...document.querySelectorAll('.g-xtitle text, .g-ytitle text, .annotation-text,"
        ".legendtext')].map((t) => {const b = t.getBoundingClientRect();"
        "return [t.textContent, b.left, b.right]})"
    )
    assert len(titles) > 20
    for text, left, right in titles:
        assert 0 <= left < right <= PHONE, text
    legend, title = driver.execute_script(
        "const of = (s) => document.querySelector('#effects ' + s).getBoundingClientRect();"
        "return [of('.legend').top, of('.g-xtitle text').bottom]"
    )
    assert title <= legend + 2
    cell, texts, numbers = driver.execute_script(
        "const plot = document.querySelector('#interactions');"
        "return [plot.querySelector('.nsewdrag').getBoundingClientRect().width / 8,"
        "plot.data.flatMap((trace) => trace.text.flat()).filter(Boolean).length,"
        "[...plot.querySelectorAll('.heatmap-label text')].map("
        "(t) => t.getBoundingClientRect().width)]"
    )
    assert len(numbers) == texts > 50
    assert max(numbers) <= cell


@pytest.mark.parametrize("figure", ["effects", "costs", "importances"])
def test_the_title_of_a_single_figure_is_below_the_menu_and_not_cut_on_a_phone(
    driver: Driver, report: Path, figure: str
) -> None:
    visit(driver, report / f"{figure}.html", PHONE)
    title, lines, menu = driver.execute_script(
        "const of = (e) => {const b = e.getBoundingClientRect(); return [b.top, b.right]};"
        "const title = document.querySelector('.gtitle');"
        "return [of(title), [...title.querySelectorAll('tspan')].map(of),"
        "document.querySelector('.modebar-group').getBoundingClientRect().bottom]"
    )
    assert menu <= title[0] + 3
    assert max(right for _, right in lines) <= PHONE


def luminance(colour: str) -> float:
    """Relative luminance of `rgb(…)` (WCAG 2)."""
    parts = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_light_and_dark_are_both_legible(driver: Driver, report: Path) -> None:
    papers = []
    for scheme in ("light", "dark"):
        visit(driver, report / "report.html", DESKTOP, scheme)
        paper, text, soft, tick, faint = driver.execute_script(
            "const of = (s, k) => getComputedStyle(document.querySelector(s))[k];"
            "return [of('body', 'backgroundColor'), of('body', 'color'), of('li', 'color'),"
            "of('#effects .ytick text', 'fill'),"
            "getComputedStyle([...document.querySelectorAll('#interactions .heatmap-label text')]"
            ".find((t) => !t.textContent.includes('*'))).fill]"
        )
        papers.append(paper)
        for ink in (text, soft, tick, faint):
            assert contrast(ink, paper) >= 4.5, (scheme, ink, paper)
    assert papers[0] != papers[1]


def test_a_printed_page_holds_figures_and_tables_dark_on_white(
    driver: Driver, report: Path
) -> None:
    visit(driver, report / "report.html", PAPER, "dark")
    set_media(driver, "print", "dark")
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    drawn = (
        "return [[...document.querySelectorAll('.main-svg')].map("
        "(s) => s.getBoundingClientRect().width),"
        "getComputedStyle(document.querySelector('#effects .ytick text')).fill]"
    )

    def is_for_paper(driver: Driver) -> bool:
        widths, tick = driver.execute_script(drawn)
        return max(widths) <= PAPER and contrast(tick, "rgb(255, 255, 255)") >= 4.5

    WebDriverWait(driver, PATIENCE).until(is_for_paper)
    tables = driver.execute_script(
        "return [...document.querySelectorAll('.wide')].map("
        "(w) => [getComputedStyle(w).overflowX, w.firstChild.getBoundingClientRect().right])"
    )
    assert tables
    for overflow, right in tables:
        assert overflow == "visible"  # no scroll bar on paper
        assert right <= PAPER
    pdf = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF")


def test_figures_are_smaller_on_paper_and_afterwards_as_they_were(
    driver: Driver, report: Path
) -> None:
    visit(driver, report / "report.html", PAPER)
    heights = (
        "return Object.fromEntries([...document.querySelectorAll('.plot')].map("
        "(p) => [p.id, p.getBoundingClientRect().height]))"
    )
    before = driver.execute_script(heights)
    set_media(driver, "print", "light")
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    printed = driver.execute_script(heights)
    assert max(printed.values()) <= LETTER - 140  # a heading, the lines below it and the caption
    for name in ("main_effects", "epochs", "curves", "fitted", "history"):
        assert printed[name] <= 0.57 * before[name], name
    for name in ("effects", "pareto", "waterfall"):  # rows keep the room of their names
        assert printed[name] == pytest.approx(0.7 * before[name], abs=1), name
    set_media(driver, "", "light")
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert driver.execute_script(heights) == before


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study of twenty techniques with long names."""
    names = [f"a_rather_long_technique_name_{number}" for number in range(20)]
    rows = np.random.default_rng(0).random((256, 20)) < 0.5
    worth = {name: 1.0 * (number % 4) for number, name in enumerate(names)}
    runs = [
        replace(run, curve={1: 0.3, 2: run.value or 0})
        for run in simulated(rows, 0, 0.5, effects=worth)
    ]
    out = tmp_path_factory.mktemp("crowded")
    write(find(results_of(runs, names, designed=False), []), out)
    return out


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_twenty_techniques_with_long_names_do_not_collide(
    driver: Driver, crowded: Path, width: int
) -> None:
    visit(driver, crowded / "report.html", width)
    titles = driver.execute_script(
        "return ['epochs', 'curves'].flatMap((name) => {"
        "const plot = document.getElementById(name);"
        "const top = plot.querySelector('.main-svg').getBoundingClientRect().top;"
        "return [...plot.querySelectorAll('.annotation-text')].map("
        "(t) => t.getBoundingClientRect().top - top)})"
    )
    assert len(titles) == 40
    assert min(titles) >= 0
    for figure, axis in (("effects", "ytick"), ("waterfall", "ytick"), ("interactions", "ytick")):
        visit(driver, crowded / f"{figure}.html", width)
        boxes = driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((t) => {"
            "const b = t.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]})",
            f".{axis} text",
        )
        assert len(boxes) >= 20, figure
        for one, other in combinations(boxes, 2):
            apart = one[3] <= other[1] + 2 or other[3] <= one[1] + 2
            assert apart, (figure, one, other)
        assert min(box[0] for box in boxes) >= 0, figure
        assert max(box[2] for box in boxes) <= width * 0.6, figure
        assert complaints(driver) == []


def test_a_name_of_eighty_characters_wraps_in_the_tables(driver: Driver, tmp_path: Path) -> None:
    names = ("x" * 80, "b", "_".join(["name"] * 16))
    runs = simulated(
        np.array(list(product((False, True), repeat=3)) * 4), 0, 0.3,
        effects=dict(zip(names, (4.0, 1.0, 0.0), strict=True)),
    )  # fmt: skip
    write(find(results_of(runs, names), []), tmp_path)
    visit(driver, tmp_path / "report.html", DESKTOP)
    effects, *_ = driver.execute_script(
        "return [...document.querySelectorAll('.wide')].map("
        "(t) => [t.scrollWidth, t.clientWidth, t.querySelector('tbody th').offsetHeight])"
    )
    scrolled, shown, height = effects
    assert scrolled <= shown
    assert height > 40  # several lines


def test_the_dashboard_shows_the_effects_and_what_they_are(
    kouka: Callable[..., Result],
    fake_worker: type[FakeWorker],
    folder: Path,
    driver: Driver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No report, only the attachment.
    monkeypatch.setattr("search.cli.launch._report", lambda *given, **named: None)
    result = kouka("launch", "s", "--data", "digits", "--measure", "16", "--search", "2",
                   "--confirm", "3", "--epochs", "2")  # fmt: skip
    assert result.exit_code == 0, result.output
    command = [sys.executable, "-c", "from search.cli import main; main()", "dashboard"]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("Starting optuna-dashboard")
            address = server.stdout.readline().split(" at ")[1].split(" ")[0]
            driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            driver.set_window_size(1200, 1600)
            driver.get_log("browser")
            shown = WebDriverWait(driver, PATIENCE)
            driver.get(f"{address}dashboard/studies/1")
            shown.until(lambda d: d.execute_script(
                "return [...document.querySelectorAll('.js-plotly-plot')].some((plot) =>"
                "plot.textContent.includes('What each technique is worth') &&"
                "plot.querySelectorAll('.ytick').length == 8)"
            ))  # fmt: skip
            assert "Hyperparameter Importance" in driver.find_element(By.TAG_NAME, "body").text
            driver.get(f"{address}dashboard/studies/1/note")
            shown.until(lambda d: "renews this note" in d.find_element(By.TAG_NAME, "body").text)
            assert "PED-ANOVA" in driver.find_element(By.TAG_NAME, "body").text
            assert complaints(driver) == []
        finally:
            server.terminate()
