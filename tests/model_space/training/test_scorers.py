"""What runs are judged by: the numbers, and the words of a study that is judged by another."""

import csv
import json
import math
import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import optuna
import pytest
from optuna_dashboard import get_note
from optuna_dashboard._custom_plot_data import get_plotly_graph_objects
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    get_scorer_names,
    log_loss,
    roc_auc_score,
    top_k_accuracy_score,
)
from typer.testing import CliRunner, Result

from model_space.training import scorers
from search import cli
from search.objective import OBJECTIVES, objective_of
from search.settings import Settings
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support.faked import Kouka, without_report
from tests.support.fakes import EFFECTS, FakeWorker

SMALL = ("launch", "s", "--data", "digits", "--epochs", "4", "--measure", "16", "--out", "out")
LAUNCH = (*SMALL, "--search", "20", "--ladder", "2", "--confirm", "2")
MEASURE = (*SMALL, "--search", "0", "--confirm", "0")


def theirs(name: str, labels: np.ndarray, probabilities: np.ndarray) -> float:
    """What scikit-learn says."""
    named, classes = probabilities.argmax(axis=1), range(probabilities.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a class was named which is not there
        return float(
            {
                "accuracy": accuracy_score(labels, named),
                "balanced_accuracy": balanced_accuracy_score(labels, named),
                "neg_log_loss": -log_loss(labels, probabilities, labels=classes),
                "f1_macro": f1_score(labels, named, labels=np.unique(labels), average="macro"),
                "auc": _theirs_by_class(labels, probabilities),
            }[name]
        )


def _theirs_by_class(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean over the classes that some images have and some have not."""
    classes = np.unique(labels) if probabilities.shape[1] > 2 else [1]
    mine = [(labels == one, probabilities[:, one]) for one in classes]
    areas = [roc_auc_score(of, scores) for of, scores in mine if 0 < of.sum() < len(of)]
    return sum(areas) / len(areas) if areas else 0.5


def drawn(seed: int, images: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels of classes of very different sizes, and probabilities of all kinds, in float32."""
    random = np.random.default_rng(seed)
    sizes = random.dirichlet(np.full(classes, 0.3))
    labels = random.choice(classes, images, p=sizes)
    scores = random.normal(0, 4, (images, classes)) + 4 * np.eye(classes)[labels]
    scores[:5] *= 100  # so sure that some probabilities are 0, right or wrong
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return labels, (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("name", [one.name for one in scorers.SCORERS])
def test_they_are_scikit_learns(name: str) -> None:
    assert {"auc": "roc_auc_ovr"}.get(name, name) in get_scorer_names()
    found = []
    for seed, (images, classes) in enumerate([(7, 2), (60, 10), (1000, 3), (10_000, 100)]):
        labels, probabilities = drawn(seed, images, classes)
        value = scorers.scorer(name).score(labels, probabilities)
        assert value == pytest.approx(theirs(name, labels, probabilities), rel=1e-5)
        assert math.isfinite(value)
        found.append(value)
    assert len(set(found)) == 4


def test_chance_is_what_knowing_nothing_comes_to() -> None:
    random = np.random.default_rng(0)
    for classes in (2, 10):
        labels, guesses = random.integers(0, classes, (2, 20_000))
        for one in scorers.SCORERS:
            unsure = np.full((len(labels), classes), 1 / classes, np.float32)
            guessed = unsure if one.name == "neg_log_loss" else np.eye(classes)[guesses]
            assert one.score(labels, guessed) == pytest.approx(one.chance(classes), abs=0.015)


def test_the_k_likeliest_are_scikit_learns_where_no_two_are_equal() -> None:
    labels, _ = drawn(0, 500, 10)
    probabilities = np.random.default_rng(1).dirichlet(np.ones(10), 500)
    for k in (2, 5, 9):
        value = scorers.scorer(f"top_{k}_accuracy").score(labels, probabilities)
        theirs = top_k_accuracy_score(labels, probabilities, k=k, labels=range(10))
        assert value == pytest.approx(theirs)


def test_ties_are_broken_by_no_order_of_the_classes() -> None:
    labels = np.arange(1000) % 10
    unsure, sure = np.full((1000, 10), 0.1, np.float32), np.eye(10, dtype=np.float32)
    for k in (2, 5):
        scorer = scorers.scorer(f"top_{k}_accuracy")
        assert scorer.score(labels, unsure) == pytest.approx(k / 10) == scorer.chance(10)
        # Right, or wrong with the own class among nine equal ones.
        assert scorer.score(labels, sure[labels]) == 1
        assert scorer.score(labels, sure[labels - 1]) == pytest.approx((k - 1) / 9)
    assert scorers.scorer("auc").score(labels, unsure) == 0.5


def test_a_class_without_images_does_not_count() -> None:
    probabilities = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    labels = np.array([0, 0, 1, 1])  # one is taken for the third class
    assert scorers.scorer("f1_macro").score(labels, probabilities) == pytest.approx((1 + 2 / 3) / 2)
    assert scorers.scorer("auc").score(labels, probabilities) == pytest.approx((1 + 0.75) / 2)
    assert scorers.scorer("auc").score(np.zeros(4, int), probabilities) == 0.5


def test_each_has_its_words() -> None:
    assert list(OBJECTIVES) == [one.name for one in scorers.SCORERS]
    assert objective_of("top_3_accuracy").name == "validation top-3 accuracy"
    for name in ("f1", "top_0_accuracy", "top_k_accuracy"):
        with pytest.raises(KeyError):
            scorers.scorer(name)
        with pytest.raises(KeyError):
            objective_of(name)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Launched(NamedTuple):
    """A study, what it wrote and what it said."""

    study: optuna.Study
    out: Path
    said: str


@pytest.fixture(scope="module")
def by_log_loss(tmp_path_factory: pytest.TempPathFactory) -> Launched:
    """A study whose effects are those of the fake worker, in hundredths of a nat."""
    folder = tmp_path_factory.mktemp("log-loss")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("KOUKA_STORAGE", f"sqlite:///{folder}/studies.db")
        patch.setenv("KOUKA_CHECKPOINTS", str(folder / "checkpoints"))
        worker = FakeWorker.new()
        worker.class_counts = {"train": (80, 20), "validation": (16, 4)}
        worker.take_the_place(patch)
        launched = CliRunner().invoke(cli.app, [*LAUNCH, "--objective", "neg_log_loss"])
        exported = CliRunner().invoke(cli.app, ["export", "s", "--out", "out"])
    said = ""
    for result in (launched, exported):
        assert result.exit_code == 0, result.output
        said += result.output
    study = load_study(f"sqlite:///{folder}/studies.db", "s")
    return Launched(study, folder / "out", " ".join(said.split()))


def test_a_study_keeps_the_objective_as_it_is(by_log_loss: Launched) -> None:
    study = by_log_loss.study
    found = read(study)
    assert found.launched_with().objective == "neg_log_loss"
    assert study.metric_names == ["validation negative log loss"]
    assert {run.state for run in found.runs} == {"complete", "pruned"}
    for trial, run in zip(study.trials, found.runs, strict=True):
        assert trial.value is not None
        assert -1 < trial.value < 0
        assert all(-1 < value < 0 for value in run.curve.values())
        if run.state == "complete":
            assert run.curve[4] == trial.value == run.scaled
            assert run.test_accuracy == pytest.approx(trial.value + 1 - 0.01)
            assert trial.user_attrs["test_objective"] == pytest.approx(trial.value - 0.02)
    assert found.best is not None
    assert found.best.value == max(run.value or -1 for run in found.of("measure", "search"))


def test_its_effects_are_in_nats_wherever_they_stand(by_log_loss: Launched) -> None:
    study, out, said = by_log_loss
    for row in rows(out / "effects.csv"):
        assert float(row["effect"]) == pytest.approx(EFFECTS[row["technique"]] / 100, abs=0.004)
        assert "nats_per_second" in row
    for row in rows(out / "ladder.csv")[1:]:
        assert abs(float(row["change"])) < 0.2
        assert -1 < float(row["neg_log_loss"]) < 0
    assert re.search(
        r"augmentation helps most: \+0\.1[23]\d+ nats of validation negative log loss "
        r"\(95 % interval ",
        said,
    )
    assert (
        "Effect of each technique on validation negative log loss, 16 runs technique nats" in said
    )
    assert re.search(r"Smaller effects, from about 0\.00\d+ nats of validation", said)
    assert re.search(r"measure 1/16 -0\.\d{4} nats ", said)
    assert re.search(
        r"Test negative log loss over fresh seeds.* recommended seeds 2; test negative log loss "
        r"-0\.\d+ nats \(",
        said,
    )
    # The levels of its saturated fit are not drawn.
    axes = {"effects": '"nats of validation negative log loss (95 % interval)"',
            "waterfall": '"nats of validation negative log loss over all off"',
            "history": '"validation negative log loss, nats"', "dials": "loss, nats"}  # fmt: skip
    for name, title in axes.items():
        html = (out / f"{name}.html").read_text(encoding="utf-8")
        assert title in re.sub(r"\\u003cbr\\u003e|\\u00a0|\u00a0", " ", html), name
    attached = dict(get_plotly_graph_objects(
        study._storage.get_study_system_attrs(study._study_id)))  # fmt: skip
    drawn = re.sub(r"\\u003cbr\\u003e|<br>", " ", attached["kouka-effects"])
    assert "nats of validation negative log loss" in drawn
    note = " ".join(get_note(study).split())
    assert "nats of validation negative log loss (95 % interval" in note


def test_nothing_is_called_accuracy_that_is_none(by_log_loss: Launched) -> None:
    study, out, said = by_log_loss
    report = (out / "report.md").read_text(encoding="utf-8")
    for text in (said, report):
        # The recommended recipe gains test accuracy too, and a figure has dots.
        meant = r"points (\([^)]*\) )?over (all off|the plain network)|most points lie"
        assert "points" not in re.sub(meant, "", text)
        left = re.sub("[Tt]est accuracy|balanced.?_accuracy", "", text)
        assert "accuracy" not in left, re.findall(r".{30}accuracy.{30}", left)
    assert "by validation negative log loss" in said  # the ladder
    assert "objective neg\\_log\\_loss" in report
    trials = rows(out / "trials.csv")
    assert "accuracy" not in trials[0]
    for row, run in zip(trials, read(study).runs, strict=True):
        assert row["neg_log_loss"] == ("" if run.value is None else str(run.value))
        assert row["test_neg_log_loss"] == str(run.test_objective or "")
        assert row["test_accuracy"] == str(run.test_accuracy or "")


def test_the_confirmed_recipes_have_both(by_log_loss: Launched) -> None:
    out = by_log_loss.out
    confirmed = rows(out / "confirmed.csv")
    assert len(confirmed) == 5
    for row in confirmed:
        assert float(row["test"]) == pytest.approx(100 * (float(row["test_objective"]) + 1.01))
        assert float(row["test_objective"]) == pytest.approx(float(row["validation"]) - 0.02)
        assert float(row["test_objective_high"]) <= 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["objective"] == {"name": "validation negative log loss", "key": "neg_log_loss",
                                    "unit": "nats", "maximize": True}  # fmt: skip
    assert -1 < summary["best"]["neg_log_loss"] < 0
    assert summary["classes"] == [{"class": "a", "train": 80, "validation": 16},
                                  {"class": "b", "train": 20, "validation": 4}]  # fmt: skip


def alone(kouka: Kouka, *command: str) -> Result:
    """Launch a study whose report `kouka export` writes, and not the launch before it too."""
    with pytest.MonkeyPatch.context() as patch:
        without_report(patch)
        return kouka(*command)


@pytest.mark.usefixtures("fake_worker")
def test_balanced_accuracy_is_in_points_of_it(kouka: Kouka, folder: Path) -> None:
    result = alone(
        kouka, *SMALL, "--search", "0", "--confirm", "2", "--objective", "balanced_accuracy"
    )
    said = " ".join((result.output + kouka("export", "s", "--out", "out").output).split())
    assert "augmentation helps most: +13." in said
    assert "points of validation balanced accuracy" in said
    assert re.search(r"recommended seeds 2; test balanced accuracy, % \d\d\.\d \(", said)
    for row in rows(folder / "out" / "effects.csv"):
        assert float(row["effect"]) == pytest.approx(EFFECTS[row["technique"]], abs=0.4)
    html = (folder / "out" / "history.html").read_text(encoding="utf-8")
    assert '"text":"validation balanced accuracy, %"' in html
    status = " ".join(kouka("status", "s").output.split())
    assert re.search(r"\d\d\.\d\d % validation balanced accuracy", status)
    assert "objective balanced_accuracy" in status


@pytest.mark.usefixtures("fake_worker")
def test_a_score_that_is_no_share_has_neither_percent_nor_points(
    kouka: Kouka, folder: Path
) -> None:
    result = alone(kouka, *MEASURE, "--objective", "f1_macro")
    assert result.exit_code == 0, result.output
    said = " ".join((result.output + kouka("export", "s", "--out", "out").output).split())
    assert re.search(r"augmentation helps most: \+0\.1\d+ in validation macro F1", said)
    assert "accuracy" not in re.sub("[Tt]est accuracy", "", said)
    assert "points" not in re.sub("most points lie", "", said)
    status = " ".join(kouka("status", "s").output.split())
    assert re.search(r"0\.\d+ validation macro F1", status)
    assert "f1_macro_per_second" in rows(folder / "out" / "effects.csv")[0]


def test_the_k_likeliest_classes_are_fewer_than_there_are(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    for objective, said in {
        "top_k_accuracy": "top_5_accuracy is always 100 %: the data have 2 classes",
        "top_1_accuracy": "top_1_accuracy is accuracy",
        "top_0_accuracy": "there is no objective 'top_0_accuracy'; --objective takes accuracy, ",
    }.items():
        result = kouka(*MEASURE, "--objective", objective)
        assert result.exit_code == 2
        assert said in " ".join(result.stderr.split())


def test_an_objective_is_a_setting_that_never_changes(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    small = (*MEASURE, "--timeout", "0")
    assert kouka(*small, "--objective", "balanced_accuracy").exit_code == 0
    assert kouka(*small).exit_code == 0  # which goes on with it
    for other in ("accuracy", "neg_log_loss"):
        result = kouka(*small, "--objective", other)
        assert result.exit_code == 2
        assert f"--objective is balanced_accuracy, not {other};" in result.stderr
    assert kouka(*small[:1], "t", *small[2:], "--objective", "accuracy").exit_code == 0
    result = kouka(*small[:1], "t", *small[2:], "--objective", "neg_log_loss")
    assert "--objective is accuracy, not neg_log_loss;" in result.stderr


def stored() -> optuna.Study:
    return load_study("sqlite:///studies.db", "s")


def test_a_study_from_before_objectives_is_of_accuracy(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    assert kouka(*MEASURE, "--timeout", "0").exit_code == 0
    settings: dict[str, Any] = dict(stored().user_attrs["settings"])
    del settings["objective"]
    stored().set_user_attr("settings", settings)
    assert Settings.from_json(settings).objective == "accuracy"
    result = kouka(*MEASURE)
    assert result.exit_code == 0, result.output
    assert "points of validation accuracy" in " ".join(result.output.split())
    assert "test_objective" not in stored().trials[0].user_attrs


def test_an_objective_that_only_another_version_knows_hides_no_other_study(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    assert kouka(*MEASURE, "--timeout", "0").exit_code == 0
    stored().set_user_attr("settings", {**stored().user_attrs["settings"], "objective": "f1"})
    for command in ("export", "status", "train"):
        result = kouka(command, "s")
        assert result.exit_code == 2
        assert "the study 's' is judged by 'f1', which this kouka does not know" in result.stderr
    optuna.create_study(storage="sqlite:///studies.db", study_name="other")
    result = kouka("status")
    assert result.exit_code == 0
    assert "other" in result.stdout
    assert "Not listed: the study 's' is judged by 'f1'" in " ".join(result.stdout.split())
