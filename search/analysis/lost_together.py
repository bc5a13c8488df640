"""Choices of another program with which, two together, every trial failed: they do not go together.

A library refuses some combinations, such as a solver that does not know a penalty. These are no bad
recipes but none at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.failing_cells import Cell
from search.analysis.t_distribution import ALPHA
from search.parameters import Category, level_label, level_name
from search.results import Results, Run
from search.storage.schema import TRIES

_LEAST_ENDED = 2
"""Trials with a choice that did not fail, so that it is not the reason by itself."""


@dataclass(frozen=True)
class Choice:
    """A choice of one parameter."""

    parameter: str
    phrase: str
    """As in a sentence: `penalty l1`."""
    cell: Cell
    """The recipes that have it."""


@dataclass(frozen=True)
class LostTogether:
    """Two choices with which, together, every trial failed."""

    choices: tuple[Choice, Choice]
    trials: frozenset[int]
    """Their numbers."""

    def has(self, on: frozenset[str]) -> bool:
        """Tell whether a recipe, by what is on as in `Run.on_with`, has both."""
        return all(one.cell.has(on) for one in self.choices)


def lost_together(results: Results) -> tuple[LostTogether, ...]:
    """Find them, those of the most trials first.

    Each failed as often as a recipe is tried, where each choice ended beside others. They are the
    fewest that explain the failures, and none that failures at random explain, at 5 % for all pairs
    of choices.
    """
    if not results.foreign:
        return ()
    trials = [run for run in results.runs if run.state in ("complete", "pruned", "failed")]
    failed = np.array([run.state == "failed" for run in trials], dtype=bool)
    if np.sum(failed) < TRIES:
        return ()
    choices = [*_choices(results, trials)]
    if not choices:
        return ()
    has = np.array([mask for _, mask in choices])
    alone = (np.sum(has & ~failed, axis=1) == 0) & (np.sum(has, axis=1) >= TRIES)
    rest = ~np.any(has[alone], axis=0)
    has, failed = has[:, rest], failed[rest]
    numbers = np.array([run.number for run in trials])[rest]
    pairs = _surely(_whole([one.parameter for one, _ in choices], has, failed), has, failed)
    return tuple(
        LostTogether((choices[one][0], choices[other][0]), frozenset(numbers[inside].tolist()))
        for (one, other), inside in pairs.items()
    )


def with_working_reference(results: Results) -> Results:
    """Return a study of which all off is no recipe that fails, as far as another level helps.

    Which level the others are compared with is arbitrary. One that fails beside those of other
    parameters gives way to the one of the most trials that does not.
    """
    if not any(one.has(frozenset()) for one in lost_together(results)):
        return results
    runs = results.of("measure")
    for one in reversed(results.categories):
        for moved in _with_others_first(one, runs):
            others = tuple(moved if two.name == one.name else two for two in results.others)
            changed = replace(results, others=others)
            if not any(two.has(frozenset()) for two in lost_together(changed)):
                return changed
    return results


def _with_others_first(category: Category, runs: Sequence[Run]) -> Iterator[Category]:
    """Put each level but the first before the others, that of the most runs to begin with."""
    counts = Counter(category.place(run.params[category.name]) for run in runs)
    places = [place for place, _ in counts.most_common() if place > 0]
    for at in places:
        rest = (*category.levels[:at], *category.levels[at + 1 :])
        yield replace(category, levels=(category.levels[at], *rest))


def _choices(results: Results, trials: Sequence[Run]) -> Iterator[tuple[Choice, np.ndarray]]:
    """Each choice of the techniques, and of the categories that have effects, with a mask,
    (trials,), of those that have it."""
    for one in results.spelled:
        if one.name not in results.factors:
            continue
        asked = np.array([one.parameter in run.params for run in trials])
        on = np.array([one.name in run.on for run in trials])
        for value, cell, has in (
            (one.on, Cell((one.name,), ()), asked & on),
            (one.off, Cell((), (one.name,)), asked & ~on),
        ):
            yield Choice(one.parameter, f"{one.parameter} {level_label(value)}", cell), has
    for several in results.categories:
        names = [level_name(several.name, level) for level in several.levels]
        masks = np.array(several.columns([run.params for run in trials]), dtype=bool)
        for at, level in enumerate(several.levels):
            cell = Cell((names[at],), ()) if at else Cell((), tuple(names[1:]))
            yield Choice(several.name, f"{several.name} {level_label(level)}", cell), masks[at]


def _whole(
    parameters: Sequence[str], has: np.ndarray, failed: np.ndarray
) -> dict[tuple[int, int], np.ndarray]:
    """Find pairs of choices, by their places, with a mask, (trials,), of those with both, of which
    all failed.

    The next is always the one that explains most failures that those before it do not. `has` is
    (choices, trials), and `parameters` those of the choices.
    """
    count = has.astype(int)
    ended = np.sum(has & ~failed, axis=1) >= _LEAST_ENDED
    usable = ended & ended[:, np.newaxis]
    usable &= np.array(parameters)[:, np.newaxis] != np.array(parameters)
    usable &= (count * failed) @ count.T == count @ count.T
    left, found = failed.copy(), dict[tuple[int, int], np.ndarray]()
    while True:
        explains = np.where(usable, (count * left) @ count.T, 0)
        one, other = divmod(int(np.argmax(explains)), len(has))
        if explains[one, other] < TRIES:
            return found
        found[one, other] = has[one] & has[other]
        left &= ~found[one, other]


def _surely(
    found: dict[tuple[int, int], np.ndarray], has: np.ndarray, failed: np.ndarray
) -> dict[tuple[int, int], np.ndarray]:
    """Keep those pairs that would hardly lose all trials if these failed as often as elsewhere."""
    count = has.astype(int)
    pairs = int(np.sum(np.triu(count @ count.T >= TRIES, 1)))
    while found:
        outside = ~np.any([*found.values()], axis=0)
        share = (np.sum(failed & outside) + 1) / (np.sum(outside) + 2)
        sure = {pair: inside for pair, inside in found.items()
                if pairs * share ** np.sum(inside) < ALPHA}  # fmt: skip
        if len(sure) == len(found):
            break
        found = sure
    return found
