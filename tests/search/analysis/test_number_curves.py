"""What numbers are worth in another program's study: where each is best, and by how much."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import optuna
import pytest
import statsmodels.api

from search import Findings, analyse, frame, read
from search.analysis.effects import effects_of
from search.analysis.estimate import Estimate
from search.analysis.fit import fit
from search.analysis.number_curves import NumberCurve, number_curves
from search.parameters import Number
from search.reporting.details.numbers import numbers
from search.reporting.sentences.numbers import about_numbers, at, best_interval
from tests.support.foreign import foreign
from tests.support.simulate import results_of, run

pytestmark = pytest.mark.numeric

Objective = Callable[[optuna.Trial], float]


def noise(trial: optuna.Trial) -> float:
    return 0.5 * float(np.random.default_rng(trial.number).standard_normal())


def peak(trial: optuna.Trial) -> float:
    """Percent: a hill over the rate, which is best at 0.003, and a decay that does nothing."""
    rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    trial.suggest_float("decay", 0, 1)
    aug = 2 * trial.suggest_categorical("aug", [False, True])
    return 70 + aug - 3 * math.log10(rate / 0.003) ** 2 + noise(trial)


def share(function: Objective) -> Objective:
    return lambda trial: function(trial) / 100


def curves(findings: Findings) -> dict[str, NumberCurve]:
    return {row.number.name: row for row in findings.numbers}


def alone(study: optuna.Study) -> list[NumberCurve]:
    """The curves, without the rest of an analysis."""
    results = read(study)
    effects = effects_of(results)
    return number_curves(results, None if effects is None else effects.fit)


def test_the_best_value_and_the_gain_are_in_their_intervals() -> None:
    rows = curves(analyse(foreign(80, share(peak))))
    rate, decay = rows["rate"], rows["decay"]
    assert list(rows) == ["rate", "decay"]
    assert rate.matters
    assert rate.best_low < 0.003 < rate.best_high
    assert rate.best_low > rate.values[0]
    assert rate.best_high < rate.values[-1]
    true = 3 * (math.log10(rate.worst / 0.003) ** 2 - math.log10(rate.best / 0.003) ** 2)
    assert rate.gain.low < true < rate.gain.high
    assert not decay.matters
    assert decay.gain.low < 0 < decay.gain.high
    assert decay.open_ends == (True, True)


def test_a_loss_is_best_where_it_is_least() -> None:
    study = foreign(80, lambda trial: (100 - peak(trial)) / 10, "minimize")
    rate = curves(analyse(study))["rate"]
    assert rate.matters
    assert rate.best_low < 0.003 < rate.best_high
    assert rate.gain.high < 0
    assert "below" in about_numbers(analyse(study))[0]


def test_a_curve_is_that_of_least_squares() -> None:
    """Against statsmodels, with the errors of MacKinnon & White (1985) that a fit without random
    terms has."""
    study = foreign(60, share(peak))
    results = read(study)
    found = effects_of(results)
    assert found is not None
    model = replace(found.fit.model, random_pairs=False, products={})
    measured = np.array([[one.scaled] for one in results.of("measure")])
    degree = model.covariates.degree
    params = [trial.params for trial in study.trials]
    numbers = {
        "rate": np.array([math.log(one["rate"]) for one in params]),
        "decay": np.array([one["decay"] for one in params]),
    }
    powers = {
        name: np.column_stack([(values - values.mean()) ** d for d in range(1, degree + 1)])
        for name, values in numbers.items()
    }
    sides = np.array([1.0 if one["aug"] else -1.0 for one in params])
    columns = np.column_stack([np.ones(len(params)), sides, *powers.values()])
    values = np.array([100 * trial.values[0] for trial in study.trials])
    fitted = statsmodels.api.OLS(values, columns).fit(cov_type="HC2")
    for row in number_curves(results, fit(model, measured)):
        name = row.number.name
        places = np.log(row.values) if name == "rate" else np.array(row.values)
        first = 2 + degree * list(numbers).index(name)
        beyond = (places - numbers[name].mean())[:, np.newaxis] ** np.arange(1, degree + 1)
        contrasts = np.zeros((len(places), columns.shape[1]))
        contrasts[:, first : first + degree] = beyond - powers[name].mean(axis=0)
        assert [one.value for one in row.worth] == pytest.approx(
            contrasts @ fitted.params, rel=1e-4, abs=1e-4
        )
        errors = np.sqrt(np.einsum("ij,jk,ik->i", contrasts, fitted.cov_params(), contrasts))
        widths = np.array([one.high - one.low for one in row.worth])
        # Student's t of fewer degrees of freedom than runs, as a few runs decide.
        assert np.all(widths > 2 * 1.96 * errors * 0.999)
        assert np.all(widths < 2 * 4 * errors)


def test_a_study_of_numbers_alone_is_told_where_they_are_best() -> None:
    def function(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
        units = trial.suggest_int("units", 16, 512)
        return (70 - 3 * math.log10(rate / 0.003) ** 2 + units / 100 + noise(trial)) / 100

    findings = analyse(foreign(80, function))
    assert findings.effects is None
    rows = curves(findings)
    assert rows["rate"].best_low < 0.003 < rows["rate"].best_high
    assert rows["units"].open_ends == (False, True)
    assert best_interval(rows["units"]).endswith("or more")
    said = about_numbers(findings)
    assert said[0].startswith("rate is best near 0.00")
    assert said[1].startswith(f"units is best near {round(rows['units'].best)} (95 % interval ")
    assert any("not planned as a balanced design" in one for one in findings.cautions)


def test_what_a_curve_rounds_off_is_in_the_interval() -> None:
    """A polynomial alone named 0.59 to 0.71 in each of five studies."""

    held, matters = [], []
    for seed in range(10):
        random = np.random.default_rng(seed)
        runs = []
        for _ in range(60):
            params = {"at": random.uniform(), "second": random.uniform(), "third": random.uniform()}
            value = 70 + 2 * params["at"] - 30 * max(0.0, params["at"] - 0.8)
            on = {name for name in "abc" if random.random() < 0.5}
            runs.append(run(on, (value + random.normal()) / 100, params=params))
        numbers = tuple(Number(name, 0, 1) for name in ("at", "second", "third"))
        results = results_of(runs, "abc", others=numbers)
        found = effects_of(results)
        assert found is not None
        row = number_curves(results, found.fit)[0]
        assert row.number.name == "at"
        held.append(row.best_low < 0.8 < row.best_high)
        matters.append(row.matters)
    assert sum(held) >= 8
    assert sum(matters) >= 7


def test_a_number_that_does_nothing_is_seldom_found_to_matter() -> None:
    found = 0
    for seed in range(20):
        random = np.random.default_rng(seed)

        def function(trial: optuna.Trial, random: np.random.Generator = random) -> float:
            for name in ("first", "second"):
                trial.suggest_float(name, 0, 1)
            return 0.7 + 0.01 * random.standard_normal()

        rows = alone(foreign(40, function))
        assert len(rows) == 2
        found += any(row.matters for row in rows)
    assert found <= 3


def test_an_objective_without_noise_is_best_where_it_is() -> None:
    study = foreign(40, lambda trial: (trial.suggest_float("x", -10, 10) - 2) ** 2, "minimize")
    findings = analyse(study)
    [row] = findings.numbers
    assert row.matters
    assert row.best_low < 2 < row.best_high
    assert row.gain.low == row.gain.high
    assert about_numbers(findings)[0].startswith("x is best near ")


@pytest.mark.parametrize("trials", [3, 6, 10])
def test_few_trials_find_no_number_to_matter(trials: int) -> None:
    assert not any(row.matters for row in analyse(foreign(trials, share(peak))).numbers)


def test_what_few_trials_were_asked_for_has_no_curve() -> None:
    def function(trial: optuna.Trial) -> float:
        value = peak(trial)
        if trial.params["aug"]:
            trial.suggest_float("strength", 0, 1)
        return value / 100

    assert set(curves(analyse(foreign(60, function)))) == {"rate", "decay"}


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1.0, 1e12])
def test_a_curve_is_the_same_in_any_unit(unit: float) -> None:
    def function(trial: optuna.Trial) -> float:
        size = trial.suggest_float("size", unit, 9 * unit) / unit
        return 70 - (size - 5) ** 2 / 4 + trial.suggest_int("aug", 0, 1) + noise(trial)

    size = curves(analyse(foreign(60, share(function))))["size"]
    assert size.matters
    assert 3 * unit < size.best_low < 5 * unit < size.best_high < 7 * unit


def test_steps_and_whole_numbers_are_best_at_values_that_can_be_tried() -> None:
    def function(trial: optuna.Trial) -> float:
        drop = trial.suggest_float("drop", -0.5, 0.5, step=0.1)
        units = trial.suggest_int("units", 16, 1024, log=True)
        trial.suggest_int("aug", 0, 1)
        return 70 - 20 * drop**2 - math.log10(units / 128) ** 2 + noise(trial)

    findings = analyse(foreign(120, share(function)))
    rows = curves(findings)
    assert np.allclose(10 * np.array(rows["drop"].values), range(-5, 6))
    assert at(rows["drop"], rows["drop"].values[5]) == "0"
    assert all(isinstance(value, int) for value in rows["units"].values)
    said = frame(findings, "numbers").set_index("number")
    assert said.loc["units", "best"] == round(said.loc["units", "best"])


@pytest.mark.parametrize("fails", [False, True])
def test_the_best_value_is_none_at_which_all_trainings_were_lost(fails: bool) -> None:
    def function(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-5, 1, log=True)
        aug = trial.suggest_int("aug", 0, 1)
        if rate > 0.05:
            return math.nan if fails else 10
        return 70 + math.log10(rate) + aug + noise(trial)

    rate = curves(analyse(foreign(80, share(function))))["rate"]
    assert rate.matters
    assert rate.values[-1] < rate.best_high < 0.05
    assert rate.open_ends == (False, False)
    assert best_interval(rate).endswith("to 0.05")


def test_what_matters_has_a_value_that_is_surely_worse() -> None:
    """Where the worst value is hardly known, another one is named."""
    tried = 0
    for seed in range(40):
        random = np.random.default_rng(seed)

        def function(trial: optuna.Trial, random: np.random.Generator = random) -> float:
            at = trial.suggest_float("at", 0, 1)
            trial.suggest_int("aug", 0, 1)
            return 0.7 - 0.03 * (at < 0.3) + 0.01 * random.standard_normal()

        [row] = alone(foreign(30, function))
        if row.matters:
            tried += 1
            assert row.gain.low >= 0
            assert "any that was tried" not in best_interval(row)
    assert tried > 5


@pytest.mark.parametrize(
    ("value", "text"), [(99.7, "100"), (0.0123, "0.012"), (1e20, "1e+20"), (1e-14, "0")]
)
def test_values_of_numbers_are_as_long_as_they_are_known(value: float, text: str) -> None:
    worth = Estimate(1, 0, 2)
    row = NumberCurve(
        Number("x", 0, 100), (0, 100), (worth, worth), 0, 0, 80, 100, worth, 0.01
    )  # fmt: skip
    assert at(row, value) == text


def test_a_value_of_two_trials_hides_no_curve() -> None:
    def function(trial: optuna.Trial) -> float:
        worth = sum(trial.suggest_categorical(name, [0, 1]) for name in ("aug", "ema"))
        return 70 + math.log2(trial.suggest_int("width", 1, 9, log=True)) + worth + noise(trial)

    study = foreign(80, share(function))
    assert sum(trial.params["width"] == 9 for trial in study.trials) == 2
    width = curves(analyse(study))["width"]
    assert width.matters
    assert width.values == tuple(range(1, 9))
    assert width.gain.low < 3 < width.gain.high < 5


def test_a_number_without_a_curve_is_told_with_its_reason() -> None:
    def function(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
        if trial.suggest_categorical("warm", [False, True]):
            trial.suggest_float("warmth", 0, 1)
        return (70 - 3 * math.log10(rate / 0.003) ** 2 + noise(trial)) / 100

    section = numbers(analyse(foreign(40, function)))
    assert section is not None
    assert section.remarks == ("No curve is known of warmth: not every trial has such a value.",)
