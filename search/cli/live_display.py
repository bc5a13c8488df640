"""The live display, which survives a change of the terminal's width."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from rich.console import Console, ConsoleRenderable, RenderableType
from rich.control import Control
from rich.live import Live

_MOST_KEPT = 50
"""Printed texts that are printed again."""


class LiveDisplay(Live):
    """A display that is drawn again four times a second below what is printed meanwhile.

    Where the terminal becomes narrower, it breaks the lines that stand there into more lines than
    were drawn, and what is drawn next would leave some of them. So a new width begins with an empty
    screen and what was printed before.
    """

    def __init__(self, console: Console, show: Callable[[], RenderableType]) -> None:
        super().__init__(console=console, get_renderable=show, transient=True, refresh_per_second=4)
        self._width = console.width
        self._printed: deque[ConsoleRenderable] = deque(maxlen=_MOST_KEPT)

    def refresh(self) -> None:
        """Draw the display; first clear the screen where its width has changed."""
        with self._lock:
            if self.console.width != self._width:
                self._width = self.console.width
                printed = list(self._printed)
                self._printed.clear()
                self.console.control(Control.clear(), Control.home())
                for text in printed:
                    self.console.print(text)
            super().refresh()

    def process_renderables(self, renderables: list[Any]) -> list[Any]:
        """Keep what is printed above the display."""
        self._printed.extend(one for one in renderables if not isinstance(one, Control))
        return super().process_renderables(renderables)
