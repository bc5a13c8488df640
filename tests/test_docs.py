"""The pages say what was measured and what the program prints, and their links lead somewhere."""

import re
import shlex
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from cogapp import Cog
from typer.testing import Result

from docs import figures, shipped
from docs.ship import ship
from model_space.techniques import TECHNIQUES
from search import analyse, load_study
from search.cli import app
from search.planning.requested import Requested
from search.planning.settle import settle
from search.settings import Settings
from search.storage import schema
from tests.support.fakes import FakeWorker
from tests.support.quoted import CLAIMS, QUOTES, Claim, Quote, agrees, text_of

TOP = Path(__file__).parents[1]
PAGES = sorted(
    str(page.relative_to(TOP))
    for folder in (".", "docs", "bench")
    for page in (TOP / folder).glob("*.md")
)
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in PAGES if "[[[cog" in (TOP / page).read_text()])
def test_the_generated_parts_of_a_page_are_those_of_now(page: str) -> None:
    assert Cog().main(["cog", "-I", str(TOP), "--check", str(TOP / page)]) == 0


def test_the_front_page_is_short() -> None:
    assert (TOP / "README.md").stat().st_size <= 12_000


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    text = _FENCED.sub("", (TOP / page).read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        to = (TOP / page).parent / path if path else TOP / page
        assert to.exists(), target
        assert not anchor or anchor in _anchors(to), target


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (TOP / page).read_text(encoding="utf-8")
    for name in re.findall(r"`((?:search|model_space|docs|bench|tests)/[\w./-]*)`", text):
        assert "NAME" in name or (TOP / name).exists(), name


@pytest.mark.parametrize("page", PAGES)
def test_every_option_and_target_that_a_page_names_is_there(page: str) -> None:
    text = _FENCED.sub("", (TOP / page).read_text(encoding="utf-8"))
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    options = {one for command in commands.values() for p in command.params for one in p.opts}
    targets = re.findall(r"^(\w+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for code in re.findall(r"`(?:[A-Z_]+=\S+ )?((?:kouka |--)[^`]+)`", text):
        for option in re.findall(r"(?<!\S)--[a-z-]+", code):
            assert option in {*options, "--help", "--record"}, code  # the last is of bench/
    for target in re.findall(r"(?:`|^    )make (\w+)", text, re.MULTILINE):
        assert target in targets, target


def test_every_page_is_linked_from_the_front_page() -> None:
    front = (TOP / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert page == "README.md" or f"({page})" in front, page


def test_every_command_is_documented() -> None:
    """Its options are those of `--help`, as cog's check of the page says."""
    page = (TOP / "docs" / "commands.md").read_text(encoding="utf-8")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        part = page.partition(f"\n## kouka {name}\n")[2].partition("\n## ")[0]
        assert f'tables.usage("{name}")' in part, name
        for parameter in command.params:
            for option in parameter.opts:
                assert not option.startswith("--") or option in part, f"{name} {option}"


def test_every_technique_has_a_section() -> None:
    page = TOP / "docs" / "techniques.md"
    assert _anchors(page) >= {technique.name for technique in TECHNIQUES}
    text = page.read_text(encoding="utf-8")
    for technique in TECHNIQUES:
        section = text.partition(f"\n### {technique.name}\n")[2].partition("\n#")[0]
        assert "**Try it**" in section, technique.name
        assert "**Source**" in section, technique.name
        for number in re.findall(r"arXiv:([\d.]+)", technique.source):
            assert f"https://arxiv.org/abs/{number}" in section, technique.name


def test_the_commands_that_launched_the_studies_give_their_settings() -> None:
    page = (TOP / "docs" / "article.md").read_text(encoding="utf-8")
    lines = re.findall(r"^(?:KERAS_BACKEND=(\w+) )?kouka launch (.+)$", page, re.MULTILINE)
    launched = {}
    for backend, line in lines:
        name, *words = shlex.split(line)
        options = {option[2:].replace("-", "_"): value
                   for option, value in zip(words[::2], words[1::2], strict=True)}  # fmt: skip
        assert options.pop("data") == "FOLDER"
        launched[name] = {**options, **({"backend": backend} if backend else {})}
    assert set(launched) == set(shipped.CIFAR)
    for name, options in launched.items():
        kept = shipped.settings(name)
        said = {option: _value(text) for option, text in options.items()}
        if "techniques" in said:
            said["techniques"] = tuple(options["techniques"].split(","))
        if name == shipped.FULL:
            settled = settle(None, Requested(data=kept.data, **said))
            assert replace(settled, reader=kept.reader, words=kept.words) == kept
            continue
        if name == shipped.REFERENCE:  # whose first runs a plan for a time has chosen
            assert said.pop("measure") == kept.measure[-1]
            assert said.pop("verify") == kept.verify[-1]
            assert all(getattr(kept, option) == value for option, value in said.items())
            continue
        if "measure" in said:  # by an earlier version, which settled less
            said["measure"] = (said["measure"],)
        assert replace(Settings(), data=kept.data, **said) == kept


def test_the_command_that_launched_spoken_digits_is_that_of_the_page() -> None:
    page = (TOP / "docs" / "data.md").read_text(encoding="utf-8")
    (launch,) = re.findall(r"^kouka launch spoken-digits (.+)$", page, re.MULTILINE)
    words = shlex.split(launch)
    said = {option[2:].replace("-", "_"): _value(value)
            for option, value in zip(words[::2], words[1::2], strict=True)}  # fmt: skip
    said["techniques"] = tuple(said["techniques"].split(","))
    kept = shipped.settings(shipped.SPOKEN)
    assert said.pop("measure") == kept.measure[-1]
    assert all(getattr(kept, name) == value for name, value in said.items())


def test_the_command_that_launched_nanogpt_is_that_of_the_page() -> None:
    page = (TOP / "docs" / "any-script.md").read_text(encoding="utf-8")
    (launch,) = re.findall(r"^(kouka launch nanogpt .+?)^```", page, re.MULTILINE | re.DOTALL)
    words = shlex.split(launch)
    said = {option: words[i + 1] for i, option in enumerate(words) if option.startswith("--")}
    factors = [words[i + 1] for i, word in enumerate(words) if word == "--factor"]
    settings = shipped.settings(shipped.NANOGPT)
    program = settings.program
    assert program is not None
    assert said["--command"] == program.command
    assert (said["--epochs"], said["--measure"]) == (
        str(settings.epochs),
        str(settings.measure[-1]),
    )
    assert factors == [f"{one.name}: {' '.join(one.levels[1].words)}" for one in program.factors]


def _value(text: str) -> Any:
    return float(text) if text.replace(".", "").isdigit() else text


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_picture_shows_what_was_measured(name: str) -> None:
    now = figures.content(figures.FIGURES[name]())
    assert figures.differences(figures.drawn_from(name), now) == []


@pytest.mark.parametrize("change", [0.01, -0.01, 1.0])
@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_picture_of_another_number_is_found(name: str, change: float) -> None:
    now = figures.content(figures.FIGURES[name]())
    values = now["data"][0]["x" if name == "effects" else "y"]
    place = f".data[0].{'x' if name == 'effects' else 'y'}[1]: "
    values[1] += change
    (found,) = figures.differences(figures.drawn_from(name), now)
    assert found.startswith(place)


def test_a_picture_of_other_words_or_fewer_points_is_found() -> None:
    drawn = figures.drawn_from("digits-top")
    renamed = figures.content(figures.FIGURES["digits-top"]())
    renamed["data"][1]["name"] = "a ladder"
    assert figures.differences(drawn, renamed) == [
        ".data[1].name: \"the article's ladder\", now 'a ladder'"
    ]
    fewer = figures.content(figures.FIGURES["digits-top"]())
    fewer["data"][0]["y"].pop()
    assert figures.differences(drawn, fewer) == [".data[0].y: [90, 97, 100], now [90, 97]"]


def test_a_picture_of_another_arithmetic_is_the_same() -> None:
    """A processor's linear algebra differs in the last of sixteen digits."""
    now = figures.content(figures.FIGURES["effects"]())
    for trace in now["data"]:
        trace["x"] = [x * (1 + 1e-9) for x in trace["x"]]
    assert figures.differences(figures.drawn_from("effects"), now) == []


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
    assert names == set(shipped.NAMES)
    assert schema.SEED in keys
    assert not {schema.WORKER, schema.FOLDER} & keys
    assert free == 0
    assert not re.search(rb"/(?:home|root|tmp|work|Users)/", file.read_bytes())
    for name in names:
        settings = load_study(f"sqlite:///{file}", name).user_attrs[schema.SETTINGS]
        assert "/" not in settings["data"]
        assert "/" not in (settings.get("program") or {"directory": ""})["directory"]


@pytest.mark.parametrize("name", shipped.NAMES)
def test_a_shipped_study_lacks_none_of_the_runs_that_it_planned(name: str) -> None:
    """Whatever has become of the designs of new studies."""
    assert "resume" not in {step.kind for step in shipped.findings(name).steps}


def test_what_a_shipped_run_printed_is_not_awaited(kouka: Callable[..., Result]) -> None:
    result = kouka("logs", shipped.NANOGPT, "7", "--storage", f"sqlite:///{shipped.STUDIES}")
    assert result.exit_code == 2
    assert result.stderr == "kouka: what run 7 printed is not kept with this study\n"


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
    assert theirs.results.launched_with().data == "images"
    assert str(folder) not in shipped.read_text(encoding="latin-1")
    assert kouka("status", "s", "--storage", f"sqlite:///{shipped}").exit_code == 0


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: f"{quote.page}: {quote.sentence[:40]}")
def test_a_quoted_number_is_the_one_that_was_measured(quote: Quote) -> None:
    assert quote.sentence in text_of(quote.page)
    numbers = quote.numbers()
    assert len(quote.written) == len(numbers) > 0
    for written, number in zip(quote.written, numbers, strict=True):
        assert agrees(written, number), f"{written} is quoted for {number}"


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.page}: {claim.sentence[:40]}")
def test_what_a_page_says_in_words_was_measured(claim: Claim) -> None:
    assert claim.sentence in text_of(claim.page)
    assert claim.holds()


@pytest.mark.parametrize(
    ("written", "number", "same"),
    [
        ("+5.2", 5.2499, True),
        ("+5.2", 5.2501, False),
        ("-0.54", -0.536, True),
        ("-0.54", 0.54, False),
        ("4,000", 4000, True),
        ("4,000", 4001, False),
        ("90", 89.5, True),  # a half may be rounded either way
        ("90", 89.4, False),
    ],
)
def test_a_number_agrees_as_far_as_it_is_written(written: str, number: float, same: bool) -> None:
    assert agrees(written, number) is same
