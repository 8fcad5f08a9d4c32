"""Platforms that call us: Meta, Zendesk and services of reviews, over a worker's own web server."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from standardwebhooks import Webhook as StandardWebhook

from streams.errors import ConfigError
from streams.sinks.hook import BadSignatureError, HookError
from streams.sources import meta, webhook, zendesk
from tests.streams.sources.listening import Listening, send

Until = Callable[..., None]
NOW = datetime.now(UTC).replace(microsecond=0)
SECRET = "app-s3cret"
STANDARD = "whsec_" + b64encode(b"k" * 24).decode()


def meta_signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads"""
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()}


def page(*changes: dict[str, Any], object: str = "page", id: str = "990") -> bytes:
    entry = {"id": id, "time": round(NOW.timestamp()), "changes": list(changes)}
    return json.dumps({"object": object, "entry": [entry]}).encode()


def feed(item: Any, verb: Any = "add", **value: Any) -> dict[str, Any]:
    common = {
        "item": item,
        "verb": verb,
        "post_id": "990_1",
        "created_time": round(NOW.timestamp()) - 60,
        "from": {"id": "42", "name": "Ann"},
    }
    return {"field": "feed", "value": common | value}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> meta.Webhook:
    monkeypatch.setenv("META_SECRET", SECRET)
    monkeypatch.setenv("META_TOKEN", "verify-me")
    return meta.push(meta.Settings(app_secret_env="META_SECRET", verify_token_env="META_TOKEN"))


def test_what_happens_on_a_page(hook: meta.Webhook) -> None:
    body = page(
        feed("photo", message="Your sole has a hole", photo="https://pic.example/1"),
        feed("comment", comment_id="1_2", parent_id="990_1", message="mine too"),
        feed("comment", comment_id="1_3", parent_id="1_2", message="write to the licensee",
             **{"from": {"id": "990", "name": "Shoes"}}),
        feed("comment", "edited", comment_id="1_2", parent_id="990_1", message="mine too!"),
        feed("reaction", reaction_type="angry"),
        feed("photo", "remove"),
        feed("comment", "hide", comment_id="1_2", parent_id="990_1"),
        {"field": "ratings", "value": {"open_graph_story_id": "5", "review_text": "Never again",
                                       "reviewer_name": "Bob", "reviewer_id": "43"}},
        {"field": "feed", "value": {"item": "status"}},
        {"field": "leadgen", "value": {"ad_id": 1}},
    )  # fmt: skip
    batch = hook.read(meta_signed(body), body)
    post, reply, answer, edit, removed, hidden, review = [one.mention for one in batch.items]
    assert (post.id, post.channel, post.text) == (
        "facebook:990_1",
        "facebook",
        "Your sole has a hole",
    )
    assert post.attachments is not None
    assert post.attachments[0].type == "image"
    assert (reply.kind, reply.root_id, reply.author_id) == ("reply", post.id, "42")
    assert (answer.role, answer.parent_id, answer.root_id) == ("brand", reply.id, post.id)
    assert (edit.kind, edit.parent_id, edit.text) == ("edit", reply.id, "mine too!")
    assert edit.id != reply.id
    assert (removed.kind, removed.parent_id, removed.author) == ("deletion", post.id, None)
    assert (hidden.kind, hidden.parent_id, hidden.role) == ("deletion", reply.id, "brand")
    assert hidden.created_at == NOW
    later = json.loads(body)
    later["entry"][0]["time"] += 60
    later = json.dumps(later).encode()
    (once_more,) = [
        one.mention
        for one in hook.read(meta_signed(later), later).items
        if one.mention.parent_id == reply.id and one.mention.kind == "deletion"
    ]
    assert once_more.id != hidden.id, "it was shown in between"
    assert (review.channel, review.text) == ("review", "Never again")
    assert batch.unreadable == 1
    again = hook.read(meta_signed(body), body)
    assert [one.mention.id for one in again.items] == [one.mention.id for one in batch.items]


def test_instagram_comments(hook: meta.Webhook) -> None:
    value = {
        "id": "17900",
        "text": "where is my order",
        "from": {"id": "6", "username": "ann"},
        "media": {"id": "17800", "media_product_type": "FEED"},
    }
    body = page({"field": "comments", "value": value}, object="instagram")
    (found,) = hook.read(meta_signed(body), body).items
    assert found.mention.channel == "instagram"
    assert found.mention.root_id == "instagram:media:17800"
    assert found.mention.author is not None
    assert found.mention.author.handle == "ann"


def test_who_is_not_meta_is_not_read(hook: meta.Webhook) -> None:
    body = page(feed("status", message="x"))
    for headers in (
        {},
        meta_signed(body, "other"),
        meta_signed(body + b" "),
        {"X-Hub-Signature-256": "é"},
    ):
        with pytest.raises(BadSignatureError):
            hook.read(headers, body)
    for wrong in (b"{", b"[]", b'{"object": "user", "entry": []}'):
        with pytest.raises(HookError):
            hook.read(meta_signed(wrong), wrong)
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    assert hook.greet(asked | {"hub.verify_token": "verify-me"}) == "1158201444"
    for query in (asked, asked | {"hub.verify_token": "é"}, {"hub.verify_token": "verify-me"}):
        with pytest.raises(BadSignatureError):
            hook.greet(query)


def zendesk_signed(body: bytes, at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    at = at or datetime.now(UTC).replace(microsecond=0)
    """https://developer.zendesk.com/documentation/webhooks/verifying/"""
    stamp = at.isoformat().replace("+00:00", "Z")
    digest = hmac.new(secret.encode(), stamp.encode() + body, sha256).digest()
    return {
        "X-Zendesk-Webhook-Signature": b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }


def ticket(kind: str, event: Any, **detail: Any) -> bytes:
    return json.dumps(
        {
            "account_id": 22129848,
            "detail": {"id": "5158", "subject": "Lost bag", "description": "Third time.",
                       "requester_id": "8447"} | detail,
            "event": event,
            "id": "cbe4028c",
            "subject": "zen:ticket:5158",
            "time": NOW.isoformat().replace("+00:00", "Z"),
            "type": f"zen:event-type:ticket.{kind}",
            "zendesk_event_version": "2022-11-06",
        }
    ).encode()  # fmt: skip


def test_tickets_and_public_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENDESK_SECRET", SECRET)
    hook = zendesk.push(zendesk.Settings(signing_secret_env="ZENDESK_SECRET"))

    def read(body: bytes, **signing: Any) -> list[Any]:
        return [one.mention for one in hook.read(zendesk_signed(body, **signing), body).items]

    (opened,) = read(ticket("created", {}))
    assert opened.text == "Lost bag\n\nThird time."
    assert opened.role == "customer"
    staff = {"id": "1", "is_staff": True, "name": "Agent"}
    said = {"comment": {"id": "9", "body": "We look", "is_public": True, "author": staff}}
    (answer,) = read(ticket("comment_added", said))
    assert (answer.role, answer.root_id, answer.kind) == ("brand", opened.id, "reply")
    said["comment"] |= {"is_public": False}
    assert read(ticket("comment_added", said)) == []
    assert read(ticket("status_changed", {"current": "OPEN"})) == []
    for wrong in ({"secret": "other"}, {"at": NOW - timedelta(minutes=10)}):
        with pytest.raises(BadSignatureError):
            read(ticket("created", {}), **wrong)
    with pytest.raises(HookError):
        read(b"[]")


REVIEWS = {
    "items": "reviews",
    "id": "reviewId",
    "text": "join('. ', [title, body][?@])",
    "created_at": "publishedAt",
    "channel": "'review'",
    "author": {"handle": "consumer.name"},
    "engagement": {"likes": "likes"},
}


def test_reviews_through_a_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps(
        {
            "reviews": [
                {"reviewId": 7, "title": "Never", "body": "again", "publishedAt": 1763800000,
                 "consumer": {"name": "Ann"}, "likes": "3"},
                {"reviewId": 8, "title": "No time", "body": "x"},
                {"reviewId": 9, "title": None, "body": "bad", "publishedAt": 1763800000},
                {"reviewId": 10, "body": "worse", "publishedAt": 1763800000},
                "odd",
            ]
        }
    ).encode()  # fmt: skip
    monkeypatch.setenv("REVIEW_SECRET", STANDARD)
    hook = webhook.push(webhook.Settings(mapping=REVIEWS, secret_env="REVIEW_SECRET"))
    stamp = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(stamp.timestamp())),
        "webhook-signature": StandardWebhook(STANDARD).sign("msg_1", stamp, body.decode()),
    }
    batch = hook.read(headers, body)
    one, two, three = batch.items
    assert (one.mention.id, one.mention.text) == ("7", "Never. again")
    assert (two.mention.text, three.mention.text) == ("bad", "worse")
    assert one.mention.created_at.timestamp() == 1763800000
    assert one.mention.engagement is not None
    assert one.mention.engagement.likes == 3
    assert batch.unreadable == 2
    assert batch.why[0].startswith("created_at:")
    with pytest.raises(BadSignatureError):
        hook.read(headers | {"webhook-signature": "v1,AAAA"}, body)
    with pytest.raises(BadSignatureError):
        hook.read({}, body)
    plain = webhook.Settings(
        mapping=REVIEWS,
        secret_env="REVIEW_SECRET",
        signature="hmac-hex",
        header="X-Reviews",
        prefix="sha256=",
    )
    mac = hmac.new(STANDARD.encode(), body, sha256).hexdigest()
    assert webhook.push(plain).read({"x-reviews": f"sha256={mac.upper()}"}, body).items
    with pytest.raises(BadSignatureError):
        webhook.push(plain).read({"x-reviews": mac[:-1] + "z"}, body)
    monkeypatch.setenv("REVIEW_SECRET", "no base64!")
    with pytest.raises(ConfigError, match="whsec_"):
        webhook.push(webhook.Settings(mapping=REVIEWS, secret_env="REVIEW_SECRET"))
    assert b64decode(STANDARD.removeprefix("whsec_"))


@pytest.mark.process
@pytest.mark.broker
@pytest.mark.slow
def test_calls_over_a_worker(bench: Listening, until: Until) -> None:
    bench.configure(
        """
        [sources.page]
        type = "meta"
        brand = "skylark-air"
        app_secret_env = "META_SECRET"
        verify_token_env = "META_TOKEN"

        [sources.stars]
        type = "webhook"
        brand = "skylark-air"
        signature = "hmac-hex"
        secret_env = "META_SECRET"

        [sources.stars.mapping]
        items = "reviews"
        id = "reviewId"
        text = "join('. ', [title, body][?@])"
        created_at = "publishedAt"
        """
    )
    worker = bench.start(META_SECRET=SECRET, META_TOKEN="verify-me")
    until(lambda: worker.ready, 60)
    query = "hub.mode=subscribe&hub.challenge=77&hub.verify_token="
    assert worker.get(f"/sources/page?{query}verify-me") == (200, b"77")
    assert worker.get(f"/sources/page?{query}other")[0] == 403
    body = page(feed("comment", comment_id="1_2", parent_id="990_1", message="mine too"))
    headers = meta_signed(body)
    assert send(worker, body, token="", path="/sources/page", headers=headers)[0] == 200
    status, answer, _ = send(worker, body, token="", path="/sources/page")
    assert (status, "signature" in answer["error"]) == (401, True)
    odd = b"[]"
    assert send(worker, odd, token="", path="/sources/page", headers=meta_signed(odd))[0] == 400
    assert send(worker, body, token="", path="/sources/other", headers=headers)[0] == 404
    until(bench.mentions)
    (found,) = bench.mentions()
    assert (found["id"], found["brand"]) == ("facebook:1_2", "skylark-air")
    assert worker.metric("tocsin_source_items_total", source="page", outcome="sent") == 1
    calls = (
        (b'{"foo": 1}', 422, "items: there are none"),
        (b'{"reviews": []}', 200, ""),
        (b'{"reviews": [{"reviewId": 1, "title": "a"}, {"reviewId": 2}]}', 422, "created_at"),
        (b'{"reviews": [{"reviewId": 3, "body": "a", "publishedAt": 1763800000}, {}]}', 200, ""),
        (b"<html>", 400, "form"),
    )
    for body, status, said in calls:
        mac = hmac.new(SECRET.encode(), body, sha256).hexdigest()
        got, answer, _ = send(
            worker, body, token="", path="/sources/stars", headers={"X-Signature": mac}
        )
        assert got == status
        assert said in json.dumps(answer)
    until(lambda: len(bench.mentions()) == 2)
    assert worker.metric("tocsin_source_items_total", source="stars", outcome="unreadable") == 4
