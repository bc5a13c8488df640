"""Pictures, tests by class and learning curves in the report."""

import re
from dataclasses import replace
from functools import cache
from itertools import compress
from typing import Any

import numpy as np
import pytest

from model_space.correctness import pack
from model_space.facts import DataFacts
from model_space.mistakes import Mistakes
from model_space.pictures import Drawn, Picture, Strip, picture
from model_space.techniques import SETS
from search.planning.design import design
from search.reporting.findings import Findings, find
from search.reporting.gallery import draw
from search.reporting.html import page
from search.reporting.markdown import document
from search.reporting.records import TABLES, records
from search.reporting.sections import sections
from search.settings import Settings
from search.storage.pictures import Pictures, WrongImage
from tests.support.simulate import results_of, run

AWKWARD = ("a <b>cat</b>", 'the "dog"', "<script>alert(1)</script>|it's")
MOST = 6_000_000


@cache
def photo(seed: int) -> Picture:
    """A picture of the size of a photo's: smooth, with some noise."""
    random = np.random.default_rng(seed)
    coarse = np.kron(random.integers(0, 200, (8, 8, 3)), np.ones((8, 8, 1), int))
    return picture((coarse + random.integers(0, 50, (64, 64, 3))).astype(np.uint8))


def strip(technique: str, mixes: bool = False) -> Strip:
    shares = ((1, 0.75), (2, 0.25)) if mixes else ((0, 1.0),)
    return Strip(technique, mixes, tuple(Drawn(photo(at), shares) for at in range(8)))


def packed_test(classes: int, images: int, seed: int) -> dict[str, Any]:
    """What a run keeps of its test, of which a third is wrong."""
    random = np.random.default_rng(seed)
    labels = np.arange(images) % classes
    probabilities = random.random((images, classes))
    probabilities[np.arange(images), labels] += random.random(images) < 2 / 3
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    correct = probabilities.argmax(axis=1) == labels
    return {
        "test_correct": pack(correct),
        "test_mistakes": Mistakes.of(labels, probabilities).pack(),
        "test_accuracy": float(correct.mean()),
        "training": tuple(np.linspace(0.3, 0.9, 8)),
    }


def study(
    names: tuple[str, ...] = ("augmentation", "mixup"),
    classes: tuple[str, ...] = AWKWARD,
    images: int = 60,
    runs: int = 8,
    pictures: Pictures | None = None,
) -> Findings:
    """A study whose all-off recipe is recommended, with three seeds of it and of all on."""
    random = np.random.default_rng(0)
    measured = [
        run([*compress(names, row)],
            0.9 - 0.1 * np.mean(row) + 0.01 * random.standard_normal(), number=at,
            curve={epoch: 0.1 * epoch for epoch in range(1, 9)})
        for at, row in enumerate(design(len(names), runs, runs))
    ]  # fmt: skip
    confirmed = [
        run(on, 0.9 - 0.1 * bool(on), "confirm", seed=seed,
            curve={epoch: 0.1 * epoch for epoch in range(1, 9)},
            **packed_test(len(classes), images, seed))
        for on in ((), names) for seed in range(3)
    ]  # fmt: skip
    counts = tuple(np.bincount(np.arange(images) % len(classes)).tolist())
    data = DataFacts(
        classes, (64, 64, 3), images, images, images,
        class_counts=dict.fromkeys(("train", "validation", "test"), counts),
    )  # fmt: skip
    results = results_of([*measured, *confirmed], names, data=data,
                         settings=Settings(epochs=8, techniques=names))  # fmt: skip
    found = find(results, [], pictures)
    assert found.tested is not None
    return found


def with_wrong(findings: Findings, strips: tuple[Strip, ...]) -> Findings:
    """The same, with pictures of all that is wrong."""
    assert findings.tested is not None
    wrong = tuple(WrongImage(one.row, photo(one.row)) for one in findings.tested.hardest)
    return replace(findings, pictures=Pictures(strips, wrong))


def html(findings: Findings) -> str:
    return page(findings.results, sections(findings), draw(findings))


def test_the_report_shows_images_and_names_of_classes_as_text() -> None:
    shown = html(with_wrong(study(), (strip(""), strip("augmentation"), strip("mixup", True))))
    assert shown.count("<img") == 3 * 8 + 24
    assert "the &quot;dog&quot;" not in shown.partition("<img")[0]
    assert 'the "dog" (75\u00a0%), &lt;script&gt;alert(1)&lt;/script&gt;|it\'s (25\u00a0%)' in shown
    assert 'alt="a &lt;b&gt;cat&lt;/b&gt;, augmentation"' in shown
    assert "<script>alert" not in shown
    assert "Test images that the recommended recipe gets wrong" in shown
    assert "of 3\u00a0seeds)" in shown


def test_a_report_without_pictures_is_silent_about_them() -> None:
    findings = study()
    titles = [section.title for section in sections(findings)]
    assert "Test images by class" in titles
    assert "How the recommended recipe learns" in titles
    assert not any("gets wrong" in title or "technique makes" in title for title in titles)
    assert "<img" not in html(findings)


def test_pictures_stay_out_of_markdown() -> None:
    findings = with_wrong(study(), (strip(""), strip("mixup", True)))
    text = document(findings.results, sections(findings), draw(findings))
    assert "data:image" not in text
    assert "technique makes" not in text
    assert "<summary>Test images by class</summary>" in text


def test_strips_of_other_classes_are_not_shown() -> None:
    other = Strip("", False, (Drawn(photo(0), ((7, 1.0),)),))
    titles = [s.title for s in sections(study(pictures=Pictures((other,))))]
    assert not any("technique makes" in title for title in titles)


def test_the_tables_hold_every_class_and_every_confusion() -> None:
    findings = study(classes=tuple(f"class {number}" for number in range(30)), images=300)
    tables = records(findings)
    assert tuple(tables) == TABLES
    assert [row["class"] for row in tables["classes"].rows] == list(findings.tested.classes)  # type: ignore[union-attr]
    assert sum(row["count"] for row in tables["confusion"].rows) == 3 * 300
    part = next(one for one in sections(findings) if one.title == "Test images by class")
    assert part.table is not None
    assert len(part.table.rows) == 20
    assert "10 classes of higher accuracy are in classes.csv." in part.remarks


@pytest.mark.parametrize("classes", [2, 21])
def test_the_confusion_matrix_shows_counts_where_they_fit(classes: int) -> None:
    figure = draw(study(classes=tuple(map(str, range(classes))), images=4 * classes))["confusion"]
    (cells,) = figure.data
    assert sum(count for row in cells.customdata for count, _ in row) == 3 * 4 * classes
    assert (cells.text is not None) == (classes <= 20)
    assert (np.diagonal(cells.z) <= 0).all()


def test_a_matrix_of_more_classes_is_a_table_only() -> None:
    findings = study(classes=tuple(map(str, range(101))), images=404)
    assert "confusion" not in draw(findings)
    part = next(one for one in sections(findings) if one.title == "Test images by class")
    assert "The confusion matrix, too large to draw, is in confusion.csv." in part.remarks


def test_a_report_of_all_techniques_and_a_hundred_classes_is_small_and_needs_no_network() -> None:
    findings = study(
        SETS["all"], tuple(f"class number {n}" for n in range(100)), images=10_000, runs=64
    )
    shown = html(with_wrong(findings, (strip(""), *(strip(name) for name in SETS["all"]))))
    assert len(shown.encode()) < MOST
    own = re.sub(r"<script>.*?</script>", "", shown, flags=re.DOTALL)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", own)
