"""Opens the console in a browser, where there is one with a window."""

import os
import sys
import webbrowser

from scoring.escalation import Escalation
from streams.demo.show import Show


class _Opened:
    """A show that opens a browser as soon as the console is there."""

    def __init__(self, show: Show) -> None:
        self._show = show

    def phase(self, text: str) -> None:
        """Passed on."""
        self._show.phase(text)

    def broker(self, address: str) -> None:
        """Passed on."""
        self._show.broker(address)

    def open(self, console: str) -> None:
        """Opens it; a machine without a browser is none the worse."""
        self._show.open(console)
        try:
            webbrowser.open(console)
        except webbrowser.Error:
            return

    def said(self, escalation: Escalation) -> None:
        """Passed on."""
        self._show.said(escalation)


def opened(show: Show, wanted: bool | None) -> Show:
    """The show, with a browser when `wanted`; None: when there is a screen to open it on."""
    return _Opened(show) if (_screen() if wanted is None else wanted) else show


def _screen() -> bool:
    # Without one, Python would choose a browser for the terminal, which the board needs.
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
