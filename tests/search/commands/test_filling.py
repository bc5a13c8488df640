"""Commands filled in for a run, as the shell reads them."""

import subprocess

import pytest

from search.commands.filling import fill
from search.commands.program import Metric, Program


@pytest.mark.parametrize(
    "command",
    [
        "printf %s {folder}/x",
        'printf %s "{folder}/x"',
        "printf %s '{folder}'/x",
        'printf %s \\"{folder}/x\\" | tr -d \'"\'',
        'sh -c "printf %s {folder}/x"',
    ],
)
def test_a_folder_with_a_blank_is_a_word_in_quotes_or_without(command: str) -> None:
    program = Program(command, ".", (), Metric("acc", "acc"), shell=True)
    filled = fill(program, {}, 1, 0, "/some where/{seed}")
    ended = subprocess.run(filled.arguments, capture_output=True, text=True, check=True)
    assert ended.stdout == "/some where/{seed}/x"
