"""How the demo is told to end: Ctrl-C, SIGTERM, or its terminal is closed."""

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Ending:
    """`with Ending() as ending:` sets `ending.event` on each of the signals, and raises nothing.

    An error in the middle of starting a process would leave the process behind. Main thread only.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self._before: dict[signal.Signals, object] = {}
        # Asked now: a terminal that is gone no longer says that it is one.
        self._terminal = [stream for stream in (0, 1, 2) if os.isatty(stream)]

    def __enter__(self) -> Self:
        """Listens; a signal that is ignored (nohup) stays so."""
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Puts back what was there."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == getattr(signal, "SIGHUP", None):
            self._forget_terminal()
        self.event.set()

    def _forget_terminal(self) -> None:
        # Writing to a terminal that is gone is an error, and would come in the way of the end.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in self._terminal:
            os.dup2(nowhere, stream)
        os.close(nowhere)
