"""Every way to break a mention has a name, and nothing else comes out of `decode`."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.decoding import MAX_BYTES, REASONS, check_not_future, decode
from scoring.errors import BadMentionError
from scoring.mention import MAX_COUNT, MAX_TEXT, Kind, Role

VALID: dict[str, Any] = {
    "id": "m-1",
    "brand": "skylark-air",
    "text": "Perdu ma valise ✈",
    "created_at": "2013-09-02T12:00:00Z",
    "channel": "twitter",
}
FULL: dict[str, Any] = VALID | {
    "kind": "reply",
    "conversation_id": "m-0",
    "parent_id": "m-0",
    "author": {"id": "7", "handle": "ann", "followers": 3, "verified": True, "role": "customer"},
    "url": "https://x.example/1",
    "lang": "fr-FR",
    "promoted": False,
    "attachments": [{"type": "image", "url": "https://x.example/i"}, {"type": "video"}],
    "engagement": {"shares": 1, "likes": 2, "replies": 3, "views": 4},
}


def raw(**changes: Any) -> bytes:
    return json.dumps(FULL | changes, ensure_ascii=False).encode()


def spliced(tail: str) -> bytes:
    """A valid mention with more fields, written as they stand."""
    return json.dumps(VALID)[:-1].encode() + b"," + tail.encode() + b"}"


def reason(broken: bytes) -> str:
    with pytest.raises(BadMentionError) as caught:
        decode(broken)
    assert caught.value.reason in REASONS
    assert caught.value.detail
    assert len(caught.value.detail) < 300
    assert str(caught.value).startswith(caught.value.reason + ": ")
    return caught.value.reason


@pytest.mark.parametrize("field", VALID)
def test_a_required_field_is_missing(field: str) -> None:
    without = {key: value for key, value in VALID.items() if key != field}
    broken = json.dumps(without).encode()
    assert reason(broken) == "missing_field"
    with pytest.raises(BadMentionError, match=f"`{field}`"):
        decode(broken)


def test_an_attachment_without_type() -> None:
    assert reason(raw(attachments=[{"url": "https://x.example"}])) == "missing_field"


@pytest.mark.parametrize("field", [name for name in FULL if name != "created_at"])
def test_a_field_of_another_type(field: str) -> None:
    wrong = "words" if isinstance(FULL[field], dict | list | bool) else 3.5
    assert reason(raw(**{field: wrong})) == "wrong_type"


@pytest.mark.parametrize("field", VALID)
def test_a_required_field_is_null(field: str) -> None:
    expected = "bad_date" if field == "created_at" else "wrong_type"
    assert reason(raw(**{field: None})) == expected


@pytest.mark.parametrize("field", [name for name in FULL if name not in VALID])
def test_an_optional_field_is_null_or_absent(field: str) -> None:
    decode(raw(**{field: None}))
    decode(json.dumps({k: v for k, v in FULL.items() if k != field}).encode())


@pytest.mark.parametrize(
    ("inner", "wrong"),
    [
        ({"author": {"id": 7}}, "wrong_type"),
        ({"author": {"handle": []}}, "wrong_type"),
        ({"author": {"followers": "many"}}, "wrong_type"),
        ({"author": {"followers": True}}, "wrong_type"),
        ({"author": {"followers": 1.5}}, "wrong_type"),
        ({"author": {"followers": -1}}, "bad_value"),
        ({"author": {"followers": MAX_COUNT + 1}}, "bad_value"),
        ({"author": {"verified": "yes"}}, "wrong_type"),
        ({"author": {"role": 3}}, "wrong_type"),
        ({"attachments": ["image"]}, "wrong_type"),
        ({"attachments": [{"type": "gif"}]}, "bad_value"),
        ({"attachments": [{"type": "link"}] * 101}, "too_long"),
        ({"engagement": {"shares": -1}}, "bad_value"),
        ({"engagement": {"views": "1"}}, "wrong_type"),
        ({"kind": "boost"}, "bad_value"),
        ({"kind": "POST"}, "bad_value"),
        ({"id": ""}, "bad_value"),
        ({"id": "x" * 257}, "too_long"),
        ({"parent_id": ""}, "bad_value"),
        ({"conversation_id": "x" * 257}, "too_long"),
        ({"text": "x" * (MAX_TEXT + 1)}, "too_long"),
        ({"url": "x" * 4097}, "too_long"),
        ({"lang": "x" * 36}, "too_long"),
        ({"brand": ""}, "bad_value"),
        ({"brand": "Skylark"}, "bad_value"),
        ({"brand": "skylark air"}, "bad_value"),
        ({"brand": "skylark:air"}, "bad_value"),
        ({"brand": "-skylark"}, "bad_value"),
        ({"brand": "skylark--air"}, "bad_value"),
        ({"brand": "skylark\n"}, "bad_value"),
        ({"brand": "skylärk"}, "bad_value"),
        ({"brand": "x" * 101}, "too_long"),
        ({"channel": "twitter\n"}, "bad_value"),
    ],
)
def test_a_value_out_of_range(inner: dict[str, Any], wrong: str) -> None:
    assert reason(raw(**inner)) == wrong


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ({"text": 3}, "text is a whole number: expected a string of at most 20,000 characters"),
        ({"brand": "Acme Air"}, "brand: expected a slug such as acme-air: a-z and 0-9"),
        ({"kind": "boost"}, "kind is 'boost': expected one of post, reply, share"),
        ({"author": {"followers": -1}}, "author.followers: expected a whole number from 0 to 1,0"),
        ({"attachments": [{"type": "gif"}]}, "attachments[0].type is 'gif': expected one of image"),
        ({"promoted": "yes"}, "promoted is a string: expected true or false"),
        ({"created_at": "yesterday"}, "created_at: expected an RFC 3339 date and time with an off"),
    ],
)
def test_a_mistake_is_told_by_field_and_what_is_wanted(inner: dict[str, Any], told: str) -> None:
    with pytest.raises(BadMentionError) as caught:
        decode(raw(**inner))
    assert caught.value.detail.startswith(told)


@pytest.mark.parametrize("field", FULL)
def test_no_mistake_is_told_in_the_decoder_s_words(field: str) -> None:
    for wrong in (3.5, [3], {"zz": 1}, "x" * 30_000):
        with suppress(BadMentionError):
            decode(raw(**{field: wrong}))
            continue
        with pytest.raises(BadMentionError) as caught:
            decode(raw(**{field: wrong}))
        assert not re.search(r"\$\.|`str|Expected|\^\[|\(\?", caught.value.detail)


def test_the_longest_text_is_taken() -> None:
    assert len(decode(raw(text="é" * MAX_TEXT)).text) == MAX_TEXT


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "2013-09-02",
        "2013-09-02T12:00:00",
        "2013-09-02T12:00Z",
        "2013-13-02T12:00:00Z",
        "2013-02-30T12:00:00Z",
        "2013-09-02T24:00:00Z",
        "2013-09-02T12:60:00Z",
        "2013-09-02T12:00:00+25:00",
        "2013-09-02T12:00:00Z\n",
        " 2013-09-02T12:00:00Z",
        "+02013-09-02T12:00:00Z",
        "02/09/2013 12:00",
        "Mon, 02 Sep 2013 12:00:00 GMT",
        "٢٠١٣-09-02T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:00",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:00",
        0,
        1378123200,
        1378123200.5,
        True,
        [],
        {},
    ],
)
def test_a_date_that_is_none(date: object) -> None:
    assert reason(raw(created_at=date)) == "bad_date"


@pytest.mark.parametrize(
    "date",
    ["2013-09-02T14:00:00+02:00", "2013-09-02t12:00:00.000z", "2013-09-02T06:30:00-05:30"],
)
def test_dates_with_any_offset_are_the_same_instant(date: str) -> None:
    assert decode(raw(created_at=date)).created_at == datetime(2013, 9, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("broken", "wrong"),
    [
        (b"", "not_json"),
        (b" \n", "not_json"),
        (b"hello", "not_json"),
        (raw()[:-1], "not_json"),
        (raw()[: len(raw()) // 2], "not_json"),
        (raw() + b"}", "not_json"),
        (raw() + raw(), "not_json"),
        (b"\xef\xbb\xbf" + raw(), "not_json"),
        (raw().decode().encode("utf-16"), "bad_utf8"),
        (json.dumps(VALID).encode("utf-16-le"), "null_byte"),
        (raw(text="X").replace(b"X", b"\xff"), "bad_utf8"),
        (raw(text="X").replace(b"X", b"\xed\xa0\x80"), "bad_utf8"),
        (raw(text="X").replace(b"X", b"\xc0\x80"), "bad_utf8"),
        (raw(text="X").replace(b"X", b"\x00"), "null_byte"),
        (raw() + b"\x00", "null_byte"),
        (raw(text="X").replace(b"X", b"\\u0000"), "null_byte"),
        (raw(author={"handle": "a\0"}), "null_byte"),
        (raw(text="X").replace(b"X", b"\\ud83d"), "not_json"),
        (raw(text="X").replace(b"X", b"\n"), "not_json"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"7", "not_an_object"),
        (b"x" * 10_000_000, "too_large"),
        (raw(zz="x" * MAX_BYTES), "too_large"),
        (spliced('"author":{"followers":' + "9" * 5000 + "}"), "bad_value"),
        (spliced('"author":{"followers":18446744073709551616}'), "bad_value"),
        (spliced('"author":{"followers":1e400}'), "bad_value"),
        (spliced('"author":{"followers":NaN}'), "not_json"),
        (spliced('"zz":NaN'), "not_json"),
        (spliced('"zz":' + "[" * 200_000 + "]" * 200_000), "too_deep"),
        (spliced('"zz":' + '{"a":' * 100_000 + "1" + "}" * 100_000), "too_deep"),
        (spliced('"zz":' + "[" * 200_000), "too_deep"),
        (b'{"a":' * 150_000, "too_deep"),
        (b"[" * 500_000, "not_an_object"),
        (spliced('"attachments":' + "[" * 200_000), "wrong_type"),
    ],
    ids=range(36),
)
def test_bytes_that_are_no_mention(broken: bytes, wrong: str) -> None:
    assert reason(broken) == wrong


def test_an_escaped_backslash_before_u0000_is_text() -> None:
    assert decode(raw(text="\\u0000")).text == "\\u0000"


@pytest.mark.parametrize("kind", ["deletion", "edit", "engagement"])
@pytest.mark.parametrize("parent", [{}, {"parent_id": None}])
def test_what_changes_another_names_it(kind: str, parent: dict[str, None]) -> None:
    assert reason(json.dumps(VALID | {"kind": kind} | parent).encode()) == "missing_parent"


@pytest.mark.parametrize("kind", ["post", "reply", "edit", None])
def test_empty_text(kind: str | None) -> None:
    assert reason(raw(kind=kind, text="")) == "empty_text"


@pytest.mark.parametrize("kind", ["share", "deletion", "engagement"])
def test_some_kinds_need_no_text(kind: str) -> None:
    assert decode(raw(kind=kind, text="")).kind == kind


def test_unknown_fields_are_ignored() -> None:
    more = FULL | {"zz": {"a": [1, None]}, "author": FULL["author"] | {"shoe": 42}}
    assert decode(json.dumps(more).encode()) == decode(raw())


@pytest.mark.parametrize("role", ["boss", "", "Customer", "journaliste"])
def test_a_role_that_is_not_known_is_unknown(role: str) -> None:
    assert decode(raw(author={"role": role})).role is Role.UNKNOWN


def test_what_is_not_said_has_defaults() -> None:
    plain = decode(json.dumps(VALID).encode())
    nulls = decode(raw(**{name: None for name in FULL if name not in VALID}))
    for mention in (plain, nulls):
        assert (mention.kind or Kind.POST) is Kind.POST
        assert mention.role is Role.UNKNOWN
        assert mention.followers == 0
        assert mention.author_id == ""
        assert mention.root_id == "m-1"


@pytest.mark.parametrize(
    ("ids", "root"),
    [
        ({"conversation_id": "c", "parent_id": "p"}, "c"),
        ({"conversation_id": None, "parent_id": "p"}, "p"),
        ({"conversation_id": "c", "parent_id": None}, "c"),
        ({"conversation_id": None, "parent_id": None}, "m-1"),
    ],
)
def test_the_root_is_the_conversation_else_the_parent_else_itself(
    ids: dict[str, str | None], root: str
) -> None:
    mention = decode(raw(**ids))
    assert mention.root_id == root
    assert mention.partition_key == mention.case_id == f"skylark-air:{root}"


def test_the_future_is_refused_from_five_minutes_on() -> None:
    mention = decode(raw())
    check_not_future(mention, mention.created_at - timedelta(minutes=5))
    with pytest.raises(BadMentionError, match=r"^future: "):
        check_not_future(mention, mention.created_at - timedelta(minutes=5, seconds=1))


def test_encoding_and_decoding_again_changes_nothing() -> None:
    for source in (raw(), json.dumps(VALID).encode(), raw(kind=None, author=None)):
        mention = decode(source)
        assert decode(msgspec.json.encode(mention)) == mention


def only_bad_mention(data: bytes) -> None:
    """Nothing else is raised, and the reason is one of those that are listed."""
    with suppress(BadMentionError):
        decode(data)
        return
    reason(data)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    only_bad_mention(data)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*FULL, "zz"]), json_values, max_size=4))
def test_a_valid_mention_with_other_values(changes: dict[str, Any]) -> None:
    only_bad_mention(json.dumps(FULL | changes).encode("utf-8", "surrogatepass"))


@given(st.data())
def test_a_valid_mention_with_other_bytes(data: st.DataObject) -> None:
    broken = bytearray(raw())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(broken)))
        length = data.draw(st.integers(0, 8))
        broken[at : at + length] = data.draw(st.binary(max_size=8))
    only_bad_mention(bytes(broken))
