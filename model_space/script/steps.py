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

from model_space.custom.loading import OwnError
from model_space.script.calls import Argument, Call, call, literal, remade
from model_space.script.graph import Graph, Node, Tensor


@dataclass(frozen=True)
class Step:
    """A call of a layer, an operation or a function, from tensors to a tensor."""

    function: str
    options: tuple[Argument, ...]
    takes: tuple[str | Tensor, ...]
    """Code, in which tensors have their names, of what else it is called with."""
    gives: Tensor
    is_layer: bool = False
    """Whether `function` makes a layer of the options, which is then called."""
    begins: bool = False
    """Whether a new part of the network begins here: with a layer that has a kernel, or where
    what is given has other axes than what is taken."""
    shape: str = ""
    """As of `resized`."""
    above: tuple[str, ...] = ()
    """Lines above it."""

    @property
    def tensors(self) -> list[Tensor]:
        """What it takes, each as often as it does."""
        return [part for part in self.takes if isinstance(part, Tensor)]

    @property
    def kind(self) -> str:
        """The name of the layer or operation."""
        return self.function.rpartition(".")[2]

    def code(self, names: Mapping[Tensor, str]) -> tuple[str, list[str]]:
        """What comes before the last of its brackets, and what is in it."""
        takes = "".join(names[part] if isinstance(part, Tensor) else part for part in self.takes)
        if self.is_layer:
            return f"{Call(self.function, self.options)}(", [takes]
        return f"{self.function}(", [takes, *map(str, self.options)]


def steps(graph: Graph) -> tuple[list[Step], dict[str, Call]]:
    """The steps, and the calls that make those layers that are called more than once, by name.

    Raises `OwnError` for what cannot be written.
    """
    found: list[Step] = []
    shared: dict[str, Call] = {}
    names: dict[str, str] = {}
    for node in graph.nodes:
        if (operation := _operation(node)) is not None:
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
        found.append(step)
    return found, shared


def snake(name: str) -> str:
    """A class's name as a function would have it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()


def resized(graph: Graph, taken: Tensor, given: Tensor) -> str:
    """What an image has become, in words, where its height or width has changed; else empty."""
    before, after = graph.shapes.get(taken, ()), graph.shapes.get(given, ())
    if len(before) != 4 or len(after) != 4 or before[1:3] == after[1:3] or None in after[1:]:
        return ""
    return "×".join(str(length) for length in after[1:])


def _layer(node: Node) -> Any:
    if (kind := own_class(node)) is not None:
        return remade(kind, node.told["config"])
    told = {name: node.told[name] for name in ("module", "class_name", "config", "registered_name")}
    return keras.saving.deserialize_keras_object(told)


def _takes(node: Node, layer: Any) -> tuple[str | Tensor, ...]:
    """What a layer is called with, but for what it takes when it is not told."""
    takes = tuple(_code(node.arguments))
    usual = inspect.signature(layer.call).parameters
    for name, value in node.options.items():
        if name not in usual or value != usual[name].default:
            takes += (f", {name}=", *_code([value]))
    return takes


def own_class(node: Node) -> Any:
    """The class of a layer of the user's own; None for what is Keras'."""
    module = str(node.told["module"])
    if module.split(".")[0] == "keras":
        return None
    name = str(node.told["class_name"])
    kind = getattr(sys.modules[module], name, None)
    if kind is None:
        raise OwnError(
            f"the layer {name} of {module} cannot be written into a script: it is made within a "
            "function, so its source does not stand alone; define it at the top of its file"
        )
    return kind


def _operation(node: Node) -> tuple[str, Any] | None:
    """The name and the function of an operation; None for a layer."""
    module = str(node.told["module"])
    if not module.startswith("keras.src.ops."):
        return None
    name, home = snake(str(node.told["class_name"])), module.rpartition(".")[2]
    for place, prefix in ((ops, "ops."), (getattr(ops, home, None), f"ops.{home}.")):
        if callable(function := getattr(place, name, None)):
            return prefix + name, function
    raise OwnError(
        f"the operation {node.told['class_name']} of the network cannot be written into a script; "
        "a function of keras.ops, or a layer, can be"
    )


def _step_of_operation(node: Node, graph: Graph, name: str, function: Any) -> Step:
    config = {key: value for key, value in node.told["config"].items() if key != "name"}
    parameters = inspect.signature(function).parameters
    given = []
    for key, value in {**config, **node.options}.items():
        if key not in parameters:
            raise OwnError(
                f"the operation {name} of the network cannot be written into a script, as it takes "
                f"no {key}; a layer that does the same can be"
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
    takes: tuple[str | Tensor, ...],
    *,
    is_layer: bool = False,
) -> Step:
    taken = next((part for part in takes if isinstance(part, Tensor)), graph.input)
    begins = len(graph.shapes.get(taken, ())) != len(graph.shapes.get(node.gives, ())) or any(
        name.endswith(("kernel_initializer", "depthwise_initializer"))
        for name in node.told["config"]
    )
    shape = resized(graph, taken, node.gives)
    return Step(function, options, takes, node.gives, is_layer, begins, shape)


def _code(values: Iterable[Any]) -> Iterator[str | Tensor]:
    """The code of arguments, in which tensors have no names yet."""
    for index, value in enumerate(values):
        if index:
            yield ", "
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list):
            yield from ("[", *_code(value), "]")
        elif isinstance(value, tuple):
            yield from ("(", *_code(value), ",)" if len(value) == 1 else ")")
        else:
            yield literal(value)


def _plain(value: Any) -> Any:
    """Lists and tuples alike."""
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
