"""One conversation, told as it might happen."""

import msgspec
import pytest

from scoring import case as cases
from scoring.assessment import assess
from scoring.escalation import Escalation, Status, encode
from scoring.evidence import MOST_AUTHORS
from scoring.levels import Level
from scoring.mention import Attachment, AttachmentType, Engagement, Kind, Mention, Role
from scoring.scored import Scored
from tests.scoring.helpers import (
    CONTENT,
    DENIAL,
    FURIOUS,
    HOUR,
    POLICY,
    STEADY,
    answer,
    complaint,
    mention,
    rest,
    scored,
    scores,
    seconds,
    share,
    told,
)


def signals(said: Escalation) -> dict[str, float]:
    return {term.signal: term.weight for term in said.why}


def story(*events: Scored) -> list[Escalation]:
    case, said = told(list(events))
    return said + rest(case)[1]


def test_thanks_are_no_case() -> None:
    assert story(scored(mention(), CONTENT), answer("a", 60)) == []


def test_a_grave_complaint_that_is_denied_and_spreads_becomes_a_crisis() -> None:
    said = story(
        complaint(followers=400, promoted=True),
        answer("a1", 2 * HOUR, DENIAL),
        complaint("c2", 3 * HOUR, kind=Kind.REPLY),
        *(share(f"s{n}", 3 * HOUR + 60 * n, followers=5_000) for n in range(12)),
        share("press", 5 * HOUR, role=Role.MEDIA, followers=400_000),
    )
    levels = [s.level for s in said if s.status is not Status.RESOLVED]
    assert max(levels, key=lambda level: level.rank) is Level.CRISIS
    crisis = next(s for s in said if s.level is Level.CRISIS)
    expected = {"promotion", "corporate_denial", "objective_fact", "fact_denied", "forecast"}
    assert expected <= set(signals(crisis))
    assert said[-1].status is Status.RESOLVED
    assert said[-1].level is Level.CRISIS


def test_silence_alone_makes_it_worse_and_an_answer_better() -> None:
    case, _ = told([complaint()])
    early, late = (assess(case.evidence, seconds(hours * HOUR), POLICY) for hours in (0, 6))
    silence = {term.signal: term.weight for term in late.why}["silence"]
    assert early.silence_s == 0
    assert late.silence_s == 6 * HOUR
    assert silence > 0
    answered, _ = told([complaint(), answer("a", HOUR)])
    after = assess(answered.evidence, seconds(6 * HOUR), POLICY)
    assert after.silence_s == 0
    assert after.score < late.score


def test_the_first_author_content_after_an_answer_ends_it() -> None:
    said = story(
        complaint(promoted=True),
        complaint("c2", HOUR),
        answer("a", 2 * HOUR),
        scored(mention("thanks", 3 * HOUR, kind=Kind.REPLY), CONTENT),
    )
    assert said[-1].status is Status.RESOLVED
    assert "satisfied" in signals(said[-1])


def test_a_flare_after_the_end_is_the_next_episode() -> None:
    first = [complaint(), complaint("c2", HOUR, promoted=True)]
    case, said = told(first)
    case, more = rest(case)
    assert [s.episode for s in said + more] == [1] * len(said + more)
    assert (said + more)[-1].status is Status.RESOLVED
    late = case.clock - seconds(0) + HOUR
    again: list[Escalation] = []
    for event in (complaint("c3", late), answer("a", late + 60, DENIAL)):
        case, said = cases.fold(case, event, POLICY)
        again += said
    assert again[0].status is Status.OPEN
    assert again[0].episode == 2
    assert again[0].opened_at == first[0].mention.created_at


def test_a_brand_that_flares_it_up_again_after_days_gets_an_end_as_well() -> None:
    case, _ = told([complaint(promoted=True)], STEADY)
    case, _ = rest(case, STEADY)
    assert not case.standing.open
    later = case.clock - seconds(0) + 30 * HOUR
    shown = Engagement(shares=20_000)
    counter = mention("e", later, kind=Kind.ENGAGEMENT, parent_id="root", engagement=shown)
    case, said = cases.fold(case, answer("a", later - 60, DENIAL), STEADY)
    case, more = cases.fold(case, scored(counter), STEADY)
    assert next(s.status for s in said + more) is Status.OPEN
    assert [s.status for s in rest(case, STEADY)[1]].count(Status.RESOLVED) == 1


def test_a_late_mention_is_a_fact_and_no_alarm() -> None:
    case, said = cases.fold(
        cases.begin(mention()),
        complaint(promoted=True),
        POLICY,
        late=True,
        decided=seconds(5 * HOUR),
    )
    assert said == []
    assert case.evidence.mentions == 1
    assert cases.advance(case, seconds(5 * HOUR), POLICY)[1] == []
    assert all(s.at.timestamp() > seconds(5 * HOUR) for s in rest(case)[1])


def test_a_null_kind_is_a_post() -> None:
    plain, null = (told([complaint(kind=kind)])[0].evidence for kind in (Kind.POST, None))
    assert plain == null


def test_the_audience_of_a_brands_own_post_is_everybody_else() -> None:
    own = scored(mention(by="desk", role=Role.BRAND, followers=900_000), CONTENT)
    crowd = [complaint(f"c{n}", 60.0 + n, by=f"u{n}", followers=30_000) for n in range(10)]
    evidence = told([own, *crowd])[0].evidence
    assert evidence.outside_reach == evidence.reach == 300_000


def test_an_author_counts_once_with_the_most_followers_seen() -> None:
    posts = [complaint(f"c{n}", n, by="ann", followers=n) for n in (10, 500, 0)]
    evidence = told([complaint(followers=3), *posts])[0].evidence
    assert (evidence.authors, evidence.reach, evidence.outside_reach) == (1, 500, 0)


def test_a_conversation_of_thousands_stays_small() -> None:
    case = cases.begin(mention())
    case, _ = cases.fold(case, complaint(), POLICY)
    largest = 0
    for number in range(3 * MOST_AUTHORS):
        event = share(f"s{number}", 1.0 + number, followers=100)
        case, _ = cases.fold(case, event, POLICY)
        largest = max(largest, len(msgspec.msgpack.encode(case))) if number % 512 == 0 else largest
    assert largest < 40_000
    assert 2700 < case.evidence.authors < 3500
    assert 270_000 < case.evidence.reach < 350_000
    assert case.evidence.shares == 3 * MOST_AUTHORS


def test_counters_of_the_root_count_and_those_of_replies_do_not() -> None:
    root = complaint(engagement=Engagement(shares=3))
    fresh = scored(
        mention("e", 60, kind=Kind.ENGAGEMENT, parent_id="root", text="",
                engagement=Engagement(shares=250))
    )  # fmt: skip
    other = complaint("c", 30, engagement=Engagement(shares=9_000))
    evidence = told([root, other, fresh])[0].evidence
    assert evidence.shares == 250


def test_a_picture_is_proof_only_of_a_complaint() -> None:
    image = (Attachment(type=AttachmentType.IMAGE),)
    assert told([complaint(attachments=image)])[0].evidence.proof
    proof = told([scored(mention(attachments=image), CONTENT)])[0].evidence.proof
    assert all(voice.value == 0 for voice in proof)


def last_quotes(*events: Scored) -> set[str | None]:
    case, _ = told(list(events))
    found = assess(case.evidence, case.clock, POLICY)
    return {term.quote for term in found.why}


def edit(id: str, after: float, text: str, parent: str = "root", by: str = "ann") -> Scored:
    return scored(mention(id, after, kind=Kind.EDIT, parent_id=parent, text=text, by=by), FURIOUS)


def test_an_edit_replaces_the_words() -> None:
    quotes = last_quotes(complaint(text="first words"), edit("e", 60, "second words"))
    assert "first words" not in quotes
    assert "second words" in quotes


def test_of_two_edits_the_newer_counts_even_if_it_comes_first() -> None:
    events = [complaint(text="one"), edit("e1", 60, "two"), edit("e2", 120, "three")]
    for order in ((0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)):
        quotes = last_quotes(*(events[n] for n in order))
        assert "three" in quotes
        assert not {"one", "two"} & quotes


def test_an_edit_by_the_brand_is_the_brands_word() -> None:
    case, _ = told([
        complaint(),
        answer("a", 60),
        scored(
            mention("e", 120, kind=Kind.EDIT, parent_id="a", by="desk", role=Role.BRAND), DENIAL
        ),
    ])  # fmt: skip
    assert case.evidence.brand_denial[0].value == 0.9
    assert [voice.mention_id for voice in case.evidence.complaint] == ["root"]


def test_a_brand_that_deletes_erases_nothing_and_is_counted() -> None:
    deleted = scored(
        mention("d", 60, kind=Kind.DELETION, parent_id="root", by="desk", role=Role.BRAND, text="")
    )
    case, _ = told([complaint(text="the sole has a hole"), deleted])
    assert len(case.evidence.deletions) == 1
    assert b"the sole has a hole" in msgspec.json.encode(case)


def test_quotes_and_headline_are_masked() -> None:
    text = "my card 4111 1111 1111 1111 was charged, call me on 06 12 34 56 78, @jeanne_d"
    said = story(complaint(text=text, promoted=True), complaint("c2", HOUR, text=text))
    assert said
    for message in said:
        raw = encode(message)
        for secret in (b"4111", b"06 12", b"jeanne_d"):
            assert secret not in raw
    assert any("•••" in message.headline for message in said)


@pytest.mark.parametrize("lang", ["en", "fr", "de", "und", "fr-CA"])
def test_every_language_has_notes(lang: str) -> None:
    event = Scored(mention=mention(), scores=FURIOUS, lang=lang)
    case, _ = told([event])
    found = assess(case.evidence, seconds(HOUR), POLICY)
    french = lang.startswith("fr")
    assert any("colère" in term.note for term in found.why) is french


def test_other_brands_have_conversations_of_their_own() -> None:
    one, other = (cases.begin(mention(brand=brand)).case_id for brand in ("tellow", "kelvio"))
    assert (one, other) == ("tellow:root", "kelvio:root")


def test_advice_follows_the_evidence() -> None:
    said = story(
        complaint(promoted=True),
        scored(
            mention("d", HOUR, kind=Kind.DELETION, parent_id="root", by="desk", role=Role.BRAND)
        ),
        answer("a", 2 * HOUR, DENIAL),
    )
    raised = [s for s in said if s.status is not Status.RESOLVED]
    assert "restore-deleted-post" in raised[-1].advice
    assert said[-1].advice == ()
    assert all(len(s.advice) <= 5 for s in said)


def test_mention_v1_is_what_the_helpers_say() -> None:
    assert isinstance(mention(), Mention)
    assert scores(0.5).complaint == 0.5
