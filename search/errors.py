"""Errors that the user can mend, and those of a study that cannot go on."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 80
"""Characters of what is given that a message shows."""
_NEAR = 0.8
"""The likeness from which a name may be another one misspelt."""


class InputError(ValueError):
    """Input that cannot be used; the message says what, what is accepted and what to do."""


class StudyFailedError(RuntimeError):
    """A study cannot go on: none of its runs can; the message says why."""


class FirstRunError(RuntimeError):
    """The first run of a new study failed, so that there is no study yet; the message says why."""


class DivergedError(RuntimeError):
    """A final training diverged; the message says with which seed, and what to do."""


def as_given(given: object) -> str:
    """Return what a caller in Python has given, in its place only the type of what is long."""
    text = repr(given)
    return text if len(text) <= _LONGEST else f"what is given, of type {type(given).__name__},"


def one_of(values: Iterable[object]) -> str:
    """List what an option takes: `0, 16, 32 or 64`."""
    *others, last = map(str, values)
    return f"{', '.join(others)} or {last}" if others else last


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name what a misspelt name may mean, to stand behind it; nothing where none is near."""
    spelled = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), spelled, n=1, cutoff=_NEAR)
    return f" (Did you mean {spelled[near[0]]!r}?)" if near else ""


def first_line(error: BaseException) -> str:
    """Return the first line of a library's message, or the name of its error where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
