"""A study's recipe as a Keras script that stands alone."""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from model_space.script import Order, write
from search.errors import InputError
from search.final.recipe import Task, TaskOptions, confirmed, find_task
from search.planning.phases.plan import run_seed
from search.reporting import formatting
from search.reporting.sentences.fresh_seeds import over_all_off, over_seeds
from search.running.compatibility import versions_of

_MARK = "# Written by kouka code; of the lines above, the SHA-256 begins with "
"""The beginning of a script's last line, which ends with a digest of the lines above it."""


@dataclass(frozen=True)
class Written:
    """The content of a script, in words."""

    recipe: str
    budget: str
    """The study's data, the epochs, and the size of the network."""


def write_code(url: str, name: str, out: Path, options: TaskOptions) -> Written:
    """Write a script that trains a study's recommended recipe, or another, as `kouka train` does.

    `out` is a file, which is written whole or not at all. Raises `InputError`, `DataError`,
    `CustomCodeError`, or `TrainingError` where the process that writes it dies.
    """
    task = find_task(url, name, options)
    _check_free(out)
    settings, facts = task.settings, task.results.data
    assert facts is not None  # a launch stores them before anything is trained
    order = Order(
        about=tuple(_about(task, chosen=options.recipe is not None)),
        recipe=task.recipe,
        budget=settings.budget(),
        backend=settings.backend,
        seed=run_seed(settings.seed, "confirm", 0),
        data=settings.data_spec(),
        facts=facts,
        custom_code=settings.custom_code.used_by(task.recipe),
    )
    code = write(order)
    _write(out, f"{code}\n\n{_MARK}{_digest(code)}\n")
    return Written(task.in_words, task.budget)


def _about(task: Task, *, chosen: bool) -> list[str]:
    """The paragraphs at the script's top."""
    results, settings = task.results, task.settings
    which = "A recipe" if chosen else "The recommended recipe"
    things = results.things
    said = [
        f"{which} of the study {results.name}, in Keras alone.",
        f"Techniques on: {task.in_words}.",
        f"Budget: {task.budget}. The network is trained on the training and validation {things} "
        f"together, and tested on the test {things}.",
    ]
    if found := confirmed(task):
        said.append(
            f"In the study, trained without the validation {things}, its test accuracy was "
            f"{formatting.percent(found.test)}{over_seeds(found.seeds)}{over_all_off(found)}."
        )
    versions = versions_of("keras", settings.backend)
    names = ("python", "keras", settings.backend, "numpy")
    listed = ", ".join(f"{name} {versions[name]}" for name in names)
    said.append(f"Written by kouka {versions['kouka']} for {listed}; kouka is not needed.")
    return said


def _check_free(out: Path) -> None:
    """Raise `InputError` unless `out` is missing, or as kouka code wrote it.

    Nor may it be called as a module of Python's, which Keras would import when it runs.
    """
    if out.suffix == ".py" and out.stem in sys.stdlib_module_names:
        raise InputError(
            f"--out {out} has the name of a module of Python's, which libraries would import in "
            "its place; give another --out"
        )
    try:
        is_folder, is_there = out.is_dir(), out.exists()
    except OSError as error:  # of a name that is too long, for one
        raise InputError(
            f"--out {out} cannot be written ({error.strerror}); it takes a file"
        ) from error
    if is_folder:
        raise InputError(f"--out {out} is a folder; it takes a file")
    if not is_there:
        return
    try:
        text = out.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    code, mark, digest = text.partition(f"\n\n{_MARK}")
    if not mark:
        raise InputError(
            f"{out} is there, and kouka code did not write it; move it away, or give another --out"
        )
    if digest.strip() != _digest(code):
        raise InputError(
            f"{out} was changed since kouka code wrote it; move it away, or give another --out"
        )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode(errors="backslashreplace")).hexdigest()[:16]


def _write(out: Path, text: str) -> None:
    partial = out.with_name(f".{out.name}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # The bytes of a path that is no UTF-8 become escapes, as Python has them.
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")
        partial.replace(out)
    except (OSError, RuntimeError) as error:  # the latter of a path with too many folders
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"--out {out} cannot be written ({reason}); it takes a file") from error
    finally:
        with suppress(OSError):
            partial.unlink()
