"""The parameters of a study: which are techniques, and what the others are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState

from search.errors import InputError, as_given
from search.parameters import (
    Category,
    Conditional,
    Draw,
    Number,
    Order,
    SearchedDial,
    TechniqueParameter,
    Tied,
    categories,
)
from search.settings import Settings

_MOST_LEVELS = 6
"""Values of an integer that are levels, each with an effect; of more it is a number."""

_SELDOM = 0.25
"""Of an even share of the trials: a level with fewer is not what others are compared with."""

_LEAST_TRIALS = 3
"""Trials at each of a few values of a wide range, for these to be levels that somebody chose."""

_LEAST_SPARE = 2
"""Trials beyond the number of techniques, with which their effects have an interval."""

_LONGEST_CHOICE = 60
"""Characters of a choice in a technique's name."""

_NUMERIC = (IntDistribution, FloatDistribution)

_OFF_WORDS = frozenset({
    "", "-", "absent", "disable", "disabled", "f", "false", "n", "n/a", "na", "nil", "no", "none",
    "not", "null", "off", "without",
})  # fmt: skip
"""Choices, in lower case, that leave a technique out; so does what reads as the number zero."""


_DRAW = re.compile(
    r"(?!(?:n|k|num)_)(?:\w+_)?(?:seed|random_?state|fold|replicate|repetition)"
    r"(?:_(?:id|idx|index|no|num|number))?",
    re.IGNORECASE,
)
"""The name of a parameter that a trial draws, as its random seed; `k_fold` is a number of folds."""


@dataclass(frozen=True)
class Parameters:
    """The parameters of a study, sorted by their kind."""

    techniques: list[TechniqueParameter]
    others: tuple[Category | Number, ...]
    """What varies beside the techniques: factors of several levels, or what another program has."""
    conditional: tuple[Conditional, ...]
    dials: tuple[SearchedDial, ...]


def parameters_of(
    spaces: Mapping[str, BaseDistribution],
    trials: list[FrozenTrial],
    settings: Settings | None,
    designed: bool,
    named: Mapping[str, Any],
    ordered: Container[str],
) -> Parameters:
    """Tell techniques from other parameters; `named` are those that a user names, as in `read`.

    The first choice of a parameter that is `ordered` stays first; of any other parameter, a choice
    that says off comes first.

    Raises `InputError` where a named one is no parameter of two choices, or never has that choice.
    """
    numbers = {one.dial.name for one in settings.dials} if settings else set()
    own = () if settings is None or settings.program else settings.several
    apart = numbers | {one.name for one in own}
    switched = {name: space for name, space in spaces.items() if name not in apart}
    techniques = _techniques(switched, settings, named)
    if named:
        # What these trials have in common is no technique in them.
        techniques = [
            one for one in techniques if one.parameter in named or _varies(one.parameter, trials)
        ]
    others = () if designed else _others(spaces, techniques, ordered, trials)
    conditional = _asked_of_some(trials, techniques, others)
    of_some = {one.parameter for one in conditional}
    techniques = [one for one in techniques if one.parameter not in of_some]
    names = [one.name for one in techniques]
    dials = [dial for name in switched for dial in _dials(name, spaces[name], names)]
    dials += [number_of(name, spaces[name]) for name in spaces if name in numbers]
    if designed:
        others = categories(settings) if settings else ()
    else:
        others = (*_others(spaces, techniques, ordered, trials), *_changes(trials))
    return Parameters(techniques, others, conditional, tuple(dials))


def distributions_of(trials: list[FrozenTrial]) -> dict[str, BaseDistribution]:
    """The distribution of each parameter; of a range that changed, the union."""
    spaces: dict[str, BaseDistribution] = {}
    for trial in trials:
        for name, space in trial.distributions.items():
            spaces[name] = _union(spaces.get(name, space), space)
    return spaces


def _union(one: BaseDistribution, other: BaseDistribution) -> BaseDistribution:
    if one == other:
        return one
    if isinstance(one, IntDistribution) and isinstance(other, IntDistribution):
        low, high = min(one.low, other.low), max(one.high, other.high)
        return IntDistribution(low, high, log=one.log and other.log)
    if isinstance(one, _NUMERIC) and isinstance(other, _NUMERIC):
        least, most = min(one.low, other.low), max(one.high, other.high)
        return FloatDistribution(least, most, log=one.log and other.log)
    if isinstance(one, CategoricalDistribution) and isinstance(other, CategoricalDistribution):
        more = [choice for choice in other.choices if choice not in one.choices]
        return CategoricalDistribution((*one.choices, *more))
    return other


def with_tried_levels(
    spaces: Mapping[str, BaseDistribution], trials: Sequence[FrozenTrial]
) -> dict[str, BaseDistribution]:
    """The distributions, with a few values in place of a wide range where trials took no others.

    A grid, or trials that were enqueued, gives an objective such values of what it asks for as a
    number. A parameter that not every complete trial was asked for keeps its range.
    """
    narrowed = dict(spaces)
    for name, space in spaces.items():
        if not isinstance(space, _NUMERIC) or _steps(space):
            continue
        counts = Counter(trial.params[name] for trial in trials if name in trial.params)
        asked = all(name in one.params for one in trials if one.state == TrialState.COMPLETE)
        few = 1 < len(counts) <= _MOST_LEVELS and min(counts.values()) >= _LEAST_TRIALS
        if asked and few:
            narrowed[name] = CategoricalDistribution(sorted(counts))
    return narrowed


def _techniques(
    spaces: Mapping[str, BaseDistribution],
    settings: Settings | None,
    techniques: Mapping[str, Any],
) -> list[TechniqueParameter]:
    """Find the techniques: those that a user names with the choice that is on, then the others."""
    choices = {
        name: _two_choices(spaces[name])
        for name in sorted(spaces)
        if name in techniques or not is_draw(name, spaces[name])
    }
    found = {name: pair for name, pair in choices.items() if pair is not None}
    for name, on in techniques.items():
        if name not in found:
            raise InputError(
                f"{as_given(name)} is no parameter of two choices in this study; those are "
                f"{', '.join(found) or 'none'}"
            )
        if on not in found[name]:
            accepted = " and ".join(map(repr, found[name]))
            raise InputError(f"{name!r} is never {as_given(on)}; its choices are {accepted}")
    order = dict.fromkeys((*(settings.techniques if settings else ()), *found))
    others = [name for name in order if name in found and name not in techniques]
    return [
        *(
            TechniqueParameter(name, name, on, _other_than(on, found[name]))
            for name, on in techniques.items()
        ),
        *(_factor(name, found[name], spaces) for name in others),
    ]


def _two_choices(space: BaseDistribution) -> tuple[Any, Any] | None:
    if isinstance(space, CategoricalDistribution) and len(space.choices) == 2:
        return space.choices[0], space.choices[1]
    values = _steps(space)
    return (values[0], values[1]) if len(values) == 2 and values[0] == 0 else None


def _factor(name: str, choices: tuple[Any, Any], taken: Container[str]) -> TechniqueParameter:
    """Name a technique by its parameter, and by the second choice where neither choice says off."""
    off = [choice for choice in choices if _is_off(choice)]
    if len(off) == 1:
        on = choices[1] if off[0] is choices[0] else choices[0]
        return TechniqueParameter(name, name, on, off[0])
    alike = str(choices[0]) == str(choices[1])
    text = repr(choices[1]) if alike else str(choices[1])
    named = f"{name}={_shortened(text)}"
    return TechniqueParameter(
        f"{name}: {text}" if named in taken else named, name, choices[1], choices[0]
    )


def _other_than(one: object, choices: tuple[Any, Any]) -> Any:
    return choices[1] if choices[0] == one else choices[0]


def _shortened(text: str) -> str:
    """Shorten a text to its beginning and its end, which tell paths apart."""
    half = _LONGEST_CHOICE // 2
    return text if len(text) <= _LONGEST_CHOICE else f"{text[:half]}…{text[-half:]}"


def _is_off(choice: object) -> bool:
    text = str(choice).strip().lower()
    if choice is None or choice is False or text in _OFF_WORDS:
        return True
    try:
        return float(text) == 0
    except ValueError:
        return False


def _varies(name: str, trials: list[FrozenTrial]) -> bool:
    """Tell whether a parameter has several values in these trials."""
    return len({repr(trial.params[name]) for trial in trials if name in trial.params}) > 1


def _asked_of_some(
    trials: list[FrozenTrial],
    factors: Sequence[TechniqueParameter],
    others: Sequence[Category | Number],
) -> tuple[Conditional, ...]:
    """Find the techniques and categories that some complete trials, or all of them, lack."""
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    counts = Counter(name for trial in complete for name in trial.params)
    techniques = [one.parameter for one in factors]
    levelled = [
        one.name for one in others if isinstance(one, Category) and not isinstance(one, Draw)
    ]
    return tuple(
        Conditional(name, name not in techniques, counts[name], len(complete))
        for name in dict.fromkeys((*techniques, *levelled))
        if counts[name] < len(complete)
    )


def _changes(trials: list[FrozenTrial]) -> list[Order]:
    """Find the complete trials from which on all, or none any more, were asked for something.

    A person who adds a technique to a program may have changed more than that. It is no change
    where a parameter that all were asked for has other values from there on: that tells why.
    """
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    numbers = [trial.number for trial in complete]
    since = set()
    for name in {name for trial in complete for name in trial.params}:
        asked = [name in trial.params for trial in complete]
        places = [at for at in range(1, len(asked)) if asked[at] != asked[at - 1]]
        if len(places) == 1 and not _explained(complete[: places[0]], complete[places[0] :]):
            since.add(numbers[places[0]])
    return [Order.at_change(one, numbers) for one in sorted(since)]


def _explained(before: list[FrozenTrial], after: list[FrozenTrial]) -> bool:
    """Tell whether a parameter of a few values has none of them both before a trial and after."""
    shared = set.intersection(*({*trial.params} for trial in (*before, *after)))
    for name in shared:
        old, new = ({repr(trial.params[name]) for trial in side} for side in (before, after))
        if len(old | new) <= _MOST_LEVELS and not old & new:
            return True
    return False


def tie(
    factors: list[TechniqueParameter], trials: list[FrozenTrial]
) -> tuple[list[TechniqueParameter], tuple[Tied, ...]]:
    """Merge techniques that are on in the same trials, or in exactly the other trials.

    Not with so few trials that some techniques agree by chance.
    """
    if len(trials) < len(factors) + _LEAST_SPARE:
        return factors, ()
    alike: dict[object, list[tuple[TechniqueParameter, bool]]] = {}
    for factor in factors:
        sides = [trial.params[factor.parameter] == factor.on for trial in trials]
        changes = tuple(side != sides[0] for side in sides)
        alike.setdefault(changes if any(changes) else factor.name, []).append((factor, sides[0]))
    merged, tied = [], []
    for group in alike.values():
        first, its_side = group[0]
        if len(group) > 1:
            together = tuple(factor.name for factor, side in group if side == its_side)
            opposite = tuple(factor.name for factor, side in group if side != its_side)
            others = f" instead of {' and '.join(opposite)}" if opposite else ""
            tied.append(Tied(f"{' with '.join(together)}{others}", together, opposite))
            first = first._replace(name=tied[-1].name)
        merged.append(first)
    return merged, tuple(tied)


def _others(
    spaces: Mapping[str, BaseDistribution],
    factors: Sequence[TechniqueParameter],
    ordered: Container[str],
    trials: Sequence[FrozenTrial],
) -> tuple[Category | Number, ...]:
    """Read the parameters of another program that are no technique, and have several values."""
    techniques = {one.parameter for one in factors}
    return tuple(
        _often_tried_first(other, trials)
        if isinstance(other, Category) and name not in ordered
        else other
        for name, space in spaces.items()
        if name not in techniques and not space.single()
        for other in _other(name, space, off_first=name not in ordered)
    )


def _often_tried_first(category: Category, trials: Sequence[FrozenTrial]) -> Category:
    """Put a level first that has trials enough, as all others are compared with the first.

    A sampler that learns soon leaves what does badly, and a level with a trial or two tells nothing
    of the others. One that says off stays first.
    """
    places = [
        category.place(trial.params[category.name])
        for trial in trials
        if trial.state == TrialState.COMPLETE and category.name in trial.params
    ]
    counts = Counter(places)
    enough = _SELDOM * len(places) / len(category.levels)
    first = next((at for at in range(len(category.levels)) if counts[at] >= enough), 0)
    if first == 0 or _is_off(category.levels[0]):
        return category
    rest = (level for at, level in enumerate(category.levels) if at != first)
    return replace(category, levels=(category.levels[first], *rest))


def _other(name: str, space: BaseDistribution, *, off_first: bool) -> list[Category | Number]:
    """Read a parameter that is no technique: a category, or a number that takes many values.

    A draw of many values is noise.
    """
    draw = is_draw(name, space)
    kind = Draw if draw else Category
    if isinstance(space, CategoricalDistribution):
        return [kind(name, _off_first(space.choices) if off_first else tuple(space.choices))]
    if values := _steps(space):
        # A sum of steps is 0.30000000000000004, and is found by its place where it is rounded.
        return [kind(name, tuple(map(_rounded, values)))]
    if isinstance(space, _NUMERIC) and not draw:
        return [Number(name, space.low, space.high, space.log)]
    return []


def _off_first(choices: Sequence[Any]) -> tuple[Any, ...]:
    """Put the one choice that says off before the others, which are compared with the first."""
    off = [choice for choice in choices if _is_off(choice)]
    if len(off) != 1:
        return tuple(choices)
    return off[0], *(choice for choice in choices if choice is not off[0])


def is_draw(name: str, space: BaseDistribution) -> bool:
    """Tell a random seed, the number of a fold and the like, which are whole numbers."""
    if not _DRAW.fullmatch(name):
        return False
    if isinstance(space, CategoricalDistribution):
        return all(type(choice) is int for choice in space.choices)
    return isinstance(space, IntDistribution)


def _steps(space: BaseDistribution) -> tuple[float, ...]:
    """The values of a number that goes in a few steps; empty for any other."""
    if not isinstance(space, _NUMERIC) or space.step is None:
        return ()
    steps = round((space.high - space.low) / space.step)
    if steps >= _MOST_LEVELS:
        return ()
    return tuple(space.low + at * space.step for at in range(steps + 1))


def _rounded(value: float) -> float:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _dials(name: str, space: BaseDistribution, factors: list[str]) -> list[SearchedDial]:
    """Read a number that belongs to a technique, by its name `TECHNIQUE_…`; empty for any other."""
    of_technique = any(name.startswith(f"{factor}_") for factor in factors)
    low, high = getattr(space, "low", None), getattr(space, "high", None)
    if not of_technique or low is None or high is None or name in factors:
        return []
    return [SearchedDial(name, low, high, getattr(space, "log", False))]


def number_of(name: str, space: BaseDistribution) -> SearchedDial:
    """A dial that every run of a user's program has."""
    assert isinstance(space, _NUMERIC)
    return SearchedDial(name, space.low, space.high, space.log)
