"""`kouka code`: what it writes and where, what it says, and what it refuses."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import optuna
import pytest

import model_space.script
from model_space.child import ChildError
from model_space.custom.code import CustomCodeError
from model_space.data import Data
from model_space.facts import DataFacts
from model_space.script import Answer, Order, writer
from model_space.typed_json import from_json
from search.final import script
from tests.search.final.test_training import studied
from tests.support.faked import Kouka
from tests.support.scores import share_right

# So Keras reads TensorFlow's variables when it copies and saves them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def study(data: Data, confirmed: tuple[float, ...] = ()) -> None:
    """A study of kouka's of these data, whose best run has dropout at 0.4 and residual on."""
    studied(fingerprint=data.fingerprint)
    found = optuna.load_study(study_name="s", storage="sqlite:///studies.db")
    found.set_user_attr("data", asdict(DataFacts.of(data)))
    best = found.best_trial
    for seed, accuracy in enumerate(confirmed):
        for params, test in ((best.params, accuracy), (found.trials[0].params, 0.1)):
            distributions = best.distributions if test != 0.1 else found.trials[0].distributions
            found.add_trial(
                optuna.create_trial(
                    params=params,
                    distributions=distributions,
                    value=0.5,
                    user_attrs={"phase": "confirm", "seed": seed, "test_accuracy": test},
                )
            )


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """What scripts were asked for, each of which is then a line."""
    asked: list[Order] = []

    def write(order: Order) -> str:
        asked.append(order)
        return f'"""Script {len(asked)}."""\n'

    monkeypatch.setattr(script, "write", write)
    return asked


def test_a_path_that_is_no_utf_8_is_written_as_python_has_it(
    kouka: Kouka, folder: Path, digits: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    study(digits)
    data = b"caf\xe9".decode(errors="surrogateescape")
    monkeypatch.setattr(script, "write", lambda order: f'DATA = "{data}"\n')
    for _ in range(2):  # the second time in the place of the first
        result = kouka("code", "s")
        assert result.exit_code == 0, result.output
    space: dict[str, str] = {}
    exec((folder / "models" / "s.py").read_text(encoding="utf-8"), space)
    assert space["DATA"] == data


def test_a_place_that_cannot_be_is_refused(
    kouka: Kouka, folder: Path, digits: Data, orders: list[Order]
) -> None:
    study(digits)
    (folder / "loop").symlink_to("loop")
    before = sorted(folder.iterdir())
    for command, out in (
        ("code", "x" * 300), ("code", "loop/x"), ("train", "x" * 300), ("train", "loop"),
        ("export", "x" * 300), ("export", "loop"),
    ):  # fmt: skip
        result = kouka(command, "s", "--out", out)
        assert result.exit_code == 2, (command, result.output)
        assert re.match(rf"kouka: --out {out}", result.stderr), command
        assert result.stderr.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_the_best_recipe_is_written_with_what_it_came_to(
    kouka: Kouka, folder: Path, digits: Data, orders: list[Order]
) -> None:
    study(digits, confirmed=(0.9, 0.8, 0.85))
    result = kouka("code", "s")
    assert result.exit_code == 0, result.output
    assert "Techniques on: residual, dropout (rate 0.4)." in result.output
    assert "Run it: python models/s.py" in result.output
    spaced = kouka("code", "s", "--out", "my models/s.py")
    assert "Run it: python 'my models/s.py'" in spaced.output
    orders.pop()
    [order] = orders
    assert order.recipe == {"residual": {}, "dropout": {"rate": 0.4}}
    assert order.budget.epochs == 2
    header = " ".join(order.about)
    assert "The recommended recipe of the study s, in Keras alone." in header
    assert re.search(
        r"test accuracy was 85\.00 % \(75\.52 to 91\.11\), the mean of 3 seeds", header
    )
    assert f"keras {keras.__version__}" in header
    assert "2 epochs, batch 25, width 0.1" in header
    other = kouka("code", "s", "--recipe", "mixup=0.3", "--epochs", "5", "--out", "deep/er.py")
    assert other.exit_code == 0, other.output
    assert orders[1].recipe == {"mixup": {"alpha": 0.3}}
    assert orders[1].budget.epochs == 5
    assert "A recipe of the study s" in orders[1].about[0]
    assert "test accuracy" not in " ".join(orders[1].about)
    assert (folder / "deep" / "er.py").exists()


@pytest.mark.usefixtures("orders")
def test_only_what_it_wrote_and_nobody_changed_is_overwritten(
    kouka: Kouka, folder: Path, digits: Data
) -> None:
    study(digits)
    file = folder / "models" / "s.py"
    for number in (1, 2):
        assert kouka("code", "s").exit_code == 0
        assert file.read_text().startswith(f'"""Script {number}."""\n')
    for text, says in (
        (file.read_text().replace("Script", "My script"), "was changed since kouka code wrote it"),
        ("print('mine')\n", "kouka code did not write it"),
        (b"\xff\xfe", "kouka code did not write it"),
    ):
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        before = file.read_bytes()
        result = kouka("code", "s")
        assert result.exit_code == 2
        assert f"models/s.py is there, and {says}" in result.stderr.replace(
            "models/s.py was", "models/s.py is there, and was"
        )
        assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == ["s.py"]


REFUSED = (
    (["code", "other"], "there is no study 'other'"),
    (["code", "foreign"], "'foreign' was not launched by kouka"),
    (["code", "begun"], "'begun' has no finished run by which to choose"),
    (["code", "s", "--recipe", "sam"], "there is no technique 'sam'"),
    (["code", "s", "--recipe", "mixup.beta=1"], "mixup has no dial 'beta'; it has alpha"),
    (["code", "s", "--epochs", "0"], "--epochs 0 is too small"),
    (["code", "s", "--out", "."], "--out . is a folder; it takes a file"),
    (["code", "s", "--out", "code.py"], "--out code.py has the name of a module of Python's"),
    (["code", "s", "--out", "taken/s.py"], "--out taken/s.py cannot be written"),
)


@pytest.mark.usefixtures("orders")
def test_what_cannot_be_done_is_refused_in_a_sentence_and_leaves_nothing(
    kouka: Kouka, folder: Path, digits: Data
) -> None:
    study(digits)
    studied("begun", runs=0)
    optuna.create_study(study_name="foreign", storage="sqlite:///studies.db")
    (folder / "taken").write_text("a file")
    before = sorted(folder.rglob("*"))
    for arguments, says in REFUSED:
        result = kouka(*arguments)
        assert result.exit_code == 2, result.output
        assert says in result.stderr
        assert result.stderr.startswith("kouka: ")
        assert result.stderr.count("\n") == 1
        assert sorted(folder.rglob("*")) == before, arguments


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (
            ["--data", "nothing"],
            2,
            "there is no data set and no path 'nothing'; --data takes digits",
        ),
        (["--recipe", "mixup"], 2, "kouka: Own of tests.search.final.test_script is made of chalk"),
        (["--epochs", "3"], 1, "ended with exit code 1: no Keras; no script was written"),
    ],
)
def test_a_refusal_of_the_process_that_writes_reaches_the_user(
    kouka: Kouka, folder: Path, digits: Data, monkeypatch: pytest.MonkeyPatch,
    arguments: list[str], exit_code: int, says: str,
) -> None:  # fmt: skip
    study(digits)

    def refuse(*arguments: object) -> None:
        raise CustomCodeError("Own of tests.search.final.test_script is made of chalk")

    def ask(
        module: str, request: Order, answer: type[Answer], environment: Mapping[str, str]
    ) -> Answer:
        if request.budget.epochs == 3:
            raise ChildError("ended with exit code 1: no Keras")
        return writer._answer(from_json(Order, json.loads(json.dumps(asdict(request)))))

    monkeypatch.setattr(writer, "training_batches", refuse)
    monkeypatch.setattr(model_space.script, "ask", ask)
    result = kouka("code", "s", *arguments)
    assert result.exit_code == exit_code, result.output
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (folder / "models").exists()


def test_an_interruption_while_a_script_is_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*paths: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        script._write(tmp_path / "s.py", "text")
    assert list(tmp_path.iterdir()) == []


ALONE = """
import runpy, sys
sys.modules["model_space"] = sys.modules["search"] = None  # neither can be imported
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def test_a_script_is_written_runs_without_kouka_and_tells_its_test_accuracy(
    kouka: Kouka, folder: Path, digits: Data
) -> None:
    study(digits)
    result = kouka("code", "s", "--recipe", "mixup,weight_ema=0.9")
    assert result.exit_code == 0, result.output
    (folder / "elsewhere").mkdir()
    ended = subprocess.run(
        [sys.executable, "-P", "-c", ALONE, str(folder / "models" / "s.py")],
        cwd=folder / "elsewhere", env={"TF_CPP_MIN_LOG_LEVEL": "3", "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    said = re.search(r"Test accuracy: (\d+\.\d\d) % of 359 images\n$", ended.stdout)
    assert said, ended.stdout
    network = keras.models.load_model(folder / "elsewhere" / "model.keras", safe_mode=True)
    scores = np.asarray(network(digits.test[0] / np.float32(255)))
    least, most = share_right(scores, digits.test[1])
    assert 100 * least - 0.005 <= float(said[1]) <= 100 * most + 0.005
