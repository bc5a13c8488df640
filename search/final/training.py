"""The final training: a study's best recipe, or another, on all images but the test images."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from model_space.facts import DataFacts
from model_space.recipe import Recipe
from model_space.saved.model_card import CARD, MODEL, Card
from model_space.worker.client import Worker
from search.analysis.confirmation import Mean, mean
from search.errors import InputError, StudyFailedError
from search.final.recipe import best, in_words, launched
from search.planning.parsing import parse_recipe
from search.planning.phases.plan import run_seed
from search.planning.settle import Requested, settle
from search.reporting import words
from search.reporting.figures.learning import figure
from search.results import ACCURACY, Objective
from search.running import signals
from search.running.compatibility import check_fingerprint, versions_of
from search.running.hardware import check_installed, shares
from search.running.study import workload_of
from search.running.worker_loop import study_checkpoints
from search.settings import Settings
from search.storage.connection import load_study
from search.storage.reading import read

CURVES = "curves.html"


class FinalWatch(Protocol):
    """What wants to know how a final training goes."""

    def reading(self, done: int, of: int) -> None:
        """So many images or sounds of so many are decoded; each second or so, before all else."""

    def began(
        self, recipe: str, images: str, epochs: int, seeds: int, objective: Objective
    ) -> None:
        """A recipe is to be trained on such images, both in words, once a seed."""

    def epoch(self, number: int, epoch: int, reached: float) -> None:
        """An epoch of the run of that number has ended, both from 1.

        What it reached is the objective, in its unit, on images that are trained on.
        """

    def ended(self, number: int, test_accuracy: float, test_objective: float) -> None:
        """That run has ended: its accuracy, a fraction, and the objective in its unit."""


@dataclass(frozen=True)
class Trained:
    """What a final training came to."""

    card: Card
    recipe: str
    """In words."""
    budget: str
    """The study's data, and how long and how large a network was trained, in words."""
    images: str
    """What it was trained on, in words."""
    things: str
    """images or sounds."""
    test: Mean
    """Accuracy on the test images over the seeds, in percent."""
    objective: Objective
    """What the study judged by."""
    test_objective: Mean
    """That on the test images, in its unit: the same where it is accuracy."""


class _Test(NamedTuple):
    """What a run comes to on the test images, as its trainer gives it."""

    accuracy: float
    objective: float


def train_final(
    url: str,
    name: str,
    out: Path,
    watch: FinalWatch,
    *,
    recipe: str | None = None,
    seeds: int = 3,
    epochs: int | None = None,
    data: str | None = None,
    brought: Requested | None = None,
    checkpoints: Path,
) -> Trained:
    """Train a study's best recipe, or another, with several seeds, and write the first's network.

    The best is what `confirm` takes for it; another is a `recipe` as `parse_recipe` reads it. All
    is as in the study's runs, but for the `epochs` where these are given, and that validation
    images are trained on as well. The test images are looked at once a run, at its end, and choose
    nothing. `data` and `brought` are as in `search.running.study.join`. The folder `out` is written
    at the end, all of it or nothing; what is interrupted goes on from what is in the folder
    `checkpoints`. Raises `InputError`, `DataError`, `CustomCodeError`, `TrainingError`, or
    `StudyFailedError` where a run diverges.
    """
    for option, value in (("--seeds", seeds), ("--epochs", epochs)):
        if value is not None and value < 1:
            raise InputError(f"{option} {value} is too small; it takes 1 or more")
    study = load_study(url, name)
    results = read(study)
    settings = settle(Settings.from_json(launched(results).settings), brought or Requested())
    choice = best(results) if recipe is None else parse_recipe(recipe, settings.known)
    settings = replace(settings, epochs=epochs or settings.epochs)
    check_installed(settings.backend)
    with _draft(out) as folder:
        environment = {**shares(1)[0], "KERAS_BACKEND": settings.backend}
        worker = Worker(workload_of(settings, data), environment)
        try:
            facts = worker.start(watch.reading)
            check_fingerprint(name, data or settings.data, study.user_attrs, facts)
            budget = words.budget(replace(results, settings=settings.to_json()))
            things, objective = results.things, results.objective
            images = f"the {facts.train + facts.validation:,} training and validation {things}"
            watch.began(in_words(choice), images, settings.epochs, seeds, objective)
            drawn = [run_seed(settings.seed, "confirm", index) for index in range(seeds)]
            kept = [study_checkpoints(checkpoints, url, name) / f"final-{s}.npz" for s in drawn]
            curves, tests = _train(
                worker, choice, settings, dict(zip(drawn, kept, strict=True)), watch,
                folder / MODEL, objective,
            )  # fmt: skip
        finally:
            worker.stop()
        card = _card(name, choice, settings, facts, tuple(curves), tests)
        trained = Trained(
            card, in_words(choice), budget, images, things,
            test=mean([ACCURACY.scale * test.accuracy for test in tests]),
            objective=objective,
            test_objective=mean([objective.scale * test.objective for test in tests], objective),
        )  # fmt: skip
        card.write(folder / CARD)
        axis = words.scale(objective.measure, objective)
        figure(curves, axis, f"{trained.recipe}; {budget}").write_html(folder / CURVES)
    for file in kept:
        file.unlink(missing_ok=True)
    return trained


def _train(
    worker: Worker,
    choice: Recipe,
    settings: Settings,
    seeds: Mapping[int, Path],
    watch: FinalWatch,
    save: Path,
    objective: Objective,
) -> tuple[dict[int, list[float]], list[_Test]]:
    """Each seed's objective by epoch, on images trained on and in its unit, and its test.

    `seeds` have a checkpoint each; the first one's network is written to `save`.
    """
    budget = settings.budget()
    curves: dict[int, list[float]] = {}
    tests: list[_Test] = []
    for number, (seed, checkpoint) in enumerate(seeds.items(), start=1):
        curve = curves[seed] = []

        def report(
            epoch: int, value: float, number: int = number, curve: list[float] = curve
        ) -> bool:
            signals.check()
            curve.append(objective.scale * value)
            watch.epoch(number, epoch, curve[-1])
            return True

        # The first is saved because it is the first: a choice by test accuracy would flatter it.
        to = save if number == 1 else None
        outcome = worker.train_final(choice, budget, seed, report, checkpoint, to)
        if outcome.diverged:
            raise StudyFailedError(
                f"the training diverged with seed {seed}, so no model is written; "
                "another --recipe may do better"
            )
        accuracy, tested = outcome.test_accuracy, outcome.test_objective
        assert accuracy is not None  # only a run that is stopped early has none
        tests.append(_Test(accuracy, accuracy if tested is None else tested))
        watch.ended(number, accuracy, objective.scale * tests[-1].objective)
    return curves, tests


def _card(
    name: str,
    choice: Recipe,
    settings: Settings,
    facts: DataFacts,
    seeds: tuple[int, ...],
    tests: Sequence[_Test],
) -> Card:
    height, width, channels = facts.image_shape
    if facts.sound:
        pixels = "a sound's mel bands as bytes, by the numbers in `sound`; divided by 255"
    else:
        colours = "grey" if channels == 1 else "RGB"
        pixels = f"{colours}, resized to {width}×{height} (bilinear), bytes divided by 255"
    return Card(
        study=name,
        classes=facts.classes,
        image_shape=facts.image_shape,
        pixels=pixels,
        sound=facts.sound,
        recipe=choice,
        budget=settings.budget(),
        backend=settings.backend,
        images={"trained": facts.train + facts.validation, "test": facts.test},
        seeds=seeds,
        saved_seed=seeds[0],
        test_accuracies=tuple(test.accuracy for test in tests),
        versions=versions_of(settings.backend),
        objective=settings.objective,
        test_objectives=(
            None if settings.objective == ACCURACY.key else tuple(test.objective for test in tests)
        ),
    )


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """A folder that takes the place of `out` at the end of the block, unless that raises.

    Raises `InputError` where it could not, before the block is begun if that can be known.
    """
    out = out.resolve()
    _check_free(out)
    above = next(folder for folder in out.parents if folder.exists())
    with _writing(out):
        beside = Path(tempfile.mkdtemp(dir=above, prefix=".kouka-"))
    try:
        new, old = beside / "new", beside / "old"
        with _writing(out):
            new.mkdir()
        yield new
        with _writing(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            _replace(out, new, old)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _replace(out: Path, new: Path, old: Path) -> None:
    if out.exists():
        out.rename(old)
    try:
        new.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise


def _check_free(out: Path) -> None:
    """Raise `InputError` unless `out` is missing, empty, or what kouka train wrote."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"--out {out} is a file; it takes a folder")
    held = {file.name for file in out.iterdir()}
    if foreign := sorted(held - {MODEL, CARD, CURVES} if CARD in held else held):
        raise InputError(
            f"--out {out} holds {foreign[0]}, which kouka train did not write; move it away, or "
            "give another --out"
        )


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"--out {out} cannot be written ({error.strerror}); it takes a folder"
        ) from error
