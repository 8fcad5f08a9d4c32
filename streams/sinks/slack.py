"""Slack: one message per episode of a case, kept up to date; what changed goes into its thread.

With the SDK of Slack (`slack_sdk`), whose client shares the session and is told not to try again:
that is the runner's. https://docs.slack.dev/reference/methods/chat.postMessage and chat.update
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import aiohttp
from msgspec import Meta
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from scoring.escalation import Status
from streams.sinks import slack_blocks
from streams.sinks.account import Hooked
from streams.sinks.episodes import of_episode, remembered
from streams.sinks.flow_back import slack as flow_back
from streams.sinks.flow_back.signed import SignedHook, hook_of
from streams.sinks.http import TIMEOUT_S, retry_after, words
from streams.sinks.target import (
    CREATED,
    RESOLVED,
    UNCHANGED,
    Delivered,
    Later,
    Memory,
    Notice,
    Refused,
    named,
    secret,
    secrets,
    settings_of,
)
from streams.sinks.web import Address

log = logging.getLogger(__name__)

RATE_PER_S = 1.0
"""One message a second and channel, https://docs.slack.dev/apis/web-api/rate-limits"""

_PASSING = frozenset(
    {
        "fatal_error",
        "internal_error",
        "message_limit_exceeded",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
_NO_JSON = "the answer is no JSON of Slack's API; is url right, or a proxy in between?"
_FROZEN = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
"""The message was deleted, or may not be changed any more: another one takes its place."""


class Settings(Hooked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[sinks.NAME]` with type "slack".

    `channel` is a channel's id (C…); the bot's token needs the scope chat:write. `hook_secret` is
    the app's signing secret: with it the message has buttons.
    """

    channel: Annotated[
        str,
        Meta(
            pattern=r"^[CGD][A-Z0-9]{2,}$",
            description="the channel's id is wanted, such as C0123456789, not its name",
        ),
    ]
    token_env: str = ""
    token_file: str = ""
    url: Address = "https://slack.com/api"

    def __post_init__(self) -> None:
        named(self, "token")


def build(settings: Mapping[str, Any], session: aiohttp.ClientSession) -> "Slack":
    """The target. Raises ConfigError."""
    typed = settings_of(Settings, settings)
    quiet = logging.getLogger(f"{__name__}.sdk")
    quiet.setLevel(logging.INFO)  # below that it would log whole messages
    client = _Client(
        token=secret(typed, "token"),
        base_url=typed.url,
        timeout=int(TIMEOUT_S),
        session=session,
        retry_handlers=[],
        logger=quiet,
    )
    client.proxy = None  # the session knows the proxies, and which hosts need none
    return Slack(typed.channel, client, buttons=bool(secrets(typed, "hook_secret")))


def hook(
    name: str, settings: Mapping[str, Any], session: aiohttp.ClientSession
) -> SignedHook | None:
    """What people decide there, None where no secret is named. Raises ConfigError."""
    return hook_of(settings_of(Settings, settings), flow_back.command)


class _Client(AsyncWebClient):
    """Follows no redirect: the token would go wherever an answer says."""

    async def _request(self, *, http_verb: str, api_url: str, req_args: Any) -> dict[str, Any]:
        args = {**req_args, "allow_redirects": False}
        return await super()._request(http_verb=http_verb, api_url=api_url, req_args=args)


class Slack:
    """Keeps in memory: `ts`, the message; the `channel` it is in, its `episode` and `level`."""

    def __init__(self, channel: str, client: AsyncWebClient, *, buttons: bool) -> None:
        self._channel = channel
        self._client = client
        self._buttons = buttons

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        """Posts the message, or updates it and tells the thread what an update alone would hide.

        Each try has at most one call that would show if it were repeated, and it is the last.
        """
        said = notice.escalation
        known = of_episode(notice, memory)
        shown = {
            "text": slack_blocks.fallback(notice),
            "blocks": slack_blocks.blocks(notice, buttons=self._buttons),
        }
        if known and await self._updated(known, shown):
            if _to_be_told(notice, known):
                await self._told(known, slack_blocks.reply(notice))
            outcome = notice.changed
            if said.status is Status.RESOLVED:
                outcome = RESOLVED
            place = {"channel": known["channel"], "ts": known["ts"]}
            return Delivered(remembered(notice, **place), outcome)
        if said.status is Status.RESOLVED:
            return Delivered(memory, UNCHANGED)
        return Delivered(await self._posted(notice, shown), CREATED)

    async def close(self) -> None:
        """The session is the runner's."""

    async def _posted(self, notice: Notice, shown: Mapping[str, Any]) -> Memory:
        # Without link_names and with parse=none no name in the text becomes a mention.
        answer = await self._call(
            "chat.postMessage",
            {
                "channel": self._channel,
                "parse": "none",
                "link_names": False,
                "unfurl_links": False,
                "unfurl_media": False,
                **shown,
            },
        )
        found = {name: str(answer.get(name) or "") for name in ("channel", "ts")}
        if not all(found.values()):
            raise Later("Slack took a message and did not say which it is")
        return remembered(notice, **found)

    async def _updated(self, known: Memory, shown: Mapping[str, Any]) -> bool:
        try:
            place = {"channel": known["channel"], "ts": known["ts"]}
            await self._call("chat.update", {**place, "parse": "none", **shown})
        except _Gone:
            return False
        return True

    async def _told(self, known: Memory, text: str) -> None:
        body = {"channel": known["channel"], "thread_ts": known["ts"], "text": text}
        try:
            await self._call(
                "chat.postMessage",
                {**body, "parse": "none", "link_names": False, "unfurl_links": False},
            )
        except Refused as refused:  # a locked thread; the message itself says it already
            log.warning("no reply in a thread: %s", refused.reason)

    async def _call(self, method: str, body: dict[str, Any]) -> Mapping[str, Any]:
        try:
            answer = await self._client.api_call(method, json=body)
        except SlackApiError as error:
            raise _meant(error) from None
        except TimeoutError:
            raise Later(f"no answer within {TIMEOUT_S:g} s") from None
        except AttributeError:  # the SDK takes a text or a list for an object before it looks
            raise Later(_NO_JSON) from None
        except (aiohttp.ClientError, SlackClientError, ValueError) as error:
            raise Later(f"no answer of Slack: {type(error).__name__}") from None
        found = answer.data
        return found if isinstance(found, dict) else {}


class _Gone(Refused):
    """The message cannot be changed."""


def _meant(error: SlackApiError) -> Exception:
    """What to raise for an answer that is no success: HTTP 200 with an error's name, mostly."""
    answer = error.response
    status: int = getattr(answer, "status_code", 0) or getattr(answer, "status", 0)
    data = getattr(answer, "data", None)
    name = str(data.get("error", "")) if isinstance(data, dict) else ""
    if name in _FROZEN:
        return _Gone(f"Slack says {name}")
    reason = f"Slack says {words(name)}" if name else f"HTTP {status}: {_NO_JSON}"
    if 300 <= status < 400:
        return Refused(f"HTTP {status}: a redirect, which is not followed; is url right?")
    if status in (408, 429) or status >= 500 or name in _PASSING or not (name or status >= 400):
        return Later(reason, retry_after(getattr(answer, "headers", {}), datetime.now(UTC)))
    return Refused(reason)


def _to_be_told(notice: Notice, known: Memory) -> bool:
    """Whether the thread hears of it: another level, the end, or what somebody decided.

    An update of the message notifies nobody.
    """
    said = notice.escalation
    over = said.status is Status.RESOLVED
    return over or notice.passes_on or str(said.level) != known.get("level")
