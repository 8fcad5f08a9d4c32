"""A page's console blocks as one session of a shell: each command, and what must come out of it."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "==walked=="


class Step(NamedTuple):
    """A command and the lines under it; `...` stands for anything, a line of it for any lines."""

    command: str
    expected: list[str]


def files(page: str) -> dict[str, str]:
    """The blocks that have a file's name for their title."""
    return {title: text for _, title, text in _FENCE.findall(page) if title}


def steps(page: str) -> list[Step]:
    """The commands of the page, from top to bottom."""
    found: list[Step] = []
    for language, _, text in _FENCE.findall(page):
        if language == "console":
            for line in text.splitlines():
                if line.startswith("$ "):
                    found.append(Step(line[2:], []))
                else:
                    found[-1].expected.append(line)
    return found


def walk(
    commands: list[str], folder: Path, environment: dict[str, str], timeout_s: float
) -> list[tuple[int, str]]:
    """Exit code and output of each command, run in one bash one after the other.

    Stops after the first that fails. What still runs at the end is ended.
    """
    script = ["trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT"]
    for command in commands:
        script += [command, f'code=$?; echo; echo "{_MARK} $code"; test $code = 0 || exit 1']
    shell = subprocess.Popen(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=timeout_s)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    ended = re.findall(rf"(.*?)\n?^{_MARK} (\d+)$", said, re.MULTILINE | re.DOTALL)
    return [(int(code), output) for output, code in ended]


def fits(expected: list[str], output: str) -> bool:
    """Whether the output is what the page shows."""
    lines = ["\n".join(expected)] if expected else ["..."]
    pattern = re.escape(lines[0]).replace(r"\.\.\.", "...")
    pattern = re.sub(
        r"^\.\.\.\n", r"(?:.*\\n)*?", pattern.replace("\\\n", "\n"), flags=re.MULTILINE
    )
    pattern = re.sub(r"^\.\.\.$", r"(?:.*\\n?)*", pattern, flags=re.MULTILINE)
    pattern = pattern.replace("...", ".*")
    return re.fullmatch(pattern, output.strip("\n")) is not None
