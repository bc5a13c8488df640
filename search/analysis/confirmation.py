"""Test results over fresh seeds: the recommended recipe, other candidates, all off and all on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from search.analysis.chance_level import constant_level, reached_no_more
from search.analysis.collapses import Collapse, collapse
from search.analysis.estimate import NO_ESTIMATE, Estimate, mean_over_seeds
from search.analysis.held_out import Difference, HeldOut, accuracy, difference
from search.analysis.long_runs import deciding
from search.analysis.looks import alpha_of_gains
from search.analysis.recipe_names import describe
from search.analysis.recommendation import Recommendation
from search.analysis.seed_differences import difference_over_seeds
from search.analysis.shared_seeds import SHARED_ALPHA, moved_alike
from search.objective import ACCURACY, Objective
from search.results import End, Results, Run


@dataclass(frozen=True)
class Confirmed:
    """Results of one recipe over seeds that had no part in choosing it."""

    label: str
    """recommended, candidate, all off or all on; recommended (all off) where it is an end."""
    recipe: str
    params: Mapping[str, Any]
    """The parameters of its trials."""
    runs: int
    """Those that diverged included."""
    diverged: int
    """Runs that diverged, or learned nothing while others of the recipe learned; they have no part
    in the means and intervals unless all diverged."""
    test: Estimate
    """Accuracy on the test images; the interval holds for other seeds and other images, unless the
    study does not say how many there are. Of a user's program, `test_objective`."""
    test_objective: Estimate
    """The study's objective on the test images: the same where that is accuracy, else with an
    interval that holds for other seeds alone. Of a program without a test score, `validation`."""
    validation: Estimate
    """The objective on the validation images, with an interval for other seeds."""
    gain: Difference | None
    """Test accuracy less that of all off; None for all off, and while that is not known."""
    objective_gain: Difference | None = None
    """The objective on the test images less that of all off, in its unit: the same where that is
    accuracy, else with an interval that holds for other seeds alone."""

    @property
    def seeds(self) -> int:
        """Runs in the means and intervals."""
        return self.runs - self.diverged or self.runs

    @property
    def recommended(self) -> bool:
        """True of the recipe to use."""
        return self.label.startswith(RECOMMENDED)


RECOMMENDED = "recommended"


def confirmation(results: Results, recommended: Recommendation | None) -> list[Confirmed]:
    """Summarise the `confirm` runs by recipe: the recommended first, then by their test results."""
    groups: dict[str, list[Run]] = {}
    for run in results.of("confirm"):
        if _is_tested(run, results):
            groups.setdefault(describe(run, results), []).append(run)
    chosen = describe(recommended, results) if recommended else None
    summarise = _of_kouka if results.program is None else _of_program
    better = results.objective.sign
    return sorted(
        summarise(results, groups, chosen),
        key=lambda row: (not row.recommended, -better * row.test_objective.value),
    )


def _of_kouka(
    results: Results, groups: Mapping[str, Sequence[Run]], chosen: str | None
) -> list[Confirmed]:
    """Summarise the runs of kouka's own training, which may keep their tests image by image."""
    objective = results.objective
    learned = {recipe: _learned(runs, results) for recipe, runs in groups.items()}
    tests = {recipe: _test(runs, results) for recipe, runs in learned.items()}
    scores = {recipe: _scores(runs, results) for recipe, runs in learned.items()}
    among, alpha, off = list(tests.values()), alpha_of_gains(results), _all_off(groups, results)
    fallen = _fallen(results)
    by_accuracy = fallen if objective == ACCURACY else None
    standing = {recipe: _test(stood, results) for recipe, runs in learned.items()
                if (stood := [run for run in runs if _stood(run, by_accuracy)])}  # fmt: skip
    rows = []
    for recipe, runs in groups.items():
        kept = learned[recipe]
        test = Estimate(100 * tests[recipe].mean, *accuracy(tests[recipe], among))
        if (one := standing.get(recipe)) is not None:
            alike = Estimate(100 * one.mean, *accuracy(one, list(standing.values())))
            test = _over_falls(test, alike, kept, by_accuracy, ACCURACY)
        gain = objective_gain = None
        if off is not None and recipe != off:
            gain = objective_gain = difference(tests[recipe], tests[off], among, alpha)
            if objective != ACCURACY:
                every = list(scores.values())
                objective_gain = difference_over_seeds(scores[recipe], scores[off], every, alpha)
        rows.append(
            Confirmed(
                _label(results.end_of(runs[0]), chosen=recipe == chosen),
                recipe,
                runs[0].params,
                len(runs),
                sum(run.diverged for run in runs) if kept == runs else len(runs) - len(kept),
                test,
                test if objective == ACCURACY else _mean(scores[recipe], kept, fallen, objective),
                _mean([run.scaled for run in kept], kept, fallen, objective),
                gain,
                objective_gain,
            )
        )
    return rows


def recommended_runs(results: Results, recommended: Recommendation | None) -> list[Run]:
    """The `confirm` runs of the recommended recipe that learned, by the order of their seeds."""
    if recommended is None:
        return []
    chosen = describe(recommended, results)
    return _learned(
        [run for run in results.of("confirm") if describe(run, results) == chosen], results
    )


def _of_program(
    results: Results, groups: Mapping[str, Sequence[Run]], chosen: str | None
) -> list[Confirmed]:
    """Summarise the runs of a user's program, whose test data are not known one by one."""
    objective = results.objective
    groups = {recipe: sorted(runs, key=lambda run: run.seed or 0)
              for recipe, runs in groups.items()}  # fmt: skip
    scores = {recipe: _scores(runs, results) for recipe, runs in groups.items()}
    off = _all_off(groups, results)
    choices = len(groups.keys() - {off}) if chosen_by_tests(results) else 1
    alpha, fallen = alpha_of_gains(results), _fallen(results)
    every = list(scores.values())
    # What falls far below with some techniques is no noise of recipes without them.
    steady = [
        scores[recipe]
        for recipe, runs in groups.items()
        if fallen is None or not fallen.runs & {run.number for run in runs}
    ]
    positive = results.multiplied and all(min(row) > 0 for row in every)
    by_seed = not positive and _moved_alike(groups, results)
    may_fall = {recipe: fallen is not None and fallen.concerns(runs[0].on)
                for recipe, runs in groups.items()}  # fmt: skip
    return [
        Confirmed(
            _label(results.end_of(runs[0]), chosen=recipe == chosen),
            recipe,
            runs[0].params,
            len(runs),
            diverged=0,
            test=_mean(scores[recipe], runs, fallen, objective),
            test_objective=_mean(scores[recipe], runs, fallen, objective),
            validation=_mean([run.scaled for run in runs], runs, fallen, objective),
            gain=None,
            objective_gain=None if off is None or recipe == off
            else difference_over_seeds(scores[recipe], scores[off],
                             every if may_fall[recipe] else steady, alpha, choices,
                             multiplied=positive, by_seed=by_seed),
        )
        for recipe, runs in groups.items()
    ]  # fmt: skip


def _mean(
    values: Sequence[float], runs: Sequence[Run], fallen: Collapse | None, objective: Objective
) -> Estimate:
    """The mean of a recipe's `values`, one of each run, with an interval for other seeds."""
    whole = mean_over_seeds(values, objective)
    stood = [value for value, run in zip(values, runs, strict=True) if _stood(run, fallen)]
    alike = mean_over_seeds(stood, objective) if stood else NO_ESTIMATE
    return _over_falls(whole, alike, runs, fallen, objective)


def _over_falls(
    whole: Estimate,
    stood: Estimate,
    runs: Sequence[Run],
    fallen: Collapse | None,
    objective: Objective,
) -> Estimate:
    """The mean of all of a recipe's runs, `whole`, with an interval for seeds that may fall.

    `stood` is the mean of those that did not, with an interval for seeds that do not.
    """
    if fallen is None or not fallen.concerns(runs[0].on) or math.isnan(stood.low):
        return whole
    wide = fallen.over_seeds(whole.value, stood, objective.sign)
    return Estimate(whole.value, objective.within(wide.low), objective.within(wide.high))


def _stood(run: Run, fallen: Collapse | None) -> bool:
    return fallen is None or not fallen.has(run)


def chosen_by_tests(results: Results) -> bool:
    """True of a program without a test score, whose runs are compared by what chose the recipe."""
    return results.program is not None and results.program.test is None


def _is_tested(run: Run, results: Results) -> bool:
    has_accuracy = results.program is not None or run.test_accuracy is not None
    return has_accuracy and _score(run, results) is not None


def _score(run: Run, results: Results) -> float | None:
    """The score by which runs are compared: the objective on test data, where there are any."""
    if chosen_by_tests(results):
        return run.value
    return run.test_accuracy if results.objective == ACCURACY else run.test_objective


def _scores(runs: Sequence[Run], results: Results) -> list[float]:
    """The scores of several runs, in the objective's unit."""
    return [results.objective.scale * (_score(run, results) or 0.0) for run in runs]


def _moved_alike(groups: Mapping[str, Sequence[Run]], results: Results) -> bool:
    """Test whether seeds move the scores of three recipes or more alike.

    Of two, the test would choose small errors of the one difference that it is for.
    """
    rows = list(groups.values())
    return len(rows) > 2 and moved_alike(
        rows, lambda run: _score(run, results) or 0.0, SHARED_ALPHA
    )


def _all_off(groups: Mapping[str, Sequence[Run]], results: Results) -> str | None:
    """The name of all off among recipes; None where it has not been run."""
    ends = (recipe for recipe, runs in groups.items() if results.end_of(runs[0]) == "all off")
    return next(ends, None)


def _label(end: End, *, chosen: bool) -> str:
    if chosen:
        return f"{RECOMMENDED} ({end})" if end else RECOMMENDED
    return end or "candidate"


def _learned(runs: Sequence[Run], results: Results) -> list[Run]:
    """The runs that did not diverge, and of these those above chance; all where none is left."""
    steady = [run for run in runs if not run.diverged] or list(runs)
    chance = constant_level(results)
    return [run for run in steady if not reached_no_more(run, chance)] or steady


def _fallen(results: Results) -> Collapse | None:
    """The runs that fell by their seed, unless all of them are left out of the means."""
    found, chance = collapse(deciding(results)), constant_level(results)
    if found is None:
        return None
    fell = [run for run in results.runs if run.number in found.runs]
    left_out = all(run.diverged or reached_no_more(run, chance) for run in fell)
    return None if left_out else found


def _test(runs: Sequence[Run], results: Results) -> HeldOut:
    images = None if results.data is None else results.data.test
    return HeldOut.of([(run.test_accuracy or 0.0, run.test_correct) for run in runs], images)
