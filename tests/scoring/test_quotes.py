"""The telling phrase of a mention travels to the reasons of its escalations, masked."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scoring.assessment import assess
from scoring.escalation import Why
from scoring.masking import quote
from scoring.mention import Attachment, AttachmentType, Kind
from scoring.scored import Scored, decode_event, encode_event
from tests.scoring.helpers import (
    DENIAL,
    FURIOUS,
    HOUR,
    POLICY,
    answer,
    complaint,
    mention,
    scored,
    told,
)
from tests.scoring.test_incident import minutes, outage, run

TEXT = "Hello. The sole has a hole after two days, and you are thieves. Greetings."
QUOTES = {
    "anger": "you are thieves.",
    "objective_fact": "The sole has a hole",
    "complaint": "has a hole after two days",
    "corporate_denial": "that is normal wear",
}


def why(*events: Scored) -> dict[str, Why]:
    case, _ = told(list(events))
    return {term.signal: term for term in assess(case.evidence, case.clock, POLICY).why}


def test_each_reason_quotes_the_words_of_its_signal() -> None:
    image = (Attachment(type=AttachmentType.IMAGE),)
    terms = why(replace(complaint(text=TEXT, attachments=image), quotes=QUOTES))
    assert terms["anger"].quote == QUOTES["anger"]
    assert terms["objective_fact"].quote == terms["proof"].quote == QUOTES["objective_fact"]


def test_a_denial_is_quoted_whoever_reports_or_utters_it() -> None:
    said = answer("a", 60, DENIAL, text="Hello Ann, that is normal wear.")
    told_by_brand = why(complaint(), replace(said, quotes=QUOTES))
    assert told_by_brand["corporate_denial"].quote == "that is normal wear"
    reported = scored(mention(text="They say that is normal wear!"), FURIOUS)
    scores = replace(reported.scores, corporate_denial=0.9)
    told_by_ann = why(replace(reported, scores=scores, quotes=QUOTES))
    assert told_by_ann["corporate_denial"].quote == "that is normal wear"


def test_without_quotes_the_beginning_of_the_text_stands_for_them() -> None:
    old = json.loads(encode_event(complaint(text=TEXT)))
    assert "quotes" not in old
    event = decode_event(json.dumps(old).encode())
    assert isinstance(event, Scored)
    assert event.quotes == {}
    assert why(event)["anger"].quote == TEXT


def test_quotes_survive_the_log() -> None:
    event = replace(complaint(text=TEXT), quotes=QUOTES)
    assert decode_event(encode_event(event)) == event


def test_what_arrives_unmasked_leaves_masked() -> None:
    words = "card 4111 1111 1111 1111 of @jeanne_d"
    terms = why(replace(complaint(text=TEXT), quotes={"anger": words, "objective_fact": words}))
    assert terms["anger"].quote == "card ••• of @•••"
    assert b"4111" not in msgspec.json.encode(list(terms.values()))


@given(st.text(st.sampled_from("ab @.,-+()0123456789•… @é"), max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert quote(quote(text, "ab"), "ab") == quote(text, "ab")


def test_an_edit_replaces_the_quoted_words_and_a_deletion_removes_them() -> None:
    first = replace(complaint(text=TEXT), quotes=QUOTES)
    new = {"anger": "you are polite thieves."}
    edited = scored(mention("e", 60, kind=Kind.EDIT, parent_id="root", text="new"), FURIOUS)
    assert why(first, replace(edited, quotes=new))["anger"].quote == new["anger"]
    gone = scored(mention("d", HOUR, kind=Kind.DELETION, parent_id="root", text=""))
    assert {term.quote for term in why(first, gone).values()} == {None}


def test_an_incident_quotes_what_the_complaint_is() -> None:
    events = [replace(event, quotes=QUOTES) for event in outage(60)]
    _, said = run(minutes(events), rest=False)
    assert said
    terms = [term for message in said for term in message.why if term.quote]
    assert {term.quote for term in terms} == {QUOTES["complaint"]}
