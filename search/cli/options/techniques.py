"""Options that name techniques and a network, kouka's or the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from model_space.pretrained.catalogue import NAMES

if TYPE_CHECKING:
    from model_space.custom.code import CustomCode

CODE = "FILE.py, FILE.py:NAME or PACKAGE.MODULE:NAME"

TechniquesOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="The techniques to study: one of the sets article, modern, sound, parts, "
        "transfer and all, or names, separated by commas.  [default: article; sound for a new "
        "study of sounds, transfer for one of a network of keras.applications]",
    ),
]
FixOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=LEVEL",
        help="Hold a technique in every run: dropout=off, mixup=on or mixup=0.3. Repeatable.",
    ),
]
TechniqueOption = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE", help=f"A technique of your own: {CODE}. Repeatable."),
]
NetworkOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|CODE",
        help=f"One of keras.applications ({NAMES}), or a network of your own: {CODE}.  "
        "[default: the article's]",
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="The weights that a --network of keras.applications begins with where pretrained is "
        "on: a .weights.h5, .h5 or .keras file.  [default: those of ImageNet, downloaded once]",
    ),
]
WidthOption = Annotated[
    float | None,
    typer.Option(
        metavar="FACTOR",
        help="The network's channels, as a multiple of the article's.  [default: 1; 0.25 with "
        "--time and no GPU]",
    ),
]
DepthOption = Annotated[
    int | None, typer.Option(metavar="COUNT", help="Convolutions: 10, 16, 22, …  [default: 10]")
]


def custom_code(
    technique: list[str] | None, network: str | None, weights: str | None = None
) -> CustomCode:
    """Describe the techniques, the network and the weights that the options name.

    Raises `CustomCodeError` where one of them cannot be used, and `InputError` without Keras.
    """
    from model_space.custom.code import CustomCode

    if not technique and network is None and weights is None:
        return CustomCode()
    from model_space.child import backend_here
    from model_space.custom.description import describe, with_weights
    from search.running.requirements import check_installed

    code = CustomCode()
    if technique or network is not None:
        check_installed(backend_here())
        code = describe(technique or [], network)
    return with_weights(code, weights, wanted=False, tell=print)
