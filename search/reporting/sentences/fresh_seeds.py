"""Sentences on the tests of recipes on fresh seeds, and what their intervals hold for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.analysis.confirmation import Confirmed, chosen_by_tests
from search.analysis.held_out import rate
from search.analysis.looks import alpha_of_gains, confirm_looks
from search.objective import ACCURACY
from search.reporting.formatting import beside, counted, listed
from search.results import Results


def fresh_seeds(results: Results) -> str:
    """Name what `confirm` runs are of: fresh seeds, and test data where there are any."""
    if results.program is None:
        return f"fresh seeds and test {results.things}"
    return "fresh seeds" if results.program.test is None else "fresh seeds and test data"


def over_seeds(runs: int) -> str:
    """Continue a sentence on a mean: how many seeds it and its interval are of."""
    return ", of one seed" if runs == 1 else f", the mean of {runs} seeds and its 95 % interval"


def over_all_off(row: Confirmed) -> str:
    """Continue a sentence on a recipe's test accuracy: how far it is above that of all off."""
    if row.gain is None:
        return ""
    return f"; {beside(row.gain, 'points', 'all off')}"


def about_tests(results: Results, rows: Sequence[Confirmed]) -> list[str]:
    """Say what the intervals of the test accuracies hold for, and which runs diverged."""
    things = results.things
    sentences = []
    if results.data is not None and any(not math.isnan(row.test.low) for row in rows):
        hold = f"Intervals of test accuracy hold for other seeds and other test {things}"
        pairs = [row.gain for row in rows if row.gain is not None]
        if pairs and not all(gain.paired for gain in pairs):
            hold += (
                f". Differences are not paired, as some runs do not keep which {things} they named "
                "right; their intervals are wider for it"
            )
        elif pairs:
            hold += f"; differences are of the same {things}, one by one"
        sentences.append(f"{hold}.")
    known = [row for row in rows if not math.isnan(row.test_objective.low)]
    if results.program is not None and known:
        same = "" if _by_seed(rows) else ", on the same data"
        sentences.append(f"The intervals hold for other seeds{same}.")
        if chosen_by_tests(results):
            sentences.append(
                "As these values also chose the recommended recipe, the intervals of the "
                "differences hold for all recipes at once."
            )
    elif results.objective != ACCURACY and known:
        sentences.append(f"Those of {results.objective.measure} hold for other seeds alone.")
    if _by_seed(rows):
        sentences.append(
            "The seeds move the results of all recipes alike, as where each draws other data, so "
            "differences are taken seed by seed."
        )
    if before := confirm_looks(results)[:-1]:
        sentences.append(
            f"As one could look at them after {listed([str(count) for count in before])} seeds "
            "already, the intervals of differences are wider: of "
            f"{100 * (1 - alpha_of_gains(results)):.1f} % for this look alone."
        )
    failed, runs = sum(row.diverged for row in rows), sum(row.runs for row in rows)
    if failed:
        low, high = (100 * end for end in rate(failed, runs))
        names = listed([f"{row.diverged} of {row.runs} of {row.recipe}" for row in rows
                        if row.diverged])  # fmt: skip
        sentences.append(
            f"{failed} of {counted(runs, 'confirm run')} diverged or learned nothing: {names}. "
            "Means and intervals are of the others, where there are any; expect the same of "
            f"{100 * failed / runs:.0f} % of runs (95 % interval {low:.0f} to {high:.0f} %)."
        )
    return sentences


def _by_seed(rows: Sequence[Confirmed]) -> bool:
    """True where differences are taken seed by seed, as seeds move all recipes alike."""
    return any(row.objective_gain is not None and row.objective_gain.by_seed for row in rows)
