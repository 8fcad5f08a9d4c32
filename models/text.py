"""From a published text to token ids: light cleaning, tokenizing, head-and-tail truncation."""

import html
import re
from collections.abc import Sequence

from tokenizers import Tokenizer

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_STRETCH = re.compile(r"(.)\1{4,}", re.DOTALL)
_TAIL_SHARE = 4


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
    often end with the anger.
    """
    rows = []
    for encoding in tokenizer.encode_batch([clean(text) for text in texts]):
        ids = encoding.ids
        if len(ids) > max_tokens:
            tail = max_tokens // _TAIL_SHARE
            ids = ids[: max_tokens - tail] + ids[-tail:]
        rows.append(ids)
    return rows
