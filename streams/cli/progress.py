"""A progress bar on standard error: only on a terminal, and only when it is worth one."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PATIENCE_S = 2.0


class Progress:
    """`with Progress(total) as progress:`, then `advance(amount)`; shows after two seconds."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._started = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Starts the clock."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def advance(self, amount: int) -> None:
        """So much more is done."""
        self._done += amount
        if self._bar is None:
            if not sys.stderr.isatty() or time.monotonic() - self._started < PATIENCE_S:
                return
            self._show()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done)

    def total(self, total: int) -> None:
        """What there is to do became known."""
        self._total = total
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=total)

    def reach(self, done: int) -> None:
        """So much is done in all."""
        self.advance(done - self._done)

    def print(self, text: str) -> None:
        """One line on standard error, above the bar."""
        if self._bar is None:
            click.echo(text, err=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar

        self._bar = Bar(console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("working", total=self._total or None)
        self._bar.start()
