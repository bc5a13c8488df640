"""What is said of the data: each fact where it is due, in a sentence, and nothing otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from model_space.data.checks import Checks
from model_space.data.mel import Spectrogram
from model_space.data.reading import Reading
from model_space.facts import DataFacts
from search.analysis.classes import class_sizes
from search.analysis.proportions import equal_weight_images, half_width
from search.cli.progress import Progress
from search.objective import OBJECTIVES
from search.reporting.data import account
from search.reporting.data_cautions import data_cautions
from search.reporting.details.data import class_extremes
from search.results import Results
from search.settings import Settings
from tests.support.simulate import results_of, run

PLAIN = DataFacts(
    classes=("cat", "dog"), image_shape=(16, 16, 3), train=40, validation=600, test=20,
    class_counts={"train": (25, 15), "validation": (300, 300), "test": (10, 10)},
    reading=Reading(), checks=Checks({"train": (0.0, 255.0), "test": (1.0, 250.0)}),
)  # fmt: skip


BATCHES = Settings(batch_size=32)


def read(**facts: Any) -> DataFacts:
    return replace(PLAIN, reading=Reading(**facts))


def checked(**facts: Any) -> DataFacts:
    assert PLAIN.checks is not None
    return replace(PLAIN, checks=replace(PLAIN.checks, **facts))


def classes_of(*names: str) -> DataFacts:
    return replace(PLAIN, classes=names, class_counts={"validation": (60,) * len(names)})


def of(data: DataFacts, settings: Settings | None = None) -> Results:
    return results_of([run([], 0.5)], data=data, settings=settings)


def test_plain_data_take_one_line_and_no_caution() -> None:
    assert account(PLAIN) == [
        "2 classes of training images: cat (25), dog (15); values from 0 to 255."
    ]
    assert data_cautions(of(PLAIN)) == []


@pytest.mark.parametrize("classes", [("1", "2"), ("v1.5", "1.5"), ("ice cream", "ice")])
def test_usual_names_of_classes_take_no_caution(classes: tuple[str, ...]) -> None:
    assert not any("classes" in said for said in data_cautions(of(replace(PLAIN, classes=classes))))


def test_many_classes_take_one_line_too() -> None:
    names = tuple(f"class {number:02}" for number in range(40))
    counts = (9, 3, *[5] * 38)
    data = replace(PLAIN, classes=names, class_counts={"train": counts})
    assert account(data) == [
        "40 classes (class 00, class 01, class 02, class 03, class 04, class 05 and 34 more), of 3 "
        "(class 01) to 9 (class 00) training images; values from 0 to 255."
    ]
    [alike] = account(replace(data, class_counts={"train": (2,) * 40}))
    assert alike.endswith(" and 34 more), of 2 training images each; values from 0 to 255.")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            read(splits={"train": "Training", "test": "Testing"}),
            "Splits: training images from Training, test images from Testing; validation images "
            "are held out of the training images.",
        ),
        (
            replace(PLAIN, class_counts={"train": (25, 15), "validation": (9, 0)}),
            "Without validation images: dog.",
        ),
        (
            read(left_out={".txt": 1, ".heic": 7, "": 2}, hidden=3, outside=1, unlabelled=("x",)),
            "Left out: 7 .heic, 2 without suffix, 1 .txt, 3 hidden images, 1 image in no class "
            "(those of x).",
        ),
        (
            read(empty_classes=("cow",), arrays_left_out=("ids", "names")),
            "Left out: folders without images (cow), the arrays ids and names.",
        ),
        (
            read(resized=4, turned=2, composed=1, made_colour=3),
            "Changed: 4 resized to 16×16; 2 turned upright by EXIF; 1 laid on white, as they are "
            "transparent; 3 grey and made RGB, as others are in colour.",
        ),
        (
            read(levels=(0.0, 4095.0), first_frames=2, eight_bits=1, made_grey=6),
            "Changed: 6 made grey, as the training images are; 2 of several frames, of which the "
            "first is taken; 1 of 16 bits a colour, of which the upper 8 are read; values of 0 to "
            "4,095 scaled to the whole range.",
        ),
        (
            read(wide=2, levels=(5.0, 65532.0)),
            "Changed: 2 of more than 8 bits, values of 5 to 65,532 scaled to the whole range.",
        ),
        (
            read(wide=660, levels=(5.0, 65532.0)),
            "Changed: values of 5 to 65,532 scaled to the whole range.",
        ),
        (
            replace(read(cut=2, resampled=1, stretched=(0, 1)), sound=Spectrogram(8000, 1, 40, 9)),
            "Changed: 2 cut at the end; 1 resampled; bytes of 0 to 1 scaled to 0 to 255.",
        ),
    ],
)
def test_what_was_left_out_and_changed_is_said(data: DataFacts, says: str) -> None:
    assert account(data)[1:] == [says]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (checked(spread=0.0), "All training images are the same"),
        (checked(spread=0.004), "nearly the same: their values differ by 0.4 % of the range"),
        (checked(uniform=3), "3 of 660 images are of a single colour."),
        (
            replace(checked(uniform=3), reading=Reading(composed=3)),
            "of a single colour. Transparent ones are laid on white, where what is white vanishes.",
        ),
        (
            replace(checked(uniform=1), sound=Spectrogram(8000, 1, 40, 9)),
            "1 of 660 sounds are silent.",
        ),
        (
            checked(repeated={"validation": 2, "test": 1}),
            "Also in an earlier split, bit for bit: 2 of 600 validation images and 1 of 20 test "
            "images.",
        ),
        (checked(contradicting=2), "2 images occur in more than one class."),
        (
            checked(contradicting=2, contradicting_files=("a/1.png", "b/2.png")),
            "2 images occur in more than one class, such as a/1.png and b/2.png.",
        ),
        (
            checked(contradicting=1, contradicting_files=("a/1.png", "b/new\nline.png")),
            "1 image occurs in more than one class: a/1.png and b/new␤line.png.",
        ),
        (
            checked(ranges={"train": (0.0, 1.0), "test": (0.0, 255.0)}),
            "The test images have values from 0 to 255, and the training images from 0 to 1.",
        ),
        (
            replace(
                checked(ranges={"train": (0.0, 255.0), "test": (0.0, 1.0)}),
                reading=Reading(splits={"train": "train", "test": "test"}),
            ),
            "The test images have values from 0 to 1, and the training images from 0 to 255.",
        ),
        (
            read(ranges={"train": (0.0, 4095.0), "test": (0.0, 65535.0)}),
            "The test images have values from 0 to 65,535, and the training images from 0 to 4,095",
        ),
        (
            classes_of("cat", "cat|dog", "dog"),
            "“cat|dog” is made of the names of other classes, and each counts as a class of its",
        ),
        (
            classes_of("['a']", "['a', 'b c']", "['b']", "['c']", "['a' 'b']"),
            "“['a', 'b c']” and “['a' 'b']” are made of the names of other classes",
        ),
        (replace(PLAIN, classes=("1", "1.5")), "All classes are numbers, such as 1.5. kouka's"),
        (checked(faint=7), "7 of 660 images have values within a twentieth of the range, so"),
        (
            replace(PLAIN, classes=("Cat", "cat ")),
            "The classes “Cat” and “cat ” differ in capitals, spaces or the coding of a letter",
        ),
        (
            classes_of(*(x + y for x in "abcdefgh" for y in ("x", "X"))),
            "“fx” and “fX”, and 2 more, differ in capitals",
        ),
        (replace(PLAIN, classes=("\u00e9", "e\u0301")), "The classes “é” and “e\u0301” differ"),
        (
            replace(PLAIN, classes=("NaN", "cat")),
            "“NaN” is a class. Leave out what has it, if that",
        ),
        (replace(PLAIN, classes=("", "cat")), "“” is a class. Leave out what has it, if that"),
        (read(like_splits=("train",)), "train is a class, though it is named like a split."),
        (read(nested={"Dataset": 10}), "Dataset holds folders only (Dataset: 10)"),
        (read(nested={"trn": 2, "tst": 2}), "or call those above them train, validation and test"),
        (replace(PLAIN, image_shape=(2000, 3000, 3)), "2000×3000 pixels, which takes much time"),
        (
            replace(PLAIN, train=32),
            "A batch of 32 holds all 32 training images, so an epoch is a single step",
        ),
        (replace(PLAIN, train=30), "such as --batch-size 4, makes more steps of the same epochs."),
        (replace(PLAIN, train=3), "such as --batch-size 1, makes"),
        (
            replace(PLAIN, class_counts={"train": (25, 15), "validation": (16, 2)}),
            "Class “cat” has 88.9 % of the validation images and “dog” 11.1 %, and accuracy weighs",
        ),
        (replace(PLAIN, validation=165), "165 validation images leave an accuracy near 80 % uncer"),
    ],
)
def test_what_looks_wrong_is_said(data: DataFacts, says: str) -> None:
    [caution] = data_cautions(of(data, BATCHES))
    assert says in caution


def test_a_batch_of_nearly_all_images_is_no_caution() -> None:
    nearly = replace(PLAIN, train=33)
    assert data_cautions(of(nearly, BATCHES)) == []
    sizes = replace(BATCHES, batch_sizes=(16, 64))
    [caution] = data_cautions(of(nearly, sizes))
    assert caution.startswith("A batch of 64 holds all 33 training images")


def test_letters_in_both_cases_are_classes_without_a_caution() -> None:
    assert data_cautions(of(replace(PLAIN, classes=("A", "a")))) == []


def test_an_older_study_has_classes_and_the_caution_of_few_images() -> None:
    old = replace(PLAIN, reading=None, checks=None, validation=5)
    assert account(old) == ["2 classes of training images: cat (25), dog (15)."]
    [caution] = data_cautions(of(old))
    assert caution.startswith("5 validation images leave an accuracy near 80 % uncertain by ±29")


def test_few_images_of_a_class_count_where_classes_weigh_the_same() -> None:
    counts = (450, 90, 4)
    data = replace(PLAIN, classes=("a", "b", "c"), validation=sum(counts),
                   class_counts={"validation": counts})  # fmt: skip
    balanced = replace(of(data, BATCHES), objective=OBJECTIVES["balanced_accuracy"])
    [caution] = data_cautions(balanced)
    assert caution.startswith(
        "544 validation images, 4 of them of class “c”, leave a balanced accuracy near 80 % "
        "uncertain by ±13.1 points"
    )
    assert not any("uncertain" in said for said in data_cautions(of(data, BATCHES)))


@pytest.mark.parametrize("counts", [(40, 40), (45, 9, 2), (30, 0, 10)])
def test_the_mean_of_the_classes_varies_as_images_of_equal_weight_do(
    counts: tuple[int, ...],
) -> None:
    draws = np.random.default_rng(0)
    shares = [draws.binomial(count, 0.8, 200_000) / count for count in counts if count]
    as_drawn = np.var(np.mean(shares, axis=0))
    assert 0.8 * 0.2 / equal_weight_images(counts) == pytest.approx(as_drawn, rel=0.02)


def test_an_option_for_a_split_that_the_data_have_is_neither_advised_nor_silent() -> None:
    few = replace(read(splits={"train": "train", "validation": "val"}), validation=165)
    [caution] = data_cautions(of(few, BATCHES))
    assert "--validation" not in caution
    assert caution.endswith("Data with more of them need a new study.")
    named = replace(BATCHES, validation=0.4)
    assert data_cautions(of(few, named))[0] == (
        "--validation 0.4 changes nothing, because the validation images are those of val."
    )
    assert data_cautions(of(PLAIN, named)) == []


def test_no_size_is_advised_where_one_was_chosen() -> None:
    large = replace(PLAIN, image_shape=(300, 300, 3))
    assert data_cautions(of(large, Settings(image_size=300, batch_size=32))) == []


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("images", [5, 165, 2000])
def test_the_interval_of_a_share_is_wilsons(share: float, images: int) -> None:
    statsmodels = pytest.importorskip("statsmodels.stats.proportion")
    low, high = statsmodels.proportion_confint(share * images, images, method="wilson")
    assert half_width(share, images) == pytest.approx((high - low) / 2, rel=1e-6)


def test_a_launch_says_it_before_the_first_run(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    console = Console(width=400, record=True)
    data = replace(read(hidden=2), checks=Checks({}, 0.0))
    Progress(console, "A last word.").study_opened(
        of(data, Settings(data="digits", batch_size=32)), 1
    )
    said = console.export_text().splitlines()
    assert said[1:4] == [
        "2 classes of training images: cat (25), dog (15).",
        "Left out: 2 hidden images.",
        f"digits is the data set of that name, and not {tmp_path}/digits; a new study with --data "
        f"{tmp_path}/digits is of that.",
    ]
    assert said[4].startswith("All training images are the same")
    assert said[5] == "A last word."


def test_a_launch_that_names_no_techniques_says_which_it_takes_and_why() -> None:
    def opened(results: Results, *, by_default: bool = True) -> str:
        console = Console(width=1000, record=True)
        Progress(console, by_default=by_default).study_opened(results, 1)
        return console.export_text()

    new = replace(of(read(), Settings(data="signs")), runs=())
    said = opened(new)
    assert "Techniques: article, the set for images where --techniques names none: augmenta" in said
    assert "as of digits and signs, name its parts instead: flip, shift, rotation." in said
    sounds = replace(new, data=replace(read(), sound=Spectrogram(8000, 1, 40, 9)))
    assert "Techniques: sound, the set for sounds where --techniques names none" in opened(sounds)
    assert "Techniques:" not in opened(new, by_default=False)
    begun = replace(new, runs=(run((), 0.5),))
    assert "Techniques:" not in opened(begun)


def test_the_default_techniques_are_wrapped() -> None:
    console = Console(width=60, record=True)
    new = replace(of(read(), Settings(data="signs")), runs=())
    Progress(console, by_default=True).study_opened(new, 1)
    assert max(map(len, console.export_text().splitlines())) <= 60


def test_values_beyond_a_thousand_are_whole_numbers() -> None:
    data = replace(checked(ranges={"train": (22.0, 59950.0)}), reading=Reading(levels=(22, 59950)))
    assert account(data)[0].endswith("; values from 22 to 59,950.")
    assert "values of 22 to 59,950 scaled to the whole range" in account(data)[1]


def test_names_of_classes_are_quoted_in_one_way_and_stay_in_their_line() -> None:
    dog = 'a dog\'s "best"'
    data = replace(
        PLAIN, classes=(dog, "new\r\nline\xa0"),
        class_counts={"train": (90, 10), "validation": (540, 60), "test": (18, 2)},
    )  # fmt: skip
    [said] = account(data)
    assert said == (
        f"2 classes of training images: {dog} (90), new␤line\\xa0 (10); values from 0 to 255."
    )
    sizes = class_sizes(of(data), "train")
    assert sizes is not None
    assert f"of class “{dog}” and 10 (10.0 %) of “new␤line\\xa0”." in class_extremes("All", sizes)
