"""What the network predicts and what it is told; the order here is that of outputs and rows.

The first outputs are the signals of a message, the rest say what kind of answer a brand's message
is (which of `ANSWERS`; meaningful for brands alone).

Anger is ordinal (0 none, 1 irritation, 2 clear anger, 3 fury) and uses cumulative logits
P(grade >= 1), P(grade >= 2), P(grade >= 3), after Frank and Hall 2001, "A Simple Approach to
Ordinal Classification". The other heads are binary.
"""

ANGER_GRADES = 3
ANGER_POSITIVE_FROM = 2
BINARY_HEADS = ("objective_fact", "corporate_denial", "influencer_sharing", "complaint")
LOGITS = (*(f"anger>={grade}" for grade in range(1, ANGER_GRADES + 1)), *BINARY_HEADS)

HEADS = ("anger", *BINARY_HEADS)
"""The five heads as users see them; the logit that decides each is `LOGIT_OF_HEAD`."""
LOGIT_OF_HEAD = tuple(
    LOGITS.index(f"anger>={ANGER_POSITIVE_FROM}" if head == "anger" else head) for head in HEADS
)

ANSWERS = ("denial", "gesture", "solution", "request_details", "hand_off", "apology", "other")
"""Kinds of a brand's answer; where several fit, labels name the first in this order."""

OUTPUTS = (*LOGITS, *(f"answer={kind}" for kind in ANSWERS))

ROLES = ("unknown", "customer", "brand", "media", "influencer", "employee")
"""Author roles, as in Mention v1; whatever else is found counts as `unknown`."""


CHANNELS = (
    "other", "twitter", "facebook", "youtube", "blog", "website", "forum", "instagram", "tiktok",
    "reddit", "mastodon", "bluesky", "linkedin", "review", "news",
)  # fmt: skip
"""Channels, as in Mention v1; whatever else is found counts as `other`."""


def role_index(role: str) -> int:
    """Row of the role embedding for `role`."""
    return ROLES.index(role) if role in ROLES else 0


def channel_index(channel: str) -> int:
    """Row of the channel embedding for `channel`."""
    return CHANNELS.index(channel) if channel in CHANNELS else 0
