"""Recipes that are recommended by the trials of other programs."""

from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import create_trial

from search import analyse, summarise
from search.analysis.recommendation import Recommendation
from search.reporting.ending import answer_lines
from search.reporting.sections import sections
from search.storage.studies import read_study
from tests.support.foreign import foreign


def recommended(study: optuna.Study) -> Recommendation:
    found = analyse(study).recommended
    assert found is not None
    return found


def noise(trial: optuna.Trial) -> float:
    return 0.005 * float(np.random.default_rng(trial.number).standard_normal())


def of_levels(trial: optuna.Trial) -> float:
    """A technique, three optimizers of which the second is best, and the more layers the better."""
    value = 0.7 + 0.04 * trial.suggest_categorical("aug", [False, True])
    value += 0.05 * (trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"]) == "adam")
    value += 0.01 * trial.suggest_int("layers", 1, 4)
    trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    return value + noise(trial)


def test_a_recipe_has_the_level_of_each_category_that_is_best() -> None:
    study = foreign(60, of_levels)
    found = recommended(study)
    assert found.on == {"aug", "optimizer=adam", "layers=4"}
    assert found.params == {"aug": True, "optimizer": "adam", "layers": 4}
    assert found.reach is not None
    assert found.reach.gain.low < 12 < found.reach.gain.high
    said = summarise(analyse(study))
    assert "favour aug, optimizer adam, layers 4, lr 0.0" in said["headline"]
    assert "over all techniques off (optimizer sgd, layers 1)" in said["headline"]
    assert said["recommended"]["recipe"] == "aug, optimizer adam, layers 4"


def test_what_clearly_helps_is_named_beside_a_recipe_that_has_more() -> None:
    """Of twenty features two matter; the recipe has others too, for what little they may add."""

    def function(trial: optuna.Trial) -> float:
        on = [trial.suggest_categorical(f"f{number}", [0, 1]) for number in range(20)]
        return 0.6 + 0.05 * on[0] - 0.03 * on[1] + 3 * noise(trial)

    findings = analyse(foreign(60, function))
    decision = findings.decision
    assert decision is not None
    assert decision.verdict == "not sure"
    assert len(decision.recommended.on) > 1
    assert decision.surely_better is not None
    assert decision.surely_better.on == {"f0"}
    assert 0 < decision.surely_better.gain.low < 5 < decision.surely_better.gain.high
    assert decision.any_better
    said = summarise(findings)
    assert "f0 is surely better than all techniques off: +" in said["headline"]
    assert "where time counts, f0 is the simpler choice" in " ".join(said["what_to_do"])
    assert said["decision"]["surely_better"]["recipe"] == "f0"


@pytest.mark.parametrize("at_first", [-1.0, 0.0, 1.0])
def test_what_helps_on_average_may_not_help_at_the_first_levels(at_first: float) -> None:
    """Worth 12 at the widest of three levels, and said to be worth 5 at the first, surely.

    The first is the best, so of what hurts there all off is recommended.
    """
    worth = {64: at_first, 256: 4.0, 512: 12.0}

    def function(trial: optuna.Trial) -> float:
        width = trial.suggest_categorical("width", [*worth])
        value = 20 - width / 30
        value += worth[width] * trial.suggest_categorical("quantize", [False, True])
        for name in ("b", "c"):
            trial.suggest_categorical(name, [False, True])
        return value + 60 * noise(trial)

    decision = analyse(foreign(60, function)).decision
    assert decision is not None
    assert decision.verdict == ("all off" if at_first < 0 else "not sure")
    assert (decision.surely_better is not None) == (at_first > 0)
    if decision.surely_better is not None:
        assert decision.surely_better.on == {"quantize"}
        assert 0 < decision.surely_better.gain.low < at_first < decision.surely_better.gain.high


@pytest.mark.parametrize("seed", [1, 2, 5, 10, 13])
def test_trials_at_poor_learning_rates_are_no_failures(seed: int) -> None:
    """A sampler that learns has few of them, far below the rest; once cut, they bent the slopes."""
    random = np.random.default_rng(seed)
    worth = {"a": 4.0, "b": 2.0, "c": -1.5, "d": 0.0, "e": 0.0, "f": 0.0}

    def function(trial: optuna.Trial) -> float:
        value = sum(add * trial.suggest_categorical(name, [False, True])
                    for name, add in worth.items())  # fmt: skip
        rate = float(np.log10(trial.suggest_float("lr", 1e-5, 1e-1, log=True)))
        return 50 + value - 30 * (rate + 3) ** 2 + float(random.normal())

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(function, n_trials=100)
    assert sum(worth[name] for name in recommended(study).on) >= 4


def test_the_gain_of_one_technique_is_adjusted_as_its_effect_is() -> None:
    """On at good learning rates, off at poor ones, it is worth nothing of what these are worth."""

    def function(trial: optuna.Trial) -> float:
        on = trial.suggest_categorical("bn", [False, True])
        rate = trial.suggest_float("lr", 0, 1) / 2 + (on and trial.number % 4 > 0) / 2
        trial.set_user_attr("rate", rate)
        return 0.6 + 0.02 * on + 0.2 * rate + noise(trial)

    space = {"bn": CategoricalDistribution([False, True]), "lr": FloatDistribution(0, 1)}
    drawn, study = foreign(60, function), optuna.create_study(direction="maximize")
    for one in drawn.trials:
        params = {"bn": one.params["bn"], "lr": one.user_attrs["rate"]}
        study.add_trial(create_trial(params=params, distributions=space, value=one.value))
    findings = analyse(study)
    assert findings.effects is not None
    assert findings.decision is not None
    assert findings.decision.gain is not None
    assert findings.decision.gain.value == pytest.approx(findings.effects.of("bn").effect, 0.05)
    assert findings.decision.gain.low < 2 < findings.decision.gain.high < 5


def test_a_recipe_is_given_in_the_words_of_its_study() -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.5 + 0.10 * (trial.suggest_categorical("aug", ["off", "on"]) == "on")
        value += 0.05 * (trial.suggest_categorical("opt", ["sgd", "adam"]) == "adam")
        value -= 0.08 * (trial.suggest_categorical("noise", [0.0, 0.3]) == 0.3)
        value += 0.02 * (trial.suggest_categorical("kind", ["a", "b", "c"]) == "b")
        if trial.number >= 40:  # what is asked for comes
            assert trial.params == asked
        return value + noise(trial)

    asked: dict[str, Any] = {}
    study = foreign(40, function)
    asked = summarise(analyse(study))["recommended"]["params"]
    assert asked == {"aug": "on", "opt": "adam", "noise": 0.0, "kind": "b"}
    study.enqueue_trial(asked)
    study.optimize(function, n_trials=1)


def test_techniques_that_changed_together_are_asked_for_one_by_one() -> None:
    space = CategoricalDistribution([False, True])
    study, random = optuna.create_study(direction="maximize"), np.random.default_rng(0)
    for number in range(24):
        on = number % 2 == 0
        params = {"a": on, "b": on, "c": not on, "d": number % 4 < 2}
        study.add_trial(create_trial(
            params=params, distributions=dict.fromkeys(params, space),
            value=0.5 + 0.1 * on + 0.05 * params["d"] + 0.002 * random.normal(),
        ))  # fmt: skip
    found = summarise(analyse(study))["recommended"]["params"]
    assert found == {"a": True, "b": True, "c": False, "d": True}


def test_categories_alone_make_a_recipe() -> None:
    def function(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("kind", [None, "a", True, 0.5])
        return 0.5 + 0.1 * (kind is True) + 0.02 * trial.suggest_int("width", 1, 6) + noise(trial)

    study = foreign(60, function)
    assert recommended(study).params == {"kind": True, "width": 6}
    headline = summarise(analyse(study))["headline"]
    assert "favour kind True, width 6: " in headline
    assert "over kind None, width 1." in headline


@pytest.mark.parametrize("seed", range(3))
def test_a_number_that_moves_more_than_the_techniques_hides_no_helper(seed: int) -> None:
    random = np.random.default_rng(seed)

    def function(trial: optuna.Trial) -> float:
        value = 70 - 3 * (np.log10(trial.suggest_float("lr", 1e-5, 1, log=True)) + 2.5) ** 2
        for name, effect in {"a": 1.5, "b": 1, "c": 1, "d": -1}.items():
            value += effect * trial.suggest_categorical(name, [False, True])
        if trial.params["a"]:
            value -= 6 * (trial.suggest_float("rate", 0.1, 0.6) - 0.35)
        return float(value + 0.5 * random.standard_normal())

    study = foreign(80, function)
    found = recommended(study)
    assert found.on == {"a", "b", "c"}
    assert found.reach is not None
    assert 0 < found.reach.gain.low < 3.5 < found.reach.gain.high < 6
    said = " ".join(analyse(study).cautions)
    assert "A recipe is predicted at the lr that is best for it." in said


@pytest.mark.parametrize("best", range(7))
def test_a_category_may_have_many_levels(best: int) -> None:
    def function(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("kind", list("abcdefg"))
        return 0.5 + 0.1 * (kind == "abcdefg"[best]) + noise(trial)

    assert recommended(foreign(40, function)).params == {"kind": "abcdefg"[best]}


def test_a_level_that_no_trial_has_is_neither_recommended_nor_compared_with() -> None:
    choices = ("a", "b", "c", "d")
    space: dict[str, Any] = {"x": optuna.distributions.CategoricalDistribution(choices)}
    study = optuna.create_study(direction="maximize")
    for at in range(30):
        params = {"x": "bc"[at % 2]}
        value = 0.5 + 0.1 * (params["x"] == "c") + 0.001 * (at % 5)
        study.add_trial(optuna.create_trial(params=params, distributions=space, value=value))
    assert recommended(study).params == {"x": "c"}
    assert "over x b." in summarise(analyse(study))["headline"]


def test_a_recipe_that_breaks_a_constraint_is_not_recommended(folder: Path) -> None:
    """Which of two techniques helps most, and may not be used."""

    def constrained(trial: optuna.Trial) -> float:
        large, other = (trial.suggest_categorical(name, [False, True]) for name in ("large", "b"))
        trial.set_constraint("parameters", 1 if large else -1)
        noise = 0.002 * np.random.default_rng(trial.number).standard_normal()
        return float(0.8 + 0.05 * large + 0.02 * other + noise)

    url = f"sqlite:///{folder / 'theirs.db'}"
    for storage in (None, url):
        study = foreign(24, constrained, storage=storage)
        findings = analyse(study if storage is None else read_study(url, "theirs"))
        assert findings.effects is not None
        assert findings.effects.of("large").verdict == "helps"
        assert findings.recommended is not None
        assert findings.recommended.on == {"b"}
        assert findings.results.best is not None
        assert findings.results.best.number == study.best_trial.number
        broken = sum(trial.params["large"] for trial in study.trials)
        assert f"{broken} of 24 complete trials break a constraint" in " ".join(findings.cautions)


def test_nothing_that_keeps_the_constraints_may_be_better_than_all_off() -> None:
    """Where what helps most breaks one, it is not said that nothing does."""

    def constrained(trial: optuna.Trial) -> float:
        large, other = (trial.suggest_categorical(name, [False, True]) for name in ("large", "b"))
        trial.set_constraint("parameters", 1 if large else -1)
        noise = 0.002 * np.random.default_rng(trial.number).standard_normal()
        return float(0.8 + 0.05 * large - 0.02 * other + noise)

    headline = summarise(analyse(foreign(24, constrained)))["headline"]
    off = "So far nothing tried that keeps the constraints is surely better than all techniques off"
    assert headline.startswith(off)


def test_techniques_beside_other_parameters_are_not_chosen_by_one_trial() -> None:
    """Each trial has a learning rate of its own; the best of them has the technique off."""

    def lucky(trial: optuna.Trial) -> float:
        trial.suggest_float("lr", 1e-4, 1e-1, log=True)
        aug = trial.suggest_categorical("aug", [False, True])
        luck = np.random.default_rng(trial.number).normal(0, 0.001 if aug else 0.05)
        return float(0.8 + 0.03 * aug + luck)

    findings = analyse(foreign(40, lucky))
    assert findings.results.best is not None
    assert not findings.results.best.on
    assert findings.recommended is not None
    assert findings.recommended.on == {"aug"}


@pytest.mark.parametrize("level", [0.0005, 0.01, 0.5, 0.99, 0.9995])
def test_a_share_beside_its_ends_is_predicted_as_any_other(level: float) -> None:
    """Trials keep shares to more digits than a thousand validation images would give."""
    room = min(level, 1 - level)

    def near(trial: optuna.Trial) -> float:
        better = 0.3 * trial.suggest_categorical("a", [False, True])
        trial.suggest_categorical("b", [False, True])
        noise = 0.02 * float(np.random.default_rng(trial.number).standard_normal())
        return level + room * (better + noise)

    reach = recommended(foreign(24, near)).reach
    assert reach is not None
    assert reach.all_off.low < 100 * level < reach.all_off.high
    assert reach.recommended.low < 100 * (level + 0.3 * room) < reach.recommended.high
    assert reach.recommended.value - reach.all_off.value == pytest.approx(30 * room, rel=0.1)


def of_moved_rates(trial: optuna.Trial) -> float:
    """Two optimizers, the better of which has its best learning rate two decades lower."""
    optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"])
    rate = np.log10(trial.suggest_float("lr", 1e-4, 1, log=True))
    trial.suggest_float("decay", 0, 1)
    best, top = {"sgd": (-1, 0.80), "adam": (-3, 0.82), "lion": (-2, 0.78)}[optimizer]
    aug = trial.suggest_categorical("aug", [False, True])
    return float(top + 0.03 * aug - 0.03 * (rate - best) ** 2 + noise(trial))


def test_a_recipe_has_the_numbers_that_are_best_for_it() -> None:
    findings = analyse(foreign(80, of_moved_rates))
    found = findings.recommended
    assert found is not None
    assert found.reach is not None
    assert found.on == {"aug", "optimizer=adam"}
    rate, decay = found.best_numbers
    assert [rate.number.name, decay.number.name] == ["lr", "decay"]
    assert -3.4 < np.log10(rate.best) < -2.6
    assert rate.best_low < 1e-3 < rate.best_high < 1e-2
    assert rate.matters
    assert not decay.matters
    assert found.numbers == {"lr": rate.best, "decay": decay.best}
    # The best of all off is elsewhere, and both are predicted as they are best.
    off = {one.number.name: one.best for one in found.reach.off_numbers}
    assert -1.4 < np.log10(off["lr"]) < -0.6
    assert found.reach.recommended.low < 85 < found.reach.recommended.high
    assert found.reach.gain.low < 5 < found.reach.gain.high
    said = summarise(findings)
    (first, second) = said["recommended"]["numbers"]
    assert (first["parameter"], first["best"], first["matters"]) == ("lr", rate.best, True)
    assert second["matters"] is False
    assert said["decision"]["all_off_numbers"][0]["best"] == off["lr"]
    shown = answer_lines(findings)[0]
    assert shown.count(", lr 0.0") == 1
    assert shown.count("(optimizer sgd) with lr 0.") == 1
    text = " ".join(section.text for section in sections(findings))
    assert "With this recipe, lr is best near 0.00" in text


def test_a_recipe_is_tried_by_what_it_names() -> None:
    findings = analyse(foreign(60, of_moved_rates))
    recipe = findings.recommended
    assert recipe is not None
    study = optuna.create_study(direction="maximize")
    study.enqueue_trial(findings.results.asked(recipe) | recipe.numbers)
    study.optimize(of_moved_rates, n_trials=1)
    params = study.trials[0].params
    assert params["optimizer"] == "adam"
    assert params["aug"] is True
    assert params["lr"] == recipe.numbers["lr"]


def test_a_recipe_has_numbers_that_its_choices_were_tried_with() -> None:
    """One optimizer is better and was tried at low rates alone; the other is best at high ones."""
    random, study = np.random.default_rng(0), optuna.create_study(direction="maximize")
    distributions = {
        "optimizer": CategoricalDistribution(["sgd", "adam"]),
        "lr": FloatDistribution(1e-4, 1, log=True),
        "aug": CategoricalDistribution([False, True]),
    }
    for number in range(80):
        careful, aug = number % 4 == 0, bool(number % 3)
        rate = random.uniform(-4, -3 if careful else 0)
        value = 0.6 + 0.25 * careful + 0.02 * aug + 0.04 * rate + 0.005 * random.standard_normal()
        params = {"optimizer": "adam" if careful else "sgd", "lr": 10**rate, "aug": aug}
        study.add_trial(create_trial(params=params, distributions=distributions, value=value))
    found = recommended(study)
    assert "adam" in str(found)
    assert found.numbers["lr"] < 2e-3
