"""One case through a worker and every target, taken in hand with a button of Slack."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from slack_sdk.signature import SignatureVerifier

from tests.streams.escalations import said, say
from tests.streams.running import Workers
from tests.streams.sinks.jira_server import JiraServer
from tests.streams.sinks.signed_calls import pressed
from tests.streams.sinks.slack_server import CHANNEL, TOKEN, SlackServer
from tests.streams.sinks.test_mail import Postmaster
from tests.streams.sinks.test_mail import running as smtp
from tests.streams.sinks.test_servicenow import EventServer
from tests.streams.sinks.vendor import Vendor
from tests.streams.sinks.zendesk_server import ZendeskServer

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

POLICY = """
[sinks.desk]
type = "zendesk"
url = "{zendesk}"
user = "agent@skylark.example"
token_env = "TOKEN"

[sinks.issues]
type = "jira"
url = "{jira}"
project = "CARE"
user = "bot@skylark.example"
token_env = "TOKEN"
acknowledge_transition = "In Progress"

[sinks.events]
type = "servicenow"
url = "{servicenow}"
user = "tocsin"
password_env = "PASSWORD"

[sinks.room]
type = "slack"
url = "{slack}/api"
channel = "{channel}"
token_env = "SLACK_TOKEN"
hook_secret_env = "SLACK_SIGNING"

[sinks.mail]
type = "email"
host = "127.0.0.1"
port = {smtp}
security = "none"
sender = "tocsin@skylark.example"
to = ["crisis@skylark.example"]

[[routes]]
sinks = ["desk", "issues", "events", "room", "mail"]
"""
SECRETS = {
    "TOKEN": "t0ken",
    "PASSWORD": "pa:ss",
    "SLACK_TOKEN": TOKEN,
    "SLACK_SIGNING": "psst",
}


@contextmanager
def served(postmaster: Postmaster, **vendors: Vendor) -> Iterator[dict[str, str]]:
    """The vendors' addresses by name, and the port of the post office as `smtp`."""
    found: dict[str, str] = {}
    started, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            found["smtp"] = str(await stack.enter_async_context(smtp(postmaster)))
            for name, vendor in vendors.items():
                server = await stack.enter_async_context(TestServer(vendor.app))
                found[name] = str(server.make_url("/")).rstrip("/")
            started.set()
            await over.wait()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=[serve()], daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()


def test_a_case_in_every_system(
    workers: Workers, tmp_path: Path, until: Callable[..., None]
) -> None:
    desk, site, events, room, post = (
        ZendeskServer(),
        JiraServer(),
        EventServer(),
        SlackServer(),
        Postmaster(),
    )
    with served(post, zendesk=desk, jira=site, servicenow=events, slack=room) as addresses:
        policy = tmp_path / "policy.toml"
        policy.write_text(POLICY.format(channel=CHANNEL, **addresses))
        worker = workers("--role", "tickets", TOCSIN_POLICY=str(policy), **SECRETS)
        until(lambda: worker.ready, 60)
        say(workers.settings, said(0))
        until(lambda: desk.tickets and site.issues and room.messages, 60)
        until(lambda: events.events and post.messages, 30)
        assert press(worker.post, "tocsin_acknowledge") == 200
        until(lambda: site.status("CARE-1") == "In Progress", 30)
        until(lambda: any("in hand: maria" in text for text in desk.texts(100)), 30)
        until(lambda: any("in hand: maria" in reply["text"] for reply in room.replies), 30)
        until(lambda: post.messages[-1]["X-Tocsin-Status"] == "acknowledged", 30)
        until(lambda: "maria" in events.events[-1]["additional_info"], 30)
        say(workers.settings, said(1, "resolved"))
        until(lambda: site.status("CARE-1") == "Done", 60)
        until(lambda: desk.tickets[100]["status"] == "solved", 30)
        until(lambda: [alert["state"] for alert in events.alerts.values()] == ["Closed"], 30)
        until(lambda: "over" in room.replies[-1]["text"], 30)
        until(lambda: post.messages[-1]["X-Tocsin-Status"] == "resolved", 30)
    assert (len(desk.tickets), len(site.issues), len(room.messages)) == (1, 1, 1)
    assert "skylark" not in worker.log.replace("skylark-air", "")


def press(post: Callable[[str, bytes, dict[str, str]], int], action_id: str) -> int:
    """Sends what Slack sends when somebody presses a button; the answer's status."""
    body = pressed(action_id, case_id="skylark-air:root-1", episode=1)
    stamp = str(int(time.time()))
    signature = SignatureVerifier("psst").generate_signature(timestamp=stamp, body=body)
    assert signature is not None
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return post("/hooks/slack/room", body, headers)
