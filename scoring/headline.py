"""One line for a pager, in the case's language, personal data masked."""

from collections.abc import Sequence

from scoring.escalation import MAX_HEADLINE, Status, Why
from scoring.levels import Level
from scoring.phrases import phrase

_REASONS = 2


def headline(
    lang: str, brand: str, status: Status, level: Level, score: float, why: Sequence[Why]
) -> str:
    """Level, brand, the strongest reasons, and the first quote that fits."""
    head = f"[{level.upper()}] {brand} {score:.0%}: "
    if status is Status.RESOLVED:
        return (head + phrase(lang, "resolved"))[:MAX_HEADLINE]
    reasons = [term for term in why if term.weight > 0]
    line = head + "; ".join(term.note for term in reasons[:_REASONS])
    quoted = next((term.quote for term in reasons if term.quote), None)
    if quoted and len(line) + 12 < MAX_HEADLINE:
        room = MAX_HEADLINE - len(line) - 5
        line += f' — "{quoted if len(quoted) <= room else quoted[: room - 1].rstrip() + "…"}"'
    return line[:MAX_HEADLINE]
