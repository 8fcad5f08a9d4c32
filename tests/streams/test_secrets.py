"""Secrets bear a mark here, and the mark is looked for wherever the program writes."""

import base64
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from streams import hidden
from streams.kafka.topics import Topics
from streams.logs import heeded, masked
from streams.sinks.http import words
from tests.conftest import Cli
from tests.streams.escalations import said, say
from tests.streams.helpers import UNREACHABLE, following
from tests.streams.running import Workers
from tests.streams.vendors import Request, Vendor

Until = Callable[..., None]
MARK = "zQ7xSECRETx"
SECRETS = {
    "TOCSIN_WEB_TOKEN": f"{MARK}-web-0123456789",
    "TOCSIN_SOURCE_TOKEN": f"{MARK}-source-0123456789",
    "PAGER_KEY": f"{MARK}-pager",
    "PAGER_HOOK": f"{MARK}-pager-hook",
    "HOOK_KEY": "whsec_" + base64.b64encode(f"{MARK}-hook".encode().ljust(24)).decode(),
    "ZENDESK_TOKEN": f"{MARK}/zendesk+token",
    "JIRA_TOKEN": f"{MARK} jira",
    "SERVICENOW_PASSWORD": f"{MARK}-servicenow",
    "SLACK_TOKEN": f"xoxb-{MARK}",
    "SLACK_SIGNING": f"{MARK}-signing",
    "BELL_PASSWORD": f"{MARK}-bell",
}
SASL = {
    "TOCSIN_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "TOCSIN_SASL_USERNAME": "reader",
    "TOCSIN_SASL_PASSWORD": f"{MARK}-sasl",
}
SINKS = """
[sinks.pager]
type = "pagerduty"
url = "{url}"
routing_key_env = "PAGER_KEY"
hook_secret_env = "PAGER_HOOK"
[sinks.log]
type = "webhook"
url = "{url}/in"
secret_env = "HOOK_KEY"
[sinks.desk]
type = "zendesk"
url = "{url}"
user = "ana@desk.example"
token_env = "ZENDESK_TOKEN"
[sinks.issues]
type = "jira"
url = "{url}"
user = "ana@desk.example"
project = "CRISIS"
token_env = "JIRA_TOKEN"
[sinks.now]
type = "servicenow"
url = "{url}"
user = "ana"
password_env = "SERVICENOW_PASSWORD"
[sinks.chat]
type = "slack"
url = "{url}"
channel = "C123"
token_env = "SLACK_TOKEN"
hook_secret_env = "SLACK_SIGNING"
[sinks.bell]
type = "alertmanager"
urls = ["{url}"]
username = "ana"
password_env = "BELL_PASSWORD"
[[routes]]
sinks = ["pager", "log", "desk", "issues", "now", "chat", "bell"]
"""
NAMES = re.findall(r"\[sinks\.(\w+)\]", SINKS)


class Gossip(Vendor):
    """Refuses everything, and quotes all that it was sent."""

    def answer(self, request: Request) -> tuple[int, Any]:
        quoted = f"{dict(request.headers)} {request.path} {request.content.decode()}"
        return 400, {"error": quoted, "message": quoted}


@pytest.fixture
def gossip() -> Iterator[Gossip]:
    with ExitStack() as stack:
        vendor = Gossip()
        stack.enter_context(vendor.running())
        yield vendor


@pytest.fixture
def policy(gossip: Gossip, tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(SINKS.replace("{url}", gossip.url))
    return file


PADS = ("", "a", "ab")
FORMS = [MARK, *(base64.b64encode(f"{pad}{MARK}".encode())[4:-4].decode() for pad in PADS)]
"""The mark, and what base64 makes of it wherever it stands."""
FORMS += [
    base64.b64encode(f"{user}:{secret}".encode()).decode()
    for user in ("ana", "ana@desk.example", "ana@desk.example/token")
    for secret in SECRETS.values()
]


def unmarked(text: str) -> None:
    for form in FORMS:
        assert form not in text, text[max(0, text.index(form) - 200) : text.index(form) + 100]
    for secret in SECRETS.values():
        assert secret not in text


@pytest.mark.process
@pytest.mark.broker
@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor",),
        ("doctor", "--json"),
        ("topics",),
        ("worker", "--role", "tickets"),
        ("dead-letters", "list"),
        ("sinks", "list"),
        ("policy", "explain"),
        ("policy", "check"),
        *(("sinks", "test", name) for name in NAMES),
    ],
)
@pytest.mark.parametrize("reachable", [True, False])
def test_no_command_prints_one(
    cli: Cli, policy: Path, arguments: tuple[str, ...], reachable: bool
) -> None:
    own = SECRETS | {"TOCSIN_POLICY": str(policy)}
    if not reachable:
        own |= SASL | {"TOCSIN_BROKER": UNREACHABLE}
    elif arguments[0] == "worker":
        pytest.skip("it would run; see below")
    done = cli(*arguments, **own)
    assert done.stdout + done.stderr
    assert "there is no such key" not in done.stderr
    if arguments[:2] == ("sinks", "test"):
        assert "does not take the test" in done.stderr
    unmarked(done.stdout + done.stderr)


@pytest.mark.process
@pytest.mark.parametrize(
    "wrong",
    [
        {"TOCSIN_WEB_TOKEN": f"{MARK} with blanks"},
        {"TOCSIN_WEB_TOKEN": f"{MARK}-0123456789", "TOCSIN_WEB_TOKEN_FILE": "/nowhere"},
        {"TOCSIN_SASL_PASSWORD": f"{MARK}-alone"},
        SASL | {"TOCSIN_SASL_PASSWORD_FILE": "/nowhere"},
        {"TOCSIN_SASL_PASSWORDS": f"{MARK}-misspelt"},
        {f"TOCSIN_{MARK.upper()}": "1"},
    ],
)
def test_no_complaint_about_settings_prints_one(cli: Cli, wrong: dict[str, str]) -> None:
    done = cli("doctor", **wrong)
    assert done.returncode != 0
    assert MARK not in done.stdout + done.stderr


@pytest.mark.process
@pytest.mark.broker
@pytest.mark.slow
def test_no_worker_tells_one(gossip: Gossip, policy: Path, workers: Workers, until: Until) -> None:
    """Every sink is refused by a system that quotes what it was sent, with all that is logged."""
    own = SECRETS | {"TOCSIN_POLICY": str(policy), "TOCSIN_LOG_LEVEL": "DEBUG"}
    worker = workers("--role", "tickets", **own)
    until(lambda: worker.ready, 60)
    settings = workers.settings
    with following(settings, Topics.of(settings).tickets_dead_letters) as dead:
        say(settings, said(0))
        until(lambda: len(dead.records()) >= len(NAMES) - 1, 60)
        letters = dead.records()
    until(lambda: worker.metric("tocsin_ticket_retries_total") + len(letters) >= len(NAMES), 30)
    for letter in letters:
        unmarked(str([(name, value.decode()) for name, value in letter.headers]))
        unmarked(letter.value.decode())
    assert any(b"HTTP 400" in value for letter in letters for _, value in letter.headers)
    for path in ("/", "/metrics", "/healthz", "/readyz", "/api/board", "/nowhere"):
        unmarked(worker.get(path)[1].decode())
    assert worker.post("/api/nothing", b"{}", {"Authorization": f"Bearer {MARK}"}) == 401
    assert worker.post("/hooks/slack/chat", b"{}", {"X-Slack-Signature": MARK}) == 401
    assert "dead letter of sink" in worker.log
    unmarked(worker.log)
    sent = json.dumps([dict(request.headers) for request in gossip.requests])
    assert SECRETS["SLACK_TOKEN"] in sent  # the marks were there to be told


def test_tracebacks_hide_what_is_known(cli: Cli) -> None:
    hidden.remember(f"{MARK}-known")
    hidden.remember_login("ana", f"{MARK}-login")
    basic = base64.b64encode(f"ana:{MARK}-login".encode()).decode()
    assert masked(f"Basic {basic} and {MARK}-known") == "Basic *** and ***"
    assert hidden.hide(f"https://x/?t={MARK}-known&u=1") == "https://x/?t=***&u=1"


@pytest.mark.parametrize(
    "secret", ['zQ7x "quoted" <&> \\ ü/+', f"{MARK}/tail+ 7", "zQ7x0123456789"]
)
@pytest.mark.parametrize("before", ["", "u:", "an@x:", "\0u\0"])
def test_no_answer_shows_a_secret_in_whatever_form_it_quotes_it(secret: str, before: str) -> None:
    hidden.remember(secret)
    hidden.remember_login("u", secret)
    encoded = base64.b64encode((before + secret).encode()).decode()
    forms = [
        secret,
        quote(secret, safe=""),
        quote(secret, safe="").lower(),
        quote_plus(secret),
        json.dumps({"k": secret})[7:-2],
        json.dumps({"k": secret}, ensure_ascii=False)[7:-2],
        escape(secret),
        encoded,
        encoded.rstrip("="),
        encoded.replace("+", "-").replace("/", "_"),
    ]
    for form in forms:
        for around in ("", "x" * 780 + " "):
            shown = words(f"{around}got {form}; no")
            assert form[len(form) // 3 : -len(form) // 3 or None] not in shown, form
            assert shown
            assert "got" in words(f"got {form}; no")


def test_what_stands_where_credentials_do_is_not_shown_whosever_it_is() -> None:
    shown = words('{"authorization": "Basic dTpwYTU1", "x": "bearer abc.def-123"}')
    assert shown == '{"authorization": "Basic ***", "x": "bearer ***"}'
    assert words("Basic authentication required, bearer token expired") == (
        "Basic authentication required, bearer token expired"
    )


def test_logs_keep_what_an_operator_looks_for() -> None:
    line = "dead letter (mentions, partition 3, offset 12345678901) at 10.0.0.7:9092"
    assert masked(line) == line
    assert masked("call 06 12 34 56 78 from 8.8.8.8, order 12345678") == (
        "call ••• from •••, order •••"
    )


def test_bytes_that_are_no_http_are_not_logged() -> None:
    """The library quotes the line at which it stops, which may be the one with the token."""
    error = BadHttpMessage(f"Authorization: Bearer {MARK}\\0")
    record = logging.LogRecord("aiohttp.server", 40, "", 0, "x", (), (type(error), error, None))
    assert not heeded(record)
    record.exc_info = None
    assert heeded(record)


def test_what_is_remembered_is_bounded() -> None:
    for number in range(3 * hidden.MOST):
        hidden.remember(f"many-secrets-{number}")
    assert hidden.hide(f"many-secrets-{3 * hidden.MOST - 1}") == "***"
    assert len(hidden._known) == hidden.MOST


def test_short_words_are_no_secrets() -> None:
    hidden.remember("the")
    hidden.remember("")
    hidden.remember(None)
    assert hidden.hide("the end") == "the end"
