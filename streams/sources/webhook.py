"""Any service that calls with a signature, such as those of reviews: a mapping says what stands
where.

Signed as Standard Webhooks (https://www.standardwebhooks.com), or by an HMAC-SHA256 of the body in
a header, in hex or Base64.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from standardwebhooks import WebhookVerificationError

from streams.errors import ConfigError
from streams.sinks.flow_back import signed
from streams.sinks.hook import BadSignatureError, HookError
from streams.sinks.standard import standard
from streams.sinks.target import secret
from streams.sources import mapping
from streams.sources.source import Batch, NothingReadError, sorted_out


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mapping`, or a file of one. `signature`: how the sender signs; `header` and `prefix` of an
    HMAC, such as `X-Signature` and `sha256=`. `platform` begins the ids of those without one.
    """

    mapping: dict[str, Any] | None = None
    mapping_file: str = ""
    timezone: str = "UTC"
    signature: Literal["standard", "hmac-hex", "hmac-base64"] = "standard"
    header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+$", examples=["X-Signature"])] = (
        "X-Signature"
    )
    prefix: str = ""
    platform: Annotated[str, Meta(pattern=r"^[a-z0-9._-]{1,50}$", examples=["trustshop"])] = (
        "webhook"
    )
    secret_env: str = ""
    secret_file: str = ""

    def check(self) -> None:
        """Raises ConfigError."""
        if mapping.of_settings(self.mapping, self.mapping_file, self.timezone) is None:
            raise ConfigError("mapping is missing: say where text, created_at, id, ... stand")


class Webhook:
    """One sender."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secret = secret(settings, "secret")
        shape = mapping.of_settings(settings.mapping, settings.mapping_file, settings.timezone)
        assert shape is not None
        self._shape = shape
        if settings.signature == "standard":
            self._standard = standard(self._secret)

    def greet(self, query: Mapping[str, str]) -> str:
        """Nobody asks beforehand."""
        raise BadSignatureError("nobody asks here")

    def read(self, headers: Mapping[str, str], body: bytes) -> Batch:
        """The items of a call. Raises NothingReadError where the mapping finds none in it."""
        lower = {name.lower(): value for name, value in headers.items()}
        if self._settings.signature == "standard":
            try:
                self._standard.verify(body, lower)
            except WebhookVerificationError as error:
                raise BadSignatureError(str(error)) from None
            except ValueError as error:  # it decodes the body too
                raise HookError("the body is no JSON") from error
        else:
            self._check(signed.header(lower, self._settings.header.lower()), body)
        try:
            message = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HookError(f"the body is no JSON: {error}") from error
        batch = sorted_out(list(self._shape.items(message, self._settings.platform, "review")))
        if batch.unreadable and not batch.items:
            raise NothingReadError(batch)
        return batch

    def _check(self, given: str, body: bytes) -> None:
        mac = signed.hmac_sha256(self._secret, body)
        hexed = self._settings.signature == "hmac-hex"
        expected = mac.hex() if hexed else b64encode(mac).decode()
        said = given.removeprefix(self._settings.prefix)
        signed.check(expected, said.lower() if hexed else said)


def push(settings: Settings) -> Webhook:
    """A source that somebody calls. Raises ConfigError."""
    return Webhook(settings)
