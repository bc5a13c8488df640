"""Studies of other programs that a pruner thinned out: what all trials said before it did."""

import math

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from search import analyse
from search.reporting.sections import sections
from search.storage.reading import read, read_early
from tests.support.foreign import foreign

pytestmark = pytest.mark.usefixtures("no_importances")

SWITCH = [False, True]


def late(trial: optuna.Trial, least: float = 0.6) -> float:
    """`aug` costs 4 points after three epochs and is worth 4 at the end; `bn` is always worth 6."""
    random = np.random.default_rng(trial.number)
    aug, bn = (trial.suggest_categorical(name, SWITCH) for name in ("aug", "bn"))
    own = 0.01 * random.normal()
    for epoch in range(10):
        value = 0.5 + 0.02 * epoch + 0.06 * bn + (0.04 if epoch > 5 else -0.04) * aug + own
        trial.report(float(value), epoch)
        if epoch > 2 and value < least and epoch < 6:
            raise optuna.TrialPruned
    return float(value)


def test_the_effects_on_what_all_trials_reported_are_told() -> None:
    """All but those with bn and without aug are pruned, and nothing is known of either."""
    study = foreign(40, late)
    findings = analyse(study)
    assert findings.early is not None
    pruned = sum(trial.state == TrialState.PRUNED for trial in study.trials)
    assert pruned > 20
    assert findings.early.effects.runs == 40
    assert findings.early.results.cut_at == 4
    for name, truth in (("aug", -4), ("bn", 6)):
        effect = findings.early.effects.of(name)
        assert effect.low < truth < effect.high
        assert effect.high - effect.low < 2
    text = " ".join(section.text for section in sections(findings))
    assert "What all 40 trials reported after epoch 4, before any was pruned, says: bn" in text
    assert "Before any trial was pruned" in [section.title for section in sections(findings)]


def test_a_trial_that_diverged_hides_no_early_effect() -> None:
    """A loss in nats, of which one trial began with twenty, and was pruned for it."""

    def loss(trial: optuna.Trial) -> float:
        random = np.random.default_rng(trial.number)
        aug, bn = (trial.suggest_categorical(name, SWITCH) for name in ("aug", "bn"))
        own = 20 if trial.number == 7 else 0.02 * random.normal()
        for epoch in range(6):
            value = 2.3 - 0.05 * epoch + 0.1 * aug - 0.15 * bn + own
            trial.report(float(value), epoch)
            if epoch > 1 and (own > 1 or trial.number % 2):
                raise optuna.TrialPruned
        return float(value)

    findings = analyse(foreign(60, loss, direction="minimize"))
    assert findings.early is not None
    assert (findings.early.effects.runs, findings.early.far) == (59, 1)
    for name, truth in (("aug", 0.1), ("bn", -0.15)):
        effect = findings.early.effects.of(name)
        assert effect.low < truth < effect.high
        assert effect.high - effect.low < 0.05
    text = " ".join(section.text for section in sections(findings))
    assert "What all trials but 1 far from the others reported after epoch 3, before any" in text
    assert "1 trial far from all others is left out." in text


def test_effects_are_told_where_every_trial_was_pruned() -> None:
    findings = analyse(foreign(40, lambda trial: late(trial, 1.0)))
    assert findings.effects is None
    assert findings.early is not None
    assert findings.early.effects.of("bn").verdict == "helps"
    titles = {section.title: section.text for section in sections(findings)}
    assert "bn helps most: +5.9 points" in titles["What matters, and what does not"]


def test_the_cut_values_are_those_of_the_last_shared_step() -> None:
    study = foreign(40, late)
    cut = read_early(study)
    assert cut is not None
    assert [run.value for run in cut.runs] == [one.intermediate_values[3] for one in study.trials]
    assert {run.state for run in cut.runs} == {"complete"}
    assert {run.state for run in read(study).runs} == {"complete", "pruned"}


@pytest.mark.parametrize(
    "kind", ["none pruned", "few pruned", "no reports", "losses", "other unit"]
)
def test_nothing_is_told_of_what_says_nothing(kind: str) -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.6 + 0.1 * trial.suggest_categorical("bn", SWITCH)
        value += 0.01 * float(np.random.default_rng(trial.number).normal())
        for epoch in range(5):
            if kind != "no reports":
                shown = (
                    math.exp(-trial.number % 7) if kind == "losses" else value - 0.01 * (4 - epoch)
                )
                trial.report(50 * shown if kind == "other unit" and epoch < 4 else shown, epoch)
            of = {"none pruned": 99, "few pruned": 10}.get(kind, 2)
            if epoch == 2 and trial.number % of == 1:
                raise optuna.TrialPruned
        return value

    assert analyse(foreign(30, function)).early is None
