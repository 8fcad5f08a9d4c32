"""Settings that ticket systems have in common: the way back, and Tocsin's account there."""

import msgspec

from streams.sinks.target import named
from streams.sinks.web import Address, User


class Hooked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A system that people decide in; without a `hook_secret` nothing comes back."""

    hook_secret_env: str | tuple[str, ...] = ()
    hook_secret_file: str | tuple[str, ...] = ()


class Account(Hooked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A system that Tocsin is a user of: its doings come back as well, and are not a person's.

    `user` is whose token it is. `account` is the name by which the system's webhooks call that
    user; it is asked for when it is not named.
    """

    url: Address
    user: User = ""
    token_env: str = ""
    token_file: str = ""
    account: str | int = ""

    def __post_init__(self) -> None:
        named(self, "token")
