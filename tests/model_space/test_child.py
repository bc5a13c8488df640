"""Child processes: what they report on the way, what they answer, and how they die."""

import os
import sys
from dataclasses import dataclass

import pytest

from model_space import child
from model_space.child import ChildError, ask

COUNTS = """
import sys
from dataclasses import dataclass
from model_space.child import respond_with_progress

@dataclass(frozen=True)
class Request:
    most: int

@dataclass(frozen=True)
class Answer:
    said: str

def count(request, progress):
    print("noise " * 100_000)
    for number in range(request.most):
        progress(number + 1, request.most)
    if not request.most:
        sys.exit("nothing to count")
    return Answer("counted")

respond_with_progress(Request, count)
"""


@dataclass(frozen=True)
class Request:
    most: int


@dataclass(frozen=True)
class Answer:
    said: str


def test_a_child_reports_on_its_way_and_says_why_it_died(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "running", lambda module: [sys.executable, "-c", COUNTS])
    seen: list[tuple[int, int]] = []
    answer = ask("counts", Request(3), Answer, os.environ, lambda *done: seen.append(done))
    assert answer == Answer("counted")
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(ChildError, match="ended with exit code 1: nothing to count"):
        ask("counts", Request(0), Answer, os.environ)
    monkeypatch.setattr(child, "running", lambda module: [sys.executable, "-c", ""])
    with pytest.raises(ChildError, match="ended without an answer"):
        ask("counts", Request(3), Answer, os.environ)
