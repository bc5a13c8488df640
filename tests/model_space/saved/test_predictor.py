"""A saved network runs on the backend that is installed."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from model_space import child
from model_space.saved import predictor


@pytest.mark.parametrize(("installed", "backend"), [(True, "tensorflow"), (False, "jax")])
def test_a_network_runs_where_only_jax_is(
    monkeypatch: pytest.MonkeyPatch, installed: bool, backend: str
) -> None:
    card: Any = SimpleNamespace(classes=("a",), preparation=None, backend="jax")
    asked: list[Mapping[str, str]] = []

    def ask(
        module: str, request: object, answer: type[Any], environment: Mapping[str, str], _: object
    ) -> Any:
        asked.append(environment)
        return answer(("a.png",), ((1.0,),))

    monkeypatch.setattr(predictor, "find_spec", lambda name: object() if installed else None)
    monkeypatch.setattr(predictor, "ask", ask)
    assert predictor.predict(Path("model.keras"), card, ["a.png"]).probabilities == ((1.0,),)
    assert asked[0]["KERAS_BACKEND"] == backend


@pytest.mark.parametrize(
    ("installed", "named", "backend"),
    [
        ({"tensorflow", "jax"}, "", "tensorflow"),
        ({"jax"}, "", "jax"),
        (set(), "", "tensorflow"),
        ({"tensorflow", "jax"}, "jax", "jax"),
    ],
)
def test_keras_runs_on_what_is_named_or_installed(
    monkeypatch: pytest.MonkeyPatch, installed: set[str], named: str, backend: str
) -> None:
    monkeypatch.setattr(child, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setenv("KERAS_BACKEND", named)
    assert child.backend_here() == backend
