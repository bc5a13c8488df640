"""Machines on which no study can run."""

import os
from collections.abc import Callable

import pytest
from typer.testing import Result

from search.errors import InputError
from search.running.requirements import check_installed, check_system


def test_a_backend_that_is_not_installed_is_told() -> None:
    check_installed("tensorflow")
    with pytest.raises(InputError, match=r"nothing, which is not installed .* 'kouka\[nothing\]'"):
        check_installed("nothing")


def test_a_system_that_cannot_fork_runs_no_study(
    monkeypatch: pytest.MonkeyPatch, kouka: Callable[..., Result]
) -> None:
    check_system()
    monkeypatch.delattr(os, "fork")
    for arguments in (["launch", "digits"], ["worker", "digits"], ["train", "digits"]):
        result = kouka(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "on Windows it reads them" in result.stderr
