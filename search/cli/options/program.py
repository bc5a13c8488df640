"""Options that describe a program of the user's own, and say where it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.cli.study_file import take_defaults

if TYPE_CHECKING:
    from search.commands.program import Program

StudyFileOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml",
        is_eager=True,
        callback=take_defaults,
        help="Take what is not named here from this file, with options as keys: factors, dials and "
        "fix as tables, and the study's name as name.",
    ),
]
CommandOption = Annotated[
    str | None,
    typer.Option(
        metavar="COMMAND",
        help="Study a program of your own: the command of one run, such as "
        "'python train.py --epochs {epochs} --seed {seed} {flags}'. {folder} is a folder of the "
        "run's own.",
    ),
]
FactorOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME: WORDS",
        help="What --command varies: 'mixup: --mixup 0.2' adds the words where it is on, "
        "'optimizer: --opt adamw | --opt muon' has two levels; NAME=VALUE sets an environment "
        "variable. Repeatable.",
    ),
]
DialOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME: WORDS",
        help="A number of --command that --search tunes: 'lr: --lr {value}, 1e-4 to 1e-1 log'. The "
        "other runs have the middle of its range, or what 'usual 3e-4' at the end says; 'int' "
        "makes it whole. Repeatable.",
    ),
]
MetricOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        help="What --command's runs are judged by: a regular expression whose group is the number, "
        "of which the last match counts, as in 'val_acc=([0-9.]+)'; json:KEY for lines of JSON; "
        "file:PATH:KEY for a JSON or CSV file in {folder}.",
    ),
]
MetricNameOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The metric's name in the report.  [default: from the pattern]"
    ),
]
TestMetricOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN", help="How to find the same score on test data; it chooses nothing."
    ),
]
MinimizeOption = Annotated[
    bool, typer.Option("--minimize", help="Smaller is better, as for a loss.")
]
UnitOption = Annotated[
    str | None,
    typer.Option(
        metavar="UNIT",
        help="The metric's unit, such as nats; points for a share, shown in percent.  "
        "[default: points of an accuracy, else none]",
    ),
]
ScaleOption = Annotated[
    float | None,
    typer.Option(
        metavar="FACTOR",
        help="Multiply printed values by this to get the unit.  [default: 100 for a share "
        "from 0 to 1, else 1]",
    ),
]
RunTimeoutOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="End a run of --command that takes longer, such as 90s, 30m or 2h; it counts as "
        "failed.  [default: no limit]",
    ),
]
ShellOption = Annotated[
    bool, typer.Option("--shell", help="Run --command with /bin/sh, for pipes and variables.")
]


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
        if factors:
            raise InputError("--command needs --metric PATTERN, what its runs are judged by")
        raise InputError("--command needs --factor 'NAME: WORDS', what is to vary")
    if scale is not None and not scale > 0:
        raise InputError(f"--scale {scale:g} is not above 0")
    directory = os.getcwd()
    test = None
    if test_metric is not None:
        name_of_test = f"test {metric_name}" if metric_name else None
        test = parse_metric(test_metric, name_of_test, "--test-metric")
    timeout = None if run_timeout is None else time_limit(run_timeout, "--run-timeout").seconds
    program = check_program(
        Program(
            command,
            directory,
            tuple(parse_factor(text) for text in factors),
            parse_metric(metric, metric_name),
            tuple(parse_dial(text) for text in dials),
            test=test,
            minimize=minimize,
            unit=unit,
            scale=scale,
            timeout=timeout,
            shell=shell,
            files=digests(command, directory),
        )
    )
    return check_no_secrets(program)
