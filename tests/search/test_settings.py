"""The settings of a study, as the database keeps them."""

import json
import sqlite3
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from model_space.budget import Budget
from model_space.custom.code import CustomCode, CustomNetwork, CustomTechnique
from model_space.data.spec import READER
from search.errors import InputError
from search.planning.requested import Requested
from search.planning.settle import settle
from search.settings import Settings, is_settings

STORED = Settings(
    data="digits", image_size=32, validation=100, fixed={"mixup": {"alpha": 0.2}, "dropout": None},
    custom_code=CustomCode(
        (CustomTechnique(name="mine", changes="c", source="s", at="mine.py", digest="1"),),
        CustomNetwork("net.py", "2", ("width",)),
    ),
    left_out=("residual",),
    measure=(16, 64),
)  # fmt: skip


def as_json(settings: Settings) -> Any:
    return json.loads(json.dumps(settings.to_json()))


def test_settings_are_read_as_they_were_written() -> None:
    assert Settings.from_json(as_json(STORED)) == STORED
    assert Settings.from_json(as_json(Settings())) == Settings()


def test_every_setting_can_be_asked_for() -> None:
    names = [one.name for one in fields(Settings)]
    # kouka decides the reader, the way of growing, the order, which learning rate is that of all
    # off and which the search tries, and --last-epochs asks for those of the longer runs too.
    decided = ["reader", "confirm_before", "growth", "words", "order", "verify_last_epochs",
               "learning_rate", "searched_rates"]  # fmt: skip
    asked = [*(one.name for one in fields(Requested)), *decided]
    assert sorted(asked) == sorted(names)


def test_a_study_that_has_grown_goes_on_growing_in_its_own_way() -> None:
    older = replace(STORED, measure=(16, 32))
    assert settle(older, Requested(measure=64)).growth == "doubled"
    assert settle(replace(STORED, measure=(16,)), Requested(measure=32)).growth == "exchanged"
    assert settle(None, Requested()).growth == "exchanged"


def test_a_study_keeps_its_order_of_runs() -> None:
    assert settle(STORED, Requested(measure=64)).order == STORED.order == "random"
    assert settle(None, Requested()).order == "balanced"


def test_custom_code_is_kept_under_the_names_of_version_0_1() -> None:
    stored = as_json(STORED)
    assert "custom_code" not in stored
    assert stored["own"]["mine"]["at"] == "mine.py"
    assert stored["network"] == {"at": "net.py", "digest": "2", "keywords": ["width"]}


def test_what_an_older_study_does_not_hold_has_its_default() -> None:
    older = as_json(STORED)
    for name in ("objective", "precision", "backend", "own", "network", "left_out", "ladder"):
        del older[name]
    assert Settings.from_json(older) == replace(
        STORED, custom_code=CustomCode(), left_out=None
    )  # fmt: skip


def test_what_a_newer_study_holds_beside_is_left_alone() -> None:
    assert Settings.from_json({**as_json(STORED), "tomorrow": 16}) == STORED


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", "ten"), ("epochs", True), ("width", None), ("techniques", "mixup"),
     ("measure", [16.5]), ("fixed", {"mixup": 0.2}), ("own", ["mine"]), ("data", 3)],
)  # fmt: skip
def test_a_value_that_kouka_does_not_write_is_named(name: str, value: object) -> None:
    with pytest.raises(InputError, match=rf"cannot read the study's settings \(.*\b{name}\b"):
        Settings.from_json({**as_json(STORED), name: value})


@pytest.mark.parametrize("other", [None, "fast", {}, {"lr": 0.1}, {"data": "cifar10"}])
def test_what_other_programs_keep_as_settings_is_not_kouka_s(other: object) -> None:
    assert not is_settings(other)
    with pytest.raises(InputError, match="not the settings of a study that kouka launched"):
        Settings.from_json(other)


def test_the_budget_is_that_of_the_settings() -> None:
    assert Settings().budget() == Budget()
    assert Settings(epochs=3, width=0.5).budget() == Budget(epochs=3, width=0.5)


def test_the_shipped_studies_settings_are_read() -> None:
    file = Path(__file__).parents[2] / "studies.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        query = "SELECT value_json FROM study_user_attributes WHERE key = 'settings'"
        stored = [json.loads(value) for (value,) in connection.execute(query)]
    assert len(stored) >= 4
    for one in stored:
        assert _like(as_json(Settings.from_json(one)), one) == one


def _like(read: Any, stored: Any) -> Any:
    """What was read, without the fields that a later version has beside those that are stored."""
    if isinstance(read, dict) and isinstance(stored, dict):
        return {name: _like(read[name], stored[name]) for name in stored}
    return read


def test_a_study_keeps_the_rules_by_which_its_data_were_first_read() -> None:
    new = settle(None, Requested(data="digits"))
    assert new.data_spec().reader == READER
    stored = {name: value for name, value in as_json(new).items() if name != "reader"}
    old = Settings.from_json(stored)
    assert old.data_spec().reader == 1
    assert settle(old, Requested(search=30)).data_spec("elsewhere").reader == 1
