"""Pictures in an HTML page."""

from __future__ import annotations

import re
from html import escape as escape_quotes

from search.reporting.section import Captioned, PictureRow

_COARSE = 32
"""Pixels of a picture's side up to which its pixels are shown as squares, and not smoothed."""
_HELD = re.compile(r"(?<=\d) (?:to (?=[-+]?\d)|(?=%|[^\W\d_]))|(?<=[<>]) (?=\d)")
"""Spaces between a number and its unit, which may be any word of the user's, and in intervals."""


def escape(text: str) -> str:
    """Escape prose that stands between tags of HTML.

    No line ends within an interval, or between a number and the word after it, as its unit.
    """
    held = _HELD.sub(lambda found: found[0].replace(" ", "\u00a0"), text)
    return escape_quotes(held, quote=False)


def picture_row(row: PictureRow) -> str:
    """Render a row, which is broken where it is wider than the page."""
    title = f"<p class=row>{escape(row.title)}</p>" if row.title else ""
    return f"{title}<ul class=pictures>{''.join(map(_item, row.pictures))}</ul>"


def _item(one: Captioned) -> str:
    picture = one.picture
    caption = escape(one.caption)
    kind = " class=coarse" if max(picture.width, picture.height) <= _COARSE else ""
    return (
        f'<li><img{kind} src="{picture.url}" width={picture.width} height={picture.height} '
        f'alt="{escape_quotes(one.alternative)}">{caption}</li>'
    )
