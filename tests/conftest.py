import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Test processes, to which these are handed down, share the cores, where idle threads spin.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
# Or every command that a test starts would compile kouka anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import numpy as np
import optuna
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from typer.testing import CliRunner, Result

from model_space.data import Data, load_spec
from search import cli
from tests.support.faked import Kouka, without_report
from tests.support.fakes import FakeWorker

optuna.logging.set_verbosity(optuna.logging.ERROR)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_IN_MEMORY = Path("/dev/shm")
if (
    "TMPDIR" not in os.environ
    and os.access(_IN_MEMORY, os.W_OK)
    and shutil.disk_usage(_IN_MEMORY).free > 4 << 30
):
    # A commit of SQLite waits for the disk, 17 ms on a slow one, and a study has hundreds.
    os.environ["TMPDIR"] = str(_IN_MEMORY)
    tempfile.tempdir = None


LONGEST = (
    "running/test_workers.py", "training/test_jax.py", "cli/test_cli.py",
    "training/test_trainer.py", "custom/test_custom.py", "running/test_study.py",
    "running/test_resuming.py", "running/test_real_study.py", "running/test_ray_workers.py",
    "networks/test_article.py", "training/test_scorers.py", "final/test_training.py",
    "running/test_programs.py", "reporting/test_export.py", "running/test_time.py",
    "storage/test_copying.py", "reporting/test_browser.py", "script/test_training.py",
    "analysis/test_foreign_recipes.py", "worker/test_client.py", "final/test_script.py",
    "training/test_interrupted_runs.py", "running/test_launch_settings.py",
    "script/test_network.py", "analysis/test_effects.py", "cli/test_refusals.py",
    "storage/test_foreign_studies.py", "data/test_tfds.py",
)  # fmt: skip
"""Files that take longest, each on one process, the longest first: the others fill what is left."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {file: index for index, file in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get("/".join(item.path.parts[-2:]), len(place)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Whatever a test or its fixtures draw without a seed, weights above all, is always the same.

    Layers take their seeds from Python's generator.
    """
    random.seed(0)
    np.random.seed(0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="repeat what may go wrong by chance")


@pytest.fixture(autouse=True)
def _signals_as_they_were() -> Iterator[None]:
    """A command listens to signals for as long as its process lives, here that of all tests.

    Its hook for what is raised in finalizers would take pytest's place, and write what an earlier
    test has left behind amid the output of a later one.
    """
    hook = sys.unraisablehook
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    sys.unraisablehook = hook
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Decoded images are kept in here, and not with the user's."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(path))
        yield path


@pytest.fixture(autouse=True, scope="session")
def _migrations_read_once() -> Iterator[None]:
    """Optuna has ten files compiled up to three times for each storage that a test makes."""
    read: dict[str | None, ScriptDirectory] = {}
    anew = ScriptDirectory.from_config

    def from_config(config: Config) -> ScriptDirectory:
        folder = config.get_main_option("script_location")
        if folder not in read:
            read[folder] = anew(config)
        return read[folder]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", from_config)
        yield


@pytest.fixture(scope="session")
def digits() -> Data:
    """What scripts are written for."""
    from tests.support.scripts import SMALL  # imports Keras, which few tests need

    return load_spec(SMALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, with no storage set in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KOUKA_STORAGE", raising=False)
    monkeypatch.setenv("KOUKA_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return tmp_path


@pytest.fixture
def fake_worker(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorker]:
    """Studies launched in this process compute their accuracies instead of training."""
    worker = FakeWorker.new()
    worker.take_the_place(monkeypatch)
    return worker


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A launch draws and writes nothing, which takes longer than a study that is not trained."""
    without_report(monkeypatch)


@pytest.fixture
def kouka(folder: Path) -> Kouka:
    """Runs a command in this process, in the empty folder."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli.app, list(arguments))

    return run
