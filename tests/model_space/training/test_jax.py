"""Keras on JAX, in processes: the tests marked `jax`, one by one, those of `on_jax.py`, a study."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import Result

from search.storage.reading import read
from search.storage.studies import load_study
from tests.support import dense_network

LAUNCH = (
    "launch", "tiny", "--data", "digits", "--train-size", "50", "--validation", "50",
    "--epochs", "2", "--batch-size", "25", "--network", dense_network.__file__,
    "--width", "0.2", "--techniques", "amsgrad", "--measure", "4", "--search", "0",
    "--confirm", "0",
)  # fmt: skip


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
FILES = [FOLDER / name for name in ("test_trainer.py", "test_interrupted_runs.py", "on_jax.py")]
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
    command = [sys.executable, "-c", "from search.cli import main; main()", *LAUNCH]
    ended = subprocess.run(
        command, env=on_jax, cwd=folder, capture_output=True, text=True, check=False
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


@pytest.fixture
def launch_again(
    kouka: Callable[..., Result], study: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Result]:
    """Launches it where it is, in this process."""
    monkeypatch.chdir(study)
    return lambda: kouka(*LAUNCH)


def test_another_backend_does_not_go_on_with_it(
    launch_again: Callable[[], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    result = launch_again()
    assert result.exit_code == 2
    assert "KERAS_BACKEND is jax, not tensorflow" in result.stderr


@pytest.mark.usefixtures("no_report")
def test_the_same_command_without_the_variable_stays_with_it(
    launch_again: Callable[[], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    result = launch_again()
    assert result.exit_code == 0, result.stderr
