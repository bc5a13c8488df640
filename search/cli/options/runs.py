"""Options that say what one run trains, and what it is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from search.settings import Limits

StudyEpochsOption = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        help="Epochs of a run.  [default: 100; needed where --command has {epochs}, if not "
        "chosen by --time]",
    ),
]
VerifyEpochsOption = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        help="Epochs of the runs of --verify and --confirm, more than --epochs: as many as you "
        "will train for. With --time, of all runs if there is no time for both.  [default: "
        "no longer runs]",
    ),
]
BatchSizeOption = Annotated[
    int | None, typer.Option(metavar="COUNT", help="Images in a batch.  [default: 128]")
]
LearningRatesOption = Annotated[
    str | None,
    typer.Option(
        metavar="RATES",
        help="Learning rates that the design varies, 2 to 4, separated by commas: each "
        "technique gets an effect at its best rate too.  [default: 0.001 alone]",
    ),
]
BatchSizesOption = Annotated[
    str | None,
    typer.Option(
        metavar="COUNTS",
        help="Batch sizes that the design varies likewise, 2 to 4.  [default: --batch-size alone]",
    ),
]
PrecisionOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What networks compute in: float32, mixed_bfloat16, or auto: mixed_bfloat16 if "
        "every GPU is built for it, else float32.  [default: float32]",
    ),
]
ObjectiveOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What runs are judged by: accuracy, balanced_accuracy, f1_macro, auc, "
        "neg_log_loss, or top_5_accuracy and the like (top_k_accuracy is that of 5).  "
        "[default: accuracy]",
    ),
]
LastEpochsOption = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        help="Judge each run by the mean of this many last epochs; 1 takes the last alone.  "
        "[default: a quarter of the epochs, at most 10]",
    ),
]
StudyAtMostOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LIMITS",
        help="Recommend the best recipe that takes no more, such as seconds=600,parameters=1M: "
        "seconds to train one run for --verify-epochs, or else --epochs, on the machines of "
        "the runs; parameters of the network.  [default: no limits]",
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        metavar="SEED",
        help="Fixes the split of the data and the seed of every run.  [default: 0]",
    ),
]
RecipeOption = Annotated[
    str | None,
    typer.Option(
        metavar="RECIPE",
        help="The techniques to turn on, such as batch_norm,mixup=0.3. NAME.DIAL=VALUE sets one "
        "of several dials; none turns every technique off; learning_rate=0.003 and batch_size=32 "
        "are a part of it where they are not the study's usual ones.  [default: the recommended "
        "one]",
    ),
]
EpochsOption = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        help="Epochs to train.  [default: the study's; of two lengths the longer]",
    ),
]
AtMostOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LIMITS",
        help="Recommend the best recipe that takes no more, such as seconds=600,parameters=1M: "
        "seconds to train one run, one of the longer runs if there are some; none lifts the "
        "limits.  "
        "[default: the study's]",
    ),
]


def limits(at_most: list[str] | None) -> Limits | None:
    """Read the limits of what is recommended; see `search.planning.parsing.parse_limits`."""
    from search.planning.parsing import parse_limits

    return parse_limits(at_most) if at_most else None
