"""What a study has found so far: its trials as runs, free of Optuna and of Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from search import schema


@dataclass(frozen=True)
class Run:
    """One trial. Accuracies are fractions, of the validation images unless said otherwise."""

    number: int
    phase: str
    """One of `schema.PHASES`; "measure" where the trial does not say."""
    state: str
    """complete, pruned, failed, running or waiting."""
    params: Mapping[str, Any]
    accuracy: float | None
    """After the last epoch; None where the run was pruned or did not finish."""
    curve: Mapping[int, float]
    """Accuracy after each epoch, from 1."""
    seed: int | None
    test_accuracy: float | None
    seconds_per_epoch: float | None
    parameters: int | None
    diverged: bool
    failure: str | None

    @property
    def ended(self) -> bool:
        """Whether it needs no other try: it is complete, or pruned."""
        return self.state in ("complete", "pruned")


@dataclass(frozen=True)
class Results:
    """A study's runs, the techniques that vary in them, and what it says of itself."""

    name: str
    factors: tuple[str, ...]
    runs: tuple[Run, ...]
    settings: Mapping[str, Any]
    """As `Settings.stored()`; empty where another program made the study."""
    data: Mapping[str, Any]
    """Classes, image shape, sizes and fingerprint; empty where they are missing."""
    versions: Mapping[str, str]

    def of(self, *phases: str) -> list[Run]:
        """The completed runs of some phases."""
        return [run for run in self.runs if run.phase in phases and run.state == "complete"]

    @property
    def best(self) -> Run | None:
        """The completed run of highest validation accuracy, among `measure` and `search`."""
        return max(self.of("measure", "search"), key=lambda run: run.accuracy or 0, default=None)


def read(study: optuna.Study) -> Results:
    """Read a study, kouka's own or any other with on/off parameters."""
    trials = study.get_trials(deepcopy=False)
    attributes = study.user_attrs
    return Results(
        name=study.study_name,
        factors=_factors(trials, attributes.get(schema.SETTINGS, {})),
        runs=tuple(_run(trial) for trial in trials),
        settings=attributes.get(schema.SETTINGS, {}),
        data=attributes.get(schema.DATA, {}),
        versions=attributes.get(schema.VERSIONS, {}),
    )


def _factors(trials: list[FrozenTrial], settings: Mapping[str, Any]) -> tuple[str, ...]:
    found = {
        name
        for trial in trials
        for name, distribution in trial.distributions.items()
        if isinstance(distribution, CategoricalDistribution)
        and set(distribution.choices) == {False, True}
    }
    order = [*settings.get("techniques", ()), *sorted(found)]
    return tuple(dict.fromkeys(name for name in order if name in found))


def _run(trial: FrozenTrial) -> Run:
    attributes = trial.user_attrs
    return Run(
        number=trial.number,
        phase=attributes.get(schema.PHASE, "measure"),
        state={TrialState.FAIL: "failed"}.get(trial.state, trial.state.name.lower()),
        params=trial.params,
        accuracy=trial.value if trial.state == TrialState.COMPLETE else None,
        curve=dict(sorted(trial.intermediate_values.items())),
        seed=attributes.get(schema.SEED),
        test_accuracy=attributes.get(schema.TEST_ACCURACY),
        seconds_per_epoch=attributes.get(schema.SECONDS_PER_EPOCH),
        parameters=attributes.get(schema.PARAMETERS),
        diverged=bool(attributes.get(schema.DIVERGED, False)),
        failure=attributes.get(schema.FAILURE),
    )
