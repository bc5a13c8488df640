"""Files that runs write where all of them work."""

import os
from pathlib import Path

import pytest

from search.commands.shared_files import snapshot, written


def test_new_and_changed_files_are_named_but_not_kouka_s_own_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old.txt").write_text("as it was")
    (tmp_path / "changed.txt").write_text("a")
    before = snapshot(tmp_path)
    (tmp_path / "changed.txt").write_text("ab")
    for name in ("new.txt", "log.txt"):
        (tmp_path / name).write_text("x")
    assert sorted(written(tmp_path, before)) == ["changed.txt", "log.txt", "new.txt"]
    log, of_number = os.stat(tmp_path / "log.txt"), os.fstat
    monkeypatch.setattr(os, "fstat", lambda number: log if number == 1 else of_number(number))
    assert sorted(written(tmp_path, before)) == ["changed.txt", "new.txt"]
