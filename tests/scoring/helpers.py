"""Mentions with their scores, said directly: no model is asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from scoring import case as cases
from scoring.case import Case
from scoring.escalation import Escalation
from scoring.mention import Author, Kind, Mention, Role
from scoring.policy import Policy, default
from scoring.scored import Scored, TextScores

START = datetime(2013, 9, 2, 12, tzinfo=UTC)
HOUR = 3600.0
POLICY = default()
BRAND = "skylark-air"


def mention(
    id: str = "root",
    after: float = 0.0,
    *,
    by: str | None = "ann",
    role: Role = Role.CUSTOMER,
    followers: int = 0,
    kind: Kind | None = Kind.POST,
    thread: str | None = "root",
    text: str | None = None,
    **changes: Any,
) -> Mention:
    """A mention `after` so many seconds, in the conversation `thread` (None: one of its own)."""
    author = Author(id=by, role=role, followers=followers) if by is not None else None
    fields: dict[str, Any] = {
        "id": id,
        "brand": BRAND,
        "text": f"words of {id}" if text is None else text,
        "created_at": START + timedelta(seconds=after),
        "channel": "twitter",
        "kind": kind,
        "conversation_id": thread,
        "author": author,
    }
    return Mention(**fields | changes)


def scores(
    complaint: float = 0.0,
    anger: float = 0.0,
    fact: float = 0.0,
    denial: float = 0.0,
    sharing: float = 0.0,
) -> TextScores:
    """What a text says."""
    return TextScores(
        complaint=complaint,
        anger=anger,
        objective_fact=fact,
        corporate_denial=denial,
        influencer_sharing=sharing,
    )


FURIOUS = scores(complaint=0.95, anger=0.9, fact=0.9)
"""A grave, angry complaint with a fact to check."""
CONTENT = scores()
"""Nothing against anybody."""
DENIAL = scores(denial=0.9)
"""The brand denies."""


def scored(what: Mention, said: TextScores = CONTENT, **changes: Any) -> Scored:
    """The mention with its scores."""
    return Scored(mention=what, scores=said, lang="en", model="none@0", **changes)


def complaint(id: str = "root", after: float = 0.0, **changes: Any) -> Scored:
    """A furious complaint."""
    return scored(mention(id, after, **changes), FURIOUS)


def answer(id: str, after: float, said: TextScores = CONTENT, **changes: Any) -> Scored:
    """The brand answers."""
    changes = {"kind": Kind.REPLY, "by": "desk", "role": Role.BRAND} | changes
    return scored(mention(id, after, **changes), said)


def share(id: str, after: float, **changes: Any) -> Scored:
    """Somebody passes the root on, without a word."""
    changes = {"kind": Kind.SHARE, "text": "", "parent_id": "root", "by": id} | changes
    return scored(mention(id, after, **changes))


def seconds(after: float) -> float:
    """Event time `after` so many seconds."""
    return START.timestamp() + after


def told(events: list[Scored], policy: Policy = POLICY) -> tuple[Case, list[Escalation]]:
    """One conversation, folded in the order given."""
    case = cases.begin(events[0].mention)
    said: list[Escalation] = []
    for event in events:
        case, more = cases.fold(case, event, policy)
        said += more
    return case, said


def rest(case: Case, policy: Policy = POLICY) -> tuple[Case, list[Escalation]]:
    """Lets the clock run on until nothing is to come."""
    said: list[Escalation] = []
    while (due := cases.deadline(case, policy)) != cases.NEVER:
        case, more = cases.advance(case, due, policy)
        said += more
    return case, said


def policy_with(**changes: Any) -> Policy:
    """The default policy with other values: `levels__quiet_s=60`."""
    values = msgspec.to_builtins(POLICY)
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner = values
        for parent in parents:
            inner = inner[parent]
        inner[last] = value
    return msgspec.convert(values, Policy)


STEADY = policy_with(
    levels__watch__score=0.27,
    levels__respond__score=0.4,
    levels__escalate__score=0.55,
    levels__crisis__score=0.88,
    weights__baseline=-3.84,
    weights__anger=1.09,
    weights__objective_fact=1.25,
    weights__corporate_denial=1.62,
    weights__fact_denied=0.73,
    weights__silence=0.2,
    weights__complainants=0.5,
    weights__audience=0.44,
    weights__influencer=0.95,
    weights__forecast=0.4,
    weights__explosive=0.8,
    weights__media_coverage=1.98,
    weights__calm=-0.63,
)
"""A policy that no fit moves, for tests that need a certain level."""

EARLY = policy_with(
    levels__watch__score=0.2,
    levels__respond__score=0.35,
    levels__escalate__score=0.5,
    levels__crisis__score=0.7,
)
"""The weights that ship, and levels that no fit moves, for tests that need a case to open."""
