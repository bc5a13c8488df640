"""What the user can mend."""


class InputError(ValueError):
    """Input that cannot be used; the message is one sentence: what, what is accepted, what to do."""


class StudyFailedError(RuntimeError):
    """A study cannot go on: the first runs of its launch all failed; the message says how."""
