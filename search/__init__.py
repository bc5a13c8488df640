"""Studies of training techniques: their runs, the analysis of these, and the report.

TensorFlow runs in `model_space.worker.client`'s process, never in this one.

In a notebook:

    from search import analyse, draw, frame, load_study

    findings = analyse(load_study("sqlite:///studies.db", "digits"))
    frame(findings)             # the effects, as a data frame
    draw(findings)["effects"]   # a Plotly figure

`analyse` takes any Optuna study with on/off parameters, from any storage. `search.api` lists the
public names. They are imported when one is first asked for, as the commands import this package
too and start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from search.api import *  # noqa: F403


def _public() -> dict[str, Any]:
    api = vars(import_module("search.api"))
    return {name: value for name, value in api.items() if not name.startswith("_")}


def __dir__() -> list[str]:
    return sorted({*globals(), *_public()})


def __getattr__(name: str) -> Any:
    if name.startswith("_") and name != "__all__":
        raise AttributeError(f"module 'search' has no attribute {name!r}")
    public = _public()
    if name == "__all__":
        return list(public)
    if name not in public:
        raise AttributeError(f"module 'search' has no attribute {name!r}")
    return public[name]
