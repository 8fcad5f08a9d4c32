"""Prometheus Alertmanager: one alert per open case, through its API v2.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. An alert is its labels:
they hold no text and no id but a short digest of the case. When the level moves, the alert of the
old level is ended in the call that begins the new one. Every alert ends by itself and is
said again well before, as Prometheus does: a Tocsin that is gone rings nobody for ever.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from msgspec import Meta

from scoring.escalation import Status
from scoring.levels import Level
from streams.sinks import html, http, render
from streams.sinks.target import (
    CREATED,
    RESOLVED,
    UNCHANGED,
    UPDATED,
    Delivered,
    Later,
    Memory,
    Notice,
    Partly,
    Refused,
    named,
    secret,
    settings_of,
)
from streams.sinks.web import Address, User, login

KEYED = True
REFRESH_S = 900.0
"""A member that was restarted, or away when a case opened, knows of it after so long at most."""
SEVERITY = {
    Level.CRISIS: "critical",
    Level.ESCALATE: "critical",
    Level.RESPOND: "warning",
    Level.WATCH: "info",
}
_LABELS = "labels"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every member of a cluster is told: one suffices to ring, and all have to hear the end.

    `lasts_h`: an alert that is not said again is over after so many hours.
    """

    urls: Annotated[tuple[Address, ...], Meta(min_length=1)]
    username: User = ""
    password_env: str = ""
    password_file: str = ""
    lasts_h: Annotated[float, Meta(ge=0.5, le=8760)] = 4.0

    def __post_init__(self) -> None:
        if self.username:
            named(self, "password")


class _Alertmanager:
    def __init__(
        self,
        values: Settings,
        headers: Mapping[str, str],
        session: aiohttp.ClientSession,
    ) -> None:
        self._urls = [f"{url.rstrip('/')}/api/v2/alerts" for url in values.urls]
        self._lasts = timedelta(hours=values.lasts_h)
        self._headers = headers
        self._session = session

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        if notice.passes_on:
            return Delivered(memory, UNCHANGED)  # it knows silences, and no acknowledgement
        now = datetime.now(UTC)
        resolved = notice.escalation.status is Status.RESOLVED
        own = alert(notice, now, now if resolved else now + self._lasts)
        sent, before = [own], json.loads(memory[_LABELS]) if _LABELS in memory else None
        if before is not None and before != own["labels"]:
            sent.append(own | {"labels": before, "endsAt": now.isoformat()})
        away, refused = await self._tell(sent)
        if resolved and away:
            raise Partly("; ".join(away), memory, Delivered(memory, RESOLVED))
        note = "; ".join([*away, *refused])
        if resolved:
            return Delivered({}, RESOLVED, note)
        kept = {_LABELS: json.dumps(own["labels"], sort_keys=True)}
        return Delivered(kept, UPDATED if before is not None else CREATED, note)

    async def close(self) -> None:
        pass

    async def _tell(self, alerts: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
        """Which members are to be told later and which take nothing, and why.

        Raises what one said when none took it.
        """
        calls = (
            http.call(self._session, "POST", url, body=alerts, headers=self._headers)
            for url in self._urls
        )
        answers = await asyncio.gather(*calls, return_exceptions=True)
        wrong = [answer for answer in answers if isinstance(answer, BaseException)]
        if len(wrong) == len(answers):
            later = [error for error in wrong if isinstance(error, Later)]
            raise (later or wrong)[0]
        away, refused = [], []
        for url, error in zip(self._urls, answers, strict=True):
            member = f"member {urlsplit(url).netloc}"
            if isinstance(error, Refused):
                refused.append(f"{member} takes no alerts: {error.reason}")
            elif isinstance(error, Later):
                away.append(f"{member} is away: {error.reason}")
            elif isinstance(error, BaseException):
                raise error
        return away, refused


def build(settings: Mapping[str, Any], session: aiohttp.ClientSession) -> _Alertmanager:
    """A cluster of Alertmanagers. Raises ConfigError."""
    values = settings_of(Settings, settings)
    headers = {}
    if values.username:
        headers["Authorization"] = login(values.username, secret(values, "password"))
    return _Alertmanager(values, headers, session)


def alert(notice: Notice, now: datetime, ends: datetime) -> dict[str, Any]:
    """The alert of a case: begun when its message came, at the latest now."""
    said = notice.escalation
    labels = {
        "alertname": "TocsinCase",
        "brand": said.brand,
        "kind": said.kind.value,
        "level": said.level.value,
        "severity": SEVERITY[said.level],
        "case": hashlib.sha256(said.case_id.encode()).hexdigest()[:12],
    }
    if notice.test:
        labels["test"] = "true"
    annotations = {
        "summary": render.summary(notice),
        "description": render.plain(notice, 10_000),
        "case_id": said.case_id,
    }
    if notice.console_url:
        annotations["console_url"] = notice.console_url
    made: dict[str, Any] = {
        "labels": labels,
        "annotations": annotations,
        "startsAt": min(said.at, now).isoformat(),
        "endsAt": ends.isoformat(),
    }
    if url := html.link(said.url or "") or notice.console_url:
        made["generatorURL"] = url
    return made
