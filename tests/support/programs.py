"""Programs of a user's own, as a study describes them."""

from collections.abc import Iterable

from search.commands.program import CommandFactor, CommandLevel


def switches(names: Iterable[str]) -> tuple[CommandFactor, ...]:
    """Factors that are on or off, by an option of their name."""
    return tuple(
        CommandFactor(name, (CommandLevel("off"), CommandLevel("on", (f"--{name}",))))
        for name in names
    )
