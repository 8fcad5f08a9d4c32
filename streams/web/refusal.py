"""Requests that are turned away: one JSON line that says why, and how to mend it."""

from collections.abc import Mapping
from typing import NoReturn

import msgspec
from aiohttp import web


def refuse(
    kind: type[web.HTTPError], reason: str, headers: Mapping[str, str] | None = None
) -> NoReturn:
    """Raises `kind` with the body `{"error": reason}`; for errors that take no arguments."""
    raise kind(text=told(reason), content_type="application/json", headers=headers)


def too_large(limit: int, got: int) -> NoReturn:
    """Raises 413; aiohttp's error wants the two numbers."""
    error = web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=got)
    error.text, error.content_type = told(f"at most {limit} bytes are taken"), "application/json"
    raise error


def told(reason: str) -> str:
    """`{"error": reason}`."""
    return msgspec.json.encode({"error": reason}).decode()
