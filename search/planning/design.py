"""Two-level factorial designs: which techniques each `measure` run turns on.

A regular fraction gives every technique a vector over GF(2), and turns it on in run r where r
and the vector share an odd number of bits (Box, Hunter & Hunter 2005, ch. 6). A set of
techniques whose vectors add to zero is a word: its columns multiply to a constant, so the
effects of its halves are aliased. The fewer short words, the better (minimum aberration, Fries &
Hunter 1980).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from itertools import combinations, product
from operator import xor

import numpy as np

from search.errors import InputError, one_of

Design = np.ndarray
"""Booleans (runs, techniques): whether each run turns each technique on."""

MOST_RUNS = 1024

_FEW_GENERATORS = 2
"""Techniques beside a full factorial, for more of which short words alone are counted."""
_RESTARTS = 12
_CANDIDATES = 300

_MOST_EXCHANGED = 10
"""Techniques whose recipes are all tried as further runs of a design."""
_ENOUGH_RUNS = 1.25
"""Runs for each term of the pairwise model, from which further runs can separate them all well."""
_NEARLY_FRESH = 1.1
"""Variance of interactions, over that in a new design, with which another block will do."""
_EXCHANGES = 2048
"""Random beginnings of an exchange, times the recipes to choose from."""
_RIDGE = 1e-3
_WEIGHT = 3.0
"""Of a technique's variance beside that of an interaction."""


def possible_runs(techniques: int) -> list[int]:
    """The run counts, powers of two, whose designs have resolution IV or higher.

    There no technique's effect is aliased with an interaction of two.
    """
    fewest = 2
    while fewest < 2 * techniques:
        fewest *= 2
    return [2**power for power in range(1, 11) if fewest <= 2**power <= MOST_RUNS]


def check_runs(runs: int, techniques: int) -> None:
    """Raise `InputError`, with the counts that are possible, unless `runs` is one."""
    possible = possible_runs(techniques)
    if runs not in (0, *possible):
        raise InputError(
            f"--measure {runs} has no balanced design for {techniques} "
            f"technique{'s' * (techniques != 1)}; it takes {one_of([0, *possible])}"
        )


@cache
def design(techniques: int, first: int, runs: int) -> Design:
    """The design of a study that began with `first` runs and has grown to `runs`.

    Its first rows are the design it began with. Every column is balanced and orthogonal to the
    others and to every product of two, at every size on the way.
    """
    rows = fraction(techniques, first, "short")
    while len(rows) < runs:
        rows = np.concatenate([rows, _block_beside(rows, "short")])
    rows.flags.writeable = False
    return rows


@cache
def grown(techniques: int, sizes: tuple[int, ...], words: str = "all") -> Design:
    """The design of a study that was asked for so many runs, first to last, each time in all.

    Its first rows are those that it had at the size before. What is added is another block, where
    that leaves the interactions nearly as certain as in a new design, or where the runs are too few
    to tell them apart anyway; else single runs, exchanged until both sorts of effects are as
    certain as may be.
    """
    rows = fraction(techniques, sizes[0], words)
    for size in sizes[1:]:
        blocks = rows
        while len(blocks) < size:
            blocks = np.concatenate([blocks, _block_beside(blocks, words)])
        terms = 1 + techniques + techniques * (techniques - 1) // 2
        exchange = techniques <= _MOST_EXCHANGED and size >= _ENOUGH_RUNS * terms
        if exchange and not interaction_variance(blocks) <= _NEARLY_FRESH:
            rows = np.concatenate([rows, _runs_beside(rows, size - len(rows))])
        else:
            rows = blocks
    rows.flags.writeable = False
    return rows


def interaction_variance(rows: Design) -> float:
    """Mean variance of the interactions, as a multiple of that in a design that is orthogonal.

    Infinite where the runs cannot tell all of them apart; 1 where there are none.
    """
    features = _features(np.where(rows, 1.0, -1.0))
    techniques = rows.shape[1]
    if np.linalg.matrix_rank(features) < features.shape[1]:
        return np.inf
    variances = np.diag(np.linalg.inv(features.T @ features / len(rows)))
    return float(np.mean(variances[1 + techniques :])) if techniques > 1 else 1.0


def fraction(techniques: int, runs: int, words: str = "all") -> Design:
    """A regular fraction with few short words, or the full factorial, repeated where it fits.

    Where `words` are `short`, those of three and four letters alone are counted; where they are
    `all`, longer ones too, the shorter the worse.
    """
    check_runs(runs, techniques)
    bits = runs.bit_length() - 1
    vectors = _vectors(techniques, min(bits, techniques), words)
    numbers = np.arange(runs)[:, np.newaxis] % 2 ** min(bits, techniques)
    return np.asarray(np.bitwise_count(numbers & vectors) % 2 == 1)


def pair_columns(levels: np.ndarray) -> np.ndarray:
    """Products of every two columns of a ±1 matrix, (runs, pairs), in `combinations` order."""
    pairs = combinations(range(levels.shape[1]), 2)
    columns = [levels[:, i] * levels[:, j] for i, j in pairs]
    return np.column_stack(columns) if columns else np.empty((len(levels), 0))


@cache
def _vectors(techniques: int, bits: int, words: str) -> np.ndarray:
    """Choose a vector a technique."""
    basis = [1 << bit for bit in range(bits)]
    generators = techniques - bits
    if generators <= 0:
        return np.array(basis[:techniques])
    found = _exchanged(basis, generators, _short_words)
    if words == "all" and generators <= _FEW_GENERATORS:
        found = min(found, _exchanged(basis, generators, _words), key=_words)
    return np.array(found)


def _exchanged(
    basis: list[int], generators: int, count: Callable[[list[int]], tuple[int, ...]]
) -> list[int]:
    """Exchange one generator beside a basis at a time while words get fewer."""
    bits = len(basis)
    # Vectors of odd weight never make a word of three, so the search starts among them.
    odd = [v for v in range(1, 2**bits) if v.bit_count() % 2 and v not in basis]
    others = [v for v in range(1, 2**bits) if v not in basis]
    random = np.random.default_rng(0)
    found: list[tuple[tuple[int, ...], list[int]]] = []
    for _ in range(_RESTARTS):
        chosen = [int(v) for v in random.choice(odd, generators, replace=False)]
        best = count(basis + chosen)
        improved = True
        while improved:
            improved = False
            for position, vector in product(range(generators), others):
                if vector in chosen:
                    continue
                trial = [*chosen[:position], vector, *chosen[position + 1 :]]
                if (fewer := count(basis + trial)) < best:
                    best, chosen, improved = fewer, trial, True
        found.append((best, basis + chosen))
    return min(found)[1]


def _words(vectors: list[int]) -> tuple[int, ...]:
    """Count the words of one letter, of two, and so on, for vectors that begin with a basis.

    A word has some generators, and the basis' vectors that their sum is made of.
    """
    generators = [vector for vector in vectors if vector.bit_count() > 1]
    counts = [0] * len(vectors)
    for letters in range(1, len(generators) + 1):
        for chosen in combinations(generators, letters):
            counts[letters + reduce(xor, chosen).bit_count() - 1] += 1
    return tuple(counts)


def _short_words(vectors: list[int]) -> tuple[int, int]:
    """Count the words of three letters, and those of four."""
    array = np.array(vectors)
    i, j = np.triu_indices(len(array), 1)
    sums = np.bincount(array[i] ^ array[j], minlength=int(array.max()) * 2 + 1)
    return int(sums[array].sum()) // 3, int((sums * (sums - 1) // 2).sum()) // 3


def _block_beside(rows: Design, words: str) -> Design:
    """Choose as many runs again, so that both together separate the most pairs.

    The new block is a regular fraction with its columns relabelled and switched, so that what it
    aliases differs from what the first does; D-optimal among random ones for the pairwise model.
    """
    runs, techniques = rows.shape
    block = fraction(techniques, runs, words)
    random = np.random.default_rng(runs)
    best, best_determinant = block, -np.inf
    for _ in range(_CANDIDATES):
        candidate = block[:, random.permutation(techniques)] ^ (random.random(techniques) < 0.5)
        levels = np.where(np.concatenate([rows, candidate]), 1.0, -1.0)
        pairs = pair_columns(levels)
        information = pairs.T @ pairs / len(levels) + 1e-6 * np.eye(pairs.shape[1])
        determinant = np.linalg.slogdet(information)[1]
        if determinant > best_determinant + 1e-9:
            best, best_determinant = candidate, determinant
    return best


def _runs_beside(rows: Design, count: int) -> Design:
    """Choose `count` recipes that, with the rows, tell all effects as surely as possible.

    Begins at random, and exchanges one recipe at a time for the one that most lowers the variances
    of the pairwise model (A-optimality; Fedorov 1972, *Theory of Optimal Experiments*).
    """
    techniques = rows.shape[1]
    numbers = np.arange(2**techniques)[:, np.newaxis]
    recipes = numbers >> np.arange(techniques) & 1 == 1
    features = _features(np.where(recipes, 1.0, -1.0))
    weights = np.ones(features.shape[1])
    weights[0], weights[1 : 1 + techniques] = 0, _WEIGHT
    before = _features(np.where(rows, 1.0, -1.0))
    begun = before.T @ before + _RIDGE * np.eye(features.shape[1])
    random = np.random.default_rng([techniques, len(rows), count])
    found = []
    for _ in range(min(8, max(2, _EXCHANGES // len(recipes)))):
        chosen = random.choice(len(recipes), count, replace=count > len(recipes))
        chosen, variance = _exchange(features, begun, chosen, weights)
        found.append((variance, [int(place) for place in chosen]))
    return np.asarray(recipes[min(found)[1]])


def _exchange(
    features: np.ndarray, begun: np.ndarray, chosen: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, float]:
    """Exchange recipes while that lowers the weighted variances, which are returned too.

    All is rounded, so that other processors choose the same among equals.
    """
    chosen, changed = chosen.copy(), True
    while changed:
        changed = False
        inverse = np.linalg.inv(begun + features[chosen].T @ features[chosen])
        solved = features @ inverse
        for place, recipe in enumerate(chosen):
            leaving = solved[recipe]
            room = 1 - features[recipe] @ leaving
            without = solved + np.outer(solved @ features[recipe], leaving) / room
            gains = (without**2 @ weights) / (1 + np.sum(without * features, axis=1))
            gains = np.round(gains, 7)
            best = int(np.argmax(gains))
            if gains[best] > gains[recipe]:
                chosen[place], changed = best, True
                entering = without[best]
                share = 1 + features[best] @ entering
                solved = without - np.outer(without @ features[best], entering) / share
    inverse = np.linalg.inv(begun + features[chosen].T @ features[chosen])
    return chosen, round(float(weights @ np.diag(inverse)), 7)


def _features(levels: np.ndarray) -> np.ndarray:
    """Columns of the pairwise model: 1, the techniques, and their pairs."""
    return np.column_stack([np.ones(len(levels)), levels, pair_columns(levels)])
