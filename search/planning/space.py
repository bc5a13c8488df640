"""From an Optuna trial's parameters to the techniques it trains with, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from model_space.recipe import Recipe
from model_space.technique import Dial, Factor
from model_space.techniques import TECHNIQUES
from search.commands.filling import LEVEL, VALUE
from search.commands.program import CommandDial, CommandFactor
from search.parameters import level_name
from search.planning.lookup import technique
from search.settings import Settings, TrainingFactor


@dataclass(frozen=True)
class Space:
    """The techniques that vary, and those that are fixed on, with their dials."""

    factors: tuple[str, ...]
    fixed_on: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    known: Sequence[Factor] = TECHNIQUES
    """Techniques, among which are all of these."""
    dials: tuple[CommandDial, ...] = ()
    """Numbers that every run has."""
    several: tuple[CommandFactor | TrainingFactor, ...] = ()
    """Factors of several levels, of which one may be a number that the search turns freely."""
    command: bool = False
    """True where those numbers and factors are a command's, and part of its recipe; else they are
    of kouka's own training, and part of its budget."""

    @classmethod
    def of(cls, settings: Settings) -> Space:
        """The space of a study."""
        fixed = settings.fixed or {}
        fixed_on = {name: dials for name, dials in fixed.items() if dials is not None}
        return cls(
            settings.factors, fixed_on, settings.known, settings.dials, settings.several,
            command=settings.program is not None,
        )  # fmt: skip

    @classmethod
    def known_of(cls, settings: Settings | None) -> Space | None:
        """The space of a study; None where another program made it, or another version's techniques
        are among its own."""
        if settings is None:
            return None
        space = cls.of(settings)
        names = {one.name for one in space.known}
        return space if names.issuperset((*space.factors, *space.fixed_on)) else None

    def _dials(self, name: str) -> tuple[Dial, ...]:
        return technique(name, self.known).dials

    def params(self, on: Collection[str]) -> dict[str, Any]:
        """The parameters of a run with some techniques on, their dials at the usual values.

        Among these may be levels, as `level_name` names them; else the first of each factor is on.
        """
        params: dict[str, Any] = {one.dial.name: one.usual for one in self.dials}
        for factor in self.several:
            named = (one for one in factor.labels if level_name(factor.name, one) in on)
            params[factor.name] = next(named, factor.labels[0])
        for name in self.factors:
            params[name] = name in on
            if name in on:
                params |= {f"{name}_{dial.name}": dial.usual for dial in self._dials(name)}
        return params

    def distributions(self, params: Mapping[str, Any]) -> dict[str, BaseDistribution]:
        """The distribution of each of some parameters of a run."""
        found: dict[str, BaseDistribution] = {one.dial.name: _range(one) for one in self.dials}
        for factor in self.several:
            found.setdefault(factor.name, CategoricalDistribution(factor.labels))
        for name in self.factors:
            found[name] = CategoricalDistribution([False, True])
            for dial in self._dials(name):
                found[f"{name}_{dial.name}"] = FloatDistribution(dial.low, dial.high, log=dial.log)
        return {name: found[name] for name in params}

    def is_complete(self, params: Mapping[str, Any]) -> bool:
        """Tell all the parameters of a run from a part of them."""
        return set(params) == set(self.params([name for name in self.factors if params.get(name)]))

    def recipe(self, params: Mapping[str, Any]) -> Recipe:
        """The techniques of a run with these parameters, and their dials."""
        return self.suggest(optuna.trial.FixedTrial(dict(params)))

    def suggest(self, trial: optuna.Trial | optuna.trial.FixedTrial) -> Recipe:
        """The techniques of a trial: each on or off, the dials only where it is on."""
        recipe: dict[str, Mapping[str, float]] = dict(self.fixed_on)
        for one in self.dials:
            dial = one.dial
            if one.whole:
                value = float(
                    trial.suggest_int(dial.name, round(dial.low), round(dial.high), log=dial.log)
                )
            else:
                value = trial.suggest_float(dial.name, dial.low, dial.high, log=dial.log)
            if self.command:
                recipe[dial.name] = {VALUE: value}
        turned = {one.dial.name for one in self.dials}
        for factor in self.several:
            if factor.name in turned:
                continue
            label = trial.suggest_categorical(factor.name, factor.labels)
            if self.command:
                recipe[factor.name] = {LEVEL: float(factor.labels.index(label))}
        for name in self.factors:
            if trial.suggest_categorical(name, [False, True]):
                recipe[name] = {
                    dial.name: trial.suggest_float(
                        f"{name}_{dial.name}", dial.low, dial.high, log=dial.log
                    )
                    for dial in self._dials(name)
                }
        return recipe


def _range(one: CommandDial) -> FloatDistribution | IntDistribution:
    dial = one.dial
    if one.whole:
        return IntDistribution(round(dial.low), round(dial.high), log=dial.log)
    return FloatDistribution(dial.low, dial.high, log=dial.log)
