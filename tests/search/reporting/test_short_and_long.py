"""Effects at two budgets, in the report and before it: from runs that are made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from search.analysis.budgets import budget_changes
from search.analysis.effects import effects
from search.analysis.epochs import effects_by_epoch
from search.analysis.fast_start import fast_start
from search.analysis.importances import Importance
from search.analysis.long_runs import long_study
from search.analysis.recommendation import candidates, recommend
from search.analysis.verified_techniques import choose_verified
from search.cli.findings import print_findings
from search.planning.design import design
from search.planning.phases import PLANS
from search.planning.space import Space
from search.reporting.answer.short_and_long import answer, matters, signs_of_fast_start
from search.reporting.details.importances import importances
from search.reporting.ending import answer_lines
from search.reporting.export import write
from search.reporting.findings import Findings, find
from search.reporting.gallery import draw
from search.reporting.latex import documents
from search.reporting.sections import sections
from search.reporting.status import status_of
from search.reporting.summary import summarise
from search.reporting.tables import budget_rows
from search.results import Results, Run
from search.settings import Settings
from tests.support.of_levels import of_program
from tests.support.simulate import simulated

NAMES = ("augmentation", "batch_norm", "residual", "dropout", "mixup")
SETTINGS = Settings(data="digits", techniques=NAMES, measure=(32,), search=0, confirm=0,
                    epochs=4, last_epochs=1, verify=(16,), verify_epochs=16,
                    verify_last_epochs=4)  # fmt: skip
SPACE = Space(NAMES)
EARLY = {"augmentation": -12.0, "batch_norm": 6.0, "residual": 3.0, "dropout": 0.0, "mixup": 0.0}
LATE = {"augmentation": 8.0, "batch_norm": 1.0, "residual": 3.0, "dropout": 0.0, "mixup": 0.0}
"""Points after the fourth epoch, and after the sixteenth; in a line between them."""


def at(epoch: int, on: frozenset[str]) -> float:
    late = (epoch - 4) / 12
    moved = (EARLY[name] * (1 - late) + LATE[name] * late for name in NAMES)
    signed = (value if name in on else -value for name, value in zip(NAMES, moved, strict=True))
    return 60 + 20 * (1 - 0.7**epoch) + sum(signed) / 2


def trained(phase: str, results: Results, first: int = 0) -> list[Run]:
    random = np.random.default_rng(7)
    runs = []
    for number, one in enumerate(PLANS[phase](SETTINGS, SPACE, results), start=first):  # type: ignore[index]
        assert one.params is not None
        on = frozenset(name for name in NAMES if one.params[name])
        seed, epochs = random.normal(0, 0.4), SETTINGS.epochs_of(phase)
        curve = {
            epoch: (at(epoch, on) + seed + random.normal(0, 0.1)) / 100
            for epoch in range(1, epochs + 1)
        }
        last = list(curve.values())[-SETTINGS.last_epochs_of(phase) :]
        runs.append(
            Run(number, phase, "complete", one.params, on, sum(last) / len(last), curve, one.seed,
                epochs=epochs, seconds=2.0 + epochs, seconds_per_epoch=1.0)
        )  # fmt: skip
    return runs


def short() -> Results:
    empty = Results("s", NAMES, (), SETTINGS)
    return replace(empty, runs=tuple(trained("measure", empty)))


def long() -> Results:
    results = short()
    chosen = choose_verified(results)
    verified = tuple(name for name in chosen.techniques if name != "dropout")
    results = replace(results, verified=replace(chosen, techniques=verified))
    return replace(results, runs=(*results.runs, *trained("verify", results, 32)))


@pytest.fixture(scope="module")
def findings() -> Findings:
    return find(long(), [])


def test_runs_of_two_budgets_are_never_in_one_estimate(findings: Findings) -> None:
    assert findings.effects is not None
    assert findings.verification is not None
    assert findings.effects.of("augmentation").effect == pytest.approx(-12, abs=0.8)
    assert findings.verification.effects.of("augmentation").effect == pytest.approx(5.5, abs=0.8)
    assert (findings.effects.runs, findings.verification.effects.runs) == (32, 16)


def test_two_long_runs_take_nothing_of_what_the_short_ones_say() -> None:
    results = long()
    begun = [run for run in results.runs if run.phase == "verify"][:2]
    findings = find(replace(results, runs=(*short().runs, *begun)), [])
    assert findings.verification is None
    written = {section.title: section for section in sections(findings)}
    shown = written["From which epoch each effect is clear"]
    assert shown.table is not None
    assert shown.table.rows
    assert "orange" not in shown.text
    assert summarise(findings)["held"] == {"dropout": False}
    assert findings.fast_start is None


def test_what_the_long_runs_hold_is_no_change_of_budget() -> None:
    """Residual turns the sign of mixup, whatever the budget, and the long runs hold it on."""

    def runs(phase: str, epochs: int, recipes: Sequence[set[str]]) -> list[Run]:
        random = np.random.default_rng(epochs)
        return [
            Run(number, phase, "complete", {name: name in on for name in NAMES}, frozenset(on),
                (60 + 3 * ("mixup" in on) * (1 if "residual" in on else -1)
                 + 0.2 * random.standard_normal()) / 100,
                {}, number, epochs=epochs)
            for number, on in enumerate(recipes)
        ]  # fmt: skip

    varied = [name for name in NAMES if name != "residual"]
    every = [{n for bit, n in enumerate(NAMES) if at >> bit & 1} for at in range(32)]
    some = [{n for bit, n in enumerate(varied) if at >> bit & 1} | {"residual"} for at in range(16)]
    short = effects(runs("measure", 4, every), NAMES)
    long = effects(runs("measure", 16, some), varied)
    assert short is not None
    assert long is not None
    assert short.of("mixup").effect == pytest.approx(0, abs=0.3)
    assert long.of("mixup").effect == pytest.approx(3, abs=0.3)
    told = {one.technique: one for one in budget_changes(short, long)}
    assert told["mixup"].kind == "size"
    beside = {one.technique: one for one in budget_changes(short, long, {"residual": True})}
    assert beside["mixup"].short.effect == pytest.approx(3, abs=0.4)
    assert not any(one.kind for one in beside.values())
    assert all(one.beside_held and not one.mixed for one in beside.values())
    assert short.fit.model.pairs
    alone = [set[str](), *({name} for name in NAMES)]
    few = effects(runs("measure", 4, [*alone, *({*NAMES} - one for one in alone)]), NAMES)
    assert few is not None
    assert all(one.mixed for one in budget_changes(few, long, {"residual": True}))


def test_the_answer_is_that_of_the_long_runs(findings: Findings) -> None:
    said = answer(findings)
    assert said.startswith("After 16 epochs")
    assert "augmentation helps most" in said
    assert "These runs held" in said
    assert "From 4 epochs to 16, beside what the long runs held, augmentation (" in said
    assert ") changed sign; batch_norm (" in said
    assert ") changed clearly in size." in said
    assert "fast start" not in said


def test_importances_say_that_both_lengths_count_in_them() -> None:
    shares = [Importance("PED-ANOVA", "augmentation", 0.5)]
    of_both, of_short = (importances(find(results, shares)) for results in (long(), short()))
    assert of_both is not None
    assert of_short is not None
    (said,) = set(of_both.remarks) - set(of_short.remarks)
    assert said.startswith("Short and long runs count alike")


def test_the_recipe_that_the_study_ends_in_has_on_what_helps_long() -> None:
    results = long()
    before, chosen = recommend(short()), recommend(results)
    assert before is not None
    assert chosen is not None
    assert not before.params["augmentation"]
    assert chosen.params["augmentation"]
    assert chosen.params["batch_norm"]
    assert SPACE.is_complete(chosen.params)
    assert all(one["augmentation"] for one in candidates(results)[:1])


def test_short_runs_alone_say_that_their_effects_are_of_a_fast_start() -> None:
    results = replace(short(), settings=replace(SETTINGS, verify=(), verify_epochs=None))
    said = answer(find(results, []))
    assert said.startswith("After 4 epochs")
    assert "These are effects of a fast start: validation accuracy rose" in said
    assert "from epoch 2 to 4 effects still moved, that of augmentation by +3.4" in said
    found = fast_start(results)
    assert found is not None
    assert found.rise is not None
    for gain, written in ((1.03, "rose 1.0 points in"), (12.3, "rose 12 points in")):
        rose = replace(found, rise=replace(found.rise, last_quarter=gain))
        assert written in signs_of_fast_start(rose, results)
    # 16 runs of 20 epochs, at 2 seconds each and one for each epoch.
    assert "run kouka launch s --verify 16 --verify-epochs 20: about 6 min with one worker" in said


def test_long_runs_that_are_too_short_themselves_say_so(findings: Findings) -> None:
    said = answer(findings)
    assert said.startswith("After 16 epochs")
    assert "From epoch 8 to 16 effects still moved, that of augmentation by" in said
    assert "run kouka launch s --verify 16 --verify-epochs 64: about" in said
    results = long_study(long())
    assert results is not None
    wide = fast_start(results, 32)
    assert wide is not None
    assert wide.proposal is not None
    assert (wide.proposal.runs, wide.proposal.epochs) == (32, 64)
    lasting = replace(results, runs=tuple(replace(run, curve={}) for run in results.runs))
    assert fast_start(lasting, 32) is None


def test_a_training_that_has_ended_is_no_fast_start() -> None:
    random = np.random.default_rng(3)
    flat = [
        replace(run, curve={e: (run.value or 0) + 0.002 * random.standard_normal() - 0.3 * 0.4**e
                            for e in range(1, 13)})
        for run in simulated(design(8, 32, 32), 5, 0.3)
    ]  # fmt: skip
    names = tuple(sorted({name for run in flat for name in run.on}))
    assert fast_start(Results("s", names, tuple(flat))) is None


def test_the_epoch_at_which_a_sign_turns_has_an_interval() -> None:
    results = long_study(long())
    assert results is not None
    rows = {r.technique: r for r in effects_by_epoch(results.of("measure"), results.factors)}
    turn = rows["augmentation"].turn
    assert turn is not None
    # It truly crosses zero at epoch 11.2.
    assert turn.low <= 11 <= turn.high
    assert turn.high - turn.low <= 3
    assert rows["batch_norm"].turn is None


def test_changes_are_rarely_claimed_where_there_are_none() -> None:
    """In 5 % of studies; more than 11 of 100 would be in 1 % of all tests."""
    rows = design(5, 16, 16)
    same = dict.fromkeys(NAMES, 2.0)
    wrong = 0
    for seed in range(100):
        one, other = (effects(simulated(rows, 2 * seed + k, 1.0, effects=same), NAMES)
                      for k in (0, 1))  # fmt: skip
        assert one is not None
        assert other is not None
        wrong += any(change.kind for change in budget_changes(one, other))
    assert wrong <= 11


def test_the_files_hold_both_budgets(findings: Findings, tmp_path: Path) -> None:
    write(findings, tmp_path)
    table = (tmp_path / "verified.csv").read_text(encoding="utf-8").splitlines()
    assert table[0].startswith("technique,effect,low,high,p_value,verdict,epochs,short_effect")
    assert table[1].startswith("augmentation,")
    assert table[1].endswith(",sign")
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "augmentation turns its sign: its effect is above zero from epoch 1" in page
    assert "held off" in page or "held on" in page
    summary = summarise(findings)
    assert summary["answer"] == answer(findings)
    assert {row["changed"] for row in summary["verified"]} >= {"sign", "size"}


def test_a_figure_of_short_runs_says_so_beside_that_of_the_long_ones(findings: Findings) -> None:
    titles = {name: figure.layout.title.text for name, figure in draw(findings).items()}
    assert next(iter(titles)) == "verified"
    assert titles["verified"].startswith("What each technique is worth<br>")
    assert titles["effects"].startswith("What each technique is worth, in the short runs<br>")
    assert titles["interactions"].startswith("Interactions of two techniques, in the short runs")
    assert "short" not in titles["epochs"].partition("<br>")[0]
    alone = draw(find(short(), []))["effects"]
    assert alone.layout.title.text.startswith("What each technique is worth<br>")


def test_the_best_run_is_one_of_the_long_ones() -> None:
    best = status_of(long()).best
    assert best is not None
    assert best.phase == "verify"
    best = status_of(short()).best
    assert best is not None
    assert best.phase == "measure"


def long_alone() -> Results:
    """Long runs of all techniques, which no short ones came before."""
    settings = replace(SETTINGS, measure=(0,))
    results = Results("s", NAMES, (), settings)
    results = replace(results, verified=choose_verified(results))
    return replace(results, runs=tuple(trained("verify", results)))


def test_long_runs_alone_say_what_matters(tmp_path: Path) -> None:
    findings = find(long_alone(), [])
    assert findings.effects is None
    assert answer(findings).startswith("After 16 epochs")
    lines = " ".join(answer_lines(findings))
    assert "augmentation" in lines
    assert "too few" not in lines
    written = {section.title: section for section in sections(findings)}
    shown = written["What matters, and what does not"]
    assert shown.figure == "verified"
    assert shown.table is not None
    assert shown.table.rows[0][0] == "augmentation"
    assert "Every effect, with p values and ranks" in written
    write(findings, tmp_path)
    console = Console(file=(said := StringIO()), width=100)
    print_findings(findings, console)
    assert "Effect of each technique on validation accuracy, 16 runs" in said.getvalue()


def test_a_paper_has_the_effects_of_each_budget(findings: Findings) -> None:
    written = documents(findings)
    assert "from 16 runs, after 16 epochs (mean of the last 4)." in written["verified"]
    assert "from 32 runs, after 4 epochs." in written["effects"]
    said = written["methods"]
    assert "16 further runs of a balanced design, after 16 epochs (mean of the last 4)" in said
    assert "with dropout off." in said
    assert "The effects are those of these long runs." in said


def test_the_level_that_long_runs_hold_is_said() -> None:
    """Beside what short runs say of all levels; it is no caution that the long runs have one."""
    findings = find(of_program("sgd", "adam", "muon"), [])
    assert "These runs held opt at muon." in matters(findings)
    long = findings.verification
    assert long is not None
    assert not any("never varied" in said for said in long.cautions)
    assert findings.effects is not None
    rows = {row.technique: row for row in budget_rows(findings.effects, long)}
    assert [rows[f"opt: sgd → {level}"].long for level in ("adam", "muon")] == ["held at muon"] * 2
    assert rows["opt: sgd → muon"].short.startswith("+4")
