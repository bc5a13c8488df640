"""The samplers of another program's trials, as far as what they leave in a study tells."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna.trial import FrozenTrial

from search.storage.optuna_internals import GRID, system_attributes

_SEQUENCE = "qmc:"
"""Begins the keys under which a study counts the trials of quasi-random sequences, from 0."""
_NEARLY_ALL = 0.8
"""Share of the trials; the first of a sequence, one a worker, are drawn at random."""


def never_learned(study: optuna.Study, trials: Sequence[FrozenTrial]) -> bool:
    """Tell trials that are nearly all of a grid, or of a quasi-random sequence.

    False of random ones too, which nothing tells from those of a sampler that learns.
    """
    of_grid = sum(GRID in trial.system_attrs for trial in trials)
    of_sequences = sum(
        last + 1
        for key, last in system_attributes(study).items()
        if key.startswith(_SEQUENCE) and isinstance(last, int)
    )
    return bool(trials) and max(of_grid, of_sequences) >= _NEARLY_ALL * len(trials)
