"""Learning rates and batch sizes of a study's design, and those that its search tries."""

from collections import Counter
from dataclasses import replace

import numpy as np
import optuna
import pytest

from search.errors import InputError
from search.planning.checks import check_batches
from search.planning.phases.measure import plan
from search.planning.rates import parse_rates, parse_sizes, parse_training
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.planning.time_plan import time_limit
from search.results import Results
from search.settings import Settings
from tests.support.simulate import facts

TWO = ("batch_norm", "mixup")


def launched(**asked: object) -> Settings:
    return settle(None, Requested(techniques=TWO, measure=16, **asked))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1e-3", "has 1 level; it takes 2 to 4, as 3e-4,1e-3,3e-3"),
        ("1,2,3,4,5", "has 5 levels; it takes 2 to 4"),
        ("1e-3,0.001", "has the same level twice; name each once"),
        ("1e-3,fast", "'fast' is not possible; it takes learning rates above 0"),
        ("1e-3,-1", "'-1' is not possible"), ("1e-3,nan", "'nan' is not possible"),
        ("1e-3,100", "'100' is not possible; it takes learning rates above 0 and up to 10, as"),
        ("1e-3,inf", "'inf' is not possible"),
        ("", "has 0 levels"),
    ],
)  # fmt: skip
def test_what_are_no_rates_are_refused_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"^--learning-rates {text}.*{reason}"):
        parse_rates(text)


@pytest.mark.parametrize(
    "text", ["32,64.5", "32,1000001", "32,0", "32,-8", "32,many", "32", "32,32"]
)
def test_what_are_no_batch_sizes_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match=f"^--batch-sizes {text}"):
        parse_sizes(text)


def test_batches_that_all_take_every_image_are_refused() -> None:
    settings = launched(batch_sizes=(32, 500, 1000))
    check_batches(settings, facts(train=(300, 300)))
    with pytest.raises(InputError, match="on 500 images, so batches of 500 and 1000 are the same"):
        check_batches(settings, facts(train=(250, 250)))
    with pytest.raises(InputError, match="--batch-size 1000001 is too large; it takes 1,000,000"):
        launched(batch_size=1_000_001)


def test_all_off_has_the_usual_rate_where_the_design_has_it() -> None:
    settings = launched(learning_rates=(3e-4, 1e-3, 3e-3), batch_sizes=(256, 32))
    assert settings.learning_rates == (1e-3, 3e-4, 3e-3)
    assert settings.learning_rate == 1e-3
    assert settings.batch_sizes == (256, 32)
    assert settings.batch_size == 256
    other = launched(learning_rates=(3e-3, 1e-4), batch_sizes=(32, 128, 64), batch_size=64)
    assert (other.learning_rate, other.batch_size) == (3e-3, 64)
    assert other.batch_sizes == (64, 32, 128)
    with pytest.raises(InputError, match="--batch-size 16 is not among --batch-sizes 32,64"):
        launched(batch_sizes=(32, 64), batch_size=16)


def test_the_same_rates_in_another_order_go_on_and_others_do_not() -> None:
    settings = launched(learning_rates=(3e-4, 1e-3))
    assert settle(settings, Requested(learning_rates=(1e-3, 3e-4))) == settings
    with pytest.raises(InputError, match=r"--learning-rates is 0\.001,0\.0003, not 0\.001,0\.01"):
        settle(settings, Requested(learning_rates=(0.01, 1e-3)))
    with pytest.raises(InputError, match=r"--learning-rates 0\.001,0\.01 was not given"):
        settle(launched(), Requested(learning_rates=(0.01, 1e-3)))


def test_a_time_is_not_planned_for_several_rates() -> None:
    with pytest.raises(InputError, match="--time cannot plan a study with --learning-rates"):
        launched(learning_rates=(1e-3, 1e-2), time=time_limit("5m"))
    with pytest.raises(InputError, match="--time cannot plan a study with --batch-sizes"):
        launched(batch_sizes=(32, 64), time=time_limit("5m"))


def test_the_design_has_each_rate_and_size_as_often_with_a_technique_as_without() -> None:
    settings = replace(
        launched(learning_rates=(3e-4, 1e-3, 3e-3), batch_sizes=(32, 128)), measure=(32,)
    )
    space = Space.of(settings)
    runs = [one.params for one in plan(settings, space, Results("s", TWO, (), settings))]
    assert all(params is not None for params in runs)
    for name in TWO:
        counts = Counter((p[name], p["learning_rate"], p["batch_size"]) for p in runs if p)
        assert {count for (_, rate, _), count in counts.items() if rate == 1e-3} == {4}
        assert {count for (_, rate, _), count in counts.items() if rate != 1e-3} == {2}
    budgets = {settings.budget("measure", p).learning_rate for p in runs if p}
    assert budgets == {1e-3, 3e-4, 3e-3}
    assert settings.budget().batch_size == 128


def test_the_search_turns_the_rate_beyond_the_designs_and_old_studies_do_not() -> None:
    for settings, low, high in (
        (launched(), 1e-4, 1e-2), (launched(learning_rates=(1e-5, 1e-3, 0.1)), 1e-5, 0.1),
    ):  # fmt: skip
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        space, rates = Space.of(settings), []
        for _ in range(60):
            trial = study.ask()
            assert "learning_rate" not in space.suggest(trial)
            rates.append(settings.budget("search", trial.params).learning_rate)
            study.tell(trial, 0)
        assert low <= min(rates) < 3 * low
        assert high / 3 < max(rates) <= high
        assert np.median(np.log10(rates)) == pytest.approx(np.log10(low * high) / 2, abs=0.6)
    old = Settings.from_json({"data": "digits", "techniques": list(TWO), "measure": [8]})
    trial = study.ask()
    Space.of(old).suggest(trial)
    assert "learning_rate" not in trial.params
    assert old.budget("search", trial.params).learning_rate == 1e-3


def test_a_recipe_may_name_its_rate_and_batch_size() -> None:
    assert parse_training("mixup=0.3, learning_rate=3e-3,batch_size=32,dropout") == (
        "mixup=0.3,dropout", {"learning_rate": 3e-3, "batch_size": 32},
    )  # fmt: skip
    assert parse_training("learning_rate=0.01") == ("none", {"learning_rate": 0.01})
    for text in ("learning_rate", "learning_rate=-1", "batch_size=1.5", "batch_size=0"):
        with pytest.raises(InputError, match=f"--recipe {text}: .* takes a"):
            parse_training(text)
    with pytest.raises(InputError, match="learning_rate is given twice"):
        parse_training("learning_rate=1e-3,learning_rate=1e-2")
