"""What comes back from a ticket system: a signed request, read as a command about a case."""

from collections.abc import Mapping
from typing import Protocol

from scoring.command import Command


class HookError(Exception):
    """A request that is signed and not understood."""


class BadSignatureError(HookError):
    """Not from whom it says it is."""


class StaleError(BadSignatureError):
    """Signed at another time than now: what was overheard may be sent again by others."""


class NotNowError(HookError):
    """A request that is to be sent again: nobody can tell yet who made it."""


class Hook(Protocol):
    """One sink's way back."""

    async def read(self, headers: Mapping[str, str], content: bytes) -> Command | None:
        """What a person decided there; None for everything else that the system tells.

        What our own account did there is not a person's decision. Raises BadSignatureError before
        anything is read, else HookError.
        """
        ...
