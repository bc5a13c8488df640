"""What a reader must know before believing the effects: one sentence each, worst first."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from search.analysis.classes import class_sizes
from search.analysis.confirmation import describe
from search.analysis.effects import Effects, Verdict, effects
from search.analysis.interactions import interactions
from search.analysis.model import ENOUGH_DOF, varied
from search.analysis.t_distribution import CONFIDENCE, familywise, welch
from search.results import ACCURACY, Results, Run
from search.storage.schema import INTERRUPTED, TRIES

_MOST_AT_RESOLUTION_V = ((8, 3), (16, 5), (32, 6), (64, 8), (128, 11), (256, 17), (512, 23))
"""Runs, and the most techniques whose pairs they all separate (Box, Hunter & Hunter 2005)."""

_MOST_IN_COMMON = 4
"""Techniques that some runs have in common, by which to name them."""
_CERTAIN: tuple[Verdict, ...] = ("helps", "hurts")


def notes(results: Results, found: Effects | None, repeats: Sequence[Sequence[Run]]) -> list[str]:
    """Every caution that these runs call for."""
    measured = results.of("measure")
    said = [*_runs(results, measured), *left_out(results), *_classes(results)]
    if found is not None:
        said += [
            *_foreign(results),
            *_techniques(found, measured, results),
            *_untaught(results, measured),
            *_noise(found),
            *_pairs(found, results.designed),
            *_unproven(found),
            *_ceiling(results, found, repeats),
            *_additivity(results, found),
            *_floor(found, results.objective.unit),
        ]
    return said


def left_out(results: Results) -> list[str]:
    """Which techniques the network has no place for."""
    network, names = results.settings.get("network"), results.settings.get("left_out")
    if not network or not names:
        return []
    return [
        f"{listed(names)} {'are' if len(names) > 1 else 'is'} left out: the network "
        f"{PurePath(network['at']).name} does not call the stage that "
        f"{'each' if len(names) > 1 else 'it'} changes."
    ]


def _foreign(results: Results) -> list[str]:
    """What another program's trials do not promise."""
    if results.designed:
        return []
    said = [
        "These trials were not planned as a balanced design. A sampler that learns tries what did "
        "well more often, and runs of its later choices lean on its earlier luck: read the "
        "effects as hints, and the intervals as the least that is uncertain."
    ]
    if pruned := sum(run.state == "pruned" for run in results.runs):
        said.append(
            f"{pruned} pruned trial{'s have' if pruned != 1 else ' has'} no final value and "
            f"{'are' if pruned != 1 else 'is'} left out, so what does badly early is seen less "
            "than it should be."
        )
    if results.others:
        said.append(
            f"Other parameters varied too ({listed(results.others)}) and count as noise; where one "
            "went along with a technique, part of the technique's effect is its own."
        )
    return said


def _failures(results: Results) -> list[str]:
    """Why runs failed, and which recipes were given up for it."""
    failed = [run for run in results.runs if run.failure not in (None, INTERRUPTED)]
    tries: dict[tuple[str, int | None, str], list[Run]] = {}
    for run in failed:
        tries.setdefault((run.phase, run.seed, describe(run, results.factors)), []).append(run)
    said = []
    for (phase, seed, recipe), runs in tries.items():
        if seed is not None and len(runs) >= TRIES:
            said.append(
                f"A {phase} run was given up, as it failed {len(runs)} times (techniques on: "
                f"{recipe}): {runs[-1].failure}."
            )
            failed = [run for run in failed if run not in runs]
    reasons = Counter(str(run.failure) for run in failed)
    said += [
        f"{count} run{'s' * (count != 1)} failed: {failure}."
        for failure, count in sorted(reasons.items())
    ]
    return said


def _runs(results: Results, measured: Sequence[Run]) -> list[str]:
    """What is missing, failed or diverged."""
    said = []
    planned = results.settings.get("measure")
    if planned and len(measured) < planned[-1]:
        said.append(f"{len(measured)} of {planned[-1]} planned runs are in; the rest is missing.")
    said += _failures(results)
    endless = sum(run.state == "complete" and run.value is None for run in results.runs)
    if endless:
        said.append(f"{endless} run{'s' * (endless != 1)} ended at no finite value: left out.")
    diverged = sum(run.diverged for run in measured)
    if diverged and diverged == len(measured):
        said.append("Every measured run diverged, so these runs say nothing about any technique.")
    elif diverged:
        verb = "run diverged and counts" if diverged == 1 else "runs diverged and count"
        said.append(f"{diverged} {verb} at chance level.")
    if len(measured) > 1 and len({run.value for run in measured}) == 1:
        said.append("Every measured run came to the same value, so nothing can be told apart.")
    return said


def _classes(results: Results) -> list[str]:
    """Where classes weigh by their size, and some are much larger than others."""
    found = class_sizes(results, "validation")
    if found is None or not found.unequal or results.objective.key == "balanced_accuracy":
        return []
    weighs = (
        f": naming {found.largest!r} every time gives {100 * found.largest_share:.1f} % accuracy"
        if results.objective is ACCURACY
        else f", and they weigh as much in the {results.objective.measure}"
    )
    return [
        f"Class {found.largest!r} has {100 * found.largest_share:.1f} % of the validation "
        f"{results.things} and {found.smallest!r} {100 * found.smallest_share:.1f} %{weighs}. A "
        "new study with --objective balanced_accuracy weighs the classes equally."
    ]


def _techniques(found: Effects, measured: Sequence[Run], results: Results) -> list[str]:
    """Techniques that the runs cannot tell of."""
    known = varied(measured, results.factors)
    always = [name for name in results.factors if name not in known]
    said = []
    if always:
        said.append(f"{listed(always)} never varied in these runs, so nothing is known of it.")
    tangled = [e.technique for e in found.effects if math.isnan(e.effect) and e.technique in known]
    if tangled:
        said.append(
            f"{listed(tangled)} cannot be told apart: they were on and off together. More runs "
            "separate them."
        )
    return said


def _untaught(results: Results, measured: Sequence[Run]) -> list[str]:
    """Runs that came to what naming one class every time comes to."""
    found = class_sizes(results, "validation")
    if found is None or not results.objective.share:
        return []
    equal = 1 / len(results.data["classes"])
    chance = 100 * (found.largest_share if results.objective is ACCURACY else equal)
    none = [run for run in measured if not run.diverged and run.scaled <= chance + 1e-6]
    if not none:
        return []
    on = frozenset.intersection(*(run.on for run in none))
    off = frozenset(results.factors).difference(*(run.on for run in none))
    alike = [run for run in measured if on <= run.on and not off & run.on]
    who = ""
    if len(alike) == len(none) and 0 < len(on) + len(off) <= _MOST_IN_COMMON:
        turned = [
            f"{listed([name for name in results.factors if name in names])} {way}"
            for names, way in ((on, "on"), (off, "off")) if names
        ]  # fmt: skip
        who = f": those with {', '.join(turned)}"
    return [
        f"{len(none)} of {len(measured)} measured runs learned nothing{who}. They came to no more "
        f"than {chance:.1f} %, as naming one class every time does, so part of the effects is "
        "whether a network learns at all, of which pairs of techniques may not tell all."
    ]


def _noise(found: Effects) -> list[str]:
    """Where the intervals come from."""
    fit = found.fit
    if not found.dof:
        return ["No run is left to estimate the noise from, so there are no intervals."]
    if found.noise == 0:
        return [
            "The runs lie on the fit exactly, as computed values do and trained ones never: the "
            "intervals have no width and mean nothing."
        ]
    if fit.dof_from_repeats:
        own = fit.dof - fit.dof_from_repeats - fit.dof_from_interactions
        sources = [
            f"repeated runs ({fit.dof_from_repeats} degrees of freedom)",
            *([f"what the fit leaves ({own})"] if own else []),
            *(
                [f"{fit.dof_from_interactions} of the smaller interactions, taken for chance"]
                if fit.dof_from_interactions
                else []
            ),
        ]
        return [
            f"The noise is estimated from {listed(sources)}, as the measured runs alone "
            "leave too little; where other recipes are noisier than the repeated ones, the "
            "intervals are too narrow."
        ]
    if fit.dof < ENOUGH_DOF:
        return [
            f"Only {fit.dof} degree{'s' * (fit.dof != 1)} of freedom remain to estimate "
            "the noise from, so the intervals are wide and unsteady."
        ]
    return []


def _pairs(found: Effects, designed: bool) -> list[str]:
    """What can and cannot be said of interactions."""
    techniques, groups = len(found.fit.model.techniques), found.fit.model.groups
    count = sum(len(group.pairs) for group in groups)
    if not count:
        return []
    if found.pairs and found.fit.model.pairs_estimable:
        return [
            f"{found.runs} runs separate {'all ' if count > 1 else ''}{count} "
            f"interaction{'s' * (count > 1)} of two techniques from the effects"
            f"{' and from each other' * (count > 1)}; {found.dof} degrees of freedom remain "
            "for the noise."
        ]
    enough = next((runs for runs, most in _MOST_AT_RESOLUTION_V if techniques <= most), None)
    more = f" --measure {enough} separates them." if designed and enough else ""
    if found.pairs:
        return [
            f"{found.runs} runs of {techniques} techniques tell each one's effect, averaged over "
            f"the others, but see their {count} interactions only as {len(groups)} sums: not which "
            "pair of a sum it is, nor how far a technique's step depends on what else is "
            f"on.{more}"
        ]
    if not found.fit.model.effects_clear:
        return [
            f"{found.runs} runs of {techniques} techniques do not tell their {count} interactions "
            "from the effects: where techniques act together, part of that passes for an effect "
            f"and no interval shows it.{more}"
        ]
    return [
        f"{found.runs} runs of {techniques} techniques tell each one's effect, averaged over the "
        f"others, but not their {count} interactions, which count as noise and widen the "
        f"intervals.{more}"
    ]


def _unproven(found: Effects) -> list[str]:
    names = [e.technique for e in found.effects if e.low * e.high > 0 and e.verdict not in _CERTAIN]
    if not names:
        return []
    chance = familywise(found.fit.critical_value, found.dof, len(found.effects))
    return [
        f"{listed(names)}: the interval leaves out zero, but with {len(found.effects)} techniques "
        f"{100 * chance:.0f} % of studies without any effect show such an interval; more runs "
        "would settle it."
    ]


def _ceiling(results: Results, found: Effects, repeats: Sequence[Sequence[Run]]) -> list[str]:
    """Whether the logit of a share, which has no ceiling, tells another story."""
    if not results.objective.share or not found.noise > 0:
        return []
    other = effects(
        [_logit(run) for run in results.of("measure")],
        results.factors,
        [[_logit(run) for run in group] for group in repeats],
    )
    if other is None or _unexplained(other) >= _unexplained(found):
        return []
    changed = [
        e.technique
        for e in found.effects
        if other.of(e.technique).verdict != e.verdict
        and (e.verdict in _CERTAIN or other.of(e.technique).verdict in _CERTAIN)
    ]
    name = results.objective.measure
    said = []
    if changed:
        said.append(
            f"{listed(changed)}: the verdict changes on the logit of {name}, where 98 to 99 % "
            "counts like 50 to 67 % and these techniques add up better: a floor or a ceiling of "
            f"{name} is at work."
        )
    here = sum(row.certain for row in interactions(found))
    there = sum(row.certain for row in interactions(other))
    if here and not there:
        said.append(
            f"The interactions vanish on the logit of {name}, where these techniques add up "
            "better: they may be no more than a ceiling that good recipes share."
        )
    return said


def _unexplained(found: Effects) -> float:
    """The share of the values' variance that the techniques, each for itself, do not explain."""
    model = found.fit.model
    values = model.columns @ found.fit.coefficients[:, 0]
    main = model.columns[:, : 1 + len(model.techniques)]
    left = values - main @ np.linalg.lstsq(main, values)[0]
    return float(np.var(left) + found.noise**2) / float(np.var(values) + found.noise**2)


def _logit(run: Run) -> Run:
    share = min(max(run.value or 0.0, 1e-3), 1 - 1e-3)
    return replace(run, value=math.log(share / (1 - share)), scale=1.0)


def _additivity(results: Results, found: Effects) -> list[str]:
    """Whether all on minus all off, measured on fresh seeds, is what the effects sum to."""
    fitted, model = found.fit, found.fit.model
    on, off = (
        [run.scaled for run in results.of("confirm") if run.on == frozenset(side)]
        for side in (results.factors, ())
    )
    contrast = np.sum([model.technique_contrast(name) for name in model.techniques], axis=0)
    if min(len(on), len(off)) < 2 or not model.estimable(contrast):
        return []
    middle, error = (float(value[0]) for value in fitted.estimate(contrast))
    seen = statistics.fmean(on) - statistics.fmean(off)
    spread = [(statistics.stdev(end) / math.sqrt(len(end)), len(end) - 1) for end in (on, off)]
    if not welch(seen - middle, *spread, (error, fitted.dof)) < 1 - CONFIDENCE:
        return []
    return [
        f"The effects sum to {middle:+.3g}, but all on minus all off came to {seen:+.3g} on fresh "
        "seeds, further apart than seeds explain: more than two techniques act together, and the "
        "effects hold on average over recipes, not at those two."
    ]


def _floor(found: Effects, unit: str) -> list[str]:
    if not math.isfinite(found.minimum_detectable_effect) or found.noise == 0:
        return []
    source = "seeds" if found.pairs else "seeds and interactions together"
    unit = f" {unit}".rstrip()
    noise, floor = (
        f"{value:#.2g}".rstrip(".") for value in (found.noise, found.minimum_detectable_effect)
    )
    return [
        f"Runs scatter around the fit by {noise}{unit} (standard deviation; {source}), so these "
        f"are likely to miss an effect under {floor}{unit}."
    ]


def listed(names: Sequence[str]) -> str:
    """Names with commas and an `and`."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
