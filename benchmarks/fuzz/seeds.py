"""Good inputs to begin from: the case library, messages that it leads to, files as users write."""

import base64
import json
from functools import cache
from importlib import resources

from benchmarks import traffic
from benchmarks.personal.messages import read as personal
from scoring import policy
from scoring.escalation import Escalation, encode
from scoring.history import History
from scoring.scored import Scored, Tick, encode_event
from streams import stories

AT = "2026-03-02T09:05:00Z"
COMMANDS = [
    {"id": "a", "action": "acknowledge", "case_id": "acme:root", "at": AT, "by": "ana"},
    {"id": "b", "action": "assign", "case_id": "acme:root", "at": AT, "by": "a", "assignee": "b"},
    {
        "id": "c",
        "action": "snooze",
        "case_id": "x:y",
        "at": AT,
        "by": "a",
        "until": "2027-01-01T00:00Z",
    },
    {"id": "d", "action": "resolve", "case_id": "x:y", "at": AT, "by": "a", "episode": 2},
]
LABELLED: dict[str, object] = {
    "text": "Third time my order is lost",
    "lang": "en",
    "role": "customer",
    "channel": "twitter",
    "anger": 2,
    "objective_fact": 1,
    "corporate_denial": 0,
    "influencer_sharing": 0,
    "complaint": 1,
    "answer": None,
}
POLICY = """
timezone = "Europe/Paris"
[levels.escalate]
score = 0.5
[brands.acme.levels.watch]
score = 0.12
[[quiet_hours]]
from = "22:00"
until = "07:00"
[[maintenance]]
from = 2026-01-01T00:00:00Z
until = 2026-01-02T00:00:00Z
[sinks.pager]
type = "pagerduty"
routing_key_env = "KEY"
[sinks.hook]
type = "webhook"
url = "https://tickets.example/hook"
secret_file = "/run/secret"
[[routes]]
sinks = ["pager", "hook"]
brand = "acme"
min_level = "respond"
"""
SETTINGS = """TOCSIN_BROKER=kafka-1:9092,kafka-2:9092
TOCSIN_BRANDS=acme,acme-air
TOCSIN_SECURITY_PROTOCOL=SASL_SSL
TOCSIN_SASL_USERNAME=reader
TOCSIN_SASL_PASSWORD=hunter2
TOCSIN_TICK_S=0.5
TOCSIN_WEB_PORT=0
TOCSIN_CONSOLE_URL=https://tocsin.example/
TOCSIN_LOG_LEVEL=debug"""


def _json(*values: object) -> list[bytes]:
    return [json.dumps(value).encode() for value in values]


@cache
def mentions() -> list[bytes]:
    """Lines of two stories, and messages full of numbers."""
    lines: list[bytes] = []
    for slug in ("airline-2013", "shoes-2011"):
        file = resources.files("streams").joinpath("library", f"{slug}.jsonl")
        lines += file.read_bytes().splitlines()[::7]
    return lines


@cache
def scored() -> list[bytes]:
    """Events of the scored log."""
    events = [encode_event(event) for event in traffic.mentions(60)]
    told = _json(*({"type": "command", "command": one} for one in COMMANDS))
    return [*events, encode_event(Tick(at=next(traffic.mentions(1)).mention.created_at)), *told]


@cache
def escalations() -> list[bytes]:
    """Escalations of a made-up crisis: everything that can be said is high."""
    return [encode(said) for said in said_of_a_crisis()]


@cache
def said_of_a_crisis() -> list[Escalation]:
    """What the decision says of one story, were each of its texts furious."""
    history = History(policy.default())
    events = [
        Scored(mention=mention, scores=traffic.FURY, lang="en", model="fuzz")
        for mention in stories.load("airline-2013").mentions
    ]
    return [said for event in events for said in history.add(event)]


@cache
def commands() -> list[bytes]:
    """Commands about cases."""
    return _json(*COMMANDS)


@cache
def labelled() -> list[bytes]:
    """Files of labelled rows."""
    rows = _json(LABELLED, {**LABELLED, "anger": 0, "answer": "apology"})
    return [rows[0], b"\n".join(rows), b"\xef\xbb\xbf" + rows[1] + b"\r\n\n" + rows[0]]


@cache
def texts() -> list[bytes]:
    """Messages with personal data in them."""
    return [message.text.encode() for message in personal()]


@cache
def tomls() -> list[bytes]:
    """Policy files."""
    whole = resources.files("scoring").joinpath("policy.toml").read_bytes()
    return [POLICY.encode(), whole, b"crisis_at = 2026-01-31T12:00:00Z\n"]


def base64_of(value: bytes) -> str:
    """For signatures."""
    return base64.b64encode(value).decode()
