"""Keras on JAX: tests of training that are not bound to TensorFlow, and a study, in processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from search.storage.connection import load_study
from search.storage.reading import read

LAUNCH = [
    sys.executable, "-c", "from search.cli import main; main()", "launch", "tiny",
    "--data", "digits", "--train-size", "60", "--validation", "50", "--epochs", "2",
    "--batch-size", "25", "--width", "0.1", "--techniques", "global_pooling,amsgrad",
    "--fix", "global_pooling=on", "--measure", "4", "--search", "0", "--confirm", "0",
]  # fmt: skip


@pytest.fixture(scope="module")
def on_jax(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which little is compiled, and nothing twice."""
    return {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("compiled")),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


def test_tests_of_training_hold_on_jax(on_jax: dict[str, str]) -> None:
    """Those marked `jax`, and `on_jax.py` beside this file."""
    folder = Path(__file__).parent
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "-m", "jax", "-p", "no:cacheprovider",
         # Keras' own, on JAX.
         "-W", "ignore:__array__ implementation:DeprecationWarning",
         "-W", "ignore:Explicitly requested dtype int64:UserWarning",
         str(folder / "test_trainer.py"), str(folder / "test_checkpoint.py"),
         str(folder / "on_jax.py")],
        env=on_jax, cwd=folder.parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    assert "skipped" not in ended.stdout


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, on_jax: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("jax")
    ended = subprocess.run(
        LAUNCH, env=on_jax, cwd=folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert ended.stderr == ""
    return folder


def test_a_study_is_trained_on_jax_and_says_so(study: Path) -> None:
    found = read(load_study(f"sqlite:///{study}/studies.db", "tiny"))
    assert [run.state for run in found.runs] == ["complete"] * 4
    assert found.launched_with().backend == "jax"
    assert "jax" in found.versions
    assert "tensorflow" not in found.versions
    assert "jax" in (study / "reports" / "tiny" / "report.md").read_text()


def test_another_backend_does_not_go_on_with_it(study: Path, on_jax: dict[str, str]) -> None:
    ended = subprocess.run(
        LAUNCH, env={**on_jax, "KERAS_BACKEND": "tensorflow"},
        cwd=study, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "KERAS_BACKEND is jax, not tensorflow" in ended.stderr


def test_the_same_command_without_the_variable_stays_with_it(
    study: Path, on_jax: dict[str, str]
) -> None:
    environment = {name: value for name, value in on_jax.items() if name != "KERAS_BACKEND"}
    ended = subprocess.run(
        LAUNCH, env=environment, cwd=study, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
