"""Studies driven through their phases, with a worker that computes instead of training."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_space.techniques import SETS
from search.planning.broken import are_alike
from search.planning.phases import measure, plan
from search.reporting.sentences.ladder import about_ladder
from search.results import Results
from tests.support.faked import FOUR, FULL, SMALL, Kouka, ended, launched, results
from tests.support.fakes import EFFECTS, FakeWorker


@pytest.fixture(autouse=True)
def _without_report(request: pytest.FixtureRequest) -> None:
    """Reports are tested elsewhere."""
    if "with_report" not in request.keywords:
        request.getfixturevalue("no_report")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of all phases, of the article's techniques."""
    return launched(tmp_path_factory.mktemp("full"), *FULL)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of four techniques with a longer search."""
    options = ("--search", "16", "--confirm", "1", "--ladder", "1")
    return launched(tmp_path_factory.mktemp("searched"), *FOUR, *options)


def test_a_study_goes_through_its_phases(full: Results) -> None:
    phases = [run.phase for run in full.runs]
    assert phases == ["measure"] * 16 + ["ladder"] * 8 + ["search"] * 4 + ["confirm"] * 10
    for run in full.runs:
        assert run.seed is not None
        if run.state == "complete":
            assert len(run.curve) == 4
            assert run.value == run.curve[4]
            assert run.test_accuracy is not None


def test_measured_runs_are_a_balanced_design_with_seeds_of_their_own(full: Results) -> None:
    runs = full.of("measure")
    assert len(runs) == 16 == len({run.seed for run in runs})
    levels = np.array([[1 if run.params[name] else -1 for name in EFFECTS] for run in runs])
    np.testing.assert_array_equal(levels.T @ levels, 16 * np.eye(8))
    np.testing.assert_array_equal(levels.sum(axis=0), 0)
    assert len({tuple(row) for row in levels.tolist()}) == 16
    for run in runs:
        dials = {name: value for name, value in run.params.items() if name not in EFFECTS}
        usual = {"dropout_rate": 0.2, "mixup_alpha": 0.2}
        on = {name for name in usual if run.params[name.split("_")[0]]}
        assert dials == {"learning_rate": 1e-3, **{name: usual[name] for name in on}}


def test_the_order_of_the_measured_runs_is_drawn_at_random(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    for name, seed in (("a", "0"), ("b", "1")):
        kouka("launch", name, *FOUR[2:], "--search", "0", "--confirm", "0", "--seed", seed)
    assert [r.params for r in results("a").runs] != [r.params for r in results("b").runs]


def test_the_search_prunes_and_the_other_phases_never_do(searched: Results) -> None:
    pruned = [run for run in searched.runs if run.state == "pruned"]
    assert pruned
    assert {run.phase for run in pruned} == {"search"}
    assert all(len(run.curve) < 4 and run.test_accuracy is None for run in pruned)


def test_without_a_pruner_nothing_is_pruned(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    kouka(*FOUR, "--search", "16", "--confirm", "0", "--pruner", "none")
    assert [run.phase for run in results().runs].count("search") == 16
    assert all(run.state == "complete" for run in results().runs)


def test_the_search_begins_from_what_was_measured(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    """From its first run on it prefers what helped; a search that knew nothing would not."""
    helped = 0
    for seed in range(4):
        kouka("launch", f"s{seed}", *FOUR[2:], "--measure", "16", "--epochs", "1",
              "--search", "3", "--confirm", "0", "--seed", str(seed))  # fmt: skip
        for run in results(f"s{seed}").runs:
            if run.phase == "search":
                helped += run.params["augmentation"] + run.params["batch_norm"]
    assert helped >= 20, f"{helped} of 24"


def test_the_search_turns_dials_within_their_range(searched: Results) -> None:
    runs = [run for run in searched.runs if run.phase == "search"]
    for dial, low, high in (("dropout_rate", 0.05, 0.5), ("mixup_alpha", 0.05, 1.0)):
        values = [run.params[dial] for run in runs if dial in run.params]
        assert len(set(values)) > 3
        assert all(low <= value <= high for value in values)
        assert all((dial in run.params) == run.params[dial.split("_")[0]] for run in runs)


def test_confirmation_runs_three_candidates_all_off_and_all_on(full: Results) -> None:
    assert full.candidates is not None
    recipes = [tuple(sorted(run.params.items())) for run in full.of("confirm")]
    assert len(recipes) == 10
    for chosen in full.candidates.recipes:
        assert recipes.count(tuple(sorted(chosen.items()))) == 2
        assert chosen["augmentation"]
        assert chosen["batch_norm"]
        assert not chosen["late_widening"]
    off = tuple(sorted({**dict.fromkeys(EFFECTS, False), "learning_rate": 1e-3}.items()))
    assert recipes.count(off) == 2
    seeds = {run.seed for run in full.of("confirm")}
    assert len(seeds) == 2
    assert not seeds & {run.seed for run in full.of("measure", "search", "ladder")}


def test_a_ladder_may_have_another_order(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    order = ("--ladder", "2:mixup,augmentation+dropout")
    kouka(*SMALL, "--measure", "0", "--search", "0", "--confirm", "0", *order)
    assert kouka("launch", "s", "--ladder", "mixup").exit_code == 2
    runs = [run for run in results().runs if run.phase == "ladder"]
    assert [run.on for run in runs] == 2 * [set(), {"mixup"}, {"mixup", "augmentation", "dropout"}]
    assert about_ladder(results()).startswith("The ladder adds the techniques one after another.")


def test_the_ladder_is_the_articles(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    kouka(*SMALL, "--measure", "0", "--search", "0", "--confirm", "0", "--ladder", "2")
    runs = results().of("ladder")
    on = [frozenset(name for name in EFFECTS if run.params[name]) for run in runs]
    steps = [{"augmentation"}, {"batch_norm"}, {"residual", "late_widening"}, {"global_pooling"},
             {"dropout"}, {"mixup"}, {"amsgrad"}]  # fmt: skip
    assert on[0] == frozenset()
    for before, after, added in zip(on, on[1:8], steps, strict=False):
        assert after - before == added
        assert before < after
    assert on[8:] == on[:8]
    assert len({run.seed for run in runs}) == 16


def test_techniques_and_fixed_ones_reach_the_runs(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*SMALL, "--techniques", "mixup,batch_norm,dropout,amsgrad", "--fix", "dropout=off",
          "--fix", "mixup=0.3", "--measure", "8", "--search", "4", "--confirm", "1")  # fmt: skip
    assert set(results().factors) == {"batch_norm", "amsgrad"}
    for recipe, _ in fake_worker.trained:
        assert recipe["mixup"] == {"alpha": 0.3}
        assert set(recipe) <= {"mixup", "batch_norm", "amsgrad"}


@pytest.mark.with_report
def test_a_run_that_fails_is_tried_three_times_and_named(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    everything_off = staticmethod(lambda recipe: not recipe)
    fake_worker.fail = everything_off
    result = kouka(*FOUR, "--search", "0", "--confirm", "0")
    assert result.exit_code == 0
    assert len(ended("measure")) == 7
    failed = [run for run in results().runs if run.state == "failed"]
    assert [run.failure for run in failed] == ["it was made to fail"] * 3
    assert "it was made to fail" in result.output
    assert "7 of 8 planned runs" in Path("reports/s/report.md").read_text(encoding="utf-8")
    said = " ".join(kouka("export", "s").output.split())
    assert "A measure run was given up after it had failed 3 times (techniques on: none)" in said


def test_a_study_whose_first_runs_all_fail_stops(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    fake_worker.fail = staticmethod(lambda recipe: True)
    result = kouka(*FULL)
    assert result.exit_code == 1
    assert "it was made to fail" in result.stderr
    runs = results().runs
    assert f"{len(runs)} runs failed one after another" in result.stderr
    # Until then they had something in common, which might have been the reason.
    assert 3 <= len(runs) < 16
    assert not are_alike(runs, results())
    assert len(runs) == 3 or are_alike(runs[:-1], results())


@pytest.mark.parametrize("turned", [False, True])
def test_first_runs_that_fail_for_one_technique_do_not_stop_a_study(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch, *, turned: bool
) -> None:
    name = SETS["article"][0]

    def failing_first(*arguments: Any) -> list[tuple[int, np.ndarray]]:
        return sorted(plan.in_order(*arguments), key=lambda numbered: numbered[1][0] != turned)

    monkeypatch.setattr(measure, "in_order", failing_first)
    fake_worker.fail = staticmethod(lambda recipe: (name in recipe) == turned)
    result = kouka(*SMALL, "--measure", "16", "--search", "0", "--confirm", "0")
    assert result.exit_code == 0, result.output
    runs = results().runs
    assert [run.state for run in runs[:8]] == ["failed"] * 8
    assert sum(run.state == "complete" for run in runs) == 8


def test_a_search_that_nothing_was_measured_for_begins_at_random(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    result = kouka(*SMALL, "--techniques", "batch_norm,mixup", "--measure", "0", "--search", "3",
                   "--confirm", "0")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert len(ended("search")) == 3


@pytest.mark.with_report
def test_a_measured_study_finds_the_effects_it_was_given(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    kouka(*SMALL, "--measure", "64", "--search", "0", "--confirm", "0", "--out", "out")
    with (folder / "out" / "effects.csv").open() as file:
        rows = {row["technique"]: row for row in csv.DictReader(file)}
    for name, effect in EFFECTS.items():
        assert math.isclose(float(rows[name]["effect"]), effect, abs_tol=0.5)
