"""The final training: a study's recommended recipe, on all images but the test images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from model_space.data.reading import AS_IT_IS
from model_space.facts import DataFacts
from model_space.saved.model_card import CARD, MODEL, Card
from model_space.worker.client import Worker
from search.analysis.estimate import Estimate, mean_over_seeds
from search.analysis.held_out import HeldOut
from search.analysis.held_out import accuracy as interval
from search.analysis.recipe_tests import summarise_tests
from search.errors import DivergedError
from search.final.model_folder import CURVES, KEPT, PAGE, draft, writing
from search.final.model_page import ModelTests, model_page
from search.final.recipe import Task, TaskOptions, find_task
from search.objective import ACCURACY, Objective
from search.planning.checks import MOST_SEEDS, check_number
from search.planning.phases.plan import run_seed
from search.reporting import formatting
from search.reporting.figures.learning import figure
from search.reporting.sentences.fresh_seeds import over_seeds
from search.running import signals
from search.running.compatibility import check_fingerprint, versions_of
from search.running.hardware import shares
from search.running.requirements import check_system
from search.running.study import workload_of
from search.running.worker_loop import study_checkpoints
from search.writable import check_folder

_MOST_OF_BYTES = 255


class FinalWatch(Protocol):
    """An observer of a final training, such as a progress display."""

    def reading(self, done: int, of: int) -> None:
        """Receive, each second or so before all else, the number of images or sounds decoded."""

    def began(
        self, recipe: str, images: str, epochs: int, seeds: int, objective: Objective
    ) -> None:
        """Learn the recipe and the images that it is trained on, both in words."""

    def epoch(self, number: int, epoch: int, reached: float) -> None:
        """Receive the objective that an epoch reached on the training images, in its unit.

        Runs and epochs are numbered from 1.
        """

    def ended(self, number: int, test_accuracy: float, test_objective: float) -> None:
        """Receive a run's test accuracy, a fraction, and test objective, in its unit."""


@dataclass(frozen=True)
class Trained:
    """The outcome of a final training."""

    card: Card
    recipe: str
    """In words."""
    budget: str
    """The study's data, the epochs, and the size of the network, in words."""
    images: str
    """The images that it was trained on, in words."""
    tested_on: str
    """The test images, in words."""
    test: Estimate
    """Accuracy on the test images over the seeds, in percent; its interval holds for other seeds
    and other images."""
    objective: Objective
    """The study's."""
    test_objective: Estimate
    """The objective on the test images over the seeds, in its unit; where that is not accuracy, its
    interval is for other seeds alone."""


class _Test(NamedTuple):
    """Accuracy and objective on the test images, both as the trainer gives them."""

    accuracy: float
    objective: float
    test_correct: str | None
    """The images that were named right, packed."""
    test_mistakes: str | None
    """The others, packed."""


def train_final(
    url: str,
    name: str,
    out: Path,
    watch: FinalWatch,
    options: TaskOptions,
    *,
    seeds: int,
    checkpoints: Path,
    pictures: bool | None,
) -> Trained:
    """Train a study's recommended recipe, with several seeds, and write the first's network.

    All is as in the study's runs, but for what the `options` say, and that validation images are
    trained on as well. The test images are looked at once a run, at its end, and choose nothing.
    The page beside the model shows `pictures` of what it gets wrong; with None, unless the study is
    to show none. The folder `out` is written at the end, all of it or nothing; what is interrupted,
    or cannot be written, resumes from the folder `checkpoints`.
    Raises `InputError`, `DataError`, `CustomCodeError`, `TrainingError`, or `DivergedError` where a
    run diverges.
    """
    check_number("--seeds", seeds, 1, MOST_SEEDS)
    check_system()
    check_folder("--checkpoints", checkpoints)
    task = find_task(url, name, options)
    settings, objective, things = task.settings, task.results.objective, task.results.things
    with draft(out) as folder:
        environment = {**shares(1)[0], "KERAS_BACKEND": settings.backend}
        worker = Worker(workload_of(settings), environment)
        try:
            facts = worker.start(watch.reading)
            check_fingerprint(name, settings.data, task.results.data, facts)
            images = f"the {facts.train + facts.validation:,} training and validation {things}"
            watch.began(task.in_words, images, settings.epochs, seeds, objective)
            own_seeds = [run_seed(settings.seed, "confirm", index) for index in range(seeds)]
            # A launch empties the folder of its study when it has nothing left to run.
            at = study_checkpoints(checkpoints / "final", url, name)
            checkpoint_of = {seed: at / f"{seed}.npz" for seed in own_seeds}
            curves, tests = _train(worker, task, checkpoint_of, watch, folder / MODEL)
            shown = settings.images is not False if pictures is None else pictures
            saved = _tests_of_saved(worker, facts, tests[0], shown)
        finally:
            worker.stop()
        card, accuracy = _card(task, facts, tuple(curves), tests), _accuracy(tests, facts)
        trained = Trained(
            card, task.in_words, task.budget, images, _tested_on(facts),
            test=accuracy,
            objective=objective,
            test_objective=accuracy if objective == ACCURACY else mean_over_seeds(
                [objective.scale * test.objective for test in tests], objective),
        )  # fmt: skip
        axis = formatting.axis(objective.measure, objective)
        drawn = figure(curves, axis, f"techniques on: {trained.recipe}; {trained.budget}")
        page = model_page(task, describe(trained), drawn, saved, seeds)
        with writing(out, KEPT):
            card.write(folder / CARD)
            _write(folder / CURVES, drawn.to_html())
            _write(folder / PAGE, page)
    for file in checkpoint_of.values():
        file.unlink(missing_ok=True)
    return trained


def _train(
    worker: Worker, task: Task, seeds: Mapping[int, Path], watch: FinalWatch, save: Path
) -> tuple[dict[int, list[float]], list[_Test]]:
    """Train a network for each seed, which has a checkpoint, and write the first to `save`.

    Returns the objective on the training images by seed and epoch, in its unit, and the tests in
    the order of the seeds.
    """
    budget, objective = task.settings.budget(), task.results.objective
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
        outcome = worker.train_final(task.recipe, budget, seed, report, checkpoint, to)
        if outcome.diverged:
            raise DivergedError(
                f"the training diverged with seed {seed}, so no model was written; "
                "another --recipe may do better"
            )
        accuracy, reached = outcome.test_accuracy, outcome.test_objective
        assert accuracy is not None  # only a run that is stopped early has none
        reached = accuracy if reached is None else reached
        tests.append(_Test(accuracy, reached, outcome.test_correct, outcome.test_mistakes))
        watch.ended(number, accuracy, objective.scale * tests[-1].objective)
    return curves, tests


def _tested_on(facts: DataFacts) -> str:
    again = facts.checks.repeated.get("test", 0) if facts.checks else 0
    tested = f"{facts.test:,} test {facts.things}"
    if not again:
        return f"{tested} that no run was trained on"
    are = "is" if again == 1 else "are"
    return f"{tested}, of which {again:,} {are} among the training ones too"


def _accuracy(tests: Sequence[_Test], facts: DataFacts) -> Estimate:
    one = HeldOut.of([(test.accuracy, test.test_correct) for test in tests], facts.test)
    return Estimate(ACCURACY.scale * one.mean, *interval(one))


def _tests_of_saved(worker: Worker, facts: DataFacts, test: _Test, images: bool) -> ModelTests:
    """Summarise the tests of the first seed's network, and draw what it gets wrong."""
    found = summarise_tests(facts, [test])
    rows = [] if found is None or not images else [image.row for image in found.hardest]
    return ModelTests(found, dict(zip(rows, worker.test_pictures(rows), strict=True)))


def describe(trained: Trained) -> str:
    """Say what was trained, and how well it does on the test images."""
    objective, seeds = trained.objective, len(trained.card.seeds)
    said = (
        f"Techniques on: {trained.recipe}. Test {objective.measure} "
        f"{formatting.mean(trained.test_objective, objective)}{over_seeds(seeds)}, on "
        f"{trained.tested_on}."
    )
    if objective != ACCURACY:
        said += f" Test accuracy {formatting.percent(trained.test)}."
    saved = f" The network saved is that of the first seed, {trained.card.saved_seed}."
    return f"{said} Trained on {trained.images}.{saved}"


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", errors="backslashreplace")


def _card(task: Task, facts: DataFacts, seeds: tuple[int, ...], tests: Sequence[_Test]) -> Card:
    settings = task.settings
    height, width, channels = facts.image_shape
    reading = facts.reading or AS_IT_IS
    if facts.sound:
        pixels = "a sound's mel bands as bytes, by the numbers in `sound`; divided by 255"
    else:
        colours = "grey" if channels == 1 else "RGB"
        upright = "" if settings.reader == 1 else "upright, on white where transparent, "
        pixels = f"{upright}{colours}, resized to {width}×{height} (bilinear), bytes divided by 255"
    # Numbers up to 255 are no values of 16-bit files, for which levels are.
    levels, numbers = reading.levels, None
    if levels is not None and Path(settings.data).suffix.lower() == ".npz":
        numbers, levels = levels, levels if levels[1] > _MOST_OF_BYTES else None
        pixels = f"{colours}, {width}×{height}, {numbers[0]:.4g} to {numbers[1]:.4g} made 0 to 1"
    return Card(
        study=task.results.name,
        classes=facts.classes,
        image_shape=facts.image_shape,
        levels=levels,
        numbers=numbers,
        stretched=reading.stretched,
        reader=settings.reader,
        pixels=pixels,
        sound=facts.sound,
        recipe=task.recipe,
        budget=settings.budget(),
        backend=settings.backend,
        images={"trained": facts.train + facts.validation, "test": facts.test},
        seeds=seeds,
        saved_seed=seeds[0],
        test_accuracies=tuple(test.accuracy for test in tests),
        versions=versions_of("keras", settings.backend),
        objective=settings.objective,
        test_objectives=(
            None if settings.objective == ACCURACY.key else tuple(test.objective for test in tests)
        ),
    )
