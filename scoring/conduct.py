"""What a brand did about a complaint: it apologised, solved, made a gesture, passed it on, hid it.

Of each kind the first time counts, by the kind of answer that the model reads; a message that
denies is a denial and no apology. Denial after an admission contradicts it.
"""

import re
from enum import StrEnum

import msgspec

from scoring.scored import Scored

HOUR = 3600.0
_PROMPT_H = 2.0
_DENIES = 0.5
_PRIVATE = re.compile(
    r"\b(?:DMs?|PM|MP|D\.M\.|inbox)\b|(?i:\bprivate(?:ly| messages?)|direct messages?|"
    r"en privé|messages? privés?|messagerie privée)",
)


class Deed(StrEnum):
    """A kind of act of a brand."""

    APOLOGY = "apology"
    GESTURE = "gesture"
    HAND_OFF = "hand_off"
    OUT_OF_SIGHT = "out_of_sight"
    SOLUTION = "solution"


ADMITS = frozenset({Deed.APOLOGY, Deed.GESTURE, Deed.SOLUTION})
"""What a brand does that takes the complaint for true."""
AVOIDS = frozenset({Deed.HAND_OFF, Deed.OUT_OF_SIGHT})
"""What leaves the customer where they were."""


class Act(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """The first deed of its kind, at a time (seconds), by the id of its mention."""

    deed: Deed
    at: float
    mention_id: str


Acts = tuple[Act, ...]


def deed(scored: Scored) -> Deed | None:
    """What a brand's message does, None for neither good nor bad."""
    scores = scored.scores
    if scores.corporate_denial >= _DENIES:
        return None
    if scores.answer == Deed.HAND_OFF and _PRIVATE.search(scored.mention.text):
        return Deed.OUT_OF_SIGHT
    kind = scores.answer
    return Deed(kind) if kind in (*ADMITS, Deed.HAND_OFF) else None


def with_act(acts: Acts, act: Act) -> Acts:
    """The acts with one more, sorted; of a kind the earliest stays."""
    known = next((held for held in acts if held.deed == act.deed), None)
    if known is not None and known <= act:
        return acts
    return tuple(sorted((*(held for held in acts if held is not known), act)))


def act(acts: Acts, kind: Deed) -> Act | None:
    """The first act of a kind."""
    return next((held for held in acts if held.deed == kind), None)


def admitted(acts: Acts) -> Act | None:
    """The first act that takes the complaint for true."""
    return min((held for held in acts if held.deed in ADMITS), key=_when, default=None)


def promptness(since: float, at: float) -> float:
    """What an apology at `at` is worth to one who waits `since` (seconds): halved in two hours."""
    return 1 / (1 + max(0.0, at - since) / HOUR / _PROMPT_H)


def _when(held: Act) -> tuple[float, str]:
    return (held.at, held.mention_id)
