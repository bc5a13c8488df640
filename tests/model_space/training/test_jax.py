"""Keras on JAX, in processes: the tests marked `jax`, one by one, those of `on_jax.py`, a study."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

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


def marked(file: Path) -> list[str]:
    """The tests of a file that hold on JAX: marked `jax` themselves, by a case, or all of them."""
    # Read and not imported: a process has one backend.
    tree = ast.parse(file.read_text(encoding="utf-8")).body
    all_of_it = any(ast.unparse(each) == "pytestmark = pytest.mark.jax" for each in tree)
    return [
        f"{file.stem}.{each.name}"
        for each in tree
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
        if all_of_it or any("mark.jax" in ast.unparse(one) for one in each.decorator_list)
    ]


FOLDER = Path(__file__).parent
FILES = [FOLDER / name for name in ("test_trainer.py", "test_checkpoint.py", "on_jax.py")]
ON_JAX = [name for file in FILES for name in marked(file)]


@pytest.fixture(scope="module")
def outcomes(
    on_jax: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[ElementTree.Element]]:
    """The cases of each test, as pytest reports them of one process on JAX."""
    report = tmp_path_factory.mktemp("on_jax") / "report.xml"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "-m", "jax", "-p", "no:cacheprovider",
         # Keras' own, on JAX.
         "-W", "ignore:__array__ implementation:DeprecationWarning",
         "-W", "ignore:Explicitly requested dtype int64:UserWarning",
         f"--junitxml={report}", *map(str, FILES)],
        env=on_jax, cwd=FOLDER.parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert report.exists(), ended.stdout + ended.stderr
    cases: dict[str, list[ElementTree.Element]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        file = case.attrib["classname"].rpartition(".")[2]
        cases.setdefault(f"{file}.{case.attrib['name'].partition('[')[0]}", []).append(case)
    return cases


@pytest.mark.numeric
@pytest.mark.parametrize("name", ON_JAX)
def test_it_holds_on_jax(name: str, outcomes: dict[str, list[ElementTree.Element]]) -> None:
    for case in outcomes[name]:
        for what in case:  # a failure, an error, or why it was skipped
            pytest.fail(f"{case.attrib['name']}: {what.tag}\n{what.text}", pytrace=False)


def test_no_other_test_was_run_on_jax(outcomes: dict[str, list[ElementTree.Element]]) -> None:
    assert outcomes.keys() == set(ON_JAX)


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
