"""A network as the calls of its layers, one after another."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from model_space.custom.code import CustomCodeError
from model_space.training.inlining import keras_class

_MODELS = ("Functional", "Model", "Sequential")
_PACKAGE = __name__.split(".")[0]


@dataclass(frozen=True)
class SymbolicTensor:
    """The input of the network, or the result of a call, by a number."""

    number: int


@dataclass(frozen=True)
class Node:
    """One call of a layer, or of one of Keras' operations."""

    layer: str
    """Its name: calls of the same layer share its weights."""
    saved: Mapping[str, Any]
    """The layer or operation as Keras saves it: `module`, `class_name` and `config`."""
    arguments: tuple[Any, ...]
    """The positional arguments, with a `SymbolicTensor` wherever the call takes one."""
    options: Mapping[str, Any]
    """The arguments by name, those that are None left out."""
    gives: SymbolicTensor


class Graph:
    """The calls of a network of one input and one output; models within it are taken apart."""

    def __init__(self, network: Any, whole: str | None = None) -> None:
        """Take a network apart, but for the model within it that is named `whole`.

        Raises `CustomCodeError` where it is more than calls.
        """
        self.whole = whole
        if isinstance(network, keras.Sequential):
            network = keras.Model(network.inputs, network.outputs)
        try:
            config = network.get_config()
            layers = config["layers"]
        except Exception as error:
            raise CustomCodeError(
                "the network cannot be written into a script, because it, or a model in it, is "
                "neither a functional nor a sequential model of Keras; make it of keras.Input and "
                "keras.Model(inputs, outputs), or take the model that kouka train saves"
            ) from error
        inputs, outputs = _keys(config["input_layers"]), _keys(config["output_layers"])
        if len(inputs) != 1 or len(outputs) != 1 or not layers:
            raise CustomCodeError(
                f"a network of {len(inputs)} inputs and {len(outputs)} outputs cannot be written "
                "into a script; one of each can"
            )
        self._input = f"{network.input_shape} {network.inputs[0].dtype}"
        self.nodes: list[Node] = []
        self.shapes: dict[SymbolicTensor, tuple[int | None, ...]] = {}
        self.input = SymbolicTensor(0)
        self._count = 1
        [self.output] = self._functional(config, [self.input], "", training=None)
        self.shapes[self.output] = tuple(network.output_shape)
        self.calls = Counter(node.layer for node in self.nodes)
        """The number of calls of each layer."""

    def digest(self) -> str:
        """Return a digest that is equal for the same layers, options and connections."""
        digests = {self.input: self._input}
        for node in self.nodes:
            module = str(node.saved["module"])
            what = [
                module if module.split(".")[0] == "keras" else "", node.saved["class_name"],
                _nameless(node.saved["config"]), self.calls[node.layer], node.arguments,
                node.options,
            ]  # fmt: skip
            text = json.dumps(what, sort_keys=True, default=lambda tensor: digests[tensor])
            digests[node.gives] = hashlib.sha256(text.encode()).hexdigest()
        return digests[self.output]

    def _functional(
        self,
        config: Mapping[str, Any],
        inputs: Sequence[SymbolicTensor],
        path: str,
        *,
        training: bool | None,
    ) -> list[SymbolicTensor]:
        """Add the calls of a functional model, and return its outputs.

        `training` is what the model is called with, as its layers then are.
        """
        keys = _keys(config["input_layers"])
        if len(keys) != len(inputs):
            raise CustomCodeError(
                f"the model {path} cannot be written into a script as it is called"
            )
        known: dict[tuple[str, int, int], SymbolicTensor] = dict(zip(keys, inputs, strict=True))
        left = [
            (layer, number, node)
            for layer in config["layers"]
            for number, node in enumerate(layer["inbound_nodes"])
        ]
        while left:
            waiting = []
            for layer, number, node in left:
                if all(key in known for key in _tensors(node)):
                    for index, tensor in enumerate(self._call(layer, node, known, path, training)):
                        known[layer["name"], number, index] = tensor
                else:
                    waiting.append((layer, number, node))
            if len(waiting) == len(left):
                raise CustomCodeError(
                    f"the network cannot be written into a script: {waiting[0][0]['name']} takes "
                    "one of several outputs of a layer"
                )
            left = waiting
        # Here, and not above, Keras counts a node that a functional model has before it is called.
        models = {each["name"] for each in config["layers"] if each["class_name"] == "Functional"}
        outputs = _keys(config["output_layers"])
        return [known[name, node - (name in models), index] for name, node, index in outputs]

    def _call(
        self,
        layer: Mapping[str, Any],
        node: Mapping[str, Any],
        known: Mapping[tuple[str, int, int], SymbolicTensor],
        path: str,
        training: bool | None,
    ) -> list[SymbolicTensor]:
        arguments = tuple(self._with_tensors(each, known) for each in node["args"])
        options = {n: self._with_tensors(v, known) for n, v in node["kwargs"].items()}
        options = {name: value for name, value in options.items() if value is not None}
        name = f"{path}{layer['name']}"
        if layer["class_name"] in _MODELS and "layers" in layer["config"]:
            training = options.pop("training", training)
            [inputs] = arguments if len(arguments) == 1 and not options else [None]
            if isinstance(inputs, SymbolicTensor):
                if name == self.whole:
                    return self._add(Node(name, layer, arguments, options, self._next()))
                inputs = [inputs]
            if not isinstance(inputs, list) or not all(
                isinstance(i, SymbolicTensor) for i in inputs
            ):
                raise CustomCodeError(
                    f"the model {name} inside the network cannot be written into a script as it "
                    "is called, with more than its inputs"
                )
            if layer["class_name"] == "Sequential":
                return self._sequential(layer["config"], inputs, f"{name}/", training)
            return self._functional(layer["config"], inputs, f"{name}/", training=training)
        saved = _of_keras(layer)
        if training is not None and _takes_training(saved):
            options["training"] = training
        return self._add(Node(name, saved, arguments, options, self._next()))

    def _next(self) -> SymbolicTensor:
        self._count += 1
        return SymbolicTensor(self._count - 1)

    def _add(self, node: Node) -> list[SymbolicTensor]:
        self.nodes.append(node)
        return [node.gives]

    def _sequential(
        self,
        config: Mapping[str, Any],
        inputs: list[SymbolicTensor],
        path: str,
        training: bool | None,
    ) -> list[SymbolicTensor]:
        for layer in config["layers"]:
            if layer["class_name"] == "InputLayer":
                continue
            [taken] = inputs
            named = {**layer, "name": layer["config"]["name"]}
            node = {"args": [taken], "kwargs": {}}
            inputs = self._call(named, node, {}, path, training)
        return inputs

    def _with_tensors(
        self, value: Any, known: Mapping[tuple[str, int, int], SymbolicTensor]
    ) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(self._with_tensors(one, known) for one in value)
        if _is_tensor(value):
            tensor = known[_key(value)]
            self.shapes[tensor] = tuple(value["config"]["shape"])
            return tensor
        return value


def tensors(value: Any) -> Iterator[SymbolicTensor]:
    """Yield the tensors in the arguments of a call, in order."""
    if isinstance(value, SymbolicTensor):
        yield value
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from tensors(one)


def _of_keras(saved: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a layer of kouka's as the layer of Keras' that it subclasses, which does the same."""
    if str(saved["module"]).split(".")[0] != _PACKAGE:
        return saved
    kind = keras_class(getattr(sys.modules[saved["module"]], saved["class_name"]))
    its = {"module": "keras.layers", "class_name": kind.__name__, "registered_name": None}
    return {**saved, **its}


def _takes_training(saved: Mapping[str, Any]) -> bool:
    kind = getattr(sys.modules[saved["module"]], saved["class_name"], None)
    call = getattr(kind, "call", None)
    return call is not None and "training" in inspect.signature(call).parameters


def _keys(saved: Any) -> list[tuple[str, int, int]]:
    """Return tensors as Keras names them: layer, number of the call, number of the output."""
    if isinstance(saved, Mapping):
        saved = list(saved.values())
    if saved and isinstance(saved[0], str):
        saved = [saved]
    return [(str(layer), int(node), int(output)) for layer, node, output in saved]


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__"


def _key(value: Mapping[str, Any]) -> tuple[str, int, int]:
    layer, node, output = value["config"]["keras_history"]
    return str(layer), int(node), int(output)


def _tensors(value: Any) -> Iterator[tuple[str, int, int]]:
    if _is_tensor(value):
        yield _key(value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _tensors(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one)


def _nameless(config: Any, at_top: bool = True) -> Any:
    """Return a config without the names of layers, which Keras numbers."""
    if isinstance(config, Mapping):
        layers = at_top or "trainable" in config
        return {n: _nameless(v, False) for n, v in config.items() if not (layers and n == "name")}
    if isinstance(config, (list, tuple)):
        return [_nameless(one, False) for one in config]
    return config
