"""Times: an instant with its offset, and ends of time that JSON can hold (it has no infinity)."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with an offset."""

LONG_AGO = -1e15
"""Seconds; before any mention."""

FOREVER = 1e15
"""Seconds; after any mention."""
