"""Findings in a terminal."""

from io import StringIO

from rich.console import Console

from search.cli.findings import _print_section
from search.reporting.section import Command, Section


def test_what_a_command_does_stays_below_it_where_the_line_breaks() -> None:
    printed = StringIO()
    console = Console(file=printed, width=40, markup=False)
    does = "Smaller effects [all], from about 0.23 points of acc on: 4 more runs"
    _print_section(Section("Next", "", commands=(Command("kouka launch s", does),)), console)
    assert [line.rstrip() for line in printed.getvalue().splitlines()] == [
        "",
        "Next",
        "  kouka launch s",
        "    Smaller effects [all], from about",
        "    0.23 points of acc on: 4 more runs",
    ]
