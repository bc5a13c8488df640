"""Accuracy on the test images, with intervals that hold for other seeds and for other images.

A recipe's runs all see the same test images, and more seeds make these no more typical. With each
image's result kept, seeds and images are two crossed random effects, and the variance of a mean
has a part of each (Owen 2007, Annals of Applied Statistics 1; on both as sources of error,
Bouthillier et al. 2021, MLSys 3). Without, the images' part is that of the binomial distribution,
which is the most that it can be. As three seeds hardly show their own variance, that of all
recipes' seeds, on the scale of the logit, counts with it (Smyth 2004, Statistical Applications in
Genetics and Molecular Biology 3).

A run that diverged has no part in a mean: it would say little of the networks that are used, and
make the interval say nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model_space.correctness import unpack
from search.analysis.distributions import beta_quantile
from search.analysis.estimate import Estimate
from search.analysis.t_distribution import ALPHA, quantile, satterthwaite

PRIOR_DOF = 1
"""Degrees of freedom that all recipes' seeds together are worth in the variance of one's.

With more, the interval of a recipe that was chosen among others covers less than 93 %.
"""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The tests of one recipe's runs that learned, on the same images."""

    accuracies: tuple[float, ...]
    """Fractions of the images, a run each."""
    images: int | None
    """Test images; None where that is not known, and the interval is of the seeds alone."""
    correct: np.ndarray | None = None
    """(runs, images): True where a run named an image right; None where that was not kept."""

    @classmethod
    def of(cls, runs: Sequence[tuple[float, str | None]], images: int | None) -> HeldOut:
        """Put together the tests of runs: an accuracy each, a fraction, and its images, packed.

        These are the images that it named right; `images` is the number of test images.
        """
        packed = [text for _, text in runs if text is not None]
        correct = None
        if len(packed) == len(runs):
            with suppress(ValueError):  # what another program wrote there, or of other images
                correct = np.array([unpack(text) for text in packed])
        return cls(tuple(accuracy for accuracy, _ in runs), images, correct)

    @property
    def mean(self) -> float:
        """Mean accuracy, a fraction."""
        return float(np.mean(self.accuracies))

    @cached_property
    def slope(self) -> float:
        """Derivative of the accuracy by its logit, kept above zero by half an image."""
        images = self.images or 1000
        share = (images * self.mean + 0.5) / (images + 1)
        return share * (1 - share)

    @property
    def seeds_dof(self) -> int:
        """Degrees of freedom of the seeds' variance."""
        return len(self.accuracies) - 1

    @property
    def seeds_squares(self) -> float:
        """Sum of the squared differences from the mean, on the scale of the logit."""
        return float(np.sum((np.array(self.accuracies) - self.mean) ** 2) / self.slope**2)

    @property
    def by_image(self) -> np.ndarray | None:
        """(images,): the share of the runs that named each right; None where it was not kept."""
        return None if self.correct is None else np.asarray(self.correct.mean(axis=0))

    @property
    def luck(self) -> float:
        """Variance of `mean` by what neither a seed nor an image explains; zero for one run.

        It is in the variance over seeds and in that over images, and so once too often in the sum.
        """
        if self.correct is None or len(self.correct) < 2:
            return 0.0
        runs, images = self.correct.shape
        hits = self.correct.astype(float)
        rows, columns = hits.mean(axis=1, keepdims=True), hits.mean(axis=0, keepdims=True)
        squares = float(np.sum((hits - rows - columns + hits.mean()) ** 2))
        return squares / float(self.luck_dof * runs * images)

    @property
    def luck_dof(self) -> int:
        """Degrees of freedom of `luck`; one where there is none."""
        if self.correct is None:
            return 1
        runs, images = self.correct.shape
        return max(int((runs - 1) * (images - 1)), 1)


@dataclass(frozen=True)
class Difference(Estimate):
    """A difference of two recipes' test results, with its 95 % interval, or a wider one."""

    paired: bool
    """True where it was computed image by image, as the interval of a pair."""
    dof: float = math.inf
    """Degrees of freedom of the interval."""
    level: float = ALPHA
    """Share of studies in which the interval may miss."""
    by_seed: bool = False
    """True where it was computed seed by seed, as these move all recipes alike."""


def accuracy(one: HeldOut, among: Sequence[HeldOut] = ()) -> tuple[float, float]:
    """The 95 % interval of a recipe's accuracy, in percent; NaN where there is none.

    `among` are all recipes with the same data, this one included, whose seeds are pooled.
    """
    seeds, dof = _seeds(one, among or [one])
    parts = [(seeds, dof)]
    if one.images is not None:
        parts.append((_images(one), max(one.images - 1, 1)))
    error, dof_of_sum = _total(parts, [one])
    half = quantile(dof_of_sum) * error / one.slope
    images = one.images or 1000
    share = (images * one.mean + 0.5) / (images + 1)
    centre = math.log(share / (1 - share))
    low, high = (100 / (1 + math.exp(-(centre + end))) for end in (-half, half))
    return min(low, 100 * one.mean), max(high, 100 * one.mean)


def difference(
    one: HeldOut,
    other: HeldOut,
    among: Sequence[HeldOut] = (),
    alpha: float = ALPHA,
) -> Difference:
    """A recipe's accuracy less another's, with an interval that misses in a share `alpha`.

    Where each image's result is known of both, the images count by the difference that they make.
    """
    parts = [_seeds(each, among or [one, other]) for each in (one, other)]
    first, second = one.by_image, other.by_image
    paired = first is not None and second is not None and len(first) == len(second)
    if first is not None and second is not None and paired:
        apart = first - second
        images = len(apart) + 2  # with one more for each side (Bonett & Price 2012)
        square = (float(np.sum(apart**2)) + 2) / images - (float(np.sum(apart)) / images) ** 2
        parts.append((max(square / images - one.luck - other.luck, 0.0), images - 1))
    else:
        parts += [(_images(each), max(each.images - 1, 1)) for each in (one, other) if each.images]
    error, dof = _total(parts, [one, other])
    points, half = 100 * (one.mean - other.mean), 100 * quantile(dof, 1 - alpha / 2) * error
    low, high = (float(np.clip(points + end, -100, 100)) for end in (-half, half))
    return Difference(points, low, high, paired, dof, alpha)


def rate(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a probability that was met `count` times (Clopper & Pearson 1934)."""
    low = beta_quantile(count, of - count + 1, 0.025) if count else 0.0
    high = beta_quantile(count + 1, of - count, 0.975) if count < of else 1.0
    return low, high


def _seeds(one: HeldOut, among: Sequence[HeldOut]) -> tuple[float, int]:
    """Variance of a mean by its seeds, and its degrees of freedom."""
    dof = sum(each.seeds_dof for each in among)
    if not dof:
        return math.nan, 0
    pooled = sum(each.seeds_squares for each in among) / dof
    own = one.seeds_dof
    prior = min(PRIOR_DOF, dof - own)
    variance = (prior * pooled + one.seeds_squares) / (prior + own)
    return variance * one.slope**2 / len(one.accuracies), prior + own


def _images(one: HeldOut) -> float:
    """Variance of a mean by its images, less what is in the seeds' already.

    Half an image more on each side keeps it above zero.
    """
    assert one.images is not None
    shares = one.by_image
    if shares is None:
        return one.slope / (one.images + 1)
    images = len(shares) + 1
    mean = (float(np.sum(shares)) + 0.5) / images
    return max(((float(np.sum(shares**2)) + 0.5) / images - mean**2) / images - one.luck, 0.0)


def _total(parts: Sequence[tuple[float, int]], recipes: Sequence[HeldOut]) -> tuple[float, float]:
    """Standard error of a sum of parts, and Satterthwaite's degrees of freedom.

    No less than the luck of the recipes, of which the other parts are an excess: where seeds name
    other images right, but as many, they may all come out as zero.
    """
    total = sum(variance for variance, _ in parts)
    luck = [(each.luck, each.luck_dof) for each in recipes if each.luck]
    if total < sum(variance for variance, _ in luck):
        return _total(luck, [])
    if math.isnan(total):
        return math.nan, 0.0
    if total == 0:
        return 0.0, math.inf
    return math.sqrt(total), satterthwaite(parts)
