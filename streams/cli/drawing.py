"""`backtest --plot`: collects what is said of each case, and draws it when all is said."""

from pathlib import Path

from scoring.escalation import Escalation
from scoring.policy import Policy
from scoring.trace import Trace
from streams.cli.common import counted, writable, write
from streams.errors import UsageError
from streams.plot import svg
from streams.plot.story import stories

MOST = 40
"""Cases in one picture; the most urgent ones."""


class Drawing:
    """A picture to be; `said` are the messages of the cases that are drawn."""

    def __init__(self, path: Path, policy: Policy, trace: Trace) -> None:
        """Raises UsageError when nothing can be drawn there."""
        if path.suffix not in (".svg", ".html"):
            raise UsageError(f"--plot {path}: the name of a picture ends in .svg or .html")
        writable("--plot", path)
        self._path = path
        self._policy = policy
        self._trace = trace
        self.said: list[Escalation] = []

    def write(self, name: str) -> str:
        """Writes the picture of the cases of the file `name`; returns what to tell of it.

        Raises UsageError.
        """
        found = stories(self.said, self._trace, self._policy)
        title = f"{name}, decided by {self._policy.label}"
        text = svg.picture(found[:MOST], title)
        if self._path.suffix == ".html":
            text = svg.page(text, title)
        write("--plot", self._path, text)
        left = f"; {counted(len(found) - MOST, 'less urgent case')} left out, see --case"
        drawn = counted(min(len(found), MOST), "case")
        return f"{drawn} drawn in {self._path}{left if len(found) > MOST else ''}"
