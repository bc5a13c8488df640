"""Descriptions of what a study's runs were trained on, for how long and with what."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath

from model_space.budget import USUAL_RATE
from model_space.data import short
from model_space.facts import DataFacts
from model_space.pretrained.weights import IMAGENET
from search.analysis.recipe_names import with_dials
from search.commands.program import EPOCHS, Program
from search.objective import ACCURACY
from search.reporting.formatting import counted, listed
from search.results import Results, Run
from search.settings import LONG_PHASES, Settings

_LONGEST = 100
"""Characters of a command that is given in full."""


def describe_budget(results: Results) -> str:
    """Describe data, epochs, batch and network of the runs, as far as the study says.

    Of a study of another program it says how many trials it has.
    """
    settings, data = results.settings, results.data
    if settings is not None and settings.program is not None:
        return ", ".join([*_program(settings.program, settings), *_held(settings)])
    parts = []
    if settings is not None:
        parts.append(short(settings.data))
    if data is not None:
        split = f"{data.train} training, {data.validation} validation, {data.test} test"
        parts = [" ".join([*parts, f"({split} {data.things} of {_size(data)})"])]
    if settings is not None:
        parts.append(_epochs(settings))
        sizes: tuple[str, ...] = ("width", "depth")
        if network := settings.custom_code.network:
            parts.append(f"network {PurePath(network.at).name}{_weights(settings)}")
            sizes = network.keywords
        parts += _steps(settings)
        parts += [f"{name} {getattr(settings, name):g}" for name in sizes]
        if settings.precision != "float32":
            parts.append(settings.precision)
        if last := mean_of_last(settings):
            parts.append(f"judged by the {last}")
        parts += _held(settings)
    if results.objective.key not in ("", ACCURACY.key):
        parts.append(f"objective {results.objective.key}")
    beside = f", and {results.beside:,} beside its design" if results.beside else ""
    trials = f"{counted(len(results.runs), 'trial')} of another program{beside}"
    return ", ".join(parts) or trials


def _program(program: Program, settings: Settings) -> list[str]:
    """Describe a command, the epochs of its runs, and what judges them."""
    command = " ".join(program.command.split())
    parts = [command if len(command) <= _LONGEST else f"{command[:_LONGEST].rstrip()} …"]
    if program.has(EPOCHS):
        parts.append(_epochs(settings))
    better = "the smaller the better" if program.minimize else "the larger the better"
    judged = f"judged by {program.metric.name} ({better})"
    return [*parts, judged, *filter(None, [mean_of_last(settings)])]


def _epochs(settings: Settings) -> str:
    longer = f" ({settings.verify_epochs} to verify and confirm)" if settings.verify_epochs else ""
    return f"{counted(settings.epochs, 'epoch')}{longer}"


def mean_of_last(settings: Settings) -> str:
    """Name the last epochs by which runs are judged, short and long ones; empty of one each."""
    short = settings.last_epochs
    long = settings.verify_last_epochs if settings.verify_epochs else None
    if max(short, long or 1) == 1:
        return ""
    said = "last epoch" if short == 1 else f"mean of the last {short} epochs"
    if long is None:
        return said
    which = f"mean of the last {long}" if long > 1 else "last"
    return f"{said}, and long runs by the {which}"


def _held(settings: Settings) -> list[str]:
    """Name the techniques that are on in every run, with their dials, and those that are off."""
    held = [
        f"{name} off throughout"
        if dials is None
        else f"{with_dials([(name, dials)])} on throughout"
        for name, dials in (settings.fixed or {}).items()
    ]
    factors = settings.program.factors if settings.program is not None else ()
    alone = [(one.name, one.labels[0]) for one in factors if len(one.levels) == 1]
    return [*held, *(f"{name} {level} throughout" for name, level in alone)]


def _steps(settings: Settings) -> list[str]:
    """Describe the batches and the learning rate, which goes without saying where it is usual."""
    parts = [f"batch {settings.batch_size}"]
    if settings.batch_sizes:
        parts = [f"batches of {listed([str(size) for size in sorted(settings.batch_sizes)])}"]
    if settings.learning_rates:
        rates = [f"{rate:g}" for rate in sorted(settings.learning_rates)]
        parts.append(f"learning rates {listed(rates)}")
    elif settings.learning_rate != USUAL_RATE:
        parts.append(f"learning rate {settings.learning_rate:.4g}")
    return parts


def short_budget(results: Results) -> str:
    """Describe epochs and training images: "after 12 epochs on 1,000 training images".

    Where several epochs judge a run, it ends with "(mean of the last 3)".

    Empty where the study says neither.
    """
    budget = trained_for(results, "measure")
    if results.settings is not None and results.settings.last_epochs > 1:
        budget += f" (mean of the last {results.settings.last_epochs})"
    return budget


def trained_for(results: Results, phase: str) -> str:
    """Describe the training of a phase's runs: "after 40 epochs on 1,000 training images".

    Empty where the study says neither.
    """
    epochs = results.epochs_of(phase)
    if results.program is not None and not results.program.has(EPOCHS):
        epochs = None
    parts = [] if epochs is None else [f"after {counted(epochs, 'epoch')}"]
    if results.data is not None:
        parts.append(f"{results.data.train:,} training {results.data.things}")
    return " on ".join(parts)


def shorter_runs(results: Results) -> list[Run]:
    """The ended runs of `verify` and `confirm` that are shorter than those that decide now.

    A study has some where `--verify-epochs` grew, or where it was confirmed before it was verified.
    """
    return [run for run in results.runs
            if run.phase in LONG_PHASES and run.ended and not results.at_budget(run)]  # fmt: skip


def set_aside(results: Results) -> str:
    """Name the `shorter_runs`; empty where there are none."""
    of = Counter((run.phase, run.epochs) for run in shorter_runs(results))
    if not of:
        return ""
    named = [
        f"{counted(count, f'{phase} run')} of {counted(epochs or 0, 'epoch')}"
        for (phase, epochs), count in of.items()
    ]
    one = of.total() == 1
    return (
        f"{listed(named)} {'is' if one else 'are'} kept, but {'does' if one else 'do'} not decide: "
        f"those of {counted(results.epochs_of('verify') or 0, 'epoch')} do."
    )


def _weights(settings: Settings) -> str:
    """Name the weights that the network begins with where `pretrained` is on."""
    weights = settings.custom_code.weights
    if weights is None:
        return ""
    file = "of ImageNet" if weights.at == IMAGENET else f"in {PurePath(weights.at).name}"
    return f" (weights {file})"


def _size(data: DataFacts) -> str:
    if sound := data.sound:
        return (
            f"{sound.seconds:.2g} s at {sound.rate / 1000:g} kHz as {sound.bands} mel "
            f"bands × {sound.frames} frames"
        )
    return "×".join(str(length) for length in data.image_shape)
