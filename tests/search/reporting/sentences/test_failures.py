"""Reasons of failed runs, in a line each."""

from search.reporting.sentences.failures import Reasons, as_end, brief
from search.storage.schema import INTERRUPTED

WHY = "it ended with exit code 1; the last it printed: "


def test_of_a_long_reason_the_last_lines_stay() -> None:
    first, last = "raise ValueError(" + 90 * "a" + ")", "ValueError: no data " + 30 * "b"
    assert brief(f"{WHY}{first} / {last}") == f"{WHY}{last}"
    assert brief(f"{WHY}one / two") == f"{WHY}one / two"
    shortened = brief(f"{WHY}{first} / ValueError: {100 * 'some word '}")
    assert shortened.startswith(f"{WHY}ValueError: some word some")
    assert shortened.endswith(("some …", "word …"))
    assert as_end(shortened) == shortened
    assert as_end("one") == "one."
    assert max(len(shortened), len(brief(f"{WHY}{300 * 'a'}")), len(brief(300 * "a"))) <= 160


def test_a_reason_is_given_once() -> None:
    reasons = Reasons()
    assert reasons.is_new("it is")
    assert reasons.of(3, "it is") == "failed: it is"
    assert not reasons.is_new("it is")
    assert reasons.of(5, "it is") == "failed as run 3 did"
    assert reasons.of(6, "it was") == "failed: it was"
    assert {reasons.of(run, INTERRUPTED) for run in (7, 8)} == {INTERRUPTED}
