"""Names of classes that the eye takes for one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

LOOKS = "in capitals, spaces or the coding of a letter alone"
"""What the eye passes over in names."""


def without_looks(name: str) -> str:
    """Return a name without what the eye passes over; a lone letter keeps its case."""
    bare = " ".join(unicodedata.normalize("NFKC", name).split())
    return bare if len(bare) == 1 else bare.casefold()


def look_alikes(unknown: Iterable[object], known: Iterable[object]) -> str:
    """Return words on the known names that some unknown ones are meant to be, after those."""
    looks = {without_looks(str(name)): str(name) for name in known}
    alike = [looks[look] for look in map(without_looks, map(str, unknown)) if look in looks]
    if not alike:
        return ""
    return f" ({', '.join(map(repr, alike))} differ{'s' * (len(alike) == 1)} {LOOKS})"
