"""The interval of the effect that is named first."""

import numpy as np
import pytest

from search.analysis.effects import Effects, effects
from search.analysis.headline import headline
from search.analysis.t_distribution import critical_value
from search.planning.design import design
from tests.support.fakes import EFFECTS
from tests.support.simulate import NAMES, simulated

pytestmark = pytest.mark.numeric


def fitted(seed: int, worth: dict[str, float]) -> Effects:
    found = effects(simulated(design(8, 64, 64), seed, 1.0, {}, worth), NAMES)
    assert found is not None
    return found


def test_of_a_largest_by_far_it_is_the_effects_own() -> None:
    found = fitted(0, EFFECTS)
    named, own = headline(found), found.of("augmentation")
    assert named == own


def test_where_any_may_be_the_largest_it_holds_for_all_at_once() -> None:
    found = fitted(1, dict.fromkeys(NAMES, 0.0))
    named = headline(found)
    assert named.technique == found.effects[0].technique
    assert named.verdict == "no clear effect"
    margin = critical_value(found.dof, 8) * float(np.sqrt(4 * found.noise**2 / 64))
    assert named.high - named.effect == pytest.approx(margin)
    assert named.low < 0 < named.high


def test_it_covers_where_the_largest_is_so_by_luck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight equal effects, of which the plain interval of the largest covers 83 %."""
    monkeypatch.setattr("search.analysis.effects._DRAWS", 2)
    worth = dict.fromkeys(NAMES, 1.0)
    ends = [headline(fitted(seed, worth)) for seed in range(60)]
    assert np.mean([one.low <= 1 <= one.high for one in ends]) > 0.93
    assert np.mean([one.verdict == "helps" for one in ends]) > 0.9
