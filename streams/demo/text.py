"""Texts of strangers, made fit for a terminal."""

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
DAY_S = 86_400


def plain(text: str) -> str:
    """One line without control characters: a mention must not steer the terminal."""
    clean = "".join(" " if unicodedata.category(c) in _UNSAFE else c for c in text)
    return " ".join(clean.split())


def reasons(headline: str) -> str:
    """A headline without its level, brand and score, which stand in columns of their own."""
    return plain(headline.partition("%: ")[2] or headline)


def story_clock(seconds: float) -> str:
    """`day 3 14:05` after so many seconds of the story."""
    day, rest = divmod(int(max(0.0, seconds)), DAY_S)
    return f"day {day + 1} {rest // 3600:02d}:{rest % 3600 // 60:02d}"


def people(count: float) -> str:
    """`850`, `12k` or `1.3M`."""
    if count < 10_000:
        return f"{count:.0f}"
    return f"{count / 1000:.0f}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"


def lasting(seconds: float) -> str:
    """`40 min`, `5 h` or `3 d`."""
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 2 * DAY_S else f"{seconds / DAY_S:.0f} d"
