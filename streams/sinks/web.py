"""Addresses of web services in settings, and how to log in to them."""

from base64 import b64encode
from typing import Annotated

from msgspec import Meta

from streams import hidden

Address = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$",
        description="an address such as https://host is wanted, without a login or a query",
    ),
]
"""`https://host` with an optional path; credentials and queries have no place in it."""

User = Annotated[
    str, Meta(pattern=r"^[^:\r\n]*$", max_length=256, description="a name without `:` is wanted")
]
"""A colon ends a user's name (RFC 7617, 2)."""


def login(user: str, secret: str) -> str:
    """The header Authorization: basic with a user (RFC 7617), bearer without (RFC 6750)."""
    if not user:
        return f"Bearer {secret}"
    hidden.remember_login(user, secret)
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode()
