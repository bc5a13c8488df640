"""Names of recipes in sentences."""

from __future__ import annotations

import optuna
import pytest

from search import analyse, summarise
from search.reporting.ending import answer_lines
from search.reporting.sentences.recipes import named_once, plain, plain_again
from search.results import Results
from search.settings import Settings
from tests.support.foreign import foreign


def of_levels(trial: optuna.Trial) -> float:
    """A technique that helps a little, and two optimizers beside the first."""
    value = 0.7 + 0.01 * trial.suggest_categorical("aug", [False, True])
    value += 0.05 * (trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"]) == "adam")
    return value + 0.005 * (trial.number * 7 % 5)


def test_what_all_off_has_beside_is_said_once() -> None:
    findings = analyse(foreign(60, of_levels))
    results, whole = findings.results, "all techniques off (optimizer sgd)"
    assert (plain(results), plain_again(results)) == (whole, "all techniques off")
    said = ["So far 0.80.", f"Over {whole}, and {whole}.", f"{whole.capitalize()} is simpler."]
    assert named_once(said, results) == [
        "So far 0.80.",
        f"Over {whole}, and all techniques off.",
        "All techniques off is simpler.",
    ]
    with_more = [f"Over {whole} with lr 0.1.", f"{whole.capitalize()} with lr 0.1 comes to 0.8."]
    assert named_once(with_more, results, f"{whole} with lr 0.1") == [
        f"Over {whole} with lr 0.1.",
        "All techniques off comes to 0.8.",
    ]
    assert answer_lines(findings)[0].count("(optimizer sgd)") == 1
    assert "(optimizer sgd)" in summarise(findings)["headline"]


@pytest.mark.parametrize(
    "results",
    [Results("s", ("ema",), ()), Results("s", ("ema",), (), Settings())],
    ids=("of another program", "of kouka"),
)
def test_a_name_without_more_stays(results: Results) -> None:
    said = [f"Over {plain(results)}.", f"Over {plain(results)}."]
    assert named_once(said, results) == said
