"""A question to a process of its own, where Keras and the user's code stay.

Requests and answers are JSON objects, on the process's standard input and output.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO


class ChildError(RuntimeError):
    """The process died; the message says how, as the end of a sentence about it."""


def ask(module: str, request: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """What a module that ends in `respond` answers. Raises `ChildError` where it dies instead."""
    ended = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
        env=dict(environment),
    )
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ChildError(f"ended with exit code {ended.returncode}: {last}")
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def respond(answer: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Answer the request, in the process that `ask` has started."""
    with answer_stream() as told:
        json.dump(answer(json.load(sys.stdin)), told)


def answer_stream() -> TextIO:
    """This process's standard output, for answers alone: what is printed goes to the errors.

    Libraries and the user's code may print at any time, which must not be taken for an answer.
    """
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return told


@contextlib.contextmanager
def ending_with(parent: int) -> Iterator[None]:
    """In here this process ends within a second of its parent, whatever it is doing."""
    left = threading.Event()

    def watch() -> None:
        while not left.wait(timeout=1):
            if os.getppid() != parent:
                os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield
    left.set()
    watcher.join()
