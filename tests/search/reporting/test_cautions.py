"""Every caution appears where it is due, and nowhere else."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, compress

import numpy as np
import pytest

from model_space.data.mel import Spectrogram
from model_space.technique import Dial
from search.analysis.diagnostics import diagnose
from search.analysis.effects import effects, repeated
from search.analysis.t_distribution import quantile
from search.commands.program import CommandDial, Metric, Program
from search.objective import ACCURACY, OBJECTIVES, Objective
from search.parameters import Category, Number, categories
from search.planning.design import design
from search.planning.phases import PLANS
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.reporting.cautions import cautions, notes
from search.reporting.findings import find
from search.reporting.sentences.fresh_seeds import about_tests
from search.results import Results, Run
from search.settings import Settings, TimeLimit
from search.storage.parameters import number_of
from search.storage.schema import TRIES
from tests.support.fakes import EFFECTS
from tests.support.of_levels import OF_PROGRAM
from tests.support.programs import switches
from tests.support.simulate import (
    NAMES,
    facts,
    random_pairs,
    repeats_of,
    results_of,
    run,
    simulated,
    value,
)

pytestmark = pytest.mark.numeric

SIXTEEN, SIXTY_FOUR = design(8, 16, 16), design(8, 64, 64)
ENDS: tuple[list[str], ...] = ([], list(NAMES))


def said(results: Results) -> str:
    fitted = effects(
        results.of("measure"), results.factors, repeated(results), others=results.others
    )
    diagnostics = diagnose(results, fitted)
    return "\n".join([*cautions(results, diagnostics), *notes(results, diagnostics)])


def quiet() -> Results:
    return results_of(simulated(SIXTY_FOUR, 0, 0.3), settings=Settings(measure=(64,)))


def missing() -> Results:
    return results_of(simulated(SIXTY_FOUR[:60], 0, 0.3), settings=Settings(measure=(64,)))


def without_time() -> Results:
    """A plan that had no time for its last runs."""
    settings = Settings(measure=(64,), time=TimeLimit(60.0, 60.0, closed=("measure",)))
    return replace(missing(), settings=settings)


def without_time_and_given_up() -> Results:
    """Another, of which one run more failed as often as it may be tried."""
    tries = [replace(run(["mixup"], 0.0, state="failed", failure="no value"), seed=7)] * TRIES
    return replace(without_time(), runs=(*without_time().runs, *tries))


def partly() -> Results:
    """Runs of a larger design that was stopped: no sums of pairs, and few pairs alone."""
    rows = np.random.default_rng(13).permutation(SIXTY_FOUR)
    return results_of(simulated(rows[:40], 0, 0.3))


def failed() -> Results:
    broken = [run([], 0.5, state="failed", failure="out of memory") for _ in range(2)]
    return results_of([*simulated(SIXTY_FOUR, 0, 0.3), *broken])


def given_up() -> Results:
    """Five recipes, each tried as often as it may be."""
    broken = [
        run([name], 0.5, state="failed", failure="no value", seed=3)
        for name in NAMES[:5]
        for _ in range(TRIES)
    ]
    return results_of([*simulated(SIXTY_FOUR, 0, 0.3), *broken])


def given_up_alike() -> Results:
    """Four seeds of one recipe, each tried as often as it may be."""
    lost = [
        run(["mixup"], 0.5, state="failed", failure="no value", seed=100 + seed)
        for seed in range(4)
        for _ in range(TRIES)
    ]
    return results_of([*simulated(SIXTY_FOUR, 0, 0.3), *lost])


def diverged() -> Results:
    runs = simulated(SIXTY_FOUR, 0, 0.3)
    return results_of([replace(runs[0], value=0.1, diverged=True), *runs[1:]])


def four_diverged() -> Results:
    """All with augmentation and without batch_norm, of sixteen such runs."""
    found = simulated(SIXTY_FOUR, 0, 0.3)
    cell = [at for at, one in enumerate(found)
            if "augmentation" in one.on and "batch_norm" not in one.on]  # fmt: skip
    chosen = next(
        four for four in combinations(cell, 4)
        if frozenset.intersection(*(found[at].on for at in four)) == {"augmentation"}
        and not set(NAMES) - {"batch_norm"} - set().union(*(found[at].on for at in four))
    )  # fmt: skip
    return results_of(
        [replace(one, value=0.1, diverged=True) if at in chosen else one
         for at, one in enumerate(found)]
    )  # fmt: skip


def all_diverged() -> Results:
    return results_of([replace(r, value=0.1, diverged=True) for r in simulated(SIXTEEN, 0, 0)])


def all_equal() -> Results:
    return results_of([replace(r, value=0.5) for r in simulated(SIXTEEN, 0, 0)])


def never_varied() -> Results:
    return results_of(simulated(SIXTY_FOUR[~SIXTY_FOUR[:, 0]], 0, 0.3))


def together() -> Results:
    runs = [run(["a", "b"] if at % 2 else [], 0.5 + 0.01 * at) for at in range(6)]
    return results_of([*runs, run(["c"], 0.5), run(["a", "b", "c"], 0.6)], ("a", "b", "c"))


def together_by_a_program() -> Results:
    return replace(together(), designed=False)


def no_noise() -> Results:
    return results_of([run([], 0.5), run(["a"], 0.6), run(["b"], 0.5)], ("a", "b"))


def exact() -> Results:
    return results_of(simulated(SIXTY_FOUR, 0, 0.0))


def from_repeats() -> Results:
    confirmed = [r for group in repeats_of(ENDS, 3, 0.3) for r in group]
    return results_of([*simulated(SIXTEEN, 0, 0.3), *confirmed])


def one_far_off() -> Results:
    runs = from_repeats().runs
    return results_of([replace(runs[0], value=0.1), *runs[1:]])


def few() -> Results:
    return results_of(simulated(SIXTEEN[:12], 0, 0.3))


def alone() -> Results:
    return results_of(simulated(SIXTEEN, 0, 0.3))


def unproven() -> Results:
    """mixup comes out at 2.5 standard errors: beyond one interval, not beyond eight."""
    runs = simulated(SIXTY_FOUR, 0, 1.0)
    found = effects(runs, NAMES)
    assert found is not None
    mixup = found.of("mixup")
    error = (mixup.high - mixup.low) / 2 / quantile(found.dof)
    lift = 2.5 * error - mixup.effect
    return results_of([replace(r, value=(r.scaled + lift * ("mixup" in r.on)) / 100) for r in runs])


def ceiling() -> Results:
    """Techniques that add up on the logit, up to 99 %: on the accuracy they seem to interact."""
    random, runs = np.random.default_rng(0), []
    for row in SIXTY_FOUR:
        on = [*compress(NAMES, row)]
        worth = dict.fromkeys(NAMES, 0.0) | {"augmentation": 2.5, "batch_norm": 2.5, "mixup": 1.0}
        logit = value(on, worth) - 70 + 2.0 + 0.05 * random.standard_normal()
        runs.append(run(on, 1 / (1 + math.exp(-logit))))
    return results_of(runs)


def together_more() -> Results:
    """All on is ten points better than its techniques' effects say."""
    confirmed = [r for group in repeats_of(ENDS, 3, 0.3) for r in group]
    lifted = [replace(r, value=r.value + 0.1 if r.on else r.value) for r in confirmed]  # type: ignore[operator]
    return results_of([*simulated(SIXTY_FOUR, 0, 0.3), *lifted])


def foreign() -> Results:
    random = np.random.default_rng(0)
    measured = [
        replace(one, params={"lr": 10 ** random.uniform(-4, -1), "layers": int(at % 3)})
        for at, one in enumerate(simulated(SIXTY_FOUR[:63], 0, 0.3))
    ]
    runs: list[Run] = [*measured, run([], 0.1, state="pruned")]
    others = (Number("lr", 1e-4, 1e-1, log=True), Category("layers", (0, 1, 2)))
    return results_of(runs, designed=False, others=others)


def endless() -> Results:
    return results_of([*simulated(SIXTY_FOUR, 0, 0.3), replace(run([], 0.0), value=None)])


def uneven(objective: Objective = ACCURACY, counts: tuple[int, ...] = (41, 56, 3)) -> Results:
    """Of the images that validate, so many are of each class."""
    data = facts(validation=counts, classes=("cat", "cow", "dog"))
    runs = [replace(r, scale=objective.scale) for r in simulated(SIXTY_FOUR, 0, 0.3)]
    return results_of(runs, data=data, objective=objective)


def of_a_crash() -> Results:
    """A loss of which one run printed a number that stands for its crash."""
    loss = Objective("loss", "", 1.0, maximize=False)
    runs = [replace(one, value=1 - (one.value or 0), scale=1.0)
            for one in simulated(SIXTY_FOUR, 0, 0.3)]  # fmt: skip
    return replace(
        results_of([replace(runs[0], value=1e9), *runs[1:]], objective=loss), designed=False
    )


def untaught(accuracy: float = 0.1, counts: tuple[int, ...] = (20,) * 10) -> Results:
    """Where batch_norm, residual and mixup are off, nothing is learned."""
    runs = [
        r if r.on & {"batch_norm", "residual", "mixup"} else replace(r, value=accuracy)
        for r in simulated(SIXTY_FOUR, 0, 0.3)
    ]
    return results_of(runs, data=facts(validation=counts))


def near_the_ceiling() -> Results:
    """What techniques do to the logit adds up, and near the ceiling it is small in points."""
    worth = {"batch_norm": 1.5, "global_pooling": -1.0, "mixup": -1.0, "dropout": 0.4}
    random, runs = np.random.default_rng(1), []
    for row in design(8, 32, 32):
        on = [*compress(NAMES, row)]
        logit = 2.5 + sum(worth.get(name, 0.0) for name in on) + 0.1 * random.standard_normal()
        runs.append(run(on, 1 / (1 + math.exp(-logit))))
    return results_of(runs)


def on_two_scales() -> Results:
    """One worker of another program printed shares, and one percentages."""
    runs = simulated(SIXTY_FOUR, 0, 0.3)
    return results_of(
        [replace(one, value=(one.value or 0) * (1 if at % 4 else 100), scale=1.0)
         for at, one in enumerate(runs)],
        objective=Objective("score", "", 1.0, low=-math.inf, high=math.inf), designed=False,
    )  # fmt: skip


def failing() -> Results:
    """Where two are on without a third, the runs fail, and other techniques explain it as well."""
    runs = simulated(SIXTY_FOUR, 0, 0.3)
    fail = [{"dropout", "mixup"} <= one.on and "batch_norm" not in one.on for one in runs]
    return results_of(
        [replace(one, value=0.2) if bad else one for one, bad in zip(runs, fail, strict=True)]
    )


CASES: tuple[tuple[Callable[[], Results], str], ...] = (
    (missing, "60 of 64 planned runs are complete; 4 are missing."),
    (without_time, "60 of 64 planned runs are complete; there was no time for 4."),
    (
        without_time_and_given_up,
        "60 of 64 planned runs are complete; 4 are missing, 3 of them for lack of time.",
    ),
    (failed, "2 runs failed: out of memory."),
    (
        given_up,
        "5 measure runs were given up after each had failed 3 times (techniques on: augmentation; "
        "batch_norm; residual; 2 more): no value.",
    ),
    (
        given_up_alike,
        "4 measure runs were given up after each had failed 3 times (techniques on: mixup): no",
    ),
    (diverged, "1 run diverged; it counts at chance level."),
    (four_diverged, "4 runs diverged, all with augmentation on and batch_norm off; they count"),
    (all_diverged, "Every measured run diverged"),
    (of_a_crash, "came to 1e+09, far from all others (0.1"),
    (of_a_crash, "decides what counts as noise. Without it, "),
    (of_a_crash, "If that stands for a failure, an objective that returns nan fails there"),
    (all_equal, "Every measured run has the same value"),
    (on_two_scales, "If some values are shares and others percentages, the effects mean nothing"),
    (endless, "1 run ended without a value that can be computed with and is left out."),
    (never_varied, "augmentation never varied in these runs, so its effect is unknown."),
    (together, "a and b cannot be told apart: they changed together. More runs separate them."),
    (
        together_by_a_program,
        "a and b cannot be told apart: they changed together. Trials that change each alone "
        "separate them.",
    ),
    (no_noise, "No degree of freedom remains to estimate the noise"),
    (exact, "The runs fit the model exactly"),
    (
        from_repeats,
        "4 degrees of freedom from repeated runs and 3 from the smaller interactions",
    ),
    (one_far_off, "At least one run is so far from what the techniques explain"),
    (few, "degrees of freedom remain to estimate the noise, so the intervals are wide"),
    (
        alone,
        "16 runs of 8 techniques give each technique's effect, averaged over the others, but not",
    ),
    (few, "The intervals of the effects hold what interactions may add to them."),
    (from_repeats, "but their 28 interactions only as 7 sums"),
    (partly, "40 runs of 8 techniques can estimate only 13 of their 28 interactions."),
    (quiet, "64 runs separate all 28 interactions"),
    (unproven, "mixup: the interval excludes zero, but with 8 techniques"),
    (ceiling, "The interactions vanish on the logit of accuracy"),
    (
        near_the_ceiling,
        "On the logit of accuracy, on which these techniques add up better, dropout helps.",
    ),
    (failing, "What techniques do together, most likely"),
    (together_more, "more than two techniques probably act together"),
    (foreign, "These trials were not planned as a balanced design."),
    (foreign, "1 pruned trial has no final value"),
    (foreign, "The effects are adjusted for layers and lr (numbers by a curve of degree 6)."),
    (
        uneven,
        "Class “cow” has 56.0 % of the validation images and “dog” 3.0 %, and accuracy weighs them "
        "by size: predicting “cow” every time gives 56.0 %. A new study with --objective "
        "balanced_accuracy weighs the classes equally.",
    ),
    (quiet, "Runs differ from the fit by 0.28 points (standard deviation; seeds)."),
    (
        untaught,
        "8 of 64 measured runs learned nothing: those with batch_norm, residual and mixup off. "
        "They reached no more than 10.0 %, as predicting one class every time does.",
    ),
)


@pytest.mark.parametrize(("make", "caution"), CASES, ids=[make.__name__ for make, _ in CASES])
def test_a_caution_is_given_where_it_is_due(make: Callable[[], Results], caution: str) -> None:
    assert caution in said(make())


def test_a_sound_study_is_given_no_caution_that_is_not_due() -> None:
    heard = said(quiet())
    for make, caution in CASES:
        assert make is quiet or caution not in heard


def test_a_program_whose_metric_never_changes_is_asked_about() -> None:
    program = Program("train {flags}", "/", (), Metric("val", "val"))
    runs = all_equal().runs
    found = results_of([*runs], settings=Settings(measure=(16,), program=program))
    assert "no factor can be judged: does --metric take a number that they can change?" in said(
        found
    )
    assert not find(found, []).steps
    assert find(replace(found, settings=Settings(measure=(16,))), []).steps


def test_classes_are_cautioned_of_where_they_differ_and_the_objective_weighs_them() -> None:
    by_loss = said(uneven(OBJECTIVES["neg_log_loss"]))
    assert "“dog” 3.0 %, and negative log loss weighs them by size." in by_loss
    assert "Class" not in said(uneven(OBJECTIVES["balanced_accuracy"]))
    for even in ((33, 33, 34), (50, 30, 26), (2, 1, 1), (4, 3, 1)):  # a split rounds the last ones
        assert "Class" not in said(uneven(counts=even)), even
    for odd in ((5, 3, 1), (50, 30, 23), (3, 3, 0)):
        assert "Class" in said(uneven(counts=odd)), odd
    heard = uneven()
    assert heard.data is not None
    heard = replace(heard, data=replace(heard.data, sound=Spectrogram(8000, 1.0, 40, 62)))
    assert "of the validation sounds" in said(heard)


def test_runs_learned_nothing_where_one_class_named_every_time_is_as_good() -> None:
    assert "learned nothing" not in said(untaught(0.105))
    assert "8 of 64 measured runs learned nothing" in said(untaught(0.3, (30, 25, 25, 20)))
    assert "learned nothing" not in said(untaught(0.31, (30, 25, 25, 20)))
    equally = replace(untaught(0.3, (30, 25, 25, 20)), objective=OBJECTIVES["balanced_accuracy"])
    assert "learned nothing" not in said(equally)  # 25 %, of four classes
    runs = list(untaught().runs)
    at = next(at for at, r in enumerate(runs) if r.value == 0.1)
    runs[at] = replace(runs[at], value=0.7)  # so the others have no recipe of their own
    fewer = replace(untaught(), runs=tuple(runs))
    assert "7 of 64 measured runs learned nothing. They" in said(fewer)


def test_the_logit_is_of_shares_only() -> None:
    """A log loss has its ceiling where no logit is."""
    for objective in OBJECTIVES.values():
        found = replace(ceiling(), objective=objective)
        assert ("logit of" in said(found)) == objective.share
        assert (f"logit of {objective.measure}," in said(found)) == objective.share


def test_the_run_count_that_separates_the_pairs_is_the_one_that_does() -> None:
    assert "--measure 64 separates the interactions." in said(alone())
    pairs = random_pairs(NAMES, 0, 1.0)
    found = effects(simulated(SIXTY_FOUR, 0, 0.3, pairs), NAMES)
    assert found is not None
    assert found.fit.model.pairs_estimable


@pytest.mark.parametrize(("rate", "near"), [(0.095, True), (0.05, False), (0.00011, True)])
def test_a_number_at_the_end_of_its_range_is_told(rate: float, near: bool) -> None:
    program = Program(
        "train {flags}", "/",
        switches(("ema", "warmup")),
        Metric("acc", "acc"), unit="points", scale=100.0,
        dials=(CommandDial(Dial("lr", 1e-4, 1e-3, 1e-1, log=True), ("--lr", "{value}")),),
    )  # fmt: skip
    settings = settle(None, Requested(program=program, measure=16, search=4, confirm=0))
    space = Space.of(settings)
    runs = [
        Run(at, phase, "complete", {**space.params(on), **turned}, frozenset(on), worth, {}, at,
            epochs=settings.epochs)
        for at, (on, turned, worth, phase) in enumerate([
            *((["ema"] * (at % 2), {}, 0.7 + 0.001 * (at % 3), "measure") for at in range(16)),
            *((["ema"], {"lr": rate}, 0.9 + 0.001 * at, "search") for at in range(4)),
        ])
    ]  # fmt: skip
    dials = (number_of("lr", space.distributions(space.params([]))["lr"]),)
    results = Results("s", settings.factors, tuple(runs), settings, dials=dials)
    told = f"lr is {rate:.3g} in the recommended recipe, at an end of its range, 0.0001 to 0.1."
    assert (told in " ".join(find(results, []).cautions)) == near


@pytest.mark.parametrize("alike", [False, True])
def test_seeds_that_move_all_recipes_alike_are_told(alike: bool) -> None:
    random = np.random.default_rng(0)
    noise = 0.03 * random.standard_normal((1 if alike else 3, 4))
    noise = np.broadcast_to(noise, (3, 4)) + 0.002 * random.standard_normal((3, 4))
    space = Space.of(OF_PROGRAM)
    runs = tuple(
        Run(0, "confirm", "complete", space.params(on), frozenset(on), 0.7 + noise[at, seed], {},
            seed, epochs=OF_PROGRAM.epochs_of("confirm"))
        for at, on in enumerate((["ema"], ["mixup"], []))
        for seed in range(4)
    )  # fmt: skip
    found = find(Results("s", OF_PROGRAM.factors, runs, OF_PROGRAM), [])
    told = [one for one in found.cautions if one.startswith("Seeds move all recipes alike, by ")]
    assert len(told) == alike
    if alike:
        assert "as where the seed draws the split of the data." in told[0]
    [held] = [one for one in about_tests(found.results, found.confirmed)
              if one.startswith("The intervals hold for other seeds")]  # fmt: skip
    assert held.endswith("other seeds." if alike else "on the same data.")


def test_a_design_that_cannot_grow_asks_for_a_new_study() -> None:
    settings = replace(OF_PROGRAM, verify=(), verify_epochs=None)
    empty = Results("s", settings.factors, (), settings, others=categories(settings))
    planned = PLANS["measure"](settings, Space.of(settings), empty)
    noise = np.random.default_rng(0).normal(0.7, 0.01, len(planned))
    params = [one.params or {} for one in planned]
    runs = [
        Run(at, "measure", "complete", one, empty.on(one), worth, {}, at, epochs=settings.epochs)
        for at, (one, worth) in enumerate(zip(params, noise, strict=True))
    ]
    unclear = replace(empty, runs=tuple(runs))
    found = re.search(r"Smaller effects, from about ([0-9.]+) points of .* on, take", said(unclear))
    least = re.search(r"An effect must be ([0-9.]+) points or more", said(unclear))
    assert found is not None
    assert least is not None
    assert float(found[1]) == pytest.approx(float(least[1]) / math.sqrt(2), rel=0.05)
    assert (
        "take a new study, with --measure 32: the design of a factor of several levels cannot grow."
    ) in said(unclear)
    clear = [replace(run, value=0.5 + 0.1 * len(run.on)) for run in runs]
    assert "take a new study" not in said(replace(empty, runs=tuple(clear)))


def test_one_of_anything_is_singular() -> None:
    """Two techniques in five runs: one pair, one run missing and one failed."""
    two = ("augmentation", "batch_norm")
    worth = {name: EFFECTS[name] for name in two}
    runs = simulated(design(2, 4, 4), 0, 0.3, effects=worth)
    runs += [replace(runs[0], value=(runs[0].value or 0) + 0.001)]
    failed = run([], 0.0, state="failed", failure="no disk")
    results = results_of([*runs, failed], two, settings=Settings(measure=(6,)))
    found = effects(results.of("measure"), results.factors, repeated(results), maximize=True)
    diagnostics = diagnose(results, found)
    said = " ".join([*cautions(results, diagnostics), *notes(results, diagnostics)])
    for sentence in (
        "5 of 6 planned runs are complete; 1 is missing.",
        "1 run failed: no disk.",
        "Only 2 degrees of freedom remain to estimate the noise",
        "5 runs separate the interaction of two techniques from the effects;",
    ):
        assert sentence in said
    fit = diagnostics.fit
    assert fit is not None
    saturated = replace(fit.effects, fit=replace(fit.effects.fit, dof=1))
    said = " ".join(cautions(results, replace(diagnostics, fit=replace(fit, effects=saturated))))
    assert "Only 1 degree of freedom remains to estimate the noise" in said
