"""The design that `enqueue_design` keeps in a study, and what its trials made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from model_space.typed_json import JsonError, from_json
from search.parameters import Strayed
from search.storage import schema
from search.storage.trials import legible_name

Choice = None | bool | int | float | str
"""A value of a categorical parameter of Optuna's."""


@dataclass(frozen=True)
class EnqueuedDesign:
    """A balanced design for the trials of another program's study."""

    choices: Mapping[str, tuple[Choice, ...]]
    """In the order by which the numbers of its trials stand for values."""
    fixed: Mapping[str, Choice]
    sizes: tuple[int, ...] = ()
    """First to last."""

    @property
    def values(self) -> dict[str, tuple[Choice, ...]]:
        """The values of each parameter that it sets."""
        held = {name: (value,) for name, value in self.fixed.items()}
        return {legible_name(name): values for name, values in {**self.choices, **held}.items()}


def stored_design(attributes: Mapping[str, object]) -> EnqueuedDesign | None:
    """Read the design among a study's attributes; None where it keeps none."""
    try:
        return from_json(EnqueuedDesign, attributes.get(schema.DESIGN))
    except JsonError:
        return None


def with_its_choices(
    spaces: Mapping[str, BaseDistribution], design: EnqueuedDesign, trials: Sequence[FrozenTrial]
) -> dict[str, BaseDistribution]:
    """The distributions, with the design's choices where the trials have no others.

    An objective may ask for these as numbers of a range, or among others, in another order.
    """
    narrowed = dict(spaces)
    for name in spaces.keys() & design.values.keys():
        values = design.values[name]
        if all(trial.params[name] in values for trial in trials if name in trial.params):
            narrowed[name] = CategoricalDistribution(values)
    return narrowed


def strayed(design: EnqueuedDesign, planned: Sequence[FrozenTrial]) -> tuple[Strayed, ...]:
    """Find the parameters for which complete trials of the design have other values, or none."""
    found = []
    for name, values in design.values.items():
        asked = [trial for trial in planned if name in trial.params]
        others = sum(trial.params[name] not in values for trial in asked)
        if planned and (others or not asked):
            found.append(Strayed(name, values, others, len(planned)))
    return tuple(found)
