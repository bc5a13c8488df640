"""The environment of the processes in which Keras runs."""

from pathlib import Path

import pytest

from model_space.worker.environment import keras_environment


def test_what_jax_compiles_is_kept_in_the_user_s_cache_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    folder = Path(keras_environment()["JAX_COMPILATION_CACHE_DIR"])
    assert folder.is_relative_to(tmp_path / "kouka")
    assert folder == Path(keras_environment()["JAX_COMPILATION_CACHE_DIR"])


def test_what_the_user_says_comes_before_what_kouka_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("JAX_COMPILATION_CACHE_DIR", "/mine"), ("TF_CPP_MIN_LOG_LEVEL", "0")):
        monkeypatch.setenv(name, value)
        assert keras_environment()[name] == value
