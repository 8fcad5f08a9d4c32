"""What Zendesk answers, as far as it is read."""

import json
from typing import Any

import msgspec

from streams.sinks.http import words


class Ticket(msgspec.Struct, frozen=True):
    """What is read of a ticket."""

    id: int
    external_id: str | None = None


class User(msgspec.Struct, frozen=True):
    """A user; without an id it is nobody."""

    id: int | None = None


class Me(msgspec.Struct, frozen=True):
    """Whose token it is."""

    user: User


class Created(msgspec.Struct, frozen=True):
    """Answer to a new ticket."""

    ticket: Ticket


class Tickets(msgspec.Struct, frozen=True):
    """A list of tickets."""

    tickets: list[Ticket]


class Comment(msgspec.Struct, frozen=True):
    """A comment; `body` is its plain text."""

    body: str | None = None


class Comments(msgspec.Struct, frozen=True):
    """A list of comments."""

    comments: list[Comment]


class Error(msgspec.Struct, frozen=True):
    """https://developer.zendesk.com/api-reference/introduction/requests/#400-range"""

    error: Any = ""
    description: str | None = ""
    details: dict[str, Any] = {}

    @property
    def closed(self) -> bool:
        """Whether the ticket is closed for good."""
        return "closed prevents" in json.dumps(self.details.get("status", "")).lower()

    @property
    def reason(self) -> str:
        """What is wrong with which field."""
        told = json.dumps(self.details, ensure_ascii=False) if self.details else self.description
        return f"HTTP 422: {words(told or '')}"
