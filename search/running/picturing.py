"""Pictures of a study's images, drawn where its data are and kept where its report is read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import optuna

from model_space.pictures import Strip
from model_space.recipe import Recipe
from model_space.worker.client import TrainingError, Worker
from search.analysis.confirmation import recommended_runs
from search.analysis.recipe_tests import summarise_tests
from search.analysis.recommendation import recommend
from search.planning.space import Space
from search.settings import Settings
from search.storage.pictures import (
    Pictures,
    WrongImage,
    keep_strips,
    keep_wrong_images,
    remove_pictures,
    stored_pictures,
)
from search.storage.reading import read


def picture_training(
    study: optuna.Study,
    settings: Settings,
    draw: Callable[[Recipe], tuple[Strip, ...]],
    cautioned: Callable[[str], None],
) -> None:
    """Keep pictures of training images as the study's techniques make them, unless it has some.

    Where the settings want no pictures, those that the study has are removed. What cannot be drawn
    is told to `cautioned`, and nothing else fails.
    """
    stored = stored_pictures(study)
    if not settings.images:
        if stored != Pictures():
            remove_pictures(study)
        return
    if stored.strips:
        return
    space = Space.of(settings)
    try:
        strips = draw(space.recipe(space.params(space.factors)))
    except TrainingError as error:
        cautioned(f"The report will show no images of the techniques, as drawing failed: {error}.")
        return
    if strips:
        keep_strips(study, strips)


def picture_mistakes(study: optuna.Study, worker: Worker) -> None:
    """Keep pictures of the test images that the recommended recipe gets wrong, if there are any."""
    results = read(study)
    if results.settings is None or not results.settings.images:
        return
    tested = summarise_tests(results.data, recommended_runs(results, recommend(results)))
    rows = () if tested is None else tuple(image.row for image in tested.hardest)
    if tested is None or rows == tuple(image.row for image in stored_pictures(study).wrong):
        return
    with suppress(TrainingError):  # the study has ended well, whether or not these can be seen
        pictures = worker.test_pictures(rows)
        keep_wrong_images(study, tuple(map(WrongImage, rows, pictures)))
