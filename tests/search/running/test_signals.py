"""Interruptions that come where Python cannot raise them."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import Result

from search.cli.errors import RESUMES
from search.errors import InputError

PROGRAM = """
import os, signal
from search.running import signals

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run with `&`
signals.listen()

class Dies:
    def __init__(self, deed):
        self.deed = deed
    def __del__(self):
        self.deed()

def fail():
    raise ValueError("a defect")

Dies(lambda: os.kill(os.getpid(), signal.SIGINT))
Dies(fail)
try:
    signals.check()
except KeyboardInterrupt:
    print("interrupted")
"""


def test_one_in_a_finalizer_is_neither_told_as_a_defect_nor_lost() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "interrupted\n"
    assert "KeyboardInterrupt" not in ended.stderr
    assert "ValueError: a defect" in ended.stderr


def test_one_before_anything_has_begun_ends_the_command_in_a_word(
    kouka: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    for place in ("cli.launch.custom_code", "storage.urls.storage_url"):
        with monkeypatch.context() as patch:
            patch.setattr(f"search.{place}", interrupted)
            ended = kouka("launch", "s", "--data", "digits")
            assert (ended.exit_code, ended.stderr) == (130, "kouka: interrupted\n")


def test_one_while_the_storage_is_away_ends_the_command_all_the_same(
    kouka: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object, **options: object) -> None:
        raise KeyboardInterrupt

    def away(*given: object) -> None:
        raise InputError("the storage cannot be opened: it is locked")

    monkeypatch.setattr("search.running.study.launch", interrupted)
    monkeypatch.setattr("search.running.making.stored_settings", away)
    ended = kouka("launch", "s", "--data", "digits")
    assert ended.exit_code == 130
    assert ended.stderr == f"kouka: interrupted; {RESUMES}\n"
