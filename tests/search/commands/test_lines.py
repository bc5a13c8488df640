"""Lines of output, as a terminal would show them."""

import pytest

from search.commands.lines import Lines
from search.commands.secrets import Secrets


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        (b"\x1b[32macc\x1b[0m=0.5\n", ["acc=0.5"]),
        (b"\x1b]0;training\x07acc=0.5\n", ["acc=0.5"]),
        (b"\x1b]8;;file:run.txt\x1b\\acc=0.5\x1b]8;;\x1b\\\n", ["acc=0.5"]),
        (b"acc=0.1\racc=0.2\r\n", ["acc=0.1", "acc=0.2"]),
    ],
)
def test_what_steers_a_terminal_is_no_text(printed: bytes, lines: list[str]) -> None:
    assert list(Lines(Secrets({})).add(printed)) == lines
