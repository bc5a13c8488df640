"""The checks that the settings of a study pass before anything is run or stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields

from model_space.facts import DataFacts
from model_space.pretrained.catalogue import NAMES
from model_space.recipe import Recipe
from model_space.technique import Factor, clash
from model_space.techniques import NEED_WEIGHTS, overlap
from search.errors import InputError, one_of
from search.objective import OBJECTIVES, objective_of, top
from search.planning.design import MOST_RUNS, check_runs
from search.planning.mixed_design import check_mixed_runs
from search.planning.pruners import PRUNERS
from search.planning.rates import LARGEST
from search.settings import Limits, Settings

BACKENDS = ("tensorflow", "jax")
PRECISIONS = ("float32", "mixed_bfloat16")
MOST = 100_000
"""Epochs of a run, and runs of a search, beyond which a number is a slip."""
_MOST_OF_PROGRAM = 1_000_000_000
"""The same of a program's epochs, which may be its iterations."""
MOST_SEEDS = 1000
_MOST_DEPTH = 484
"""Layers; of more, Keras exceeds Python's limit of recursion with some techniques."""


def check(settings: Settings) -> Settings:
    """Return the settings; raise `InputError` for the first that cannot be used."""
    check_values(settings, (one.name for one in fields(settings)))
    _check_verify(settings)
    _check_runs(settings)
    if settings.program is None:
        _check_training(settings)
    elif reason := clash([*settings.known, *(Factor(one.dial.name, "", "")
                                             for one in settings.program.dials)]):  # fmt: skip
        raise InputError(f"--factor: {reason}; choose another")
    check_limits(settings, settings.at_most)
    several = settings.several
    if not settings.factors and not several:
        if settings.program is not None:
            raise InputError("no factor is left to study; name one with --factor, or fix fewer")
        raise InputError("no technique is left to study; name some in --techniques, or fix fewer")
    if several and len(settings.measured_sizes) > 1:
        raise InputError(
            f"--measure {settings.measure[-1]} cannot extend a design with a factor of several "
            "levels; use another name for a new study"
        )
    return settings


def check_values(settings: Settings, names: Iterable[str]) -> None:
    """Raise `InputError` for the first of the named settings whose value no study may have.

    What fits this study's other settings or not is left to `check`.
    """
    for name in names:
        if name in _BOUNDS:
            smallest, largest = _BOUNDS[name]
            if settings.program is not None and name in ("epochs", "verify_epochs"):
                largest = _MOST_OF_PROGRAM
            check_number(option(name), getattr(settings, name), smallest, largest)
        if name in _POSSIBLE:
            _POSSIBLE[name](settings)


def check_limits(settings: Settings, limits: Limits | None) -> None:
    """Raise `InputError` for a limit on what the runs of a program do not say of themselves."""
    if settings.program is not None and limits is not None and limits.parameters:
        raise InputError(
            "--at-most parameters=… has no meaning for --command, whose runs do not say how many "
            "they have; seconds=… limits the time of a run"
        )


def check_objective(settings: Settings, facts: DataFacts) -> None:
    """Raise `InputError` where the objective cannot tell networks apart on the data."""
    k, classes = top(settings.objective), len(facts.classes)
    if k is None or k < classes:
        return
    fits = f"2 to {classes - 1} fit, as in top_2_accuracy, or " if classes > 2 else ""
    raise InputError(
        f"--objective {settings.objective} is always 100 %: the data have {classes} classes; "
        f"{fits}take accuracy"
    )


def check_batches(settings: Settings, facts: DataFacts) -> None:
    """Raise `InputError` where two batch sizes of the design both take all training images."""
    whole = sorted(size for size in settings.batch_sizes if size >= facts.train)
    if len(whole) > 1:
        raise InputError(
            f"--batch-sizes {','.join(map(str, sorted(settings.batch_sizes)))}: the study trains "
            f"on {facts.train:,} {facts.things}, so batches of {' and '.join(map(str, whole))} "
            "are the same; name at most one size that is as large as that"
        )


def _check_last_epochs(settings: Settings) -> None:
    if not 1 <= settings.last_epochs <= settings.epochs:
        raise InputError(
            f"--last-epochs {settings.last_epochs} is not possible; it takes 1 to the number of "
            f"epochs, {settings.epochs}"
        )


def _check_validation(settings: Settings) -> None:
    if not settings.validation > 0 or (settings.validation > 1 and settings.validation % 1):
        raise InputError(
            f"--validation {settings.validation:g} is neither a share between 0 and 1 nor a "
            "number of images"
        )


def _check_objective(settings: Settings) -> None:
    try:
        objective_of(settings.objective)
    except KeyError:
        raise InputError(
            f"there is no objective {settings.objective!r}; --objective takes "
            f"{', '.join(OBJECTIVES)}, and top_k_accuracy or top_3_accuracy and the like"
        ) from None
    if top(settings.objective) == 1:
        raise InputError("--objective top_1_accuracy is accuracy; name that")


def _check_backend(settings: Settings) -> None:
    if settings.backend not in BACKENDS:
        raise InputError(
            f"KERAS_BACKEND={settings.backend} cannot train a study; it takes "
            f"{' or '.join(BACKENDS)}, and is tensorflow where it is not set"
        )


def _check_precision(settings: Settings) -> None:
    if settings.precision not in PRECISIONS:
        raise InputError(
            f"there is no precision {settings.precision!r}; --precision takes auto, "
            f"{', '.join(PRECISIONS)}"
        )


def _check_pruner(settings: Settings) -> None:
    if settings.pruner not in PRUNERS:
        raise InputError(
            f"there is no pruner {settings.pruner!r}; --pruner takes {', '.join(PRUNERS)}"
        )


def _check_width(settings: Settings) -> None:
    if not 0 < settings.width <= 16:
        raise InputError(f"--width {settings.width:g} is not between 0 and 16")


def _check_depth(settings: Settings) -> None:
    possible = 10 <= settings.depth <= _MOST_DEPTH and (settings.depth - 4) % 6 == 0
    if not settings.custom_code.network and not possible:
        raise InputError(
            f"--depth {settings.depth} is not possible; depths are 10, 16, 22, … {_MOST_DEPTH} "
            "(6b + 4)"
        )


def _check_verify_runs(settings: Settings) -> None:
    runs = max(settings.verify, default=0)
    possible = [2**power for power in range(2, MOST_RUNS.bit_length())]
    if runs not in (0, *possible):
        raise InputError(
            f"--verify {runs} has no balanced design; it takes {one_of([0, *possible])}"
        )


def _check_overlap(settings: Settings) -> None:
    fixed = settings.fixed or {}
    studied = [n for n in (*settings.techniques, *fixed) if fixed.get(n, {}) is not None]
    if settings.program is None and (reason := overlap(studied)):
        raise InputError(reason)


def _check_measure_runs(settings: Settings) -> None:
    runs, factors = settings.measure[-1], len(settings.factors)
    if several := [len(one.levels) for one in settings.several]:
        check_mixed_runs(runs, factors, several, settings.words)
    elif factors and (settings.custom_code.network is None or settings.left_out is not None):
        check_runs(runs, factors)


_BOUNDS: Mapping[str, tuple[int | None, int | None]] = {
    "epochs": (1, MOST), "verify_epochs": (None, MOST), "batch_size": (1, LARGEST),
    "image_size": (15, 2048), "train_size": (2, None), "search": (0, MOST),
    "confirm": (0, MOST_SEEDS), "ladder": (0, MOST_SEEDS), "seed": (0, None),
}  # fmt: skip
"""The least and the most that a setting takes."""
_POSSIBLE: Mapping[str, Callable[[Settings], None]] = {
    "last_epochs": _check_last_epochs, "validation": _check_validation,
    "objective": _check_objective, "backend": _check_backend, "precision": _check_precision,
    "pruner": _check_pruner, "width": _check_width, "depth": _check_depth,
    "techniques": _check_overlap, "measure": _check_measure_runs, "verify": _check_verify_runs,
}  # fmt: skip
"""Checks of one setting each, that no bounds describe."""


def check_number(name: str, value: int | None, smallest: int | None, largest: int | None) -> None:
    """Raise `InputError` where an option's number, if there is one, is out of its bounds."""
    if value is not None and smallest is not None and value < smallest:
        raise InputError(f"{name} {value} is too small; it takes {smallest} or more")
    if value is not None and largest is not None and value > largest:
        raise InputError(f"{name} {value} is too large; it takes {largest:,} or less")


def _check_training(settings: Settings) -> None:
    """Check what says how kouka itself trains."""
    _check_network(settings)
    numbers = {one.name for one in settings.several} | {one.dial.name for one in settings.dials}
    if reason := clash([*(Factor(name, "", "") for name in numbers), *settings.known]):
        raise InputError(f"--technique: {reason}; choose another")


def _check_network(settings: Settings) -> None:
    network = settings.custom_code.network
    for name in ("width", "depth"):
        usual, value = getattr(Settings, name), getattr(settings, name)
        if network and name not in network.keywords and value != usual:
            remedy = "" if network.application else f", or give that function a keyword {name}"
            raise InputError(
                f"--{name} {value:g} has no meaning for --network {network.at}, "
                f"which takes no {name}; leave it out{remedy}"
            )
    for name in settings.left_out or ():
        if network and (settings.fixed or {}).get(name) is not None:
            raise InputError(f"--fix {name} cannot be on: {without(name, settings)}")
    _check_weights(settings)


def _check_weights(settings: Settings) -> None:
    """Check what needs a network that has weights to begin with."""
    code, left_out = settings.custom_code, settings.left_out or ()
    if code.weights and (code.network is None or code.network.application is None):
        raise InputError(
            f"--weights {code.weights.at} has no meaning without --network and a name of "
            f"keras.applications, which are {NAMES}"
        )
    on = {name for name, dials in (settings.fixed or {}).items() if dials is not None}
    wanted = [
        name
        for name in _need_weights(settings)
        if name in {*settings.factors, *on} and name not in left_out
    ]
    if wanted and code.network is None:
        raise InputError(
            f"{wanted[0]} needs a network that has weights to begin with, which the article's has "
            f"not; --network takes {NAMES}"
        )
    if "frozen_base" in wanted and "pretrained" not in wanted:
        raise InputError(
            "frozen_base keeps pretrained weights as they are, and pretrained is neither among "
            "--techniques nor held by --fix pretrained=on; add it in one of the two ways"
        )


def _need_weights(settings: Settings) -> tuple[str, ...]:
    """The techniques of kouka's that need weights; the user's own may have one's name."""
    own = settings.custom_code
    return tuple(name for name in NEED_WEIGHTS if own.technique(name) is None)


def without(name: str, settings: Settings) -> str:
    """The reason why a technique has no effect on a study's network, one of those left out."""
    code = settings.custom_code
    network = f"--network {code.network.at}" if code.network else "the article's network"
    if name in NEED_WEIGHTS and code.network and code.network.application and not code.weights:
        return f"the study has no weights for {network} to begin with"
    return f"{network} does not call the stage that it changes"


def check_recipe(recipe: Recipe, settings: Settings) -> None:
    """Raise `InputError` for a recipe with a technique that would have no effect."""
    unavailable = {*(settings.left_out or ())}
    if settings.custom_code.network is None:
        unavailable |= {*_need_weights(settings)}
    for name in recipe:
        if name in unavailable:
            raise InputError(f"--recipe {name}: {without(name, settings)}; leave it out")
    if (
        "frozen_base" in recipe
        and "pretrained" not in recipe
        and "frozen_base" in _need_weights(settings)
    ):
        raise InputError(
            "--recipe frozen_base has no effect without pretrained, whose weights it keeps as they "
            "are; add pretrained, or leave it out"
        )


def _check_verify(settings: Settings) -> None:
    runs, epochs = max(settings.verify, default=0), settings.verify_epochs
    if runs and epochs is None:
        raise InputError(
            f"--verify {runs} needs --verify-epochs COUNT: how long its runs train, which is more "
            f"than --epochs {settings.epochs}"
        )
    check_lengths(None, settings.epochs, epochs)  # none, in studies that once could ask for that


def check_lengths(runs: int | None, epochs: int | None, verify_epochs: int | None) -> None:
    """Check that long runs are some, and longer than the others; what is None is not known yet."""
    if verify_epochs is None:
        return
    if runs == 0:
        raise InputError(
            f"--verify-epochs {verify_epochs} is for the long runs, of which --verify 0 has none; "
            "leave one of them out, or name --epochs for runs of one length"
        )
    if epochs is not None and verify_epochs <= epochs:
        raise InputError(
            f"--verify-epochs {verify_epochs} is not more than --epochs {epochs}; it takes the "
            "epochs that you will train at, and --epochs the short ones to search with"
        )


def _check_runs(settings: Settings) -> None:
    phases = {"measure": settings.measure[-1], "search": settings.search,
              "verify": max(settings.verify, default=0), "confirm": settings.confirm,
              "ladder": settings.ladder}  # fmt: skip
    if settings.time is None and not any(phases.values()):
        named = [option(name) for name in phases]
        raise InputError(
            f"nothing is to be run: {', '.join(named[:-1])} and {named[-1]} are all 0; "
            "name one of them with a number"
        )


def option(name: str) -> str:
    """The command-line option of a field of `Settings`, or its environment variable."""
    other = {"fixed": "--fix", "backend": "KERAS_BACKEND"}
    return other.get(name) or f"--{name.replace('_', '-')}"
