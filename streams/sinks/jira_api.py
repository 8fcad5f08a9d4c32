"""The calls of Jira's REST API that a ticket needs, the same for Cloud and Data Center.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/ and
https://developer.atlassian.com/server/jira/platform/rest/ (version 2)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import msgspec

from streams.sinks import http
from streams.sinks.answers import patient, read
from streams.sinks.jira_text import document_text
from streams.sinks.target import Refused

_RECENT_COMMENTS = 20
_FIELDS = ("status", "labels", "description")
BAD, MISSING = 400, 404


class Category(msgspec.Struct, frozen=True):
    """Of a status: `new`, `indeterminate` or `done`, whatever the status is called."""

    key: str = ""


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """Where an issue stands."""

    name: str = ""
    status_category: Category = Category()

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.status_category.key == "done"


class Fields(msgspec.Struct, frozen=True):
    """The fields of an issue that are asked for."""

    status: Status = Status()
    labels: tuple[str, ...] = ()
    description: Any = ""


class Issue(msgspec.Struct, frozen=True):
    """An issue; `key` is what people call it."""

    key: str
    fields: Fields = Fields()


class Transition(msgspec.Struct, frozen=True):
    """A step that the workflow allows now."""

    id: str
    name: str
    to: Status = Status()

    def leads(self, name: str) -> bool:
        """Whether it is called `name`, or leads to a status of that name."""
        return name.casefold() in (self.name.casefold(), self.to.name.casefold())


class _User(msgspec.Struct, rename="camel"):
    account_id: str = ""
    key: str = ""


class _Issues(msgspec.Struct):
    issues: tuple[Issue, ...] = ()


class _Transitions(msgspec.Struct):
    transitions: tuple[Transition, ...] = ()


class _Comment(msgspec.Struct):
    body: Any = ""


class _Comments(msgspec.Struct):
    comments: tuple[_Comment, ...] = ()


def text_of(body: object) -> str:
    """The words of a description or comment, whichever form it has."""
    return body if isinstance(body, str) else document_text(body)


class Api:
    """Each method makes one call. They raise Later, Refused or Disabled."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, login: str, *, cloud: bool
    ) -> None:
        self._session = session
        self._root = f"{url.rstrip('/')}/rest/api/{3 if cloud else 2}"
        self._search = "/search/jql" if cloud else "/search"
        self._headers = {"Authorization": login, "Accept": "application/json"}

    async def myself(self) -> str:
        """The account id of whose token it is; in Data Center the key. Raises Refused."""
        user = read(await self._call("GET", "/myself"), _User)
        if not (found := user.account_id or user.key):
            raise Refused("Jira names no account for this token: set account")
        return found

    async def find(self, project: str, label: str) -> Issue | None:
        """The newest issue of a project with this very label."""
        query = f'project = "{project}" AND labels = "{label}" ORDER BY created DESC'
        body = {"jql": query, "fields": _FIELDS, "maxResults": 10}
        found = read(await self._call("POST", self._search, body=body), _Issues).issues
        return next((issue for issue in found if label in issue.fields.labels), None)

    async def issue(self, key: str) -> Issue | None:
        """An issue as it is now, None when it was deleted or may not be seen."""
        wanted = {"fields": ",".join(_FIELDS)}
        answer = await self._call("GET", f"/issue/{key}", params=wanted, takes=(MISSING,))
        return None if answer.status == MISSING else read(answer, Issue)

    async def create(self, fields: Mapping[str, Any]) -> str:
        """Its key."""
        return read(await self._call("POST", "/issue", body={"fields": fields}), Issue).key

    async def edit(self, key: str, fields: Mapping[str, Any]) -> None:
        """Sets fields."""
        await self._call("PUT", f"/issue/{key}", body={"fields": fields})

    async def transitions(self, key: str) -> Sequence[Transition]:
        """The steps that are possible now, for this user."""
        return read(await self._call("GET", f"/issue/{key}/transitions"), _Transitions).transitions

    async def move(self, key: str, transition: Transition) -> bool:
        """Takes the step; False when the workflow does not let it happen."""
        body = {"transition": {"id": transition.id}}
        path = f"/issue/{key}/transitions"
        return (await self._call("POST", path, body=body, takes=(BAD,))).status != BAD

    async def comment(self, key: str, body: object) -> None:
        """Adds a comment."""
        await self._call("POST", f"/issue/{key}/comment", body={"body": body})

    async def comments(self, key: str) -> list[str]:
        """The newest comments' texts."""
        newest = {"orderBy": "-created", "maxResults": str(_RECENT_COMMENTS)}
        answer = await self._call("GET", f"/issue/{key}/comment", params=newest)
        found = read(answer, _Comments).comments
        return [text_of(comment.body) for comment in found]

    async def _call(self, method: str, path: str, **more: Any) -> http.Answer:
        url = self._root + path
        return await patient(self._session, method, url, headers=self._headers, **more)
