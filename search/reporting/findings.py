"""Findings of a study: all that the analysis can say of it at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna

from search.analysis.both_scales import on_both_scales
from search.analysis.budgets import BudgetChange, budget_changes
from search.analysis.by_half import EffectByHalf, effects_by_half
from search.analysis.by_level import EffectByLevel, effects_by_level
from search.analysis.confirmation import Confirmed, confirmation, recommended_runs
from search.analysis.costs import Cost, costs
from search.analysis.curves import Curves, curves
from search.analysis.decision import Decision, decide
from search.analysis.diagnostics import FitDiagnostics, diagnose
from search.analysis.dials import DialTrend, dials
from search.analysis.drift import beside_drift
from search.analysis.early_effects import EarlyEffects, early_effects
from search.analysis.effects import Effects, effects_of, repeated
from search.analysis.epochs import EpochEffects, effects_by_epoch
from search.analysis.failing_cells import FailingCell
from search.analysis.far_runs import set_apart
from search.analysis.fast_start import LONGEST, FastStart, Proposal, fast_start, proposal
from search.analysis.fit_review import FitReview, review
from search.analysis.fitted_levels import FittedLevels, fitted_levels
from search.analysis.importances import Importance, importances
from search.analysis.interactions import Interaction, interactions
from search.analysis.ladder import Comparison, LadderStep, compare, ladder
from search.analysis.level_means import misfit
from search.analysis.long_runs import deciding, held, held_levels, long_study
from search.analysis.looks import look_at
from search.analysis.lost_together import with_working_reference
from search.analysis.moved_numbers import MovedNumber, moved_numbers
from search.analysis.next_steps import NextStep, next_steps
from search.analysis.number_curves import NumberCurve, number_curves
from search.analysis.recipe_tests import RecipeTests, summarise_tests
from search.analysis.recommendation import Recommendation, limited, recommend
from search.analysis.scale_refit import ScaleRefit, scale_refit
from search.analysis.seed_curves import SeedCurves, seed_curves
from search.analysis.simple_effects import Dependence, dependences
from search.analysis.threads import one_thread
from search.analysis.trade_offs import TradeOffs, trade_offs
from search.errors import InputError, as_given
from search.reporting.cautions import cautions, notes
from search.reporting.trial_cautions import not_designed
from search.results import Results
from search.settings import Limits
from search.storage.objectives import objective_number
from search.storage.pictures import Pictures, stored_pictures
from search.storage.reading import read, read_early


@dataclass(frozen=True)
class Verification:
    """The findings of the long runs, and how they differ from those of the short ones."""

    results: Results
    """The `verify` runs as a study of their own; see `long_study`."""
    fit: FitDiagnostics
    interactions: tuple[Interaction, ...]
    by_epoch: tuple[EpochEffects, ...]
    changes: tuple[BudgetChange, ...]
    """From the short effects to the long ones."""
    held: Mapping[str, bool]
    """Techniques that are on, or off, in all of the long runs."""
    held_at: Mapping[str, str]
    """Factors of several levels, each with the one that all of the long runs have."""
    cautions: tuple[str, ...]
    notes: tuple[str, ...]
    """As those of the findings."""

    @property
    def effects(self) -> Effects:
        """The effects, which decide."""
        return self.fit.effects


@dataclass(frozen=True, repr=False)
class Findings:
    """A study's results, and the analyses of them."""

    results: Results
    effects: Effects | None = None
    """None while the `measure` runs cannot estimate the effect of any technique."""
    cautions: tuple[str, ...] = ()
    """Sentences to read before believing the effects, worst first."""
    interactions: tuple[Interaction, ...] = ()
    dependences: tuple[Dependence, ...] = ()
    """Two for each pair whose interaction is certain."""
    by_epoch: tuple[EpochEffects, ...] = ()
    costs: tuple[Cost, ...] = ()
    dials: tuple[DialTrend, ...] = ()
    numbers: tuple[NumberCurve, ...] = ()
    """Of another program's study, the one of the largest gain first."""
    moved: tuple[MovedNumber, ...] = ()
    """Those that are surely worth something else by a technique or level."""
    recommended: Recommendation | None = None
    """None while no run is complete."""
    confirmed: tuple[Confirmed, ...] = ()
    ladder: tuple[LadderStep, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    """The ladder's steps beside the order-free effects."""
    curves: tuple[Curves, ...] = ()
    importances: tuple[Importance, ...] = ()
    """Optuna's."""
    verification: Verification | None = None
    """None before the `verify` runs can estimate the effect of any technique."""
    fast_start: FastStart | None = None
    """None where longer runs have verified the effects, or nothing shows that they would not
    stay."""
    notes: tuple[str, ...] = ()
    """Sentences on what the runs can tell, which are no cautions."""
    decision: Decision | None = None
    """The recommended recipe beside all off."""
    steps: tuple[NextStep, ...] = ()
    """What would settle what is open, the most needed first."""
    levels: FittedLevels | None = None
    """None while there is no fit."""
    storage_option: str = ""
    """The option that names the study's storage in commands; empty for the default one."""
    storage_note: str = ""
    """A sentence on how the commands find the storage where they leave out its name."""
    tested: RecipeTests | None = None
    """The tests of the recommended recipe by class and image; None where they were not kept."""
    seed_curves: SeedCurves | None = None
    """The learning curves of its `confirm` runs; None where it has none."""
    pictures: Pictures = field(default_factory=Pictures)
    """Those that may be shown."""
    review: FitReview | None = None
    """Of the fit of the `measure` runs; None without one."""
    trade_offs: TradeOffs | None = None
    refit: ScaleRefit | None = None
    """Of the runs that decide, on a scale on which the techniques add up better."""
    failing: FailingCell | None = None
    """The runs that stand out together, of those that decide."""
    by_level: tuple[EffectByLevel, ...] = ()
    """Effects at each level of each factor of several, the techniques as in `effects`."""
    by_half: tuple[EffectByHalf, ...] = ()
    """Effects in both halves of a number, where they surely differ."""
    early: EarlyEffects | None = None
    """Before any trial was pruned; None where few were."""

    def __repr__(self) -> str:
        """Name the study, as a notebook shows it: all that it has would fill pages."""
        results = self.results
        return f"<Findings of the study {results.name!r}: {len(results.runs):,} runs>"

    @property
    def by_level_or_half(self) -> tuple[EffectByLevel | EffectByHalf, ...]:
        """All effects that are of a part of the runs."""
        return (*self.by_level, *self.by_half)

    @property
    def deciding_effects(self) -> Effects | None:
        """The effects that decide: those of the long runs, where these have any."""
        long = self.verification
        return self.effects if long is None else long.effects


def analyse(
    study: optuna.Study,
    techniques: Mapping[str, Any] | None = None,
    objective: int | str | None = None,
    *,
    images: bool = True,
    at_most: Limits | None = None,
) -> Findings:
    """Analyse a study of kouka, or any other of Optuna's.

    `techniques` maps parameters to the choice that is on, and `objective` is one of a study's
    several, by its number, from 1, or its name; see `read`. Without `images`, the findings have
    none of the study's pictures.
    `at_most` are other limits of what is recommended than the study's own.
    Raises `InputError` where the study does not fit.
    """
    results = limited(read(study, techniques, objective), at_most)
    number = objective_number(study, objective)
    pictures = stored_pictures(study) if images else Pictures()
    cut = None
    if results.foreign and any(run.state == "pruned" for run in results.runs):
        cut = read_early(study, techniques, objective)
    with one_thread():
        return find(results, importances(study, number), pictures, cut)


def find(
    results: Results,
    shares: list[Importance],
    pictures: Pictures | None = None,
    cut: Results | None = None,
) -> Findings:
    """Analyse results; `shares` are the importances by Optuna, `pictures` those of the study.

    `cut` is the study as `read_early` reads it.
    """
    early_on = early_effects(results, cut)
    results, fitted = _measured(results)
    measured = results.of("measure")
    pairs = interactions(fitted) if fitted else []
    steps, recommended = ladder(results), recommend(results)
    diagnostics = diagnose(results, fitted)
    numbers = number_curves(results, fitted.fit if fitted else None)
    long = long_study(results)
    verification = None if long is None else verify(results, long, fitted)
    decides = diagnostics.fit if verification is None else verification.fit
    tested = confirmation(results, recommended)
    refit = decides.refit if decides else None
    decision = decide(
        results, recommended, tested, effects=decides.effects if decides else None, refit=refit
    )
    short_only = long is None and fitted is not None and fitted.look.complete
    by_epoch = results.points_are_epochs
    lasting = results if short_only else _complete_long_runs(verification)
    asked = max(results.settings.verify, default=0) if results.settings else 0
    early = fast_start(lasting, asked) if lasting is not None and by_epoch else None
    confirm_runs = recommended_runs(results, recommended)
    scale = refit.scale if refit else None
    return Findings(
        results,
        fitted,
        cautions=(
            *(not_designed(results) if numbers and fitted is None else []),
            *cautions(results, diagnostics, recommended),
        ),
        interactions=tuple(pairs),
        dependences=tuple(_dependences(diagnostics.fit, pairs)),
        by_epoch=_by_epoch(results) if by_epoch else (),
        costs=tuple(costs(measured, fitted, results.others) if fitted else ()),
        dials=tuple(dials(results)),
        numbers=tuple(numbers),
        moved=tuple(moved_numbers(results, fitted.fit)) if fitted else (),
        recommended=recommended,
        confirmed=tuple(tested),
        ladder=tuple(steps),
        comparisons=tuple(compare(steps, fitted)),
        curves=tuple(curves(measured, results.factors)) if by_epoch else (),
        importances=tuple(shares),
        verification=verification,
        fast_start=early,
        notes=tuple(notes(results, diagnostics)),
        decision=decision,
        steps=()
        if results.program is not None and diagnostics.losses.all_equal
        else next_steps(results, decides, decision, _longer(results, early, short_only)),
        levels=fitted_levels(diagnostics.fit, results.objective) if diagnostics.fit else None,
        tested=summarise_tests(results.data, confirm_runs),
        seed_curves=seed_curves(confirm_runs) if by_epoch else None,
        pictures=pictures or Pictures(),
        review=review(results, fitted, pairs) if fitted else None,
        refit=refit,
        failing=decides.failing if decides else None,
        by_level=tuple(_in_order(effects_by_level(results, scale), fitted)),
        by_half=tuple(effects_by_half(results, fitted, scale)),
        early=early_on,
        trade_offs=trade_offs(results, predict=misfit(decides.effects) is None)
        if decides
        else None,
    )


def _measured(results: Results) -> tuple[Results, Effects | None]:
    """Estimate the effects of the measured runs, and return the results as these take them:
    without far runs, beside a change on the way, and with levels to compare with that work."""
    results = with_working_reference(set_apart(results))
    results, fitted = beside_drift(results, effects_of(results))
    return results, on_both_scales(results, fitted)


def _by_epoch(results: Results) -> tuple[EpochEffects, ...]:
    return tuple(
        effects_by_epoch(
            results.of("measure"), results.factors, repeated(results), look_at(results),
            results.others,
        )
    )  # fmt: skip


def _dependences(fit: FitDiagnostics | None, pairs: list[Interaction]) -> list[Dependence]:
    if fit is None:
        return []
    return dependences(fit.effects, pairs, fit.refit.effects if fit.refit else None)


def _in_order(rows: list[EffectByLevel], fitted: Effects | None) -> list[EffectByLevel]:
    names = [one.technique for one in fitted.effects] if fitted else []
    factors = [row.factor for row in rows]
    return sorted(
        (row for row in rows if row.technique in names),
        key=lambda row: (factors.index(row.factor), names.index(row.technique)),
    )


def find_recipe(results: Results) -> Findings:
    """Analyse the recommended recipe alone, beside all off."""
    decides = deciding(results)
    fitted = refit = None
    if not results.designed:
        results, fitted = _measured(results)
        refit = scale_refit(results, fitted) if fitted else None
    recommended = recommend(results)
    tested = confirmation(results, recommended)
    if results.designed and not tested:
        fitted = effects_of(decides)
    return Findings(
        results,
        recommended=recommended,
        confirmed=tuple(tested),
        decision=decide(results, recommended, tested, effects=fitted, refit=refit),
    )


def _complete_long_runs(long: Verification | None) -> Results | None:
    """The long runs as a study of their own, once their verdicts are due."""
    return long.results if long is not None and long.effects.look.complete else None


def _longer(results: Results, early: FastStart | None, short_only: bool) -> Proposal | None:
    """Longer runs, where there are short ones alone."""
    if early is not None:
        return early.proposal
    settings = results.settings
    if not short_only or settings is None or settings.epochs >= LONGEST:
        return None
    return proposal(results)


def verify(results: Results, long: Results, short: Effects | None) -> Verification | None:
    """Analyse the long runs; `short` are the effects of the short ones, if these have any."""
    fitted = effects_of(long)
    diagnostics = diagnose(long, fitted)
    if fitted is None or diagnostics.fit is None:
        return None
    return Verification(
        long,
        diagnostics.fit,
        interactions=tuple(interactions(fitted)),
        by_epoch=_by_epoch(long),
        changes=tuple(budget_changes(short, fitted, held(results)) if short else ()),
        held=held(results),
        held_at=held_levels(results),
        cautions=tuple(cautions(long, diagnostics, grown_by="--verify")),
        notes=tuple(notes(long, diagnostics)),
    )


def check_findings(given: object) -> None:
    """Raise `InputError` for what a caller in Python may take for findings, such as a study."""
    if not isinstance(given, Findings):
        raise InputError(f"{as_given(given)} is no findings; it takes what analyse(study) returns")
