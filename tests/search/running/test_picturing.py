"""Pictures, and what is kept of each test image, in a study as it is launched."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from model_space.correctness import pack, unpack
from model_space.facts import DataFacts
from model_space.mistakes import Mistakes
from model_space.outcome import Outcome
from model_space.pictures import Drawn, Strip
from model_space.recipe import Recipe
from model_space.worker.client import TrainingError
from search.reporting.findings import analyse
from search.storage.pictures import Pictures, stored_pictures
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker, a_picture

STORAGE = "sqlite:///studies.db"
SMALL = ("launch", "s", "--data", "digits", "--epochs", "4", "--measure", "8", "--search", "0",
         "--confirm", "2", "--techniques", "augmentation,batch_norm,mixup")  # fmt: skip
STRIPS = (Strip("", False, (Drawn(a_picture(), ((0, 1.0),)),)),)
LABELS = np.arange(40) % 2


class ImageWorker(FakeWorker):
    """A worker whose detailed runs are tested image by image."""

    def start(self, reading: object = None) -> DataFacts:
        each = dict.fromkeys(("train", "validation", "test"), (20, 20))
        return replace(super().start(), test=40, class_counts=each)

    def train(self, *arguments: Any, detailed: bool = False) -> Outcome:
        outcome = super().train(*arguments)
        if not detailed:
            return outcome
        probabilities = np.random.default_rng(arguments[2]).dirichlet((1, 1), size=40)
        correct = probabilities.argmax(axis=1) == LABELS
        return replace(
            outcome,
            test_accuracy=float(correct.mean()),
            test_correct=pack(correct),
            test_mistakes=Mistakes.of(LABELS, probabilities).pack(),
            training=(0.123456789,) * 4,
        )


@pytest.fixture
def image_worker(monkeypatch: pytest.MonkeyPatch, no_report: None) -> type[ImageWorker]:
    class Worker(ImageWorker):
        pass

    Worker.drawn = STRIPS
    Worker.take_the_place(monkeypatch)
    return Worker


def stored() -> optuna.Study:
    return load_study(STORAGE, "s")


def test_a_study_keeps_pictures_and_what_its_confirm_runs_get_wrong(
    kouka: Kouka, image_worker: type[ImageWorker]
) -> None:
    assert kouka(*SMALL).exit_code == 0
    results = read(stored())
    for run in results.of("confirm"):
        assert run.training == (0.12346,) * 4
        assert run.test_correct is not None
        assert run.test_mistakes is not None
        wrong = np.flatnonzero(~unpack(run.test_correct))
        np.testing.assert_array_equal(Mistakes.unpack(run.test_mistakes).classes, LABELS[wrong])
    assert all(run.test_mistakes is None for run in results.of("measure"))
    pictures, tested = stored_pictures(stored()), analyse(stored()).tested
    assert pictures.strips == STRIPS
    assert tested is not None
    assert [one.row for one in pictures.wrong] == [one.row for one in tested.hardest]
    assert analyse(stored(), images=False).pictures == Pictures()
    for more, shown in (((), True), (("--no-images",), False)):
        assert kouka("train", "s", "--seeds", "1", *more).exit_code == 0
        page = Path("models/s/report.html").read_text(encoding="utf-8")
        assert ("<img" in page) == shown
        assert "Test images by class" in page


def test_no_images_keeps_none_and_removes_those_there_are(
    kouka: Kouka, image_worker: type[ImageWorker]
) -> None:
    assert kouka(*SMALL, "--no-images").exit_code == 0
    assert stored_pictures(stored()) == Pictures()
    assert analyse(stored()).tested is not None
    assert kouka("launch", "s", "--images").exit_code == 0
    pictures = stored_pictures(stored())
    assert pictures.strips
    assert pictures.wrong
    assert kouka("launch", "s").exit_code == 0
    assert stored_pictures(stored()) == pictures
    assert kouka("launch", "s", "--no-images").exit_code == 0
    assert stored_pictures(stored()) == Pictures()


def test_a_study_goes_on_without_pictures_that_cannot_be_drawn(
    kouka: Kouka, image_worker: type[ImageWorker]
) -> None:
    def fail(self: object, recipe: Recipe) -> tuple[Strip, ...]:
        raise TrainingError("it was made to fail")

    image_worker.strips = fail  # type: ignore[method-assign]
    ended = kouka(*SMALL)
    assert ended.exit_code == 0
    said = " ".join(ended.output.split())
    assert "will show no images of the techniques, as drawing failed: it was made to fail." in said
    assert stored_pictures(stored()).wrong
