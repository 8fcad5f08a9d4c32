"""Asking a platform over HTTP: at its pace, and what its answers mean."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from aiolimiter import AsyncLimiter

from streams.sinks.http import Answer, call, failure
from streams.sinks.target import Later
from streams.sources.source import Context
from streams.sources.times import point

T = TypeVar("T")
MOST_BYTES = 32 * 1024 * 1024
"""Of one answer: a hundred long posts are some eight megabytes of JSON."""
_LONGEST_WAIT_S = 3600.0
_RESETS = ("x-rate-limit-reset", "x-ratelimit-reset")


class Part(Later):
    """Some of a source did not answer, the rest did: it is asked again at its usual pace."""


class Fetcher:
    """Calls of one source: never faster than its rate."""

    def __init__(self, context: Context) -> None:
        self._session = context.session
        rate = context.rate_per_s
        self._limit = AsyncLimiter(max(1.0, rate), max(1.0, rate) / rate)

    async def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        takes: Collection[int] = (),
        redirects: bool = False,
    ) -> Answer:
        """A GET; the answer when 2xx or among `takes`. Raises Later, Refused."""
        async with self._limit:
            answer = await call(
                self._session,
                "GET",
                url,
                params=params,
                headers=headers,
                takes={429, *takes},
                redirects=redirects,
                most_bytes=MOST_BYTES,
            )
        if answer.status == 429 and 429 not in takes:
            raise too_many(answer)
        return answer


def too_many(answer: Answer) -> Later:
    """What 429 means: until `Retry-After`, or the time of `X-Rate-Limit-Reset` and its kin."""
    said = failure(answer)
    assert isinstance(said, Later)
    if said.after_s is None:
        said.after_s = reset_s(answer.headers, datetime.now(UTC))
    return said


def reset_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the limit is lifted: a number of seconds (Reddit), or a time (X, Mastodon)."""
    lower = {name.lower(): value for name, value in headers.items()}
    for name in _RESETS:
        if name not in lower:
            continue
        try:
            at = point(lower[name])
        except ValueError:
            continue
        soon = at.timestamp()
        wait = soon if soon < _LONGEST_WAIT_S else (at - now).total_seconds()
        return min(max(0.0, wait), _LONGEST_WAIT_S)
    return None


def decoded(answer: Answer, decoder: "msgspec.json.Decoder[T]") -> T:
    """The body. Raises Later when it is not of the documented form."""
    try:
        return decoder.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Later(f"the answer (HTTP {answer.status}) is not as documented: {error}") from error


def each(raws: Collection[msgspec.Raw], decoder: "msgspec.json.Decoder[T]") -> tuple[list[T], int]:
    """Those of a list that are of the documented form, and how many are not."""
    found: list[T] = []
    for raw in raws:
        try:
            found.append(decoder.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found, len(raws) - len(found)
