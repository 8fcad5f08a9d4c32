"""Notices as the runner hands them over, and a way to deliver several in a row."""

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from scoring.escalation import (
    CaseKind,
    Escalation,
    Signals,
    SpreadSummary,
    Status,
    Why,
    escalation_id,
)
from scoring.levels import Level
from streams.sinks.target import Delivered, Later, Notice, Target

START = datetime(2013, 9, 2, 12, tzinfo=UTC)
CASE = "skylark-air:root 1"
HOSTILE = "<!channel> <@U1> @here {{ticket.requester.email}} {code}*x*{code} [~admin] <b>hi</b>"


def notice(
    status: Status = Status.OPEN,
    level: Level = Level.RESPOND,
    *,
    minute: int = 0,
    by: str = "",
    given_back: str = "",
    command: str = "",
    test: bool = False,
    lang: str = "en",
    console_url: str = "https://tocsin.example/cases/1",
    **changes: Any,
) -> Notice:
    """What is said of one case `minute` minutes after its start; same arguments, same notice."""
    at = START + timedelta(minutes=minute)
    episode = changes.get("episode", 1)
    fields: dict[str, Any] = {
        "id": escalation_id(CASE, episode, minute + 1, status, level, at.timestamp()),
        "case_id": CASE,
        "conversation_id": "root 1",
        "episode": episode,
        "kind": CaseKind.CONVERSATION,
        "brand": "skylark-air",
        "status": status,
        "level": level,
        "at": at,
        "opened_at": START,
        "score": 0.62,
        "signals": Signals(
            anger=0.9, objective_fact=0.8, corporate_denial=0.1, influencer_sharing=0.2
        ),
        "spread": SpreadSummary(
            mentions=12,
            authors=9,
            shares=40,
            reach=76_000,
            reproduction=0.7,
            forecast_shares=120.0,
            forecast_low=80.0,
            forecast_high=200.0,
        ),
        "silence_s": 7200.0,
        "why": (
            Why(signal="anger", weight=1.2, quote=HOSTILE, note="clear anger (90%)"),
            Why(signal="silence", weight=0.8, note="no answer for 2 h"),
        ),
        "advice": ("answer-in-public", "admit-publicly"),
        "headline": f"[{level.upper()}] skylark-air 62%: clear anger (90%)",
        "url": "https://social.example/posts/1",
        "mention_ids": ("root 1",),
        "model": "m",
        "policy": "p",
    }
    return Notice(
        escalation=Escalation(**fields | changes),
        acknowledged_by=by,
        released_by=given_back,
        command=command,
        test=test,
        console_url=console_url,
        lang=lang,
    )


OPENED = notice()
WORSE = notice(Status.UPDATE, Level.CRISIS, minute=5)
SAME = notice(Status.UPDATE, Level.RESPOND, minute=7)
TAKEN = notice(Status.UPDATE, Level.CRISIS, minute=5, by="maria")
OVER = notice(Status.RESOLVED, Level.CRISIS, minute=90)
AGAIN = notice(Status.OPEN, Level.WATCH, minute=200, episode=2)


async def told(target: Target, *notices: Notice, memory: dict[str, str] | None = None) -> list[str]:
    """Outcomes, each delivery with the memory that the one before left."""
    kept: Any = memory or {}
    outcomes = []
    for each in notices:
        delivered = await target.deliver(each, kept)
        kept = delivered.memory
        outcomes.append(delivered.outcome)
    return outcomes


async def until_taken(target: Target, said: Notice, memory: Any = None) -> Delivered:
    """Tries again, as the runner does, with the memory from before; at most three times."""
    for _ in range(2):
        with contextlib.suppress(Later):
            return await target.deliver(said, memory or {})
    return await target.deliver(said, memory or {})


def asynchronous(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Runs a test that is a coroutine."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))  # type: ignore[arg-type]

    return run
