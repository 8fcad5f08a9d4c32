"""A marked test ticket: opened, and closed again, in one try each."""

import asyncio
from datetime import datetime

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
from streams.sinks.runner import build, http_session, page
from streams.sinks.settings import Sink
from streams.sinks.target import Delivered, Later, Memory, Notice, Refused, Target

_TEXTS = {
    "en": ("a test of the ticket system", "This is a test. Nobody has complained."),
    "fr": ("un essai du système de tickets", "Ceci est un essai. Personne ne s'est plaint."),
}


def escalation(sink: str, at: datetime, status: Status, level: Level, lang: str) -> Escalation:
    """A made-up message about a case that is none."""
    case_id = f"test:{sink}:{at:%Y%m%dT%H%M%S}"
    note, quote = _TEXTS.get(lang, _TEXTS["en"])
    return Escalation(
        id=escalation_id(case_id, 1, int(status is Status.RESOLVED), status, level, at.timestamp()),
        case_id=case_id,
        conversation_id=None,
        episode=1,
        kind=CaseKind.CONVERSATION,
        brand="test",
        status=status,
        level=level,
        at=at,
        opened_at=at,
        score=0.0,
        signals=Signals(
            anger=0.0, objective_fact=0.0, corporate_denial=0.0, influencer_sharing=0.0
        ),
        spread=SpreadSummary(
            mentions=0,
            authors=0,
            shares=0,
            reach=0,
            reproduction=0.0,
            forecast_shares=0.0,
            forecast_low=0.0,
            forecast_high=0.0,
        ),
        silence_s=0.0,
        why=(Why(signal="test", weight=0.0, quote=quote, note=note),),
        advice=("wait-and-watch",),
        headline=f"[{level.upper()}] test: {note}",
        url=None,
        mention_ids=(),
        model="none",
        policy="none",
    )


async def run(
    sink: Sink, at: datetime, level: Level, *, lang: str, keep: bool, console_url: str
) -> list[str]:
    """Opens a test ticket and, unless it is to be kept, closes it; what became of each.

    Each is one try within the sink's `timeout_s`, as the worker makes it. Raises ConfigError, and
    what a target raises.
    """
    outcomes: list[str] = []
    async with http_session() as session:
        target = build(sink, session)
        memory: dict[str, str] = {}
        try:
            for status in (Status.OPEN,) if keep else (Status.OPEN, Status.RESOLVED):
                said = escalation(sink.name, at, status, level, lang)
                url = page(console_url.rstrip("/"), said.case_id)
                notice = Notice(escalation=said, test=True, console_url=url, lang=lang)
                delivered = await _tried(target, notice, memory, sink.delivery.timeout_s, outcomes)
                memory = dict(delivered.memory)
                outcomes.append(delivered.outcome)
                if delivered.note:
                    outcomes[-1] += f" ({delivered.note})"
        finally:
            await target.close()
    return outcomes


async def _tried(
    target: Target, notice: Notice, memory: Memory, timeout_s: float, before: list[str]
) -> Delivered:
    try:
        async with asyncio.timeout(timeout_s):
            return await target.deliver(notice, memory)
    except TimeoutError:
        error: Later | Refused = Later(f"not done within {timeout_s:g} s")
    except (Later, Refused) as found:
        error = found
    if before:
        error.reason = f"{before[0]}, then left open: {error.reason}"
    raise error
