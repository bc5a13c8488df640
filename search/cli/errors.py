"""Commands that cannot continue end with a sentence on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from search.storage.passwords import without_passwords

FAILED = 1
"""Exit code where training or the storage failed."""
WRONG_INPUT = 2
"""Exit code where the user gave what cannot be used."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


RESUMES = "finished runs are kept, and the same command resumes"
"""What becomes of the work of a command that runs a study."""


@contextmanager
def user_errors(
    remedy: str = "fix that, and the same command resumes",
    kept: str = "what is stored is not lost",
) -> Iterator[None]:
    """End with one line on stderr, and no traceback, where the user or the storage is the cause.

    `remedy` is what to do where the training has failed, and `kept` says what becomes of the work
    where the storage has.
    """
    try:
        yield
        sys.stdout.flush()
    except (typer.Exit, BrokenPipeError):  # as of `kouka status | head`, which ends quietly
        raise
    except Exception as error:
        explained = _explain(error, remedy, kept)
        if explained is None:
            raise
        end(*explained)


@contextmanager
def interruptible(kept: str | Callable[[], str] = RESUMES) -> Iterator[None]:
    """End with code 130 on Ctrl-C, and on what a scheduler or a closed terminal sends instead.

    `kept` says what becomes of the work begun; a function is asked when it has ended.
    """
    from search.running import signals

    signals.listen()
    try:
        yield
    except KeyboardInterrupt:
        end(INTERRUPTED, f"interrupted; {kept if isinstance(kept, str) else kept()}")


def _explain(error: Exception, remedy: str, kept: str) -> tuple[int, str] | None:
    """Return the exit code and the sentence for an error; None for a defect of kouka."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    from model_space.custom.code import CustomCodeError
    from model_space.data import DataError
    from model_space.worker.client import TrainingError
    from search.errors import DivergedError, FirstRunError, InputError, StudyFailedError
    from search.storage.retrying import next_step, reason_of

    if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
        # What is left to print would fail once more at Python's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED, (
            f"what it prints cannot be written ({error.strerror}); what is stored is not lost"
        )
    if isinstance(error, (InputError, DataError, CustomCodeError)):
        return WRONG_INPUT, str(error)
    if isinstance(error, FirstRunError):
        return FAILED, f"{error}; nothing is stored: fix that, and launch it again"
    if isinstance(error, (StudyFailedError, TrainingError)):
        return FAILED, f"{error}; {remedy}"
    if isinstance(error, DivergedError):
        return FAILED, str(error)
    if isinstance(error, (SQLAlchemyError, StorageInternalError, ConnectionError, TimeoutError)):
        reason = reason_of(error)
        return FAILED, f"the storage failed ({reason}); {kept}{next_step(reason)}"
    return None


def end(code: int, sentence: str) -> NoReturn:
    """End the command with a sentence on stderr."""
    print(f"kouka: {without_passwords(sentence)}", file=sys.stderr)
    raise typer.Exit(code)
