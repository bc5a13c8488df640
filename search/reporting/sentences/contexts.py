"""What effects are averages over, or beside what else they are."""

from __future__ import annotations

from search.analysis.contexts import Context, context_of
from search.analysis.effects import Effects

_BESIDE: dict[Context, str] = {
    "off": "with all others off",
    "on": "with all others on",
    "some": "beside what was on in the runs that tell it",
}


def beside(context: Context) -> str:
    """Continue "an effect is that"."""
    return _BESIDE[context]


def averaged(effects: Effects) -> str:
    """Continue "the change when it is turned on"."""
    context = context_of(effects.fit.model)
    return f", {beside(context)}" if context else ", averaged over what else is on"
