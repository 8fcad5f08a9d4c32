"""Counts what a way of masking hides and spares, over marked messages."""

import re
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from benchmarks.personal.messages import Message

Mask = Callable[[str, str], str]
"""From text and brand to masked text."""
BRAND = "skylark-air"
_WORD = re.compile(r"\w+")


class Count(msgspec.Struct):
    """Of `all` things of a kind, `right` were treated as they should; the others are listed."""

    all: int = 0
    right: int = 0
    wrong: list[str] = []

    def add(self, right: bool, told: str) -> None:
        """One more."""
        self.all += 1
        self.right += right
        if not right:
            self.wrong.append(told)

    @property
    def share(self) -> float:
        """Share that is right, 1 of none."""
        return self.right / self.all if self.all else 1.0


class Found(msgspec.Struct):
    """Recall by kind of personal data, what was spared by kind of near-miss, and stray words.

    Something is masked when none of its words is left, and spared when it stands there whole.
    `stray` counts the other words that were masked, of `words`.
    """

    recall: dict[str, Count] = {}
    spared: dict[str, Count] = {}
    words: int = 0
    stray: int = 0

    @property
    def precision(self) -> float:
        """Of the marked things that were masked, the share that had to be."""
        hit = sum(count.right for count in self.recall.values())
        wrong = sum(count.all - count.right for count in self.spared.values())
        return hit / (hit + wrong) if hit + wrong else 1.0


def measure(messages: Iterable[Message], mask: Mask) -> Found:
    """Masks each message and compares."""
    found = Found()
    for message in messages:
        masked = mask(message.text, BRAND)
        left, ought = _words(masked), _words(message.bare)
        extra = left - ought
        for private in message.private:
            count = found.recall.setdefault(private.kind, Count())
            count.add(not (_words(private.words) & extra), f"{message.text} -> {masked}")
        touched: Counter[str] = Counter()
        for plain in message.plain:
            count = found.spared.setdefault(plain.kind, Count())
            spared = plain.words in masked
            count.add(spared, f"{message.text} -> {masked}")
            touched += Counter() if spared else _words(plain.words)
        found.words += ought.total()
        found.stray += (ought - left - touched).total()
    return found


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))
