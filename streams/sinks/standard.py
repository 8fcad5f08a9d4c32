"""Keys of Standard Webhooks: base64, with or without `whsec_` before it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
from base64 import b64decode

from standardwebhooks.webhooks import Webhook

from streams.errors import ConfigError

_PREFIX = "whsec_"


def standard(key: str) -> Webhook:
    """What signs and verifies with a key. Raises ConfigError, which holds nothing of it.

    Python's decoder passes over characters that are none of base64, and would sign with another
    key than the other side has; padding may be left out, as the library has it.
    """
    bare = key.removeprefix(_PREFIX).rstrip("=")
    try:
        if not b64decode(bare + "=" * (-len(bare) % 4), validate=True):
            raise ConfigError(f"secret: nothing stands after {_PREFIX}: copy it again")
    except (binascii.Error, ValueError):
        stray = sorted({kind for c in key.replace(_PREFIX, "", 1) if (kind := _stray(c))})
        holds = (
            f"it holds {' and '.join(stray)}" if stray else "a part of it is missing or too much"
        )
        raise ConfigError(
            f"secret: base64, with or without {_PREFIX} before it, is wanted, and {holds}: "
            "copy it again"
        ) from None
    return Webhook(_PREFIX + bare)


def _stray(character: str) -> str:
    """What a character that is none of base64 is, without telling it."""
    if character.isascii() and (character.isalnum() or character in "+/="):
        return ""
    if character.isspace():
        return "a space or an end of line"
    if character in "-_":
        return "- or _, which are those of addresses"
    return "a stray character"
