"""`backtest --html`: collects what is published and said, and writes the report when all is."""

from pathlib import Path

from scoring.escalation import Escalation
from scoring.policy import Policy
from scoring.scored import Scored
from scoring.trace import Trace
from streams.cli.common import counted, writable, write
from streams.cli.group import version
from streams.errors import UsageError
from streams.report.words import LANGUAGES
from streams.sinks import settings as sinks

__all__ = ["LANGUAGES", "Reporting"]


class Reporting:
    """A report to be; `said` are the messages of the cases that it tells."""

    def __init__(
        self, path: Path, policy: Policy, file: Path | None, trace: Trace, lang: str | None
    ) -> None:
        """`file` is the policy's, which says what goes where. Raises UsageError, ConfigError."""
        from streams.report.gathered import Gathered

        if path.suffix not in (".html", ".htm"):
            raise UsageError(f"--html {path}: the name of a report ends in .html")
        writable("--html", path)
        self._path = path
        self._policy = policy
        self._tickets = sinks.load(file)
        self._trace = trace
        self._lang = lang
        self._gathered = Gathered()
        self.said: list[Escalation] = []

    def mention(self, scored: Scored) -> None:
        """One more mention."""
        self._gathered.mention(scored)

    def write(self, name: str, *, late: int, bad: int) -> str:
        """Writes the report on the file `name`; returns what to tell of it. Raises UsageError."""
        from streams.report.page import page, spoken, told
        from streams.report.words import word

        cases = told(self.said, self._gathered, self._trace, self._policy)
        every = len({said.case_id for said in self.said})
        lang = self._lang or spoken(self.said)
        text = page(
            cases,
            self._gathered,
            self._policy,
            self._tickets,
            name=word(lang, "stdin") if name == "-" else name,
            lang=lang,
            version=version(),
            left=every - len(cases),
            late=late,
            bad=bad,
        )
        write("--html", self._path, text)
        size = f"{len(text.encode()) / 1000:,.0f} kB"
        return f"{counted(len(cases), 'case')} told in {self._path} ({size})"
