"""The answers of ticket systems, typed as they come in."""

from typing import TypeVar

import msgspec

from streams.sinks.http import Answer
from streams.sinks.target import Later

T = TypeVar("T")


def read(answer: Answer, kind: type[T]) -> T:
    """The body as `kind`; numbers may be texts. Raises Later: such an answer says nothing."""
    try:
        return msgspec.json.decode(answer.body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Later(f"the answer (HTTP {answer.status}) is not understood") from error
