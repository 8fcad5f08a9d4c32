"""The messages: what has to be masked and what has to stay, marked where it stands."""

import re
from pathlib import Path

import msgspec

FILE = Path(__file__).resolve().parent.parent / "data" / "personal.txt"
UNSEEN = "# written after the patterns"
"""The messages below this line were written when masking was done, and changed nothing in it."""
_MARK = re.compile(r"\[\[(\w+):(.+?)\]\]|\{\{(\w+):(.+?)\}\}")


class Marked(msgspec.Struct, frozen=True):
    """Words of a message, and what they are."""

    kind: str
    words: str


class Message(msgspec.Struct, frozen=True):
    """One message: `private` has to be masked whole, `plain` has to stay, `bare` is the rest."""

    lang: str
    text: str
    bare: str
    private: tuple[Marked, ...]
    plain: tuple[Marked, ...]
    unseen: bool = False


def read(file: Path = FILE) -> list[Message]:
    """The messages in order. Raises ValueError for a line without a language."""
    found, unseen = [], False
    for line in file.read_text("utf-8").splitlines():
        unseen = unseen or line.startswith(UNSEEN)
        if line.strip() and not line.startswith("#"):
            found.append(_message(line, unseen))
    return found


def _message(line: str, unseen: bool) -> Message:
    lang, bar, marked = line.partition("|")
    if not bar or lang not in ("en", "fr"):
        raise ValueError(f"no language: {line!r}")
    marks = list(_MARK.finditer(marked))
    return Message(
        lang=lang,
        text=_MARK.sub(lambda mark: mark[2] or mark[4], marked),
        bare=_MARK.sub(lambda mark: mark[4] or " ", marked),
        private=tuple(Marked(mark[1], mark[2]) for mark in marks if mark[1]),
        plain=tuple(Marked(mark[3], mark[4]) for mark in marks if mark[3]),
        unseen=unseen,
    )
