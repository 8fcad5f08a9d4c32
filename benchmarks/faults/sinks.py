"""Ticket systems on a bad day: they answer 429 or 500, hang, or take a call and hang up."""

import time
from contextlib import AbstractContextManager

from aiohttp import web

from tests.streams.vendors import PagerDutyVendor, Vendor

TOO_MANY, BROKEN, HANGS, HANGS_UP = "429", "500", "hang", "drop"


class Moody(Vendor):
    """Answers as the vendor does while `mood` is empty; `answered` are the ids it confirmed."""

    def __init__(self) -> None:
        super().__init__()
        self.mood = ""
        self.answered: list[str] = []
        self.noted: list[tuple[float, str, str]] = []
        """When what was asked and answered, to look into a run that failed."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        mood, id_ = self.mood, request.headers.get("webhook-id", "")
        self.noted.append((time.time(), id_, f"came {mood}"))
        if mood == TOO_MANY:
            return web.json_response({}, status=429, headers={"Retry-After": "1"})
        if mood == BROKEN:
            return web.json_response({}, status=500)
        answer = await super().handle(request)
        if mood == HANGS_UP and request.transport is not None:
            request.transport.abort()
        elif request.transport is not None and not request.transport.is_closing():
            self.answered.append(id_)
            self.noted.append((time.time(), id_, "answered"))
        return answer

    def hold_or_let_go(self, mood: str) -> None:
        """Sets the mood; what hung is answered when the mood is another."""
        self.mood = mood
        if mood == HANGS:
            self.hold()
        else:
            self.let_go()


class Pager(Moody, PagerDutyVendor):
    """Knows tickets by a key of ours."""


class Hook(Moody):
    """Knows a message by its `webhook-id`."""


def running(*vendors: Vendor) -> list[AbstractContextManager[None]]:
    """Their servers."""
    return [vendor.running() for vendor in vendors]


def policy(pager: Pager, hook: Hook) -> str:
    """Sinks and routes of the policy file: everything to the hook, what is urgent to the pager."""
    return f"""
[sinks.pager]
type = "pagerduty"
url = "{pager.url}"
routing_key_env = "PAGER_KEY"
rate_per_s = 100

[sinks.log]
type = "webhook"
url = "{hook.url}/in"
secret_env = "HOOK_KEY"

[[routes]]
sinks = ["log"]
continue = true

[[routes]]
min_level = "escalate"
sinks = ["pager"]
"""
