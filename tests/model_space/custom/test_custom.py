"""Techniques and networks of the user's own: README's, ResNet-20, and what is refused."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from model_space.budget import Budget
from model_space.custom.code import CustomCode, CustomCodeError, CustomNetwork
from model_space.custom.description import describe, import_and_describe
from model_space.custom.error_lines import in_a_line
from model_space.custom.loading import accepted_keywords, load_network, load_technique
from model_space.custom.registry import Registry, load_registry
from model_space.data import Data, DataSpec, load
from model_space.networks import resnet20
from model_space.stages import Stages
from model_space.technique import Dial, Technique, clash
from model_space.techniques import SETS, TECHNIQUES, compose, usual
from model_space.training.setup import TrainingSetup
from model_space.training.survey import unsupported
from model_space.training.trainer import Trainer
from model_space.worker.client import Worker, Workload
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker

BUDGET = Budget(epochs=1, batch_size=25, width=0.1)
SHAPE = (15, 15, 1)


def readme(name: str) -> str:
    """The code that docs/custom.md gives for a file of that name."""
    text = (Path(__file__).parents[3] / "docs" / "custom.md").read_text(encoding="utf-8")
    found = re.search(rf"`{re.escape(name)}`.*?```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def noise(folder: Path) -> Path:
    (folder / "noise.py").write_text(readme("noise.py"))
    return folder / "noise.py"


@pytest.fixture
def small(folder: Path) -> Path:
    (folder / "small.py").write_text(readme("small.py"))
    return folder / "small.py"


@pytest.fixture(scope="module")
def data() -> Data:
    return load("digits", train_size=50, validation=20, image_size=15)


@pytest.mark.numeric
def test_the_readmes_technique_adds_noise_in_training_alone(noise: Path, data: Data) -> None:
    technique, _ = load_technique(str(noise))
    made = TrainingSetup({"noise": {"deviation": 0.3}}, data, BUDGET, Registry((technique,)))
    grey = np.full((20, *SHAPE), 128, np.uint8)
    images = keras.ops.convert_to_numpy(made.training_batch(grey, np.zeros(20, np.int64))["images"])
    assert abs(images.mean() - 128 / 255) < 0.02
    assert abs(images.std() - 0.3) < 0.02
    np.testing.assert_array_equal(compose({}).normalise(grey), grey)


def test_code_may_print_bytes_that_are_no_text(noise: Path) -> None:
    with noise.open("a") as file:
        file.write("\nimport os\nos.write(1, b'caf\\xe9')\n")
    assert describe([str(noise)], None).technique("noise") is not None


@pytest.mark.usefixtures("no_report")
def test_a_study_of_the_readmes_technique_and_network_goes_from_launch_to_model(
    kouka: Kouka, noise: Path, small: Path, folder: Path
) -> None:
    launched = kouka(
        "launch", "own", "--data", "digits", "--train-size", "60", "--validation", "20",
        "--techniques", "batch_norm,residual,late_widening", "--technique", "noise.py",
        "--network", "small.py", "--measure", "4", "--search", "0", "--confirm", "0",
        "--epochs", "1", "--batch-size", "20", "--width", "0.1",
    )  # fmt: skip
    assert launched.exit_code == 0, launched.stderr
    out = re.sub(r"\s+", " ", launched.stdout)
    assert "network small.py, batch 20, width 0.1" in out
    assert "depth" not in out
    assert (
        "residual and late_widening are left out: the network small.py does not call the stage "
        "that each changes." in out
    )
    results = read(load_study("sqlite:///studies.db", "own"))
    assert results.factors == ("batch_norm", "noise")
    assert [run.state for run in results.runs] == ["complete"] * 4
    # What is trained is that network: 64 and 128 channels, by a tenth.
    convolutions = sum(9 * i * o + o for i, o in ((1, 6), (6, 6), (6, 13), (13, 13)))
    plain = [run for run in results.runs if "batch_norm" not in run.on]
    assert {run.parameters for run in plain} == {convolutions + 4 * 4 * 13 * 10 + 10}

    moved = folder / "elsewhere" / "noise.py"
    moved.parent.mkdir()
    noise.rename(moved)
    trained = kouka(
        "train", "own", "--recipe", "noise=0.05", "--seeds", "1", "--technique", str(moved)
    )
    assert trained.exit_code == 0, trained.stderr
    assert "Trained on the 80 training and validation images" in trained.stdout
    assert (folder / "models" / "own" / "model.keras").exists()
    lost = kouka("worker", "own")
    assert lost.exit_code == 2
    assert (
        f"there is no file {noise} on this machine; --technique takes the place where it is"
        in lost.stderr
    )


def test_a_study_goes_on_with_the_same_code_wherever_it_is_and_with_no_other(
    kouka: Kouka, noise: Path, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    options = ("launch", "own", "--data", "digits", "--techniques", "mixup", "--search", "0",
               "--epochs", "1", "--confirm", "0")  # fmt: skip
    first = kouka(*options, "--technique", "noise.py", "--measure", "4")
    assert first.exit_code == 0, first.stderr
    moved = folder / "moved.py"
    noise.rename(moved)
    again = kouka(*options, "--technique", "moved.py", "--measure", "8")
    assert again.exit_code == 0, again.stderr
    study = load_study("sqlite:///studies.db", "own")
    assert len(study.trials) == 8
    assert study.user_attrs["settings"]["own"]["noise"]["at"] == str(moved)
    assert "def noise" not in str(study.user_attrs)
    moved.write_text(moved.read_text().replace("usual=0.1", "usual=0.2"))
    for command in ("launch", "worker"):
        changed = kouka(command, "own", "--technique", str(moved))
        assert changed.exit_code == 2
        assert f"--technique {moved} has changed since" in changed.stderr
    (folder / "other.py").write_text(GOOD)
    other = kouka("launch", "own", "--technique", "other.py")
    assert other.exit_code == 2
    assert re.search(r"--technique .*other\.py was not given", other.stderr)


def test_a_technique_and_a_module_are_named_by_package_too(folder: Path) -> None:
    (folder / "tricks").mkdir()
    (folder / "tricks" / "noisy.py").write_text(readme("noise.py").replace("TECHNIQUE", "NOISE"))
    [noise] = describe(["tricks.noisy:NOISE"], None).techniques
    assert (noise.name, noise.at) == ("noise", "tricks.noisy:NOISE")
    assert noise.dials == (Dial("deviation", low=0.02, usual=0.1, high=0.3, log=True),)
    assert accepted_keywords(load_network("model_space.networks.resnet20:build")[0]) == ("width",)


HEAD = "from dataclasses import replace\nfrom model_space.technique import Technique, Dial\n"
GOOD = (
    HEAD + 'TECHNIQUE = Technique(name="mine", changes="", source="", '
    "apply=lambda stages: replace(stages, more_blocks=1))\n"
)
BAD_TECHNIQUES = {
    "no such file": (None, r"there is no file .*bad\.py on this machine"),
    "no technique in it": ("x = 1\n", r"bad\.py defines no TECHNIQUE; write one"),
    "another name": (GOOD.replace("TECHNIQUE", "MINE"), "for another name, such as :MINE$"),
    "other names": (
        GOOD.replace("TECHNIQUE", "A = B"), "or add :NAME for another name: A, B are there$"),
    "something else": ("TECHNIQUE = 3\n", "is of type int; it takes a Technique"),
    "does not import": ("import nothing_of_that_name\n", r"ModuleNotFoundError.*bad\.py, line 1"),
    "syntax": (
        "x = 1\ndef (:\n", r"imported: SyntaxError: invalid syntax \(bad.py, line 2\)$"),
    "exits": ("raise SystemExit(3)\n", "cannot be imported: SystemExit: 3"),
    "kouka's name": (GOOD.replace('"mine"', '"mixup"'), "'mixup' is the name of a technique"),
    "a dial's name": (GOOD.replace('"mine"', '"mixup_alpha"'), "the name of a dial of mixup"),
    "a set's name": (GOOD.replace('"mine"', '"modern"'), "'modern' stands for several"),
    "no name": (GOOD.replace('"mine"', '"My trick"'), "small letters, digits and _"),
    "changes nothing": (
        GOOD.replace("replace(stages, more_blocks=1)", "stages"), "the stages unchanged"),
    "no stages": (GOOD.replace("replace(stages, more_blocks=1)", "None"), "returned a NoneType"),
    "fails": (
        GOOD.replace("more_blocks=1", "no_stage=1"),
        r"cannot be applied to the stages of a run: TypeError: .*\(bad.py, line 3\)"),
    "dial": (
        GOOD.replace(")\n", ', dials=(Dial("a", 0, 2, 1),))\n'),
        r"lies outside 0 to 1 \(bad.py, line 3\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TECHNIQUES)
def test_a_technique_that_is_none_is_refused(case: str, folder: Path) -> None:
    code, message = BAD_TECHNIQUES[case]
    if code is not None:
        (folder / "bad.py").write_text(code.replace("import Technique, Dial\n)", ""))
    with pytest.raises(CustomCodeError, match=message):
        import_and_describe(["bad.py"], None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--technique", "bad.py"], r"bad\.py defines no TECHNIQUE; write one"),
        (["--technique", "a.py", "--technique", "b.py"], r"'mine' is the name of that in .*a\.py"),
        (["--technique", "mine"], r"neither a FILE\.py nor a PACKAGE\.MODULE:TECHNIQUE"),
        (["--technique", "no.such:THING"], "there is no module no.such on this machine"),
        (["--network", "bad.py"], "bad.py defines no build"),
        (["--network", "bad.py:x"], "is of type int; it takes a function build"),
        (["--technique", "a.py", "--fix", "mine=0.3"], "mine has no dial"),
    ],
)
def test_bad_code_is_told_in_a_sentence_and_creates_nothing(
    arguments: list[str], message: str, kouka: Kouka, folder: Path
) -> None:
    (folder / "bad.py").write_text("x = 1\n")
    for name in ("a.py", "b.py"):
        (folder / name).write_text(GOOD)
    result = kouka("launch", "digits", *arguments)
    assert result.exit_code == 2, result.stderr
    assert re.search(message, result.stderr), result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (folder / "studies.db").exists()


@pytest.mark.parametrize(
    ("code", "arguments", "place"),
    [
        (
            HEAD + "def apply(stages):\n    from keras import layers\n"
            "    return replace(stages, augment=(layers.GaussianNoise(0.1),))\n"
            'TECHNIQUE = Technique(name="mine", changes="", source="", apply=apply)\n',
            ["--technique", "own.py"], "the function that it puts into a stage",
        ),
        (
            "import keras\nSEED = keras.random.SeedGenerator(3)\n"
            "def build(image_shape, classes, stages): ...\n",
            ["--network", "own.py"], "the function that builds the network",
        ),
    ],
)  # fmt: skip
def test_a_layer_that_is_made_before_any_run_is_refused(
    code: str, arguments: list[str], place: str, kouka: Kouka, folder: Path
) -> None:
    (folder / "own.py").write_text(code)
    result = kouka("launch", "digits", *arguments)
    assert result.exit_code == 2, result.stderr
    assert result.stderr == (
        f"kouka: {arguments[0]} {folder / 'own.py'} makes a layer, an optimizer, a SeedGenerator "
        f"or a tensor before any run, which its runs cannot share; make it inside {place}\n"
    )
    assert not (folder / "studies.db").exists()


def test_a_network_without_a_size_refuses_it(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    (folder / "own.py").write_text("def build(image_shape, classes, stages): ...\n")
    result = kouka("launch", "digits", "--network", "own.py", "--width", "0.5")
    assert result.exit_code == 2
    assert re.search(r"--width 0.5 has no meaning for --network .*own\.py", result.stderr)


def test_names_that_two_parameters_would_share_clash() -> None:
    by_name = {technique.name: technique for technique in TECHNIQUES}
    assert clash(TECHNIQUES) is None
    assert (
        clash([by_name["mixup"], by_name["mixup"]]) == "'mixup' is the name of a technique already"
    )


def logits(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    inputs = keras.Input(image_shape)
    return keras.Model(inputs, layers.Dense(classes)(layers.Flatten()(inputs)))


def one_class_more(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    return logits(image_shape, classes + 1, stages)


def nothing(image_shape: tuple[int, ...], classes: int, stages: Stages) -> None:
    pass


def broken(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    return layers.Conv2D(4, 40)(keras.Input(image_shape))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (nothing, "nothing returned None, not a Keras model"),
        (one_class_more, r"to \(None, 4\); the data need .* to \(None, 3\)"),
        (logits, r"gives \[ ?-?\d\.?\d{0,3}, .*\] for an image, which are no probabilities"),
        (broken, "cannot be built for images of 15×15×1 and 3 classes: ValueError"),
    ],
)
def test_a_network_that_is_none_is_refused(build: Callable[..., Any], message: str) -> None:
    with pytest.raises(CustomCodeError, match=message):
        unsupported(Registry(build=build), SETS["article"], SHAPE, 3, BUDGET)


def test_a_network_that_will_not_do_is_refused_by_the_worker_that_has_the_data(small: Path) -> None:
    small.write_text(small.read_text().replace("Dense(classes,", "Dense(classes + 1,"))
    _, digest = load_network(str(small))
    code = CustomCode(network=CustomNetwork(str(small), digest, ("width",)))
    worker = Worker(Workload(DataSpec("digits", train_size=50, validation=20), custom_code=code))
    try:
        with pytest.raises(
            CustomCodeError, match=r"to \(None, 11\); the data need .* to \(None, 10\)"
        ):
            worker.survey(["dropout"], BUDGET)
    finally:
        worker.stop()


def test_what_the_worker_refuses_ends_the_launch_and_creates_nothing(
    kouka: Kouka, noise: Path, folder: Path, fake_worker: type[FakeWorker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(*arguments: object) -> None:
        raise CustomCodeError("it will not do")

    monkeypatch.setattr(fake_worker, "survey", refuse)
    result = kouka("launch", "digits", "--technique", "noise.py")
    assert (result.exit_code, result.stderr) == (2, "kouka: it will not do\n")
    assert not (folder / "studies.db").exists()


def test_a_network_that_takes_other_arguments_is_refused_by_its_signature(folder: Path) -> None:
    (folder / "own.py").write_text("def build(input_shape, num_classes): ...\n")
    with pytest.raises(CustomCodeError) as refusal:
        import_and_describe([], "own.py")
    assert (
        "takes (input_shape, num_classes), and cannot be called with (image_shape, classes, "
        in (str(refusal.value))
    )


def test_a_file_that_imports_its_neighbour_is_refused_with_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "neighbour.py").write_text("x = 1\n")
    (folder / "own.py").write_text(
        "from neighbour import x\ndef build(image_shape, classes, stages): ...\n"
    )
    with pytest.raises(CustomCodeError, match=rf"neighbour lies beside it, .*=.*{folder.name} for"):
        import_and_describe([], "own.py")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    assert describe([], "own.py").network is not None


def test_a_module_in_the_current_folder_is_found(folder: Path) -> None:
    (folder / "own.py").write_text("def build(image_shape, classes, stages): ...\n")
    assert describe([], "own:build").network is not None


def test_a_network_is_named_by_its_file(folder: Path) -> None:
    (folder / "own.py").write_text("def build(image_shape, classes, stages): ...\n")
    build, _ = load_network("own.py")
    with pytest.raises(CustomCodeError, match=r"^own\.py:build returned None"):
        Registry(build=build).network(Stages(), SHAPE, 3, BUDGET)


def test_code_that_ends_its_process_is_refused(folder: Path) -> None:
    (folder / "ends.py").write_text("import os\nos._exit(0)\n")
    with pytest.raises(CustomCodeError, match=r"imports ends\.py ended without an answer"):
        describe(["ends.py"], None)


def test_resnet20_is_the_sources_with_its_three_techniques_on() -> None:
    """19 convolutions, 20 layers, 0.27 million parameters in the source's table 6."""
    stages = compose(usual(["batch_norm", "residual", "global_pooling"]))
    model = resnet20.build((32, 32, 3), 10, stages)
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    assert len(convolutions) == 19
    assert [c.filters for c in convolutions] == [16] * 7 + [32] * 6 + [64] * 6
    assert [c.output.shape[1] for c in convolutions] == [32] * 7 + [16] * 6 + [8] * 6
    # With convolutions' biases and all four of batch normalization's vectors, it is a little more.
    weights = sum(int(np.prod(w.shape)) for w in model.weights if len(w.shape) > 1)
    assert weights == 432 + 6 * 2304 + 4608 + 5 * 9216 + 18432 + 5 * 36864 + 640
    assert 0.265e6 < weights < 0.275e6
    assert len([layer for layer in model.layers if isinstance(layer, layers.Add)]) == 9


def test_a_network_leaves_out_what_it_does_not_call() -> None:
    registry = Registry(build=resnet20.build)
    assert unsupported(registry, SETS["all"], SHAPE, 3, BUDGET) == ("late_widening",)
    assert unsupported(Registry(), SETS["all"], SHAPE, 3, BUDGET) == ()


def tiny(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    inputs = keras.Input(image_shape)
    x = layers.Dense(8)(layers.Flatten()(inputs))
    x = stages.drop(stages.activate(stages.normalise(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


@pytest.mark.numeric
def test_an_own_dials_value_is_traced_anew_and_kouka_s_is_not(data: Data) -> None:
    """A dial that own code copies into its graph must not outlive its run."""

    def shift(stages: Stages, by: float) -> Stages:
        from dataclasses import replace

        return replace(stages, normalise=lambda x: stages.normalise(x) + float(by))

    own = Technique(name="shift", changes="", source="", apply=shift)
    registry = Registry((own,), build=tiny)
    trainer = Trainer(data, registry)
    runs = [
        ({"shift": {"by": 0.0}, "dropout": {"rate": rate}}, BUDGET, 3) for rate in (0.1, 0.3)
    ] + [({"shift": {"by": 5.0}, "dropout": {"rate": 0.1}}, BUDGET, 3)]
    for recipe, budget, seed in runs:
        curve: list[float] = []

        def report(epoch: int, accuracy: float, curve: list[float] = curve) -> bool:
            curve.append(accuracy)
            return True

        trainer.train(recipe, budget, seed, report)
        fresh: list[float] = []
        Trainer(data, registry).train(recipe, budget, seed, partial(report, curve=fresh))
        assert curve == fresh
    assert trainer.networks == 2


def test_a_technique_that_breaks_the_batch_is_refused_before_the_study(data: Data) -> None:
    class Cut(layers.Layer):  # type: ignore[misc]
        def call(self, images: Any) -> Any:
            return images[:, 1:]

    class DrawnOnce(layers.Layer):  # type: ignore[misc]
        def call(self, images: Any) -> Any:
            return images + np.random.default_rng().normal(size=images.shape[1:])

    class Outside(layers.Layer):  # type: ignore[misc]
        def call(self, images: Any) -> Any:
            return keras.ops.convert_to_tensor(np.flip(images.numpy(), axis=2))

    class Double(layers.Layer):  # type: ignore[misc]
        def call(self, images: Any) -> Any:
            return keras.ops.cast(images, "float64")

    for build, message in (
        (DrawnOnce, "would draw its random numbers once, .* by keras.random, with a"),
        (Outside, "batch to train on: AttributeError: 'SymbolicTensor' object has no attribute"),
        (Double, "made images of dtype float64 from float32; it must keep the dtype"),
        (Cut, r"made images of shape \(8, 14, 15, 1\)"),
        (
            lambda: 3,
            "set up a run: a function in augment or mix built an object of type int; each must",
        ),
    ):
        own = Technique(
            name="cut", changes="", source="",
            apply=lambda stages, build=build: Stages(augment=(build,)),
        )  # fmt: skip
        with pytest.raises(CustomCodeError, match=message):
            Trainer(data, Registry((own,))).survey(["cut"], BUDGET)


IN_USER_CODE = """in user code:

    File "/kouka/inputs.py", line 39, in batch  *
        batch = mix(batch, training=True)
    File "/mine/own.py", line 9, in call
        if mean(x) > 0.5:

    TypeError: Exception encountered when calling MixUp.call().
    
    \x1b[1mA tensor is no bool. More of it.\x1b[0m
    
    Arguments received by MixUp.call():
      • training=True
"""  # noqa: W293
BY_KERAS = (
    "Exception encountered when calling MixUp.call().\n\n\x1b[1m{{function_node __x}} Shapes 3 and "
    "4 [Op:AddV2] name: \x1b[0m\n\nArguments received by MixUp.call():\n  • training=True"
)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (IN_USER_CODE, "A tensor is no bool. More of it (own.py, line 9)"),
        (BY_KERAS, "Shapes 3 and 4 [Op:AddV2]"),
        ("in my words: no\nmore", "in my words: no"),
        ("", "no message"),
    ],
)
def test_an_error_is_told_by_what_it_says_and_not_by_what_libraries_put_around_it(
    message: str, line: str
) -> None:
    assert in_a_line(TypeError(message), "/mine/own.py") == f"TypeError: {line}"


def test_an_error_of_the_users_code_is_told_with_its_line(folder: Path) -> None:
    (folder / "own.py").write_text("x = 1\nx.lower()\n")
    with pytest.raises(CustomCodeError, match=r"no attribute 'lower' \(own.py, line 2\)$"):
        load_network(str(folder / "own.py"))


def test_a_registry_is_of_the_code_that_was_described(noise: Path) -> None:
    code = describe([str(noise)], None)
    [technique] = load_registry(code).custom_techniques
    assert technique.name == "noise"
    noise.write_text(noise.read_text() + "# another line\n")
    with pytest.raises(CustomCodeError, match="has changed since the study began"):
        load_registry(code)


OLD = '''
from dataclasses import replace

from keras import Input, Model, layers

from model_space.recipe import ImageStage, Recipe, Tensor
from model_space.technique import Dial, Technique


def offset(recipe: Recipe, by: float) -> Recipe:
    """Version 0.1 called the stages a recipe, and their types stood beside it."""

    def build() -> ImageStage:
        return layers.Rescaling(1, offset=by)

    return replace(recipe, augment=(*recipe.augment, build))


TECHNIQUE = Technique(
    name="offset", changes="", source="", apply=offset, dials=(Dial("by", 0.1, 0.25, 0.5),)
)


def build(image_shape: tuple, classes: int, recipe: Recipe, *, width: float = 1.0) -> Model:
    inputs = Input(image_shape)
    x: Tensor = recipe.pool(recipe.normalise(layers.Conv2D(round(width * 40), 3)(inputs)))
    return Model(inputs, layers.Dense(classes, activation="softmax", dtype="float32")(x))
'''


def test_files_that_were_written_for_version_0_1_go_on_working(folder: Path, data: Data) -> None:
    (folder / "old.py").write_text(OLD)
    code = import_and_describe(["old.py"], "old.py")
    assert (code.techniques[0].name, code.network and code.network.keywords) == (
        "offset", ("width",)
    )  # fmt: skip
    registry = load_registry(code)
    recipe = {"offset": {"by": 0.25}, "batch_norm": {}}
    setup = TrainingSetup(recipe, data, BUDGET, registry)
    assert setup.network.layers[1].filters == 4
    black = np.zeros((20, *SHAPE), np.uint8)
    batch = setup.training_batch(black, np.zeros(20, np.int64))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(batch["images"]), 0.25)
    assert "residual" in unsupported(registry, SETS["article"], SHAPE, 10, BUDGET)


def test_a_part_of_python_is_told_from_code_of_ones_own() -> None:
    for name in ("os:path", "sys:path"):
        with pytest.raises(CustomCodeError, match=f"--network {name}: .* is a part of Python"):
            import_and_describe([], name)
