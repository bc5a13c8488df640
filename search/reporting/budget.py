"""Descriptions of what a study's runs were trained on, for how long and with what.

All that the reports read of a study's settings and data facts is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import Any

from search.reporting.formatting import counted, listed
from search.results import ACCURACY, Results


def describe_budget(results: Results) -> str:
    """Describe data, epochs, batch and network of the runs, as far as the study says."""
    settings, data = results.settings, results.data
    parts = []
    if "data" in settings:
        path = PurePath(str(settings["data"]))
        parts.append(path.name if path.is_absolute() else str(path))
    if {"train", "validation", "test", "image_shape"} <= data.keys():
        split = f"{data['train']} training, {data['validation']} validation, {data['test']} test"
        parts = [" ".join([*parts, f"({split} {results.things} of {_size(data)})"])]
    if (epochs := settings.get("epochs")) is not None:
        parts.append(counted(epochs, "epoch"))
    sizes = ("width", "depth")
    if network := settings.get("network"):
        parts.append(f"network {PurePath(network['at']).name}")
        sizes = network["keywords"]
    parts += [
        f"{'batch' if name == 'batch_size' else name} {settings[name]:g}"
        for name in ("batch_size", *sizes)
        if name in settings
    ]
    if (precision := settings.get("precision", "float32")) != "float32":
        parts.append(precision)
    if results.objective.key not in ("", ACCURACY.key):
        parts.append(f"objective {results.objective.key}")
    return ", ".join(parts) or "budget unknown: the study does not say"


def short_budget(results: Results) -> str:
    """Describe epochs and training images alone: "12 epochs on 1,000 training images".

    Empty where the study says neither.
    """
    epochs, train = results.settings.get("epochs"), results.data.get("train")
    return " on ".join(
        [
            *([counted(epochs, "epoch")] if epochs is not None else []),
            *([f"{train:,} training {results.things}"] if train is not None else []),
        ]
    )


def left_out(results: Results) -> list[str]:
    """Name the techniques that change a stage which the user's network does not call."""
    network, names = results.settings.get("network"), results.settings.get("left_out")
    if not network or not names:
        return []
    return [
        f"{listed(names)} {'are' if len(names) > 1 else 'is'} left out: the network "
        f"{PurePath(network['at']).name} does not call the stage that "
        f"{'each' if len(names) > 1 else 'it'} changes."
    ]


def provenance(results: Results) -> str:
    """Say when a report was written, and with which versions its runs were made."""
    versions = ", ".join(f"{name} {number}" for name, number in results.versions.items())
    made = f"Written by kouka on {date.today().isoformat()}."
    return f"{made} Runs made with {versions}." if versions else made


def _size(data: Mapping[str, Any]) -> str:
    if sound := data.get("sound"):
        return (
            f"{sound['seconds']:.2g} s at {sound['rate'] / 1000:g} kHz as {sound['bands']} mel "
            f"bands × {sound['frames']} frames"
        )
    return "×".join(str(length) for length in data["image_shape"])
