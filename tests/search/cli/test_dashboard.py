"""`kouka dashboard`: what it serves, on which address, and what it refuses."""

import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from search.reporting import dashboard_server
from search.storage.connection import open_storage
from search.storage.studies import study_names
from tests.support.faked import Kouka
from tests.support.foreign import foreign_study


def served(storage: str = "sqlite:///studies.db", **options: Any) -> str:
    """The address of a dashboard that runs as long as the tests."""
    addresses: list[str] = []
    ready = threading.Event()

    def note(address: str) -> None:
        addresses.append(address)
        ready.set()

    threading.Thread(
        target=dashboard_server.serve,
        args=(storage, 0, note),
        kwargs=options,
        daemon=True,
    ).start()
    assert ready.wait(300)
    return addresses[0]


def test_the_dashboard_serves_the_studies_on_loopback(folder: Path) -> None:
    foreign_study()
    address = served()
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address + "api/studies", timeout=30) as answer:
        assert b"foreign" in answer.read()
    with pytest.raises(Exception, match="cannot be served"):
        dashboard_server.serve(
            "sqlite:///studies.db", int(address.split(":")[2].rstrip("/")), print
        )


def test_a_read_only_dashboard_refuses_every_change(folder: Path) -> None:
    foreign_study()
    address = served(read_only=True)
    with urllib.request.urlopen(address + "api/studies", timeout=30) as answer:
        assert b"foreign" in answer.read()
    for method, path in (("DELETE", "api/studies/1"), ("POST", "api/studies"),
                         ("PUT", "api/studies/1/note")):  # fmt: skip
        request = urllib.request.Request(address + path, method=method, data=b"{}")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request, timeout=30)
    assert study_names(open_storage("sqlite:///studies.db")) == ["foreign"]


def test_a_journal_file_is_served_read_only(folder: Path) -> None:
    foreign_study()
    optuna.copy_study(
        from_study_name="foreign", from_storage="sqlite:///studies.db",
        to_storage=JournalStorage(JournalFileBackend("journal.log")),
    )  # fmt: skip
    address = served("journal:///journal.log")
    with urllib.request.urlopen(address + "api/studies", timeout=30) as answer:
        assert b"foreign" in answer.read()
    request = urllib.request.Request(address + "api/studies/0", method="DELETE")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=30)


def test_it_says_that_it_starts_once_it_can(
    kouka: Kouka, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = MagicMock(server_port=1)
    monkeypatch.setattr(dashboard_server, "make_server", lambda *_, **__: server)
    refused = kouka("dashboard")
    assert (refused.exit_code, refused.stdout) == (2, "")
    foreign_study()
    assert kouka("dashboard").stdout.splitlines() == [
        "Starting optuna-dashboard on sqlite:///studies.db …",
        "optuna-dashboard shows sqlite:///studies.db at http://127.0.0.1:1/ (Ctrl-C stops it)",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "--host 0.0.0.0 lets others reach the dashboard"),
        (("--host", "::"), "--host :: lets others reach"),
        (("--read-only", "--allow-writes"), "exclude each other"),
        (("--host", "no.such.host.invalid", "--read-only"), "no.such.host.invalid is not known"),
        (("--host", "192.0.2.1", "--allow-writes"), "192.0.2.1 cannot be served"),
    ],
)
def test_a_host_that_cannot_be_served_or_not_safely_is_refused(
    kouka: Kouka, folder: Path, options: tuple[str, ...], said: str
) -> None:
    foreign_study()
    result = kouka("dashboard", "--port", "0", *options)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
