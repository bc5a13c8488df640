"""A study of a network of keras.applications, from its launch to what may be asked of it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import Result

from model_space.budget import Budget
from model_space.custom.code import CustomCodeError
from model_space.pretrained import catalogue, weights
from model_space.techniques import NEED_WEIGHTS, SETS
from model_space.worker.client import Surveyed
from tests.support.faked import Kouka, results
from tests.support.fakes import FakeWorker

pytestmark = pytest.mark.usefixtures("no_report")
STUDY = ("launch", "s", "--data", "digits", "--epochs", "1", "--search", "0", "--confirm", "0")
SMALL = (*STUDY, "--network", "mobilenet_v3_small")
EIGHT = ("--measure", "16", "--timeout", "0")


@pytest.fixture(autouse=True)
def _worker(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Weights are left out as a worker leaves them out, and none can be downloaded."""

    class Surveying(FakeWorker):
        def survey(self, techniques: Sequence[str], budget: Budget) -> Surveyed:
            inside = {"silu"} | (
                {*NEED_WEIGHTS} if not self.workload.custom_code.weights else {*()}
            )
            return Surveyed(tuple(name for name in techniques if name in inside), ())

    Surveying.take_the_place(monkeypatch)
    monkeypatch.setenv("KERAS_HOME", str(folder / "keras"))
    monkeypatch.setattr(weights, "_SERVER", f"{folder.as_uri()}/server/")
    (folder / "w.weights.h5").write_bytes(b"weights")


def said(result: Result) -> str:
    return " ".join(result.output.split())


def test_a_study_keeps_its_weights_and_resumes_with_no_others(kouka: Kouka, folder: Path) -> None:
    launched = kouka(*SMALL, *EIGHT, "--weights", "w.weights.h5")
    assert launched.exit_code == 0, launched.output
    assert "network MobileNetV3Small (weights in w.weights.h5)" in said(launched)
    settings = results().launched_with()
    assert settings.techniques == settings.factors == SETS["transfer"]
    assert settings.custom_code.weights == weights.of_file(str(folder / "w.weights.h5"))
    assert kouka(*SMALL, *EIGHT).exit_code == 0  # of which nothing has to be downloaded
    (folder / "w.weights.h5").rename(folder / "moved.h5")
    assert kouka(*STUDY, *EIGHT, "--weights", "moved.h5").exit_code == 0
    (folder / "moved.h5").write_bytes(b"others")
    changed = kouka(*STUDY, *EIGHT, "--weights", "moved.h5")
    assert changed.exit_code == 2
    assert f"--weights {folder / 'moved.h5'} has changed since" in said(changed)
    other = kouka(*STUDY, *EIGHT, "--network", "ResNet50V2", "--techniques", "dropout")
    assert other.exit_code == 2
    assert "--network is MobileNetV3Small, not ResNet50V2" in said(other)


def test_where_weights_cannot_be_had_the_study_says_so_and_runs_without(kouka: Kouka) -> None:
    launched = kouka(*SMALL, *EIGHT)
    assert launched.exit_code == 0, launched.output
    assert "Caution: the weights of ImageNet for MobileNetV3Small cannot be" in said(launched)
    assert "pretrained and frozen_base are left out: the study has no weights" in said(launched)
    assert results().launched_with().factors == SETS["transfer"][:-2]
    trained = kouka("train", "s", "--recipe", "pretrained")
    assert trained.exit_code == 2
    assert "--recipe pretrained: the study has no weights for --network" in said(trained)
    again = kouka(*STUDY, *EIGHT, "--weights", "w.weights.h5")
    assert again.exit_code == 2
    assert "was not given" in said(again)


def test_nothing_is_downloaded_for_images_that_are_too_small(
    kouka: Kouka, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise CustomCodeError("these are too small")

    with monkeypatch.context() as patch:
        patch.setattr("tests.support.fakes.FakeWorker.survey", refuse)
        patch.setattr("search.running.local_workers.Worker", FakeWorker.new())
        launched = kouka(*SMALL, *EIGHT)
    assert (launched.exit_code, launched.output) == (2, "kouka: these are too small\n")


def test_weights_are_downloaded_once_the_images_are_known(kouka: Kouka, folder: Path) -> None:
    application = catalogue.find("MobileNetV3Small")
    assert application is not None
    there = folder / "server" / application.file
    there.parent.mkdir(parents=True)
    there.write_bytes(b"weights")
    launched = kouka(*SMALL, *EIGHT)
    assert launched.exit_code == 0, launched.output
    assert "Downloading the weights of ImageNet for MobileNetV3Small, once" in said(launched)
    settings = results().launched_with()
    assert settings.factors == SETS["transfer"]
    assert settings.custom_code.weights is not None
    again = kouka(*SMALL, *EIGHT)
    assert "Downloading" not in again.output


def test_nothing_is_downloaded_that_no_technique_asks_for(kouka: Kouka) -> None:
    launched = kouka(*SMALL, *EIGHT, "--techniques", "dropout,mixup,silu")
    assert launched.exit_code == 0, launched.output
    assert "ImageNet" not in launched.output
    assert "silu is left out: the network MobileNetV3Small does not call" in said(launched)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--network", "mobilenet_v3"], "nor one of MobileNetV3Small, MobileNetV2"),
        (["--weights", "w.weights.h5"], "has no meaning without --network and a name of"),
        (["--techniques", "mixup,pretrained"], "pretrained needs a network that has weights"),
        (["@", "--techniques", "frozen_base,mixup"], "pretrained is neither among --techniques"),
        (["@", "--techniques", "transfer", "--fix", "pretrained=off"], "pretrained is neither"),
        (["@", "--width", "0.5"], "--width 0.5 has no meaning for --network MobileNetV3Small"),
        (["@", "--weights", "none.h5"], "--weights none.h5 cannot be read"),
        (["@", "--weights", "w.pt"], "takes a .weights.h5, a .h5 or a .keras file"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    kouka: Kouka, options: list[str], says: str
) -> None:
    whole = ["--network", "MobileNetV3Small"]
    if "--weights" not in options:
        whole += ["--weights", "w.weights.h5"]
    given = [*whole, *options[1:]] if options[0] == "@" else options
    refused = kouka(*STUDY, *EIGHT, *given)
    assert refused.exit_code == 2
    assert says in said(refused)


def test_a_recipe_with_what_has_no_effect_is_refused(kouka: Kouka) -> None:
    kouka(*SMALL, *EIGHT, "--weights", "w.weights.h5", "--techniques", "transfer,silu")
    for command, recipe, says in (
        ("train", "silu", "--network MobileNetV3Small does not call the stage"),
        ("code", "frozen_base", "no effect without pretrained"),
    ):
        refused = kouka(command, "s", "--recipe", recipe)
        assert refused.exit_code == 2
        assert says in said(refused)
