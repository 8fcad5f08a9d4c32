"""From a published text to token ids: light cleaning, tokenizing, head-and-tail truncation."""

import html
import re
from collections.abc import Sequence
from typing import TypeVar
from weakref import WeakKeyDictionary

from tokenizers import Encoding, Tokenizer

from models.unseen import Unseen

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_STRETCH = re.compile(r"(.)\1{4,}", re.DOTALL)
_TAIL_SHARE = 4

T = TypeVar("T")


def clean(text: str) -> str:
    """The text as the network reads it.

    Case, emojis, handles and hashtags carry meaning and stay; addresses of pages become `http`,
    runs of one character are cut to four and white space to one blank.
    """
    text = _URL.sub("http", html.unescape(text))
    return _STRETCH.sub(lambda run: run.group(1) * 4, _SPACE.sub(" ", text)).strip()


def encode(tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
    """Token ids per text, `<s>` and `</s>` included, at most `max_tokens` of them.

    A long text keeps its beginning and its last quarter: complaints open with what happened and
    often end with the anger. No token is the unknown one.
    """
    encodings = _encodings(tokenizer, [clean(text) for text in texts])
    return [_kept(encoding.ids, max_tokens) for encoding in encodings]


def offsets(tokenizer: Tokenizer, text: str, max_tokens: int) -> list[tuple[int, int]]:
    """First character in `clean(text)` of each token of `encode`, and the one after its last.

    Both are 0 for `<s>` and `</s>`.
    """
    cleaned = clean(text)
    (encoding,) = _encodings(tokenizer, [cleaned])
    kept = _kept(encoding.offsets, max_tokens)
    unseen = _unseen[tokenizer]
    if unseen.unknown not in tokenizer.encode(cleaned).ids:
        return kept
    put = [unseen.mended(char) for char in cleaned]
    origins = [at for at, chars in enumerate(put) for _ in chars]
    return [(origins[a], origins[b - 1] + 1) if b > a else (0, 0) for a, b in kept]


def _encodings(tokenizer: Tokenizer, cleaned: Sequence[str]) -> list[Encoding]:
    if tokenizer not in _unseen:
        _unseen[tokenizer] = Unseen(tokenizer)
    unseen = _unseen[tokenizer]
    return [
        tokenizer.encode(unseen.mended(text)) if unseen.unknown in encoding.ids else encoding
        for text, encoding in zip(cleaned, tokenizer.encode_batch(cleaned), strict=True)
    ]


_unseen: "WeakKeyDictionary[Tokenizer, Unseen]" = WeakKeyDictionary()


def _kept(tokens: list[T], max_tokens: int) -> list[T]:
    if len(tokens) <= max_tokens:
        return tokens
    tail = max_tokens // _TAIL_SHARE
    return tokens[: max_tokens - tail] + tokens[-tail:]
