"""Errors that the user can mend, and those of a study that cannot go on."""


class InputError(ValueError):
    """Input that cannot be used; the message says what, what is accepted and what to do."""


class StudyFailedError(RuntimeError):
    """A study cannot go on: none of its runs can; the message says why."""


class DivergedError(RuntimeError):
    """A final training diverged; the message says with which seed, and what to do."""
