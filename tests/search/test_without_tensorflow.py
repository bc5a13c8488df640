"""kouka as `pip install kouka` leaves it: without TensorFlow, and whatever else only trains."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from docs.shipped import EXAMPLE
from tests.search.final.test_training import CARD

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
IMPORTED_AS = {"pillow": "PIL", "scikit-learn": "sklearn"}


def names(requirements: list[str]) -> set[str]:
    packages = {one.partition(">=")[0] for one in requirements}
    return {IMPORTED_AS.get(package, package) for package in packages}


TRAINING = names(EXTRAS["tensorflow"])


def test_what_trains_is_no_dependency() -> None:
    assert {"keras", "tensorflow", "sklearn", "scipy", "PIL"} <= TRAINING
    assert not TRAINING & names(PROJECT["dependencies"])


@pytest.fixture
def light(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs a command where what only trains is missing, and returns what it printed."""
    site = tmp_path_factory.mktemp("site")
    # None stands for a module that cannot be imported, in child processes as well.
    (site / "sitecustomize.py").write_text(f"import sys\nsys.modules |= dict.fromkeys({TRAINING})")
    path = os.pathsep.join([str(site), str(ROOT), os.environ.get("PYTHONPATH", "")])

    def run(*arguments: str) -> str:
        command = [sys.executable, "-c", "from search.cli import main; main()", *arguments]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                             env={**os.environ, "PYTHONPATH": path})  # fmt: skip
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    return run


def test_any_script_is_studied_to_its_report(folder: Path, light: Callable[..., str]) -> None:
    script = "import random, sys; print('score=', len(sys.argv) + random.random() / 9, sep='')"
    (folder / "train.py").write_text(script)
    out = light("launch", "mine", "--command", f"{sys.executable} train.py {{flags}}", "--factor",
                "ema: --ema", "--factor", "cut: --cut", "--metric", "score=([0-9.]+)",
                "--measure", "4")  # fmt: skip
    assert "reports/mine/report.html" in out
    report = (folder / "reports" / "mine" / "report.html").read_text()
    assert "fANOVA and MDI are not here" in report
    assert "PED-ANOVA" in (folder / "reports" / "mine" / "importances.csv").read_text()
    assert "ema, cut" in light("logs", "mine")


@pytest.mark.parametrize(
    "arguments",
    [
        ["launch", "digits"],
        ["launch", "mine", "--data", "digits", "--technique", "missing.py"],
        ["worker", EXAMPLE],
        ["train", EXAMPLE],
        ["code", EXAMPLE],
        ["predict", "models/mine", "photo.png"],
    ],
    ids=" ".join,
)
def test_what_trains_says_what_to_install(
    folder: Path,
    kouka: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    shutil.copy(ROOT / "studies.db", folder)
    model = folder / "models" / "mine"
    model.mkdir(parents=True)
    (model / "model.keras").write_bytes(b"")
    CARD.write(model / "model.json")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    for package in TRAINING | {"jax"}:
        monkeypatch.setitem(sys.modules, package, None)
    result = kouka(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "kouka: kouka's networks need keras and tensorflow, which are not installed here; "
        "pip install 'kouka[tensorflow]' installs them\n"
    )
