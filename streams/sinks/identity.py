"""Names under which a case and a delivery are found again in systems that have no key of ours."""

import hashlib
import re
from urllib.parse import quote, unquote

from streams.sinks.target import Notice

_PREFIX = "tocsin:"
_MOST = 255
"""The most that a Zendesk external id and a Jira label hold."""
_EPISODE = re.compile(r"[0-9]{1,9}")


def case_key(case_id: str, episode: int) -> str:
    """One episode of a case as one word of at most 255 ASCII characters, without quotation marks.

    `case_of` reads it back, unless the case's own id is too long: then it is a digest.
    """
    key = f"{_PREFIX}{quote(case_id, safe=':')}:{episode}"
    if len(key) <= _MOST:
        return key
    return f"tocsin-{hashlib.sha256(case_id.encode()).hexdigest()}:{episode}"


def case_of(key: str) -> tuple[str, int] | None:
    """Case id and episode that `case_key` made `key` of; None when it is no such key."""
    name, _, episode = key.removeprefix(_PREFIX).rpartition(":")
    if not key.startswith(_PREFIX) or not name or not _EPISODE.fullmatch(episode):
        return None
    return (unquote(name), int(episode)) if int(episode) > 0 else None


def notice_id(notice: Notice) -> str:
    """What a delivery is known by: the escalation's id, and who decided what about it."""
    said = notice.escalation.id
    if not notice.passes_on:
        return said
    decided = notice.command or f"{notice.changed} {notice.acknowledged_by or notice.released_by}"
    return f"{said}-{hashlib.sha256(decided.encode()).hexdigest()[:8]}"


def mark(notice: Notice) -> str:
    """A line for the end of a comment, by which a second try finds that the first was taken."""
    return f"tocsin {notice_id(notice)}"
