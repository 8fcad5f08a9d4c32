"""ServiceNow: one alert per case, whatever is sent twice."""

import base64
import json
from typing import Any

import pytest
from aiohttp import web

from streams.sinks import servicenow
from streams.sinks.target import Later, Refused
from tests.streams.sinks.notices import OPENED, OVER, TAKEN, WORSE, asynchronous, notice, told
from tests.streams.sinks.vendor import Vendor, said

_LOGIN = "Basic " + base64.b64encode(b"tocsin:pa:ss").decode()
_LIMITS = {"source": 100, "message_key": 1024, "description": 4000, "node": 100}


class EventServer(Vendor):
    """An instance with Event Management: events of one message key are one alert."""

    def __init__(self) -> None:
        super().__init__()
        self.alerts: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.app.router.add_post("/api/global/em/jsonv2", self._take)

    async def _take(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != _LOGIN:
            error = {"message": "User Not Authenticated", "detail": "Required to provide Auth"}
            return said(401, {"error": error, "status": "failure"})
        records = (await request.json())["records"]
        for event in records:
            assert all(isinstance(value, str) for value in event.values())
            assert all(len(event[name]) <= most for name, most in _LIMITS.items())
            self.events.append(event)
            alert = self.alerts.setdefault(event["message_key"], {"state": "Open"})
            alert |= {"severity": event["severity"], "description": event["description"]}
            alert["state"] = "Closed" if event["severity"] == "0" else "Open"
        answer = f"{len(records)} events were inserted"
        return said(200, {"result": {"Default Bulk Endpoint": answer}})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> EventServer:
    monkeypatch.setenv("SERVICENOW_PASSWORD", "pa:ss")
    return EventServer()


LOGIN = {"user": "tocsin", "password_env": "SERVICENOW_PASSWORD"}


@asynchronous
async def test_the_life_of_an_alert(server: EventServer) -> None:
    async with server.target(servicenow, **LOGIN) as sink:
        outcomes = await told(sink, OPENED, WORSE, WORSE, TAKEN, OVER)
    assert outcomes == ["created", "updated", "updated", "acknowledged", "resolved"]
    assert [event["severity"] for event in server.events] == ["3", "1", "1", "1", "0"]
    assert server.events[-1]["resolution_state"] == "Closing"
    assert list(server.alerts) == ["skylark-air:root 1"]
    assert server.alerts["skylark-air:root 1"]["state"] == "Closed"


@asynchronous
async def test_what_an_event_says(server: EventServer) -> None:
    async with server.target(servicenow, **LOGIN, node="social", source="Tocsin FR") as sink:
        await told(sink, notice(by="maria", test=True, advice=("answer-in-public",) * 400))
    (event,) = server.events
    assert event["time_of_event"] == "2013-09-02 12:00:00"
    assert (event["node"], event["source"]) == ("social", "Tocsin FR")
    more = json.loads(event["additional_info"])
    assert more["acknowledged_by"] == "maria"
    assert more["test"] == "true"
    assert more["level"] == "respond"
    assert event["description"].startswith("[TEST")


@asynchronous
async def test_errors_say_whether_to_try_again(
    server: EventServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server.target(servicenow, **LOGIN) as sink:
        server.failures.append(said(429, {}, {"Retry-After": "60"}))
        with pytest.raises(Later) as busy:
            await told(sink, OPENED)
        assert busy.value.after_s == 60
        server.failures.append(web.Response(text="<html>Your instance is hibernating</html>"))
        with pytest.raises(Later, match="not understood"):
            await told(sink, OPENED)
        server.failures.append(said(200, {"error": {"message": "No records"}}))
        with pytest.raises(Refused, match="No records"):
            await told(sink, OPENED)
    monkeypatch.setenv("SERVICENOW_PASSWORD", "wrong")
    async with server.target(servicenow, **LOGIN) as sink:
        with pytest.raises(Refused, match="401"):
            await told(sink, OPENED)
    assert not server.events
