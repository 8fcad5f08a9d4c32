"""Jira: one issue per episode of a case, found again by a label; comments, and transitions by name.

Jira has no key against a second issue, and its search sees a new one only after some seconds:
what keeps a case from having two is the runner's memory, and the search where that is lost.
"""

import logging
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import aiohttp
import msgspec
from msgspec import Meta

from scoring.escalation import Status
from scoring.levels import Level
from streams.sinks import jira_text, render
from streams.sinks.account import Account
from streams.sinks.episodes import of_episode, remembered, rose
from streams.sinks.flow_back import jira as flow_back
from streams.sinks.flow_back.signed import Own, SignedHook, hook_of
from streams.sinks.identity import case_key, mark
from streams.sinks.jira_api import Api, Issue, text_of
from streams.sinks.target import (
    CREATED,
    RESOLVED,
    UNCHANGED,
    Delivered,
    Memory,
    Notice,
    secret,
    settings_of,
)
from streams.sinks.web import login

log = logging.getLogger(__name__)

RATE_PER_S = 1.0
"""Up to six calls each."""
KEYED = True
PRIORITIES = {
    Level.WATCH: "Low",
    Level.RESPOND: "Medium",
    Level.ESCALATE: "High",
    Level.CRISIS: "Highest",
}
_MOST_SUMMARY = 255
Label = Annotated[str, Meta(pattern=r"^\S{1,255}$", description="labels hold no spaces")]


class Settings(Account, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[sinks.NAME]` with type "jira".

    With a `user` (an address) the token is an API token of Jira Cloud, without one a personal
    access token of Data Center. Transitions are named by themselves or by the status that they
    lead to; an empty name leaves the issue where it is. `priorities` renames those of levels;
    `set_priority = false` is for projects without that field. `account` is an account id,
    in Data Center the user's key.
    """

    project: Annotated[
        str,
        Meta(
            pattern=r"^[A-Z][A-Z0-9_]+$",
            description="the key of a project, such as CARE, is wanted",
        ),
    ]
    edition: Literal["cloud", "data-center"] = "cloud"
    issue_type: Annotated[str, Meta(min_length=1)] = "Task"
    labels: tuple[Label, ...] = ()
    set_priority: bool = True
    priorities: dict[Level, str] = msgspec.field(default_factory=dict)
    resolve_transition: str = "Done"
    acknowledge_transition: str = ""
    reopen_transition: str = ""


def build(settings: Mapping[str, Any], session: aiohttp.ClientSession) -> "Jira":
    """The target. Raises ConfigError."""
    typed = settings_of(Settings, settings)
    header = login(typed.user, secret(typed, "token"))
    return Jira(typed, Api(session, typed.url, header, cloud=typed.edition == "cloud"))


def hook(
    name: str, settings: Mapping[str, Any], session: aiohttp.ClientSession
) -> SignedHook | None:
    """What people decide there, None where no secret is named. Raises ConfigError."""
    own = Own(flow_back.actor, build(settings, session).account)
    return hook_of(settings_of(Settings, settings), flow_back.command, own)


class Jira:
    """Keeps in memory: `issue`, the `episode` it stands for, the `level` last said."""

    def __init__(self, settings: Settings, api: Api) -> None:
        self._settings = settings
        self._api = api

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        """Creates the issue, or brings it up to date.

        What may be repeated comes first, the comment last and only if it is not there yet.
        """
        said = notice.escalation
        known = of_episode(notice, memory)
        key = case_key(said.case_id, said.episode)
        if known.get("issue"):
            issue = await self._api.issue(known["issue"])
        else:
            issue = await self._api.find(self._settings.project, key)
        if issue is not None:
            return Delivered(
                remembered(notice, issue=issue.key), await self._changed(issue, notice, known)
            )
        if said.status is Status.RESOLVED:
            return Delivered(memory, UNCHANGED)
        created = await self._api.create(self._fields(notice, key))
        return Delivered(remembered(notice, issue=created), CREATED)

    async def account(self) -> str:
        """Who Tocsin is there. Raises Later or Refused."""
        return str(self._settings.account) or await self._api.myself()

    async def close(self) -> None:
        """Nothing of its own is open."""

    async def _changed(self, issue: Issue, notice: Notice, known: Memory) -> str:
        said, wanted = notice.escalation, self._settings
        if wanted.set_priority and known.get("level") != said.level:
            await self._api.edit(issue.key, {"priority": self._priority(said.level)})
        outcome = notice.changed
        if said.status is Status.RESOLVED:
            if issue.fields.status.done or await self._moved(issue, wanted.resolve_transition):
                outcome = RESOLVED
        elif notice.acknowledged_by:
            await self._moved(issue, wanted.acknowledge_transition)
        elif issue.fields.status.done and rose(notice, known):
            await self._moved(issue, wanted.reopen_transition)
        texts = [text_of(issue.fields.description), *await self._api.comments(issue.key)]
        if any(mark(notice) in text.split("\n") for text in texts):
            return UNCHANGED
        await self._api.comment(issue.key, self._body(notice))
        return outcome

    async def _moved(self, issue: Issue, name: str) -> bool:
        """Whether the issue is where `name` leads; if not, the comment has to do."""
        if not name:
            return False
        if issue.fields.status.name.casefold() == name.casefold():
            return True
        possible = await self._api.transitions(issue.key)
        step = next((step for step in possible if step.leads(name)), None)
        if step is not None and await self._api.move(issue.key, step):
            return True
        names = ", ".join(step.name for step in possible) or "none"
        log.warning(
            "%s: %r is not possible from %r; possible: %s",
            issue.key,
            name,
            issue.fields.status.name,
            names,
        )
        return False

    def _fields(self, notice: Notice, key: str) -> dict[str, Any]:
        wanted = self._settings
        test = ["tocsin-test"] if notice.test else []
        fields = {
            "project": {"key": wanted.project},
            "issuetype": {"name": wanted.issue_type},
            "summary": render.summary(notice, _MOST_SUMMARY),
            "description": self._body(notice),
            "labels": ["tocsin", key, *test, *wanted.labels],
        }
        if wanted.set_priority:
            fields["priority"] = self._priority(notice.escalation.level)
        return fields

    def _priority(self, level: Level) -> dict[str, str]:
        return {"name": self._settings.priorities.get(level, PRIORITIES[level])}

    def _body(self, notice: Notice) -> object:
        form = jira_text.document if self._settings.edition == "cloud" else jira_text.wiki
        return form(notice, mark(notice))
