"""Jira: somebody is assigned the issue, begins with it, or is done.

https://developer.atlassian.com/cloud/jira/platform/webhooks/ (the signature is WebSub's: a
`method=hexadecimal` HMAC of the body with the webhook's secret)
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.command import Action, Command
from streams.sinks.flow_back import signed
from streams.sinks.hook import HookError
from streams.sinks.identity import case_of

FRESH_S = 2 * 3600.0
"""Jira tries five times more, 5 to 15 minutes apart, and says in the body when the event was."""
_UPDATED = "jira:issue_updated"


class _Category(msgspec.Struct):
    key: str = ""


class _Status(msgspec.Struct):
    status_category: _Category = msgspec.field(name="statusCategory", default_factory=_Category)


class _Fields(msgspec.Struct):
    labels: tuple[str, ...] = ()
    status: _Status = msgspec.field(default_factory=_Status)


class _Issue(msgspec.Struct):
    fields: _Fields = msgspec.field(default_factory=_Fields)


class _Person(msgspec.Struct, rename="camel"):
    display_name: str = ""
    account_id: str = ""
    account_type: str = ""
    key: str = ""


class _Item(msgspec.Struct):
    field: str
    to: str | None = None
    to_string: str | None = msgspec.field(name="toString", default=None)


class _Changelog(msgspec.Struct):
    items: tuple[_Item, ...] = ()


class _Event(msgspec.Struct):
    timestamp: Annotated[int, Meta(ge=0, le=253_402_300_799_000)]
    event: str = msgspec.field(name="webhookEvent")
    issue: _Issue = msgspec.field(default_factory=_Issue)
    user: _Person = msgspec.field(default_factory=_Person)
    changelog: _Changelog = msgspec.field(default_factory=_Changelog)


_decoder = msgspec.json.Decoder(_Event)


def command(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> Command | None:
    """What was decided about the case that one of the issue's labels names.

    An event is known by its bytes: what Jira sends again gives the same command.
    """
    given = signed.header(headers, "x-hub-signature")
    signed.check("sha256=" + signed.hmac_sha256(secret, body).hex(), given)
    try:
        event = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HookError(str(error)) from error
    signed.fresh(event.timestamp / 1000, now, FRESH_S)
    case = next(filter(None, map(case_of, event.issue.fields.labels)), None)
    decided = _decided(event)
    if case is None or decided is None or event.event != _UPDATED:
        return None
    action, assignee = decided
    return Command(
        id=f"jira:{sha256(body).hexdigest()[:32]}",
        action=action,
        case_id=case[0],
        episode=case[1],
        at=datetime.fromtimestamp(event.timestamp / 1000, UTC),
        by=event.user.display_name[:256] or "jira",
        assignee=assignee,
    )


def actor(body: bytes) -> str:
    """The account that did it; none for an app, such as Jira's own automation.

    Cloud has account ids; Data Center has keys, which stay when somebody is renamed.
    """
    user = _decoder.decode(body).user
    return "" if user.account_type == "app" else user.account_id or user.key


def _decided(event: _Event) -> tuple[Action, str | None] | None:
    changed = {item.field: item for item in event.changelog.items}
    category = event.issue.fields.status.status_category.key
    if "status" in changed and category == "done":
        return Action.RESOLVE, None
    if (assigned := changed.get("assignee")) is not None and assigned.to:
        return Action.ASSIGN, (assigned.to_string or assigned.to)[:256]
    if "status" in changed and category == "indeterminate":
        return Action.ACKNOWLEDGE, None
    return None
