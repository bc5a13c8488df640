"""What a launch asks for, of a new study and of a known one, with a worker that computes."""

import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import optuna
import pytest
from optuna.study import StudyDirection

from model_space.techniques import SETS
from search.reporting.sentences.budget import describe_budget
from search.running import making
from search.storage import schema
from search.storage.connection import open_storage
from search.storage.studies import study_names
from tests.support.faked import FOUR, SMALL, STORAGE, Kouka, identity, results, stored
from tests.support.fakes import FakeWorker

MINIMIZE = StudyDirection.MINIMIZE

pytestmark = pytest.mark.usefixtures("no_report")


def test_a_launch_that_does_not_know_its_versions_makes_no_study(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def unknown(*packages: str) -> dict[str, str]:
        raise PackageNotFoundError("kouka")

    monkeypatch.setattr(making, "versions_of", unknown)
    assert isinstance(kouka(*FOUR, "--timeout", "0").exception, PackageNotFoundError)
    assert not (folder / "studies.db").exists()


@pytest.mark.parametrize("directions", [(MINIMIZE,), (StudyDirection.MAXIMIZE, MINIMIZE)])
def test_an_empty_study_of_other_objectives_is_not_taken_for_one_of_accuracies(
    kouka: Kouka, fake_worker: type[FakeWorker], directions: tuple[StudyDirection, ...]
) -> None:
    optuna.create_study(study_name="s", storage=STORAGE, directions=directions)
    result = kouka(*FOUR, "--timeout", "0")
    assert result.exit_code == 2
    assert "an empty study 's' already, whose values are not to be maximized" in result.stderr


def test_other_settings_are_named_and_change_nothing(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*SMALL, "--measure", "32", "--search", "4", "--confirm", "0", "--timeout", "0")
    before, attributes = len(results().runs), stored().user_attrs
    for arguments, says in (
        (["--epochs", "5"], "--epochs is 4, not 5"),
        (["--measure", "64", "--width", "0.5"], "--width is 1, not 0.5"),
        (["--measure", "16"], "--measure is 32, and can only grow"),
        (["--search", "2"], "--search is 4, and can only grow"),
        (["--fix", "dropout=off"], "--fix dropout=off was not given"),
        (["--techniques", "mixup,amsgrad"], "--techniques is augmentation,.* not mixup,amsgrad"),
        (["--techniques", ""], "--techniques is augmentation,.* not empty"),
        (["--data", "mnist", "--seed", "3"], "--data is digits, not mnist; --seed is 0, not 3"),
    ):
        result = kouka("launch", "s", *arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith("kouka: this study was launched with other settings")
        assert re.search(says, result.stderr)
    assert len(results().runs) == before
    assert stored().user_attrs == attributes


@pytest.mark.usefixtures("fake_worker")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--objective", "acuracy"], "no objective 'acuracy'"),
        (["--objective", "top_1_accuracy"], "top_1_accuracy is accuracy"),
        (["--batch-size", "0"], "--batch-size 0 is too small"),
        (["--seed", "-1"], "--seed -1 is too small"),
        (["--pruner", "hyper"], "no pruner 'hyper'"),
        (["--precision", "half"], "no precision 'half'"),
        (["--width", "0"], "--width 0 is not between"),
        (["--depth", "11"], "--depth 11 is not possible"),
        (["--validation", "-1"], "--validation -1 is neither"),
        (["--image-size", "3"], "--image-size 3 is too small"),
        (["--train-size", "1"], "--train-size 1 is too small"),
        (["--epochs", "0"], "--epochs 0 is too small"),
        (["--last-epochs", "0"], "--last-epochs 0 is not possible; it takes 1 to .*, 4"),
        (["--search", "-1"], "--search -1 is too small"),
        (["--measure", "24"], "--measure 24 has no balanced design"),
        (["--verify", "-4"], "--verify -4 has no balanced design"),
        (["--techniques", "augmentation,flip"], "flip cannot be studied beside it"),
        (["--data", "nothing"], "no data set and no path 'nothing'"),
    ],
)
def test_what_no_study_may_have_is_refused_as_such(
    kouka: Kouka, arguments: list[str], says: str
) -> None:
    small = (*SMALL, "--measure", "16", "--search", "4", "--confirm", "0", "--timeout", "0")
    assert kouka(*small).exit_code == 0
    attributes = stored().user_attrs
    result = kouka("launch", "s", *arguments)
    assert result.exit_code == 2
    assert re.search(says, result.stderr)
    assert "other settings" not in result.stderr
    assert stored().user_attrs == attributes


def test_images_that_changed_are_noticed(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    kouka(*FOUR, "--timeout", "0")
    fake_worker.fingerprint = "another"
    result = kouka(*FOUR)
    assert result.exit_code == 2
    assert "not those the study 's' began with" in result.stderr


def test_data_that_moved_are_taken_from_their_new_place(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    old, new = folder / "old.npz", folder / "new.npz"
    for place in (old, new):
        place.write_bytes(b"")
    command = ["launch", "s", "--techniques", "mixup,amsgrad,dropout", "--measure", "8",
               "--search", "0", "--confirm", "0"]  # fmt: skip
    assert kouka(*command, "--data", "old.npz").exit_code == 0
    runs = len(results().runs)
    old.unlink()
    result = kouka("launch", "s")
    assert result.exit_code == 2
    assert f"are no longer at {old}; --data takes the place" in result.stderr
    result = kouka(*command, "--data", "old.npz")
    assert f"are no longer at {old}; --data takes the place" in result.stderr
    result = kouka(*command, "--data", "gone.npz")
    assert result.exit_code == 2
    assert f"nothing at --data gone.npz; the study began with {old}, and" in result.stderr
    same, fake_worker.fingerprint = fake_worker.fingerprint, "another"
    result = kouka("launch", "s", "--data", "new.npz")
    assert result.exit_code == 2
    assert f"the images of {new} are not those of {old}" in result.stderr
    assert stored().user_attrs["settings"]["data"] == str(old)
    fake_worker.fingerprint = same
    result = kouka("launch", "s", "--data", "new.npz", "--search", "1")
    assert result.exit_code == 0, result.output
    assert f"The data are the same at {new} as at {old}" in " ".join(result.output.split())
    assert len(results().runs) == runs + 1
    assert stored().user_attrs["settings"]["data"] == str(new)
    assert kouka("launch", "s", "--search", "2").exit_code == 0


def test_a_shipped_study_goes_on_with_a_users_data(
    kouka: Kouka, fake_worker: type[FakeWorker], folder: Path
) -> None:
    there = folder / "photos.npz"
    there.write_bytes(b"")
    kouka("launch", "s", "--data", "photos.npz", "--techniques", "mixup,amsgrad", "--measure", "8",
          "--search", "0", "--confirm", "0")  # fmt: skip
    study = stored()
    study.set_user_attr(schema.SETTINGS, {**study.user_attrs[schema.SETTINGS], "data": "photos"})
    result = kouka("launch", "s", "--search", "1")
    assert result.exit_code == 2
    assert "are no longer at photos; --data takes the place" in result.stderr
    result = kouka("launch", "s", "--data", "digits", "--search", "1")
    assert "--data is photos, not digits" in result.stderr
    assert kouka("launch", "s", "--data", "photos.npz", "--search", "1").exit_code == 0
    assert stored().user_attrs[schema.SETTINGS]["data"] == str(there)


@pytest.mark.usefixtures("fake_worker")
def test_a_mistyped_study_is_not_begun(kouka: Kouka) -> None:
    small = ("--techniques", "mixup,amsgrad", "--measure", "8", "--search", "0", "--confirm", "0")
    assert kouka("launch", "leaves", *small).exit_code == 0
    result = kouka("launch", "leavs", "--measure", "16")
    assert result.exit_code == 2
    assert "there is no study 'leavs'" in result.stderr
    assert (
        "(Did you mean 'leaves'?); --storage or KOUKA_STORAGE names the database" in result.stderr
    )
    assert study_names(open_storage(STORAGE)) == ["leaves"]
    far = kouka("launch", "mine", "--time", "30m")
    assert far.exit_code == 2
    assert "there is no study 'mine' in sqlite:///studies.db; --storage or" in far.stderr
    assert "such as --data FOLDER or --data cifar10, or --command" in far.stderr
    assert kouka("launch", "leavs", *small).exit_code == 0  # which describes a new study
    assert kouka("launch", "another", *small).exit_code == 0


@pytest.mark.parametrize(
    ("variable", "options", "says"),
    [
        ("torch", [], "KERAS_BACKEND=torch cannot train a study; it takes tensorflow or jax"),
        (
            "",
            ["--precision", "half"],
            "no precision 'half'; --precision takes auto, float32, mixed",
        ),
    ],
)
def test_what_no_study_is_trained_in_is_refused(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch, variable: str, options: list[str], says: str
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", variable)
    result = kouka(*SMALL, *options)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not Path("studies.db").exists()


@pytest.mark.usefixtures("fake_worker")
def test_a_known_study_cannot_go_on_with_a_backend_that_none_has(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kouka(*SMALL, "--timeout", "0").exit_code == 0
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    result = kouka("launch", "s")
    assert result.exit_code == 2
    assert "KERAS_BACKEND=torch cannot train a study" in result.stderr


@pytest.mark.usefixtures("fake_worker")
def test_the_precision_is_a_setting_and_auto_is_whatever_it_is(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.running.making.best_precision", lambda: "mixed_bfloat16")
    small = [*SMALL, "--measure", "16", "--search", "0", "--confirm", "0"]
    assert kouka(*small, "--precision", "auto").exit_code == 0
    assert results().launched_with().precision == "mixed_bfloat16"
    assert "mixed_bfloat16" in describe_budget(results())
    monkeypatch.setattr("search.running.making.best_precision", lambda: "float32")
    assert kouka(*small, "--precision", "auto").exit_code == 0
    refused = kouka(*small, "--precision", "float32")
    assert refused.exit_code == 2
    assert "--precision is mixed_bfloat16, not float32" in refused.stderr


@pytest.mark.usefixtures("fake_worker")
@pytest.mark.parametrize(
    ("suffix", "options", "expected"),
    [
        (".wav", [], SETS["sound"]),
        (".png", [], SETS["article"]),
        (".wav", ["--techniques", "dropout,mixup"], ("dropout", "mixup")),
    ],
)
def test_a_new_study_of_sounds_is_of_the_techniques_for_sounds(
    kouka: Kouka, folder: Path, suffix: str, options: list[str], expected: tuple[str, ...]
) -> None:
    (folder / "mine" / "a").mkdir(parents=True)
    (folder / "mine" / "a" / "notes.txt").touch()
    (folder / "mine" / "a" / f"0{suffix}").touch()
    small = ("launch", "s", "--data", "mine", "--epochs", "1", *options, "--timeout", "0")
    assert kouka(*small).exit_code == 0
    assert results().launched_with().techniques == expected
    assert kouka(*small).exit_code == 0


def test_a_study_named_after_a_data_set_is_of_that_data(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    for arguments, name, data in (
        (["mnist"], "mnist", "mnist"),
        (["s"], "s", "cifar10"),
        ([], "cifar10", "cifar10"),
        (["tfds:a/b:1.0.0"], "tfds:a/b:1.0.0", "tfds:a/b:1.0.0"),
        (["--data", "tfds:a"], "tfds:a", "tfds:a"),
    ):
        kouka("launch", *arguments, "--measure", "16", "--search", "0", "--confirm", "0",
              "--epochs", "1", "--timeout", "0")  # fmt: skip
        assert results(name).launched_with().data == data


def test_every_study_in_a_storage_is_its_own(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    for name in ("s", "t"):
        kouka("launch", name, *FOUR[2:], "--search", "2", "--confirm", "0")
    assert [identity(r) for r in results("s").runs] == [identity(r) for r in results("t").runs]


@pytest.mark.parametrize(
    ("epochs", "options", "last"),
    [("4", (), 1), ("12", (), 3), ("60", (), 10), ("12", ("--last-epochs", "1"), 1)],
)
def test_a_run_is_judged_by_the_mean_of_its_last_epochs(
    kouka: Kouka, fake_worker: type[FakeWorker], epochs: str, options: tuple[str, ...], last: int
) -> None:
    command = ("launch", "s", "--data", "digits", "--techniques", "mixup,dropout", "--measure", "4",
               "--search", "1", "--confirm", "1", "--epochs", epochs, *options)  # fmt: skip
    result = kouka(*command)
    assert result.exit_code == 0, result.output
    assert results().launched_with().last_epochs == last
    for run in results().runs:
        if run.state == "complete":
            values = list(run.curve.values())
            assert run.value == pytest.approx(sum(values[-last:]) / last)
    said = " ".join(result.output.split())
    assert (f"judged by the mean of the last {last} epochs" in said) == (last > 1)
    names = stored().metric_names
    assert names is not None
    assert ("mean of the last" in names[0]) == (last > 1)
    assert kouka(*command, "--last-epochs", "2").exit_code == 2


@pytest.mark.parametrize("last", ["0", "5"])
def test_no_more_last_epochs_than_there_are(
    kouka: Kouka, fake_worker: type[FakeWorker], last: str
) -> None:
    result = kouka(*SMALL, "--epochs", "4", "--last-epochs", last)
    assert result.exit_code == 2
    assert f"--last-epochs {last} is not possible; it takes 1 to the number of epochs, 4" in (
        " ".join(result.stderr.split())
    )
