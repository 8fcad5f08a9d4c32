"""A Slack workspace: two methods, its limits on blocks, and messages that get deleted."""

import itertools
import re
from typing import Any

from aiohttp import web

from tests.streams.sinks.vendor import Vendor, said

TOKEN = "xoxb-1"
CHANNEL = "C0CRISIS"
_ALIVE = re.compile(r"<(?:[@!#][^>]*|[a-z]+:[^>|]*(?:\|[^>]*)?)>")


class SlackServer(Vendor):
    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, dict[str, Any]] = {}
        self.replies: list[dict[str, Any]] = []
        self.frozen = False
        self.locked = False
        self._numbers = itertools.count(1)
        self.app.router.add_post("/api/chat.postMessage", self._post)
        self.app.router.add_post("/api/chat.update", self._update)

    def alive(self, text: str) -> list[str]:
        """What Slack would turn into mentions and links."""
        return _ALIVE.findall(text)

    def delete(self, ts: str) -> None:
        """As a person deletes a message."""
        del self.messages[ts]

    async def _post(self, request: web.Request) -> web.Response:
        message = await request.json()
        if error := _error(request, message):
            return said(200, {"ok": False, "error": error})
        ts = f"1378123200.{next(self._numbers):06d}"
        if thread := message.get("thread_ts"):
            if self.locked:
                error = "restricted_action_thread_locked"
                return said(200, {"ok": False, "error": error})
            assert thread in self.messages
            self.replies.append(message)
        else:
            self.messages[ts] = message
        return said(200, {"ok": True, "channel": CHANNEL, "ts": ts, "message": message})

    async def _update(self, request: web.Request) -> web.Response:
        message = await request.json()
        error = _error(request, message)
        if not error and message["ts"] not in self.messages:
            error = "message_not_found"
        if not error and self.frozen:
            error = "edit_window_closed"
        if error:
            return said(200, {"ok": False, "error": error})
        self.messages[message["ts"]] |= message
        return said(200, {"ok": True, "channel": CHANNEL, "ts": message["ts"], "text": "..."})


def _error(request: web.Request, message: dict[str, Any]) -> str:
    """Its name, empty for none; https://docs.slack.dev/reference/methods/chat.postMessage#errors"""
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return "invalid_auth"
    if message["channel"] != CHANNEL:
        return "channel_not_found"
    blocks = message.get("blocks", [])
    texts = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    buttons = [b for block in blocks if block["type"] == "actions" for b in block["elements"]]
    if (
        len(blocks) > 50
        or any(not 1 <= len(text) <= 3000 for text in texts)
        or any(len(b["value"]) > 2000 or len(b["text"]["text"]) > 75 for b in buttons)
    ):
        return "invalid_blocks"
    return "" if message.get("text") else "no_text"
