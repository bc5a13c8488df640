"""What is quoted of the study of spoken digits."""

from __future__ import annotations

from collections.abc import Iterator

from docs.shipped import SPOKEN, findings
from search import simple_effect
from search.analysis.headline import headline
from search.analysis.movement import Movement
from tests.support.quoted.kinds import Claim, Quote
from tests.support.quoted.numbers import fit, verdicts

PAGE = "docs/data.md"


def _answer() -> tuple[float, ...]:
    best = findings(SPOKEN).confirmed[0]
    decision = findings(SPOKEN).decision
    assert decision is not None
    assert decision.gain is not None
    gain, test = decision.gain, best.test
    return test.value, test.low, test.high, gain.value, gain.low, gain.high


def _largest() -> tuple[float, ...]:
    found = headline(fit(SPOKEN))
    assert found.technique == "batch_norm"
    return found.effect, found.low, found.high


def _costs(*techniques: str) -> tuple[float, ...]:
    rows = [fit(SPOKEN).of(name) for name in techniques]
    return tuple(number for one in rows for number in _turned((one.effect, one.low, one.high)))


def _turned(found: tuple[float, ...]) -> tuple[float, ...]:
    """A gain as a cost."""
    gain, low, high = found
    return -gain, -high, -low


def _pooling() -> tuple[float, ...]:
    """Its cost without `batch_norm`, and its effect with it."""
    without, beside = (simple_effect(fit(SPOKEN), "global_pooling", "batch_norm", on=on)
                       for on in (False, True))  # fmt: skip
    cost = _turned((without.effect, without.low, without.high))
    return *cost, beside.effect, beside.low, beside.high


def _moved() -> Movement:
    early = findings(SPOKEN).fast_start
    assert early is not None
    (found,) = [one for one in early.moving if one.change.technique == "global_pooling"]
    return found


def _rose() -> tuple[float, ...]:
    early = findings(SPOKEN).fast_start
    assert early is not None
    assert early.rise is not None
    moved = _moved()
    change = moved.change
    return early.rise.last_quarter, moved.begin, moved.end, change.effect, change.low, change.high


def _quotes() -> Iterator[Quote]:
    yield Quote(PAGE, "That gives {97.7} % of the test sounds (95 %: {95.9} to {98.5}), {2.1} "
                "points ({0.2} to {4.1}) over the plain network", _answer)  # fmt: skip
    yield Quote(PAGE, "`batch_norm` is worth {+24.1} points of validation accuracy ({+17.0} to "
                "{+31.2})", _largest)  # fmt: skip
    yield Quote(PAGE, "`global_pooling` costs {18.1} ({11.9} to {24.2}) and `spec_augment` {14.9} "
                "({8.7} to {21.0})", lambda: _costs("global_pooling", "spec_augment"))  # fmt: skip
    yield Quote(PAGE, "where `batch_norm` is off: {32.9} ({5.0} to {48.2}). With it, the effect is "
                "{-3.3}, and may be anything from {-30.9} to {+11.8}",
                _pooling)  # fmt: skip
    yield Quote(PAGE, "Accuracy still rose by {5.2} points in the last five epochs, and from the "
                "mean of epochs 6 to {10} to that of epochs 16 to {20} the effect of "
                "`global_pooling` moved by {+12.2} ({+6.7} to {+17.6})",
                _rose)  # fmt: skip
    yield Quote(PAGE, "{64} runs, grown from {32}",
                lambda: findings(SPOKEN).results.launched_with().measure[::-1])  # fmt: skip


QUOTES = tuple(_quotes())
CLAIMS = (
    Claim(PAGE, "The answer: train with `batch_norm`, `residual` and `global_pooling`.",
          lambda: findings(SPOKEN).confirmed[0].recipe == "batch_norm, residual, global_pooling"
          and getattr(findings(SPOKEN).decision, "verdict", "") == "better"),
    Claim(PAGE, "The other five cannot be told from noise.",
          lambda: verdicts(SPOKEN, "helps") == {"batch_norm"}
          and verdicts(SPOKEN, "hurts") == {"global_pooling", "spec_augment"}
          and len(verdicts(SPOKEN, "no clear effect")) == 5),
)  # fmt: skip
