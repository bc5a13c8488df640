"""The options of `kouka launch` that describe a program of the user's own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.commands.program import Program


def program_of(
    command: str | None,
    factors: list[str],
    dials: list[str],
    metric: str | None,
    *,
    metric_name: str | None,
    test_metric: str | None,
    minimize: bool,
    unit: str | None,
    scale: float | None,
    run_timeout: str | None,
    shell: bool,
) -> Program | None:
    """Describe the program that the options name; None where they name none.

    Raises `InputError` where they do not fit together.
    """
    from search.commands.parsing import (
        check_program,
        digests,
        parse_dial,
        parse_factor,
        parse_metric,
    )
    from search.commands.program import Program
    from search.commands.secrets import check_no_secrets
    from search.errors import InputError
    from search.planning.time_plan import time_limit

    given = {
        "--factor": factors, "--dial": dials, "--metric": metric, "--metric-name": metric_name,
        "--test-metric": test_metric, "--minimize": minimize, "--unit": unit,
        "--scale": scale is not None, "--run-timeout": run_timeout, "--shell": shell,
    }  # fmt: skip
    if command is None:
        if alone := [option for option, value in given.items() if value]:
            raise InputError(
                f"{alone[0]} needs --command COMMAND, the program that it is about; to resume a "
                "study of one, kouka launch NAME is enough"
            )
        return None
    if not factors or metric is None:
        lacking = (
            "--metric PATTERN, what its runs are judged by"
            if factors
            else ("--factor 'NAME: WORDS', what is to vary")
        )
        raise InputError(f"--command needs {lacking}")
    if scale is not None and not scale > 0:
        raise InputError(f"--scale {scale:g} is not above 0")
    directory = os.getcwd()
    program = check_program(
        Program(
            command,
            directory,
            tuple(parse_factor(text) for text in factors),
            parse_metric(metric, metric_name),
            tuple(parse_dial(text) for text in dials),
            test=None
            if test_metric is None
            else parse_metric(
                test_metric, f"test {metric_name}" if metric_name else None, "--test-metric"
            ),
            minimize=minimize,
            unit=unit,
            scale=scale,
            timeout=None
            if run_timeout is None
            else time_limit(run_timeout, "--run-timeout").seconds,
            shell=shell,
            files=digests(command, directory),
        )
    )
    return check_no_secrets(program)
