"""What the tests of studies share."""

import pytest


@pytest.fixture
def no_importances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out Optuna's, which take most of the time of an analysis; other tests have them."""
    monkeypatch.setattr("search.reporting.findings.importances", lambda *_: [])
