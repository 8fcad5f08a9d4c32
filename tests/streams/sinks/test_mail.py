"""E-mail: a real SMTP server takes it, threads hold, and no header is a stranger's."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from scoring.escalation import Status, Why
from scoring.levels import Level
from streams.errors import ConfigError
from streams.sinks import mail
from streams.sinks.kinds import kind
from streams.sinks.mail_message import mailbox
from streams.sinks.target import Later, Partly, Refused
from tests.streams.lane_rig import Rig
from tests.streams.sinks.notices import (
    AGAIN,
    OPENED,
    OVER,
    TAKEN,
    WORSE,
    asynchronous,
    notice,
    told,
)

OPTIONS = {
    "host": "localhost",
    "sender": "Tocsin <tocsin@skylark.example>",
    "to": ["Crisis, Team <crisis@skylark.example>", "duty@skylark.example"],
    "security": "none",
}


class Postmaster:
    """Takes messages; `answers` are given to RCPT, by address, and to DATA."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if answer := self.answers.get("DATA"):
            return answer
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"


@asynccontextmanager
async def running(postmaster: Postmaster, **more: Any) -> AsyncIterator[int]:
    """The port of an SMTP server on loopback."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(postmaster, loop=loop, hostname="localhost", **more), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def postmaster() -> Postmaster:
    return Postmaster()


def sink(port: int, **changes: Any) -> mail.Mail:
    return mail.build(OPTIONS | {"port": port} | changes, None)  # type: ignore[arg-type]


@asynchronous
async def test_a_case_is_one_thread(postmaster: Postmaster) -> None:
    async with running(postmaster) as port:
        outcomes = await told(sink(port), OPENED, WORSE, TAKEN, OVER)
    assert outcomes == ["created", "updated", "acknowledged", "resolved"]
    first, *others = postmaster.messages
    ids = [message["Message-ID"] for message in postmaster.messages]
    assert len(set(ids)) == 4
    assert [message["In-Reply-To"] for message in others] == ids[:-1]
    assert [message["References"].split() for message in others] == [
        [ids[0]],
        [ids[0], ids[1]],
        [ids[0], ids[2]],
    ]
    assert {message["Subject"] for message in others} == {"Re: " + first["Subject"]}
    assert "In-Reply-To" not in first
    assert [message["X-Tocsin-Status"] for message in postmaster.messages] == [
        "open",
        "update",
        "acknowledged",
        "resolved",
    ]
    assert [message["Importance"] for message in postmaster.messages] == [
        None,
        "high",
        "high",
        None,
    ]
    assert first["Auto-Submitted"] == "auto-generated"
    assert postmaster.recipients[0] == ["crisis@skylark.example", "duty@skylark.example"]


@asynchronous
async def test_the_thread_holds_without_memory(postmaster: Postmaster) -> None:
    async with running(postmaster) as port:
        target = sink(port)
        await target.deliver(OPENED, {})
        await target.deliver(OPENED, {})  # again after a crash
        await target.deliver(WORSE, {})
        await target.deliver(AGAIN, {})
    first, second, worse, again = (m["Message-ID"] for m in postmaster.messages)
    assert first == second
    assert postmaster.messages[2]["References"] == first
    assert len({first, worse, again}) == 3
    assert "References" not in postmaster.messages[3]


@asynchronous
async def test_the_subject_is_kept_and_quotes_nobody(postmaster: Postmaster) -> None:
    said = notice(headline='[RESPOND] skylark-air 62%: clear anger (90%) — "my own words"')
    async with running(postmaster) as port:
        delivered = await sink(port).deliver(said, {})
    (message,) = postmaster.messages
    assert message["Subject"] == "[RESPOND] skylark-air 62%: clear anger (90%)"
    assert b"my own words" in message.as_bytes()
    assert "my own words" not in str(delivered.memory)


HOSTILE = "angry\r\nBcc: everyone@evil.example\r\n\r\n<script>alert(1)</script>\0\u2028next"


@asynchronous
async def test_no_header_is_a_strangers(postmaster: Postmaster) -> None:
    said = notice(
        Status.OPEN,
        Level.CRISIS,
        headline=HOSTILE,
        case_id=f"skylark-air:{HOSTILE}",
        url=HOSTILE,
        why=(Why(signal="x", weight=1.0, quote=HOSTILE, note=HOSTILE),),
    )
    async with running(postmaster) as port:
        await told(sink(port), said, notice(Status.UPDATE, minute=3, headline=HOSTILE))
    assert postmaster.recipients == [["crisis@skylark.example", "duty@skylark.example"]] * 2
    for message in postmaster.messages:
        assert "Bcc" not in message
        assert not message.defects
        assert message["Subject"].endswith("<script>alert(1)</script> next")
        page = message.get_body(("html",))
        assert page is not None
        assert "<script>" not in page.get_content()


@asynchronous
async def test_both_bodies_say_it_in_the_cases_language(postmaster: Postmaster) -> None:
    said = notice(lang="fr", headline="[ALERTER] skylark-air : colère nette, « déçue » 😡")
    async with running(postmaster) as port:
        await told(sink(port), said)
    (message,) = postmaster.messages
    assert message["Subject"] == "[ALERTER] skylark-air : colère nette, « déçue » 😡"
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert "Niveau: répondre" in plain.get_content()
    assert '<a href="https://social.example/posts/1">L\'original</a>' in page.get_content().replace(
        "&#x27;", "'"
    )
    assert "<@U1>" in plain.get_content()


@pytest.mark.parametrize(
    ("answers", "wanted", "reason"),
    [
        ({"DATA": "451 try again later"}, Later, "SMTP 451: try again later"),
        ({"DATA": "554 refused as spam"}, Refused, "SMTP 554: refused as spam"),
        (
            {"crisis@skylark.example": "550 no such", "duty@skylark.example": "550 no such"},
            Refused,
            "SMTP 550: no recipient is taken: no such",
        ),
        (
            {"crisis@skylark.example": "450 greylisted", "duty@skylark.example": "550 no such"},
            Later,
            "SMTP 450: no recipient is taken: greylisted",
        ),
    ],
)
@asynchronous
async def test_errors_say_whether_to_try_again(
    postmaster: Postmaster, answers: dict[str, str], wanted: type[Exception], reason: str
) -> None:
    postmaster.answers = answers
    async with running(postmaster) as port:
        with pytest.raises(wanted, match=reason) as raised:
            await told(sink(port), OPENED)
    assert "skylark.example" not in str(raised.value)
    assert not postmaster.messages


@asynchronous
async def test_one_bad_recipient_does_not_cost_the_others_the_message(
    postmaster: Postmaster, caplog: pytest.LogCaptureFixture
) -> None:
    postmaster.answers = {"duty@skylark.example": "550 no such user duty@skylark.example"}
    async with running(postmaster) as port:
        done = await sink(port).deliver(OPENED, {})
    assert done.outcome == "created"
    assert postmaster.recipients == [["crisis@skylark.example"]]
    assert done.note == "recipient 2 of 2 (d…) is refused: SMTP 550: no such user •••"
    assert caplog.messages == []


CRISIS, DUTY = ("crisis@skylark.example", "duty@skylark.example")


@pytest.mark.parametrize("answer", ["450 greylisted", "452 mailbox full"])
@asynchronous
async def test_who_has_to_wait_is_asked_again_alone(postmaster: Postmaster, answer: str) -> None:
    """Others do not get it twice, and everybody has the same thread."""
    memory: Any = {}
    async with running(postmaster) as port:
        target = sink(port)
        for said in (OPENED, WORSE):
            postmaster.answers = {DUTY: answer}
            for _ in range(2):
                with pytest.raises(Partly, match=f"SMTP {answer[:3]}: 1 of 2") as raised:
                    await target.deliver(said, memory)
                memory = raised.value.memory
                assert "duty" not in f"{raised.value} {memory}"
            postmaster.answers = {}
            delivered = await target.deliver(said, memory)
            memory = delivered.memory
    assert postmaster.recipients == [[CRISIS], [DUTY], [CRISIS], [DUTY]]
    opened, late, worse, late_worse = postmaster.messages
    for one, other in ((opened, late), (worse, late_worse)):
        assert one["Message-ID"] == other["Message-ID"]
        assert one["In-Reply-To"] == other["In-Reply-To"]
        assert one["Subject"] == other["Subject"]
        assert one["To"] == other["To"]
    assert worse["In-Reply-To"] == opened["Message-ID"] != worse["Message-ID"]
    assert "owed" not in memory


@asynchronous
async def test_what_is_newer_goes_to_everybody(postmaster: Postmaster) -> None:
    postmaster.answers = {DUTY: "450 greylisted"}
    async with running(postmaster) as port:
        target = sink(port)
        with pytest.raises(Partly) as raised:
            await target.deliver(OPENED, {})
        postmaster.answers = {}
        # the runner takes it as delivered where something newer waits
        assert raised.value.delivered.outcome == "created"
        assert await told(target, WORSE, memory=dict(raised.value.delivered.memory)) == ["updated"]
        await target.deliver(WORSE, raised.value.memory)  # as after a crash in between
    assert postmaster.recipients == [[CRISIS], [CRISIS, DUTY], [CRISIS, DUTY]]
    assert postmaster.messages[1]["In-Reply-To"] == postmaster.messages[0]["Message-ID"]


@asynchronous
async def test_who_waited_and_is_refused_then_costs_no_dead_letter(
    postmaster: Postmaster,
) -> None:
    postmaster.answers = {DUTY: "450 greylisted"}
    async with running(postmaster) as port:
        target = sink(port)
        with pytest.raises(Partly) as raised:
            await target.deliver(OPENED, {})
        postmaster.answers = {DUTY: "550 no such"}
        done = await target.deliver(OPENED, raised.value.memory)
        assert done.outcome == "created"
        assert done.note == "recipient 2 of 2 (d…) is refused: SMTP 550: no such"
        gone = sink(port, to=[CRISIS])  # or is taken off the list meanwhile
        assert (await gone.deliver(OPENED, raised.value.memory)).outcome == "created"
    assert postmaster.recipients == [[CRISIS]]


@asynchronous
async def test_a_lane_asks_again_until_the_last_one_has_it(postmaster: Postmaster) -> None:
    postmaster.answers = {DUTY: "450 greylisted"}
    async with running(postmaster) as port:
        rig = Rig(sink(port), kind("email"))
        escalation = OPENED.escalation
        await rig.put(escalation)
        await rig.until(lambda: len(rig.time.slept) > 2)
        assert rig.desk.cases[escalation.case_id].of("pager").memory["owed"]
        postmaster.answers = {}
        await rig.until(lambda: rig.desk.settled)
        await rig.lane.close()
    assert postmaster.recipients == [[CRISIS], [DUTY]]
    assert rig.outcomes("created") == 1
    assert max(rig.time.slept) <= 60


@asynchronous
async def test_a_server_that_is_gone_is_tried_again(postmaster: Postmaster) -> None:
    async with running(postmaster) as port:
        pass
    with pytest.raises(Later, match="no delivery to localhost"):
        await told(sink(port), OPENED)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for `localhost`, and a server's context with it."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-nodes", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", *subject, *files],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


def login(server: SMTP, session: Session, envelope: Envelope, kind: str, data: Any) -> AuthResult:
    known = LoginPassword(b"tocsin", b"pa55")
    return AuthResult(success=data == known, handled=False)


@asynchronous
async def test_passwords_go_over_tls_that_verifies(
    postmaster: Postmaster,
    certificate: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cert, context = certificate
    monkeypatch.setenv("SMTP_PASSWORD", "pa55")
    secure = {"security": "starttls", "user": "tocsin", "password_env": "SMTP_PASSWORD"}
    rules = {"tls_context": context, "authenticator": login, "auth_required": True}
    async with running(postmaster, **rules) as port:
        assert await told(sink(port, ca_file=str(cert), **secure), OPENED) == ["created"]
        with pytest.raises(Refused, match="certificate"):
            await told(sink(port, **secure), OPENED)
        monkeypatch.setenv("SMTP_PASSWORD", "wrong")
        with pytest.raises(Refused, match="SMTP 535") as raised:
            await told(sink(port, ca_file=str(cert), **secure), OPENED)
        assert "wrong" not in str(raised.value)
    assert len(postmaster.messages) == 1


@asynchronous
async def test_without_starttls_nothing_is_sent(postmaster: Postmaster) -> None:
    async with running(postmaster) as port:
        with pytest.raises(Refused, match="cannot do it"):
            await told(sink(port, security="starttls"), OPENED)
    assert not postmaster.messages


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"to": []}, "to"),
        ({"to": ["nobody"]}, "nobody"),
        ({"to": ["a@b.example\r\nBcc: c@d.example"]}, "no e-mail address"),
        ({"sender": "x <y>"}, "no e-mail address"),
        ({"user": "u", "password_env": "X"}, "over TLS only"),
        ({"security": "tls", "ca_file": "/nowhere.pem"}, "ca_file"),
        ({"security": "maybe"}, "security"),
    ],
)
def test_settings_that_are_wrong_are_named(changes: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        sink(25, **changes)


def test_names_of_mailboxes() -> None:
    named = mailbox('"Lind, Maria" <maria@skylark.example>')
    assert (named.display_name, named.addr_spec) == ("Lind, Maria", "maria@skylark.example")
    assert mailbox("duty@skylark.example").addr_spec == "duty@skylark.example"
