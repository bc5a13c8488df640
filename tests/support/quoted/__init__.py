"""The measured numbers that hand-written sentences quote, each with what computes it."""

from tests.support.quoted import bench, cifar, digits
from tests.support.quoted.kinds import Claim, Quote, agrees, text_of

QUOTES = (*cifar.QUOTES, *digits.QUOTES, *bench.QUOTES)
CLAIMS = (*cifar.CLAIMS, *digits.CLAIMS, *bench.CLAIMS)

__all__ = ["CLAIMS", "QUOTES", "Claim", "Quote", "agrees", "text_of"]
