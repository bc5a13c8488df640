"""The measured numbers that hand-written sentences quote, each with what computes it."""

from tests.support.quoted import bench, cifar, digits, hardware, modern, nanogpt, reference, spoken
from tests.support.quoted.kinds import Claim, Quote, agrees, text_of

QUOTES = (
    *cifar.QUOTES,
    *reference.QUOTES,
    *digits.QUOTES,
    *modern.QUOTES,
    *bench.QUOTES,
    *hardware.QUOTES,
    *nanogpt.QUOTES,
    *spoken.QUOTES,
)
CLAIMS = (
    *cifar.CLAIMS,
    *reference.CLAIMS,
    *digits.CLAIMS,
    *modern.CLAIMS,
    *bench.CLAIMS,
    *nanogpt.CLAIMS,
    *spoken.CLAIMS,
)

__all__ = ["CLAIMS", "QUOTES", "Claim", "Quote", "agrees", "text_of"]
