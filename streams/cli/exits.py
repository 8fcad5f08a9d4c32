"""How a command ends: one line on standard error for what a user can mend, and an exit code."""

import errno
import logging
import os
import sys
import traceback
from collections.abc import Callable
from types import TracebackType

import click

from models.errors import ModelError
from scoring.errors import ScoringError
from streams import hidden
from streams.errors import TocsinError
from streams.scorer import ADVICE, NEEDS

DONE = 0
FAILED = 1
MISUSED = 2
INTERRUPTED = 130
_EXTRAS = {"datasketch": "train", "matplotlib": "train"}
"""Modules that come with an extra of the package, not with the package itself."""


def run(command: Callable[[], object]) -> int:
    """The exit code of `command`: what it returns when that is a number, else by its error.

    An error that no user can mend is a bug and leaves with its traceback.
    """
    # kafka-python logs what it raises; the user gets that as one line already.
    logging.getLogger("kafka").addHandler(logging.NullHandler())
    _open_streams()
    sys.excepthook = _bug
    try:
        code = command()
        sys.stdout.flush()
    except TocsinError as error:
        return _say(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return MISUSED
    except click.ClickException as error:
        return _say(_usage(error), MISUSED)
    except (KeyboardInterrupt, click.Abort):
        # A terminal has shown ^C by now, without an end of line.
        click.echo(nl=sys.stderr.isatty(), err=True)
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `head` does. Python flushes once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except ModuleNotFoundError as error:
        if error.name in _EXTRAS:
            extra = f"`pip install 'tocsin[{_EXTRAS[error.name]}]'` brings it"
            return _say(f"{error.name} is missing: {extra}", MISUSED)
        if error.name not in NEEDS:
            raise
        return _say(f"this installation cannot score: {error.name} is missing; {ADVICE}", MISUSED)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
            raise
        return _say(f"the output cannot be written: {error.strerror}", FAILED)
    except (ModelError, ScoringError) as error:
        return _say(str(error), MISUSED)
    return code if isinstance(code, int) else DONE


def _open_streams() -> None:
    """A standard stream that was closed is as good as an empty one: nothing in, nothing out."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115 - lives as long as we do
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def _bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A traceback with neither secrets nor personal data: people paste them into reports."""
    from scoring.masking import mask  # its patterns take a while, and are rarely wanted here

    text = "".join(traceback.format_exception(kind, error, trace))
    click.echo(mask(hidden.hide(text)), err=True, nl=False)


def _usage(error: click.ClickException) -> str:
    text = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    if context is None or "--help" in text or "did you mean" in text.lower():
        return text
    return f"{text}; see `{context.command_path} --help`"


def _say(message: str, code: int) -> int:
    line = hidden.hide(" ".join(message.split()))
    click.echo(f"tocsin: {line}", err=True)
    return code
