"""Conversations of every shape, for properties that hold of all of them."""

from typing import Any

from hypothesis import strategies as st

from scoring.mention import Attachment, AttachmentType, Engagement, Kind, Role
from scoring.scored import Scored, TextScores
from tests.scoring.helpers import mention, scored

AUTHORS: dict[str, Role] = {
    "ann": Role.CUSTOMER,
    "bob": Role.CUSTOMER,
    "cleo": Role.UNKNOWN,
    "star": Role.INFLUENCER,
    "gazette": Role.MEDIA,
    "clerk": Role.EMPLOYEE,
    "desk": Role.BRAND,
}
chances = st.sampled_from([0.0, 0.1, 0.29, 0.3, 0.49, 0.5, 0.7, 0.9, 1.0])
texts = st.builds(
    TextScores,
    complaint=chances,
    anger=chances,
    objective_fact=chances,
    corporate_denial=chances,
    influencer_sharing=chances,
    answer=st.sampled_from(["", "apology", "solution", "gesture", "hand_off", "other"]),
)
moments = st.one_of(st.integers(0, 20), st.integers(0, 7200), st.integers(0, 10 * 86_400))
_NO_TEXT = (Kind.SHARE, Kind.DELETION, Kind.ENGAGEMENT)


@st.composite
def events(draw: st.DrawFn, number: int) -> Scored:
    """The mention `m<number>`, or `root` for 0."""
    by = draw(st.sampled_from(sorted(AUTHORS)))
    kind = draw(st.sampled_from([Kind.POST, Kind.REPLY, Kind.REPLY, None, *Kind]))
    if number == 0:
        kind = Kind.POST
    changed = draw(st.sampled_from(["root", *(f"m{n}" for n in range(1, 6))]))
    changes: dict[str, Any] = {}
    if kind is Kind.ENGAGEMENT or draw(st.booleans()):
        changes["engagement"] = Engagement(shares=draw(st.integers(0, 500)))
    if draw(st.booleans()):
        changes["attachments"] = (Attachment(type=AttachmentType.IMAGE),)
    ident = f"m{number}" if number else "root"
    what = mention(
        ident,
        float(draw(moments)),
        by=None if draw(st.integers(0, 9)) == 0 else by,
        role=AUTHORS[by],
        followers=draw(st.sampled_from([0, 20, 300, 9_999, 10_000, 2_000_000])),
        kind=kind,
        parent_id=changed
        if kind in (Kind.SHARE, Kind.DELETION, Kind.EDIT, Kind.ENGAGEMENT)
        else None,
        promoted=draw(st.booleans()),
        text="" if kind in _NO_TEXT else f"<{ident}>" + draw(st.sampled_from(["", " by DM"])),
        **changes,
    )
    said = TextScores() if kind in _NO_TEXT else draw(texts)
    return scored(what, said)


@st.composite
def conversations(draw: st.DrawFn, most: int = 14) -> list[Scored]:
    """Mentions of one conversation in order of time; now and then its root was never seen."""
    first = draw(st.sampled_from([0, 0, 0, 1]))
    count = draw(st.integers(1, most))
    told = [draw(events(number)) for number in range(first, first + count)]
    return sorted(told, key=lambda event: (event.mention.at, event.mention.id))
