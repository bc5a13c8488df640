"""The part of a script that trains: augmentation, mixing, loss, optimizer and Keras' own loop."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from model_space.budget import USUAL_RATE
from model_space.components.layers import OneOf, RandomAffine
from model_space.components.weight_averages import WeightAverages
from model_space.custom.code import CustomCodeError
from model_space.optimizers import Adam
from model_space.script import Order
from model_space.script.calls import Argument, Call, call, literal
from model_space.script.embedding import Embedding
from model_space.script.layout import bracketed
from model_space.script.reading_code import indented
from model_space.script.weight_averages import AveragedWeights
from model_space.stages import Stages
from model_space.techniques.label_smoothing import Smoothed
from model_space.training.inlining import keras_class
from model_space.training.rates import Multiplied, at_rate
from model_space.training.setup import TrainingSetup

_BATCHES = '''\
class TrainingBatches(keras.utils.PyDataset):
    """The training {things}, batch by batch{what}, in another order every epoch."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        super().__init__()
        self.images, self.labels = images, labels
{stages}        self.random = np.random.default_rng(SEED)
        self.order = np.arange(len(labels))

    def __len__(self) -> int:
        return math.ceil(len(self.labels) / BATCH_SIZE)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * BATCH_SIZE : (index + 1) * BATCH_SIZE]
        {returned}
{changed}
    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch; Keras calls this before the first one too."""
        self.order = self.random.permutation(len(self.labels))'''
_UNCHANGED = "return prepared((self.images[rows], self.labels[rows]))"
_CHANGED = """\
images, labels = self.changed(*prepared((self.images[rows], self.labels[rows])))
        return np.asarray(images), np.asarray(labels)"""
_CHANGES = '''
{compiled}    def changed(self, images: {tensor}, labels: {tensor}) -> tuple[{tensor}, {tensor}]:
        """Return a batch as it is trained on."""
{changes}
'''
_AS_GRAPH = "    @tf.function(autograph=False, reduce_retracing=True)\n"
_AUGMENT = (
    "for layer in self.augment:",
    "    images = layer(images, training=True)",
)
_MIX = (
    'batch = self.mix({"images": images, "labels": labels}, training=True)',
    'return batch["images"], batch["labels"]',
)
_MAIN = '''\
def main() -> None:
    """Train the network, test it once, and save it."""
    keras.utils.set_random_seed(SEED)
    train, test = load()
    network = build()
{optimizer}
    network.compile(
        optimizer,
        loss={loss},
        metrics=["accuracy"],
{compiled}    )
{fit}
    images, labels = prepared(test)
    _, accuracy = network.evaluate(images, labels, verbose=0)
    print(f"Test accuracy: {{100 * accuracy:.2f}} % of {{len(labels)}} {things}")
    network.save("model.keras")


if __name__ == "__main__":
    main()'''
_COMPILED = """\
        # On a CPU, XLA takes longer to compile a network than it saves.
        jit_compile=bool(keras.distribution.list_devices("gpu")),
"""
_NOT_DECAYED = (
    "# Biases, and what scales and shifts where the network normalises, are not decayed.",
    "vectors = [weight for weight in network.trainable_variables if len(weight.shape) < 2]",
    "optimizer.exclude_from_weight_decay(vectors)",
)


def training_batches(setup: TrainingSetup, order: Order, embedding: Embedding) -> list[str]:
    """Return the code of a class `TrainingBatches` and of its layers.

    It draws the orders itself, as a study does. On TensorFlow, Keras' `fit` of arrays after
    `set_random_seed` would give every epoch the same batches.
    """
    blocks: list[str] = []
    augment = [code for layer in setup.inputs.augment for code in _stage(layer, embedding, blocks)]
    mix = [code for layer in setup.inputs.mix for code in _stage(layer, embedding, blocks)]
    built: list[str] = []
    changes: list[str] = []
    if augment:
        built += ["self.augment = [", *(f"    {code}," for code in augment), "]"]
        changes += _AUGMENT
    if mix:
        built.append(f"self.mix = {mix[0]}")
        changes += _MIX
    else:
        changes.append("return images, labels")
    changed = ""
    if augment or mix:
        changed = _CHANGES.format(
            changes=indented(changes, 8),
            compiled=_AS_GRAPH if order.backend == "tensorflow" else "",
            tensor="tf.Tensor" if order.backend == "tensorflow" else "jax.Array",
        )
    what = " and ".join(["augmented"] * bool(augment) + ["mixed"] * bool(mix))
    blocks.append(
        _BATCHES.format(
            things=order.facts.things,
            what=f", {what}" if what else "",
            stages="".join(f"{line}\n" for line in indented(built, 8).splitlines()),
            returned=_CHANGED if changed else _UNCHANGED,
            changed=changed,
        )
    )
    return blocks


def _stage(layer: Any, embedding: Embedding, blocks: list[str]) -> list[str]:
    """Return calls that make layers which do the same; the code they need goes to the blocks."""
    if isinstance(layer, RandomAffine):
        config = layer.get_config()
        shift, degrees = config["shift"], config["degrees"]
        return [
            'layers.RandomFlip("horizontal")',
            f'layers.RandomTranslation({shift:g}, {shift:g}, fill_mode="nearest")',
            f'layers.RandomRotation({degrees:g} / 360, fill_mode="nearest")',
        ]
    if isinstance(layer, OneOf):
        each = [code for one in layer.stages for code in _stage(one, embedding, blocks)]
        blocks += embedding.sources(OneOf)
        return [f"OneOf([{', '.join(each)}])"]
    return [str(_call(layer, embedding, blocks, numbers=True))]


def training(
    setup: TrainingSetup, stages: Stages, steps: int, order: Order, embedding: Embedding
) -> list[str]:
    """Return the code of a function `main`, and of the code it calls, for a run of `steps`."""
    blocks: list[str] = []
    base = order.budget.learning_rate
    rate, lines = _rate(stages.schedule, steps, base, embedding, blocks)
    value = at_rate(stages.schedule(steps), base)
    lines += _optimizer(setup.optimizer, rate, value, embedding, blocks)
    loss = _loss(setup.loss, embedding, blocks)
    # Of the batches alone Keras would draw an order, and not of what is in them.
    options = ["TrainingBatches(*train)", "epochs=EPOCHS", "shuffle=False", "verbose=2"]
    for averages in setup.averages:
        if not isinstance(averages, WeightAverages):
            raise CustomCodeError(
                f"{type(averages).__name__}, which averages the weights, cannot be written into a "
                "script; model_space.components.weight_averages.WeightAverages can be"
            )
        blocks += embedding.sources(AveragedWeights)
        options.append(f"callbacks=[AveragedWeights({literal(averages.momentum)})]")
    fit = bracketed("network.fit(", options, ")")
    blocks.append(
        _MAIN.format(
            optimizer="\n".join(lines),
            loss=loss,
            compiled=_COMPILED if order.backend == "tensorflow" else "",
            fit="\n".join(fit),
            things=order.facts.things,
        )
    )
    return blocks


def _rate(
    schedule: Callable[[int], Any],
    steps: int,
    base: float,
    embedding: Embedding,
    blocks: list[str],
) -> tuple[str, list[str]]:
    """Return the code of the learning rate, whose base is given, and lines before it."""
    rate = at_rate(schedule(steps), base)
    if isinstance(rate, (int, float)):
        return literal(rate), []
    if isinstance(rate, Multiplied):
        blocks += embedding.sources(Multiplied)
        return (
            f"Multiplied({_object(rate.schedule, embedding, blocks)}, {literal(rate.factor)})",
            [],
        )
    if base == USUAL_RATE and "<locals>" not in getattr(schedule, "__qualname__", "<locals>"):
        name = _object(schedule, embedding, blocks)
        lines = ["    steps = EPOCHS * math.ceil(len(train[1]) / BATCH_SIZE)"]
        return f"{name}(steps)", lines
    return _object(rate, embedding, blocks), []


def _optimizer(
    optimizer: Any, rate: str, value: Any, embedding: Embedding, blocks: list[str]
) -> list[str]:
    """Return lines that make the optimizer.

    `rate` is the code of its learning rate, if that is still `value`.
    """
    decay = None
    if isinstance(optimizer, Adam):
        decay = optimizer.decoupled_decay
        optimizer = keras_class(type(optimizer)).from_config(optimizer.get_config())
    its = optimizer.get_config().get("learning_rate")
    if its != keras.optimizers.Adam(value).get_config()["learning_rate"]:
        rate = str(np.float32(its)) if isinstance(its, float) else literal(its)
    made = _call(optimizer, embedding, blocks).but(Argument("learning_rate", rate))
    if decay is not None:
        decayed = Argument("weight_decay", literal(decay))
        made = Call("keras.optimizers.AdamW", (*made.arguments, decayed))
    lines = bracketed(f"optimizer = {made.function}(", list(map(str, made.arguments)), ")")
    return lines if decay is None else [*lines, indented(_NOT_DECAYED, 4)]


def _loss(loss: Any, embedding: Embedding, blocks: list[str]) -> str:
    if not isinstance(loss, Smoothed):
        return _object(loss, embedding, blocks)
    factor = literal(loss.factor)
    if isinstance(loss.loss, keras.losses.CategoricalCrossentropy):
        plain = call(loss.loss)
        smoothing = Argument("label_smoothing", factor)
        return str(Call(plain.function, (*plain.arguments, smoothing)))
    inner = _loss(loss.loss, embedding, blocks)
    blocks += embedding.sources(Smoothed)
    return f"Smoothed({inner}, {factor})"


def _object(thing: Any, embedding: Embedding, blocks: list[str]) -> str:
    """Return the code of an object of Keras', or of the user's, whose class is then embedded."""
    if inspect.isfunction(thing):
        if not _is_of_keras(thing):
            blocks += embedding.sources(thing)
            return thing.__name__
        return f"{keras.saving.serialize_keras_object(thing)['module']}.{thing.__name__}"
    return str(_call(thing, embedding, blocks))


def _call(thing: Any, embedding: Embedding, blocks: list[str], *, numbers: bool = False) -> Call:
    if not _is_of_keras(type(thing)):
        blocks += embedding.sources(type(thing))
    return call(thing, numbers=numbers)


def _is_of_keras(thing: Any) -> bool:
    return str(thing.__module__).split(".")[0] == "keras"
