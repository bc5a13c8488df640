"""Reading a trial, of kouka's own or another program's: from Optuna's to a `Run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from search.parameters import Category, TechniqueParameter, categories, levels_on
from search.results import Run
from search.settings import Settings
from search.storage import schema
from search.storage.heartbeat import Identity

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)

_LARGEST = 1e100
_SMALLEST = 1e-100
"""The smallest number other than zero; differences of smaller ones have squares of zero."""


def legible(trial: FrozenTrial) -> FrozenTrial:
    """A trial whose parameters all have a name that can be seen."""
    if all(name.strip() for name in trial.params):
        return trial
    trial = copy(trial)
    trial.distributions = {legible_name(name): one for name, one in trial.distributions.items()}
    trial.params = {legible_name(name): value for name, value in trial.params.items()}
    return trial


def legible_name(parameter: str) -> str:
    """The name of a parameter; in quotes where it is empty."""
    return parameter if not isinstance(parameter, str) or parameter.strip() else repr(parameter)


@dataclass(frozen=True)
class TrialReader:
    """Reads the trials of a study as its runs."""

    techniques: Sequence[TechniqueParameter]
    settings: Settings | None
    """None where another program made the study."""
    designed: bool
    """False where the trials' attributes are another program's, with a meaning of its own."""
    column: int
    """The place of the objective among a trial's values."""
    scale: float
    """That of the objective."""
    first: int
    """What is added to the steps of a trial's intermediate values, so that the first is 1."""

    @cached_property
    def _several(self) -> tuple[Category, ...]:
        return categories(self.settings) if self.settings else ()

    def run(self, trial: FrozenTrial) -> Run:
        """Read a trial."""
        attributes = trial.user_attrs if self.designed else {}
        return Run(
            number=trial.number,
            phase=(_phase(trial) if self.designed else None) or "measure",
            state={TrialState.FAIL: "failed"}.get(trial.state, trial.state.name.lower()),
            params={name: _plain(value) for name, value in trial.params.items()},
            on=self._on(trial.params),
            value=value_of(trial, self.column),
            curve={
                step + self.first: float(value)
                for step, value in sorted(trial.intermediate_values.items())
                if _is_finite(value)
            },
            seed=_whole(attributes.get(schema.SEED)),
            test_accuracy=_number(attributes.get(schema.TEST_ACCURACY)),
            test_objective=_number(attributes.get(schema.TEST_OBJECTIVE)),
            test_correct=_text(attributes.get(schema.TEST_CORRECT)),
            test_mistakes=_text(attributes.get(schema.TEST_MISTAKES)),
            training=_numbers(attributes.get(schema.TRAINING)),
            seconds_per_epoch=_number(attributes.get(schema.SECONDS_PER_EPOCH)),
            parameters=_whole(attributes.get(schema.PARAMETERS)),
            epochs=_whole(attributes.get(schema.EPOCHS)) or self._usual_epochs,
            diverged=attributes.get(schema.DIVERGED) is True,
            feasible=all(value <= 0 for value in trial.constraints.values()),
            failure=_reason(attributes.get(schema.FAILURE)),
            scale=self.scale,
            seconds=None if trial.duration is None else trial.duration.total_seconds(),
            began=_local(trial.datetime_start),
            worker=_worker(attributes.get(schema.WORKER)),
        )

    def _on(self, params: Mapping[str, Any]) -> frozenset[str]:
        on = (one.name for one in self.techniques
              if one.parameter in params and params[one.parameter] == one.on)  # fmt: skip
        return frozenset(on) | levels_on(params, self._several)

    @property
    def _usual_epochs(self) -> int | None:
        """The epochs of all runs of an older study, whose runs do not keep their own."""
        return self.settings.epochs if self.settings else None


def last_shared_step(trials: Sequence[FrozenTrial]) -> int | None:
    """The last step that all complete and pruned trials reached, of those that report anything;
    None without one."""
    steps = [one.intermediate_values.keys() for one in trials
             if one.state in _ENDED and one.intermediate_values]  # fmt: skip
    return max(frozenset.intersection(*map(frozenset, steps)), default=None) if steps else None


def ended_at(trial: FrozenTrial, step: int | None) -> FrozenTrial:
    """A trial as if it had ended at a step; one that reports nothing there was pruned before."""
    if trial.state not in _ENDED:
        return trial
    trial = copy(trial)
    reported = trial.intermediate_values.get(step) if step is not None else None
    trial.state = TrialState.PRUNED if reported is None else TrialState.COMPLETE
    trial.values = None if reported is None else [reported]
    return trial


def is_designed(trials: Sequence[FrozenTrial]) -> bool:
    """Tell trials that say, all of them, of which phase of kouka's they are and of which seed."""
    phases = {_phase(trial) for trial in trials}
    seeds = [_whole(trial.user_attrs.get(schema.SEED)) for trial in trials]
    return "measure" in phases and None not in (*phases, *seeds)


# Attributes of these names may be another program's, with a meaning of its own.


def _plain(value: object) -> Any:
    """A parameter as a database would keep it; in memory, Optuna takes NumPy's numbers."""
    return value.item() if isinstance(value, np.generic) else value


def _local(time: datetime | None) -> datetime | None:
    """A time without its zone, as Optuna keeps it, where another program has written one."""
    return time if time is None or time.tzinfo is None else time.astimezone().replace(tzinfo=None)


def _phase(trial: FrozenTrial) -> schema.Phase | None:
    named = trial.user_attrs.get(schema.PHASE)
    return next((phase for phase in schema.PHASES if phase == named), None)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _numbers(value: object) -> tuple[float, ...] | None:
    return tuple(value) if isinstance(value, list) and all(map(_is_finite, value)) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _reason(value: object) -> str | None:
    """The reason why a run failed, without its full stop, for use within a sentence."""
    return value.rstrip(".") if isinstance(value, str) else None


def _worker(stored: object) -> str:
    worker = Identity.from_json(stored)
    return "" if worker is None else f"{worker.host} {worker.pid}"


def value_of(trial: FrozenTrial, column: int) -> float | None:
    """A trial's final value, if it has one that is finite."""
    if trial.state != TrialState.COMPLETE or not trial.values:
        return None
    value = trial.values[column]
    return float(value) if _is_finite(value) else None


def _is_finite(value: object) -> bool:
    """Tell a finite number; SQLite lets other programs write anything in its place.

    One beyond `_LARGEST` counts as infinite, as sums of its squares would be, and one nearer to
    zero than `_SMALLEST` as nothing that can be computed with.
    """
    return isinstance(value, Real) and (value == 0 or _SMALLEST < abs(float(value)) < _LARGEST)
