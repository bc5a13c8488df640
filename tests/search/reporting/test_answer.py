"""The answer of every kind of study: what to do first, by its own objective, and no more than is
known."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import optuna
import pytest

from search.analysis.headline import headline as first_named
from search.analysis.long_runs import long_study
from search.analysis.next_steps import NextStep
from search.objective import ACCURACY, OBJECTIVES, Objective
from search.parameters import categories
from search.planning.design import design
from search.planning.phases import PLANS
from search.planning.space import Space
from search.reporting.answer.commands import settle
from search.reporting.answer.how_sure import budget_warning, how_sure
from search.reporting.answer.support import support
from search.reporting.answer.what_matters import what_matters
from search.reporting.answer.what_to_do import headline, to_train, what_to_do
from search.reporting.ending import answer_lines
from search.reporting.findings import Findings, analyse, find, find_recipe
from search.reporting.gallery import draw
from search.reporting.html import page
from search.reporting.sections import sections
from search.reporting.sentences.levels import at_best
from search.reporting.tables import confirmed_table
from search.results import Results, Run
from search.settings import Settings
from tests.search.reporting.test_short_and_long import long, short
from tests.support.foreign import foreign as foreign_trials
from tests.support.of_levels import OF_PROGRAM
from tests.support.simulate import NAMES, facts, results_of, run, simulated

SETTINGS = Settings(data="digits", epochs=12, measure=(16,), search=0)
BEST = ("augmentation", "batch_norm", "global_pooling", "amsgrad")


def measured(runs: int = 16, noise: float = 0.3) -> list[Run]:
    return [replace(one, params={n: n in one.on for n in NAMES}, seed=at)
            for at, one in enumerate(simulated(design(8, runs, runs), 0, noise))]  # fmt: skip


def confirmed(on: tuple[str, ...], level: float, spread: float = 0.001) -> list[Run]:
    return [
        run(on, level + spread * seed, "confirm", test_accuracy=level + spread * seed,
            test_objective=level - 0.1 + spread * seed, params={n: n in on for n in NAMES})
        for seed in range(3)
    ]  # fmt: skip


def compared(recipe: float, plain: float, objective: Objective = ACCURACY) -> Results:
    runs = [*measured(), *confirmed(BEST, recipe), *confirmed((), plain), *confirmed(NAMES, 0.4)]
    return results_of(runs, settings=SETTINGS, data=facts(), objective=objective)


def losing() -> Results:
    """Runs with dropout and mixup learn nothing."""
    runs = [replace(one, value=0.1) if {"dropout", "mixup"} <= one.on else one
            for one in measured(64)]  # fmt: skip
    return results_of(runs, settings=replace(SETTINGS, measure=(64,)), data=facts())


def foreign() -> Results:
    return results_of(measured(64), designed=False)


STUDIES: dict[str, Callable[[], Results]] = {
    "tested": lambda: compared(0.85, 0.70),
    "no better": lambda: compared(0.701, 0.70),
    "balanced accuracy": lambda: compared(0.85, 0.70, OBJECTIVES["balanced_accuracy"]),
    "measured": lambda: results_of(measured(), settings=SETTINGS, data=facts()),
    "interrupted": lambda: results_of(measured()[:7], settings=SETTINGS, data=facts()),
    "not begun": lambda: results_of([], settings=SETTINGS, data=facts()),
    "verified": long,
    "failing": losing,
    "foreign": foreign,
}


def findings(study: str) -> Findings:
    return find(STUDIES[study](), [])


@pytest.mark.parametrize("study", STUDIES)
def test_every_kind_of_study_is_answered_in_one_order(study: str) -> None:
    found = findings(study)
    parts = [one for one in sections(found) if not one.folded]
    assert parts[0].title == "What to do"
    assert parts[0].headline
    assert parts[-1].title == "How sure, and what would change it"
    said = [text for one in parts for text in (one.headline, one.text, *one.remarks)]
    for text in said:
        assert "nan" not in text.split()
        assert "  " not in text
    first = f"{parts[0].headline} {parts[0].text}"
    assert ("interval" in first) == bool(re.search(r"\d %", first))
    if found.results.settings is not None:
        commands = " ".join(command.line for one in parts for command in one.commands)
        assert "kouka " in commands
    else:
        assert not any(one.commands for one in parts)


def test_no_sentence_has_an_exponent() -> None:
    runs = [replace(one, value=1e4 * one.value) for one in measured() if one.value is not None]
    score = Objective("score", "", 1.0, low=-math.inf, high=math.inf)
    found = find(results_of(runs, settings=SETTINGS, data=facts(), objective=score), [])
    larger = NextStep("runs", ("--measure", "64"), 48, None, detectable=140.2)
    found = replace(found, steps=(larger,))
    said = [text for one in sections(found) for text in (one.headline, one.text, *one.remarks)]
    said += [command.does for one in sections(found) for command in one.commands]
    assert "Smaller effects, from about 140 in score on: 48 more runs." in said
    assert not [text for text in said if re.search(r"\de[+-]\d", text)]


def test_the_headline_of_short_runs_warns_of_longer_ones() -> None:
    warning = "Runs longer than 4 epochs may say otherwise."
    settings = replace(long().launched_with(), verify=(), verify_epochs=None)
    found = find(replace(short(), settings=settings), [])
    for briefly in (False, True):
        assert headline(found, briefly=briefly).endswith(warning)
    assert warning not in headline(findings("verified"))


@pytest.mark.parametrize("steps", [5, 20])
def test_few_reports_of_another_program_may_be_of_folds(steps: int) -> None:
    """Each is the mean score of the folds so far, of which the last is an easy one."""

    def function(trial: optuna.Trial) -> float:
        better = trial.suggest_categorical("a", [False, True])
        trial.suggest_categorical("b", [False, True])
        random = np.random.default_rng(trial.number)
        scores: list[float] = []
        for fold in range(steps):
            own = 0.7 + 0.03 * better + 0.01 * fold + 0.001 * float(random.standard_normal())
            scores.append(own)
            trial.report(float(np.mean(scores)), fold)
        return float(np.mean(scores))

    found = analyse(foreign_trials(40, function))
    hedged = f"Unless reports are of folds, runs longer than {steps} epochs may say otherwise."
    assert headline(found).endswith(hedged) == (steps == 5)
    said = " ".join(budget_warning(found))
    assert ("Unless reports are of folds, these are effects" in said) == (steps == 5)


@pytest.mark.parametrize("noise", [0.001, 0.1])
def test_the_headline_warns_too_where_curves_are_too_noisy_to_show_an_end(noise: float) -> None:
    """The mean curve is as good as flat, which seeds hide where they differ by 10 points."""
    random = np.random.default_rng(3)
    runs = tuple(
        replace(one, curve={
            epoch: (one.value or 0) * (1 - 0.1**epoch) + noise * random.standard_normal()
            for epoch in one.curve
        })
        for one in short().runs
    )  # fmt: skip
    settings = replace(long().launched_with(), verify=(), verify_epochs=None)
    found = find(replace(short(), runs=runs, settings=settings), [])
    assert found.fast_start is None
    warned = headline(found).endswith("Runs longer than 4 epochs may say otherwise.")
    assert warned == (noise > 0.01)


def test_fresh_seeds_are_offered_to_other_recipes_than_all_off() -> None:
    settings = replace(long().launched_with(), verify=(), verify_epochs=None)
    for sign, said in ((-1, "the plain network and the most promising recipes"),
                       (1, "the recipe and the plain network")):  # fmt: skip
        runs = tuple(
            replace(one, value=0.7 + sign * 0.05 * len(one.on), curve={}) for one in short().runs
        )
        found = find(replace(short(), runs=runs, settings=settings), [])
        does = [one.does for one in settle(found)]
        assert any(f"What {said} reach on fresh seeds" in one for one in does)


def test_two_intervals_of_one_effect_are_explained() -> None:
    for noise in (0.3, 12.0):
        found = find(results_of(measured(noise=noise), settings=SETTINGS, data=facts()), [])
        assert found.effects is not None
        named = first_named(found.effects)
        part = what_matters(found)
        assert part is not None
        differ = named.low != found.effects.of(named.technique).low
        assert differ == (noise == 12.0)
        assert differ == any("allows for the choice" in remark for remark in part.remarks)


def test_what_the_recipe_has_against_the_averages_is_explained() -> None:
    """batch_norm helps and late_widening hurts in the mean, beside recipes that say otherwise."""
    found = find(compared(0.8, 0.6), [])
    assert found.decision is not None
    assert "Effects are averages" not in " ".join(answer_lines(found))
    for on, said in (
        ({"augmentation", "batch_norm", "late_widening", "amsgrad"},
         "has late_widening on, which hurts on average, and global_pooling off, which helps."),
        ({"augmentation", "global_pooling", "amsgrad"},
         "has batch_norm off, which helps on average."),
        (set[str](), ""),
    ):  # fmt: skip
        recommended = replace(found.decision.recommended, on=frozenset(on))
        other = replace(found, decision=replace(found.decision, recommended=recommended))
        lines = " ".join(answer_lines(other))
        assert lines.count("Effects are averages") == bool(said), lines
        assert said in lines
        part = what_matters(other)
        assert part is not None
        assert said in part.text
        assert "chosen as a whole" not in part.text


def test_what_the_recipe_has_without_a_clear_effect_is_named() -> None:
    found = find(compared(0.8, 0.6), [])
    assert found.decision is not None
    for on, said in (
        ({"batch_norm", "mixup"}, "also has mixup on, whose effect is not clear."),
        ({"dropout", "mixup"}, "has mixup and dropout on, whose effects are not clear."),
    ):
        recommended = replace(found.decision.recommended, on=frozenset(on))
        part = what_matters(
            replace(found, decision=replace(found.decision, recommended=recommended))
        )
        assert part is not None
        assert f"The recommended recipe, chosen as a whole, {said}" in part.text


def test_a_level_of_the_recipe_without_a_clear_effect_is_named() -> None:
    settings = replace(OF_PROGRAM, confirm=0, verify=(), verify_epochs=None)
    empty = Results("s", settings.factors, (), settings, others=categories(settings))
    noise = np.random.default_rng(1).normal(0, 0.03, 16)
    runs = []
    planned = PLANS["measure"](settings, Space.of(settings), empty)
    for number, (one, noisy) in enumerate(zip(planned, noise, strict=True)):
        assert one.params is not None
        value = 0.7 + 0.02 * (one.params["opt"] == "muon") + noisy
        on = empty.on(one.params)
        runs.append(Run(number, "measure", "complete", one.params, on, value, seed=one.seed,
                        epochs=4))  # fmt: skip
    part = what_matters(find(replace(empty, runs=tuple(runs)), []))
    assert part is not None
    assert part.text.endswith("has ema on and opt muon, whose effects are not clear.")
    # Where runs are lost of as many as are enough, no other study is advised.
    [few] = at_best(find(replace(empty, runs=tuple(runs[:11])), []))
    assert few == "11 runs are too few for effects at each opt."


def test_a_recipe_that_is_no_better_is_not_praised() -> None:
    found = findings("no better")
    assert headline(found) == "So far nothing tried is surely better than the plain network."
    assert "points (" in " ".join(support(found))
    lines = [command.line for command in to_train(found)]
    assert lines == ["kouka train s", "kouka train s --recipe none"]
    matters = what_matters(found)
    assert matters is not None
    assert matters.text.endswith(
        "a technique may help many recipes, and still add little to the plain network."
    )


def test_runs_that_a_mean_leaves_out_are_named_beside_it() -> None:
    results = compared(0.85, 0.70)
    lost = max(at for at, one in enumerate(results.runs) if one.phase == "confirm" and not one.on)
    runs = [replace(one, diverged=at == lost) for at, one in enumerate(results.runs)]
    said = " ".join(support(find_recipe(replace(results, runs=tuple(runs))), briefly=True))
    assert "They are means of 3 and 2 seeds" in said
    assert "1 of 3 runs of the plain network diverged or learned nothing, and is left out" in said
    assert "left out" not in " ".join(support(find_recipe(results), briefly=True))
    table = confirmed_table(find_recipe(replace(results, runs=tuple(runs))))
    assert {row[0]: row[1] for row in table.rows}["all off"] == "2"


def test_a_run_that_learned_something_hard_is_not_left_out() -> None:
    """Two classes of which networks name 64 % right: of 100 test images, some as few as half."""
    results = compared(0.64, 0.64)
    runs = [replace(one, test_accuracy=0.5) if one.phase == "confirm" and at % 3 else one
            for at, one in enumerate(results.runs)]  # fmt: skip
    found = find_recipe(replace(results, runs=tuple(runs), data=facts((50, 50))))
    assert found.confirmed
    assert not any(row.diverged for row in found.confirmed)
    untaught = [replace(one, value=0.5) if one.phase == "confirm" and at % 3 == 1 else one
                for at, one in enumerate(runs)]  # fmt: skip
    lost = find_recipe(replace(results, runs=tuple(untaught), data=facts((50, 50))))
    left_out = {row.label: row.diverged for row in lost.confirmed}
    assert (left_out["recommended"], left_out["all off"]) == (1, 1)


def test_the_table_of_another_objective_has_its_own_gain() -> None:
    runs = [replace(one, test_objective=one.value, test_accuracy=0.7) for one in
            compared(0.8, 0.6).runs]  # fmt: skip
    objective = OBJECTIVES["balanced_accuracy"]
    found = find_recipe(replace(compared(0.8, 0.6), runs=tuple(runs), objective=objective))
    table = confirmed_table(found)
    assert [name.partition(" (")[0] for name in table.head[2:5]] == [
        "test balanced accuracy", "points over all off", "test accuracy",
    ]  # fmt: skip
    recommended = next(row for row in table.rows if row[0] == "recommended")
    assert recommended[3].startswith("+20.0")
    assert recommended[4].startswith("70.0")


def test_networks_that_all_learned_nothing_are_no_answer() -> None:
    runs = [replace(one, value=0.5) for one in measured()]
    results = results_of(runs, settings=SETTINGS, data=facts())
    assert headline(find_recipe(results)).endswith("more than to name one class every time.")


def test_a_gain_without_interval_is_no_reason_to_train() -> None:
    runs = [one for at, one in enumerate(compared(0.85, 0.70).runs)
            if one.phase == "confirm" and at % 3 == 1 and len(one.on) < len(NAMES)]  # fmt: skip
    found = find_recipe(results_of(runs, settings=SETTINGS, data=facts()))
    assert headline(found).startswith("So far the runs favour ")
    assert "of one seed, so without interval" in " ".join(support(found))


def test_the_objective_comes_before_test_accuracy() -> None:
    first = what_to_do(findings("balanced accuracy"))
    assert ": test balanced accuracy 75.10 % (95 % interval" in first.headline
    assert "+15.0" in first.headline
    assert "Its test accuracy is 85.10 %" in first.text
    assert "test accuracy 8" not in first.headline


def test_what_is_not_confirmed_says_so() -> None:
    first = what_to_do(findings("measured"))
    assert first.headline.startswith("So far the runs favour augmentation, batch_norm")
    assert "predicted validation accuracy" in first.headline
    assert "no fresh seed has confirmed it" in first.text
    assert "All of this is after 12 epochs on 1,000 training images." in first.text


def test_long_runs_give_the_budget() -> None:
    assert "All of this is after 16 epochs." in what_to_do(findings("verified")).text
    assert long_study(long()) is not None
    sure = how_sure(findings("verified"))
    assert sure is not None
    assert "16 to verify at the long budget" in sure.text


def test_the_runs_that_are_missing_are_one_command_away() -> None:
    for study in ("interrupted", "not begun"):
        sure = how_sure(findings(study))
        assert sure is not None
        assert [command.line for command in sure.commands] == ["kouka launch s"]
        assert "still to come" in sure.text.lower()


def test_commands_name_the_storage() -> None:
    found = replace(findings("tested"), storage_option=" --storage sqlite:///my.db")
    assert to_train(found)[0].line == "kouka train s --storage sqlite:///my.db"


@pytest.mark.parametrize("study", ["tested", "interrupted", "not begun"])
def test_how_commands_find_a_storage_that_they_do_not_name_is_said_once(study: str) -> None:
    note = "The commands need KOUKA_STORAGE."
    found = replace(findings(study), storage_note=note)
    sure = how_sure(found)
    assert sure is not None
    assert f"{what_to_do(found).text} {sure.text}".count(note) == 1


def test_levels_are_of_the_fit_and_left_out_where_it_fails() -> None:
    sound = find(results_of(measured(64), settings=SETTINGS), [])
    texts = draw(sound)["waterfall"].data[0].text
    assert [text.split()[-1] for text in texts] == ["fitted", "fitted"]
    failing = draw(findings("failing"))["waterfall"]
    assert list(failing.data[0].text) == ["", ""]
    assert failing.data[0].x[0] == 0
    [section] = [one for one in sections(findings("failing")) if one.figure == "waterfall"]
    assert "some recipes fail together" in section.text
    [section] = [one for one in sections(sound) if one.figure == "waterfall"]
    assert "no level" not in section.text


def test_what_may_be_noise_looks_so() -> None:
    found = find(results_of(
        [replace(one, seconds_per_epoch=1 + 0.01 * at) for at, one in enumerate(measured(64))],
        settings=SETTINGS,
    ), [])  # fmt: skip
    assert found.effects is not None
    sure = {one.technique for one in found.effects.effects if one.verdict in ("helps", "hurts")}
    assert 0 < len(sure) < len(NAMES)
    figures = draw(found)
    bars = [trace for trace in figures["waterfall"].data if trace.type == "bar" and trace.y[0]]
    strong = {bar.y[0] for bar in bars if not bar.marker.color.startswith("rgba")}
    assert strong == sure
    marks = {trace.name.split()[1]: trace.marker.symbol for trace in figures["costs"].data}
    assert {name for name, symbol in marks.items() if symbol == "circle"} == sure
    certain, unsure = figures["interactions"].data
    assert all("*" in text for row in certain.text for text in row if text)
    assert not any("*" in text for row in unsure.text for text in row)
    assert certain.colorscale != unsure.colorscale
    for name in ("effects", "waterfall", "interactions", "costs"):
        assert "may be noise" in figures[name].layout.meta["key"], name


def test_names_lead_to_what_the_techniques_do() -> None:
    found = findings("tested")
    said = page(found.results, sections(found), {})
    for target in re.findall(r"href='#([^']+)'", said):
        assert f"id='{target}'" in said
    assert "<a href='#technique-augmentation'>augmentation</a>" in said
    assert "Ioffe &amp; Szegedy 2015" in said
    other = find(foreign(), [])
    assert "href='#technique" not in page(other.results, sections(other), {})


def test_nothing_is_predicted_where_recipes_fail_together() -> None:
    found = findings("failing")
    assert found.decision is not None
    assert found.decision.verdict == "unknown"
    assert "As some recipes fail together, nothing is predicted" in what_to_do(found).text
    assert "predicted validation" not in what_to_do(found).headline


def test_recipes_that_fail_together_are_named_with_what_matters() -> None:
    section = what_matters(findings("failing"))
    assert section is not None
    assert "The 16 runs with dropout and mixup reached 10.00 % on average, the " in section.text
    for sound in ("measured", "verified"):
        other = what_matters(findings(sound))
        assert other is not None
        assert "on average" not in other.text


def test_a_saturated_fit_has_no_levels() -> None:
    found = findings("tested")
    assert found.levels is not None
    assert found.levels.failure == "saturated"
    [section] = [one for one in sections(found) if one.figure == "waterfall"]
    assert "no run is left over" in section.text


def test_all_off_is_predicted_with_the_numbers_that_all_long_runs_have() -> None:
    settings = replace(
        SETTINGS, verify=(16,), verify_epochs=48, confirm=0, searched_rates=(1e-4, 1e-2)
    )
    runs = [
        replace(one, phase=phase, epochs=epochs, params={**one.params, "learning_rate": rate})
        for phase, epochs, rate in (("measure", 12, 1e-3), ("verify", 48, 4e-3))
        for one in measured()
    ]
    findings = find(results_of(runs, settings=settings, data=facts()), [])
    said = " ".join([headline(findings), *support(findings)])
    assert "over the plain network with learning_rate 0.004." in said
    assert "The plain network with learning_rate 0.004 is predicted to come to " in said
    usual = [replace(one, params={**one.params, "learning_rate": 1e-3}) for one in runs]
    findings = find(results_of(usual, settings=settings, data=facts()), [])
    assert "over the plain network." in " ".join([headline(findings), *support(findings)])
