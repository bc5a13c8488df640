"""The phases of a study: each says which runs it wants, given what there is already."""

from collections.abc import Callable, Mapping

from search.planning.phases import confirm, ladder, measure, search, verify
from search.planning.phases.plan import Planned
from search.planning.space import Space
from search.results import Results
from search.settings import Settings
from search.storage.schema import Phase

__all__ = ["PLANS", "Planned"]

PLANS: Mapping[Phase, Callable[[Settings, Space, Results], list[Planned]]] = {
    "measure": measure.plan,
    "ladder": ladder.plan,
    "search": search.plan,
    "verify": verify.plan,
    "confirm": confirm.plan,
}
