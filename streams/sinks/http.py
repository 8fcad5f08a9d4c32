"""One HTTP call to a ticket system, and what its answer means for the delivery."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import msgspec

from scoring.masking import mask
from streams.hidden import hide_quoted
from streams.sinks.target import Disabled, Later, Refused

TIMEOUT_S = 15.0
"""Standard Webhooks asks for 15 to 30 s; every system named in the docs answers well within it."""
_MOST_BYTES = 4 * 1024 * 1024
_SAID = 200
_MOST_QUOTED = 64 * 1024
"""Bytes of an answer that secrets are looked for in."""
_LATER = frozenset({408, 425, 429})
_GONE = 410
_LONGEST_WAIT_S = 3600.0


class ConnectionLost(aiohttp.ClientError):
    """The connection went after the request had been sent: nobody knows what came of it."""


async def once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Client middleware: aiohttp itself sends a lost PUT again, and a comment is then there twice.

    Whether to try again is the runner's to decide, and the target looks first what is there.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionLost from error


class Answer(msgspec.Struct, frozen=True):
    """Status, headers (any case) and body of an answer that the caller takes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body decoded. Raises Later: half an answer says nothing about what was done."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Later(f"the answer (HTTP {self.status}) is no JSON") from error


async def call(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    body: object = None,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    takes: Collection[int] = (),
    timeout_s: float = TIMEOUT_S,
    redirects: bool = False,
    most_bytes: int | None = None,
) -> Answer:
    """One request, `body` as JSON or `data` as it is; the answer when 2xx or among `takes`.

    Raises Later (408, 425, 429, 5xx, no connection, no answer in time), Disabled (410), Refused
    (everything else, redirects included unless `redirects`: a POST that is redirected is a wrong
    address). No text
    of an error holds the address or a header, since some of them are secrets. A body is cut at four
    megabytes; where `most_bytes` is given, a larger one is Refused.
    """
    sent = dict(headers or {})
    if body is not None:
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        sent.setdefault("Content-Type", "application/json")
    try:
        async with session.request(
            method,
            url,
            data=data,
            headers=sent,
            params=params,
            allow_redirects=redirects,
            max_redirects=5,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            middlewares=(once,),
        ) as response:
            content = await _bounded(
                response.content, most_bytes or _MOST_BYTES, whole=most_bytes is not None
            )
            answer = Answer(response.status, response.headers, content)
    except aiohttp.InvalidURL:
        raise Refused("the address is none") from None
    except TimeoutError:
        raise Later(f"no answer within {timeout_s:g} s") from None
    except aiohttp.ClientError as error:
        raise Later(f"no connection: {_named(error)}") from None
    if 200 <= answer.status < 300 or answer.status in takes:
        return answer
    raise failure(answer)


def failure(answer: Answer) -> Later | Refused:
    """What to raise for an answer that is no success."""
    reason = f"HTTP {answer.status}: {_said(answer)}".rstrip(": ")
    if answer.status in _LATER or answer.status >= 500:
        return Later(reason, retry_after(answer.headers, datetime.now(UTC)))
    return Disabled(reason) if answer.status == _GONE else Refused(reason)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of `Retry-After` (RFC 9110, 10.2.3: a number, or a date), at most an hour.

    None when it is absent or not understood.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return min(float(text), _LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), _LONGEST_WAIT_S)


async def _bounded(content: aiohttp.StreamReader, most: int, *, whole: bool) -> bytes:
    """A body's first bytes: nobody's answer may fill the memory. Where it is wanted `whole`, raises
    Refused when there is more.
    """
    found = bytearray()
    while len(found) < most and (chunk := await content.read(most - len(found))):
        found += chunk
    if whole and await content.read(1):
        raise Refused(f"the answer is larger than {most // 1024 // 1024} MiB")
    return bytes(found)


def _named(error: aiohttp.ClientError) -> str:
    # The text of a connection error names host and port; others could hold the whole address.
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{error.host}:{error.port}, {error.os_error.strerror or type(error).__name__}"
    return type(error).__name__


def words(text: str) -> str:
    """What a vendor said, for logs and dead letters: one line of 200 characters, without secrets
    and personal data.

    An answer may repeat what it was sent, and name the people of an account.
    """
    known = hide_quoted(text)  # before anything is cut: half a secret would not be known
    line = " ".join("".join(c if c.isprintable() else " " for c in known[: 4 * _SAID]).split())
    if len(known) > 4 * _SAID:  # what the cut left of an address would pass for a word
        line = line.rpartition(" ")[0]
    return mask(hide_quoted(line))[:_SAID]


def _said(answer: Answer) -> str:
    return words(answer.body[:_MOST_QUOTED].decode("utf-8", "replace"))
