"""Sentences about a user's program that a study runs."""

from __future__ import annotations

from search.commands.program import SEED, Program


def seed_effect(program: Program, matters: bool) -> str:
    """Say what another seed changed in the first run of a study."""
    name = program.metric.name
    if program.has(SEED):
        if matters:
            return f"Another seed gave another {name}, so {{seed}} is heard."
        return (
            f"Caution: another seed gave the very same {name}, so the program does not use "
            "{seed}, or draws nothing. Its runs do not vary as those of other seeds would, and the "
            "intervals say nothing of these."
        )
    if matters:
        return (
            f"The command has no {{seed}}. The same run gave another {name}, so the noise is what "
            "the program draws by itself."
        )
    return (
        f"Caution: the command has no {{seed}}, and the same run gave the very same {name}. The "
        "intervals then say nothing of other seeds; put {seed} where the program takes its seed."
    )
