"""Interruptions that come where Python cannot raise them."""

import subprocess
import sys

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
