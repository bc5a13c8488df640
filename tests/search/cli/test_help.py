"""`--help`: each command and option, with its default, as a narrow or a wide terminal shows it."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
import typer

from search import cli
from search.settings import Settings, usual_last_epochs
from tests.support.faked import Kouka

COMMANDS: dict[str, Any] = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
WITHOUT_DEFAULT = {
    ("launch", option)
    for option in ("--technique", "--fix", "--ray", "--study", "--command", "--factor", "--dial",
                   "--metric", "--test-metric")
}  # fmt: skip
"""Options that have none, in a command."""
SET_OF = {Settings.techniques: "article"}
"""The name that a default is written by, where that is another."""


def squeezed(text: str) -> str:
    """The text without its spaces and line breaks, which depend on the terminal."""
    return "".join(text.split())


@pytest.mark.parametrize("columns", ["40", "80"])
@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_option_and_default_in_full(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch, name: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = kouka(name, "--help").output
    for parameter in COMMANDS[name].params:
        assert squeezed(parameter.help) in squeezed(shown)
        if isinstance(parameter.default, str | int) and parameter.default not in ("", False):
            assert squeezed(f"default: {parameter.default}]") in squeezed(shown)


def defaults(name: str) -> Iterator[tuple[str, str]]:
    """The options of a command that say what holds where they are left out, and what they say."""
    for parameter in COMMANDS[name].params:
        if said := re.search(r"\[default: (.+)\]$", parameter.help):
            yield parameter.opts[0], said[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_may_be_left_out_says_what_then_holds(name: str) -> None:
    said = dict(defaults(name))
    for parameter in COMMANDS[name].params:
        option = parameter.opts[0]
        if parameter.default in (None, "") and not parameter.required:
            assert (option in said) != ((name, option) in WITHOUT_DEFAULT), option


def test_the_defaults_of_launch_are_those_of_the_settings() -> None:
    said = dict(defaults("launch"))
    compared = set()
    for field in fields(Settings):
        option = f"--{field.name.replace('_', '-')}"
        value = getattr(Settings, field.name, None)
        if option not in said or value in (None, ()) or field.name in ("data", "last_epochs"):
            continue
        (value,) = value if field.name == "measure" else (value,)
        expected = SET_OF.get(value) or (f"{value:g}" if isinstance(value, float) else str(value))
        assert re.split(r"[;,] ", said[option])[0] == expected, option
        compared.add(field.name)
    assert said["--last-epochs"] == "a quarter of the epochs, at most 10"
    assert [usual_last_epochs(epochs) for epochs in (1, 8, 10, 40, 100)] == [1, 2, 3, 10, 10]
    assert compared >= {"epochs", "width", "techniques", "precision", "objective", "pruner"}


def test_the_list_of_commands_cuts_no_sentence(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    shown = kouka("--help").output
    assert "..." not in shown.replace("[ARGS]...", "")
    for name, command in COMMANDS.items():
        assert f"{name:12}{command.help.splitlines()[0]}" in shown


def test_every_option_of_launch_is_in_a_group_with_the_usual_ones_first(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = COMMANDS["launch"]
    grouped = [name for _, names in launch.groups for name in names]
    options = [one.name for one in launch.params if one.param_type_name == "option"]
    assert sorted(grouped) == sorted(options)
    monkeypatch.setenv("COLUMNS", "80")
    shown = kouka("launch", "--help").output
    places = [shown.index(f"\n{title}:\n") for title, _ in launch.groups]
    places.append(shown.index("\nOptions:\n  --help"))
    assert places == sorted(places)
    for (title, names), end in zip(launch.groups, places[1:], strict=True):
        section = shown[shown.index(f"\n{title}:\n") : end]
        assert re.findall(r"^  (--[\w-]+)", section, re.MULTILINE) == [
            f"--{name.replace('_', '-')}" for name in names
        ]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_no_wider_than_the_terminal_and_names_arguments_plainly(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    shown = kouka(name, "--help").output
    assert max(map(len, shown.splitlines())) <= 40
    placeholders = r"\{(epochs|flags|folder|seed|value)\}"
    assert not re.search(r"[<{>}]", re.sub(placeholders, "", shown))


@pytest.mark.parametrize("name", COMMANDS)
def test_only_commands_that_read_take_a_journal_file(kouka: Kouka, name: str) -> None:
    storage = next((one for one in COMMANDS[name].params if one.name == "storage"), None)
    reads = name not in ("launch", "worker")
    assert storage is None or ("journal file" in storage.help) == reads


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("launch", "d", "--epochs", "ten"), "--epochs 'ten' is no whole number; kouka launch"),
        (("launch", "d", "--seed", "1.5"), "--seed '1.5' is no whole number; kouka launch"),
        (("launch", "d", "--width", "half"), "--width 'half' is no number; kouka launch"),
        (("logs", "s", "last"), "RUN 'last' is no whole number; kouka logs"),
        (("logs",), "missing argument 'NAME'; kouka logs"),
        (("status", "a", "b"), "got unexpected extra argument(s) (b); kouka status"),
        (("export", "s", "--zzz"), "no such option: --zzz; kouka export"),
        (("export", "s", "--format"), "option '--format' requires an argument; kouka export"),
        (
            ("export", "s", "--at-most", "seconds", "-1"),
            "--at-most seconds -1 lacks an equals sign: it is written seconds=VALUE; kouka export",
        ),
        (
            ("launch", "s", "--fix", "mixup", "on"),
            "--fix mixup on lacks an equals sign: it is written mixup=VALUE; kouka launch",
        ),
        (
            ("export", "s", "--at-most", "none", "t"),
            "got unexpected extra argument(s) (t); kouka export",
        ),
        (("lunch",), "no such command 'lunch' (Did you mean 'launch'?); kouka"),
        (("--nothing",), "no such option: --nothing; kouka"),
    ],
)
def test_a_command_line_that_is_none_is_refused_in_a_sentence(
    kouka: Kouka, arguments: tuple[str, ...], said: str
) -> None:
    ended = kouka(*arguments)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == f"kouka: {said} --help says what it takes\n"


def test_kouka_alone_shows_its_help(kouka: Kouka) -> None:
    assert "Commands:" in kouka().output
