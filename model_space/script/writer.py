"""Writing a whole script, in the process that makes the network and all that trains it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from model_space.child import respond
from model_space.custom.code import CustomCodeError
from model_space.custom.error_lines import in_a_line
from model_space.custom.registry import load_registry
from model_space.data import Data, DataError
from model_space.facts import DataFacts
from model_space.pretrained.network import Network, base_of
from model_space.script import Answer, Order, application
from model_space.script.building import builder
from model_space.script.embedding import Embedding
from model_space.script.fitting import training, training_batches
from model_space.script.graph import Graph
from model_space.script.layout import WIDTH, paragraph
from model_space.script.loading import loading
from model_space.script.steps import custom_class
from model_space.training.inlining import without_lambdas
from model_space.training.setup import TrainingSetup, precision

_IMPORTS = {
    "math": "import math",
    "Path": "from pathlib import Path",
    "keras": "import keras",
    "layers": "from keras import layers",
    "ops": "from keras import ops",
    "np": "import numpy as np",
    "Image": "from PIL import Image",
    "soundfile": "import soundfile",
    "tf": "import tensorflow as tf",
    "jax": "import jax",
    "tfds": "import tensorflow_datasets as tfds",
    "BytesIO": "from io import BytesIO",
    "tempfile": "import tempfile",
    "tarfile": "import tarfile",
    "zipfile": "import zipfile",
    "load_digits": "from sklearn.datasets import load_digits",
}
"""The statements that import the names which a script uses."""


def script(order: Order) -> str:
    """Return the whole script. Raises `DataError` and `CustomCodeError`."""
    facts, budget = order.facts, order.budget
    registry, embedding = load_registry(order.custom_code), Embedding()
    constants, data = loading(order.data, facts, embedding)
    setup = TrainingSetup(order.recipe, _stand_in(facts), budget, registry)
    stages = registry.compose(order.recipe)
    steps = -(-_images(facts) // budget.batch_size) * budget.epochs
    batches = training_batches(setup, order, embedding)
    with precision(budget.precision):
        plain = _without_lambdas(setup.network)
        graph, base = Graph(plain), []
        if isinstance(registry.build, Network):
            written = Graph(plain, whole=base_of(plain).name)
            base = application.making(registry.build, stages)
            constants += application.constants(registry.build, stages)
        else:
            written = graph
        custom = [kind for node in written.nodes if (kind := custom_class(node))]
        network = [*embedding.sources(*custom), *builder(written, budget.precision, base)]
    fitting = training(setup, stages, steps, order, embedding)
    sections = {
        "The data": data,
        "The training batches": batches,
        "The network": network,
        "The training": fitting,
    }
    code = "\n\n\n".join(
        f"# %% {title}\n\n\n{_joined(blocks)}" for title, blocks in sections.items() if blocks
    )
    sides = "height, width" if facts.sound is None else "mel bands, frames"
    constants = [
        f"SEED = {order.seed}  # of the weights, the order of {facts.things}, every random draw",
        f"EPOCHS = {budget.epochs}",
        f"BATCH_SIZE = {budget.batch_size}",
        f"IMAGE_SHAPE = {facts.image_shape}  # {sides}, channels",
        f"CLASSES = {len(facts.classes)}",
        *constants,
    ]
    top = [
        *_about(order.about),
        *(["from __future__ import annotations", ""] if embedding.future else []),
        "import os",
        "",
        f'os.environ["KERAS_BACKEND"] = "{order.backend}"  # as in the study',
        "",
        *_imports("\n".join([*constants, code]), embedding),
        "",
    ]
    text = "\n".join([*top, *constants, "", "", code, ""])
    built = _check(text, graph)
    if order.custom_code.network is not None:
        again = registry.network(stages, facts.image_shape, len(facts.classes), budget)
        _check_untrained(_without_lambdas(setup.network), _without_lambdas(again), built)
    return text


def _images(facts: DataFacts) -> int:
    """Return the number of images that the script trains on."""
    return facts.train + facts.validation


def _stand_in(facts: DataFacts) -> Data:
    """Return data of that shape, number and classes, which take no memory."""
    images = np.broadcast_to(np.uint8(0), (_images(facts), *facts.image_shape))
    part = images, np.broadcast_to(np.int64(0), len(images))
    return Data(facts.classes, part, part, part)


def _about(paragraphs: Sequence[str]) -> list[str]:
    """Return the docstring at the top."""
    lines: list[str] = []
    for text in paragraphs:
        unicode = text.encode(errors="backslashreplace").decode()
        safe = unicode.replace("\\", "\\\\").replace('"""', "'''")
        lines += [*paragraph(safe, WIDTH if lines else WIDTH - 3), ""]
    if len(lines) == 2:
        return [f'"""{lines[0]}"""', ""]
    return [f'"""{lines[0]}', *lines[1:-1], '"""', ""]


def _joined(blocks: Sequence[str]) -> str:
    """Join functions and classes by two empty lines, and constants by none."""
    text, before = "", ""
    for block in blocks:
        close = before and _is_constant(before) and _is_constant(block)
        text += ("\n" if close else "\n\n\n" if before else "") + block
        before = block
    return text


def _is_constant(block: str) -> bool:
    return isinstance(ast.parse(block).body[0], (ast.Assign, ast.AnnAssign))


def _imports(code: str, embedding: Embedding) -> list[str]:
    """Return the imports of the code, sorted as by isort."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    statements = dict(embedding.imports)
    for name in used & _IMPORTS.keys():
        if statements.setdefault(name, _IMPORTS[name]) != _IMPORTS[name]:
            raise CustomCodeError(
                f"the script needs the name {name} for {_IMPORTS[name]!r}, and code of your own "
                f"has it for {statements[name]!r}; rename it there"
            )
    modules = [statement for statement in statements.values() if statement.startswith("import ")]
    names: dict[str, list[str]] = {}
    for statement in statements.values():
        if statement not in modules:
            head, _, name = statement.partition(" import ")
            names.setdefault(head, []).append(name)
    froms = [
        f"{head} import {', '.join(sorted(names[head], key=_in_order))}"
        for head in sorted(names, key=str.lower)
    ]
    lines: list[str] = []
    for standard in (True, False):
        section = [each for each in [*sorted(modules), *froms] if _is_standard(each) == standard]
        lines += [*section, ""] if section else []
    return lines[:-1]


def _is_standard(statement: str) -> bool:
    return statement.split()[1].split(".")[0] in sys.stdlib_module_names


def _in_order(name: str) -> tuple[int, str]:
    """Return a key that sorts constants first, then classes, then the rest."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


def _check(text: str, graph: Graph) -> Any:
    """Run the script up to its training, and return the network that it builds.

    Raises `CustomCodeError` where it does not run, or builds another network.
    """
    namespace: dict[str, Any] = {"__name__": "script"}
    try:
        exec(compile(text, "script", "exec", dont_inherit=True), namespace)  # noqa: S102 - it was written here
        network = namespace["build"]()
        built = Graph(network)
    except Exception as error:  # whatever code of the user's own raises where it is alone
        raise CustomCodeError(
            f"the script would not run: {in_a_line(error)}; code of your own must "
            "stand alone but for its imports from other packages"
        ) from error
    if built.digest() != graph.digest():
        raise CustomCodeError(
            "the network cannot be written into a script, because the script would build another; "
            "layers of Keras' own and functions of keras.ops can be written"
        )
    return network


def _without_lambdas(network: Any) -> Any:
    """Raise `CustomCodeError` where a function takes no symbolic tensor."""
    try:
        return without_lambdas(network)
    except Exception as error:  # whatever a function of the user's own raises
        raise CustomCodeError(
            f"the Lambda in the network cannot be written into a script ({in_a_line(error)}); "
            "functions of keras.ops can be, and layers"
        ) from error


def _check_untrained(network: Any, again: Any, built: Any) -> None:
    """Raise `CustomCodeError` where the user's function sets weights itself, by no initializer.

    Such weights are the same at every call of the function, and different in the script's network.
    """
    for one, other, scripts in zip(network.weights, again.weights, built.weights, strict=True):
        mine = one.numpy()
        if np.array_equal(mine, other.numpy()) and not np.array_equal(mine, scripts.numpy()):
            raise CustomCodeError(
                f"the network comes with weights of its own ({one.path}), like a pretrained one, "
                "and a script would begin without them; kouka train begins with them"
            )


def _answer(order: Order) -> Answer:
    try:
        return Answer(script(order))
    except DataError as error:
        return Answer(data_refused=str(error))
    except CustomCodeError as error:
        return Answer(code_refused=str(error))


if __name__ == "__main__":
    respond(Order, _answer)
