"""A quote of few words with some of those around it, so that it means something by itself."""

SHORT = 24
"""Characters below which a quote is widened."""
_AROUND = 45
"""Characters taken from each side, at most."""


def widened(quote: str, words: str) -> str:
    """`quote` as it stands in `words`; as it is when it is long enough, or not among them."""
    at = words.find(quote)
    if not quote or len(quote) >= SHORT or at < 0:
        return quote
    end = at + len(quote)
    left, right = words[max(0, at - _AROUND) : at], words[end : end + _AROUND]
    if at > _AROUND:
        left = "…" + left.partition(" ")[2]
    if end + _AROUND < len(words):
        right = right.rpartition(" ")[0] + "…"
    return f"{left}{quote}{right}".strip()
