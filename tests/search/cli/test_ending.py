"""The end of a launch: the answer and the next commands, short; or one JSON document."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from search.cli.ending import print_ending
from search.cli.options.storage import storage_option
from search.commands.program import Metric, Program
from search.objective import UNNAMED, Objective
from search.planning.design import design
from search.planning.requested import Requested
from search.planning.settle import settle
from search.reporting.answer.what_to_do import to_train
from search.reporting.ending import Exported
from search.reporting.findings import Findings, find
from search.results import Results, Run
from search.settings import Settings
from tests.search.analysis.test_ladder import climbed
from tests.search.reporting.test_html import everything
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker
from tests.support.programs import switches
from tests.support.simulate import repeats_of, results_of, simulated


def ending(findings: Findings, storage: str = "sqlite:///studies.db", width: int = 80) -> list[str]:
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    with console.capture() as said:
        print_ending(Exported(findings, Path("reports/mine")), storage, console)
    return said.get().splitlines()


def many() -> Findings:
    """Twenty techniques with long names, each with a clear effect."""
    names = tuple(f"a_rather_long_technique_name_{number}" for number in range(20))
    worth = {name: 4.0 if number % 2 else -2.0 for number, name in enumerate(names)}
    runs = simulated(design(20, 64, 64), 0, 0.1, effects=worth)
    return find(results_of([*runs, *(replace(run, phase="confirm", test_accuracy=0.5)
                                     for run in runs[:6])], names), [])  # fmt: skip


def unnamed() -> Findings:
    """Another program's study, of an objective that is minimized."""
    objective = Objective(UNNAMED, "", 1.0, maximize=False)
    return find(results_of(simulated(design(8, 16, 16), 0, 0.3), objective=objective,
                           designed=False), [])  # fmt: skip


STUDIES: dict[str, Callable[[], Findings]] = {
    "everything": everything,
    "many techniques": many,
    "another program's": unnamed,
    "a ladder alone": lambda: find(results_of(climbed()), []),
    "nothing yet": lambda: find(results_of([]), []),
}


@pytest.mark.parametrize("study", STUDIES)
def test_it_is_short_whatever_the_study(study: str) -> None:
    lines = ending(STUDIES[study]())
    assert len(lines) <= (20 if study == "a ladder alone" else 15), lines
    assert max(map(len, lines)) <= 80
    assert any("reports/mine/report.html" in line for line in lines)
    assert any(line.startswith("  kouka dashboard ") for line in lines)


def confirmed(*recipes: list[str]) -> Findings:
    """A study of which some recipes were confirmed, by runs without noise."""
    runs = [replace(run, test_accuracy=run.value, params=dict.fromkeys(run.on, True))
            for group in repeats_of(recipes, 3, 0.0) for run in group]  # fmt: skip
    measured = [replace(run, params=dict.fromkeys(run.on, True))
                for run in simulated(design(8, 16, 16), 0, 0.3)]  # fmt: skip
    results = results_of([*measured, *runs], settings=Settings(epochs=2, measure=(16,)))
    return find(results, [])


def test_a_ladder_alone_has_an_answer_before_its_steps() -> None:
    lines = ending(STUDIES["a ladder alone"]())
    assert lines[1].startswith("So far the runs favour augmentation, batch_norm: predicted")
    assert any(line.startswith("The article's ladder, by validation accuracy") for line in lines)


def test_it_answers_first_and_ends_with_commands() -> None:
    said = ending(confirmed(["augmentation"], []), "sqlite:///my.db")
    text = " ".join(" ".join(said).split())
    assert text.startswith("So far the runs favour augmentation: test accuracy 75.00 %")
    assert "points (+13.00 to +13.00) over the plain network." in text
    assert text.index("test accuracy") < text.index("augmentation helps most: +13.")
    assert [line.split("  ")[1] for line in said[-4:]] == [
        "kouka train s --storage sqlite:///my.db",
        "kouka launch s --storage sqlite:///my.db",
        "kouka dashboard --storage sqlite:///my.db",
        "kouka export s --storage sqlite:///my.db",
    ]


@pytest.mark.parametrize(
    ("command", "put", "fill_in"),
    [
        ("train {flags}", "", ""),
        ("train {seed} {flags}", "; put a seed for {seed}", "; fill in {seed}"),
        (
            "train {seed} {flags} > {folder}/log",
            "; put a seed for {seed} and a folder for {folder}",
            "; fill in {seed}, {folder}",
        ),
    ],
)
def test_a_programs_command_says_what_is_left_to_fill_in(
    command: str, put: str, fill_in: str
) -> None:
    program = Program(command, "/", switches(("ema",)), Metric("acc", "acc"), unit="points",
                      scale=100.0, shell=True)  # fmt: skip
    settings = settle(None, Requested(program=program, measure=16, search=0, confirm=0))
    runs = tuple(
        Run(at, "measure", "complete", {"ema": bool(at % 2)}, frozenset(["ema"] * (at % 2)),
            0.6 + 0.1 * (at % 2) + 0.001 * (at % 5), {}, at, epochs=settings.epochs)
        for at in range(16)
    )  # fmt: skip
    findings = find(Results("s", settings.factors, runs, settings), [])
    assert to_train(findings)[0].does == f"The command of this recipe{put}."
    assert any(line.endswith(f"  run the recipe{fill_in}") for line in ending(findings))


@pytest.mark.parametrize(
    ("storage", "here", "elsewhere"),
    [
        ("postgresql+psycopg://me:secret@db/x", "", ""),
        ("mysql://me@db/x?password=secret", "", ""),
        ("sqlite:///my.db", "", " --storage sqlite:///my.db"),
    ],
)
def test_commands_leave_out_a_storage_of_the_environment(
    storage: str, here: str, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = {"sqlite:///my.db": " --storage sqlite:///my.db"}  # of others, a password is never shown
    assert storage_option(storage, here=True) == url.get(storage, "")
    monkeypatch.setenv("KOUKA_STORAGE", storage)
    assert (storage_option(storage, here=True), storage_option(storage)) == (here, elsewhere)
    assert ending(confirmed(["augmentation"], []), storage)[-1].split("  ")[1] == "kouka export s"


def test_a_password_is_left_out_of_commands_and_a_sentence_says_how_they_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KOUKA_STORAGE", raising=False)
    url = "postgresql+psycopg://me:secret@db/x"
    said = " ".join(ending(confirmed(["augmentation"], []), url))
    assert "--storage" not in said
    assert "***" not in said
    assert said.endswith(
        "The commands need KOUKA_STORAGE set to the URL of the database, which they leave out "
        "because it holds a password."
    )
    monkeypatch.setenv("KOUKA_STORAGE", url)
    assert "KOUKA_STORAGE" not in " ".join(ending(confirmed(["augmentation"], []), url))


def test_only_what_kouka_launched_is_trained() -> None:
    assert "kouka train" not in " ".join(ending(unnamed()))


def test_a_launch_and_an_export_print_one_json_document(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    small = ("launch", "s", "--data", "digits", "--epochs", "1", "--measure", "16")
    launched = kouka(*small, "--timeout", "0", "--json")
    assert launched.exit_code == 0
    assert "Study s: " in launched.stderr
    document = json.loads(launched.stdout)
    assert document.keys() == {
        "schema", "study", "left", "report", "out", "unwritten", "summary"
    }  # fmt: skip
    assert document["study"] == "s"
    assert document["left"] > 16 + 20  # and those that confirm
    assert document["summary"]["recommended"] is None
    assert document["summary"] == json.loads(Path("reports/s/summary.json").read_text())
    assert Path(document["report"]).exists()
    exported = json.loads(kouka("export", "s", "--json").stdout)
    assert exported == {**document, "left": None}
    refused = kouka("export", "none", "--json")
    assert (refused.exit_code, refused.stdout) == (2, "")
