from dataclasses import fields
from pathlib import Path

import pytest

from model_space import techniques
from model_space.recipe import Recipe
from model_space.technique import Dial, Technique
from model_space.techniques import TECHNIQUES, compose

STAGES = {
    "augmentation": "augment",
    "batch_norm": "normalise",
    "residual": "join",
    "late_widening": "widths",
    "global_pooling": "pool",
    "dropout": "drop",
    "mixup": "mix",
    "amsgrad": "optimizer",
}


def test_every_file_is_listed() -> None:
    files = {path.stem for path in Path(techniques.__file__).parent.glob("*.py")} - {"__init__"}
    assert {t.name for t in TECHNIQUES} == files


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda t: t.name)
def test_a_technique_replaces_its_own_stage_and_no_other(technique: Technique) -> None:
    base = Recipe()
    recipe = technique.apply(base, **{dial.name: dial.usual for dial in technique.dials})
    changed = [f.name for f in fields(Recipe) if getattr(recipe, f.name) != getattr(base, f.name)]
    assert changed == [STAGES[technique.name]]
    assert technique.changes
    assert technique.source


def test_a_technique_that_is_off_is_never_called() -> None:
    assert compose({}) == Recipe()


def test_the_usual_values_are_the_articles() -> None:
    usual = {(t.name, d.name): (d.low, d.usual, d.high) for t in TECHNIQUES for d in t.dials}
    assert usual == {("dropout", "rate"): (0.05, 0.2, 0.5), ("mixup", "alpha"): (0.05, 0.2, 1.0)}


def test_a_dial_whose_usual_value_lies_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        Dial("rate", low=0, usual=2, high=1)
