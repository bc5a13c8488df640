"""The process that writes a script: it makes the network, and everything that trains it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model_space.budget import Budget
from model_space.child import respond
from model_space.custom.loading import OwnError, in_a_line
from model_space.custom.registry import load_kit
from model_space.data import Data, DataError
from model_space.script import Order
from model_space.script.building import builder
from model_space.script.embedding import Embedding
from model_space.script.fitting import stages, training
from model_space.script.graph import Graph
from model_space.script.layout import WIDTH, paragraph
from model_space.script.loading import loading
from model_space.script.steps import own_class
from model_space.training.setup import Made, precision

_IMPORTS = {
    "math": "import math",
    "Path": "from pathlib import Path",
    "keras": "import keras",
    "layers": "from keras import layers",
    "ops": "from keras import ops",
    "np": "import numpy as np",
    "Image": "from PIL import Image",
    "wavfile": "from scipy.io import wavfile",
    "soundfile": "import soundfile",
    "tf": "import tensorflow as tf",
    "jax": "import jax",
    "tfds": "import tensorflow_datasets as tfds",
    "BytesIO": "from io import BytesIO",
    "load_digits": "from sklearn.datasets import load_digits",
}
"""The statement that imports what a script calls by these names."""


def script(order: Order) -> str:
    """The whole script. Raises `DataError` and `OwnError`."""
    facts, budget = order.facts, Budget(**order.budget)
    kit, embedding = load_kit(order.own, order.network), Embedding()
    constants, data = loading(order.data, facts, embedding)
    made = Made(order.choice, _stand_in(facts), budget, kit)
    recipe, steps = kit.compose(order.choice), -(-_images(facts) // budget.batch_size)
    batches = stages(made, order, embedding)
    with precision(budget.precision):
        graph = Graph(made.network)
        own = [kind for node in graph.nodes if (kind := own_class(node))]
        network = [*embedding.sources(*own), *builder(graph, budget.precision)]
    fitting = training(made, recipe, steps * budget.epochs, order, embedding)
    sections = {
        "The data": data,
        f"What happens to the training {order.things}": batches,
        "The network": network,
        "The training": fitting,
    }
    code = "\n\n\n".join(
        f"# %% {title}\n\n\n{_joined(blocks)}" for title, blocks in sections.items() if blocks
    )
    sides = "mel bands, frames" if facts.get("sound") else "height, width"
    constants = [
        f"SEED = {order.seed}  # of the weights, the order of {order.things}, every random draw",
        f"EPOCHS = {budget.epochs}",
        f"BATCH_SIZE = {budget.batch_size}",
        f"IMAGE_SHAPE = {tuple(facts['image_shape'])}  # {sides}, channels",
        f"CLASSES = {len(facts['classes'])}",
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
    if order.network:
        again = kit.network(recipe, tuple(facts["image_shape"]), len(facts["classes"]), budget)
        _check_untrained(made.network, again, built)
    return text


def _images(facts: Mapping[str, Any]) -> int:
    """How many there are to train on."""
    return int(facts["train"] + facts["validation"])


def _stand_in(facts: Mapping[str, Any]) -> Data:
    """Data of that shape, number and classes, which take no memory."""
    images = np.broadcast_to(np.uint8(0), (_images(facts), *facts["image_shape"]))
    part = images, np.broadcast_to(np.int64(0), len(images))
    return Data(tuple(facts["classes"]), part, part, part)


def _about(paragraphs: Sequence[str]) -> list[str]:
    """The words at the top."""
    lines: list[str] = []
    for text in paragraphs:
        safe = text.replace("\\", "\\\\").replace('"""', "'''")
        lines += [*paragraph(safe, WIDTH if lines else WIDTH - 3), ""]
    if len(lines) == 2:
        return [f'"""{lines[0]}"""', ""]
    return [f'"""{lines[0]}', *lines[1:-1], '"""', ""]


def _joined(blocks: Sequence[str]) -> str:
    """Functions and classes two empty lines apart; constants one below the other."""
    text, before = "", ""
    for block in blocks:
        close = before and _is_constant(before) and _is_constant(block)
        text += ("\n" if close else "\n\n\n" if before else "") + block
        before = block
    return text


def _is_constant(block: str) -> bool:
    return isinstance(ast.parse(block).body[0], (ast.Assign, ast.AnnAssign))


def _imports(code: str, embedding: Embedding) -> list[str]:
    """The imports of the code, as isort sorts them."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    statements = dict(embedding.imports)
    for name in used & _IMPORTS.keys():
        if statements.setdefault(name, _IMPORTS[name]) != _IMPORTS[name]:
            raise OwnError(
                f"the script calls {name} what {_IMPORTS[name]!r} gives, and code of your own what "
                f"{statements[name]!r} gives; give it another name there"
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
    """Constants first, then classes, then the rest."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


def _check(text: str, graph: Graph) -> Any:
    """The network that the script builds.

    Raises `OwnError` unless the script runs, up to its training, and that network is the same.
    """
    namespace: dict[str, Any] = {"__name__": "script"}
    try:
        exec(compile(text, "script", "exec", dont_inherit=True), namespace)  # noqa: S102 - it was written here
        network = namespace["build"]()
        built = Graph(network)
    except Exception as error:  # whatever code of the user's own raises where it is alone
        raise OwnError(
            f"the script would not run: {in_a_line(error)}; code of your own has to "
            "stand alone, with what it imports from other packages"
        ) from error
    if built.digest() != graph.digest():
        raise OwnError(
            "the network cannot be written into a script, as what would be written builds another; "
            "layers of Keras' and functions of keras.ops can be"
        )
    return network


def _check_untrained(network: Any, again: Any, built: Any) -> None:
    """Raise `OwnError` where the user's function gives weights that no initializer does.

    Those are the same each time that the function is called, and others in the script's network.
    """
    for one, other, scripts in zip(network.weights, again.weights, built.weights, strict=True):
        mine = one.numpy()
        if np.array_equal(mine, other.numpy()) and not np.array_equal(mine, scripts.numpy()):
            raise OwnError(
                f"the network comes with weights of its own ({one.path}), as one that has been "
                "trained before does, and a script would begin without them; kouka train begins "
                "with them"
            )


def _answer(request: dict[str, Any]) -> dict[str, str]:
    try:
        return {"script": script(Order(**request))}
    except DataError as error:
        return {"data": str(error)}
    except OwnError as error:
        return {"own": str(error)}


if __name__ == "__main__":
    respond(_answer)
