"""A network as the calls of its layers, one after another."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from model_space.custom.loading import OwnError
from model_space.training.plain_keras import keras_class

_MODELS = ("Functional", "Model", "Sequential")
_OURS = __name__.split(".")[0]


@dataclass(frozen=True)
class Tensor:
    """What a call gives, or what goes into the network, by a number."""

    number: int


@dataclass(frozen=True)
class Node:
    """One call of a layer, or of one of Keras' operations."""

    layer: str
    """Its name: calls of the same layer share its weights."""
    told: Mapping[str, Any]
    """The layer or operation as Keras saves it: `module`, `class_name` and `config`."""
    arguments: tuple[Any, ...]
    """With a `Tensor` wherever it takes one."""
    options: Mapping[str, Any]
    """The same by name, those that are None left out."""
    gives: Tensor


class Graph:
    """The calls of a network of one input and one output; models within it are taken apart."""

    def __init__(self, network: Any) -> None:
        """Raises `OwnError` for a network that is more than calls."""
        if isinstance(network, keras.Sequential):
            network = keras.Model(network.inputs, network.outputs)
        try:
            config = network.get_config()
            layers = config["layers"]
        except Exception as error:
            raise OwnError(
                "the network cannot be written into a script, as it is none of Keras' functional "
                "or sequential models, whose layers can be told"
            ) from error
        inputs, outputs = _keys(config["input_layers"]), _keys(config["output_layers"])
        if len(inputs) != 1 or len(outputs) != 1 or not layers:
            raise OwnError(
                f"a network of {len(inputs)} inputs and {len(outputs)} outputs cannot be written "
                "into a script; one of each can"
            )
        self._input = f"{network.input_shape} {network.inputs[0].dtype}"
        self.nodes: list[Node] = []
        self.shapes: dict[Tensor, tuple[int | None, ...]] = {}
        self.input = Tensor(0)
        self._count = 1
        [self.output] = self._functional(config, [self.input], "")
        self.shapes[self.output] = tuple(network.output_shape)
        self.calls = Counter(node.layer for node in self.nodes)
        """How often each layer is called."""

    def digest(self) -> str:
        """Tells networks apart: equal for the same layers, options and connections."""
        told = {self.input: self._input}
        for node in self.nodes:
            module = str(node.told["module"])
            what = [
                module if module.split(".")[0] == "keras" else "", node.told["class_name"],
                _nameless(node.told["config"]), self.calls[node.layer], node.arguments,
                node.options,
            ]  # fmt: skip
            text = json.dumps(what, sort_keys=True, default=lambda tensor: told[tensor])
            told[node.gives] = hashlib.sha256(text.encode()).hexdigest()
        return told[self.output]

    def _functional(
        self, config: Mapping[str, Any], inputs: Sequence[Tensor], path: str
    ) -> list[Tensor]:
        """Add the calls of a functional model, and return what it gives."""
        keys = _keys(config["input_layers"])
        if len(keys) != len(inputs):
            raise OwnError(f"the model {path} cannot be written into a script as it is called")
        known: dict[tuple[str, int, int], Tensor] = dict(zip(keys, inputs, strict=True))
        left = [
            (layer, number, node)
            for layer in config["layers"]
            for number, node in enumerate(layer["inbound_nodes"])
        ]
        while left:
            waiting = []
            for layer, number, node in left:
                if all(key in known for key in _tensors(node)):
                    for index, tensor in enumerate(self._call(layer, node, known, path)):
                        known[layer["name"], number, index] = tensor
                else:
                    waiting.append((layer, number, node))
            if len(waiting) == len(left):
                raise OwnError(
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
        known: Mapping[tuple[str, int, int], Tensor],
        path: str,
    ) -> list[Tensor]:
        arguments = tuple(self._with_tensors(each, known) for each in node["args"])
        options = {n: self._with_tensors(v, known) for n, v in node["kwargs"].items()}
        options = {name: value for name, value in options.items() if value is not None}
        name = f"{path}{layer['name']}"
        if layer["class_name"] in _MODELS and "layers" in layer["config"]:
            [inputs] = arguments if len(arguments) == 1 and not options else [None]
            if isinstance(inputs, Tensor):
                inputs = [inputs]
            if not isinstance(inputs, list) or not all(isinstance(i, Tensor) for i in inputs):
                raise OwnError(
                    f"the model {name} inside the network cannot be written into a script as it "
                    "is called, with more than its inputs"
                )
            if layer["class_name"] == "Sequential":
                return self._sequential(layer["config"], inputs, f"{name}/")
            return self._functional(layer["config"], inputs, f"{name}/")
        gives = Tensor(self._count)
        self._count += 1
        self.nodes.append(Node(name, _of_keras(layer), arguments, options, gives))
        return [gives]

    def _sequential(
        self, config: Mapping[str, Any], inputs: list[Tensor], path: str
    ) -> list[Tensor]:
        for layer in config["layers"]:
            if layer["class_name"] == "InputLayer":
                continue
            [taken] = inputs
            named = {**layer, "name": layer["config"]["name"]}
            node = {"args": [taken], "kwargs": {}}
            inputs = self._call(named, node, {}, path)
        return inputs

    def _with_tensors(self, value: Any, known: Mapping[tuple[str, int, int], Tensor]) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(self._with_tensors(one, known) for one in value)
        if _is_tensor(value):
            tensor = known[_key(value)]
            self.shapes[tensor] = tuple(value["config"]["shape"])
            return tensor
        return value


def tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in the arguments of a call, in order."""
    if isinstance(value, Tensor):
        yield value
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from tensors(one)


def _of_keras(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """A layer of kouka's as the one of Keras' own that it is made from, which does the same."""
    if str(told["module"]).split(".")[0] != _OURS:
        return told
    kind = keras_class(getattr(sys.modules[told["module"]], told["class_name"]))
    its = {"module": "keras.layers", "class_name": kind.__name__, "registered_name": None}
    return {**told, **its}


def _keys(told: Any) -> list[tuple[str, int, int]]:
    """Tensors as Keras names them: layer, call, and which of its outputs."""
    if isinstance(told, Mapping):
        told = list(told.values())
    if told and isinstance(told[0], str):
        told = [told]
    return [(str(layer), int(node), int(output)) for layer, node, output in told]


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
    """A config without the names of layers, which Keras counts up."""
    if isinstance(config, Mapping):
        layers = at_top or "trainable" in config
        return {n: _nameless(v, False) for n, v in config.items() if not (layers and n == "name")}
    if isinstance(config, (list, tuple)):
        return [_nameless(one, False) for one in config]
    return config
