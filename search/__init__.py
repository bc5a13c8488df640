"""All of Optuna, statistics and Plotly: the study, its trials, the analysis and the report.

What it writes (study, phases, trials) and what it reads (results, analysis, figures) meet only
in the database. TensorFlow runs in `model_space.worker.client`'s process, never in this one.

In a notebook:

    from search import analyse, draw, frame, load_study

    findings = analyse(load_study("sqlite:///studies.db", "digits"))
    frame(findings)             # the effects, as a data frame
    draw(findings)["effects"]   # a Plotly figure

`analyse` takes any Optuna study with on/off parameters, from any storage.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from search.analysis.confirmation import Confirmed, Mean
    from search.analysis.costs import Cost, Estimate
    from search.analysis.dials import DialTrend
    from search.analysis.effects import Effect, Effects, effects
    from search.analysis.epochs import EpochEffects
    from search.analysis.importances import Importance
    from search.analysis.interactions import Interaction
    from search.analysis.ladder import Comparison, Step
    from search.analysis.simple_effects import SimpleEffect, simple_effect
    from search.errors import InputError
    from search.reporting.export import export_study, write
    from search.reporting.findings import Findings, analyse
    from search.reporting.gallery import draw
    from search.reporting.records import frame
    from search.reporting.summary import summarise
    from search.results import Results, Run
    from search.storage.connection import load_study
    from search.storage.reading import read

_HOMES = {
    "analysis.confirmation": ("Confirmed", "Mean"),
    "analysis.costs": ("Cost", "Estimate"),
    "analysis.dials": ("DialTrend",),
    "analysis.effects": ("Effect", "Effects", "effects"),
    "analysis.epochs": ("EpochEffects",),
    "analysis.importances": ("Importance",),
    "analysis.interactions": ("Interaction",),
    "analysis.ladder": ("Comparison", "Step"),
    "analysis.simple_effects": ("SimpleEffect", "simple_effect"),
    "errors": ("InputError",),
    "reporting.export": ("export_study", "write"),
    "reporting.findings": ("Findings", "analyse"),
    "reporting.gallery": ("draw",),
    "reporting.records": ("frame",),
    "results": ("Results", "Run"),
    "storage.reading": ("read",),
    "storage.connection": ("load_study",),
    "reporting.summary": ("summarise",),
}
"""Where each public name lives; it is imported when it is first asked for, as the commands import
this package too and start fast."""

__all__ = [
    "Comparison",
    "Confirmed",
    "Cost",
    "DialTrend",
    "Effect",
    "Effects",
    "EpochEffects",
    "Estimate",
    "Findings",
    "Importance",
    "InputError",
    "Interaction",
    "Mean",
    "Results",
    "Run",
    "SimpleEffect",
    "Step",
    "analyse",
    "draw",
    "effects",
    "export_study",
    "frame",
    "load_study",
    "read",
    "simple_effect",
    "summarise",
    "write",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"search.{home}"), name)
    raise AttributeError(f"module 'search' has no attribute {name!r}")
