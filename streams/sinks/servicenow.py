"""ServiceNow Event Management: each escalation is an event, and one alert stands for the case.

Field by field: "Event field format for event collection" in ServiceNow's documentation of Event
Management. Events of one `message_key` are one alert, so that a second arrival changes nothing.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Any

import aiohttp
import msgspec
from msgspec import Meta

from scoring.escalation import Status
from scoring.levels import Level
from streams.sinks import http, render
from streams.sinks.answers import read
from streams.sinks.target import (
    CREATED,
    RESOLVED,
    Delivered,
    Memory,
    Notice,
    Refused,
    named,
    secret,
    settings_of,
)
from streams.sinks.web import Address, User, login

KEYED = True
SEVERITIES = {Level.CRISIS: "1", Level.ESCALATE: "2", Level.RESPOND: "3", Level.WATCH: "4"}
"""Critical, major, minor, warning; 0 clears the alert."""
_CLEAR = "0"
_MOST_DESCRIPTION = 4000
Short = Annotated[str, Meta(min_length=1, max_length=100)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[sinks.NAME]` with type "servicenow".

    The user needs the role evt_mgmt_integration; without a `user` the secret is an OAuth token.
    `node` is the configuration item that the events are about, the brand when it is empty.
    """

    url: Address
    user: User = ""
    password_env: str = ""
    password_file: str = ""
    source: Short = "Tocsin"
    event_class: str = "Tocsin"
    node: str = ""

    def __post_init__(self) -> None:
        named(self, "password")


def build(settings: Mapping[str, Any], session: aiohttp.ClientSession) -> "ServiceNow":
    """The target. Raises ConfigError."""
    typed = settings_of(Settings, settings)
    return ServiceNow(typed, secret(typed, "password"), session)


class ServiceNow:
    """Keeps nothing but whether the case is known: `message_key` finds it again."""

    def __init__(self, settings: Settings, password: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session
        self._url = settings.url.rstrip("/") + "/api/global/em/jsonv2"
        self._headers = {
            "Authorization": login(settings.user, password),
            "Accept": "application/json",
        }

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        """Sends the event."""
        answer = await http.call(
            self._session,
            "POST",
            self._url,
            body={"records": [event(notice, self._settings)]},
            headers=self._headers,
        )
        if answer.body and (error := read(answer, dict[str, Any]).get("error")):
            raise Refused(f"ServiceNow took no event: {http.words(str(error))}")
        said = notice.escalation
        known = memory.get("episode") == str(said.episode)
        outcome = notice.changed if known or notice.passes_on else CREATED
        if said.status is Status.RESOLVED:
            outcome = RESOLVED
        return Delivered({"episode": str(said.episode)}, outcome)

    async def close(self) -> None:
        """Nothing of its own is open."""


def event(notice: Notice, settings: Settings) -> dict[str, str]:
    """The record of `em_event`; texts all, as the interface wants them."""
    said = notice.escalation
    over = said.status is Status.RESOLVED
    more = {
        "case_id": said.case_id,
        "episode": str(said.episode),
        "escalation_id": said.id,
        "brand": said.brand,
        "kind": str(said.kind),
        "status": str(said.status),
        "level": str(said.level),
        "score": f"{said.score:.3f}",
        "mentions": str(said.spread.mentions),
        "authors": str(said.spread.authors),
        "shares": str(said.spread.shares),
        "reach": str(said.spread.reach),
        "reproduction": f"{said.spread.reproduction:.2f}",
        "forecast_shares": f"{said.spread.forecast_shares:.0f}",
        "advice": ", ".join(said.advice),
        "model": said.model,
        "policy": said.policy,
        "url": said.url or "",
        "console_url": notice.console_url,
        "acknowledged_by": notice.acknowledged_by,
        "released_by": notice.released_by,
        "test": "true" if notice.test else "",
    }
    return {
        "source": settings.source,
        "event_class": settings.event_class,
        "node": settings.node or said.brand,
        "resource": str(said.kind),
        "metric_name": "crisis_probability",
        "type": "tocsin.escalation.v1",
        "message_key": said.case_id,
        "severity": _CLEAR if over else SEVERITIES[said.level],
        "resolution_state": "Closing" if over else "New",
        "time_of_event": said.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "description": render.short(
            f"{render.summary(notice)}\n\n{render.plain(notice)}", _MOST_DESCRIPTION
        ),
        "additional_info": msgspec.json.encode({k: v for k, v in more.items() if v}).decode(),
    }
