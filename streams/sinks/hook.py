"""What comes back from a ticket system: a signed request, read as a command about a case."""

from collections.abc import Mapping
from typing import Protocol

from scoring.command import Command


class HookError(Exception):
    """A request that is signed and not understood."""


class BadSignatureError(HookError):
    """Not from whom it says it is."""


class Hook(Protocol):
    """One sink's way back."""

    def read(self, headers: Mapping[str, str], content: bytes) -> Command | None:
        """What a person decided there; None for everything else that the system tells.

        Raises BadSignatureError before anything is read, else HookError.
        """
        ...
