"""The studies that `studies.db` ships with, and what was found in them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import optuna

from model_space.facts import DataFacts
from search import Findings, analyse, load_study
from search.settings import Settings

STUDIES = Path(__file__).parents[1] / "studies.db"
NAMES = FULL, ARTICLE, REFERENCE, DEEPER, EXAMPLE, NANOGPT, SPOKEN, MODERN, RATES = (
    "cifar10-full",
    "cifar10-jpeg-article",
    "cifar10-10k",
    "cifar10-jpeg-22",
    "digits-example",
    "nanogpt",
    "spoken-digits",
    "cifar10-modern",
    "digits-rates",
)
"""The balanced design and the steps at the article's budget; the larger design of what two cores
can train; the one with networks of 22 convolutions too; the study of `make study`; one of a program
of somebody else's; one of sounds; one of fifteen techniques; one at three learning rates."""
CIFAR = FULL, ARTICLE, REFERENCE, DEEPER


def study(name: str) -> optuna.Study:
    """Open a study in `studies.db`."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return load_study(f"sqlite:///{STUDIES}", name)


@cache
def findings(name: str) -> Findings:
    """Analyse a study in `studies.db`."""
    return analyse(study(name))


def settings(name: str) -> Settings:
    """Read the settings of a study in `studies.db`."""
    return findings(name).results.launched_with()


def data(name: str) -> DataFacts:
    """Read what a study in `studies.db` keeps of its data."""
    facts = findings(name).results.data
    assert facts is not None
    return facts
