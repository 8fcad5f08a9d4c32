"""Where the demo shows what happens: a live board on a terminal, plain lines elsewhere."""

import threading
from types import TracebackType
from typing import Protocol, Self

import click
from rich.console import Console
from rich.live import Live

from scoring.escalation import Escalation
from streams.demo.board import Frame
from streams.demo.script import Script
from streams.demo.tally import Tally
from streams.demo.text import plain, reasons

PER_S = 4
"""Pictures of the board a second."""


class Show(Protocol):
    """Told what happens, from any thread."""

    def phase(self, text: str) -> None:
        """What the demo does from now on."""

    def broker(self, address: str) -> None:
        """Where other commands find the same topics."""

    def open(self, console: str) -> None:
        """The console is there."""

    def said(self, escalation: Escalation) -> None:
        """An escalation was heard."""


class Lines:
    """One line on standard error for each thing worth one."""

    def __init__(self) -> None:
        self._phase = ""
        self._lock = threading.Lock()

    def phase(self, text: str) -> None:
        """Written when it changes."""
        if text != self._phase:
            self._phase = text
            self._write(f"tocsin: {text}")

    def broker(self, address: str) -> None:
        """Where the broker is."""
        self._write(f"tocsin: broker at {address} (TOCSIN_BROKER={address} tocsin ...)")

    def open(self, console: str) -> None:
        """Where the console is."""
        self._write(f"tocsin: console at {console}")

    def said(self, escalation: Escalation) -> None:
        """Level, brand and headline."""
        level = escalation.level if escalation.status != "resolved" else "resolved"
        self._write(f"{level:<8}  {plain(escalation.brand)}  {reasons(escalation.headline)}")

    def _write(self, text: str) -> None:
        with self._lock:
            click.echo(text, err=True)


class Board:
    """`with Board(script, tally) as board:` draws on the alternate screen of standard error."""

    def __init__(self, script: Script, tally: Tally) -> None:
        self._script = script
        self._tally = tally
        self._phase = ""
        self._console = ""
        self._broker = ""
        # A thread of its own draws: the main thread is for starting and ending processes.
        self._live = Live(
            console=Console(stderr=True, highlight=False),
            screen=True,
            refresh_per_second=PER_S,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self.frame,
        )

    def __enter__(self) -> Self:
        """Takes the screen."""
        self._live.start(refresh=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Gives the screen back."""
        self._live.stop()

    def frame(self) -> Frame:
        """The present picture."""
        return Frame(
            phase=self._phase,
            console=self._console,
            broker=self._broker,
            began=self._script.began,
            total=len(self._script.lines),
            view=self._tally.view(),
        )

    def phase(self, text: str) -> None:
        """Shown from the next picture on."""
        self._phase = text

    def broker(self, address: str) -> None:
        """Shown from the next picture on."""
        self._broker = address

    def open(self, console: str) -> None:
        """Shown from the next picture on."""
        self._console = console
        self._phase = "mentions arrive"

    def said(self, escalation: Escalation) -> None:
        """The board reads it from the tally."""
