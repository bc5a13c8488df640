"""The calls of a network as steps of code."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from model_space.custom.code import CustomCodeError
from model_space.script.calls import Argument, Call, call, literal, remade
from model_space.script.graph import Graph, Node, SymbolicTensor

BASE = "base"
"""The name that a script has for the model that its graph leaves whole."""


@dataclass(frozen=True)
class Step:
    """A call of a layer, an operation or a function, from tensors to a tensor."""

    function: str
    options: tuple[Argument, ...]
    takes: tuple[str | SymbolicTensor, ...]
    """Code, in which tensors have their names, of what else it is called with."""
    gives: SymbolicTensor
    is_layer: bool = False
    """True where `function` makes a layer of the options, which is then called."""
    begins: bool = False
    """True where a part of the network begins: a layer with a kernel, or another number of axes."""
    shape: str = ""
    """The comment of `resized`."""
    above: tuple[str, ...] = ()
    """Lines above it."""

    @property
    def tensors(self) -> list[SymbolicTensor]:
        """The tensors that it takes, each as often as it takes it."""
        return [part for part in self.takes if isinstance(part, SymbolicTensor)]

    @property
    def kind(self) -> str:
        """The name of the layer or operation."""
        return self.function.rpartition(".")[2]

    def code(self, names: Mapping[SymbolicTensor, str]) -> tuple[str, list[str]]:
        """Return the code up to the last of its brackets, and the items in that bracket."""
        takes = "".join(
            names[part] if isinstance(part, SymbolicTensor) else part for part in self.takes
        )
        if self.is_layer:
            return f"{Call(self.function, self.options)}(", [takes]
        return f"{self.function}(", [takes, *map(str, self.options)]


def steps(graph: Graph) -> tuple[list[Step], dict[str, Call]]:
    """Return the steps, and by name the calls that make layers which are called more than once.

    Raises `CustomCodeError` for what cannot be written.
    """
    written: list[Step] = []
    shared: dict[str, Call] = {}
    names: dict[str, str] = {}
    for node in graph.nodes:
        if node.layer == graph.whole:
            step = _step(node, graph, BASE, (), tuple(_code(node.arguments)))
        elif (operation := _operation(node)) is not None:
            step = _step_of_operation(node, graph, *operation)
        else:
            layer = _layer(node)
            made, takes = call(layer), _takes(node, layer)
            if graph.calls[node.layer] == 1:
                step = _step(node, graph, made.function, made.arguments, takes, is_layer=True)
            else:
                name = names.setdefault(node.layer, f"shared_{len(names) + 1}")
                shared[name] = made
                step = _step(node, graph, name, (), takes)
        written.append(step)
    return written, shared


def snake(name: str) -> str:
    """Return a class's name in snake case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()


def resized(graph: Graph, taken: SymbolicTensor, given: SymbolicTensor) -> str:
    """Return the new shape of an image in words where its height or width changed; else empty."""
    before, after = graph.shapes.get(taken, ()), graph.shapes.get(given, ())
    if len(before) != 4 or len(after) != 4 or before[1:3] == after[1:3] or None in after[1:]:
        return ""
    return "×".join(str(length) for length in after[1:])


def _layer(node: Node) -> Any:
    if (kind := custom_class(node)) is not None:
        return remade(kind, node.saved["config"])
    saved = {
        name: node.saved[name] for name in ("module", "class_name", "config", "registered_name")
    }
    return keras.saving.deserialize_keras_object(saved)


def _takes(node: Node, layer: Any) -> tuple[str | SymbolicTensor, ...]:
    """Return the arguments of a layer's call, without those that equal their defaults."""
    takes = tuple(_code(node.arguments))
    usual = inspect.signature(layer.call).parameters
    for name, value in node.options.items():
        if name not in usual or name == "training" or value != usual[name].default:
            takes += (f", {name}=", *_code([value]))
    return takes


def custom_class(node: Node) -> Any:
    """Return the class of a layer of the user's own; None for a layer of Keras'."""
    module = str(node.saved["module"])
    if module.split(".")[0] == "keras":
        return None
    name = str(node.saved["class_name"])
    kind = getattr(sys.modules[module], name, None)
    if kind is None:
        raise CustomCodeError(
            f"the layer {name} of {module} cannot be written into a script: it is made within a "
            "function, so its source does not stand alone; define it at the top of its file"
        )
    return kind


def _operation(node: Node) -> tuple[str, Any] | None:
    """Return the name and the function of an operation; None for a layer."""
    module = str(node.saved["module"])
    if not module.startswith("keras.src.ops."):
        return None
    name, home = snake(str(node.saved["class_name"])), module.rpartition(".")[2]
    for place, prefix in ((ops, "ops."), (getattr(ops, home, None), f"ops.{home}.")):
        if callable(function := getattr(place, name, None)):
            return prefix + name, function
    raise CustomCodeError(
        f"the operation {node.saved['class_name']} of the network cannot be written into a script; "
        "a function of keras.ops, or a layer, can be written"
    )


def _step_of_operation(node: Node, graph: Graph, name: str, function: Any) -> Step:
    config = {key: value for key, value in node.saved["config"].items() if key != "name"}
    parameters = inspect.signature(function).parameters
    given = []
    for key, value in {**config, **node.options}.items():
        if key not in parameters:
            raise CustomCodeError(
                f"the operation {name} of the network cannot be written into a script, because "
                f"{name} takes no {key}; a layer that does the same can be written"
            )
        if _plain(value) != _plain(parameters[key].default):
            by_name = parameters[key].default is not parameters[key].empty
            given.append(Argument(key, literal(value), by_name))
    return _step(node, graph, name, tuple(given), tuple(_code(node.arguments)))


def _step(
    node: Node,
    graph: Graph,
    function: str,
    options: tuple[Argument, ...],
    takes: tuple[str | SymbolicTensor, ...],
    *,
    is_layer: bool = False,
) -> Step:
    taken = next((part for part in takes if isinstance(part, SymbolicTensor)), graph.input)
    begins = len(graph.shapes.get(taken, ())) != len(graph.shapes.get(node.gives, ())) or any(
        name.endswith(("kernel_initializer", "depthwise_initializer"))
        for name in node.saved["config"]
    )
    shape = resized(graph, taken, node.gives)
    return Step(function, options, takes, node.gives, is_layer, begins, shape)


def _code(values: Iterable[Any]) -> Iterator[str | SymbolicTensor]:
    """Yield the code of arguments, in which tensors have no names yet."""
    for index, value in enumerate(values):
        if index:
            yield ", "
        if isinstance(value, SymbolicTensor):
            yield value
        elif isinstance(value, list):
            yield from ("[", *_code(value), "]")
        elif isinstance(value, tuple):
            yield from ("(", *_code(value), ",)" if len(value) == 1 else ")")
        else:
            yield literal(value)


def _plain(value: Any) -> Any:
    """Return lists and tuples alike as lists, so that they compare."""
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
