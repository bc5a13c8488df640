"""Interruptions that come where Python cannot raise them."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import Result

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
