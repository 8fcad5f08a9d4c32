"""Characters that the vocabulary lacks, put as the nearest that it has.

The base's vocabulary knows neither every emoji nor every letter; what it does not know would all
turn into one unknown piece. A letter loses its accents, a styled letter its style, an emoji is put
by what its Unicode name says of its mood, and what is left becomes a mark that means nothing.
"""

import unicodedata
from collections.abc import Callable
from functools import cache

from tokenizers import Tokenizer

NOTHING = "_"
_MOODS = (
    (("ANGRY", "POUTING", "RAGE", "SYMBOLS OVER MOUTH", "ANGER"), "😡"),
    (("CRY", "WEARY", "SAD", "FROWN", "PENSIVE", "ANGUISHED", "WORRIED", "TEAR", "HURT"), "😢"),
    (("LAUGH", "JOY", "GRIN", "SMIL", "PARTY", "HAPPY", "CLAP"), "😂"),
    (("HEART", "LOVE", "KISS", "HUG"), "❤"),
    (("VOMIT", "NAUSEA", "SICK", "MASK", "SKULL", "POISON"), "😷"),
    (("MIDDLE FINGER", "THUMBS DOWN"), "👎"),
    (("WARNING", "POLICE", "SIREN", "FIRE", "COLLISION", "BOMB"), "🔥"),
    (("NO GOOD", "CROSS MARK", "PROHIBITED", "NO ENTRY"), "❌"),
    (("FACE",), "😐"),
)


def nearest(char: str, known: Callable[[str], bool]) -> str:
    """The one character, known, that stands for `char`, so that places in a text stay."""
    plain = "".join(
        part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)
    )
    if plain != char and plain and known(plain[0]):
        return plain[0]
    name = unicodedata.name(char, "")
    for words, put in _MOODS:
        if any(word in name for word in words) and known(put):
            return put
    return NOTHING


class Unseen:
    """Puts what a tokenizer does not know as what it knows."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.unknown = tokenizer.token_to_id("<unk>")
        self._put = cache(self._look)

    def known(self, char: str) -> bool:
        """Whether a character has a piece of its own or in bytes of others."""
        return self.unknown not in self._tokenizer.encode(char, add_special_tokens=False).ids

    def mended(self, text: str) -> str:
        """The text with every unknown character put as the nearest known."""
        return "".join(map(self._put, text))

    def _look(self, char: str) -> str:
        return char if self.known(char) else nearest(char, self.known)
