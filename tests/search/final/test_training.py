"""`kouka train` and `kouka predict`: what they say, write and refuse; a model made and used."""

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import optuna
import pytest
from PIL import Image
from rich.console import Console
from sklearn.datasets import load_digits

from model_space.budget import Budget
from model_space.data import Data, DataError, load
from model_space.data.checks import Checks
from model_space.data.fresh import Preparation
from model_space.data.reading import Levels, Reading
from model_space.saved import predictor
from model_space.saved.model_card import Card
from model_space.worker.client import Worker
from search.cli.final_progress import FinalProgress
from search.cli.predict import reading_files
from search.errors import InputError
from search.final import training
from search.final.model_folder import draft
from search.objective import ACCURACY
from search.planning.phases.plan import run_seed
from search.planning.space import Space
from search.settings import Settings
from tests.model_space.data.test_sound import tones
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker
from tests.support.scores import ROUNDING, share_right
from tests.support.simulate import facts

SMALL = Settings(
    data="digits", train_size=200, validation=50, epochs=2, batch_size=25, width=0.1, measure=(16,)
)


CARD = Card(
    study="s", classes=("cat", "dog"), image_shape=(16, 16, 1), pixels="", sound=None, recipe={},
    budget=Budget(), images={}, seeds=(1,), saved_seed=1, test_accuracies=(0.5,), versions={},
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "levels", "kept", "numbers"),
    [
        ("/x/a.npz", (-2.0, 2.5), None, (-2.0, 2.5)),
        ("/x/a.npz", (0.0, 4095.0), (0.0, 4095.0), (0.0, 4095.0)),
        ("/x/folder", (0.0, 4095.0), (0.0, 4095.0), None),
    ],
)
def test_the_card_tells_numbers_of_arrays_from_values_of_files(
    data: str, levels: Levels, kept: Levels | None, numbers: Levels | None
) -> None:
    study: Any = SimpleNamespace(
        settings=replace(SMALL, data=data), results=SimpleNamespace(name="s"), recipe={}
    )
    read = replace(facts(train=(50, 50)), reading=Reading(levels=levels))
    card = training._card(study, read, (1,), ())
    assert (card.levels, card.numbers) == (kept, numbers)
    assert ("made 0 to 1" in card.pixels) == (numbers is not None)


def test_predict_warns_of_files_for_a_network_of_other_numbers(
    kouka: Kouka, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [predictor.Predictions(["a.png"], [(0.9, 0.1)], [])] * 2
    seven = [f"{at}.png" for at in range(7)]
    found.append(predictor.Predictions(seven, [(0.9, 0.1)] * 7, seven))
    monkeypatch.setattr(predictor, "predict", lambda network, card, files, progress: found.pop(0))
    (folder / "model.keras").write_bytes(b"")
    replace(CARD, numbers=(-2.0, 2.5)).write(folder / "model.json")
    result = kouka("predict", ".", "a.png")
    assert result.exit_code == 0, result.output
    assert "Caution: the model was trained on an array of numbers from -2 to 2.5" in result.stderr
    CARD.write(folder / "model.json")
    assert not kouka("predict", ".", "a.png").stderr
    stderr = kouka("predict", ".", *[f"{at}.png" for at in range(7)]).stderr
    assert "sees next to nothing in 0.png, 1.png, 2.png, 3.png, 4.png and 2 more: all val" in stderr


def test_predictions_of_a_folder_are_a_table_for_programs_too(
    kouka: Kouka, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        predictor, "predict",
        lambda network, card, files, progress: predictor.Predictions(
            files, [(0.25, 0.75)] * len(files), []
        ),
    )  # fmt: skip
    (folder / "model.keras").write_bytes(b"")
    replace(CARD, classes=("a, b", "ü")).write(folder / "model.json")
    (folder / "new" / "more").mkdir(parents=True)
    for name in ("new/1.TIF", "new/more/2.png", "new/notes.txt", "new/.3.png", "new/Thumbs.db"):
        (folder / name).touch()
    result = kouka("predict", ".", "new", "scan", "--csv", "--top", "2")
    assert list(csv.reader(result.stdout.splitlines())) == [
        ["file", "place", "class", "probability"],
        *(
            [file, *row]
            for file in (str(Path("new", "1.TIF")), str(Path("new", "more", "2.png")), "scan")
            for row in (["1", "ü", "0.750000"], ["2", "a, b", "0.250000"])
        ),
    ]
    assert result.stderr == "Left out: 1 file without a suffix of images.\n"


def studied(
    name: str = "s", runs: int = 2, fingerprint: str = "the same", settings: Settings = SMALL
) -> None:
    """A study of kouka's whose best run has dropout at 0.4 and residual on."""
    study = optuna.create_study(
        study_name=name, storage="sqlite:///studies.db", direction="maximize"
    )
    study.set_user_attr("settings", settings.to_json())
    study.set_user_attr("data", asdict(replace(facts(train=(50, 50)), fingerprint=fingerprint)))
    space = Space(settings.factors)
    for number in range(runs):
        params = space.params(["residual", "dropout"]) | {"dropout_rate": 0.4}
        study.add_trial(
            optuna.create_trial(
                params=params if number else space.params(space.factors),
                distributions=space.distributions(
                    params if number else space.params(space.factors)
                ),
                value=0.5 + number / 10,
                user_attrs={"phase": "measure", "seed": number},
            )
        )


def test_test_images_that_were_trained_on_are_counted() -> None:
    data = facts(train=(50, 50))
    assert training._tested_on(data).endswith("test images that no run was trained on")
    checks = Checks({}, 1.0, repeated={"validation": 1, "test": 2})
    said = training._tested_on(replace(data, checks=checks))
    assert said.endswith("test images, of which 2 are among the training ones too")


def test_the_best_recipe_is_trained_and_what_is_written_says_so(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    studied()
    result = kouka("train", "s")
    assert result.exit_code == 0, result.output
    seeds = [run_seed(0, "confirm", index) for index in range(3)]
    recipe = {"residual": {}, "dropout": {"rate": 0.4}}
    assert fake_worker.trained == [(recipe, seed) for seed in seeds]
    said = " ".join(result.output.split())
    assert "Techniques on: residual, dropout (rate 0.4)." in said
    assert re.search(
        r"Test accuracy (\d\d\.\d\d) % \(\d\d\.\d\d to \d\d\.\d\d\), the mean of 3 seeds and its "
        r"95 % interval, on 20 test images that no run was trained on", said
    )  # fmt: skip
    split = "100 training, 20 validation, 100 test images of 32×32×3"
    budget = f"digits ({split}), 2 epochs, batch 25, width 0.1"
    assert f"the 120 training and validation images: {budget}" in said
    assert "kouka predict models/s FILE" in said
    written = folder / "models" / "s"
    assert {file.name for file in written.iterdir()} == {
        "model.keras", "model.json", "curves.html", "report.html"
    }  # fmt: skip
    assert (written / "model.keras").read_text() == f"the network of seed {seeds[0]}"
    card = Card.read(written / "model.json")
    assert (card.seeds, card.saved_seed) == (tuple(seeds), seeds[0])
    assert card.recipe == recipe
    assert card.images == {"trained": 120, "test": 20}
    assert card.budget.epochs == 2
    assert len(card.test_accuracies) == 3
    assert (card.objective, card.test_objectives) == ("accuracy", None)
    assert "resized to 32×32" in card.pixels
    assert f"seed {seeds[2]}" in (written / "curves.html").read_text(encoding="utf-8")
    assert written.stat().st_mode & 0o077 == (folder / "models").stat().st_mode & 0o077


def test_another_objective_is_printed_beside_the_accuracy(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    studied(settings=replace(SMALL, objective="neg_log_loss"))
    result = kouka("train", "s")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert re.search(
        r"seed 1 of 3 test negative log loss -0\.\d+ nats, test accuracy \d\d\.\d\d %", said
    )
    assert re.search(
        r"Test negative log loss -0\.\d+ nats \(-0\.\d+ to -0\.\d+\), the mean of 3 seeds and its "
        r"95 % interval, on 20 test images that no run was trained on\. "
        r"Test accuracy \d\d\.\d\d % \(\d\d\.\d\d to \d\d\.\d\d\)\.", said
    )  # fmt: skip
    card = Card.read(folder / "models" / "s" / "model.json")
    assert card.objective == "neg_log_loss"
    assert card.test_objectives is not None
    for tested, accuracy in zip(card.test_objectives, card.test_accuracies, strict=True):
        assert tested == pytest.approx(accuracy + 0.01 - 0.02 - 1)
    curves = (folder / "models" / "s" / "curves.html").read_text(encoding="utf-8")
    assert '"text":"negative log loss, nats"' in curves


def test_another_recipe_seed_count_and_length_can_be_asked_for(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    studied(runs=0)
    result = kouka("train", "s", "--recipe", "mixup=0.3", "--seeds", "1", "--epochs", "5",
                   "--out", "deep/er")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert [choice for choice, _ in fake_worker.trained] == [{"mixup": {"alpha": 0.3}}]
    said = " ".join(result.output.split())
    assert "Training on the 120 training and validation images: 1 run of 5 epochs." in said
    assert "%, of one seed, on" in said
    assert Card.read(folder / "deep" / "er" / "model.json").budget.epochs == 5


@pytest.mark.usefixtures("fake_worker")
def test_no_epochs_are_said_to_judge_a_network_that_is_tested_once(kouka: Kouka) -> None:
    studied(settings=replace(SMALL, last_epochs=2))
    result = kouka("train", "s", "--epochs", "1", "--seeds", "1")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "100 test images of 32×32×3), 1 epoch, batch 25, width 0.1" in said
    assert "judged" not in said


@pytest.mark.usefixtures("fake_worker")
def test_what_it_wrote_is_replaced_and_nothing_else_is(kouka: Kouka, folder: Path) -> None:
    studied()
    (folder / "models" / "s").mkdir(parents=True)  # empty
    assert kouka("train", "s").exit_code == 0
    assert kouka("train", "s", "--epochs", "3").exit_code == 0
    written = folder / "models" / "s"
    assert Card.read(written / "model.json").budget.epochs == 3
    (written / "notes.txt").write_text("mine")
    result = kouka("train", "s")
    assert result.exit_code == 2
    assert "holds notes.txt, which kouka train did not write" in result.stderr
    assert sorted(file.name for file in (folder / "models").iterdir()) == ["s"]


REFUSED = (
    (["train", "other"], "there is no study 'other'.*it holds s, begun, moved, away, foreign"),
    (["train", "begun"], "'begun' has no finished run by which to choose.*kouka launch begun"),
    (["train", "foreign"], "'foreign' was not launched by kouka"),
    (["train", "foreign", "--recipe", "mixup"], "'foreign' was not launched by kouka"),
    (["train", "s", "--recipe", "sam"], "there is no technique 'sam'"),
    (["train", "s", "--seeds", "0"], "--seeds 0 is too small"),
    (["train", "s", "--seeds", "9" * 14], "--seeds 9+ is too large; it takes 1,000 or less"),
    (["train", "s", "--epochs", "0"], "--epochs 0 is too small"),
    (["train", "s", "--epochs", "100001"], "--epochs 100001 is too large; it takes 100,000 or"),
    (["code", "s", "--epochs", "100001"], "--epochs 100001 is too large; it takes 100,000 or"),
    (["train", "s", "--recipe", "pretrained"], "pretrained: the article's network does not call"),
    (["train", "s", "--out", "taken"], "--out .*taken is a file"),
    (["train", "s", "--out", "taken/deeper"], "--out .*deeper cannot be written"),
    (["train", "s", "--out", "bare"], "--out .*bare holds model.keras, which kouka train did not"),
    (["train", "moved"], "the images of digits are not those the study 'moved' began with"),
    (["train", "away"], "the data of the study 'away' are no longer at .*photos; --data takes the"),
    (["code", "away"], "the data of the study 'away' are no longer at .*photos; --data takes the"),
    (["predict", "models/s", "a.png"], "there is no model models/s; kouka train NAME writes one"),
    (["predict", "bare", "a.png"], "bare/model.keras has no model.json beside it"),
    (
        ["predict", "torn/model.keras", "a.png"],
        "torn/model.json is not a model card that kouka train",
    ),
    (["predict", "whole", "a.png"], "there is no file a.png"),
    (["predict", "whole", "."], "there are no images in .; they end in .jpg, "),
    (["predict", "whole", "taken"], "taken cannot be read as an image"),
    (["predict", "whole", "taken", "--top", "0"], "--top 0 is too small"),
)


@pytest.mark.usefixtures("fake_worker")
def test_what_cannot_be_done_is_refused_in_a_sentence_and_leaves_nothing(
    kouka: Kouka, folder: Path
) -> None:
    studied()
    studied("begun", runs=0)
    studied("moved", fingerprint="another")
    studied("away", settings=replace(SMALL, data=str(folder / "photos")))
    optuna.create_study(study_name="foreign", storage="sqlite:///studies.db")
    (folder / "taken").write_text("a file")
    for name in ("bare", "torn", "whole"):
        (folder / name).mkdir()
        (folder / name / "model.keras").write_text("no network")
    (folder / "torn" / "model.json").write_text('{"classes": []}')
    CARD.write(folder / "whole" / "model.json")
    before = sorted(folder.rglob("*"))
    for arguments, says in REFUSED:
        result = kouka(*arguments)
        assert result.exit_code == 2, result.output
        assert re.search(says, result.stderr), result.stderr
        assert result.stderr.startswith("kouka: ")
        assert result.stderr.count("\n") == 1
        assert sorted(folder.rglob("*")) == before, arguments


def test_an_interruption_ends_cleanly_and_keeps_what_was_there(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    studied()
    assert kouka("train", "s").exit_code == 0
    [checkpoints] = (folder / "checkpoints" / "final").iterdir()
    assert list(checkpoints.iterdir()) == []
    before = {file: file.read_bytes() for file in (folder / "models" / "s").iterdir()}
    fake_worker.interrupt_at = 4  # the second of the next three
    result = kouka("train", "s")
    assert result.exit_code == 130
    assert result.stderr == (
        "kouka: interrupted; no model was written; the same command resumes from the last "
        "checkpoint\n"
    )
    assert {file: file.read_bytes() for file in (folder / "models" / "s").iterdir()} == before
    assert [file.name for file in (folder / "models").iterdir()] == ["s"]
    assert kouka("launch", "s").exit_code == 0  # which has nothing left to run
    assert [file.name for file in checkpoints.iterdir()] == [f"{run_seed(0, 'confirm', 0)}.npz"]
    assert kouka("train", "s").exit_code == 0
    assert list(checkpoints.iterdir()) == []


def test_a_training_that_diverges_says_so_and_writes_nothing(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    studied()
    fake_worker.diverge = staticmethod(lambda seed: seed == run_seed(0, "confirm", 1))
    result = kouka("train", "s")
    assert result.exit_code == 1
    assert result.stderr == (
        f"kouka: the training diverged with seed {run_seed(0, 'confirm', 1)}, so no model was "
        "written; another --recipe may do better\n"
    )
    assert sorted(file.name for file in folder.iterdir()) == ["checkpoints", "studies.db"]


@pytest.mark.parametrize(
    ("error", "raised", "says"),
    [
        (OSError(28, "No space left on device"), InputError, r"out cannot be written \(No space"),
        (KeyboardInterrupt(), KeyboardInterrupt, None),
    ],
)
def test_what_was_there_comes_back_where_it_cannot_be_replaced(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    raised: type[BaseException],
    says: str | None,
) -> None:
    (folder / "out").mkdir()
    CARD.write(folder / "out" / "model.json")
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with (
        pytest.raises(raised, match=says),
        draft(Path("out")) as new,
    ):
        (new / "model.json").write_text("new")
    assert Card.read(folder / "out" / "model.json") == CARD
    assert [file.name for file in folder.iterdir()] == ["out"]


def test_joined_data_train_on_all_but_the_test_images(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(20):
            pixels = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{number}.png")
    for data, on_disk in ((load(str(tmp_path / "data")), True), (load("digits"), False)):
        whole = data.joined()
        for index in (0, 1):
            np.testing.assert_array_equal(
                whole.train[index], np.concatenate([data.train[index], data.validation[index]])
            )
        assert whole.test is data.test
        assert whole.fingerprint != data.fingerprint
        seen = {image.tobytes() for image in whole.train[0]}
        assert {image.tobytes() for image in whole.validation[0]} <= seen
        assert mapped(whole) == mapped(data) == on_disk


def mapped(data: Data) -> bool:
    return isinstance(data.train[0].base, np.memmap)


def test_files_are_read_as_those_of_the_data_were(tmp_path: Path) -> None:
    heard = load(str(tones(tmp_path / "tones")))
    files = sorted(str(file) for file in (tmp_path / "tones").rglob("*.wav"))
    read, _ = Preparation(heard.image_shape, heard.sound, reader=2).read(files)
    parts = (heard.train, heard.validation, heard.test)
    known = {image.tobytes() for images, _ in parts for image in images}
    assert {image.tobytes() for image in read} == known
    with pytest.raises(DataError, match=r"0\.wav cannot be read as an image"):
        Preparation((16, 16, 3)).read(files)


def test_a_terminal_shows_how_many_files_are_read() -> None:
    for terminal in (True, False):
        screen = Console(file=io.StringIO(), force_terminal=terminal, width=120)
        with reading_files(screen) as progress:
            progress(1000, 5000)
        assert isinstance(screen.file, io.StringIO)
        assert ("(1,000 of 5,000)" in screen.file.getvalue()) == terminal


def test_a_terminal_shows_the_epoch_its_accuracy_and_the_time_left() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=120)
    with FinalProgress(screen) as progress:
        assert "Reading the data" in str(progress._display())
        progress.reading(30, 4000)
        assert "(30 of 4,000) and starting Keras" in str(progress._display())
        progress.began("mixup", "the 120 images", epochs=5, seeds=2, objective=ACCURACY)
        assert "seed 1 of 2" in str(progress._display())
        progress.epoch(1, 1, 25.0)
        assert "epoch 1 of 5, training accuracy 25.00 %  time left not yet known" in str(
            progress._display()
        )
        progress.epoch(1, 2, 50.0)
        assert re.search(
            r"epoch 2 of 5, training accuracy 50\.00 %  about \d+ s left", str(progress._display())
        )


WITHOUT_KOUKA = """
import json, sys
sys.modules["model_space"] = sys.modules["search"] = None  # neither can be imported
sys.modules["pandas"] = sys.modules["sklearn"] = None  # nor need be, and so Keras is there sooner
import keras, numpy as np
model = keras.models.load_model("model.keras", safe_mode=True)
images = np.load(sys.argv[1])
scores = model(images.astype("float32") / 255)  # in `predict`, XLA would compile it
print(json.dumps(np.asarray(scores).tolist()))
"""


def test_a_model_is_trained_loads_without_kouka_and_predicts(
    kouka: Kouka, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "Worker", Worker)
    data = load("digits", train_size=200, validation=50)
    studied(fingerprint=data.fingerprint)
    trained = kouka(
        "train", "s", "--seeds", "2", "--recipe", "batch_norm,residual,dropout=0.3,weight_ema=0.9"
    )
    assert trained.exit_code == 0, trained.output
    card = Card.read(folder / "models" / "s" / "model.json")
    assert card.images == {"trained": 250, "test": len(data.test[1])}
    assert card.classes == tuple("0123456789")
    report = (folder / "models" / "s" / "report.html").read_text(encoding="utf-8")
    assert report.count("<img") == min(24, round((1 - card.test_accuracies[0]) * len(data.test[1])))
    assert "Test images that the saved network gets wrong" in report
    assert len(report.encode()) < 6_000_000

    np.save(tmp_path / "test.npy", data.test[0])
    ended = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT_KOUKA, str(tmp_path / "test.npy")],
        cwd=folder / "models" / "s", env={"TF_CPP_MIN_LOG_LEVEL": "3", "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    scores = np.array(json.loads(ended.stdout.splitlines()[-1]))
    least, most = share_right(scores, data.test[1])
    assert least <= card.test_accuracies[0] <= most

    # A scan as it was before it was enlarged, which is what a user has.
    for scan in (load_digits().images * (255 / 16)).round().astype(np.uint8):
        large = Image.fromarray(scan).resize((16, 16), Image.Resampling.BILINEAR)
        if (np.asarray(large) == data.test[0][5, ..., 0]).all():
            Image.fromarray(scan).save(folder / "scan.png")
    Image.fromarray(data.test[0][6, ..., 0]).convert("RGB").save(folder / "colour.png")
    (folder / "torn.png").write_bytes(b"torn")
    (folder / "gone.png").symlink_to("nowhere.png")
    files = ("scan.png", "torn.png", "gone.png", "colour.png")
    predicted = kouka("predict", "models/s", *files, "--top", "2")
    assert predicted.exit_code == 0, predicted.output
    assert predicted.stderr.startswith(
        "Left out: torn.png cannot be read as an image and gone.png is a link to what is not there."
    )
    for name, row in (("scan.png", scores[5]), ("colour.png", scores[6])):
        found = re.search(rf"{name} +(\d) +(\d+\.\d) %\n +(\d) +(\d+\.\d) %", predicted.output)
        assert found, predicted.output
        for label, percent in (found.group(1, 2), found.group(3, 4)):
            assert 100 * row[int(label)] == pytest.approx(float(percent), abs=0.06)
        assert row[int(found[1])] == pytest.approx(row.max(), abs=ROUNDING)


def test_a_model_says_where_its_data_are_now(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    for place in ("there", "moved"):
        (folder / place).mkdir()
    launch = ("--epochs", "2", "--measure", "16", "--search", "0", "--confirm", "0")
    assert kouka("launch", "s", "--data", "there", *launch, "--out", "out").exit_code == 0
    ended = kouka("train", "s", "--seeds", "1", "--data", "moved")
    assert ended.exit_code == 0, ended.output
    assert "moved (100 training" in " ".join(ended.output.split())
    assert "there (" not in ended.output
    assert "there (" not in (folder / "models" / "s" / "report.html").read_text()
