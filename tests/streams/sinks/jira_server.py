"""A Jira site: issues, a workflow, and a search that sees an issue only once it is indexed."""

import base64
import re
from typing import Any

from aiohttp import web

from tests.streams.sinks.vendor import Vendor, said

CLOUD_LOGIN = "Basic " + base64.b64encode(b"bot@skylark.example:t0ken").decode()
SERVER_LOGIN = "Bearer t0ken"
CATEGORIES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
_STEPS = {
    "To Do": {"11": ("Start", "In Progress")},
    "In Progress": {"21": ("Close it", "Done"), "31": ("Back", "To Do")},
    "Done": {"41": ("Reopen", "In Progress")},
}
_PRIORITIES = {"Lowest", "Low", "Medium", "High", "Highest"}


class JiraServer(Vendor):
    def __init__(self, *, cloud: bool = True) -> None:
        super().__init__()
        self.cloud = cloud
        self.issues: dict[str, dict[str, Any]] = {}
        self.indexed = True
        """Whether the search sees new issues at once, as Data Center's does."""
        self.required_to_move = False
        self.me = {"accountId": "5b-bot"} if cloud else {"key": "JIRAUSER10100"}
        root = f"/rest/api/{3 if cloud else 2}"
        routes = self.app.router
        routes.add_post(root + ("/search/jql" if cloud else "/search"), self._search)
        routes.add_get(root + "/myself", self._myself)
        routes.add_post(root + "/issue", self._create)
        routes.add_get(root + "/issue/{key}", self._get)
        routes.add_put(root + "/issue/{key}", self._edit)
        routes.add_get(root + "/issue/{key}/transitions", self._steps)
        routes.add_post(root + "/issue/{key}/transitions", self._move)
        routes.add_get(root + "/issue/{key}/comment", self._comments)
        routes.add_post(root + "/issue/{key}/comment", self._comment)

    def status(self, key: str) -> str:
        return str(self.issues[key]["fields"]["status"]["name"])

    def put(self, key: str, status: str) -> None:
        """Moves an issue by hand."""
        self.issues[key]["fields"]["status"] = _status(status)

    async def _myself(self, request: web.Request) -> web.Response:
        return self._refused(request) or said(200, self.me | {"displayName": "Tocsin"})

    async def _search(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        asked = await request.json()
        found = re.fullmatch(
            r'project = "([A-Z]+)" AND labels = "([^"\\]+)" ORDER BY created DESC', asked["jql"]
        )
        assert found, asked["jql"]
        issues = [
            issue
            for issue in reversed(self.issues.values())
            if self.indexed
            # as Jira does, whatever the case of the letters
            and found[2].lower() in [label.lower() for label in issue["fields"]["labels"]]
        ]
        return said(200, {"issues": issues[: asked["maxResults"]], "isLast": True})

    async def _create(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        fields = (await request.json())["fields"]
        if wrong := self._wrong(fields.get("priority"), fields["description"]):
            return wrong
        if any(" " in label or len(label) > 255 for label in fields["labels"]):
            return _bad("labels", "The label contains spaces which is invalid.")
        if len(fields["summary"]) > 255 or "\n" in fields["summary"]:
            return _bad("summary", "The summary is invalid.")
        key = f"{fields['project']['key']}-{len(self.issues) + 1}"
        made = fields | {"status": _status("To Do")}
        self.issues[key] = {"id": str(len(self.issues) + 1), "key": key, "fields": made}
        self.issues[key]["comments"] = []
        return said(201, {"id": self.issues[key]["id"], "key": key, "self": "https://x"})

    async def _get(self, request: web.Request) -> web.Response:
        issue = self.issues.get(request.match_info["key"])
        return said(200, issue) if issue else _missing()

    async def _edit(self, request: web.Request) -> web.Response:
        fields = (await request.json())["fields"]
        if wrong := self._wrong(fields.get("priority"), None):
            return wrong
        self.issues[request.match_info["key"]]["fields"].update(fields)
        return web.Response(status=204)

    async def _steps(self, request: web.Request) -> web.Response:
        steps = _STEPS[self.status(request.match_info["key"])]
        shown = [
            {"id": number, "name": name, "to": _status(to)} for number, (name, to) in steps.items()
        ]
        return said(200, {"expand": "transitions", "transitions": shown})

    async def _move(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        step = _STEPS[self.status(key)].get((await request.json())["transition"]["id"])
        if step is None:
            return _bad("", "It seems that you have tried to perform an illegal operation")
        if self.required_to_move:
            return _bad("resolution", "Resolution is required.")
        self.put(key, step[1])
        return web.Response(status=204)

    async def _comments(self, request: web.Request) -> web.Response:
        assert request.query["orderBy"] == "-created"
        newest = self.issues[request.match_info["key"]]["comments"][::-1]
        shown = [{"id": "1", "body": body} for body in newest]
        return said(200, {"comments": shown[: int(request.query["maxResults"])], "startAt": 0})

    async def _comment(self, request: web.Request) -> web.Response:
        body = (await request.json())["body"]
        if wrong := self._wrong(None, body):
            return wrong
        self.issues[request.match_info["key"]]["comments"].append(body)
        return said(201, {"id": "1", "body": body})

    def _wrong(self, priority: dict[str, str] | None, body: object) -> web.Response | None:
        if priority is not None and priority["name"] not in _PRIORITIES:
            return _bad("priority", "The priority selected is invalid.")
        if body is not None and isinstance(body, str) == self.cloud:
            return _bad("description", "Operation value must be an Atlassian Document")
        return None

    def _refused(self, request: web.Request) -> web.Response | None:
        login = CLOUD_LOGIN if self.cloud else SERVER_LOGIN
        if request.headers.get("Authorization") == login:
            return None
        return web.Response(status=401, text="Client must be authenticated to access this resource")


def _status(name: str) -> dict[str, Any]:
    return {"name": name, "statusCategory": {"key": CATEGORIES[name]}}


def _bad(field: str, text: str) -> web.Response:
    return said(400, {"errorMessages": [], "errors": {field: text}})


def _missing() -> web.Response:
    text = "Issue does not exist or you do not have permission to see it."
    return said(404, {"errorMessages": [text], "errors": {}})
