"""The pages say what was measured; `make docs` and `make figures` write them anew."""

import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cogapp import Cog
from typer.testing import Result

from docs import article, figures, reference, shipped
from docs.ship import ship
from search import analyse, load_study
from search.storage import schema
from tests.support.fakes import FakeWorker

TOP = Path(__file__).parents[1]
PAGES = ("README.md", "bench/README.md", "docs/digits.md")


@pytest.mark.parametrize("page", PAGES)
def test_a_pages_numbers_are_those_that_were_measured(page: str) -> None:
    assert Cog().main(["cog", "-I", str(TOP), "--check", str(TOP / page)]) == 0


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_picture_shows_what_was_measured(name: str) -> None:
    assert figures.drawn_from(name) == figures.digest(figures.FIGURES[name]())


def test_a_picture_of_other_numbers_would_be_told() -> None:
    drawn = figures.FIGURES["digits-error"]()
    before = figures.digest(drawn)
    drawn.data[0].y = [*drawn.data[0].y[:-1], drawn.data[0].y[-1] + 0.01]
    assert figures.digest(drawn) != before


def test_the_shipped_studies_are_small_and_say_nothing_of_a_machine(tmp_path: Path) -> None:
    """As they are committed: what is launched here is added to the file."""
    committed = subprocess.run(
        ["git", "show", "HEAD:studies.db"], cwd=TOP, capture_output=True, check=False
    )
    if committed.returncode:
        pytest.skip("not a git repository")
    file = tmp_path / "studies.db"
    file.write_bytes(committed.stdout)
    assert file.stat().st_size < 10e6
    with closing(sqlite3.connect(file)) as connection:
        keys = {key for (key,) in connection.execute("SELECT key FROM trial_user_attributes")}
        names = {name for (name,) in connection.execute("SELECT study_name FROM studies")}
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    assert names == {shipped.REFERENCE, shipped.DEEPER, shipped.ARTICLE, shipped.EXAMPLE}
    assert schema.SEED in keys
    assert schema.WORKER not in keys
    assert free == 0
    for name in names:
        assert "/" not in load_study(f"sqlite:///{file}", name).user_attrs[schema.SETTINGS]["data"]


def test_a_study_is_shipped_with_its_findings_and_in_place_of_an_older_one(
    kouka: Callable[..., Result], fake_worker: type[FakeWorker], no_report: None, folder: Path
) -> None:
    (folder / "images").mkdir()
    launch = ("launch", "s", "--data", str(folder / "images"), "--epochs", "2", "--search", "0",
              "--confirm", "2", "--techniques", "augmentation,batch_norm,residual")  # fmt: skip
    url, shipped = "sqlite:///studies.db", folder / "shipped.db"
    for runs in ("8", "16"):
        assert kouka(*launch, "--measure", runs).exit_code == 0
        ship(url, "s", shipped)
    mine, theirs = analyse(load_study(url, "s")), analyse(load_study(f"sqlite:///{shipped}", "s"))
    assert mine.effects is not None
    assert theirs.effects is not None
    assert repr(theirs.effects.effects) == repr(mine.effects.effects)
    assert theirs.effects.runs == 16
    assert theirs.confirmed == mine.confirmed
    assert theirs.results.settings["data"] == "images"
    assert str(folder) not in shipped.read_text(encoding="latin-1")
    assert kouka("status", "s", "--storage", f"sqlite:///{shipped}").exit_code == 0


def test_what_is_said_of_a_study_follows_its_numbers(
    kouka: Callable[..., Result], fake_worker: type[FakeWorker], no_report: None, folder: Path
) -> None:
    few = ("--data", "digits", "--epochs", "4", "--search")
    options = (*few, "2", "--measure", "64", "--ladder", "2")
    assert kouka("launch", "s", *options).exit_code == 0
    small = (*few, "0", "--confirm", "0")
    assert kouka("launch", "a", *small, "--measure", "0", "--ladder", "1").exit_code == 0
    techniques = ("--techniques", "augmentation,batch_norm,residual,deeper", "--measure", "16")
    assert kouka("launch", "d", *small, *techniques).exit_code == 0
    found, again, deeper = (analyse(load_study("sqlite:///studies.db", name)) for name in "sad")
    assert "augmentation helps most: +13." in reference.answer(found)
    first = r"plain network, `augmentation` is worth \+1[23]\.\d points .* and \+1[23]\.\d after"
    assert re.search(first, article.headline(again, found))
    table = article.table(again, found).splitlines()
    assert len(table) == 2 + 8
    first = (
        r"\| `augmentation` \| 86\.09 % \| \+13\.21 \| [\d.]{5} % \| \+1[23]\.\d\d \| \+1[23]\.\d "
    )
    assert re.match(first, table[3])
    said = reference.lessons(found, again, deeper)
    # -1.5 and -4 points, and nothing between the two.
    assert re.search(r"skips are worth -1\.\d+ points .* later widening -[34]\.\d+ points", said)
    assert re.search(r"`dropout` \([+-]0\.\d+\)(, | and ).* have not", said)
    assert re.search(r"fANOVA puts `augmentation` first, with 0\.\d\d", said)
    assert re.search(r"At what cost.*nothing that can be told\.", said)
    assert re.search(
        r"`deeper`, makes 22 convolutions of 10\), the skips are worth -1\.\d+ points", said
    )
    assert "what else is on" not in article.headline(again, found)
    assert "none of the 7 steps have one sign" in said
    assert "{" not in said
    turned = [replace(run, test_accuracy=-(run.value or 0)) for run in again.results.of("ladder")]
    other = replace(again, results=replace(again.results, runs=tuple(turned)))
    assert "7 of the 7 steps have one sign" in article.once(other)
