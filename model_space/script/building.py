"""The code that builds a network, step by step, with functions for parts that repeat."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any

from model_space.script.calls import Argument
from model_space.script.graph import Graph, SymbolicTensor
from model_space.script.layout import bracketed
from model_space.script.steps import Step, resized, snake, steps

_NAMES = ("x", "y", "z", "u", "v", "w")
"""The names of tensors, as many as are needed at once."""
_TENSOR = "keras.KerasTensor"
_LONG = 3
"""The fewest steps of a segment that stands apart."""
_WORTHWHILE = 8
"""The fewest lines that a function must save."""

_Segment = list[Step]
"""Steps from one tensor to one, by which alone they meet the rest of the network."""


@dataclass(frozen=True)
class _Function:
    """Segments that differ in some options alone."""

    name: str
    steps: _Segment
    """The steps of the first segment, with parameters for the options that differ."""
    values: dict[str, tuple[str, ...]]
    """For each parameter, its code in each segment."""


def builder(graph: Graph, policy: str, base: Sequence[str] = ()) -> list[str]:
    """Return the code of functions, of which the last, `build`, returns the untrained network.

    Its images are of `IMAGE_SHAPE`. `policy` is Keras' dtype policy with which the network was
    made, and which is in force. The lines `base` make the model that the graph leaves whole.
    Raises `CustomCodeError` for a network that cannot be written.
    """
    all_steps, shared = steps(graph)
    segments = _segments(all_steps, graph)
    functions: list[_Function] = []
    shorter = list(segments)
    for members in _alike(segments):
        function = _function([segments[index] for index in members], functions)
        functions.append(function)
        for number, index in enumerate(members):
            shorter[index] = [_call(function, number, segments[index], graph)]
    lines, last = _lines(_spaced(shorter), graph.input, "inputs", graph.output)
    made = [
        line
        for name, call in shared.items()
        for line in (
            "    # Its calls share its weights.",
            *bracketed(f"{name} = {call.function}(", list(map(str, call.arguments)), ")"),
        )
    ]
    before, after = [], [f"    return keras.Model(inputs, {last})"]
    if policy != "float32":
        before = [f'    keras.config.set_dtype_policy("{policy}")']
        after = [
            f"    network = keras.Model(inputs, {last})",
            '    keras.config.set_dtype_policy("float32")',
            "    return network",
        ]
    build = [
        "def build() -> keras.Model:",
        '    """Return the untrained network, from images to the probabilities of the classes."""',
        *before,
        *(f"    {line}" for line in base),
        "    inputs = keras.Input(IMAGE_SHAPE)",
        *made,
        *lines,
        *after,
    ]
    return [*map(_definition, functions), "\n".join(build)]


def _spaced(segments: Sequence[_Segment]) -> list[Step]:
    """Return the steps of all segments, the long ones between empty lines."""
    body: list[Step] = []
    long = False
    for segment in segments:
        above: list[str] = []
        if body and (long or len(segment) >= _LONG):
            above.append("")
        if len(segment) >= _LONG and (meet := _meet(segment)):
            above.append(f"    # Paths that meet in {meet}.")
        body += [replace(segment[0], above=tuple(above)), *segment[1:]]
        long = len(segment) >= _LONG
    return body


def _segments(body: Sequence[Step], graph: Graph) -> list[_Segment]:
    """Cut the steps where they share one tensor with the rest, and a part or a path begins."""
    uses = _uses(body, graph.output)
    left = uses.copy()
    alive: set[SymbolicTensor] = {graph.input}
    segments: list[_Segment] = [[]]
    for step in body:
        if segments[-1] and len(alive) == 1 and (step.begins or uses[next(iter(alive))] > 1):
            segments.append([])
        segments[-1].append(step)
        left.subtract(step.tensors)
        alive = {tensor for tensor in alive | {step.gives} if left[tensor] > 0}
    return segments


def _alike(segments: Sequence[_Segment]) -> list[list[int]]:
    """Return the numbers of segments that are alike, where a function for them saves lines."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for index, segment in enumerate(segments):
        local: dict[SymbolicTensor, int] = {}
        form = []
        for step in segment:
            takes = tuple(
                part if isinstance(part, str) else local.setdefault(part, len(local))
                for part in step.takes
            )
            options = tuple((option.name, option.by_name) for option in step.options)
            form.append((step.function, options, takes, local.setdefault(step.gives, len(local))))
        if not any(step.function.startswith("shared_") for step in segment):
            groups[tuple(form)].append(index)
    return [
        members for members in groups.values()
        if (len(members) - 1) * (len(segments[members[0]]) - 1) >= _WORTHWHILE
    ]  # fmt: skip


def _function(members: Sequence[_Segment], others: Sequence[_Function]) -> _Function:
    values: dict[str, tuple[str, ...]] = {}
    body = []
    for number, step in enumerate(members[0]):
        options = []
        for index, option in enumerate(step.options):
            codes = tuple(member[number].options[index].code for member in members)
            if len(set(codes)) > 1:
                option = replace(option, code=_parameter(option.name, codes, values))
            options.append(option)
        body.append(replace(step, options=tuple(options), shape=""))
    return _Function(_name(body, others), body, values)


def _parameter(name: str, codes: tuple[str, ...], values: dict[str, tuple[str, ...]]) -> str:
    """Return the name of the parameter with this code in each segment, a new one if need be."""
    for known, its in values.items():
        if its == codes:
            return known
    new, number = name, 1
    while new in values or new in _NAMES:
        number += 1
        new = f"{name}_{number}"
    values[new] = codes
    return new


def _name(body: _Segment, others: Sequence[_Function]) -> str:
    """Return a name for a function, after its steps, that no other has."""
    if any(len(set(step.tensors)) > 1 for step in body):
        name = "block"
    elif body[0].kind.startswith("Conv"):
        name = "convolution"
    else:
        name = f"{snake(body[0].kind)}_part"
    if any(option.name == "strides" for step in body for option in step.options):
        name = f"downsampling_{name}"
    elif any(step.kind == "pad" for step in body):
        name = f"widening_{name}"
    taken = {other.name for other in others}
    return next(
        each for each in chain([name], map(f"{name}_{{}}".format, count(2))) if each not in taken
    )


def _call(function: _Function, number: int, segment: _Segment, graph: Graph) -> Step:
    """Return the call of a function in the place of a segment, `number` among those alike."""
    by_name = len(function.values) > 1
    options = tuple(Argument(n, codes[number], by_name) for n, codes in function.values.items())
    taken, given = segment[0].tensors[0], segment[-1].gives
    return Step(function.name, options, (taken,), given, shape=resized(graph, taken, given))


def _definition(function: _Function) -> str:
    first = function.steps[0].tensors[0]
    lines, last = _lines(function.steps, first, "x", function.steps[-1].gives)
    end = max(index for index, line in enumerate(lines) if line.startswith(f"    {last} = "))
    lines[end] = lines[end].replace(f"{last} = ", "return ", 1)
    parameters = [f"{name}{_kind(codes[0])}" for name, codes in function.values.items()]
    parameters.insert(0, f"x: {_TENSOR}")
    return "\n".join([
        *bracketed(f"def {function.name}(", parameters, f") -> {_TENSOR}:", indent=0),
        f'    """{_words(function.steps)}"""',
        *lines,
    ])  # fmt: skip


def _kind(code: str) -> str:
    """Return the annotation of a parameter that is given such code."""
    try:
        kind = type(ast.literal_eval(code)).__name__
    except ValueError:  # no plain value
        return ""
    return f": {kind}" if kind in ("int", "float", "str", "bool") else ""


def _words(body: _Segment) -> str:
    """Describe a function in a sentence."""
    if meet := _meet(body):
        return f"Apply layers to `x` on paths that meet in {meet}."
    return f"Apply {', '.join(step.kind for step in body)} to `x`."


def _meet(body: _Segment) -> str:
    """Name the steps that join the paths of a segment; empty where it has one path."""
    return " and in ".join(
        dict.fromkeys(step.kind for step in body if len(set(step.tensors)) > 1)
    )  # fmt: skip


def _lines(
    body: Sequence[Step], taken: SymbolicTensor, name: str, given: SymbolicTensor
) -> tuple[list[str], str]:
    """Return the steps as lines, and the name of the tensor `given`; `name` is that of `taken`."""
    names = {taken: name}
    left = _uses(body, given)
    lines = []
    for step in body:
        before, items = step.code(names)
        left.subtract(step.tensors)
        over = [tensor for tensor in step.tensors if not left[tensor] and names[tensor] != "inputs"]
        in_use = {names[tensor] for tensor in names if left[tensor] > 0}
        free = (each for each in chain(_NAMES, map("x{}".format, count(2))) if each not in in_use)
        names[step.gives] = names[over[0]] if over else next(free)
        comment = f"  # {step.shape}" if step.shape else ""
        lines += [
            *step.above, *bracketed(f"{names[step.gives]} = {before}", items, f"){comment}")
        ]  # fmt: skip
    return lines, names[given]


def _uses(body: Sequence[Step], given: SymbolicTensor) -> Counter[SymbolicTensor]:
    """Count the uses of each tensor; the one that is given in the end counts once more."""
    return Counter([given, *(tensor for step in body for tensor in step.tensors)])
