from dataclasses import fields
from pathlib import Path

import pytest

from model_space import techniques
from model_space.stages import Stages
from model_space.technique import Dial, Technique
from model_space.techniques import SETS, TECHNIQUES, compose
from search.planning.parsing import parse_techniques
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
    assert SETS["all"] == tuple(STAGES)
    # 32 runs measure sixteen; an image of sound is not turned, flipped or patched.
    assert len(SETS["modern"]) == len(SETS["sound"]) == 16
    assert not {"augmentation", "rand_augment", "random_erasing", "cutmix"} & set(SETS["sound"])
    assert set(SETS["modern"]) | set(SETS["sound"]) == set(SETS["all"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("article", SETS["article"]),
        ("all", SETS["all"]),
        ("sound", SETS["sound"]),
        (" silu , article,mixup", (*SETS["article"], "silu")),
        ("weight_ema,cutmix", ("cutmix", "weight_ema")),
    ],
)
def test_sets_and_names_are_mixed(text: str, names: tuple[str, ...]) -> None:
    assert parse_techniques(text) == names


def test_a_study_is_of_the_articles_techniques_unless_others_are_named() -> None:
    assert Settings().techniques == SETS["article"]


def test_a_dial_whose_usual_value_lies_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        Dial("rate", low=0, usual=2, high=1)
