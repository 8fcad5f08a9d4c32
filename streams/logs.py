"""Logs: text on a terminal, JSON lines elsewhere, never a mention's text."""

import ipaddress
import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime

from aiohttp.http_exceptions import BadHttpMessage

from scoring.masking import mask
from streams import hidden
from streams.config import Settings

_OURS = re.compile(
    r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)|\b(?:offset|partition|port|pid) \d+\b"
    r"|\bcase [a-z0-9._-]{1,100}:[\w:-]{1,300}(?=[\s,;):.]|$))"
)
_LOUD = ("aiokafka", "faust", "mode", "kafka", "asyncio", "aiohttp", "streams.worker.application")


def masked(text: str) -> str:
    """`text` without secrets and personal data; addresses of one's own network, offsets and cases
    stay.

    An operator has to see where the console is, which broker does not answer, and which record or
    case it is about.
    """
    pieces = _OURS.split(hidden.hide(text))
    return "".join(
        piece if number % 2 and _ours(piece) else mask(piece) for number, piece in enumerate(pieces)
    )


def _ours(piece: str) -> bool:
    if " " in piece:
        return True
    try:
        return ipaddress.IPv4Address(piece).is_private
    except ValueError:
        return False


class Seldom(logging.Filter):
    """Lets a library say the same thing once in `EVERY_S`: a broker that is gone is said a lot."""

    EVERY_S = 30.0

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is ours, or new."""
        if not record.name.startswith(_LOUD):
            return True
        key = (record.name, str(record.msg))
        if record.created - self._said.get(key, 0.0) < self.EVERY_S:
            return False
        self._said[key] = record.created
        return True


def heeded(record: logging.LogRecord) -> bool:
    """Whether a record is one: not each request that is no HTTP, with its bytes, token included."""
    return not (record.exc_info and isinstance(record.exc_info[1], BadHttpMessage))


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        row = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            row["error"] = masked(self.formatException(record.exc_info))
        return json.dumps(row, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """Time, level and message for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, personal data masked."""
        return masked(super().format(record))


def set_up(settings: Settings) -> None:
    """Logs of this process to standard error; libraries only from warnings up."""
    as_text = settings.log_format == "text" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    handler = logging.StreamHandler()
    handler.addFilter(heeded)
    handler.addFilter(Seldom())
    handler.setFormatter(
        TextFormatter("%(asctime)s %(levelname)-7s %(message)s") if as_text else JsonFormatter()
    )
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    _take_the_rest()


def _take_the_rest() -> None:
    """What Python would print by itself is logged like all else: warnings, what nobody caught."""
    logging.captureWarnings(True)
    log = logging.getLogger(__name__)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            name = args.thread.name if args.thread else "a thread"
            log.error("%s ended with an error", name, exc_info=args.exc_value)

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error("an error nobody could be told of", exc_info=args.exc_value)

    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
