"""What the example's receivers say, heard by servers that a real Alertmanager tells."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import runbooks
from tests.deploy.alertmanager import CONFIG, Alertmanager, running
from tests.streams.vendors import PagerDutyVendor, Vendor

pytestmark = pytest.mark.deploy

WAITS_S = 60
RUNBOOK = f"{runbooks.BASE}#tocsinescalationunacknowledged"


class Told:
    """An Alertmanager with the example's configuration, and who hears it."""

    def __init__(self, pager: Vendor, chat: Vendor) -> None:
        self._pager, self._chat = pager, chat
        self.alertmanager: Alertmanager

    def config(self, folder: Path) -> dict[str, Any]:
        """The example, but for addresses, secrets and patience."""
        config: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
        for route in (config["route"], *config["route"]["routes"]):
            route |= {"group_wait": "1s"}
        key, hook = folder / "pagerduty", folder / "slack"
        key.write_text("R" * 32)
        hook.write_text(f"{self._chat.url}/services/hook")
        pager, chat = config["receivers"]
        pager["pagerduty_configs"][0] |= {
            "routing_key_file": str(key),
            "url": f"{self._pager.url}/v2/enqueue",
        }
        chat["slack_configs"][0]["api_url_file"] = str(hook)
        return config

    @property
    def pages(self) -> list[dict[str, Any]]:
        """What PagerDuty took."""
        return [one.body for one in self._pager.requests]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What Slack was told: the attachments of each message."""
        return [one.body["attachments"][0] for one in self._chat.requests]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with ExitStack() as stack:
        pager, chat = PagerDutyVendor(), Vendor()
        stack.enter_context(pager.running())
        stack.enter_context(chat.running())
        heard = Told(pager, chat)
        heard.alertmanager = stack.enter_context(running(heard.config(tmp_path), tmp_path))
        yield heard


def waiting(level: str, severity: str, **more: str) -> dict[str, Any]:
    """A case that has nobody; two levels share a group and no summary."""
    return {
        "labels": {
            "alertname": "TocsinEscalationUnacknowledged",
            "severity": severity,
            "level": level,
            **more,
        },
        "annotations": {
            "summary": f"A case at {level} has nobody who takes it",
            "description": f"The oldest one has stood at {level} for an hour.",
            "runbook_url": RUNBOOK,
        },
    }


def test_a_page_about_two_alerts_names_both(told: Told, until: Callable[..., None]) -> None:
    told.alertmanager.tell(waiting(level, "critical") for level in ("crisis", "escalate"))
    until(lambda: told.pages, WAITS_S)
    page = told.pages[0]
    assert page["payload"]["summary"] == (
        "TocsinEscalationUnacknowledged, 2 alerts: "
        "A case at crisis has nobody who takes it; A case at escalate has nobody who takes it"
    )
    assert page["payload"]["severity"] == "critical"
    assert [link["href"] for link in page["links"]] == [RUNBOOK]


def test_a_page_about_one_alert_is_its_summary(told: Told, until: Callable[..., None]) -> None:
    told.alertmanager.tell([waiting("crisis", "critical")])
    until(lambda: told.pages, WAITS_S)
    assert told.pages[0]["payload"]["summary"] == "A case at crisis has nobody who takes it"


def test_a_message_about_two_alerts_names_both_and_says_each(
    told: Told, until: Callable[..., None]
) -> None:
    told.alertmanager.tell(waiting(level, "warning") for level in ("respond", "watch"))
    until(lambda: told.messages, WAITS_S)
    message = told.messages[0]
    assert message["title"].startswith("TocsinEscalationUnacknowledged, 2 alerts: A case at ")
    for level in ("respond", "watch"):
        assert f"A case at {level} has nobody" in message["title"]
        assert f"The oldest one has stood at {level} for an hour.\n{RUNBOOK}" in message["text"]


def test_a_case_of_the_sink_has_a_title_and_leads_to_the_console(
    told: Told, until: Callable[..., None]
) -> None:
    told.alertmanager.tell(
        {
            "labels": {
                "alertname": "TocsinCase",
                "severity": "critical",
                "brand": "a",
                "case": case,
            },
            "annotations": {"summary": f"case {case}", "console_url": "https://tocsin.example/"},
        }
        for case in ("1", "2")
    )
    until(lambda: told.pages, WAITS_S)
    assert told.pages[0]["payload"]["summary"] == "TocsinCase, 2 alerts: case 1; case 2"
    assert told.pages[0]["links"][0]["href"] == "https://tocsin.example/"
