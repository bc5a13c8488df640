"""The phases of a study: each says which runs it wants, given what there is already."""

from collections.abc import Callable, Mapping

from search.phases import confirm, ladder, measure, search
from search.phases.plan import Planned
from search.results import Results
from search.schema import Phase
from search.settings import Settings
from search.space import Space

__all__ = ["PLANS", "Planned"]

PLANS: Mapping[Phase, Callable[[Settings, Space, Results], list[Planned]]] = {
    "measure": measure.plan,
    "ladder": ladder.plan,
    "search": search.plan,
    "confirm": confirm.plan,
}
