"""Child processes for what must not run in this one, such as Keras and the user's code.

Requests and answers are JSON, on the standard input and output of the child.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from model_space.typed_json import from_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Request = TypeVar("Request", bound="DataclassInstance")
Answer = TypeVar("Answer", bound="DataclassInstance")

Progress = Callable[[int, int], None]
"""Takes how much is done, and of how much."""


class ChildError(RuntimeError):
    """The child died; the message says how, as the end of a sentence about it."""


def running(module: str) -> list[str]:
    """Return the command of a child that runs a module of kouka's.

    It does not look for modules in the current folder, where a user's `code.py` would be taken for
    Python's.
    """
    return [sys.executable, "-P", "-m", module]


def ask(
    module: str,
    request: DataclassInstance,
    answer: type[Answer],
    environment: Mapping[str, str],
    progress: Progress = lambda done, of: None,
) -> Answer:
    """Run a module that ends in `respond`, and return its answer to the request.

    `progress` takes what it reports on its way. Raises `ChildError` where the process dies instead.
    """
    # Libraries and the user's code may print anything, and more than a pipe holds.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
        with subprocess.Popen(
            running(module), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=printed,
            encoding="utf-8", errors="replace", env=dict(environment),
        ) as process:  # fmt: skip
            try:
                answered = _answered(process, json.dumps(asdict(request)), progress)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            printed.seek(0)
            last = (printed.read().strip().splitlines() or ["it printed nothing"])[-1]
            raise ChildError(f"ended with exit code {process.returncode}: {last}")
    if not answered:
        raise ChildError("ended without an answer")
    return from_json(answer, json.loads(answered))


def _answered(process: subprocess.Popen[str], request: str, progress: Progress) -> str:
    """Return the last line that a child writes; those before it are pairs of its progress."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as asked:  # of one that has died
        asked.write(request)
    answered = ""
    for line in process.stdout:
        if answered:
            progress(*json.loads(answered))
        answered = line
    return answered


def respond(request: type[Request], answer: Callable[[Request], DataclassInstance]) -> None:
    """Answer the request, in the process that `ask` has started."""
    respond_with_progress(request, lambda asked, progress: answer(asked))


def respond_with_progress(
    request: type[Request], answer: Callable[[Request, Progress], DataclassInstance]
) -> None:
    """Answer the request likewise, with a line for each report on the way."""
    with answer_stream() as answers:

        def report(done: int, of: int) -> None:
            print(json.dumps([done, of]), file=answers, flush=True)

        json.dump(asdict(answer(from_json(request, json.load(sys.stdin)), report)), answers)


def answer_stream() -> TextIO:
    """Return this process's standard output for answers alone; all else goes to standard error.

    Libraries and the user's code may print at any time, which must not be taken for an answer.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def backend_here() -> str:
    """Return the backend that Keras runs on where no study says on which: one that is installed."""
    only_jax = find_spec("tensorflow") is None and find_spec("jax") is not None
    return os.environ.get("KERAS_BACKEND") or ("jax" if only_jax else "tensorflow")


def import_keras() -> None:
    """Import Keras without what it takes only for data that kouka does not give it.

    It is made to find pandas, Arrow and scikit-learn not installed, unless they are loaded: they
    are a quarter of the time that its import takes.
    """
    left_out = [name for name in ("pandas", "pyarrow", "sklearn") if name not in sys.modules]
    absent: dict[str, Any] = dict.fromkeys(left_out)  # which the import system takes for missing
    sys.modules.update(absent)
    try:
        import keras  # noqa: F401
    finally:
        for name in left_out:
            del sys.modules[name]


@contextlib.contextmanager
def ending_with(parent: int) -> Iterator[None]:
    """End this process within a second of its parent, whatever it is doing in this block."""
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
