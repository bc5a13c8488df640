"""A database that Git tracks: told in a line before a launch, and nothing where git does not."""

import shutil
import subprocess
import time
from pathlib import Path

import optuna
import pytest

from search.storage import tracked_by_git
from search.storage.tracked_by_git import caution
from tests.support.faked import Kouka

URL = "sqlite:///studies.db"

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


@pytest.fixture
def tracked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that is in the index of a repository."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    optuna.create_study(study_name="other", storage=URL)
    git("init")
    git("add", "studies.db")
    return folder / "studies.db"


@needs_git
def test_a_tracked_database_is_named_with_what_to_do(tracked: Path, tmp_path: Path) -> None:
    assert caution(URL) == (
        "Git tracks studies.db: a checkout or a stash can undo what is stored there. To keep "
        "your runs apart, use --storage sqlite:///mine.db or set KOUKA_STORAGE."
    )
    assert str(tracked) in caution(f"sqlite:///{tracked}")
    (tmp_path / "link.db").symlink_to(tracked)
    assert "Git tracks link.db" in caution("sqlite:///link.db")


@needs_git
@pytest.mark.usefixtures("tracked")
def test_what_git_does_not_track_is_not_named(folder: Path) -> None:
    for name in ("mine.db", "[s]tudies.db", "stud*.db"):
        (folder / name).touch()
        assert caution(f"sqlite:///{name}") == ""
    assert caution("sqlite:///missing.db") == ""
    assert caution("sqlite://") == ""
    assert caution("postgresql://me@db/x") == ""


@needs_git
def test_nothing_is_said_outside_a_repository(folder: Path) -> None:
    (folder / "studies.db").touch()
    assert caution(URL) == ""


@pytest.mark.usefixtures("tracked")
@needs_git
def test_nothing_is_said_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert caution(URL) == ""


@pytest.mark.usefixtures("tracked")
@needs_git
def test_a_git_that_does_not_answer_is_not_waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = folder / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=":")
    monkeypatch.setattr(tracked_by_git, "_WAIT", 0.2)
    began = time.monotonic()
    assert caution(URL) == ""
    assert time.monotonic() - began < 30
    slow.write_text("no program")
    assert caution(URL) == ""


@needs_git
@pytest.mark.usefixtures("tracked", "fake_worker", "no_report")
def test_launch_worker_and_copy_say_it_once(kouka: Kouka, folder: Path) -> None:
    small = ("s", "--data", "digits", "--epochs", "1", "--measure", "16", "--search", "0")
    for arguments in (("launch", *small), ("worker", "s")):
        output = " ".join(kouka(*arguments).output.split())
        assert output.count("Git tracks studies.db") == 1
        assert output.index("Git tracks studies.db") > output.index("Study s")
    away = ("copy", "s", "--to", "sqlite:///mine.db")
    assert "Git tracks" not in kouka(*away).output
    back = kouka("copy", "s", "--storage", "sqlite:///mine.db", "--to", "sqlite:///kept.db")
    assert "Git tracks" not in back.output
    git("add", "kept.db")
    more = kouka("copy", "other", "--to", "sqlite:///kept.db").output
    assert more.count("Git tracks kept.db") == 1
