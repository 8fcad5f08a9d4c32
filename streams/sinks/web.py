"""Addresses of web services in settings."""

from typing import Annotated

from msgspec import Meta

Address = Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")]
"""`https://host` with an optional path; credentials and queries have no place in it."""
