"""The answers of ticket systems, typed as they come in."""

from typing import Any, TypeVar

import aiohttp
import msgspec

from streams.sinks import http
from streams.sinks.http import Answer
from streams.sinks.target import Later

_CONFLICT = 409

T = TypeVar("T")


def read(answer: Answer, kind: type[T]) -> T:
    """The body as `kind`; numbers may be texts. Raises Later: such an answer says nothing."""
    try:
        return msgspec.json.decode(answer.body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Later(f"the answer (HTTP {answer.status}) is not understood") from error


async def patient(
    session: aiohttp.ClientSession, method: str, url: str, **more: Any
) -> http.Answer:
    """`http.call` for systems where 409 passes: somebody else is changing the same ticket, or the
    first request with the same idempotency key is still being worked on. Raises Later for it.
    """
    takes = (*more.pop("takes", ()), _CONFLICT)
    answer = await http.call(session, method, url, takes=takes, **more)
    if answer.status == _CONFLICT:
        raise Later("HTTP 409: the same ticket is being changed by another request")
    return answer
