"""Tests of a recipe by class and image, against scikit-learn's counts of the same predictions."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from model_space.correctness import pack
from model_space.facts import DataFacts
from model_space.mistakes import Mistakes
from search.analysis.held_out import rate
from search.analysis.recipe_tests import RecipeTests, summarise_tests

CLASSES = ("a", "b", "c", "empty")


@dataclass(frozen=True)
class Packed:
    test_correct: str | None
    test_mistakes: str | None


def predictions(seed: int, labels: np.ndarray, sharp: float = 2.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    scores = random.normal(size=(len(labels), len(CLASSES)))
    scores[np.arange(len(labels)), labels] += sharp
    scores[:, 3] = -9
    shares: np.ndarray = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return shares


def packed(labels: np.ndarray, probabilities: np.ndarray) -> Packed:
    correct = probabilities.argmax(axis=1) == labels
    return Packed(pack(correct), Mistakes.of(labels, probabilities).pack())


LABELS = np.random.default_rng(1).integers(0, 3, 200)


def facts(labels: np.ndarray = LABELS) -> DataFacts:
    counts = tuple(np.bincount(labels, minlength=len(CLASSES)).tolist())
    return DataFacts(CLASSES, (8, 8, 1), 10, 10, len(labels), class_counts={"test": counts})


def of_runs(seeds: int, sharp: float = 2.0) -> tuple[RecipeTests, list[np.ndarray]]:
    runs = [predictions(seed, LABELS, sharp) for seed in range(seeds)]
    found = summarise_tests(facts(), [packed(LABELS, run) for run in runs])
    assert found is not None
    return found, runs


@pytest.mark.parametrize("seeds", [1, 3])
def test_counts_and_accuracies_are_those_of_the_predictions(seeds: int) -> None:
    found, runs = of_runs(seeds)
    named = [run.argmax(axis=1) for run in runs]
    expected = sum(confusion_matrix(LABELS, one, labels=range(len(CLASSES))) for one in named)
    np.testing.assert_array_equal(found.confusion, expected)
    for number, one in enumerate(found.by_class[:3]):
        right = np.mean([(each == LABELS)[number == LABELS] for each in named])
        assert one.accuracy == pytest.approx(100 * right)
        assert one.low < one.accuracy < one.high
        others = np.where(np.arange(4) == number, 0, expected[number])
        assert one.taken_for == CLASSES[int(others.argmax())]
    assert found.by_class[3].images == 0


def test_the_interval_of_a_single_run_is_that_of_its_count() -> None:
    found, _ = of_runs(1)
    one = found.by_class[0]
    right = int(found.confusion[0, 0])
    assert (one.low, one.high) == tuple(100 * end for end in rate(right, one.images))


def test_images_that_most_runs_name_alike_come_first_and_then_the_surest() -> None:
    found, runs = of_runs(3)
    keys = [(-one.runs, -one.probability) for one in found.hardest]
    assert keys == sorted(keys)
    assert len(keys) == 24
    for one in found.hardest:
        of = [run[one.row] for run in runs if CLASSES[run[one.row].argmax()] == one.named]
        assert one.runs == len(of)
        assert one.own == CLASSES[LABELS[one.row]] != one.named
        assert one.probability == pytest.approx(np.mean([each.max() for each in of]), abs=0.003)


def test_networks_without_a_mistake_have_no_hard_images() -> None:
    found, _ = of_runs(2, sharp=99)
    assert found.hardest == ()
    assert found.by_class[0].accuracy == 100
    assert found.by_class[0].taken_for is None


def test_what_does_not_fit_the_data_is_left_alone() -> None:
    good = packed(LABELS, predictions(0, LABELS))
    other = packed(LABELS[:50], predictions(0, LABELS[:50]))
    assert summarise_tests(facts(), [good, Packed(good.test_correct, None)]) is None
    assert summarise_tests(facts(), [good, other]) is None
    assert summarise_tests(facts(), [Packed(good.test_correct, other.test_mistakes)]) is None
    assert summarise_tests(facts(), [Packed("another program's", "text")]) is None
    assert summarise_tests(facts(LABELS[:50]), [good]) is None
    assert summarise_tests(facts(), []) is None
    assert summarise_tests(None, [good]) is None
