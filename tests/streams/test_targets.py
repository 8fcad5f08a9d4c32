"""Webhook, PagerDuty and Alertmanager: what each is sent, and what is made of its answers."""

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from scoring.escalation import Escalation
from streams.errors import ConfigError
from streams.sinks import http
from streams.sinks.kinds import kind
from streams.sinks.runner import http_session
from streams.sinks.target import Delivered, Disabled, Later, Memory, Notice, Partly, Refused
from tests.streams.escalations import said
from tests.streams.vendors import PagerDutyVendor, Vendor

NEW, OLD = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    with made.running():
        yield made


@pytest.fixture
def pager() -> Iterator[PagerDutyVendor]:
    made = PagerDutyVendor()
    with made.running():
        yield made


def deliver(
    name: str, options: dict[str, Any], *notices: Notice, memory: Memory | None = None
) -> list[Delivered]:
    """Delivers one after the other, each with the memory that the one before left."""

    async def run() -> list[Delivered]:
        done: list[Delivered] = []
        async with http_session() as session:
            target = kind(name).build(options, session)
            kept = memory or {}
            for notice in notices:
                done.append(await target.deliver(notice, kept))
                kept = done[-1].memory
            await target.close()
        return done

    return asyncio.run(run())


def notice(one: Escalation, **more: Any) -> Notice:
    return Notice(escalation=one, **more)


def test_a_webhook_is_signed_with_every_key(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEW", NEW)
    (tmp_path / "old").write_text(OLD + "\n")
    options = {
        "url": f"{vendor.url}/in",
        "secret_env": ["NEW"],
        "secret_file": str(tmp_path / "old"),
    }
    done = deliver(
        "webhook",
        options,
        notice(said(0), console_url="https://tocsin.example/?case=x"),
        notice(said(1, "resolved")),
    )
    assert [one.outcome for one in done] == ["created", "resolved"]
    first = vendor.requests[0]
    for key in (NEW, OLD):
        body = Webhook(key).verify(first.content, dict(first.headers))
        assert body["type"] == "escalation.open"
        assert body["data"]["id"] == first.headers["webhook-id"] == "e-0"
        assert body["console_url"] == "https://tocsin.example/?case=x"
    with pytest.raises(WebhookVerificationError):
        Webhook(base64.b64encode(b"z" * 32).decode()).verify(first.content, dict(first.headers))


def test_a_webhook_stays_below_20_kb(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", NEW)
    many = said(0, mention_ids=tuple(f"{n:03}" + "é" * 250 for n in range(50)), headline="é" * 200)
    options = {"url": vendor.url, "secret_env": "KEY"}
    deliver("webhook", options, notice(many))
    (request,) = vendor.requests
    kept = request.body["data"]["mention_ids"]
    assert len(request.content) < 20_000
    assert 0 < len(kept) < 50
    assert kept[-1] == many.mention_ids[-1]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"url": "https://x"}, "name a key"),
        ({"url": "https://x", "secret_env": "ABSENT"}, "ABSENT is not set"),
        ({"url": "ftp://x", "secret_env": "KEY"}, "url"),
        ({"secret_env": "KEY"}, "name the url by one of"),
        ({"url": "https://x", "secret_env": "SHORT"}, "a part of it is missing"),
        ({"url": "https://x", "secret_env": "BLANK"}, "nothing stands after whsec_"),
        ({"url": "https://x", "secret_env": "SPACED"}, "holds a space or an end of line: copy"),
        ({"url": "https://x", "secret_env": "QUOTED"}, "holds a stray character: copy"),
        ({"url": "https://x", "secret_env": "URLSAFE"}, "holds - or _, which are those of"),
        ({"url": "https://x", "secret_file": "/none"}, "cannot be read"),
    ],
)
def test_a_webhook_that_cannot_be_is_told(
    options: dict[str, Any], wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", NEW)
    monkeypatch.setenv("SHORT", "whsec_a")
    monkeypatch.setenv("BLANK", "whsec_")
    monkeypatch.setenv("SPACED", f"{NEW[:20]}\n{NEW[20:]}")
    monkeypatch.setenv("QUOTED", f'"{NEW}"')
    monkeypatch.setenv("URLSAFE", NEW.replace("A", "_"))
    with pytest.raises(ConfigError, match=wrong) as raised:
        deliver("webhook", options)
    assert NEW[8:16] not in str(raised.value)


def test_a_key_may_come_without_its_padding(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", NEW.removeprefix("whsec_").rstrip("="))
    deliver("webhook", {"url": vendor.url, "secret_env": "KEY"}, notice(said(0)))
    (request,) = vendor.requests
    assert Webhook(NEW).verify(request.content, dict(request.headers))


@pytest.mark.parametrize(
    ("planned", "wanted", "after_s"),
    [
        (500, Later, None),
        (502, Later, None),
        (408, Later, None),
        ((429, {"Retry-After": "12"}), Later, 12.0),
        ((503, {"Retry-After": "soon"}), Later, None),
        (404, Refused, None),
        ((302, {"Location": "/elsewhere"}), Refused, None),
        (410, Disabled, None),
    ],
)
def test_what_an_answer_means(
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    planned: Any,
    wanted: type[Exception],
    after_s: float | None,
) -> None:
    monkeypatch.setenv("KEY", NEW)
    vendor.plan.append(planned)
    options = {"url": f"{vendor.url}/s3cret", "secret_env": "KEY"}
    with pytest.raises(wanted) as raised:
        deliver("webhook", options, notice(said(0)))
    assert type(raised.value) is wanted
    assert "s3cret" not in str(raised.value)
    if isinstance(raised.value, Later):
        assert raised.value.after_s == after_s
    assert len(vendor.requests) == 1


LEAK = "assignee maria.lind@skylark.example, +33 6 12 34 56 78, @maria_l of 203.0.113.9"


@pytest.mark.parametrize("status", [400, 503, 410])
@pytest.mark.parametrize("padding", [0, 700, 760, 790])
def test_what_a_vendor_says_is_masked(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, status: int, padding: int
) -> None:
    monkeypatch.setenv("KEY", NEW)
    # many masked addresses are short: then even what stands far behind comes into the reason
    vendor.message = ("a@b.example " * 80)[:padding] + LEAK
    vendor.plan.append(status)
    with pytest.raises((Refused, Later)) as raised:
        deliver("webhook", {"url": vendor.url, "secret_env": "KEY"}, notice(said(0)))
    reason = str(raised.value)
    assert reason.startswith(f"HTTP {status}: ")
    for leaked in ("maria", "skylark", "b.example", "12 34", "203.0"):
        assert leaked not in reason
    assert len(reason) <= 220
    if not padding:
        assert "assignee" in reason


def test_nobody_there_and_no_answer_are_later(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", NEW)
    with pytest.raises(Later, match=r"no connection: 127\.0\.0\.1:1"):
        deliver("webhook", {"url": "http://127.0.0.1:1/", "secret_env": "KEY"}, notice(said(0)))
    vendor.hold()

    async def run() -> None:
        async with http_session() as session:
            await http.call(session, "POST", vendor.url, timeout_s=0.05)

    with pytest.raises(Later, match="no answer"):
        asyncio.run(run())


def test_retry_after_is_a_number_or_a_date() -> None:
    now = datetime(2015, 10, 21, 7, 27, tzinfo=UTC)
    told = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert http.retry_after(told, now) == 60.0
    assert http.retry_after({"Retry-After": "99999999"}, now) == 3600.0
    assert http.retry_after({"Retry-After": "-3"}, now) is None
    assert http.retry_after({}, now) is None
    beyond = {"Retry-After": "Thu, 01 Jan 1970 00:00:00 +9999999999999"}
    assert http.retry_after(beyond, now) is None


def test_pagerduty_gets_one_alert_per_case(
    pager: PagerDutyVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", pager.routing_key)
    options = {"url": pager.url, "routing_key_env": "KEY"}
    done = deliver(
        "pagerduty",
        options,
        notice(said(0, headline="h" * 200), console_url="https://c/?case=1"),
        notice(said(1, "update", "crisis")),
        notice(said(1, "update", "crisis"), acknowledged_by="maria"),
        notice(said(1, "update", "crisis"), released_by="maria"),
        notice(said(2, "resolved", "crisis")),
    )
    outcomes = ["created", "updated", "acknowledged", "unchanged", "resolved"]
    assert [one.outcome for one in done] == outcomes
    assert pager.alerts == {"skylark-air:root-1": ["trigger", "trigger", "acknowledge", "resolve"]}
    first, second = (request.body for request in pager.requests[:2])
    assert first["payload"]["severity"] == "error"
    assert second["payload"]["severity"] == "critical"
    assert first["client_url"] == "https://c/?case=1"
    assert first["links"][0]["href"] == "https://social.example/root-1"
    assert "you <b>deleted</b> my post" in first["payload"]["custom_details"]["text"]


@pytest.mark.parametrize("answer", [(200, {"status": "success"}), (204, {}), (202, [])])
def test_only_pagerdutys_own_answer_is_a_success(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, Any]
) -> None:
    """A proxy's page, or another service at the address, pages nobody."""
    monkeypatch.setenv("KEY", "k")
    monkeypatch.setattr(vendor, "answer", lambda request: answer)
    options = {"url": vendor.url, "routing_key_env": "KEY"}
    with pytest.raises(Later, match=f"HTTP {answer[0]}.* no answer of PagerDuty's"):
        deliver("pagerduty", options, notice(said(0)))


def test_pagerduty_takes_the_longest_there_is(
    pager: PagerDutyVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", pager.routing_key)
    options = {"url": pager.url, "routing_key_env": "KEY"}
    long = said(0, case_id="acme:" + "x" * 500, headline="é" * 200)
    deliver("pagerduty", options, notice(long, test=True), notice(said(1, "resolved")))
    key = pager.requests[0].body["dedup_key"]
    assert key.startswith("tocsin-")
    monkeypatch.setenv("KEY", "another")
    with pytest.raises(Refused, match="invalid"):
        deliver("pagerduty", options, notice(long))


def test_an_alertmanager_behind_a_login_is_told_with_it(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AM", "pa:ss")
    login = {"urls": [vendor.url], "username": "ana", "password_env": "AM"}
    deliver("alertmanager", login, notice(said(0)))
    (request,) = vendor.requests
    assert request.headers["Authorization"] == "Basic YW5hOnBhOnNz"
    with pytest.raises(ConfigError, match="a name without `:` is wanted"):
        deliver("alertmanager", login | {"username": "a:b"})


def test_alertmanagers_of_a_cluster_are_all_told(vendor: Vendor) -> None:
    absent = "http://127.0.0.1:1"
    options = {"urls": [absent, vendor.url]}
    done = deliver(
        "alertmanager",
        options,
        notice(said(0)),
        notice(said(1, "update", "crisis")),
    )
    assert [one.outcome for one in done] == ["created", "updated"]
    over = notice(said(2, "resolved", "crisis"))
    with pytest.raises(Partly, match=r"member 127.0.0.1:1 is away: no connection"):
        deliver("alertmanager", options, over, memory=done[-1].memory)
    (ended,) = deliver("alertmanager", {"urls": [vendor.url]}, over, memory=done[-1].memory)
    assert (ended.outcome, ended.memory) == ("resolved", {})
    (one,), (new, old), (end,), _ = (request.body for request in vendor.requests)
    lasts = datetime.fromisoformat(new["endsAt"]) - datetime.now(UTC)
    assert timedelta(hours=3.9) < lasts <= timedelta(hours=4)
    assert set(one["labels"]) == {"alertname", "brand", "kind", "level", "severity", "case"}
    assert (old["labels"], new["labels"]["level"]) == (one["labels"], "crisis")
    assert old["endsAt"] < new["endsAt"]
    assert end["labels"] == new["labels"]
    assert "root-1" not in json.dumps(one["labels"])
    with pytest.raises(Later):
        deliver("alertmanager", {"urls": [absent]}, notice(said(0)))
