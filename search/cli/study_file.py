"""A study's options in a TOML file, for those who keep them in git."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

_TABLES = {"factors": ("factor", ": "), "dials": ("dial", ": "), "fix": ("fix", "=")}
"""Tables, with the option whose values they hold, and what joins a key to its value there."""


def take_defaults(context: typer.Context, file: Path | None) -> Path | None:
    """Let the options that are not named have the values in a file; ends the command for others.

    The callback of the option that names the file.
    """
    if file is None:
        return None
    from search.cli.errors import user_errors

    with user_errors():
        options = {
            name: getattr(parameter, "multiple", False)
            for parameter in context.command.params
            if (name := parameter.name) and name != "study"
        }
        context.default_map = _defaults(file, options)
    return file


def _defaults(file: Path, options: Mapping[str, bool]) -> dict[str, Any]:
    """Read a file's options, of which each may be repeatable or not."""
    import tomllib

    from search.errors import InputError, did_you_mean

    try:
        with file.open("rb") as opened:
            content = tomllib.load(opened)
    except OSError as error:
        raise InputError(
            f"--study {file} cannot be read ({error.strerror}); it takes a TOML file of options"
        ) from error
    except ValueError as error:
        raise InputError(
            f"--study {file} is no TOML ({error}); it takes options as keys, such as epochs = 10"
        ) from error
    defaults: dict[str, Any] = {}
    for key, value in content.items():
        if key in _TABLES:
            option, joined = _TABLES[key]
            defaults[option] = _rows(file, key, value, joined)
            continue
        option = key.replace("-", "_")
        if option not in options or isinstance(value, Mapping):
            passed_over = {"factor", "dial", "json"}
            known = sorted(name.replace("_", "-") for name in options.keys() - passed_over)
            raise InputError(
                f"--study {file} has {key!r}, which is no option{did_you_mean(key, known)}; it "
                f"takes {', '.join(_TABLES)} as tables, and {', '.join(known)}"
            )
        if isinstance(value, list) and not options[option]:
            value = ",".join(map(str, value))  # names
        as_it_is = isinstance(value, (bool, list))
        text = value if as_it_is else str(value)
        defaults[option] = [text] if options[option] and not as_it_is else text
    return defaults


def _rows(file: Path, key: str, table: Any, joined: str) -> list[str]:
    """Write a table as the values of a repeatable option."""
    from search.errors import InputError

    if not isinstance(table, Mapping):
        raise InputError(f'--study {file}: {key} is no table; it takes [{key}] and NAME = "…"')
    rows = []
    for name, value in table.items():
        levels = value if isinstance(value, list) else [value]
        if not all(isinstance(level, str | int | float) for level in levels):
            raise InputError(
                f"--study {file}: {key}.{name} is neither a text nor a list of texts, one a level"
            )
        rows.append(f"{name}{joined}{' | '.join(str(level) for level in levels)}")
    return rows
