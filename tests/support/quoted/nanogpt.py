"""What is quoted of the study of nanoGPT."""

from __future__ import annotations

from collections.abc import Iterator

from docs.shipped import NANOGPT, findings
from search import simple_effect
from search.analysis.headline import headline
from tests.support.quoted.kinds import Claim, Quote
from tests.support.quoted.numbers import fit, verdicts

PAGE = "docs/any-script.md"


def _costs(*techniques: str) -> tuple[float, ...]:
    rows = [fit(NANOGPT).of(name) for name in techniques]
    return tuple(number for one in rows for number in (one.effect, one.low, one.high))


def _largest() -> tuple[float, ...]:
    found = headline(fit(NANOGPT))
    assert found.technique == "triple_rate"
    return found.effect, found.low, found.high


def _without_warmup() -> tuple[float, ...]:
    sides = (simple_effect(fit(NANOGPT), "no_warmup", "triple_rate", on=on) for on in (False, True))
    return tuple(number for one in sides for number in (one.effect, one.low, one.high))


def _quotes() -> Iterator[Quote]:
    yield Quote(
        PAGE, "rate costs {0.096} nats of validation loss (95 %: {0.056} to {0.137})", _largest
    )
    yield Quote(PAGE, "leaving out the warmup costs {0.079} ({0.046} to {0.112})",
                lambda: _costs("no_warmup"))  # fmt: skip
    yield Quote(PAGE, "on the rate: {0.01} ({-0.08} to {0.15}) at nanoGPT's, and {0.15} ({0.01} to "
                "{0.23}) at three times that", _without_warmup)  # fmt: skip
    yield Quote(PAGE, "`dropout` among them ({+0.056}, {+0.023} to {+0.089})",
                lambda: _costs("dropout"))  # fmt: skip
    yield Quote(PAGE, "{64} runs, grown from {16}",
                lambda: findings(NANOGPT).results.launched_with().measure[::-1])  # fmt: skip


QUOTES = tuple(_quotes())
CLAIMS = (
    Claim(PAGE, "nothing tried is surely better than nanoGPT's own values",
          lambda: getattr(findings(NANOGPT).decision, "verdict", "") == "not sure"),
    Claim(PAGE, "the other six cannot be told from noise",
          lambda: verdicts(NANOGPT, "hurts") == {"triple_rate", "no_warmup"}
          and len(verdicts(NANOGPT, "no clear effect")) == 6),
)  # fmt: skip
