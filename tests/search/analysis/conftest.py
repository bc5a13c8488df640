"""What the tests of the analysis share."""

import pytest


@pytest.fixture
def unranked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The draws for the ranks take longer than all else, in tests of many studies."""
    monkeypatch.setattr("search.analysis.effects._DRAWS", 2)
