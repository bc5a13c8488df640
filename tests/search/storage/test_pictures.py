"""Pictures in a study's database."""

from pathlib import Path

import optuna
import pytest
import sqlalchemy

from model_space.pictures import Drawn, Picture, Strip
from search.storage.copying import copy
from search.storage.optuna_internals import set_system_attribute, system_attributes
from search.storage.pictures import (
    Pictures,
    WrongImage,
    keep_strips,
    keep_wrong_images,
    remove_pictures,
    stored_pictures,
)
from tests.support.fakes import a_picture

LARGE = Picture(f"data:image/png;base64,{'A' * 50_000}", 64, 64)
STRIPS = (Strip("", False, (Drawn(LARGE, ((0, 1.0),)), Drawn(a_picture(), ((1, 1.0),)))),
          Strip("mixup", True, (Drawn(LARGE, ((0, 0.75), (1, 0.25))),)))  # fmt: skip
WRONG = (WrongImage(7, a_picture(1)), WrongImage(3, a_picture(2)))


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    return optuna.create_study(study_name="s", storage=f"sqlite:///{tmp_path}/studies.db")


def test_pictures_come_back_and_fit_the_columns_of_every_database(study: optuna.Study) -> None:
    assert stored_pictures(study) == Pictures()
    keep_strips(study, STRIPS)
    keep_wrong_images(study, WRONG)
    assert stored_pictures(study) == Pictures(STRIPS, WRONG)
    assert max(len(str(piece)) for piece in system_attributes(study).values()) < 65_000
    assert study.user_attrs == {}
    keep_wrong_images(study, WRONG[1:])
    assert stored_pictures(study) == Pictures(STRIPS, WRONG[1:])


def test_no_picture_is_left_in_the_file_once_they_are_removed(
    study: optuna.Study, tmp_path: Path
) -> None:
    keep_strips(study, STRIPS)
    remove_pictures(study)
    assert stored_pictures(study) == Pictures()
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/studies.db")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT value_json FROM study_system_attributes")
        assert all("AAAA" not in value for value in rows.scalars())
    engine.dispose()


def test_a_copy_has_the_pictures(study: optuna.Study, tmp_path: Path) -> None:
    keep_strips(study, STRIPS)
    to = f"sqlite:///{tmp_path}/other.db"
    copy(f"sqlite:///{tmp_path}/studies.db", "s", to)
    copied = optuna.load_study(study_name="s", storage=to)
    assert stored_pictures(copied) == Pictures(STRIPS)


@pytest.mark.parametrize(
    "text",
    [
        3,
        "{",
        "[]",
        '{"strips": 1}',
        '{"wrong":[{"row":1,"picture":{"url":"x","width":1,"height":1}}]}',
    ],
)
def test_what_another_program_keeps_there_is_no_picture(study: optuna.Study, text: object) -> None:
    set_system_attribute(study, "kouka:pictures:0", text)
    assert stored_pictures(study) == Pictures()
