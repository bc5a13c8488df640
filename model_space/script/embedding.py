"""Source code taken out of modules, with the definitions that it needs of them."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from model_space.custom.code import CustomCodeError

_PACKAGE = __name__.split(".")[0]
_PRAGMA = re.compile(r"  # (type: ignore|noqa)[^\n]*")


@dataclass
class Embedding:
    """Sources that are put into one script, each once, and the imports that they need."""

    imports: dict[str, str] = field(default_factory=dict)
    """The statement that imports a name."""
    future: bool = False
    """True where a module of the user's own has annotations that are not evaluated."""
    _owner: dict[str, str] = field(default_factory=dict)
    """The module of each name in the script."""

    def sources(self, *things: Any) -> list[str]:
        """Return the source of classes, functions and all that they need and the script lacks.

        A constant is given as its module and its name. The definitions of a module come in its
        own order, after those of kouka's other modules that it needs. Raises `CustomCodeError`
        where there is no source, or two names are the same.
        """
        wanted: dict[str, set[str]] = {}
        needs: dict[str, set[str]] = {}
        for thing in things:
            constant = isinstance(thing, tuple)
            module, name = thing if constant else (thing.__module__, thing.__qualname__)
            self._want(module, name, wanted, needs)
        order: list[str] = []
        for module in wanted:
            _after_what_it_needs(module, needs, order)
        return [
            _module(module).source(index)
            for module in order
            for index in sorted({_module(module).definitions[n] for n in wanted.get(module, ())})
        ]

    def _want(
        self, module: str, name: str, wanted: dict[str, set[str]], needs: dict[str, set[str]]
    ) -> None:
        """Add a name of a module, and the names that it needs."""
        if self._owner.get(name) == module:
            return
        source = _module(module)
        if name not in source.definitions:
            raise CustomCodeError(
                f"{name} of {module} cannot be written into a script: it is made within a "
                "function, so its source does not stand alone; define it at the top of its file"
            )
        if name in self._owner or name in self.imports:
            other = self._owner.get(name) or self.imports[name]
            raise CustomCodeError(
                f"{name} is the name of two things, of {module} and of {other}, and a script can "
                "hold one of them; rename the other"
            )
        self._owner[name] = module
        self.future = self.future or (source.future and module.split(".")[0] != _PACKAGE)
        wanted.setdefault(module, set()).add(name)
        for used in source.names(name):
            if used in source.definitions:
                self._want(module, used, wanted, needs)
            elif used in source.imports:
                statement, home, original = source.imports[used]
                if home.split(".")[0] == _PACKAGE:
                    needs.setdefault(module, set()).add(home)
                    self._want(home, original, wanted, needs)
                else:
                    self.imports[used] = statement


def _after_what_it_needs(module: str, needs: dict[str, set[str]], order: list[str]) -> None:
    if module not in order:
        for other in sorted(needs.get(module, ())):
            _after_what_it_needs(other, needs, order)
        order.append(module)


@cache
def _module(name: str) -> _Module:
    return _Module(name)


class _Module:
    """A module's source, by the names at its top."""

    def __init__(self, module: str) -> None:
        try:
            text = inspect.getsource(sys.modules[module])
        except (KeyError, OSError, TypeError) as error:
            raise CustomCodeError(
                f"the source of {module} cannot be read, so nothing of it can be written into a "
                "script"
            ) from error
        self._lines = text.splitlines()
        tree = ast.parse(text)
        self._body = tree.body
        self.future = any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in self._body
        )
        self.definitions: dict[str, int] = {}
        """The index in the module's body of each class, function and constant."""
        for index, node in enumerate(self._body):
            for name in _defined(node):
                self.definitions[name] = index
        self.imports: dict[str, tuple[str, str, str]] = {}
        """For each imported name: the statement, the module and the name there."""
        for each in ast.walk(tree):
            self.imports |= _imported(each)

    def names(self, name: str) -> set[str]:
        """Return the names that a definition uses."""
        node = self._body[self.definitions[name]]
        names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
        return {each.id for each in names if isinstance(each.ctx, ast.Load)} - {name}

    def source(self, index: int) -> str:
        """Return a definition's lines, with the comment above and the docstring of a constant."""
        node = self._body[index]
        decorators = getattr(node, "decorator_list", [])
        first = min(node.lineno, *(each.lineno for each in decorators), node.lineno)
        last = node.end_lineno or node.lineno
        while first > 1 and self._lines[first - 2].startswith("#"):
            first -= 1
        following = self._body[index + 1] if index + 1 < len(self._body) else None
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)) and _is_text(following):
            assert following is not None
            last = following.end_lineno or last
        imports = _lines_of_imports(node)
        kept = [
            line
            for number, line in enumerate(self._lines[first - 1 : last], first)
            if number not in imports and (line or number - 1 not in imports)
        ]
        return _PRAGMA.sub("", "\n".join(kept))


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    names = (each for target in targets for each in ast.walk(target))
    return [name.id for name in names if isinstance(name, ast.Name)]


def _imported(node: ast.AST) -> dict[str, tuple[str, str, str]]:
    imports = {}
    if isinstance(node, ast.Import):
        for alias in node.names:
            as_name = f" as {alias.asname}" if alias.asname else ""
            name = alias.asname or alias.name.split(".")[0]
            imports[name] = f"import {alias.name}{as_name}", alias.name, ""
    if isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
        for alias in node.names:
            as_name = f" as {alias.asname}" if alias.asname else ""
            name = alias.asname or alias.name
            imports[name] = (
                f"from {node.module} import {alias.name}{as_name}",
                node.module,
                alias.name,
            )
    return imports


def _is_text(node: ast.stmt | None) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _lines_of_imports(node: ast.stmt) -> set[int]:
    """Return the line numbers of imports in a definition, which go to the script's top."""
    lines: set[int] = set()
    for each in ast.walk(node):
        if isinstance(each, (ast.Import, ast.ImportFrom)):
            lines |= set(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    return lines
