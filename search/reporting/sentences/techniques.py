"""Sentences on a study's techniques: those of a new study by default, and those left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from model_space.techniques import NEED_WEIGHTS
from search.reporting.formatting import listed
from search.results import Results


def default_techniques(results: Results) -> str:
    """Say which techniques a new study takes where none are named, and why these."""
    settings = results.launched_with()
    names = ", ".join(settings.techniques)
    if (network := settings.custom_code.network) is not None and network.application is not None:
        return (
            f"Techniques: transfer, the set for networks of keras.applications where --techniques "
            f"names none: {names}."
        )
    if results.data is not None and results.data.sound is not None:
        return (
            f"Techniques: sound, the set for sounds where --techniques names none, as a turned, "
            f"mirrored or patched image of a sound is no sound: {names}."
        )
    said = f"Techniques: article, the set for images where --techniques names none: {names}."
    if "augmentation" not in settings.factors:
        return said
    return (
        f"{said} augmentation turns, shifts and mirrors images, and the study measures all three "
        "at once; where a mirrored image is another class's, as of digits and signs, name its "
        "parts instead: flip, shift, rotation."
    )


def left_out(results: Results) -> list[str]:
    """Name the techniques that change nothing in a network that is not the article's."""
    if results.settings is None:
        return []
    code, names = results.settings.custom_code, results.settings.left_out
    if not code.network or not names:
        return []
    name, lines = PurePath(code.network.at).name, []
    lack_weights = code.network.application and not code.weights
    weightless = [n for n in names if n in NEED_WEIGHTS and lack_weights]
    if weightless:
        lines.append(
            f"{_are(weightless)} left out: the study has no weights for {name} to begin with, so "
            "every run begins with random ones."
        )
    if uncalled := [n for n in names if n not in weightless]:
        lines.append(
            f"{_are(uncalled)} left out: the network {name} does not call the stage that "
            f"{'each' if len(uncalled) > 1 else 'it'} changes."
        )
    return lines


def _are(names: Sequence[str]) -> str:
    return f"{listed(names)} {'are' if len(names) > 1 else 'is'}"
