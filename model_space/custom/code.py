"""Descriptions of the user's techniques and network: where their code and weights are, no code.

A study keeps them: another machine needs its own copy of the code, and the digest must agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from model_space.pretrained.catalogue import APPLICATIONS, Application
from model_space.pretrained.weights import Weights
from model_space.recipe import Recipe
from model_space.technique import Factor
from model_space.typed_json import JsonError, from_json


class CustomCodeError(ValueError):
    """The user's code cannot be used; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class CustomTechnique(Factor):
    """A technique of the user's own, without its code."""

    at: str
    """`FILE.py`, `FILE.py:NAME` or `PACKAGE.MODULE:NAME`; a file's path is absolute."""
    digest: str
    """Of the source file."""


@dataclass(frozen=True)
class CustomNetwork:
    """A network in place of the article's, without its code."""

    at: str
    """As in `CustomTechnique`, or the name of a network of `keras.applications`."""
    digest: str
    """Of the source file; empty where Keras has it."""
    keywords: tuple[str, ...]
    """The fields of a budget that the function takes: `width`, `depth`, both or none."""

    @property
    def application(self) -> Application | None:
        """The network of `keras.applications`; None for one of the user's own."""
        return next((one for one in APPLICATIONS if one.name == self.at), None)


@dataclass(frozen=True)
class CustomCode:
    """All code of the user's own in a study; false where there is none."""

    techniques: tuple[CustomTechnique, ...] = ()
    network: CustomNetwork | None = None
    """The article's network where it is None."""
    weights: Weights | None = None
    """The weights that a network of `keras.applications` may begin with, if there are any."""

    def __bool__(self) -> bool:
        return bool(self.techniques) or self.network is not None or self.weights is not None

    def technique(self, name: str) -> CustomTechnique | None:
        """Return the technique of that name, or None."""
        return next((one for one in self.techniques if one.name == name), None)

    def used_by(self, recipe: Recipe) -> CustomCode:
        """Return the network, the techniques that are on in a recipe, and the weights it needs."""
        used = tuple(one for one in self.techniques if one.name in recipe)
        return CustomCode(used, self.network, self.weights if "pretrained" in recipe else None)

    def updated(self, other: CustomCode) -> CustomCode:
        """Return this code with what `other` has in the place of the same names, or added."""
        techniques = {one.name: one for one in (*self.techniques, *other.techniques)}
        return CustomCode(
            tuple(techniques.values()),
            other.network or self.network,
            other.weights or self.weights,
        )

    def to_json(self) -> dict[str, object]:
        """Return `own`, techniques by name, `network` and `weights`, as a study's settings do."""
        return {
            "own": {one.name: asdict(one) for one in self.techniques},
            "network": None if self.network is None else asdict(self.network),
            "weights": None if self.weights is None else asdict(self.weights),
        }

    @classmethod
    def from_json(cls, value: object) -> CustomCode:
        """Read what `to_json` gave, among other keys; missing keys stand for nothing custom.

        Raises `JsonError`.
        """
        if not isinstance(value, Mapping):
            raise JsonError(f"custom code is {value!r}, not an object")
        own = value.get("own") or {}
        if not isinstance(own, Mapping):
            raise JsonError(f"custom code has own = {own!r}, not an object")
        network, weights = value.get("network") or None, value.get("weights") or None
        return cls(
            tuple(from_json(CustomTechnique, one, f"own.{name}") for name, one in own.items()),
            None if network is None else from_json(CustomNetwork, network, "network"),
            None if weights is None else from_json(Weights, weights, "weights"),
        )
