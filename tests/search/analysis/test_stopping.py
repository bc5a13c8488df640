"""When a design has said what matters."""

from dataclasses import replace

import numpy as np
import pytest

from search.analysis.effects import effects
from search.analysis.stopping import is_known, three_largest
from search.planning.design import design
from search.results import Results
from search.settings import Settings
from tests.support.fakes import EFFECTS
from tests.support.simulate import NAMES, results_of, simulated

pytestmark = pytest.mark.numeric
UNCLEAR = {name: 3.0 if name in NAMES[:4] else 0.0 for name in NAMES}
"""Four techniques that matter as much as each other."""


def study(true: dict[str, float], noise: float, runs: int = 32, *sizes: int) -> Results:
    made = simulated(design(8, 16, runs), 3, noise, effects=true)
    return results_of(
        [replace(one, seed=at) for at, one in enumerate(made)],
        settings=Settings(measure=sizes or (16, runs)),
    )


def test_clear_effects_are_known_early_and_equal_ones_are_not() -> None:
    assert is_known(study(EFFECTS, 0.3))
    assert not is_known(study(EFFECTS, 30.0))
    assert not is_known(study(UNCLEAR, 0.3))
    assert not is_known(results_of([], settings=Settings(measure=(16,))))


def test_the_first_look_must_be_surer() -> None:
    """The same runs, once as the first look and once as the second."""
    for noise in np.arange(0.2, 6, 0.2):
        found = effects(study(EFFECTS, float(noise)).of("measure"), NAMES)
        assert found is not None
        if 0.5 < three_largest(found) < 0.9:
            break
    assert is_known(study(EFFECTS, float(noise)))
    assert not is_known(study(EFFECTS, float(noise), 32, 32))


def test_the_probability_is_that_of_the_ranks() -> None:
    """The oracle: of four techniques, the least one's probability not to be among three."""
    names = NAMES[:4]
    true = dict(zip(names, (9.0, 5.0, 2.0, 1.0), strict=True))
    found = effects(simulated(design(4, 16, 16), 3, 1.5, effects=true), names)
    assert found is not None
    assert three_largest(found) == pytest.approx(1 - found.effects[3].top_three, abs=0.02)
    alone = effects(simulated(design(1, 4, 4), 3, 1.0, effects={"mixup": 2.0}), ["mixup"])
    assert alone is not None
    assert three_largest(alone) == 1
