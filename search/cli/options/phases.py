"""Options that say how many runs the phases of a study have."""

from __future__ import annotations

from typing import Annotated

import typer

MeasureOption = Annotated[
    int | None,
    typer.Option(
        metavar="RUNS",
        help="Runs of the balanced design that measures effects: 16, 32, 64, …; at least 16 "
        "for up to 8 techniques, 32 for 16, 64 for 20.  [default: 64; of --command 16, or as "
        "many as its factors need]",
    ),
]
SearchOption = Annotated[
    int | None,
    typer.Option(
        metavar="RUNS",
        help="Runs that search for better recipes.  [default: 20; of --command 0]",
    ),
]
VerifyOption = Annotated[
    int | None,
    typer.Option(
        metavar="RUNS",
        help="Longer runs of a balanced design around the recommended recipe, which decide "
        "what matters and what is on: 4, 8, 16, …, with --verify-epochs.  [default: 16 with "
        "--verify-epochs, else 0]",
    ),
]
ConfirmOption = Annotated[
    int | None,
    typer.Option(
        metavar="SEEDS",
        help="Fresh seeds for each of five recipes, which are then tested: three candidates, "
        "all techniques off, and all on.  [default: 3; of --command 0]",
    ),
]
LadderOption = Annotated[
    str | None,
    typer.Option(
        metavar="SEEDS|NAMES",
        help="Also add techniques one after another, with this many seeds for each step: the "
        "article's in its order and then the others, or --command's factors as you gave them. "
        "NAMES, such as mixup,dropout, are another order, with 3 seeds; 5:mixup,dropout has "
        "5.  [default: 0]",
    ),
]
PrunerOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The rule that stops poor runs of the search: median stops those below the "
        "median at the same epoch, halving lets the better half go on at each doubling of the "
        "epochs, none stops no run.  [default: median]",
    ),
]
TimeOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Plan the study for this long, such as 90s, 30m or 2h: a few epochs are timed, "
        "or the first run of --command, and the number and length of the runs are chosen; "
        "what you name stays. Pauses do not count, and a longer time extends the study.  "
        "[default: as long as the runs take]",
    ),
]
