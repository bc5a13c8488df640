"""The sections of the report that show the user's own images."""

from __future__ import annotations

from collections.abc import Mapping

from model_space.pictures import Drawn, Picture, Strip
from search.analysis.recipe_tests import HardImage, RecipeTests
from search.reporting.findings import Findings
from search.reporting.section import Captioned, PictureRow, Section


def own_images(findings: Findings) -> Section | None:
    """Show training images as they are, and as each technique makes them; None without pictures."""
    data, strips = findings.results.data, findings.pictures.strips
    if data is None or not strips:
        return None
    numbers = {number for strip in strips for one in strip.images for number, _ in one.shares}
    if not numbers <= set(range(len(data.classes))):
        return None  # they are of other data
    things = data.things
    said = [
        f"Some training {things}, and what each technique alone makes of them. The networks learn "
        f"from these; validation and test {things} stay as they are. Each epoch draws anew."
    ]
    if data.sound is not None:
        said.append("A sound is an image of its mel bands: time runs to the right, pitch upwards.")
    if any(strip.mixes for strip in strips):
        said.append(f"Below {things} that are mixed stands what their label becomes.")
    return Section(
        f"Your {things}, as each technique makes them",
        " ".join(said),
        pictures=tuple(_row(strip, data.classes) for strip in strips),
    )


def wrong_images(findings: Findings) -> Section | None:
    """Show test images that the recommended recipe gets wrong; None without pictures of them."""
    pictures = {image.row: image.picture for image in findings.pictures.wrong}
    if findings.tested is None:
        return None
    things = findings.results.things
    return wrong_images_of(findings.tested, pictures, things, "the recommended recipe")


def wrong_images_of(
    tested: RecipeTests, pictures: Mapping[int, Picture], things: str, whose: str
) -> Section | None:
    """Show test images, given their pictures by row; `whose` names what gets them wrong."""
    shown = tuple(
        Captioned(pictures[one.row], _named(one, tested.runs), f"{one.own}, named {one.named}")
        for one in tested.hardest if one.row in pictures
    )  # fmt: skip
    if not shown:
        return None
    order = "The surest come first"
    if tested.runs > 1:
        order = "Those that most seeds name alike come first, the surest of these before others"
    return Section(
        f"Test {things} that {whose} gets wrong",
        "What each is by its label, what it is named instead, and the probability that the network "
        f"gives to that. {order}. Look for wrong labels among them, too.",
        pictures=(PictureRow("", shown),),
    )


def _named(one: HardImage, runs: int) -> str:
    seeds = f", {one.runs} of {runs} seeds" if runs > 1 else ""
    return f"{one.own} → {one.named} ({100 * one.probability:.0f} %{seeds})"


def _row(strip: Strip, classes: tuple[str, ...]) -> PictureRow:
    captioned = []
    for one in strip.images:
        label = _label(one, classes)
        told = strip.mixes or not strip.technique
        alternative = f"{label}, {strip.technique or 'as it is'}"
        captioned.append(Captioned(one.picture, label if told else "", alternative))
    return PictureRow(strip.technique or "as they are", tuple(captioned))


def _label(one: Drawn, classes: tuple[str, ...]) -> str:
    if len(one.shares) == 1:
        return classes[one.shares[0][0]]
    return ", ".join(f"{classes[number]} ({100 * share:.0f} %)" for number, share in one.shares)
