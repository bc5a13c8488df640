from dataclasses import fields, replace
from pathlib import Path

import pytest

from model_space import techniques
from model_space.custom.registry import Registry
from model_space.stages import Stages
from model_space.technique import Dial, Technique
from model_space.techniques import NEED_WEIGHTS, SETS, TECHNIQUES, compose
from search.errors import InputError
from search.planning.checks import check
from search.planning.parsing import parse_recipe, parse_techniques
from search.settings import Settings

STAGES = {
    "augmentation": "augment",
    "batch_norm": "normalise",
    "residual": "join",
    "late_widening": "widths",
    "global_pooling": "pool",
    "dropout": "drop",
    "mixup": "mix",
    "amsgrad": "optimizer",
    "flip": "augment",
    "shift": "augment",
    "rotation": "augment",
    "crop": "augment",
    "color": "augment",
    "rand_augment": "augment",
    "random_erasing": "augment",
    "spec_augment": "augment",
    "cutmix": "mix",
    "deeper": "more_blocks",
    "silu": "activate",
    "squeeze_excitation": "recalibrate",
    "stochastic_depth": "survive",
    "label_smoothing": "loss",
    "weight_decay": "optimizer",
    "cosine_schedule": "schedule",
    "weight_ema": "average",
    "pretrained": "pretrained",
    "frozen_base": "frozen_base",
}


def test_every_file_is_listed() -> None:
    files = {path.stem for path in Path(techniques.__file__).parent.glob("*.py")} - {"__init__"}
    assert {t.name for t in TECHNIQUES} == files


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda t: t.name)
def test_a_technique_replaces_its_own_stage_and_no_other(technique: Technique) -> None:
    base = Stages()
    stages = technique.apply(base, **{dial.name: dial.usual for dial in technique.dials})
    changed = [f.name for f in fields(Stages) if getattr(stages, f.name) != getattr(base, f.name)]
    assert changed == [STAGES[technique.name]]
    assert technique.changes
    assert technique.source


def test_a_technique_that_is_off_is_never_called() -> None:
    assert compose({}) == Stages()


def test_the_usual_values_are_the_sources() -> None:
    usual = {(t.name, d.name): (d.low, d.usual, d.high) for t in TECHNIQUES for d in t.dials}
    assert usual == {
        ("dropout", "rate"): (0.05, 0.2, 0.5), ("mixup", "alpha"): (0.05, 0.2, 1.0),
        ("flip", "probability"): (0.1, 0.5, 0.5), ("shift", "share"): (0.02, 0.2, 0.4),
        ("rotation", "degrees"): (2, 20, 45), ("crop", "cut"): (0.1, 0.5, 0.92),
        ("color", "strength"): (0.1, 0.5, 0.9),
        ("rand_augment", "magnitude"): (1, 9, 10), ("random_erasing", "probability"): (0.1, 0.5, 1),
        ("spec_augment", "time"): (0.05, 0.2, 0.5), ("cutmix", "alpha"): (0.2, 1, 2),
        ("stochastic_depth", "rate"): (0.05, 0.5, 0.7),
        ("label_smoothing", "factor"): (0.01, 0.1, 0.3), ("weight_decay", "rate"): (0.01, 0.1, 1),
        ("weight_ema", "momentum"): (0.9, 0.999, 0.9999),
    }  # fmt: skip


def test_the_sets_hold_known_techniques_in_order() -> None:
    order = [t.name for t in TECHNIQUES]
    for names in SETS.values():
        assert list(names) == sorted(names, key=order.index)
    assert SETS["article"] == tuple(STAGES)[:8]
    assert SETS["parts"] == ("flip", "shift", "rotation", "crop", "color")
    assert SETS["transfer"][-2:] == NEED_WEIGHTS
    others = {*SETS["parts"], *NEED_WEIGHTS}
    assert SETS["all"] == tuple(name for name in STAGES if name not in others)
    # 32 runs measure sixteen; an image of sound is not turned, flipped or patched.
    assert len(SETS["modern"]) == len(SETS["sound"]) == 16
    assert not {"augmentation", "rand_augment", "random_erasing", "cutmix"} & set(SETS["sound"])
    assert set(SETS["modern"]) | set(SETS["sound"]) == set(SETS["all"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("article", SETS["article"]),
        ("all", SETS["all"]),
        ("parts,mixup", ("mixup", *SETS["parts"])),
        ("sound", SETS["sound"]),
        (" silu , article,mixup", (*SETS["article"], "silu")),
        ("weight_ema,cutmix", ("cutmix", "weight_ema")),
    ],
)
def test_sets_and_names_are_mixed(text: str, names: tuple[str, ...]) -> None:
    assert parse_techniques(text) == names


def test_a_study_is_of_the_articles_techniques_unless_others_are_named() -> None:
    assert Settings().techniques == SETS["article"]


@pytest.mark.parametrize("part", ["flip", "shift", "rotation"])
def test_augmentation_is_not_studied_beside_a_part_of_it(part: str) -> None:
    reason = f"augmentation is flip, shift and rotation together, so {part} cannot be studied"
    both = Settings(techniques=("augmentation", "crop", part), measure=(8,))
    for settings in (both, replace(both, fixed={"augmentation": {}})):
        with pytest.raises(InputError, match=reason):
            check(settings)
    with pytest.raises(InputError, match=f"^--recipe: {reason}"):
        parse_recipe(f"augmentation,{part}")
    assert check(replace(both, fixed={"augmentation": None}))


def test_a_technique_of_the_users_own_takes_the_place_of_a_part() -> None:
    own = Technique(name="flip", changes="", source="", apply=lambda stages: stages)
    names = [one.name for one in Registry((own,)).techniques]
    assert names.count("flip") == 1
    assert Registry((own,)).compose({"flip": {}}) == Stages()


def test_a_dial_whose_usual_value_lies_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        Dial("rate", low=0, usual=2, high=1)
